"""Numbers that follow from other answers."""

from __future__ import annotations

import pytest

from mdtapp.disciplines import catalogue
from mdtapp.disciplines.computed import FUNCTIONS, suggestion

LESIONS = [
    {"role": "target", "baseline_mm": 34, "current_mm": 41},
    {"role": "target", "baseline_mm": 28.5, "current_mm": 33},
    {"role": "non_target", "baseline_mm": 50, "current_mm": 50},
]


@pytest.mark.parametrize(
    ("name", "answers", "expected"),
    [
        ("body_surface_m2", {"height_cm": 163, "weight_kg": 70}, 1.78),
        ("body_surface_m2", {"height_cm": 163}, None),
        ("body_surface_m2", {"height_cm": -1, "weight_kg": 70}, None),
        ("dose_per_fraction_gy", {"dose_gy": 40.05, "fractions": 15}, 2.67),
        ("dose_per_fraction_gy", {"dose_gy": 40.05, "fractions": 0}, None),
        ("dose_per_fraction_gy", {"dose_gy": "40", "fractions": 15}, None),
        ("biological_dose_gy", {"dose_gy": 35, "fractions": 5, "alpha_beta_gy": 10}, 59.5),
        ("biological_dose_gy", {"dose_gy": 35, "fractions": 5}, None),
        ("target_sum_baseline_mm", {"lesions": LESIONS}, 62.5),
        ("target_sum_current_mm", {"lesions": LESIONS}, 74),
        ("target_sum_current_mm", {"lesions": [*LESIONS, {"role": "target", "baseline_mm": 10}]}, None),
        ("target_sum_current_mm", {"lesions": LESIONS[2:]}, None),
        ("target_sum_current_mm", {}, None),
        ("target_sum_current_mm", {"lesions": "none"}, None),
    ],
)
def test_suggestions(name, answers, expected):
    assert suggestion(name, answers) == expected


def test_every_function_is_used_by_a_field():
    used = {
        field.computed for one in catalogue().disciplines.values() for field in one.fields() if field.computed
    }
    assert used == set(FUNCTIONS)
