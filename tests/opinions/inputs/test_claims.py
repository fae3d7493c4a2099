"""The home hospital's claims, and what the verdicts on them add up to."""

from __future__ import annotations

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.opinions.inputs.claims import (
    AS_A_WHOLE,
    claims_for,
    with_agreement,
    worst_verdict,
)

OUTSIDE = {
    "primary_site": "breast",
    "laterality": "left",
    "diagnosis_text": {"en": "Invasive ductal carcinoma", "zh": "浸润性导管癌"},
    "histology_group": "nst_breast",
    "behaviour": "invasive",
    "er_pct": 80,
    "her2_ihc": "2+",
    "grade_group": None,
    "pdl1": [{"clone": "22C3", "score": "CPS", "value": 10}],
    "variants": [
        {"gene": "BRCA1", "hgvs": "c.68_69del", "origin": "germline"},
        {"gene": "TP53", "hgvs": "p.R175H"},
    ],
    "stage_system": "tnm8",
    "stage_prefix": "c",
    "t_category": "T2",
    "n_category": "N0",
    "m_category": "M0",
    "stage_group": "IIA",
    "imaging_report": {"en": "Nodes normal.", "zh": "淋巴结正常。"},
    "primary_size_mm": 31,
    "child_pugh": "A6",
    "plan": {"en": "Mastectomy, then chemotherapy.", "zh": "全切后化疗。"},
    "steps": [
        {"seq": 1, "description": {"en": "Mastectomy", "zh": "全切"}},
        {"seq": 2, "description": {"en": "Chemotherapy", "zh": "化疗"}},
        {"seq": 3},
    ],
}
STAGE = [
    "outside.stage_text",
    "outside.t_category",
    "outside.n_category",
    "outside.m_category",
    "outside.stage_group",
]
PLAN = ["outside.plan", "outside.steps.0", "outside.steps.1"]


def of(discipline, outside=OUTSIDE):
    return claims_for(catalogue().disciplines[discipline], outside)


@pytest.mark.parametrize(
    ("discipline", "keys"),
    [
        (
            "pathology",
            [
                "outside.diagnosis_text",
                "outside.histology_group",
                "outside.behaviour",
                "outside.er_pct",
                "outside.her2_ihc",
                "outside.pdl1.0",
            ],
        ),
        ("radiology", [*STAGE, "outside.imaging_report", "outside.primary_size_mm"]),
        ("nuclear_medicine", STAGE),
        ("medical_oncology", ["outside.diagnosis_text", *STAGE, *PLAN]),
        ("surgical_oncology", ["outside.diagnosis_text", *STAGE, *PLAN]),
        ("radiation_oncology", ["outside.diagnosis_text", *STAGE, *PLAN]),
        ("genetics_molecular", ["outside.diagnosis_text", "outside.variants.0", "outside.variants.1"]),
        ("palliative_supportive", PLAN),
        ("tcm_integrative", []),
        ("coordinator_nursing", []),
    ],
)
def test_each_discipline_judges_its_own_claims(discipline, keys):
    assert [claim.key for claim in of(discipline)] == keys


@pytest.mark.parametrize(
    ("discipline", "key", "label", "theirs", "judged"),
    [
        ("pathology", "outside.her2_ihc", "HER2 IHC", Bitext("2+", "2+"), "diagnosis"),
        ("pathology", "outside.er_pct", "ER", Bitext("80%", "80%"), "diagnosis"),
        ("pathology", "outside.pdl1.0", "PD-L1", Bitext("22C3 CPS 10", "22C3 CPS 10"), "diagnosis"),
        (
            "pathology",
            "outside.histology_group",
            "Histological type (group)",
            Bitext("Invasive breast carcinoma of no special type", "浸润性乳腺癌（非特殊类型）"),
            "diagnosis",
        ),
        ("radiology", "outside.t_category", "T category (without prefix)", Bitext("T2", "T2"), "stage"),
        ("radiology", "outside.stage_group", "Stage group", Bitext("IIA", "IIA期"), "stage"),
        (
            "radiology",
            "outside.imaging_report",
            "Imaging report",
            Bitext("Nodes normal.", "淋巴结正常。"),
            "report",
        ),
        ("medical_oncology", "outside.steps.1", "Step 2", Bitext("Chemotherapy", "化疗"), "plan"),
    ],
)
def test_a_claim_in_their_words(discipline, key, label, theirs, judged):
    (claim,) = [one for one in of(discipline) if one.key == key]
    assert (claim.label.en, claim.theirs, claim.object) == (label, theirs, judged)
    assert not claim.label.missing()


