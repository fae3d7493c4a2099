"""What each discipline is asked: definitions read from data files, conditions, checks, sentences. Pure Python."""

from mdtapp.disciplines.definitions import FaultyDefinition
from mdtapp.disciplines.loader import catalogue, use_site_files
from mdtapp.disciplines.staging_tables import staging_tables, use_staging_tables

__all__ = ["FaultyDefinition", "catalogue", "staging_tables", "use_site_files", "use_staging_tables"]
