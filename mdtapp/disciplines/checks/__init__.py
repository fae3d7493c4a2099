"""Is an input fit to be signed? Every answer alone, then the answers against each other.

Importing this package loads every file of checks; each check is one small function with its id and sentence.
"""

from mdtapp.disciplines.checks import (
    genetics_molecular,
    intake,
    medical_oncology,
    nuclear_medicine,
    palliative_supportive,
    pathology,
    radiation_oncology,
    radiology,
    review,
    staging,
    steps,
    surgical_oncology,
    tcm_integrative,
)
from mdtapp.disciplines.checks.finding import Finding
from mdtapp.disciplines.checks.input import check_input, stops_saving

__all__ = [
    "Finding",
    "check_input",
    "genetics_molecular",
    "intake",
    "medical_oncology",
    "nuclear_medicine",
    "palliative_supportive",
    "pathology",
    "radiation_oncology",
    "radiology",
    "review",
    "staging",
    "steps",
    "stops_saving",
    "surgical_oncology",
    "tcm_integrative",
]
