"""For whom a dissent is written, and whether a document prints it."""

from __future__ import annotations

from typing import Final

from mdtapp.clinical.bitext import Bitext

DISSENT: Final = "dissent"
RECORD_ONLY: Final = "record"
AUDIENCES: Final = {
    "both": Bitext("Patient and doctor", "患者与医生"),
    "clinician": Bitext("The doctor only", "仅医生"),
    RECORD_ONLY: Bitext("Our record only, not printed", "仅存档，不打印"),
}
"""Without a choice a dissent is for the doctor, as its section is (model.md section 3.2)."""
