"""Decision points by disciplines, the home hospital beside them."""

from __future__ import annotations

from typing import Any

from mdtapp.disciplines import catalogue
from mdtapp.opinions.facts import STEPS
from mdtapp.opinions.inputs.concordance import Axis, Hospital, axes
from tests.disciplines.inputs import DEMO_CASES

CASE = DEMO_CASES[0]


def rows(data: dict[str, dict[str, Any]], *outside: dict[str, Any]) -> dict[str, Axis]:
    """The axes by their first field; of the shared case's home hospital unless others are named."""
    disciplines = [one for key, one in catalogue().disciplines.items() if key in data]
    hospitals = [
        Hospital(label, facts) for label, facts in zip("ABC", outside or [CASE["outside"]], strict=False)
    ]
    found = axes(disciplines, data, hospitals)
    return {axis.label.en if axis.fields == (STEPS,) else axis.fields[0]: axis for axis in found}


def states(axis: Axis) -> dict[str, str]:
    return {key: cell.state for key, cell in axis.cells.items()}


def test_same_and_different_values_are_told_apart() -> None:
    found = rows(CASE["inputs"])
    nodes = found["n_category"]
    assert [said.en for said in nodes.theirs] == ["N0"]
    assert (nodes.cells["radiology"].answer.en, nodes.cells["radiology"].state) == ("N1", "different")
    assert found["t_category"].cells["radiology"].state == "same"


def test_the_authors_verdict_says_how_far_a_difference_goes() -> None:
    answers = {"n_category": "N1", "claims": [{"claim": "outside.n_category", "verdict": "minor"}]}
    assert states(rows({"radiology": answers})["n_category"]) == {"radiology": "refined"}


def test_nothing_to_compare_with_is_only_our_value() -> None:
    found = rows({"radiology": {"n_category": "N1"}}, {})["n_category"]
    assert not any(found.theirs)
    assert found.cells["radiology"].kind == ""


def test_of_two_hospitals_the_one_that_says_the_same_is_named() -> None:
    found = rows(
        {"radiology": {"m_category": "M1b"}, "surgical_oncology": {"m_category": "M0"}},
        {"m_category": "M0"},
        {"m_category": "M1b"},
    )
    axis = found["m_category"]
    assert {key: (cell.state, cell.like) for key, cell in axis.cells.items()} == {
        "radiology": ("same", "B"),
        "surgical_oncology": ("same", "A"),
    }
    both = rows({"radiology": {"m_category": "M0"}}, {"m_category": "M0"}, {"m_category": "M0"})["m_category"]
    assert both.cells["radiology"].like == ""


def test_a_list_is_the_same_in_any_order() -> None:
    ours = {"pathology": {"driver_alterations": ["alk", "ret"]}}
    assert states(rows(ours, {"driver_alterations": ["ret", "alk"]})["driver_alterations"]) == {
        "pathology": "same"
    }


def test_a_point_asked_under_two_names_is_one_row() -> None:
    found = rows(
        {
            "radiology": {"imaging_resectability": "unresectable_local"},
            "surgical_oncology": {"resectability": "resectable"},
        },
        {},
    )["resectability"]
    assert {key: cell.field for key, cell in found.cells.items()} == {
        "radiology": "imaging_resectability",
        "surgical_oncology": "resectability",
    }
    assert found.label.en == "Resectability"
    assert found.team == (1, 1)


def test_preferred_steps_become_drugs_local_treatment_and_tests() -> None:
    def step(modality: str, *drugs: str, prefer: str = "preferred") -> dict[str, Any]:
        return {"modality": modality, "drug_classes": list(drugs), "preference": prefer}

    home = {"steps": [{"modality": "systemic", "drug_classes": ["taxane", "carboplatin"]}]}
    found = rows(
        {
            "medical_oncology": {
                STEPS: [step("test"), step("systemic", "taxane"), step("surgery", prefer="acceptable")]
            },
            "surgical_oncology": {STEPS: [step("surgery")]},
            "radiation_oncology": {STEPS: [step("systemic", "carboplatin", "taxane")]},
        },
        home,
    )
    assert states(found["Drugs"]) == {
        "medical_oncology": "refined",
        "surgical_oncology": "different",
        "radiation_oncology": "same",
    }
    assert found["Local treatment"].cells["surgical_oncology"].answer.en == "Surgery"
    assert found["Local treatment"].cells["medical_oncology"].answer.en == "None"
    assert found["Local treatment"].theirs[0].en == "None"
    assert found["Tests first"].cells["medical_oncology"].state == "different"


def test_how_the_team_stands() -> None:
    one = rows({"radiology": {"n_category": "N1"}})["n_category"]
    assert one.team == ()
    split = rows(
        {
            key: {"n_category": value}
            for key, value in (("radiology", "N1"), ("medical_oncology", "N1"), ("surgical_oncology", "N0"))
        }
    )["n_category"]
    assert (split.team, split.team_state) == ((2, 1), "different")
    agreed = rows({key: {"n_category": "N0"} for key in ("radiology", "medical_oncology")})["n_category"]
    assert (agreed.team, agreed.team_state) == ((2,), "same")
    against = rows({key: {"n_category": "N2"} for key in ("radiology", "medical_oncology")})["n_category"]
    assert (against.team, against.team_state) == ((2,), "different")


def test_verdicts_and_certainty_follow() -> None:
    found = rows(CASE["inputs"])
    assert found["agree_stage"].cells["radiology"].state == "major"
    assert found["confidence"].cells["radiology"].answer.en == "High"
    assert found["confidence"].team == ()
    assert found["materials_reviewed"].cells["radiology"].answer.en.startswith("M")


def test_every_cell_names_the_answer_it_came_from() -> None:
    for axis in rows(CASE["inputs"]).values():
        for key, cell in axis.cells.items():
            assert CASE["inputs"][key][cell.field] not in (None, "", [])


def test_a_point_nobody_answered_is_left_out() -> None:
    assert rows({"radiology": {}}) == {}
