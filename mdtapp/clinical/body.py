"""Body measures that drug doses rest on."""

from __future__ import annotations

from math import sqrt


def body_surface_m2(height_cm: float, weight_kg: float) -> float | None:
    """Body surface in m² as √(height in cm · weight in kg / 3600); None unless both are positive.

    Mosteller RD. Simplified calculation of body-surface area. N Engl J Med 1987;317:1098.
    """
    if height_cm <= 0 or weight_kg <= 0:
        return None
    return round(sqrt(height_cm * weight_kg / 3600), 2)
