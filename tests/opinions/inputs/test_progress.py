"""How far an input is, part by part."""

from __future__ import annotations

from typing import Any

import pytest

from mdtapp.disciplines import catalogue
from mdtapp.opinions.inputs.progress import THEIRS, Progress, part_of, progress_of
from tests.disciplines.inputs import DEMO_CASES, DEMO_INPUTS, DEMO_NAMES, around

CASE = DEMO_CASES[0]
RADIOLOGY = CASE["inputs"]["radiology"]


def progress(data: dict[str, Any], discipline: str = "radiology") -> Progress:
    return progress_of(catalogue().disciplines[discipline], data, around(CASE))


@pytest.mark.parametrize(("case_id", "discipline", "data", "case"), DEMO_INPUTS, ids=DEMO_NAMES)
def test_a_complete_input_lacks_nothing(
    case_id: str, discipline: str, data: dict[str, Any], case: dict[str, Any]
) -> None:
    found = progress_of(catalogue().disciplines[discipline], data, around(case))
    assert found.left == 0
    assert found.answered == found.required > 0
    assert all(part.state == "done" or not part.begun for part in found.parts)


def test_an_empty_one_lacks_everything_required() -> None:
    found = progress({})
    assert found.answered == 0
    assert found.left >= found.required > 10
    assert {part.state for part in found.parts} <= {"todo"}


def test_a_begun_part_with_a_gap_says_so() -> None:
    found = progress({"primary_size_mm": 31})
    primary = found.part("primary")
    assert primary is not None
    assert primary.state == "missing"
    assert primary.words.en == "31 mm"


def test_verdicts_on_the_record_are_a_part_of_their_own_before_the_last() -> None:
    found = progress({})
    assert [part.key for part in found.parts][-2:] == [THEIRS, "close"]
    assert [part.number for part in found.parts] == list(range(1, len(found.parts) + 1))
    theirs = found.part(THEIRS)
    assert theirs is not None
    assert theirs.left == 1


def test_a_verdict_on_each_claim_answers_for_the_whole() -> None:
    claim = {"claim": "outside.n_category", "verdict": "major", "impact": "treatment_definite"}
    why = {"en": "A node.", "zh": "一枚淋巴结。"}
    direct = {key: value for key, value in RADIOLOGY.items() if not key.endswith("_stage")}
    for row, left in (({**claim, "why": why}, 0), (claim, 1)):
        theirs = progress({**direct, "claims": [row]}).part(THEIRS)
        assert theirs is not None
        assert theirs.left == left
        assert theirs.words.en == "1 × Major discordance"


def test_contradictions_are_named_and_gaps_only_counted() -> None:
    found = progress({**RADIOLOGY, "sufficiency": "insufficient", "summary": {"en": "Only English."}})
    said = [finding.id for part in found.parts for finding in part.notes]
    assert said == ["COM-2"]
    assert found.left == 3  # the contradiction, what is missing, the Chinese summary


def test_where_a_field_stands() -> None:
    discipline = catalogue().disciplines["radiology"]
    assert part_of("t_category", discipline, ()) == "extent"
    assert part_of("claims", discipline, ()) == "review"
    assert part_of("nobody_asks", discipline, ()) == "close"


@pytest.mark.parametrize(
    ("discipline", "field", "data", "words"),
    [
        ("medical_oncology", "bsa_m2", {"height_cm": 163, "weight_kg": 70}, "1.78 m² (Mosteller). Not filled in for you."),
        ("medical_oncology", "bsa_m2", {"height_cm": 163, "weight_kg": 70, "bsa_m2": 1.8}, "Agrees with your value."),
        ("medical_oncology", "bsa_m2", {"height_cm": 163, "weight_kg": 70, "bsa_m2": 1.9}, "Differs from your value; yours"),
        ("medical_oncology", "crcl_ml_min", {"weight_kg": 70}, "Cockcroft-Gault still needs: Creatinine."),
        ("medical_oncology", "crcl_ml_min", {}, ""),
        ("radiation_oncology", "eqd2_gy", {"dose_gy": 26, "fractions": 5, "alpha_beta_gy": 3}, "42.6 Gy (linear-quadratic"),
        ("pathology", "grade_group", {"gleason_primary": 4, "gleason_secondary": 3, "grade_group": 2}, "3 (ISUP 2014"),
    ],
)  # fmt: skip
def test_what_follows_from_answers_is_said_beside_them(
    discipline: str, field: str, data: dict[str, Any], words: str
) -> None:
    said = progress(data, discipline).computed[field]
    assert words in said.en if words else not said
    assert not said or not said.missing()
