"""Each rule between answers: on what it speaks, on what it is silent."""

from __future__ import annotations

from datetime import date

import pytest

from mdtapp.disciplines import catalogue
from mdtapp.disciplines.checks import check_input, stops_saving
from mdtapp.disciplines.checks.finding import ANY, CHECKS
from mdtapp.disciplines.conditions import Context
from tests.disciplines.inputs import DEMO_INPUTS, DEMO_NAMES, around, findings, found

MO, SO, RO, RA, PA = "medical_oncology", "surgical_oncology", "radiation_oncology", "radiology", "pathology"
NM, GE, PS, TC, CO = (
    "nuclear_medicine",
    "genetics_molecular",
    "palliative_supportive",
    "tcm_integrative",
    "coordinator_nursing",
)
STEP = {
    "seq": 1,
    "preference": "preferred",
    "modality": "systemic",
    "drug_classes": ["taxane"],
    "guideline_ref": "X",
}
WHY = {"en": "Why.", "zh": "理由。"}


def steps(*changes):
    return {"recommendation_steps": [{**STEP, **change} for change in changes]}


def lesion(role="target", baseline=30, current=30, **more):
    return {
        "lesion_id": "T1",
        "role": role,
        "organ": "liver",
        "is_node": False,
        "baseline_mm": baseline,
        "current_mm": current,
        **more,
    }


def recist(*lesions, criteria="recist11", **more):
    return {"criteria": criteria, "lesions": list(lesions), **more}


