"""A value as it was measured and as it is compared: the same quantity in two units."""

from __future__ import annotations

SIGNIFICANT_DIGITS = 4
"""Of a converted value: more than any laboratory reports, fewer than the arithmetic makes up."""


def converted(value: float, factor: float) -> float:
    """`value` in one unit as the other one counts it, to four significant digits: 1.1 mg/dL · 88.4 is 97.24 µmol/L."""
    return float(f"{value * factor:.{SIGNIFICANT_DIGITS}g}")
