"""What the draft says about an answer, in both languages."""

from __future__ import annotations

import re

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.definitions import FieldType
from mdtapp.disciplines.sentences import OPTIONAL, PLACEHOLDER, say, shown
from tests.disciplines.inputs import DEMO_INPUTS, DEMO_NAMES

PA, RA, NM, MO, SO, RO, GE, PS, TC = (
    "pathology",
    "radiology",
    "nuclear_medicine",
    "medical_oncology",
    "surgical_oncology",
    "radiation_oncology",
    "genetics_molecular",
    "palliative_supportive",
    "tcm_integrative",
)


def said(discipline, key, answers, row=None):
    definition = catalogue().disciplines[discipline]
    return say(definition, definition.field(key), answers, row)


@pytest.mark.parametrize(
    ("discipline", "key", "answers", "en", "zh"),
    [
        (
            PA,
            "er_pct",
            {"er_pct": 80},
            "Oestrogen receptor (ER): 80% of tumour cells.",
            "雌激素受体（ER）：80%。",
        ),
        (
            PA,
            "er_pct",
            {"er_pct": 0},
            "Oestrogen receptor (ER): 0% of tumour cells.",
            "雌激素受体（ER）：0%。",
        ),
        (
            PA,
            "her2_ish",
            {"her2_ish": "positive"},
            "HER2 is amplified by in-situ hybridisation.",
            "HER2原位杂交（ISH）：扩增（阳性）。",
        ),
        (PA, "her2_ihc", {"her2_ihc": "2+"}, "HER2 by immunohistochemistry: 2+.", "HER2免疫组化：2+。"),
        (PA, "grade_group", {"grade_group": 2}, "ISUP grade group 2.", "ISUP分级组2。"),
        (
            PA,
            "grade_group",
            {"grade_group": 2, "gleason_primary": 3, "gleason_secondary": 4},
            "ISUP grade group 2 (Gleason 3 + 4).",
            "ISUP分级组2（Gleason 3+4）。",
        ),
        (
            PA,
            "nodes_positive",
            {"nodes_positive": 2, "nodes_examined": 19},
            "Lymph nodes with tumour: 2 of 19 examined.",
            "淋巴结转移2枚（送检19枚）。",
        ),
        (
            PA,
            "specimen_type",
            {"specimen_type": "core_biopsy", "specimen_date": "2026-10-12"},
            "Specimen: core biopsy, taken on 2026-10-12.",
            "标本：空芯针（粗针）穿刺活检，取材日期2026-10-12。",
        ),
        (PA, "specimen_type", {"specimen_type": "none"}, "No specimen was received.", "未收到标本。"),
        (
            PA,
            "margin",
            {"margin": "close", "margin_distance_mm": 0.5},
            "The margins are clear but close: 0.5 mm.",
            "切缘阴性但较近（0.5 mm）。",
        ),
        (
            PA,
            "identity_verified",
            {"identity_verified": False},
            "The identity of the specimen could not be confirmed.",
            "标本身份未能确认。",
        ),
        (PA, "histology_group", {"histology_group": "hodgkin"}, "Histological type: Hodgkin lymphoma.", None),
        (
            PA,
            "histology_group",
            {"histology_group": "sarcoma"},
            "Histological type: sarcoma.",
            "组织学类型：肉瘤。",
        ),
        (
            RA,
            "t_category",
            {"t_category": "T2", "stage_prefix": "c"},
            "Primary tumour: cT2.",
            "原发肿瘤：cT2。",
        ),
        (RA, "t_category", {"t_category": "T2"}, "Primary tumour: T2.", "原发肿瘤：T2。"),
        (
            RA,
            "stage_group",
            {"stage_group": "IIB", "stage_system": "tnm8"},
            "Stage group: IIB (TNM 8th edition).",
            "总分期：IIB期（TNM第8版）。",
        ),
        (
            RA,
            "primary_site",
            {"primary_site": "lung", "laterality": "right"},
            "Primary site: lung, side: right.",
            None,
        ),
        (
            RA,
            "primary_site",
            {"primary_site": "colon", "laterality": "not_applicable"},
            "Primary site: colon.",
            None,
        ),
        (
            RA,
            "overall_response",
            {"overall_response": "PD", "criteria": "recist11"},
            "Response to treatment (RECIST 1.1): progressive disease.",
            "总疗效（RECIST 1.1）：疾病进展（PD）。",
        ),
        (
            RO,
            "dose_gy",
            {"dose_gy": 40.05, "fractions": 15},
            "Radiotherapy dose: 40.05 Gy in 15 fractions.",
            "放疗剂量：40.05 Gy/15次。",
        ),
        (
            MO,
            "comorbidities",
            {"comorbidities": ["cardiac", "hiv"]},
            "Other illnesses: heart disease, HIV.",
            "合并症：心脏病、HIV感染。",
        ),
        (RO, "start_within_weeks", {"start_within_weeks": 6}, None, "放疗应在6周内开始。"),
        (GE, "tmb_mut_mb", {"tmb_mut_mb": 5.0}, "Tumour mutational burden: 5 mutations/Mb.", None),
        (
            PS,
            "goals",
            {"goals": {"en": "To stay at home.", "zh": "希望居家。"}},
            "What the patient wants: To stay at home.",
            "患者的目标与意愿：希望居家。",
        ),
        (PA, "diagnosis_text", {"diagnosis_text": {"en": "Only English"}}, "Only English", "Only English"),
    ],
)
def test_sentences(discipline, key, answers, en, zh):
    sentence = said(discipline, key, answers)
    assert sentence is not None
    assert en is None or sentence.en == en
    assert zh is None or sentence.zh == zh


