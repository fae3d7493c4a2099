"""What the delivered files define."""

from __future__ import annotations

import json
from itertools import product

import pytest

from mdtapp.cases.operations import SITE_FAMILIES
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.conditions import Context, is_required, is_shown
from mdtapp.disciplines.definitions import FieldType

ORDER = [
    "pathology",
    "radiology",
    "nuclear_medicine",
    "medical_oncology",
    "surgical_oncology",
    "radiation_oncology",
    "genetics_molecular",
    "palliative_supportive",
    "tcm_integrative",
    "coordinator_nursing",
]
CORE = {"pathology", "radiology", "medical_oncology", "surgical_oncology", "radiation_oncology"}
FIELDS = [
    (discipline, field, place)
    for discipline in catalogue().disciplines.values()
    for field in discipline.fields()
    for place in (field, *field.columns)
]


def test_disciplines_stand_in_their_order():
    disciplines = catalogue().disciplines
    assert list(disciplines) == ORDER
    assert {key for key, discipline in disciplines.items() if discipline.core} == CORE


def test_opinion_sections_results_and_checklists():
    known = catalogue()
    assert [section.key for section in known.sections][:3] == [
        "result_class",
        "summary_patient",
        "questions_answered",
    ]
    assert len(known.sections) == 18
    assert list(known.result_classes)[-1] == "insufficient_information"
    assert {"generic", "breast", "gist"} <= set(known.checklists)


def test_a_checklist_joins_the_generic_and_the_family_items():
    breast = catalogue().checklist("breast")
    assert [item.code for item in breast][:2] == ["consent", "identity"]
    assert breast[-1].code == "menopause"
    lymphoma = [item for item in catalogue().checklist("lymphoma") if item.code == "hbv"]
    assert [(item.criticality, item.max_age_days) for item in lymphoma] == [("blocking", 90)]
    assert catalogue().checklist("generic") == catalogue().checklists["generic"]


@pytest.mark.parametrize(
    ("discipline", "field", "place"), FIELDS, ids=lambda value: getattr(value, "key", None)
)
def test_every_word_is_in_both_languages(discipline, field, place):
    for text in (place.label, place.help, place.says, *(place.says_when or {}).values()):
        assert text is None or not text.missing()


def test_every_choice_is_in_both_languages_and_stored_as_text():
    for choice_set in catalogue().choices.values():
        for choice in choice_set:
            assert isinstance(choice.code, str)
            assert choice.label
            assert not choice.label.missing()


def test_label_of_an_unknown_code_is_the_code():
    assert catalogue().label("yn3", "yes").zh == "是"
    assert catalogue().label("yn3", "perhaps").en == "perhaps"


def test_a_definition_can_be_kept_as_plain_data():
    for discipline in catalogue().disciplines.values():
        kept = json.loads(json.dumps(discipline.as_json()))
        assert kept["key"] == discipline.key
        assert len(discipline.version) == 12


def test_sentences_belong_to_a_section():
    sections = {section.key for section in catalogue().sections}
    for _discipline, field, _place in FIELDS:
        if field.says or field.says_when:
            assert field.feeds in sections


SITES = [choice.code for choice in catalogue().choices["site"]]
FAMILIES = [
    *((SITE_FAMILIES.get(site, "generic"), site) for site in SITES),
    *(("gist", site) for site in ("stomach", "small_bowel", "soft_tissue", "other")),
    *((family, None) for family in catalogue().checklists),
]
PEOPLE = [{"sex": sex, "age": age} for sex in ("female", "male") for age in (None, 40, 52, 72)]
OPENINGS = [
    Context(case={"site_family": family, "primary_site": site, "setting": setting}, patient=patient)
    for (family, site), patient, setting in product(FAMILIES, PEOPLE, (None, "new_localised"))
]


@pytest.mark.parametrize("discipline", ORDER)
def test_a_new_case_asks_little(discipline):
    """At opening at most 25 fields are in view and 16 have to be answered: every tumour, sex, age and setting."""
    fields = list(catalogue().disciplines[discipline].fields())
    free = [field for field in fields if field.shown_if is None and field.required_if is None]
    bound = [field for field in fields if field not in free]
    always_in_view = sum(field.tier == "core" or field.required for field in free)
    always_required = sum(field.required for field in free)
    for context in OPENINGS:
        required = [field for field in bound if is_required(field, context)]
        in_view = [
            field
            for field in bound
            if field in required or (field.tier == "core" and is_shown(field, context))
        ]
        assert always_in_view + len(in_view) <= 25, (context.case, context.patient)
        assert always_required + len(required) <= 16, (context.case, context.patient)


