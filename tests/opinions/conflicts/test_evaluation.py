"""What a firing tells: the positions behind it, their values, who confirms; and the run on the home plan."""

from mdtapp.opinions.conflicts import RULES, evaluate, evaluate_outside
from mdtapp.opinions.facts import CaseFacts
from tests.opinions.conflicts.fragments import REFUSED, case, onco, step


def firing(rule_id, fragment):
    return next(one for one in evaluate(CaseFacts.from_json(fragment)) if one.rule == rule_id)


def test_star_means_every_position_that_holds_a_value():
    seen = firing(
        "X14",
        case(
            outside={"stage_group": "IIA"},
            radiology={"stage_group": "IIIA"},
            pathology={"stage_group": ""},
            nuclear_medicine={"stage_group": "IIIA"},
            surgical_oncology={},
        ),
    )
    assert seen.inputs == ("outside.stage_group", "radiology.stage_group", "nuclear_medicine.stage_group")
    assert seen.values == {
        "outside.stage_group": "IIA",
        "radiology.stage_group": "IIIA",
        "nuclear_medicine.stage_group": "IIIA",
    }


def test_a_named_position_stands_even_when_empty():
    """The missing value is the reason: the form opens this field."""
    seen = firing("X33", case(step("systemic", "anti_her2")))
    assert seen.inputs[0] == "medical_oncology.lvef_pct"
    assert seen.values["medical_oncology.lvef_pct"] is None
    assert seen.values["medical_oncology.recommendation_steps"][0]["drug_classes"] == ["anti_her2"]


def test_history_and_questions_are_positions():
    dated = case(meeting="2026-11-15", history=[{"date": "2026-11-16"}])
    assert firing("X63", dated).values == {"history": [{"date": "2026-11-16"}]}
    assert firing("X60", {"questions": [{"id": "Q1"}]}).values == {"questions": [{"id": "Q1"}]}


def test_values_are_a_snapshot():
    fragment = case(outside={"laterality": "left"}, radiology={"laterality": "right"})
    seen = firing("X02", fragment)
    fragment["inputs"]["radiology"]["laterality"] = "left"
    assert seen.values["radiology.laterality"] == "right"


def test_firings_come_in_order_of_id_with_all_that_a_card_shows():
    found = evaluate(CaseFacts.from_json(case(step("systemic", "cisplatin"), **onco(crcl_ml_min=40))))
    assert [one.rule for one in found] == ["X31", "X57"]
    assert found[0].severity == "critical"
    assert found[0].section == "recommendation"
    assert found[0].title.zh == "肌酐清除率<50 mL/min却建议顺铂"
    assert found[0].resolutions == ("reword", "choose_input", "record_dissent")


def test_who_confirms_beside_the_chair():
    assert firing("X31", case(step("systemic", "cisplatin"), **onco(crcl_ml_min=40))).confirmed_by == (
        "medical_oncology",
    )
    ild = onco(comorbidities=["ild"])
    assert firing("X72", case(step("systemic", "bleomycin"), **ild)).confirmed_by == ("medical_oncology",)
    with_chest = case(step("radiotherapy"), **ild, radiation_oncology={"target_site": "lung"})
    assert firing("X72", with_chest).confirmed_by == ("medical_oncology", "radiation_oncology")
    assert {found.id for found in RULES.values() if found.confirmed_by} == {
        "X22", "X23", "X24", "X25", "X26", "X31", "X33", "X36", "X39", "X40", "X41", "X44", "X49", "X66", "X70", "X72"
    }  # fmt: skip


def test_two_rules_go_away_by_data_only():
    assert [found.id for found in RULES.values() if found.only_by_data] == ["X01", "X56"]


class TestOutsidePlan:
    def outside(self, fragment):
        return evaluate_outside(CaseFacts.from_json(fragment))

    def test_home_steps_stand_in_place_of_the_panels(self):
        found = self.outside(
            case(
                step("systemic", "cisplatin"),
                family="colorectal",
                outside={"steps": [step("systemic", "anti_egfr_mab", guideline_ref="Named")]},
                **onco(crcl_ml_min=40),
            )
        )
        assert [one.rule for one in found] == ["X26"]
        assert found[0].inputs[-1] == "outside.steps"
        assert found[0].values["outside.steps"][0]["drug_classes"] == ["anti_egfr_mab"]

    def test_home_steps_without_a_preference_are_preferred(self):
        unsaid = {"modality": "surgery", "guideline_ref": "Named"}
        fit = case(outside={"steps": [unsaid]}, surgical_oncology={"operable": "no"})
        assert [one.rule for one in self.outside(fit)] == ["X48"]
        refused = case(
            outside={"steps": [unsaid | {"preference": REFUSED}]}, surgical_oncology={"operable": "no"}
        )
        assert self.outside(refused) == []

    def test_rules_that_do_not_look_at_steps_are_left_out(self):
        sides = case(
            outside={"laterality": "left", "steps": [step("test")]},
            radiology={"laterality": "right"},
            genetics_molecular={"germline": "pathogenic"},
        )
        assert [one.rule for one in self.outside(sides)] == ["X61"]

    def test_a_home_plan_in_words_alone_is_not_judged(self):
        assert (
            self.outside(
                case(genetics_molecular={"germline": "pathogenic"}, outside={"plan": {"en": "Wait"}})
            )
            == []
        )

    def test_the_panel_run_is_untouched(self):
        facts = CaseFacts.from_json(
            case(step("systemic", "cisplatin"), outside={"steps": [step("surgery")]}, **onco(crcl_ml_min=40))
        )
        evaluate_outside(facts)
        assert "X31" in [one.rule for one in evaluate(facts)]