@pytest.mark.parametrize(
    ("discipline", "key", "row", "en", "zh"),
    [
        (
            PA,
            "pdl1",
            {"clone": "22C3", "score": "TPS", "value": 60},
            "PD-L1 (22C3): TPS 60.",
            "PD-L1（22C3）：TPS 60。",
        ),
        (
            GE,
            "variants",
            {"gene": "KRAS", "hgvs": "p.G12D", "vaf_pct": 31, "origin": "somatic", "tier": "I"},
            "KRAS p.G12D, 31% of alleles. Origin: somatic; tier I.",
            "KRAS p.G12D，等位基因频率31%。来源：体细胞；I级。",
        ),
        (
            RA,
            "metastases",
            {"site": "liver", "certainty": "definite", "largest_mm": 41},
            "Distant finding (liver): definite metastasis, up to 41 mm.",
            "远处病灶（肝）：明确转移，最大41 mm。",
        ),
        (
            RA,
            "further_imaging",
            {"test": "Brain MRI", "urgency": "important", "reason": {"en": "Stage.", "zh": "分期。"}},
            "Further imaging advised: Brain MRI. Important: opinion will be limited. Stage.",
            "建议补充影像检查：Brain MRI。重要（缺失则意见受限）。分期。",
        ),
        (
            MO,
            "recommendation_steps",
            {
                "preference": "not_recommended",
                "description": {"en": "Cetuximab [weekly]", "zh": "西妥昔单抗"},
            },
            "Not recommended: Cetuximab [weekly].",
            "不推荐：西妥昔单抗。",
        ),
    ],
)
def test_sentences_of_rows(discipline, key, row, en, zh):
    assert said(discipline, key, {key: [row]}, row) == Bitext(en, zh)


@pytest.mark.parametrize(
    ("discipline", "key", "answers"),
    [
        (PA, "er_pct", {}),
        (PA, "diagnosis_text", {"diagnosis_text": {"en": "", "zh": " "}}),
        (PA, "lvi", {"lvi": "not_assessed"}),
        (MO, "agree_diagnosis", {"agree_diagnosis": "not_applicable"}),
        (MO, "coi", {"coi": False}),
        (SO, "must_be_high_volume", {"must_be_high_volume": False}),
        (RA, "overall_response", {"overall_response": "not_applicable"}),
    ],
)
def test_nothing_to_say(discipline, key, answers):
    assert said(discipline, key, answers) is None


def test_an_answer_with_brackets_and_braces_stays_as_written():
    text = {"en": "{value} [x] {gene}.", "zh": "[甲]"}
    assert said(PA, "diagnosis_text", {"diagnosis_text": text}) == Bitext("{value} [x] {gene}.", "[甲]")


@pytest.mark.parametrize(
    ("discipline", "key", "value", "en", "zh"),
    [
        (MO, "creatinine_umol_l", 68, "68 µmol/L", "68 µmol/L"),
        (MO, "platelets_10e9_l", 265, "265 ×10⁹/L", "265×10⁹/L"),
        (MO, "bilirubin_xuln", 0.5, "0.5 × upper limit of normal", "0.5×正常值上限"),
        (MO, "lvef_pct", 55.0, "55%", "55%"),
        (MO, "ecog", 0, "0", "0"),
        (MO, "pregnancy", "unknown", "Unknown", "不详"),
        (MO, "pregnancy", "maybe", "maybe", "maybe"),
        (MO, "coi", True, "Yes", "是"),
        (MO, "coi", False, "No", "否"),
        (MO, "comorbidities", ["cardiac", "renal"], "Heart disease, Kidney disease", "心脏病、肾脏疾病"),
        (MO, "summary", {"en": "One.", "zh": "一。"}, "One.", "一。"),
        (MO, "materials_reviewed", ["M1", "M2"], "M1, M2", "M1、M2"),
        (MO, "ecog_date", "2026-11-08", "2026-11-08", "2026-11-08"),
        (MO, "ecog", None, "", ""),
    ],
)
def test_values(discipline, key, value, en, zh):
    definition = catalogue().disciplines[discipline]
    assert shown(definition, definition.field(key), value) == Bitext(en, zh)


PATTERNS = [
    (discipline.key, field.key, text)
    for discipline in catalogue().disciplines.values()
    for field in discipline.fields()
    for text in (field.says, *(field.says_when or {}).values())
    if text is not None
]


@pytest.mark.parametrize(("_discipline", "_key", "text"), PATTERNS)
def test_patterns_are_whole(_discipline, _key, text):
    for pattern, end in ((text.en, "."), (text.zh, "。")):
        whole = OPTIONAL.sub(lambda match: match[1], pattern)
        assert not re.search(r"[\[\]{}|]", PLACEHOLDER.sub("", whole))
        assert whole.endswith((end, "}"))
    assert ":lower" not in text.zh


def test_no_choice_with_sentences_is_forgotten():
    """A choice without a general sentence has one for each of its codes, be it silence."""
    for discipline in catalogue().disciplines.values():
        for field in discipline.fields():
            if field.says_when is not None and field.says is None and field.type is FieldType.CHOICE:
                codes = {choice.code for choice in discipline.choices[field.choices or ""]}
                assert set(field.says_when) == codes, (discipline.key, field.key)


@pytest.mark.parametrize(("_id", "discipline", "data", "_case"), DEMO_INPUTS, ids=DEMO_NAMES)
def test_sentences_of_invented_inputs_are_whole(_id, discipline, data, _case):
    definition = catalogue().disciplines[discipline]
    for field in definition.fields():
        rows = data.get(field.key, []) if field.type is FieldType.TABLE else [None]
        for row in rows:
            sentence = say(definition, field, data, row)
            if sentence is not None:
                assert not sentence.missing()
                assert not re.search(r"[{}\[\]]|\.\.|。。|[:：,，] ?[.。,，]", sentence.en + sentence.zh)