SPEAKS = [
    (MO, "COM-1", {"agree_diagnosis": "major"}),
    (MO, "COM-1", {"agree_stage": "major", "impact_stage": "none"}),
    (PS, "COM-1", {"agree_plan": "major", "impact_plan": "none"}),
    (RA, "COM-1", {"agree_report": "major"}),
    (RA, "COM-1", {"claims": [{"claim": "outside.t_category", "verdict": "major", "impact": "none"}]}),
    (PA, "COM-2", {"sufficiency": "insufficient", "confidence": "high"}),
    (PA, "STG-1", {"stage_system": "tnm8"}),
    (PA, "STG-1", {"stage_prefix": "c"}),
    (RA, "STG-2", {"t_category": "T1"}),
    (NM, "STG-2", {"m_category": "M0"}),
    (RA, "STG-3", {"m_category": "M1b", "stage_group": "IIIA"}),
    (RA, "STG-3", {"m_category": "M1", "stage_group": "0"}),
    (RA, "STG-5", {"t_category": "Tis", "n_category": "N0", "m_category": "M0", "stage_group": "I"}),
    (RA, "STG-6", {"primary_site": "lung", "n_category": "N2", "stage_group": "IA"}),
    (MO, "STG-6", {"n_category": "N1", "stage_group": "0"}),
    (MO, "STP-1", steps({}, {})),
    (MO, "STP-2", steps({"preference": "conditional"})),
    (SO, "STP-3", steps({"modality": "surgery", "guideline_ref": ""})),
    (RO, "STP-4", steps({"drug_classes": []})),
    (RO, "STP-4", steps({"modality": "chemoradiation", "drug_classes": []})),
    (MO, "STP-5", steps({"guideline_ref": "", "rationale": WHY, "nccn_category": "2A"})),
    (MO, "STP-5", steps({"guideline_ref": "", "rationale": WHY, "esmo_grade": "A"})),
    (MO, "MO-1", {"ecog": 3, "kps": 90}),
    (MO, "MO-1", {"ecog": 0, "kps": 80}),
    (MO, "MO-2", {"setting": "new_localised", "m_category": "M1a"}),
    (MO, "MO-3", {"prior_lines": [{"start": "2026-05-01", "end": "2026-04-30"}]}),
    (MO, "MO-6", {"comorbidities": ["none", "cardiac"]}),
    (SO, "SO-1", {"laterality": "left", "procedure_laterality": "right"}),
    (SO, "SO-1", {"laterality": "left", "procedure_laterality": "midline"}),
    (
        SO,
        "SO-2",
        {"surgery_role": "recommended", "resectability": "unresectable_local", "overall_intent": "curative"},
    ),
    (SO, "SO-3", {"mortality_90d_pct": 5.5, "major_complication_pct": 5}),
    (SO, "SO-4", {"primary_site": "breast", "laterality": "not_applicable"}),
    (RO, "RO-1", {"dose_gy": 35, "fractions": 5}),
    (RO, "RO-1", {"dose_gy": 35, "fractions": 5, "technique": "imrt", "rt_intent": "curative"}),
    (RO, "RO-2", {"rt_role": "contraindicated", "dose_gy": 8}),
    (RO, "RO-3", {"pregnancy": "pregnant", "rt_role": "recommended"}),
    (RA, "RA-1", recist(*[lesion(organ=organ) for organ in ("liver", "liver", "liver")])),
    (RA, "RA-1", recist(*[lesion(organ=o) for o in ("liver", "liver", "lung", "lung", "bone", "brain")])),
    (RA, "RA-1", recist(*[lesion()] * 3, criteria="irecist")),
    (RA, "RA-2", recist(lesion(baseline=9))),
    (RA, "RA-2", recist(lesion(baseline=14, is_node=True))),
    (
        RA,
        "RA-3",
        recist(lesion(30, 30), target_response="PR") | {"lesions": [lesion(baseline=30, current=30)]},
    ),
    (RA, "RA-3", recist(lesion(baseline=30, current=36), target_response="SD")),
    (RA, "RA-3", recist(lesion(baseline=30, current=25), target_response="SD", sum_nadir_mm=20)),
    (RA, "RA-3", recist(lesion(baseline=30, current=0), target_response="PR")),
    (RA, "RA-4", {"criteria": "recist11", "new_lesion": "yes", "overall_response": "SD"}),
    (
        RA,
        "RA-5",
        {
            "criteria": "recist11",
            "target_response": "CR",
            "non_target_response": "non_CR_non_PD",
            "overall_response": "CR",
        },
    ),
    (
        RA,
        "RA-5",
        {
            "criteria": "recist11",
            "target_response": "SD",
            "non_target_response": "PD",
            "overall_response": "SD",
        },
    ),
    (RA, "RA-5", {"criteria": "recist11", "non_target_response": "CR", "overall_response": "PR"}),
    (RA, "RA-5", {"criteria": "recist11", "new_lesion": "yes", "overall_response": "NE"}),
    (RA, "RA-6", {"lesions": [lesion(baseline_date="2026-05-01", current_date="2026-04-01")]}),
    (RA, "RA-7", {"m_category": "M0", "metastases": [{"site": "liver", "certainty": "definite"}]}),
    (RA, "RA-8", {"primary_site": "lung", "laterality": "midline"}),
    (RA, "RA-9", {"m_category": "M0", "metastases": [{"site": "liver", "certainty": "probable"}]}),
    (PA, "PA-1", {"nodes_positive": 3, "nodes_examined": 2}),
    (PA, "PA-2", {"cores_positive": 3, "cores_total": 2}),
    (PA, "PA-3", {"stage_prefix": "yp", "m_category": "M0"}),
    (PA, "PA-4", {"her2_ihc": "2+"}),
    (PA, "PA-5", {"gleason_primary": 4, "gleason_secondary": 3, "grade_group": 2}),
    (PA, "PA-6", {"mlh1": "lost", "mmr_status": "pMMR"}),
    (
        PA,
        "PA-6",
        {"mlh1": "retained", "pms2": "retained", "msh2": "retained", "msh6": "lost", "mmr_status": "pMMR"},
    ),
    (PA, "PA-6", {"mlh1": "retained", "mmr_status": "dMMR"}),
    (PA, "PA-7", {"behaviour": "in_situ", "t_category": "T1"}),
    (PA, "PA-8", {"adequacy": "inadequate", "diagnosis_status": "definite"}),
    (PA, "PA-9", {"nodes_positive": 1, "n_category": "N0"}),
    (PA, "PA-10", {"neoadjuvant_before": "yes", "stage_prefix": "p"}),
    (PA, "PA-11", {"slide_format": "report_only", "agree_diagnosis": "agree", "confidence": "high"}),
    (PA, "PA-12", {"primary_site": "kidney", "laterality": "not_applicable"}),
    (PA, "PA-13", {"identity_verified": False, "agree_diagnosis": "agree"}),
    (NM, "NM-1", {"tracer": "FDG", "glucose_mmol_l": 11.2}),
    (NM, "NM-2", {"m_opinion": "M0", "m_category": "M1"}),
    (NM, "NM-2", {"m_opinion": "M1", "m_category": "M0"}),
    (NM, "NM-3", {"tracer": "FDG", "radionuclide_suitable": "yes"}),
    (GE, "GE-1", {"germline": "pathogenic"}),
    (GE, "GE-1", {"germline": "pathogenic", "counselling": "unknown"}),
    (GE, "GE-2", {"tumour_content_pct": 19, "adequacy": "adequate"}),
    (PS, "PS-1", {"pain_score": 7}),
    (PS, "PS-1", {"pain_score": 8, "red_flag": False}),
    (PS, "PS-2", {"nutrition_nrs2002": 3}),
    (TC, "TC-1", {"role": "replacement"}),
    (TC, "TC-2", {"herbs": [{"pinyin": "Huang Qi"}], "interaction_check": "not_checked"}),
    (TC, "TC-3", {"herbs": [{"pinyin": "Huang Qi"}], "interaction_check": "significant"}),
    (TC, "TC-4", {"interventions": [{"type": "topical"}]}),
    (CO, "CO-1", {}),
    (CO, "CO-1", {"consent_review": "unknown"}),
    (CO, "CO-2", {"checklist": [{"item_code": "x", "status": "requested", "criticality": "blocking"}]}),
]

