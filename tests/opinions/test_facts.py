"""Case facts: read from any fragment, refused on a wrong type, asked without surprises."""

import dataclasses
import json
import random
from pathlib import Path

import pytest

from mdtapp.clinical.thresholds import DEFAULT_THRESHOLDS
from mdtapp.errors import Invalid
from mdtapp.opinions.conflicts import evaluate, evaluate_outside
from mdtapp.opinions.facts import CaseFacts, DraftFacts
from mdtapp.opinions.result_class import propose

DEMO_CASES = json.loads((Path(__file__).parents[1] / "data/demo_cases.json").read_text(encoding="utf-8"))[
    "cases"
]


def facts(**parts):
    return CaseFacts.from_json(parts)


class TestReading:
    def test_everything_may_be_absent_or_null(self):
        assert facts() == facts(
            patient=None, case=None, outside=None, questions=None, inputs=None, draft=None
        )
        assert facts(inputs={"radiology": None}).inputs == {"radiology": {}}

    def test_unknown_keys_and_codes_pass(self):
        known = facts(labs=[1], case={"site_family": "antenna"}, inputs={"astrology": {"sign": 3}})
        assert known.value("case.site_family") == "antenna"
        assert known.value("astrology.sign") == 3

    @pytest.mark.parametrize(
        ("fragment", "path"),
        [
            ([], None),
            ("a text", None),
            (None, None),
            ({"patient": []}, "patient"),
            ({"inputs": ["radiology"]}, "inputs"),
            ({"inputs": {"radiology": "T2"}}, "inputs.radiology"),
            ({"questions": {"id": "Q1"}}, "questions"),
            ({"questions": [1]}, "questions"),
            ({"questions": [{"id": 1}]}, "questions[0].id"),
            ({"history": [{"date": 2026}]}, "history[0].date"),
            ({"case": {"meeting_on": 20261115}}, "case.meeting_on"),
            ({"patient": {"age": "47"}}, "patient.age"),
            ({"inputs": {"medical_oncology": {"crcl_ml_min": "45"}}}, "medical_oncology.crcl_ml_min"),
            ({"inputs": {"medical_oncology": {"ecog": True}}}, "medical_oncology.ecog"),
            ({"inputs": {"medical_oncology": {"comorbidities": "ild"}}}, "medical_oncology.comorbidities"),
            ({"inputs": {"pathology": {"identity_verified": "no"}}}, "pathology.identity_verified"),
            ({"inputs": {"x": {"recommendation_steps": [["surgery"]]}}}, "x.recommendation_steps"),
            (
                {"inputs": {"x": {"recommendation_steps": [{"modality": 1}]}}},
                "x.recommendation_steps[0].modality",
            ),
            ({"outside": {"steps": [{"drug_classes": [1]}]}}, "outside.steps[0].drug_classes"),
            ({"draft": []}, "draft"),
            ({"draft": {"sections": "red_flags"}}, "draft.sections"),
            ({"draft": {"result_class": 1}}, "draft.result_class"),
        ],
    )
    def test_a_wrong_type_is_refused_by_its_path(self, fragment, path):
        with pytest.raises(Invalid) as refused:
            CaseFacts.from_json(fragment)
        assert list(refused.value.fields) == ([path] if path else [])
        assert not refused.value.sentence.missing()

    def test_later_changes_of_the_source_do_not_reach_the_facts(self):
        source = {"inputs": {"radiology": {"studies": [{"quality": "limited"}]}}}
        known = CaseFacts.from_json(source)
        source["inputs"]["radiology"]["studies"][0]["quality"] = "diagnostic"
        assert known.rows("radiology.studies")[0]["quality"] == "limited"

    def test_nothing_can_be_reassigned(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            facts().draft = DraftFacts()

    def test_no_opinion_and_an_empty_opinion_are_different(self):
        assert facts().draft is None
        assert facts(draft={}).draft == DraftFacts()
        given = {"result_class": "confirmed", "sections": ["dissent"], "answered": ["Q1"]}
        assert facts(draft=given).draft == DraftFacts("confirmed", ("dissent",), ("Q1",))


class TestValues:
    def test_by_path(self):
        known = facts(
            patient={"sex": "male"},
            outside={"t_category": "T2"},
            inputs={"pathology": {"er_pct": 0}},
            history=[{}],
        )
        assert known.value("patient.sex") == "male"
        assert known.value("outside.t_category") == "T2"
        assert known.value("pathology.er_pct") == 0
        assert known.value("history") == [{}]
        assert known.value("questions") is None
        assert known.value("radiology.t_category") is None
        assert known.value("pathology.pr_pct") is None

    @pytest.mark.parametrize("empty", [None, "", [], {"en": "", "zh": ""}, {}])
    def test_empty_values_are_not_there(self, empty):
        assert not facts(inputs={"x": {"y": empty}}).has("x.y")

    @pytest.mark.parametrize("given", [0, False, "no", [0], {"en": "", "zh": "有"}])
    def test_zero_and_false_are_there(self, given):
        assert facts(inputs={"x": {"y": given}}).has("x.y")

    def test_an_unknown_number_is_neither_below_nor_above(self):
        known = facts(inputs={"medical_oncology": {"ecog": None}})
        for compare in (known.is_below, known.is_above, known.is_at_least, known.is_at_most):
            assert not compare("medical_oncology.ecog", 2)

    def test_numbers_are_compared_with_their_limit(self):
        known, path = facts(inputs={"medical_oncology": {"g8_score": 14}}), "medical_oncology.g8_score"
        assert (known.is_below(path, 14), known.is_at_most(path, 14)) == (False, True)
        assert (known.is_above(path, 14), known.is_at_least(path, 14)) == (False, True)

    def test_unknown_and_not_applicable_do_not_differ_from_anything(self):
        known = facts(
            inputs={
                "a": {"x": "left"},
                "b": {"x": "unknown"},
                "c": {"x": "not_applicable"},
                "d": {"x": "right"},
            }
        )
        assert not known.differ("a.x", "b.x", "c.x", "e.x")
        assert known.differ("a.x", "d.x")


class TestAge:
    @pytest.mark.parametrize(
        ("patient", "meeting", "age"),
        [
            ({"age": 47, "birth_year": 1900}, "2026-11-15", 47),
            ({"birth_year": 1979}, "2026-11-15", 47),
            ({"birth_year": 1979}, None, None),
            ({}, "2026-11-15", None),
        ],
    )
    def test_as_recorded_else_from_the_birth_year(self, patient, meeting, age):
        assert facts(patient=patient, case={"meeting_on": meeting}).age == age

    def test_an_unknown_age_is_not_reached(self):
        assert not facts().is_aged(0)


class TestSteps:
    def test_every_input_contributes_with_its_author_and_row(self):
        known = facts(
            inputs={
                "medical_oncology": {
                    "recommendation_steps": [{"modality": "test"}, {"modality": "systemic"}]
                },
                "surgical_oncology": {"recommendation_steps": [{"modality": "surgery"}]},
                "radiology": {},
            }
        )
        assert [(step.author, step.row, step.modality) for step in known.plan.steps] == [
            ("medical_oncology", 0, "test"),
            ("medical_oncology", 1, "systemic"),
            ("surgical_oncology", 0, "surgery"),
        ]

    def test_the_home_plan_takes_their_place_when_asked(self):
        known = facts(
            outside={"steps": [{"modality": "surgery"}]},
            inputs={"medical_oncology": {"recommendation_steps": [{"modality": "systemic"}]}},
        )
        assert [step.modality for step in known.with_outside_plan().plan.steps] == ["surgery"]
        assert [step.modality for step in known.plan.steps] == ["systemic"]


class TestClaims:
    def agreed(self, *claims, **given):
        rows = [dict(zip(("claim", "verdict", "impact"), claim, strict=False)) for claim in claims]
        return facts(inputs={"radiology": {"claims": rows, **given}})

    def test_the_mark_is_the_worst_of_its_rows(self):
        known = self.agreed(
            ("outside.t_category", "agree"),
            ("outside.n_category", "major", "treatment_definite"),
            ("outside.m_category", "minor", "prognosis"),
            ("outside.histology_group", "agree"),
            agree_stage="agree",
        )
        assert known.text("radiology.agree_stage") == "major"
        assert known.text("radiology.impact_stage") == "treatment_definite"
        assert known.text("radiology.agree_diagnosis") == "agree"

    def test_without_rows_the_mark_given_stands(self):
        assert (
            self.agreed(("outside.plan", "minor"), agree_stage="major").text("radiology.agree_stage")
            == "major"
        )

    def test_a_row_without_a_verdict_leaves_the_mark_alone(self):
        assert (
            self.agreed(("outside.t_category", ""), agree_stage="minor").text("radiology.agree_stage")
            == "minor"
        )


class TestAnswers:
    def test_from_inputs_and_from_the_opinion(self):
        answer = {"en": "Yes.", "zh": ""}
        rows = [
            {"question_id": "Q1", "answer": answer},
            {"question_id": "Q2", "answer": {}},
            {"answer": answer},
        ]
        known = facts(inputs={"tcm_integrative": {"answers": rows}}, draft={"answered": ["Q3"]})
        assert known.answered_questions == {"Q1", "Q3"}


def test_site_thresholds_move_the_rules():
    fragment = {
        "inputs": {
            "medical_oncology": {
                "crcl_ml_min": 52,
                "recommendation_steps": [{"preference": "preferred", "drug_classes": ["cisplatin"]}],
            }
        }
    }
    stricter = dataclasses.replace(DEFAULT_THRESHOLDS, cisplatin_contraindicated_ml_min=55)
    assert [one.rule for one in evaluate(CaseFacts.from_json(fragment))] == ["X32"]
    assert [one.rule for one in evaluate(CaseFacts.from_json(fragment, thresholds=stricter))] == ["X31"]


@pytest.mark.parametrize("case", DEMO_CASES, ids=lambda case: case["id"])
def test_whatever_replaces_a_value_the_case_is_refused_or_evaluated(case):
    """No odd value ends in an exception other than the refusal."""
    chance = random.Random(case["id"])
    odd: list[object] = [
        None,
        "",
        "x",
        0,
        -1.5,
        True,
        [],
        ["x"],
        [None],
        [[]],
        {},
        {"en": 3},
        [{}],
        [{"a": []}],
        10**30,
        "\ud800",
    ]
    for _ in range(200):
        broken = _with_one_value_replaced(case, chance, chance.choice(odd))
        try:
            known = CaseFacts.from_json(broken)
        except Invalid:
            continue
        evaluate(known)
        evaluate_outside(known)
        propose(known)


def _with_one_value_replaced(case, chance, value):
    broken = json.loads(json.dumps(case))
    holder, key = (
        broken,
        chance.choice(["patient", "case", "outside", "history", "questions", *["inputs"] * 8]),
    )
    while isinstance(holder[key], dict | list) and holder[key] and chance.random() < 0.85:
        holder = holder[key]
        key = chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
    holder[key] = value
    return broken
