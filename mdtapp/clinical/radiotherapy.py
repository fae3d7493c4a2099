"""Doses of radiotherapy compared: per fraction, biologically effective, and as if given in fractions of 2 Gy.

Fowler JF. The linear-quadratic formula and progress in fractionated radiotherapy. Br J Radiol 1989;62:679-694.
No correction for overall treatment time or incomplete repair: the figures compare schedules, they plan nothing.
"""

from __future__ import annotations

from typing import Final

REFERENCE_FRACTION_GY: Final = 2.0


def dose_per_fraction_gy(dose_gy: float, fractions: float) -> float | None:
    """Total dose in Gy divided by the number of fractions; None unless both are positive."""
    if dose_gy <= 0 or fractions <= 0:
        return None
    return round(dose_gy / fractions, 3)


def biological_dose_gy(dose_gy: float, fractions: float, alpha_beta_gy: float) -> float | None:
    """Biologically effective dose in Gy: D · (1 + d / (α/β)); None unless all are positive."""
    if dose_gy <= 0 or fractions <= 0 or alpha_beta_gy <= 0:
        return None
    return round(dose_gy * (1 + dose_gy / fractions / alpha_beta_gy), 1)


def equivalent_dose_2gy(dose_gy: float, fractions: float, alpha_beta_gy: float) -> float | None:
    """Dose in Gy that does the same in fractions of 2 Gy (EQD2): D · (d + α/β) / (2 + α/β); None unless all are positive."""
    if dose_gy <= 0 or fractions <= 0 or alpha_beta_gy <= 0:
        return None
    per_fraction = dose_gy / fractions
    return round(dose_gy * (per_fraction + alpha_beta_gy) / (REFERENCE_FRACTION_GY + alpha_beta_gy), 1)
