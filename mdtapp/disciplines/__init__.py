"""What each discipline is asked: definitions read from data files, conditions, checks, sentences. Pure Python."""

from mdtapp.disciplines.definitions import FaultyDefinition
from mdtapp.disciplines.loader import catalogue, use_site_files

__all__ = ["FaultyDefinition", "catalogue", "use_site_files"]
