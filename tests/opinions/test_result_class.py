"""The class proposed for the opinion, from the marks of the inputs."""

import json
from pathlib import Path

import pytest

from mdtapp.disciplines import catalogue
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.result_class import CORE_DISCIPLINES, propose, roll_up

DEMO_CASES = json.loads((Path(__file__).parents[1] / "data/demo_cases.json").read_text(encoding="utf-8"))[
    "cases"
]


def proposed(outside=None, **inputs):
    return propose(CaseFacts.from_json({"inputs": inputs, "outside": outside}))


def steps(*rows):
    return [{"preference": "preferred"} | row for row in rows]


class TestRollUp:
    def rolled(self, **inputs):
        return roll_up(CaseFacts.from_json({"inputs": inputs}))

    def test_pathology_outweighs_the_others_on_the_diagnosis(self):
        assert (
            self.rolled(
                pathology={"agree_diagnosis": "agree"}, medical_oncology={"agree_diagnosis": "major"}
            ).diagnosis.value
            == "agree"
        )

    def test_where_pathology_cannot_judge_the_worst_of_the_others_counts(self):
        found = self.rolled(
            pathology={"agree_diagnosis": "not_assessable"},
            medical_oncology={"agree_diagnosis": "minor"},
            genetics_molecular={"agree_diagnosis": "agree"},
        ).diagnosis
        assert (found.value, found.paths) == ("minor", ("medical_oncology.agree_diagnosis",))

    def test_stage_is_the_worst_of_imaging_and_treating_disciplines(self):
        assert (
            self.rolled(
                radiology={"agree_stage": "agree"}, nuclear_medicine={"agree_stage": "major"}
            ).stage.value
            == "major"
        )
        assert (
            self.rolled(pathology={"agree_stage": "major"}, radiology={"agree_stage": "agree"}).stage.value
            == "agree"
        )

    def test_plan_is_the_worst_of_the_treating_disciplines(self):
        assert (
            self.rolled(
                medical_oncology={"agree_plan": "minor"}, palliative_supportive={"agree_plan": "major"}
            ).plan.value
            == "minor"
        )

    def test_not_assessable_never_lowers_a_verdict(self):
        assert (
            self.rolled(
                radiology={"agree_stage": "agree"}, surgical_oncology={"agree_stage": "not_assessable"}
            ).stage.value
            == "agree"
        )
        assert self.rolled(radiology={"agree_stage": "not_assessable"}).stage.value == "not_assessable"
        assert self.rolled().stage.value == ""


class TestProposal:
    @pytest.mark.parametrize("discipline", CORE_DISCIPLINES)
    def test_a_core_discipline_that_cannot_judge(self, discipline):
        found = proposed(**{discipline: {"sufficiency": "insufficient"}})
        assert (found.result_class, found.paths) == (
            "insufficient_information",
            (f"{discipline}.sufficiency",),
        )

    def test_other_disciplines_do_not_hold_it_up(self):
        assert proposed(tcm_integrative={"sufficiency": "insufficient"}).result_class == "confirmed"

    def test_a_missing_blocking_item(self):
        assert (
            propose(CaseFacts(), checklist_blocking_missing=True).result_class == "insufficient_information"
        )

    @pytest.mark.parametrize(
        ("inputs", "main", "also"),
        [
            ({"pathology": {"agree_diagnosis": "major"}}, "modified_diagnosis", ()),
            ({"nuclear_medicine": {"agree_stage": "major"}}, "modified_stage", ()),
            ({"surgical_oncology": {"agree_plan": "major"}}, "modified_treatment", ()),
            (
                {"radiology": {"agree_stage": "major"}, "medical_oncology": {"agree_plan": "major"}},
                "modified_stage",
                ("modified_treatment",),
            ),
            (
                {
                    "pathology": {"agree_diagnosis": "major", "sufficiency": "insufficient"},
                    "medical_oncology": {"agree_plan": "major"},
                },
                "insufficient_information",
                ("modified_diagnosis", "modified_treatment"),
            ),
            ({"pathology": {"agree_diagnosis": "minor"}}, "confirmed_additions", ()),
            ({"radiology": {"agree_report": "major"}}, "confirmed_additions", ()),
            (
                {"radiology": {"agree_stage": "minor"}, "medical_oncology": {"agree_plan": "major"}},
                "modified_treatment",
                (),
            ),
            ({"radiology": {"agree_stage": "agree", "agree_report": "agree"}}, "confirmed", ()),
            ({}, "confirmed", ()),
        ],
    )
    def test_the_first_class_that_holds(self, inputs, main, also):
        found = proposed(**inputs)
        assert (found.result_class, found.also) == (main, also)

    @pytest.mark.parametrize(
        ("impact", "main"),
        [
            ("treatment_possible", "modified_diagnosis"),
            ("treatment_definite", "modified_diagnosis"),
            ("safety", "modified_diagnosis"),
            ("prognosis", "confirmed_additions"),
        ],
    )
    def test_another_type_that_changes_treatment_modifies_the_diagnosis(self, impact, main):
        pathology = {"agree_diagnosis": "minor", "impact_diagnosis": impact, "histology_group": "gist"}
        assert proposed({"histology_group": "sarcoma"}, pathology=pathology).result_class == main
        assert (
            proposed({"histology_group": "gist"}, pathology=pathology).result_class == "confirmed_additions"
        )

    def test_preferred_steps_are_looked_for_in_the_home_plan(self):
        home = {"steps": [{"modality": "systemic", "drug_classes": ["taxane", "carboplatin"]}]}

        def advise(*rows):
            return proposed(home, medical_oncology={"recommendation_steps": list(rows)}).result_class

        assert advise(*steps({"modality": "systemic", "drug_classes": ["taxane"]})) == "confirmed"
        assert (
            advise(*steps({"modality": "systemic", "drug_classes": ["taxane", "ici"]}))
            == "confirmed_additions"
        )
        assert advise(*steps({"modality": "surgery"})) == "confirmed_additions"
        assert advise({"preference": "acceptable", "modality": "surgery"}) == "confirmed"

    def test_a_home_plan_in_words_alone_holds_no_step(self):
        found = proposed(
            {"plan": {"en": "Surgery"}},
            surgical_oncology={"recommendation_steps": steps({"modality": "surgery"})},
        )
        assert found.result_class == "confirmed_additions"
        assert found.paths == ("surgical_oncology.recommendation_steps",)

    def test_every_class_is_known_and_reasoned_in_both_languages(self):
        for inputs in (
            {},
            {"radiology": {"agree_stage": "major"}},
            {"pathology": {"sufficiency": "insufficient"}},
        ):
            found = proposed(**inputs)
            assert found.result_class in catalogue().result_classes
            assert found.reason
            assert not found.reason.missing()


DEMO_PROPOSALS = {
    # The chair of this case leads with the treatment; the proposal keeps to the order.
    "DEMO-01": ("modified_stage", ("modified_treatment",)),
    "DEMO-02": ("modified_stage", ("modified_treatment",)),
    "DEMO-04": ("modified_treatment", ()),
    "DEMO-06": ("confirmed_additions", ()),
    "DEMO-07": ("modified_treatment", ()),
    "DEMO-08": ("insufficient_information", ()),
}


@pytest.mark.parametrize("case", DEMO_CASES, ids=lambda case: case["id"])
def test_demo_cases(case):
    found = propose(CaseFacts.from_json(case))
    assert (found.result_class, found.also) == DEMO_PROPOSALS[case["id"]]