SILENT = [
    (MO, "COM-1", {"agree_stage": "major", "impact_stage": "safety"}),
    (MO, "COM-1", {"agree_stage": "minor", "impact_stage": "none"}),
    (RA, "COM-1", {"claims": [{"claim": "outside.t_category", "verdict": "minor", "impact": "none"}]}),
    (PA, "COM-2", {"sufficiency": "insufficient", "confidence": "low"}),
    (PA, "COM-2", {"sufficiency": "limited", "confidence": "high"}),
    (MO, "COM-3", {"coi": True}),
    (PA, "STG-1", {"stage_system": "tnm9", "stage_prefix": "p"}),
    (PA, "STG-1", {"stage_system": "lugano"}),
    (RA, "STG-2", {"t_category": "T1", "stage_system": "tnm8"}),
    (RA, "STG-3", {"m_category": "M1b", "stage_group": "IVA"}),
    (RA, "STG-3", {"m_category": "M1b", "stage_group": "BCLC_C"}),
    (RA, "STG-3", {"m_category": "M0", "stage_group": "IIIA"}),
    (RA, "STG-4", {"stage_group": "IIIA", "stage_system": "tnm8"}),
    (RA, "STG-5", {"t_category": "Tis", "n_category": "N0", "m_category": "M0", "stage_group": "0"}),
    (RA, "STG-5", {"t_category": "Tis", "n_category": "N0", "m_category": "M0"}),
    (RA, "STG-5", {"t_category": "T1", "n_category": "N0", "m_category": "M0", "stage_group": "IA"}),
    (RA, "STG-6", {"primary_site": "lung", "n_category": "N2", "stage_group": "IIIA"}),
    (RA, "STG-6", {"primary_site": "lung", "n_category": "N0(i+)", "stage_group": "IA"}),
    (RA, "STG-6", {"primary_site": "breast", "n_category": "N1mi", "stage_group": "IB"}),
    (MO, "STP-1", steps({}, {"seq": 2})),
    (MO, "STP-2", steps({"preference": "conditional", "condition": WHY})),
    (MO, "STP-3", steps({"guideline_ref": "", "rationale": WHY})),
    (MO, "STP-3", steps({"modality": "test", "guideline_ref": ""})),
    (MO, "STP-3", steps({"preference": "acceptable", "guideline_ref": ""})),
    (MO, "STP-4", steps({"modality": "surgery", "drug_classes": []})),
    (MO, "STP-5", steps({"guideline_ref": "", "rationale": WHY, "nccn_category": "none"})),
    (MO, "MO-1", {"ecog": 1, "kps": 70}),
    (MO, "MO-1", {"ecog": 1}),
    (MO, "MO-1", {"kps": 10}),
    (MO, "MO-2", {"setting": "new_metastatic", "m_category": "M1a"}),
    (MO, "MO-3", {"prior_lines": [{"start": "2026-05-01", "end": "2026-05-01"}, {"start": "2026-05-02"}]}),
    (MO, "MO-4", {}),
    (MO, "MO-5", {"pregnancy": "pregnant"}),
    (MO, "MO-6", {"comorbidities": ["none"]}),
    (MO, "MO-6", {"comorbidities": ["cardiac", "renal"]}),
    (SO, "SO-1", {"laterality": "left", "procedure_laterality": "bilateral"}),
    (SO, "SO-1", {"laterality": "left", "procedure_laterality": "unknown"}),
    (
        SO,
        "SO-2",
        {"surgery_role": "recommended", "resectability": "resectable", "overall_intent": "curative"},
    ),
    (SO, "SO-3", {"mortality_90d_pct": 5, "major_complication_pct": 5}),
    (SO, "SO-4", {"primary_site": "colon", "laterality": "not_applicable"}),
    (RO, "RO-1", {"dose_gy": 35, "fractions": 5, "technique": "sbrt"}),
    (RO, "RO-1", {"dose_gy": 8, "fractions": 1, "rt_intent": "palliative"}),
    (RO, "RO-1", {"dose_gy": 60, "fractions": 10}),
    (RO, "RO-1", {"dose_gy": 60}),
    (RO, "RO-2", {"rt_role": "optional", "dose_gy": 8}),
    (RO, "RO-3", {"pregnancy": "pregnant", "rt_role": "recommended", "comment_plan": WHY}),
    (RA, "RA-1", recist(*[lesion(organ=organ) for organ in ("liver", "liver", "lung", "lung", "bone")])),
    (RA, "RA-1", recist(*[lesion()] * 3, criteria="choi")),
    (RA, "RA-1", recist(lesion(), lesion(), lesion(role="non_target"))),
    (
        RA,
        "RA-2",
        recist(lesion(baseline=10), lesion(baseline=15, is_node=True), lesion(role="new", baseline=3)),
    ),
    (RA, "RA-3", recist(lesion(baseline=30, current=21), target_response="PR")),
    (RA, "RA-3", recist(lesion(baseline=30, current=36), target_response="PD")),
    (RA, "RA-3", recist(lesion(baseline=20, current=24), target_response="SD")),
    (RA, "RA-3", recist(lesion(baseline=30, current=None), target_response="NE")),
    (RA, "RA-3", recist(lesion(baseline=20, current=9, is_node=True), target_response="CR")),
    (RA, "RA-3", recist(lesion(baseline=30, current=36), target_response="SD", criteria="mrecist")),
    (RA, "RA-3", recist(lesion(baseline=30, current=36), target_response="baseline")),
    (RA, "RA-4", {"criteria": "recist11", "new_lesion": "yes", "overall_response": "PD"}),
    (RA, "RA-4", {"criteria": "irecist", "new_lesion": "yes", "overall_response": "SD"}),
    (
        RA,
        "RA-5",
        {
            "criteria": "recist11",
            "target_response": "CR",
            "non_target_response": "non_CR_non_PD",
            "overall_response": "PR",
        },
    ),
    (RA, "RA-5", {"criteria": "recist11", "non_target_response": "non_CR_non_PD", "overall_response": "SD"}),
    (RA, "RA-5", {"criteria": "recist11", "new_lesion": "yes", "overall_response": "SD"}),
    (RA, "RA-5", {"criteria": "recist11", "target_response": "baseline", "overall_response": "baseline"}),
    (RA, "RA-5", {"criteria": "recist11", "overall_response": "PR"}),
    (RA, "RA-6", {"lesions": [lesion(baseline_date="2026-05-01", current_date="2026-05-01")]}),
    (RA, "RA-7", {"m_category": "M1", "metastases": [{"site": "liver", "certainty": "definite"}]}),
    (RA, "RA-7", {"m_category": "M0", "metastases": [{"site": "liver", "certainty": "possible"}]}),
    (RA, "RA-8", {"primary_site": "lung", "laterality": "bilateral"}),
    (RA, "RA-9", {"m_category": "M0", "metastases": [{"site": "liver", "certainty": "unlikely"}]}),
    (PA, "PA-1", {"nodes_positive": 2, "nodes_examined": 2}),
    (PA, "PA-1", {"nodes_positive": 2}),
    (PA, "PA-2", {"cores_positive": 2, "cores_total": 2}),
    (PA, "PA-3", {"stage_prefix": "c", "m_category": "M0"}),
    (PA, "PA-4", {"her2_ihc": "2+", "her2_ish": "not_done"}),
    (PA, "PA-5", {"gleason_primary": 3, "gleason_secondary": 4, "grade_group": 2}),
    (PA, "PA-5", {"gleason_primary": 3, "grade_group": 5}),
    (PA, "PA-6", {"mlh1": "lost", "mmr_status": "dMMR"}),
    (PA, "PA-6", {"mlh1": "equivocal", "msh2": "retained", "mmr_status": "indeterminate"}),
    (PA, "PA-6", {"mmr_status": "dMMR"}),
    (PA, "PA-7", {"behaviour": "in_situ", "t_category": "Tis"}),
    (PA, "PA-7", {"behaviour": "in_situ", "t_category": "Ta"}),
    (PA, "PA-8", {"adequacy": "inadequate", "diagnosis_status": "not_possible"}),
    (PA, "PA-9", {"nodes_positive": 0, "n_category": "N0"}),
    (PA, "PA-10", {"neoadjuvant_before": "yes", "stage_prefix": "yp"}),
    (PA, "PA-11", {"slide_format": "wsi", "agree_diagnosis": "agree", "confidence": "high"}),
    (PA, "PA-12", {"primary_site": "kidney", "laterality": "left"}),
    (PA, "PA-13", {"identity_verified": False, "agree_diagnosis": "not_assessable"}),
    (NM, "NM-1", {"tracer": "FDG", "glucose_mmol_l": 11.1}),
    (NM, "NM-1", {"tracer": "PSMA", "glucose_mmol_l": 20}),
    (NM, "NM-2", {"m_opinion": "indeterminate", "m_category": "M1"}),
    (NM, "NM-3", {"tracer": "PSMA", "radionuclide_suitable": "yes"}),
    (GE, "GE-1", {"germline": "pathogenic", "counselling": "yes"}),
    (GE, "GE-2", {"tumour_content_pct": 20, "adequacy": "adequate"}),
    (PS, "PS-1", {"pain_score": 7, "red_flag": True}),
    (PS, "PS-2", {"nutrition_nrs2002": 3, "supportive_plan": WHY}),
    (TC, "TC-1", {"role": "supportive"}),
    (TC, "TC-2", {"herbs": [{"pinyin": "Huang Qi"}], "interaction_check": "none_known"}),
    (TC, "TC-3", {"interaction_check": "significant"}),
    (TC, "TC-4", {"interventions": [{"type": "herbal"}], "herbs": [{"pinyin": "Huang Qi"}]}),
    (CO, "CO-1", {"consent_review": "yes"}),
    (CO, "CO-2", {"checklist": [{"item_code": "x", "status": "requested", "criticality": "important"}]}),
    (CO, "CO-2", {"checklist": [{"item_code": "x", "status": "received_poor", "criticality": "blocking"}]}),
]


