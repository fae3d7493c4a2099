"""Kidney function that drug doses rest on."""

from __future__ import annotations

from typing import Final

CREATININE_UMOL_L_PER_MG_DL: Final = 88.4
"""1 mg/dL is 10 mg/L; creatinine weighs 113.12 g/mol."""
FEMALE_FACTOR: Final = 0.85


def creatinine_clearance_ml_min(
    *, age_years: float, weight_kg: float, creatinine_umol_l: float, is_female: bool
) -> float | None:
    """Creatinine clearance in mL/min: (140 − age) · weight / (72 · creatinine in mg/dL), for women times 0.85.

    None unless weight and creatinine are positive and the age is that of an adult below 140: the equation was made
    from adults. Cockcroft DW, Gault MH. Prediction of creatinine clearance from serum creatinine. Nephron 1976;16:31-41.
    """
    if not 18 <= age_years < 140 or weight_kg <= 0 or creatinine_umol_l <= 0:
        return None
    creatinine_mg_dl = creatinine_umol_l / CREATININE_UMOL_L_PER_MG_DL
    clearance = (140 - age_years) * weight_kg / (72 * creatinine_mg_dl)
    return round(clearance * (FEMALE_FACTOR if is_female else 1), 1)
