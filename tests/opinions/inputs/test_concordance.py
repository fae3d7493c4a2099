"""Decision points by disciplines, the home hospital beside them."""

from __future__ import annotations

from typing import Any

from mdtapp.disciplines import catalogue
from mdtapp.opinions.inputs.concordance import Axis, axes
from tests.disciplines.inputs import DEMO_CASES

CASE = DEMO_CASES[0]


def rows(data: dict[str, dict[str, Any]], outside: dict[str, Any] | None = None) -> dict[str, Axis]:
    disciplines = [one for key, one in catalogue().disciplines.items() if key in data]
    return {
        axis.label.en: axis
        for axis in axes(disciplines, data, CASE["outside"] if outside is None else outside)
    }


def test_same_and_different_values_are_told_apart() -> None:
    found = rows(CASE["inputs"])
    nodes = next(axis for label, axis in found.items() if label.startswith("N category"))
    assert nodes.theirs.en == "N0"
    assert (nodes.cells["radiology"].answer.en, nodes.cells["radiology"].state) == ("N1", "different")
    tumour = next(axis for label, axis in found.items() if label.startswith("T category"))
    assert tumour.cells["radiology"].state == "same"


def test_the_authors_verdict_says_how_far_a_difference_goes() -> None:
    answers = {"n_category": "N1", "claims": [{"claim": "outside.n_category", "verdict": "minor"}]}
    found = next(iter(rows({"radiology": answers}).values()))
    assert found.cells["radiology"].state == "refined"


def test_nothing_to_compare_with_is_only_our_value() -> None:
    found = next(iter(rows({"radiology": {"n_category": "N1"}}, {}).values()))
    assert not found.theirs
    assert found.cells["radiology"].kind == ""


def test_verdicts_and_certainty_follow() -> None:
    found = rows(CASE["inputs"])
    assert found["Their stage"].cells["radiology"].state == "major"
    assert found["Confidence"].cells["radiology"].answer.en == "High"


def test_a_point_nobody_answered_is_left_out() -> None:
    assert rows({"radiology": {}}) == {}
