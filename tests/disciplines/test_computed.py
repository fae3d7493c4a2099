"""What follows from other answers, and what is still missing for it."""

from __future__ import annotations

import pytest

from mdtapp.disciplines import catalogue
from mdtapp.disciplines.computed import COMPUTATIONS, suggestion
from mdtapp.disciplines.conditions import Context

LESIONS = [
    {"role": "target", "organ": "lung", "baseline_mm": 34, "current_mm": 41},
    {"role": "target", "organ": "liver", "baseline_mm": 28.5, "current_mm": 33},
    {"role": "non_target", "organ": "liver", "baseline_mm": 50, "current_mm": 50},
]
READ = {"criteria": "recist11", "lesions": LESIONS}
WOMAN = {"sex": "female", "age": 74}
KIDNEY = {"creatinine_umol_l": 97.24, "weight_kg": 58}
STAGED = {
    "stage_system": "tnm8",
    "stage_prefix": "c",
    "t_category": "T1",
    "n_category": "N0",
    "m_category": "M0",
}


@pytest.mark.parametrize(
    ("name", "answers", "patient", "expected"),
    [
        ("body_surface_m2", {"height_cm": 163, "weight_kg": 70}, {}, 1.78),
        ("body_surface_m2", {"height_cm": 163}, {}, None),
        ("body_surface_m2", {"height_cm": "163", "weight_kg": 70}, {}, None),
        ("creatinine_clearance_ml_min", KIDNEY, WOMAN, 41.1),
        ("creatinine_clearance_ml_min", KIDNEY, {**WOMAN, "sex": "unknown"}, None),
        ("creatinine_clearance_ml_min", KIDNEY, {"sex": "female"}, None),
        ("dose_per_fraction_gy", {"dose_gy": 40.05, "fractions": 15}, {}, 2.67),
        ("biological_dose_gy", {"dose_gy": 35, "fractions": 5, "alpha_beta_gy": 10}, {}, 59.5),
        ("equivalent_dose_2gy", {"dose_gy": 35, "fractions": 5, "alpha_beta_gy": 10}, {}, 49.6),
        ("biological_dose_gy", {"dose_gy": 35, "fractions": 5}, {}, None),
        ("gleason_grade_group", {"gleason_primary": 4, "gleason_secondary": 3}, {}, 3),
        ("gleason_grade_group", {"gleason_primary": 7, "gleason_secondary": 3}, {}, None),
        ("gleason_grade_group", {"gleason_primary": 4}, {}, None),
        ("target_sum_baseline_mm", READ, {}, 62.5),
        ("target_sum_current_mm", READ, {}, 74),
        ("target_sum_current_mm", {"lesions": [*LESIONS, {"role": "target", "baseline_mm": 10}]}, {}, None),
        ("target_sum_current_mm", {"lesions": LESIONS[2:]}, {}, None),
        ("target_sum_current_mm", {"lesions": "none"}, {}, None),
        ("target_response", READ, {}, "SD"),
        ("target_response", {**READ, "sum_nadir_mm": 60}, {}, "PD"),
        ("target_response", {**READ, "criteria": "mrecist"}, {}, None),
        (
            "overall_response",
            {**READ, "non_target_response": "non_CR_non_PD", "new_lesion": "no"},
            {},
            "SD",
        ),
        ("overall_response", {**READ, "non_target_response": "CR", "new_lesion": "yes"}, {}, "PD"),
        (
            "overall_response",
            {**READ, "target_response": "PR", "non_target_response": "CR", "new_lesion": "no"},
            {},
            "PR",
        ),
        ("overall_response", READ, {}, None),
    ],
)
def test_values(name, answers, patient, expected):
    assert suggestion(name, Context(values=answers, patient=patient)).value == expected


def test_the_site_of_the_author_counts_for_the_stage():
    asked = []

    def stage_of(*given):
        asked.append(given)
        return "IA"

    case = {"primary_site": "colon"}
    context = Context(values=STAGED, case=case, stage_of=stage_of)
    assert suggestion("stage_group", context).value == "IA"
    suggestion("stage_group", context.with_values({**STAGED, "primary_site": "rectum"}))
    assert asked == [("colon", "tnm8", "c", "T1", "N0", "M0"), ("rectum", "tnm8", "c", "T1", "N0", "M0")]
    assert suggestion("stage_group", context.with_values({**STAGED, "n_category": ""})).value is None
    assert suggestion("stage_group", Context(values=STAGED, case=case)).value is None


@pytest.mark.parametrize(
    ("answers", "patient", "missing"),
    [
        ({}, WOMAN, ()),
        ({"weight_kg": 58}, WOMAN, ("creatinine_umol_l",)),
        ({"creatinine_umol_l": 97}, {}, ("weight_kg", "patient.age", "patient.sex")),
        (KIDNEY, WOMAN, ()),
    ],
)
def test_what_is_missing_is_named_once_something_is_given(answers, patient, missing):
    found = suggestion("creatinine_clearance_ml_min", Context(values=answers, patient=patient))
    assert found.missing == missing


def test_every_computation_is_used_and_needs_only_what_is_asked_beside_it():
    used = {}
    for discipline in catalogue().disciplines.values():
        for field in discipline.fields():
            if field.computed:
                used[field.computed] = discipline
    assert set(used) == set(COMPUTATIONS)
    for name, discipline in used.items():
        for question in COMPUTATIONS[name].needs:
            assert "." in question or discipline.has(question)
        assert not COMPUTATIONS[name].method.missing()
