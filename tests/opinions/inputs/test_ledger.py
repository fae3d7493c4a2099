"""Each claim of the home hospital beside the panel's verdict; a verdict on words that were corrected is asked again."""

from __future__ import annotations

from typing import Any

import pytest

from mdtapp.disciplines import catalogue
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.inputs.claims import said_at, verdicts_in, without_verdicts
from mdtapp.opinions.inputs.ledger import Entry, ledger
from tests.disciplines.inputs import DEMO_CASES

OUTSIDE: dict[str, Any] = {
    "histology_group": "adenocarcinoma",
    "diagnosis_text": {"en": "Adenocarcinoma", "zh": "腺癌"},
    "t_category": "T2",
    "n_category": "N0",
    "plan": {"en": "Surgery.", "zh": "手术。"},
    "steps": [{"modality": "surgery", "description": {"en": "Lobectomy", "zh": "肺叶切除"}}],
}
WHY = {"en": "Seen on CT.", "zh": "CT可见。"}


def entries(answers: dict[str, Any], outside: dict[str, Any] = OUTSIDE, **more: Any) -> dict[str, Entry]:
    found = ledger(list(catalogue().disciplines.values()), answers, outside, **more)
    return {entry.claim.key.removeprefix("outside."): entry for entry in found}


def claims(*rows: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"claims": [{"claim": f"outside.{key}", "verdict": verdict, **more} for key, verdict in rows]}


def test_every_claim_has_its_row_object_by_object_judged_or_not() -> None:
    found = entries({})
    objects = [entry.claim.object for entry in found.values()]
    assert objects == sorted(objects, key=["diagnosis", "stage", "report", "plan"].index)
    assert {
        "diagnosis_text",
        "histology_group",
        "t_category",
        "n_category",
        "plan",
        "steps.0",
    } <= found.keys()
    assert {entry.verdict for entry in found.values()} == {""}


def test_the_worst_verdict_stands_with_its_impact_and_our_words() -> None:
    found = entries(
        {
            "radiology": claims(("t_category", "major"), ours="T3", impact="treatment_possible", why=WHY),
            "medical_oncology": claims(("t_category", "agree")),
        }
    )
    t = found["t_category"]
    assert (t.verdict, t.impact, t.ours.en) == ("major", "treatment_possible", "T3")
    assert [(one.discipline, one.verdict, one.why.en) for one in t.judgements] == [
        ("radiology", "major", "Seen on CT."),
        ("medical_oncology", "agree", ""),
    ]


@pytest.mark.parametrize(
    ("pathology", "others", "panel"),
    [
        ("agree", "major", "agree"),
        ("minor", "agree", "minor"),
        ("not_assessable", "major", "major"),
        ("not_assessable", "not_assessable", "not_assessable"),
    ],
)
def test_pathology_outweighs_others_on_the_diagnosis(pathology: str, others: str, panel: str) -> None:
    answers = {
        "pathology": claims(("histology_group", pathology)),
        "genetics_molecular": claims(("histology_group", others)),
    }
    assert entries(answers)["histology_group"].verdict == panel


def test_our_own_answer_stands_where_nothing_else_was_written() -> None:
    answers = {"pathology": {**claims(("histology_group", "major")), "histology_group": "squamous"}}
    assert entries(answers)["histology_group"].ours == catalogue().label("histology_group", "squamous")


def test_a_verdict_on_the_object_itself_is_one_on_its_whole() -> None:
    answers = {"radiology": {"agree_stage": "minor", "impact_stage": "prognosis", "comment_stage": WHY}}
    whole = entries(answers)["stage_text"]
    assert (whole.verdict, whole.impact, whole.judgements[0].why.en) == ("minor", "prognosis", "Seen on CT.")
    assert whole.theirs.en == "T2 N0"


def test_what_was_judged_without_being_transcribed_is_not_lost() -> None:
    found = entries({"radiology": {"agree_report": "major"}})
    assert found["imaging_report"].verdict == "major"


def test_a_verdict_that_is_asked_again_does_not_count() -> None:
    answers = {
        "radiology": claims(("t_category", "major")),
        "medical_oncology": claims(("t_category", "agree")),
    }
    found = entries(answers, asked_again={"radiology": {"outside.t_category"}})
    assert found["t_category"].verdict == "agree"
    assert [one.asked_again for one in found["t_category"].judgements] == [True, False]


@pytest.mark.parametrize("case", DEMO_CASES, ids=lambda case: case["id"])
def test_no_verdict_of_a_whole_case_is_missing(case: dict[str, Any]) -> None:
    given = {(key, claim) for key, data in case["inputs"].items() for claim in verdicts_in(data)}
    shown = {
        (one.discipline, entry.claim.key)
        for entry in entries(case["inputs"], case["outside"]).values()
        for one in entry.judgements
    }
    assert shown == given
    assert shown


# --- what a verdict was given on ------------------------------------------------------------------


def test_what_the_record_holds_at_a_claim() -> None:
    assert said_at("outside.t_category", OUTSIDE) == "T2"
    assert said_at("outside.steps.0", OUTSIDE) == OUTSIDE["steps"][0]
    assert said_at("outside.steps.1", OUTSIDE) is None
    assert said_at("outside.diagnosis_text", OUTSIDE) == OUTSIDE["diagnosis_text"]
    assert said_at("outside.stage_text", OUTSIDE) == {"t_category": "T2", "n_category": "N0"}
    assert said_at("outside.imaging_report", OUTSIDE) is None


def test_without_a_verdict_the_words_stay_and_the_others_decide() -> None:
    data = {
        "claims": [
            {"claim": "outside.t_category", "verdict": "major", "impact": "safety", "why": WHY},
            {"claim": "outside.n_category", "verdict": "minor", "impact": "none"},
            {"claim": "outside.histology_group", "verdict": "agree"},
        ],
        "agree_stage": "major",
        "impact_stage": "safety",
        "comment_stage": WHY,
        "agree_diagnosis": "agree",
    }
    left = without_verdicts(data, {"outside.t_category"})
    assert left["claims"][0] == {"claim": "outside.t_category", "why": WHY}
    assert (left["agree_stage"], left["impact_stage"], left["comment_stage"]) == ("minor", "none", WHY)
    assert left["agree_diagnosis"] == "agree"
    none = without_verdicts(data, {"outside.t_category", "outside.n_category"})
    assert not {"agree_stage", "impact_stage", "comment_stage"} & none.keys()
    assert CaseFacts.from_json({"inputs": {"radiology": none}}).text("radiology.agree_stage") == ""
    assert data["agree_stage"] == "major"
    direct = without_verdicts({"agree_plan": "agree", "ecog": 1}, {"outside.plan"})
    assert direct == {"ecog": 1}