@pytest.mark.parametrize(
    "outside",
    [
        {},
        {"plan": "", "steps": []},
        {"plan": {"en": ""}, "steps": "none"},
        {"steps": [5, {"description": None}]},
    ],
)
def test_nothing_said_nothing_claimed(outside):
    assert of("medical_oncology", outside) == []


def test_a_bare_text_is_a_claim():
    assert [claim.theirs for claim in of("medical_oncology", {"plan": "Tablets."})] == ["Tablets."]
    variants = of("genetics_molecular", {"variants": "KRAS G12D"})
    assert [claim.theirs for claim in variants if not claim.whole] == ["KRAS G12D"]


@pytest.mark.parametrize(
    ("discipline", "outside", "key", "theirs"),
    [
        ("radiology", OUTSIDE, "outside.stage_text", "cT2 N0 M0 · IIA"),
        ("radiology", OUTSIDE | {"stage_text": "Stage 2A"}, "outside.stage_text", "Stage 2A"),
        ("radiology", {"t_category": "T2"}, "outside.stage_text", "T2"),
        ("radiology", {"primary_size_mm": 31}, "outside.imaging_report", AS_A_WHOLE),
        ("medical_oncology", {"steps": OUTSIDE["steps"]}, "outside.plan", AS_A_WHOLE),
    ],
)
def test_the_whole_has_a_claim_of_its_own_before_its_parts(discipline, outside, key, theirs):
    whole = [claim for claim in of(discipline, outside) if claim.key == key]
    assert [(claim.theirs, claim.whole) for claim in whole] == [(theirs, True)]
    (place,) = [at for at, claim in enumerate(of(discipline, outside)) if claim.key == key]
    parts = [claim for claim in of(discipline, outside)[place + 1 :] if claim.object == whole[0].object]
    assert parts
    assert not any(claim.whole for claim in parts)


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        ([], ""),
        ([None], ""),
        (["agree"], "agree"),
        (["agree", "minor"], "minor"),
        (["major", "minor", "agree"], "major"),
        (["agree", "not_assessable"], "agree"),
        (["not_assessable", "not_applicable"], "not_assessable"),
        (["not_applicable"], "not_applicable"),
        (["not_applicable", "agree"], "agree"),
        (["strange"], ""),
    ],
)
def test_the_worst_verdict(verdicts, worst):
    assert worst_verdict([{"verdict": verdict} for verdict in verdicts]) == worst


def row(claim, verdict, impact=None):
    return {"claim": claim, "verdict": verdict} | ({"impact": impact} if impact else {})


@pytest.mark.parametrize(
    ("data", "rolled"),
    [
        ({"agree_stage": "minor", "impact_stage": "none"}, {}),
        ({"claims": []}, {}),
        ({"claims": [row("outside.t_category", "agree")], "agree_stage": "major"}, {"agree_stage": "agree"}),
        (
            {"claims": [row("outside.t_category", "agree"), row("outside.n_category", "major", "safety")]},
            {"agree_stage": "major", "impact_stage": "safety"},
        ),
        (
            {
                "claims": [
                    row("outside.er_pct", "minor", "prognosis"),
                    row("outside.her2_ihc", "minor", "treatment_definite"),
                ]
            },
            {"agree_diagnosis": "minor", "impact_diagnosis": "treatment_definite"},
        ),
        (
            {"claims": [row("outside.imaging_report", "minor"), row("outside.plan", "agree")]},
            {"agree_report": "minor", "agree_plan": "agree"},
        ),
        (
            {
                "claims": [row("outside.steps.0", "agree"), row("outside.steps.1", "major")],
                "impact_plan": "safety",
            },
            {"agree_plan": "major"},
        ),
        (
            {"claims": [row("outside.t_category", "agree"), row("outside.m_category", "not_assessable")]},
            {"agree_stage": "agree"},
        ),
        ({"claims": [row("outside.t_category", "not_assessable")]}, {"agree_stage": "not_assessable"}),
        ({"claims": [row("outside.t_category", None)], "agree_stage": "minor"}, {}),
        ({"claims": [row("", "major"), 5, {"verdict": "major"}]}, {}),
        ({"claims": "none"}, {}),
    ],
)
def test_agreement_follows_from_the_rows(data, rolled):
    before = dict(data)
    assert with_agreement(data) == data | rolled
    assert data == before


def test_nothing_is_set_that_the_form_does_not_ask():
    data = {"claims": [row("outside.t_category", "major", "safety"), row("outside.er_pct", "minor")]}
    pathology = catalogue().disciplines["pathology"]
    assert with_agreement(data, pathology) == data | {"agree_diagnosis": "minor"}