@pytest.mark.parametrize(("discipline", "rule", "data"), SPEAKS)
def test_speaks(discipline, rule, data):
    assert rule in found(discipline, data)


@pytest.mark.parametrize(("discipline", "rule", "data"), SILENT)
def test_is_silent(discipline, rule, data):
    assert rule not in found(discipline, data)


def shown_stage(site, system, prefix, t, n, m):
    return {("lung", "tnm8", "c", "T1", "N0", "M0"): "IA"}.get((site, system, prefix, t, n, m))


STAGED = {
    "primary_site": "lung",
    "stage_system": "tnm8",
    "stage_prefix": "c",
    "t_category": "T1",
    "n_category": "N0",
    "m_category": "M0",
    "stage_group": "IIIA",
}


@pytest.mark.parametrize(
    ("discipline", "rule", "data", "context", "expected"),
    [
        (MO, "COM-3", {"coi": True}, Context(role="chair"), True),
        (MO, "COM-3", {"coi": True}, Context(role="author"), False),
        (MO, "COM-3", {"coi": False}, Context(role="chair"), False),
        (MO, "MO-4", {}, Context(patient={"age": 70}), True),
        (MO, "MO-4", {"g8_score": 15}, Context(patient={"age": 70}), False),
        (MO, "MO-4", {}, Context(patient={"age": 69}), False),
        (MO, "MO-5", {"pregnancy": "pregnant"}, Context(patient={"sex": "male"}), True),
        (MO, "MO-5", {"pregnancy": "pregnant"}, Context(patient={"sex": "female"}), False),
        (MO, "MO-5", {"pregnancy": "not_applicable"}, Context(patient={"sex": "male"}), False),
        (RA, "STG-4", STAGED, Context(stage_of=shown_stage), True),
        (RA, "STG-4", {**STAGED, "stage_group": "IA"}, Context(stage_of=shown_stage), False),
        (RA, "STG-4", {**STAGED, "t_category": "T4"}, Context(stage_of=shown_stage), False),
        (RA, "STG-4", {**STAGED, "n_category": ""}, Context(stage_of=shown_stage), False),
        (RA, "STG-4", STAGED, Context(), False),
    ],
)
def test_rules_that_look_around(discipline, rule, data, context, expected):
    assert (rule in found(discipline, data, context)) is expected


