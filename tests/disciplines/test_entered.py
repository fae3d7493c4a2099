"""A value in the unit it was measured in, beside the value that is compared."""

from __future__ import annotations

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.definitions import Field, FieldType, OtherUnit
from mdtapp.disciplines.entered import entered_as, misfits, shown_as_entered
from tests.disciplines.inputs import findings

CREATININE = Field(
    "creatinine",
    FieldType.DECIMAL,
    Bitext("Creatinine", "肌酐"),
    unit="umol/L",
    units=(OtherUnit("mg/dL", 88.4),),
)
KEPT = {"creatinine": 97.24, "entered": {"creatinine": {"value": 1.1, "unit": "mg/dL"}}}


def test_what_was_typed_is_read_back():
    assert entered_as(CREATININE, KEPT) == (1.1, "mg/dL")
    assert shown_as_entered(CREATININE, KEPT) == Bitext("1.1 mg/dL", "1.1 mg/dL")
    assert misfits((CREATININE,), KEPT) == []


@pytest.mark.parametrize(
    "answers",
    [
        {"creatinine": 97.24},
        {**KEPT, "creatinine": 110},
        {**KEPT, "creatinine": None},
        {"creatinine": 97.24, "entered": {"creatinine": {"value": 1.1, "unit": "stones"}}},
        {"creatinine": 97.24, "entered": {"creatinine": {"value": "1.1", "unit": "mg/dL"}}},
        {"creatinine": 97.24, "entered": {"creatinine": 1.1}},
        {"creatinine": 97.24, "entered": "1.1 mg/dL"},
    ],
)
def test_what_does_not_say_the_answer_is_not_shown(answers):
    assert entered_as(CREATININE, answers) is None
    assert not shown_as_entered(CREATININE, answers)
    assert bool(misfits((CREATININE,), answers)) is ("entered" in answers)


def test_it_is_checked_with_the_form_and_in_rows():
    good = {"creatinine_umol_l": 97.24, "entered": {"creatinine_umol_l": {"value": 1.1, "unit": "mg/dL"}}}
    assert not [one for one in findings("medical_oncology", good) if one.id in ("type", "unknown", "range")]
    bad = {**good, "creatinine_umol_l": 1.1}
    assert {one.id for one in findings("medical_oncology", bad)} >= {"type", "range"}
    row = {"lesion_id": "T1", "baseline_mm": 34, "entered": {"baseline_mm": {"value": 3.4, "unit": "cm"}}}
    answers = {"criteria": "recist11", "lesions": [row]}
    assert not [one for one in findings("radiology", answers) if one.id in ("type", "unknown")]
    answers["lesions"] = [{**row, "baseline_mm": 3.4}]
    assert ["lesions.0.baseline_mm"] in [list(one.fields) for one in findings("radiology", answers)]


@pytest.mark.parametrize(
    ("value", "id_", "words"),
    [
        (1.1, "range", ("10 to 2000 µmol/L", "0.113 to 22.6 mg/dL")),
        (3000, "range", ("10 to 2000 µmol/L",)),
        (25, "unusual.creatinine_umol_l", ("25 µmol/L is unusual",)),
        (900, "unusual.creatinine_umol_l", ("900 µmol/L is unusual",)),
        (80, None, ()),
    ],
)
def test_what_cannot_be_is_refused_and_what_is_rare_is_asked_about(value, id_, words):
    found = [
        one
        for one in findings("medical_oncology", {"creatinine_umol_l": value})
        if one.fields == ("creatinine_umol_l",)
    ]
    assert [one.id for one in found] == ([id_] if id_ else [])
    for one in found:
        assert one.level == ("warning" if id_ and id_.startswith("unusual") else "error")
        assert all(part in one.message.en for part in words)
        assert not one.message.missing()


def test_a_usual_range_lies_within_the_possible_one_for_every_field():
    for discipline in catalogue().disciplines.values():
        for field in (place for one in discipline.fields() for place in (one, *one.columns)):
            limits = (field.min, field.usual_min, field.usual_max, field.max)
            given = [limit for limit in limits if limit is not None]
            assert given == sorted(given)
            assert not field.units or field.unit
