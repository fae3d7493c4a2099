"""The claim rows of an input: their shape, and what they make unnecessary."""

from __future__ import annotations

import pytest

from tests.disciplines.inputs import findings

WHY = {"en": "The node is abnormal.", "zh": "淋巴结异常。"}
ROW = {
    "claim": "outside.n_category",
    "verdict": "major",
    "impact": "treatment_definite",
    "why": WHY,
    "ours": "N1",
}


def of_claims(*rows):
    return [
        (finding.id, finding.fields[0])
        for finding in findings("radiology", {"claims": list(rows)})
        if finding.fields[0].startswith("claims")
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"verdict": "agree", "impact": None, "why": None, "ours": None}, []),
        ({"ours": 31.5}, []),
        ({"ours": WHY}, []),
        ({"ours": ""}, []),
        (
            {
                "anchors": [
                    {"material": "M2", "page": 3},
                    {"slide": "S1", "x": 10, "y": 20, "width": 5, "height": 5},
                ]
            },
            [],
        ),
        ({"anchors": []}, []),
        ({"claim": ""}, [("type", "claims.0.claim")]),
        ({"claim": "Outside T"}, [("type", "claims.0.claim")]),
        ({"claim": None}, [("type", "claims.0.claim")]),
        ({"verdict": "perhaps"}, [("choice", "claims.0.verdict")]),
        ({"verdict": ["major"]}, [("choice", "claims.0.verdict")]),
        ({"impact": "some"}, [("choice", "claims.0.impact")]),
        ({"impact": "none"}, [("COM-1", "claims.0.impact")]),
        ({"verdict": "minor", "impact": "none"}, []),
        ({"why": "words"}, [("type", "claims.0.why")]),
        ({"why": {"en": "Only"}}, [("language", "claims.0.why")]),
        ({"why": {"en": "A\u202eB", "zh": "甲"}}, [("characters", "claims.0.why")]),
        ({"ours": "N1\u0007"}, [("characters", "claims.0.ours")]),
        ({"ours": "x" * 2_001}, [("length", "claims.0.ours")]),
        ({"ours": True}, [("type", "claims.0.ours")]),
        ({"anchors": "M2"}, [("type", "claims.0.anchors")]),
        ({"anchors": [{"place": "M2"}]}, [("type", "claims.0.anchors")]),
        ({"anchors": [{"material": ["M2"]}]}, [("type", "claims.0.anchors")]),
        ({"anchors": [{"page": True}]}, [("type", "claims.0.anchors")]),
        ({"anchors": [{"note": "x\u202e"}]}, [("type", "claims.0.anchors")]),
        ({"anchors": [{"page": 1}] * 21}, [("type", "claims.0.anchors")]),
        ({"colour": "red"}, [("unknown", "claims.0.colour")]),
    ],
)
def test_rows(change, expected):
    assert of_claims({**ROW, **change}) == expected


@pytest.mark.parametrize("rows", [5, "rows", {"claim": "x"}, [ROW] * 61])
def test_no_rows(rows):
    found = [one for one in findings("radiology", {"claims": rows}) if one.fields == ("claims",)]
    assert [one.id for one in found] == ["rows"]


def test_a_row_that_is_none():
    assert of_claims(7) == [("type", "claims.0")]


@pytest.mark.parametrize(
    ("rows", "needed"),
    [
        ([], True),
        ([ROW], False),
        ([ROW, {**ROW, "why": None}], True),
        ([ROW, {**ROW, "verdict": "agree", "why": None}], False),
        ([{**ROW, "claim": "outside.imaging_report"}], True),
        ([{**ROW, "verdict": "agree"}], True),
    ],
)
def test_a_reason_is_not_asked_twice(rows, needed):
    """The comment on the stage is needed unless each differing claim of the stage says why."""
    data = {"agree_stage": "major", "impact_stage": "safety", "claims": rows}
    asked = [
        one
        for one in findings("radiology", data)
        if one.id == "required" and one.fields == ("comment_stage",)
    ]
    assert bool(asked) is needed
