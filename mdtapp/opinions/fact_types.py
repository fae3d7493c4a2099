"""The JSON types of what the rules read, so that a wrong one is refused and not overlooked.

A creatinine clearance sent as text would otherwise count as "not known" and keep a rule silent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid

_TEXT = Bitext(en="a text", zh="文本")
_NUMBER = Bitext(en="a number", zh="数字")
_FLAG = Bitext(en="true or false", zh="true或false")
_OBJECT = Bitext(en="an object", zh="对象")
_CODES = Bitext(en="a list of texts", zh="文本列表")
_ROWS = Bitext(en="a list of objects", zh="对象列表")

_MATCHES: dict[Bitext, Callable[[Any], bool]] = {
    _TEXT: lambda value: isinstance(value, str),
    _NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    _FLAG: lambda value: isinstance(value, bool),
    _OBJECT: lambda value: isinstance(value, Mapping),
    _CODES: lambda value: isinstance(value, list) and all(isinstance(code, str) for code in value),
    _ROWS: lambda value: isinstance(value, list) and all(isinstance(row, Mapping) for row in value),
}

_PARTS = {
    "patient": _OBJECT,
    "case": _OBJECT,
    "outside": _OBJECT,
    "questions": _ROWS,
    "history": _ROWS,
    "inputs": _OBJECT,
    "draft": _OBJECT,
}
_DRAFT = {"result_class": _TEXT, "sections": _CODES, "answered": _CODES}
_TABLES = {
    "answers", "claims", "further_imaging", "herbs", "interventions", "metastases", "prior_lines", "prior_rt_courses",
    "recommendation_steps", "steps", "studies", "variants",
}  # fmt: skip
_NUMBERS = {
    "age", "alt_xuln", "anc_10e9_l", "bilirubin_xuln", "birth_year", "cldn18_pct", "crcl_ml_min",
    "cumulative_anthracycline", "ecog", "er_pct", "g8_score", "grade_group", "lvef_pct", "neuropathy_grade",
    "platelets_10e9_l", "pr_pct",
}  # fmt: skip
_FLAGS = {"bleeding", "hepatotoxic", "identity_verified", "nephrotoxic", "red_flag"}
_MULTIPLE_CHOICES = {"comorbidities", "contraindications", "driver_alterations", "drug_classes"}
_TEXTS = {
    "adequacy", "agree_diagnosis", "agree_plan", "agree_report", "agree_stage", "anticoagulant", "asa_class",
    "assay_date", "behaviour", "brain_imaged", "braf", "brca_tumour", "certainty", "claim", "contrast_reaction",
    "counselling", "current_regimen_response", "cyp3a4", "date", "diagnosis_status", "dpyd", "ecog_date", "end",
    "fertility", "first_step", "gene", "germline", "guideline_ref", "guideline_relation", "hbv_prophylaxis",
    "hbv_status", "her2_ihc", "her2_ish", "hgvs", "histology_group", "home_availability", "hrd", "idh",
    "imaging_resectability", "impact", "impact_diagnosis", "impact_plan", "impact_report", "impact_stage",
    "in_outside_report", "intent", "interaction_check", "kras", "labs_date", "last_antivegf_date", "laterality",
    "latest_staging_date", "m_category", "m_opinion", "meeting_on", "mmr_status", "modality", "msi", "n_category",
    "neoadjuvant_before", "nras", "operable", "overall_intent", "overall_response", "preference", "pregnancy",
    "primary_site", "prior_rt", "procedure_laterality", "quality", "question_id", "resectability", "role", "setting",
    "sex", "site_family", "slide_format", "specimen_date", "stage_group", "stage_prefix", "stage_system", "start",
    "study_date", "sufficiency", "t_category", "target_laterality", "target_site", "type", "ugt1a1", "verdict",
}  # fmt: skip

_FIELD_TYPES = (
    dict.fromkeys(_TABLES, _ROWS)
    | dict.fromkeys(_NUMBERS, _NUMBER)
    | dict.fromkeys(_FLAGS, _FLAG)
    | dict.fromkeys(_MULTIPLE_CHOICES, _CODES)
    | dict.fromkeys(_TEXTS, _TEXT)
)


def check_types(fragment: Mapping[str, Any]) -> None:
    """Refuse the first value of a wrong type, named by its path. Absent, null and unknown keys pass."""
    _check(fragment, _PARTS, "")
    for part in ("patient", "case", "outside"):
        _check(fragment.get(part) or {}, _FIELD_TYPES, f"{part}.")
    _check(fragment.get("draft") or {}, _DRAFT, "draft.")
    for place, question in enumerate(fragment.get("questions") or ()):
        _check(question, {"id": _TEXT}, f"questions[{place}].")
    for place, event in enumerate(fragment.get("history") or ()):
        _check(event, {"date": _TEXT}, f"history[{place}].")
    for discipline, entered in (fragment.get("inputs") or {}).items():
        _check({discipline: entered}, {discipline: _OBJECT}, "inputs.")
        _check(entered or {}, _FIELD_TYPES, f"{discipline}.")


def _check(values: Mapping[str, Any], types: Mapping[str, Bitext], prefix: str) -> None:
    for key, value in values.items():
        wanted = types.get(key)
        if wanted is None or value is None:
            continue
        path = f"{prefix}{key}"
        if not _MATCHES[wanted](value):
            sentence = Bitext(en=f"{path} must be {wanted.en}.", zh=f"{path}必须是{wanted.zh}。")
            raise Invalid(sentence, fields={path: sentence})
        if wanted is _ROWS:
            for place, row in enumerate(value):
                _check(row, _FIELD_TYPES, f"{path}[{place}].")
