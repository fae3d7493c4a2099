"""RECIST 1.1 arithmetic beside the reader's own value: a check, never a reading.

Eisenhauer EA et al. New response evaluation criteria in solid tumours: revised RECIST guideline (version 1.1).
Eur J Cancer 2009;45:228-247.

Lesion rows hold `role` (target, non_target, new, not_followed), `organ`, `is_node`,
`baseline_mm`, `nadir_mm` and `current_mm`: longest diameter, short axis for a node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

MAX_TARGETS: Final = 5
MAX_TARGETS_PER_ORGAN: Final = 2
MEASURABLE_MM: Final = 10.0
MEASURABLE_NODE_MM: Final = 15.0
NORMAL_NODE_MM: Final = 10.0

Lesion = Mapping[str, Any]


def targets(lesions: Iterable[Lesion]) -> list[Lesion]:
    return [lesion for lesion in lesions if lesion.get("role") == "target"]


def target_sum_mm(lesions: Iterable[Lesion], column: str) -> float | None:
    """Sum of the targets' diameters in mm in `baseline_mm` or `current_mm`; None without targets or when one is missing."""
    chosen = targets(lesions)
    return _sum([_mm(lesion, column) for lesion in chosen]) if chosen else None


def has_too_many_targets(lesions: Iterable[Lesion]) -> bool:
    """More than five target lesions in all, or more than two in one organ."""
    chosen = targets(lesions)
    per_organ = Counter(str(lesion.get("organ")) for lesion in chosen)
    return len(chosen) > MAX_TARGETS or any(count > MAX_TARGETS_PER_ORGAN for count in per_organ.values())


def unmeasurable_targets(lesions: Iterable[Lesion]) -> list[Lesion]:
    """Target lesions too small at baseline to be followed; one without a baseline is not judged."""
    return [
        lesion
        for lesion in targets(lesions)
        if (baseline := _mm(lesion, "baseline_mm")) is not None and baseline < _measurable_from(lesion)
    ]


def target_response(lesions: Iterable[Lesion], smallest_sum_mm: float | None = None) -> str | None:
    """CR, PD, PR, SD or NE of the target lesions; None without a complete baseline.

    Progression is looked for before response. `smallest_sum_mm` is the nadir, the
    baseline sum when it was never smaller.
    """
    chosen = targets(lesions)
    baselines = [_mm(lesion, "baseline_mm") for lesion in chosen]
    currents = [_mm(lesion, "current_mm") for lesion in chosen]
    baseline = _sum(baselines)
    if not chosen or baseline is None:
        return None
    current = _sum(currents)
    if current is None:
        return "NE"
    if _all_gone(chosen):
        return "CR"
    smallest = baseline if smallest_sum_mm is None else smallest_sum_mm
    # Whole-number factors: 0.7 * 90 is not 63 in floating point.
    if current - smallest >= 5 and 10 * current >= 12 * smallest:
        return "PD"
    return "PR" if 10 * current <= 7 * baseline else "SD"


def overall_response(target: str, non_target: str, new_lesion: str) -> str | None:
    """The response of the whole patient; None where the table gives no answer.

    `non_target` is CR, non_CR_non_PD, PD, NE or not_applicable (none to follow). With
    non-target lesions only, their standstill is recorded as SD.
    """
    if new_lesion == "yes" or "PD" in (target, non_target):
        return "PD"
    if target == "not_applicable":
        return {"CR": "CR", "non_CR_non_PD": "SD"}.get(non_target)
    if target == "CR":
        return "CR" if non_target in ("CR", "not_applicable") else "PR"
    return target if target in ("PR", "SD", "NE") else None


def _measurable_from(lesion: Lesion) -> float:
    return MEASURABLE_NODE_MM if lesion.get("is_node") is True else MEASURABLE_MM


def _all_gone(chosen: Sequence[Lesion]) -> bool:
    """No target left, and every target node back to normal size."""
    for lesion in chosen:
        current = _mm(lesion, "current_mm") or 0.0
        if lesion.get("is_node") is True:
            if current >= NORMAL_NODE_MM:
                return False
        elif current > 0:
            return False
    return True


def _mm(lesion: Lesion, column: str) -> float | None:
    value = lesion.get(column)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    # To 0.001 mm: what adding binary fractions leaves behind must not decide about 20 %.
    return round(sum(known), 3) if len(known) == len(values) else None
