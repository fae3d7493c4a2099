"""The patient as specialists are served: the case's pseudonym and number, and the birth year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ServedPatient:
    """`birth_year` 0 when it is not known."""

    pseudonym: str
    case_no: str
    birth_year: int = 0

    @property
    def birth_date(self) -> str:
        """A DICOM DA with the year alone known; empty without one."""
        return f"{self.birth_year:04d}0101" if self.birth_year else ""

    def as_dicom_json(self) -> dict[str, Any]:
        """Patient's Name, ID and Birth Date (PS3.18 annex F)."""
        born = {"vr": "DA", "Value": [self.birth_date]} if self.birth_year else {"vr": "DA"}
        return {
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": self.pseudonym}]},
            "00100020": {"vr": "LO", "Value": [self.case_no]},
            "00100030": born,
        }


NOBODY = ServedPatient("", "")
"""For what is kept without a patient."""
