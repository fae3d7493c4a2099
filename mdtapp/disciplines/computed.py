"""Numbers that follow from other answers. They are shown beside the author's own value and never fill it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any

from mdtapp.disciplines.conditions import number

Answers = Mapping[str, Any]


def body_surface_m2(answers: Answers) -> float | None:
    """Body surface in m² from height in cm and weight in kg (Mosteller)."""
    height, weight = number(answers.get("height_cm")), number(answers.get("weight_kg"))
    if height is None or weight is None or height <= 0 or weight <= 0:
        return None
    return round(sqrt(height * weight / 3600), 2)


def dose_per_fraction_gy(answers: Answers) -> float | None:
    """Total dose in Gy divided by the number of fractions."""
    dose, fractions = number(answers.get("dose_gy")), number(answers.get("fractions"))
    if dose is None or not fractions or fractions < 0:
        return None
    return round(dose / fractions, 3)


def biological_dose_gy(answers: Answers) -> float | None:
    """Biologically effective dose in Gy of the linear-quadratic model: D · (1 + d / (α/β))."""
    dose, alpha_beta = number(answers.get("dose_gy")), number(answers.get("alpha_beta_gy"))
    per_fraction = dose_per_fraction_gy(answers)
    if dose is None or per_fraction is None or not alpha_beta or alpha_beta < 0:
        return None
    return round(dose * (1 + per_fraction / alpha_beta), 1)


def target_sum_baseline_mm(answers: Answers) -> float | None:
    """Sum of the target lesions' baseline diameters in mm."""
    return _target_sum(answers, "baseline_mm")


def target_sum_current_mm(answers: Answers) -> float | None:
    """Sum of the target lesions' current diameters in mm."""
    return _target_sum(answers, "current_mm")


def _target_sum(answers: Answers, column: str) -> float | None:
    rows = answers.get("lesions")
    targets = [row for row in rows if row.get("role") == "target"] if isinstance(rows, list) else []
    sizes = [size for row in targets if (size := number(row.get(column))) is not None]
    if not targets or len(sizes) < len(targets):
        return None
    return round(sum(sizes), 1)


FUNCTIONS: dict[str, Callable[[Answers], float | None]] = {
    function.__name__: function
    for function in (
        body_surface_m2,
        dose_per_fraction_gy,
        biological_dose_gy,
        target_sum_baseline_mm,
        target_sum_current_mm,
    )
}


def suggestion(name: str, answers: Answers) -> float | None:
    """What the function a field names makes of the answers; None while something is missing."""
    return FUNCTIONS[name](answers)
