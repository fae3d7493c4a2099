"""Formulas against worked values."""

from __future__ import annotations

import pytest

from mdtapp.clinical.biomarkers import gleason_grade_group
from mdtapp.clinical.body import body_surface_m2
from mdtapp.clinical.kidney import creatinine_clearance_ml_min
from mdtapp.clinical.radiotherapy import biological_dose_gy, dose_per_fraction_gy, equivalent_dose_2gy
from mdtapp.clinical.units import converted


@pytest.mark.parametrize(
    ("height", "weight", "surface"),
    [(170, 70, 1.82), (163, 70, 1.78), (180, 80, 2.0), (150, 50, 1.44), (0, 70, None), (170, -1, None)],
)
def test_body_surface(height, weight, surface):
    assert body_surface_m2(height, weight) == surface


@pytest.mark.parametrize(
    ("age", "weight", "creatinine", "female", "clearance"),
    [
        (40, 72, 88.4, False, 100.0),  # (140-40)*72/(72*1.0)
        (40, 72, 88.4, True, 85.0),
        (60, 72, 176.8, False, 40.0),  # creatinine 2.0 mg/dL
        (74, 58, 97.24, True, 41.1),  # creatinine 1.1 mg/dL: 66*58/79.2*0.85
        (17, 60, 80, True, None),  # not made from children
        (140, 60, 80, True, None),
        (60, 0, 80, True, None),
        (60, 70, 0, True, None),
    ],
)
def test_cockcroft_gault(age, weight, creatinine, female, clearance):
    found = creatinine_clearance_ml_min(
        age_years=age, weight_kg=weight, creatinine_umol_l=creatinine, is_female=female
    )
    assert found == clearance


@pytest.mark.parametrize(
    ("dose", "fractions", "alpha_beta", "per_fraction", "effective", "in_two"),
    [
        (60, 30, 10, 2.0, 72.0, 60.0),
        (50, 25, 3, 2.0, 83.3, 50.0),
        (40.05, 15, 4, 2.67, 66.8, 44.5),
        (26, 5, 3, 5.2, 71.1, 42.6),
        (54, 3, 10, 18.0, 151.2, 126.0),
        (30, 10, 10, 3.0, 39.0, 32.5),
    ],
)
def test_radiotherapy_schedules(dose, fractions, alpha_beta, per_fraction, effective, in_two):
    assert dose_per_fraction_gy(dose, fractions) == per_fraction
    assert biological_dose_gy(dose, fractions, alpha_beta) == effective
    assert equivalent_dose_2gy(dose, fractions, alpha_beta) == in_two


@pytest.mark.parametrize(("dose", "fractions", "alpha_beta"), [(0, 5, 3), (30, 0, 3), (30, 5, 0), (-1, 5, 3)])
def test_a_schedule_that_is_none_has_no_dose(dose, fractions, alpha_beta):
    assert biological_dose_gy(dose, fractions, alpha_beta) is None
    assert equivalent_dose_2gy(dose, fractions, alpha_beta) is None
    assert dose_per_fraction_gy(dose, fractions) is None or alpha_beta == 0


@pytest.mark.parametrize(
    ("primary", "secondary", "group"),
    [(3, 3, 1), (3, 4, 2), (4, 3, 3), (4, 4, 4), (3, 5, 4), (5, 3, 4), (4, 5, 5), (5, 4, 5), (5, 5, 5)],
)
def test_isup_grade_group(primary, secondary, group):
    assert gleason_grade_group(primary, secondary) == group


@pytest.mark.parametrize(
    ("value", "factor", "other"),
    [(1.1, 88.4, 97.24), (11.2, 10, 112), (7.5, 16.114, 120.9), (1500, 0.001, 1.5), (0, 88.4, 0)],
)
def test_conversion_keeps_four_digits(value, factor, other):
    assert converted(value, factor) == other
