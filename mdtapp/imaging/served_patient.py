"""Who a patient is to those who are served images: a pseudonym, a case number and a year."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServedPatient:
    """What stands in place of the patient; `birth_year` is None where the case does not say it."""

    pseudonym: str
    case_no: str
    birth_year: int | None = None
