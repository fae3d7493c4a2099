"""The draft of the demo cases and of made-up ones: sources, languages, order, merging, sameness."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mdtapp.clinical.bitext import Language
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.conditions import is_filled
from mdtapp.disciplines.definitions import Discipline, Field, FieldType
from mdtapp.opinions.draft import Draft, build_draft
from mdtapp.opinions.facts import CaseFacts

DEMO = Path(__file__).parents[1] / "data" / "demo_cases.json"
CASES: dict[str, dict[str, Any]] = {
    case["id"]: case for case in json.loads(DEMO.read_text(encoding="utf-8"))["cases"]
}
SECTIONS = [
    "result_class", "summary_patient", "questions_answered", "red_flags", "diagnosis_verification",
    "staging_verification", "treatment_evaluation", "options_compared", "recommendation", "guideline_basis",
    "availability_home", "missing_information", "supportive_tcm", "questions_home_doctor", "follow_up", "dissent",
    "methods_materials", "disclaimer",
]  # fmt: skip

# Besides every field with a section of its own (`feeds`).
ALSO_MAPPED = (
    "confidence", "materials_reviewed", "stage_prefix", "stage_system", "summary",
)  # fmt: skip
# Fields that show in the sentence of another one, and so in its provenance.
COMPANIONS = (
    ("pathology", "her2_ish"), ("radiology", "laterality"), ("radiology", "rads_system"),
    ("surgical_oncology", "procedure_laterality"), ("medical_oncology", "ecog_date"),
    ("radiation_oncology", "fractions"), ("nuclear_medicine", "study_date"), ("genetics_molecular", "assay_date"),
)  # fmt: skip


def draft_of(case: dict[str, Any], decision: dict[str, Any] | None = None) -> Draft:
    revisions = {key: place for place, key in enumerate(case["inputs"], start=1)}
    materials, panel = case.get("materials", []), case.get("panel", [])
    return build_draft(CaseFacts.from_json(case), revisions, materials, panel, decision)


def draft_of_inputs(**inputs: dict[str, Any]) -> Draft:
    return draft_of({"inputs": inputs})


def texts(draft: Draft, section: str, language: Language = "en") -> list[str]:
    return [statement.text.in_language(language) for statement in draft.section(section)]


def decided(case: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**case["consensus"], **more}


@pytest.fixture(params=sorted(CASES))
def case(request) -> dict[str, Any]:
    return CASES[request.param]


# --- every demo case, undecided and decided ----------------------------------------------------


@pytest.fixture(params=["undecided", "decided"])
def draft(request, case) -> Draft:
    return draft_of(case, decided(case) if request.param == "decided" else None)


def test_sections_stand_in_their_order_empty_ones_too(draft):
    assert [section["key"] for section in draft.as_json()["sections"]] == SECTIONS


def test_every_statement_has_words_in_both_languages(draft):
    for statement in draft.statements():
        assert statement.text.en.strip()
        assert statement.text.zh.strip()
        assert "{" not in statement.text.en + statement.text.zh


def test_every_source_names_what_is_there(case, draft):
    revisions = {key: place for place, key in enumerate(case["inputs"], start=1)}
    materials = {material["id"] for material in case["materials"]}
    for statement in draft.statements():
        assert statement.provenance
        for source in statement.provenance:
            if "discipline" not in source:
                assert set(source) in ({"material", "page"}, {"chair"}, {"template"})
                assert source.get("material") in materials | {None}
                continue
            assert set(source) == {"discipline", "revision", "field", "row", "value"}
            assert source["revision"] == revisions[source["discipline"]]
            stored = case["inputs"][source["discipline"]][source["field"]]
            assert source["value"] == (stored if source["row"] is None else stored[source["row"]])


def test_nothing_mapped_is_dropped(case, draft):
    cited = {
        (source["discipline"], source["field"], source["row"])
        for statement in draft.statements()
        for source in statement.provenance
        if "discipline" in source
    }
    for discipline, data in case["inputs"].items():
        form = catalogue().disciplines[discipline]
        for field in form.fields():
            value = data.get(field.key)
            if (
                not is_filled(value)
                or not (field.feeds or field.key in ALSO_MAPPED)
                or is_silent(field, value)
            ):
                continue
            rows = range(len(value)) if field.type == FieldType.TABLE else [None]
            assert {(discipline, field.key, row) for row in rows} <= cited


def is_silent(field: Field, value: Any) -> bool:
    """The definition says that this code needs no sentence (not applicable, not done)."""
    code = str(value).lower() if isinstance(value, bool) else value
    return (
        field.says_when is not None
        and isinstance(code, str)
        and field.says_when.get(code, field.says) is None
    )


def test_chinese_is_punctuated_as_chinese(draft):
    for statement in draft.statements():
        assert not re.search(r"[\u4e00-\u9fff][,;:!?]", statement.text.zh)
        assert statement.text.zh[-1] in "。？！"
        assert statement.text.en[-1] in ".?!"


def test_no_time_number_of_the_case_or_person_behind_a_key_slips_in(case, draft):
    written = json.dumps(draft.as_json(), ensure_ascii=False)
    assert case["patient"]["pseudonym"] not in written
    assert case["id"] not in written


def test_questions_are_answered_in_their_order(case, draft):
    answered = [statement.question for statement in draft.section("questions_answered")]
    order = [question["id"] for question in case["questions"]]
    given = {row["question_id"] for data in case["inputs"].values() for row in data.get("answers", ())}
    assert answered == [question for question in order if question in given]


# --- the same inputs, the same bytes ------------------------------------------------------------

PRINT_ALL = """
import json, sys
from tests.opinions.test_draft import CASES, decided, draft_of
drafts = [draft_of(case, d).as_json() for case in CASES.values() for d in (None, decided(case))]
sys.stdout.write(json.dumps(drafts, ensure_ascii=False))
"""


def test_the_same_bytes_in_another_process():
    root = Path(__file__).parents[2]
    runs = [
        subprocess.run(
            [sys.executable, "-c", PRINT_ALL],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root), "PYTHONUTF8": "1"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2718")
    ]
    assert runs[0] == runs[1]


def test_the_order_of_the_inputs_does_not_matter(case):
    turned = {**case, "inputs": dict(reversed(case["inputs"].items()))}
    facts, revisions = CaseFacts.from_json(turned), dict.fromkeys(case["inputs"], 1)
    one = build_draft(facts, revisions, case["materials"], case["panel"], None)
    other = build_draft(CaseFacts.from_json(case), revisions, case["materials"], case["panel"], None)
    assert json.dumps(one.as_json()) == json.dumps(other.as_json())


# --- the result ---------------------------------------------------------------------------------


def test_the_proposed_class_rests_on_the_marks_that_decide_it():
    draft = draft_of(CASES["DEMO-02"])
    assert (draft.result_class, draft.also) == ("modified_stage", ("modified_treatment",))
    first, second = draft.section("result_class")
    assert (first.text.en, first.text.zh) == ("The stage is different after review.", "复核后分期有变化。")
    assert (first.kind, first.mark) == ("verdict", "changed")
    assert {(s["discipline"], s["field"]) for s in first.provenance} == {
        (key, "agree_stage")
        for key in ("radiology", "nuclear_medicine", "medical_oncology", "radiation_oncology")
    }
    assert {s["field"] for s in second.provenance} == {"agree_plan"}


def test_the_chair_decides_the_class():
    draft = draft_of(CASES["DEMO-01"], decided(CASES["DEMO-01"]))
    assert (draft.result_class, draft.also) == ("modified_treatment", ("modified_stage",))
    assert [statement.provenance for statement in draft.section("result_class")] == [
        ({"chair": "result_class"},)
    ] * 2


def test_the_conclusion_of_the_meeting_leads_the_summary():
    case = CASES["DEMO-02"]
    first, second, *_ = draft_of(case, decided(case)).section("summary_patient")
    assert first.text.as_json() == case["consensus"]["summary"]
    assert first.provenance == ({"chair": "summary"},)
    assert second.text.en.startswith("Pathology: ")


def test_dissent_stands_under_its_discipline():
    case = CASES["DEMO-02"]
    (dissent,) = draft_of(case, decided(case)).section("dissent")
    assert dissent.text.en.startswith("Surgical oncology: If the adrenal is benign")
    assert dissent.text.zh.startswith("肿瘤外科：若肾上腺为良性")
    assert draft_of(case).section("dissent") == ()


def test_without_inputs_there_is_no_result():
    draft = draft_of({"inputs": {}})
    assert draft.result_class is None
    assert [statement.kind for statement in draft.statements()] == ["limit"]


# --- verdicts -----------------------------------------------------------------------------------


def test_equal_verdicts_are_one_sentence_with_a_mark():
    draft = draft_of(CASES["DEMO-08"])
    known = {statement.text.en: statement.mark for statement in draft.section("treatment_evaluation")}
    assert known["Radiation oncology: We agree with the treatment plan given at home."] == "confirmed"
    unclear, agreed, *_ = draft.section("diagnosis_verification")
    assert unclear.text.en.startswith("Pathology, medical oncology and surgical oncology: ")
    assert (unclear.mark, agreed.mark) == ("needed", "confirmed")
    assert len(unclear.provenance) == 3


def test_a_difference_is_followed_by_its_reason():
    verdict, reason = draft_of(CASES["DEMO-01"]).section("treatment_evaluation")[:2]
    assert (verdict.kind, verdict.mark, reason.kind) == ("verdict", "changed", "reason")
    assert reason.text.en == (
        "Medical oncology: HER2-positive T2 N1: drugs before surgery with anti-HER2 treatment. "
        "This difference changes the treatment."
    )
    assert [source["field"] for source in reason.provenance] == ["comment_plan", "impact_plan"]


def test_a_matter_of_safety_is_a_red_flag():
    draft = draft_of_inputs(
        medical_oncology={
            "agree_plan": "major",
            "impact_plan": "safety",
            "comment_plan": {"en": "Stop the drug.", "zh": "请停药。"},
        }
    )
    (flag,) = draft.section("red_flags")
    assert flag.text.en.startswith("Medical oncology: Stop the drug. This is a matter of safety")


def test_claims_are_compared_one_by_one():
    case = {
        "outside": {"t_category": "T2", "n_category": "N0", "er_pct": 80, "histology_group": "nst_breast"},
        "inputs": {
            "radiology": {
                "claims": [
                    {"claim": "outside.t_category", "verdict": "agree"},
                    {
                        "claim": "outside.n_category",
                        "verdict": "major",
                        "ours": "N1",
                        "impact": "treatment_definite",
                        "why": {"en": "One node is abnormal.", "zh": "一枚淋巴结异常。"},
                    },
                ]
            },
            "pathology": {
                "claims": [
                    {"claim": "outside.er_pct", "verdict": "not_assessable"},
                    {"claim": "outside.histology_group", "verdict": "minor", "ours": "lobular_breast"},
                ]
            },
        },
    }
    draft = draft_of(case)
    rolled, confirmed, differing = draft.section("staging_verification")
    assert rolled.mark == "changed"
    assert [source["row"] for source in rolled.provenance] == [0, 1]
    assert confirmed.text.en == "Radiology: We confirm what was said at home on: T category."
    assert confirmed.mark == "confirmed"
    assert differing.text.en == (
        "Radiology: N category: N0 at home, N1 on our review. One node is abnormal. This difference changes the treatment."
    )
    assert differing.text.zh == (
        "放射影像科：N分类：外院为N0，我方复核为N1。一枚淋巴结异常。该差异将改变治疗。"
    )
    assert differing.mark == "changed"
    joined = " ".join(texts(draft, "diagnosis_verification"))
    assert "we could not judge this from the records we have" in joined
    assert (
        "Invasive breast carcinoma of no special type at home, Invasive lobular carcinoma on our review"
        in joined
    )


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ([], ["Pathology: We agree with the diagnosis given at home."]),
        (
            [{"claim": "outside.er_pct", "verdict": "agree"}],
            [
                "Pathology: We agree with the diagnosis given at home.",
                "Pathology: We confirm what was said at home on: ER.",
            ],
        ),
    ],
)
def test_agreement_with_the_whole_is_said_once(details: list[dict[str, Any]], said: list[str]):
    whole = {"claim": "outside.diagnosis_text", "verdict": "agree"}
    case = {
        "outside": {"diagnosis_text": "Breast cancer", "er_pct": 80},
        "inputs": {"pathology": {"claims": [whole, *details]}},
    }
    draft = draft_of(case)
    assert texts(draft, "diagnosis_verification") == said
    assert {
        key: value
        for key, value in draft.section("diagnosis_verification")[0].provenance[0].items()
        if key != "value"
    } == {"discipline": "pathology", "revision": 1, "field": "claims", "row": 0}


# --- findings -----------------------------------------------------------------------------------


def test_the_same_stage_is_one_sentence_that_names_everybody():
    stages = [
        text for text in texts(draft_of(CASES["DEMO-02"]), "staging_verification") if "the stage as" in text
    ]
    assert stages == [
        "Radiology, nuclear medicine and medical oncology all read the stage as cT2a N2 M1b, stage IVA (TNM 8th edition).",
        "Surgical oncology reads the stage as cT2a N2 M0, stage IIIA (TNM 8th edition).",
    ]
    assert "放射影像科和肿瘤内科均判定为cT2 N1 M0，IIB期（TNM第8版）。" in texts(
        draft_of(CASES["DEMO-01"]), "staging_verification", "zh"
    )


def test_equal_answers_are_one_sentence_and_other_answers_stay_beside_it():
    draft = draft_of(CASES["DEMO-02"])
    goals = [
        statement
        for statement in draft.section("recommendation")
        if any(source["field"] == "overall_intent" for source in statement.provenance)
    ]
    assert [statement.text.en for statement in goals] == [
        "Medical oncology and radiation oncology: Treatment can control the disease; cure is not expected.",
        "Surgical oncology: Treatment can aim at cure.",
    ]
    assert [source["discipline"] for source in goals[0].provenance] == [
        "medical_oncology",
        "radiation_oncology",
    ]


def test_answers_of_one_theme_are_read_together():
    (markers,) = [
        s for s in draft_of(CASES["DEMO-01"]).section("diagnosis_verification") if "Ki-67" in s.text.en
    ]
    fields = [source["field"] for source in markers.provenance]
    assert fields == ["er_pct", "pr_pct", "her2_ihc", "her2_ish", "ki67_pct"]


def test_differing_answers_to_a_question_name_their_authors():
    answer = [{"question_id": "Q1", "answer": {"en": "Yes.", "zh": "是。"}}]
    other = [{"question_id": "Q1", "answer": {"en": "No.", "zh": "否。"}}]
    case = {
        "questions": [{"id": "Q1"}],
        "inputs": {
            "radiology": {"answers": answer},
            "pathology": {"answers": answer},
            "medical_oncology": {"answers": other},
        },
    }
    assert texts(draft_of(case), "questions_answered") == [
        "Pathology and radiology: Yes.",
        "Medical oncology: No.",
    ]


def test_a_language_that_is_missing_repeats_the_words_and_is_named():
    (missing,) = draft_of(CASES["DEMO-04"]).section("missing_information")
    assert "Full UGT1A1 genotype" in missing.text.zh
    assert missing.as_json()["needs_translation"] == ["zh"]
    draft = draft_of_inputs(pathology={"summary": {"en": "", "zh": "诊断成立"}})
    (summary,) = draft.section("summary_patient")
    assert summary.text.as_json() == {"en": "Pathology: 诊断成立。", "zh": "病理科：诊断成立。"}
    assert summary.as_json()["needs_translation"] == ["en"]


def test_names_and_codes_need_no_translation():
    draft = draft_of_inputs(
        genetics_molecular={
            "variants": [{"gene": "KRAS", "hgvs": "p.G12D", "origin": "somatic", "tier": "I"}]
        },
        tcm_integrative={
            "herbs": [
                {"name_zh": "何首乌", "pinyin": "He Shou Wu", "latin": "Reynoutria multiflora", "daily_g": 10}
            ]
        },
    )
    assert not any("needs_translation" in statement.as_json() for statement in draft.statements())


def test_an_input_of_a_discipline_nobody_knows_any_more_is_not_lost():
    draft = draft_of_inputs(former_clinic={"summary": {"en": "Seen.", "zh": "已阅。"}})
    assert texts(draft, "summary_patient") == ["former_clinic: Seen."]


# --- steps --------------------------------------------------------------------------------------


def steps(draft: Draft, section: str = "recommendation") -> list[dict[str, Any]]:
    return [dict(statement.step) for statement in draft.section(section) if statement.step is not None]


def test_the_same_step_of_three_disciplines_is_one():
    draft = draft_of(CASES["DEMO-06"])
    (surveillance,) = steps(draft)
    assert surveillance["authors"] == ["medical_oncology", "surgical_oncology", "radiation_oncology"]
    assert surveillance["description"]["en"].startswith("Active surveillance with PSA every 6 months")
    assert (surveillance["csco_grade"], surveillance["nccn_category"], surveillance["esmo_level"]) == (
        "I",
        "2A",
        "II",
    )
    first = draft.section("recommendation")[0]
    assert [(s["discipline"], s["row"]) for s in first.provenance] == [
        (a, 0) for a in surveillance["authors"]
    ]
    assert [step["preference"] for step in steps(draft, "options_compared")] == [
        "preferred",
        "acceptable",
        "acceptable",
    ]


def test_equal_steps_in_other_words_keep_the_words():
    (tests, *_) = texts(draft_of(CASES["DEMO-08"]), "recommendation")
    assert tests == (
        "Molecular tests on the block first; Surgical oncology adds: MRI now, then decide on a second operation."
    )


def test_different_first_steps_do_not_merge():
    draft = draft_of(CASES["DEMO-01"])
    surgery = [step for step in steps(draft) if step["modality"] == "surgery"]
    assert [step["authors"] for step in surgery] == [["medical_oncology"], ["surgical_oncology"]]
    other = [text for text in texts(draft, "recommendation") if text.startswith("Another view")]
    assert other[0] == (
        "Another view, not yet settled (surgical oncology): Wide local excision with sentinel-node biopsy now."
    )


def test_steps_follow_the_sequence_of_medical_oncology_or_the_one_chosen():
    case = CASES["DEMO-01"]
    assert [step["authors"][0] for step in steps(draft_of(case))] == (
        ["medical_oncology"] * 4 + ["radiation_oncology"] + ["surgical_oncology"] * 2
    )
    chosen = draft_of(case, decided(case, sequence="surgical_oncology"))
    assert [step["authors"][0] for step in steps(chosen)] == ["surgical_oncology"] * 2
    compared = [step["authors"][0] for step in steps(chosen, "options_compared")]
    assert compared.count("medical_oncology") == 4


def test_a_chosen_sequence_leaves_other_views_to_the_options():
    case = CASES["DEMO-02"]
    chosen = draft_of(case, decided(case, sequence="medical_oncology"))
    assert not any("Another view" in text for text in texts(chosen, "recommendation"))
    assert "Preferred (surgical oncology): Right upper lobectomy with node dissection." in texts(
        chosen, "options_compared"
    )


def test_what_is_advised_against_says_so_in_its_words():
    draft = draft_of(CASES["DEMO-04"])
    assert "Not advised (medical oncology): Cetuximab." in texts(draft, "options_compared")
    assert "不建议（肿瘤内科）：西妥昔单抗。" in texts(draft, "options_compared", "zh")
    assert not any("Cetuximab" in text for text in texts(draft, "recommendation"))


def test_a_step_the_home_plan_does_not_hold_is_marked_as_added():
    step = {"seq": 1, "preference": "preferred", "modality": "systemic", "intent": "adjuvant"}
    words = {"en": "Drug", "zh": "药物"}
    rows = [{**step, "description": words, "drug_classes": [drug]} for drug in ("taxane", "anti_her2")]
    case = {
        "outside": {"steps": [{"modality": "systemic", "drug_classes": ["taxane"]}]},
        "inputs": {"medical_oncology": {"recommendation_steps": rows}},
    }
    assert [statement.mark for statement in draft_of(case).section("recommendation")] == [None, "added"]
    unknown_home_plan = draft_of({"inputs": case["inputs"]})
    assert [statement.mark for statement in unknown_home_plan.section("recommendation")] == [None, None]


def test_authors_who_contradict_each_other_on_availability_are_both_heard():
    step = {"seq": 1, "preference": "preferred", "modality": "surgery", "intent": "curative"}
    row = {**step, "description": {"en": "Resection", "zh": "切除"}}
    draft = draft_of_inputs(
        medical_oncology={
            "first_step": "surgery",
            "recommendation_steps": [row | {"home_availability": "available"}],
        },
        surgical_oncology={
            "first_step": "surgery",
            "recommendation_steps": [row | {"home_availability": "not_available"}],
        },
    )
    assert texts(draft, "availability_home") == [
        "Medical oncology: Resection: You can have this at home.",
        "Surgical oncology: Resection: This is not on offer at home.",
    ]


# --- what follows for home ----------------------------------------------------------------------


def test_missing_things_come_by_weight_and_become_questions():
    draft = draft_of(CASES["DEMO-08"])
    needed = [statement for statement in draft.section("missing_information") if statement.mark == "needed"]
    assert ["Blocking" in statement.text.en for statement in needed] == [True] * 4 + [False]
    limits = [
        statement.text.en for statement in draft.section("missing_information") if statement.kind == "limit"
    ]
    assert limits[0] == "Pathology and radiology: The records are not enough to give an opinion."
    ask = draft.section("questions_home_doctor")
    assert ask[0].text.zh == "能否完成或向会诊专家提供：切片与1块蜡块？"
    assert ask[0].provenance[0] == {"template": "ask.arrange"}
    assert any(
        text.startswith("Do I meet this condition: IDH wild type?") for text in (s.text.en for s in ask)
    )
    assert draft.section("follow_up")[0].provenance[0] == {"template": "follow_up.send_missing"}


def test_the_same_missing_thing_is_asked_for_once():
    item = {"item": "Operation note", "item_zh": "手术记录", "criticality": "important"}
    draft = draft_of_inputs(radiology={"missing_items": [item]}, surgical_oncology={"missing_items": [item]})
    (missing,) = draft.section("missing_information")
    assert missing.text.en.startswith("Radiology and surgical oncology: Missing: Operation note.")
    assert len(missing.provenance) == 2
    assert len(draft.section("questions_home_doctor")) == 1


def test_guidelines_and_what_is_approved_where():
    draft = draft_of(CASES["DEMO-07"])
    assert draft.section("guideline_basis")[0].text.en == (
        "PD-1 antibody with a bevacizumab biosimilar: CSCO grade I, class 1A; ESMO level I, grade A. "
        "Source: CSCO Liver (edition to be entered). China and the home country advise differently."
    )
    assert draft.section("availability_home")[0].text.zh == (
        "PD-1抗体联合贝伐珠单抗生物类似药：居住国目前无法进行。批准情况：NMPA（中国）：已批准该适应证；"
        "FDA（美国）、EMA（欧盟）：未批准（核对日期2026-11-12）。"
    )


def test_materials_name_their_readers():
    first = draft_of(CASES["DEMO-02"]).section("methods_materials")[0]
    assert first.text.en == (
        "M1, pathology report of 2026-10-05: reviewed by pathology, medical oncology and surgical oncology."
    )
    assert first.provenance[0] == {"material": "M1", "page": None}


def test_the_panel_is_named_and_who_was_absent_once_it_has_met():
    panel = [
        {
            "name": "Dr Lin",
            "name_zh": "林医生",
            "discipline": "medical_oncology",
            "chair": True,
            "mode": "in_person",
        },
        {"name": "Dr Bai", "name_zh": "", "discipline": "pathology", "chair": False, "mode": "absent"},
    ]
    case = {"inputs": {}, "panel": panel}
    assert texts(draft_of(case), "methods_materials") == [
        "Took part: Dr Lin (medical oncology, chair, in person)."
    ]
    assert texts(draft_of(case, {"summary": {}}), "methods_materials", "zh") == [
        "参加会诊：林医生（肿瘤内科，主席，到场）。",
        "缺席：Dr Bai（病理科）。",
    ]


# --- ten inputs with every question answered ----------------------------------------------------


def filled(form: Discipline) -> dict[str, Any]:
    return {field.key: answer(form, field) for field in form.fields()}


def answer(form: Discipline, field: Field) -> Any:
    """Some answer that is worth a sentence."""
    match field.type:
        case FieldType.BITEXT:
            return {"en": f"Words on {form.short} {field.key}", "zh": f"{form.short}{field.key}说明"}
        case FieldType.INT | FieldType.DECIMAL:
            return 1
        case FieldType.BOOL:
            return not is_silent(field, True)
        case FieldType.DATE:
            return "2026-10-01"
        case FieldType.CHOICE | FieldType.MULTICHOICE:
            assert field.choices is not None
            codes = [choice.code for choice in form.choices[field.choices]]
            worthy = [
                code
                for code in codes
                if not is_silent(field, code) and code not in ("not_applicable", "none")
            ]
            return worthy[0] if field.type == FieldType.CHOICE else worthy[:1]
        case FieldType.TABLE:
            return [{column.key: answer(form, column) for column in field.columns}]
        case FieldType.REF:
            return "Q1"
        case FieldType.MULTIREF:
            return ["M1"]
    return {"t_category": "T2", "n_category": "N1", "m_category": "M0"}.get(
        field.key, f"{form.short}-{field.key}"
    )


ALL_TEN = {key: filled(form) for key, form in catalogue().disciplines.items()}


@pytest.mark.parametrize("discipline", list(ALL_TEN))
def test_every_answer_that_belongs_somewhere_gets_there(discipline):
    draft = draft_of({"inputs": ALL_TEN})
    cited = {
        source["field"]
        for statement in draft.statements()
        for source in statement.provenance
        if source.get("discipline") == discipline
    }
    form = catalogue().disciplines[discipline]
    expected = {field.key for field in form.fields() if field.feeds or field.key in ALSO_MAPPED}
    silent = {key for key in expected if is_silent(form.field(key), ALL_TEN[discipline][key])}
    assert expected - silent <= cited
    companions = {field for key, field in COMPANIONS if key == discipline}
    assert companions <= cited


def test_a_sentence_with_an_answer_stands_where_the_definition_says():
    draft = draft_of({"inputs": ALL_TEN})
    for key, form in catalogue().disciplines.items():
        for field in form.fields():
            if field.feeds and not is_silent(field, ALL_TEN[key][field.key]):
                cited = [
                    s
                    for st in draft.section(field.feeds)
                    for s in st.provenance
                    if s.get("discipline") == key
                ]
                assert field.key in {source["field"] for source in cited}, f"{key}.{field.key}"