def test_every_rule_is_tested_both_ways():
    rules = {check.id for check in CHECKS}
    around_too = {"COM-3", "MO-4", "MO-5", "STG-4"}
    assert {rule for _discipline, rule, _data in SPEAKS} | around_too == rules
    assert {rule for _discipline, rule, _data in SILENT} == rules


def test_every_rule_names_fields_that_exist():
    disciplines = catalogue().disciplines
    for check in CHECKS:
        asked_by = disciplines.values() if check.discipline == ANY else [disciplines[check.discipline]]
        for key in check.fields:
            holders = [one for one in asked_by if one.has(check.table or key)]
            assert holders, check.id
            if check.table:
                assert all(one.field(check.table).column(key) for one in holders)
        assert not check.message.missing()


def test_places_in_tables():
    (finding,) = [
        one for one in findings(MO, steps({}, {"seq": 2, "preference": "conditional"})) if one.id == "STP-2"
    ]
    assert finding.fields == ("recommendation_steps.1.condition",)


def test_rules_look_at_sound_answers_only():
    assert "PA-1" not in found(PA, {"nodes_positive": "many", "nodes_examined": 2})
    assert "MO-6" not in found(MO, {"comorbidities": [["none"], "cardiac"]})


@pytest.mark.parametrize(
    "data",
    [
        {"lesions": 5},
        {"lesions": [5, None, []]},
        {"lesions": [{"role": ["target"], "baseline_mm": {}}]},
        {"criteria": ["recist11"], "metastases": "none"},
        {"claims": 5},
        {"claims": [5, {"claim": 5}, {"claim": "x", "why": 5, "ours": [], "anchors": {}, "more": 1}]},
        {"stage_group": {"en": "IV"}, "m_category": 1},
        {None: 1},
    ],
)
def test_nonsense_is_named_and_never_fails(data):
    for discipline in catalogue().disciplines.values():
        assert any(stops_saving(finding) for finding in check_input(discipline, data))


@pytest.mark.parametrize(("_id", "discipline", "data", "case"), DEMO_INPUTS, ids=DEMO_NAMES)
def test_invented_inputs_can_be_signed(_id, discipline, data, case):
    assert [finding for finding in findings(discipline, data, around(case)) if finding.level == "error"] == []


@pytest.mark.parametrize(
    ("data", "stops"),
    [
        ({"nodes_positive": 3, "nodes_examined": 2}, False),
        ({}, False),
        ({"diagnosis_text": {"en": "Only English"}}, False),
        ({"nodes_positive": 3000}, False),
        ({"specimen_date": "2027-01-01"}, False),
        ({"nodes_positive": "three"}, True),
        ({"grade": "G\u202e3"}, True),
        ({"grade": "G" * 81}, True),
        ({"colour": "red"}, True),
        ({"ihc_other": [{"marker": "x"}] * 61}, True),
    ],
)
def test_what_a_draft_may_hold(data, stops):
    context = Context(today=date(2026, 11, 24))
    assert any(stops_saving(finding) for finding in findings(PA, data, context)) is stops