@pytest.mark.parametrize(
    ("discipline", "key", "values", "case", "patient", "asked", "needed"),
    [
        ("medical_oncology", "pregnancy", {}, {}, {"sex": "male", "age": 40}, False, False),
        ("medical_oncology", "pregnancy", {}, {}, {"sex": "female", "age": 40}, True, True),
        ("medical_oncology", "pregnancy", {}, {}, {"sex": "female", "age": 55}, False, False),
        ("medical_oncology", "pregnancy", {}, {}, {"sex": "unknown"}, True, True),
        ("radiation_oncology", "pregnancy", {}, {}, {"sex": "female", "age": 40}, True, False),
        ("medical_oncology", "fertility", {}, {}, {"age": 49}, True, False),
        ("medical_oncology", "fertility", {"overall_intent": "curative"}, {}, {"age": 49}, True, True),
        ("medical_oncology", "fertility", {"overall_intent": "supportive"}, {}, {"age": 49}, True, False),
        ("medical_oncology", "fertility", {}, {}, {"age": 50}, False, False),
        ("medical_oncology", "g8_score", {}, {}, {"age": 70}, True, False),
        ("medical_oncology", "g8_score", {}, {}, {"age": 69}, False, False),
        ("medical_oncology", "setting", {}, {}, {}, True, True),
        ("medical_oncology", "setting", {}, {"setting": "progression"}, {}, True, False),
        ("medical_oncology", "ecog_date", {}, {}, {}, False, False),
        ("medical_oncology", "ecog_date", {"ecog": 0}, {}, {}, True, True),
        ("medical_oncology", "child_pugh", {}, {"site_family": "lung"}, {}, False, False),
        (
            "medical_oncology",
            "child_pugh",
            {"comorbidities": ["liver"]},
            {"site_family": "lung"},
            {},
            True,
            False,
        ),
        ("medical_oncology", "m_category", {}, {"site_family": "lymphoma"}, {}, False, False),
        ("medical_oncology", "m_category", {}, {"site_family": "lung"}, {}, True, False),
        ("radiology", "brain_imaged", {}, {"site_family": "lung"}, {}, True, True),
        ("radiology", "brain_imaged", {}, {"site_family": "lymphoma"}, {}, True, False),
        ("radiology", "brain_imaged", {}, {"site_family": "breast"}, {}, False, False),
        ("radiology", "rads_category", {"rads_system": "none"}, {}, {}, False, False),
        ("radiology", "rads_category", {"rads_system": "birads"}, {}, {}, True, True),
        ("radiology", "overall_response", {"criteria": "none"}, {}, {}, False, False),
        ("radiology", "overall_response", {"criteria": "recist11"}, {}, {}, True, True),
        ("radiology", "mrf_emvi", {}, {"primary_site": "rectum"}, {}, True, False),
        ("radiology", "mrf_emvi", {}, {"primary_site": "colon"}, {}, False, False),
        ("radiation_oncology", "dose_gy", {}, {}, {}, False, False),
        ("radiation_oncology", "dose_gy", {"rt_role": "recommended"}, {}, {}, True, True),
        ("radiation_oncology", "dose_gy", {"rt_role": "optional"}, {}, {}, True, False),
        ("radiation_oncology", "device_plan", {"contraindications": ["pacemaker"]}, {}, {}, True, True),
        (
            "surgical_oncology",
            "stoma",
            {"surgery_role": "optional"},
            {"site_family": "colorectal"},
            {},
            True,
            False,
        ),
        (
            "surgical_oncology",
            "stoma",
            {"surgery_role": "optional"},
            {"site_family": "lung"},
            {},
            False,
            False,
        ),
        ("surgical_oncology", "laterality", {}, {"site_family": "liver"}, {}, False, False),
        ("surgical_oncology", "laterality", {}, {"site_family": "breast"}, {}, True, True),
        ("pathology", "extranodal", {"nodes_positive": 0}, {}, {}, False, False),
        ("pathology", "extranodal", {"nodes_positive": 2}, {}, {}, True, False),
        ("pathology", "adequacy", {"slide_format": "report_only"}, {}, {}, True, False),
        ("pathology", "adequacy", {"slide_format": "wsi"}, {}, {}, True, True),
        (
            "pathology",
            "t_category",
            {"specimen_type": "core_biopsy"},
            {"site_family": "breast"},
            {},
            False,
            False,
        ),
        (
            "pathology",
            "t_category",
            {"specimen_type": "resection"},
            {"site_family": "breast"},
            {},
            True,
            False,
        ),
        ("palliative_supportive", "opioid", {"pain_score": 0}, {}, {}, False, False),
        ("palliative_supportive", "opioid", {"pain_score": 1}, {}, {}, True, False),
        ("tcm_integrative", "herbs", {"interventions": [{"type": "diet"}]}, {}, {}, False, False),
        ("tcm_integrative", "herbs", {"interventions": [{"type": "topical"}]}, {}, {}, True, False),
        ("coordinator_nursing", "consent_date", {"consent_review": "yes"}, {}, {}, True, True),
        ("coordinator_nursing", "consent_date", {"consent_review": "no"}, {}, {}, False, False),
    ],
)
def test_when_a_question_is_asked_and_needed(discipline, key, values, case, patient, asked, needed):
    field = catalogue().disciplines[discipline].field(key)
    context = Context(values=values, case=case, patient=patient)
    assert is_shown(field, context) is asked
    assert is_required(field, context) is needed


@pytest.mark.parametrize(
    ("column", "row", "asked"),
    [
        ("drug_classes", {"modality": "surgery"}, False),
        ("drug_classes", {"modality": "systemic"}, True),
        ("drug_classes", {}, True),
        ("condition", {"preference": "preferred"}, False),
        ("condition", {"preference": "conditional"}, True),
        ("approval_nmpa", {"modality": "palliative_care"}, False),
    ],
)
def test_when_a_column_is_asked(column, row, asked):
    steps = catalogue().disciplines["medical_oncology"].field("recommendation_steps")
    assert is_shown(steps.column(column), Context(values=row)) is asked


def test_no_judgement_of_the_home_hospital_is_copied():
    for _discipline, field, _place in FIELDS:
        if field.prefill and field.prefill.source.startswith("outside."):
            assert field.prefill.mode == "compare"


def test_tables_hold_no_tables():
    for _discipline, field, place in FIELDS:
        assert place is field or place.type is not FieldType.TABLE
