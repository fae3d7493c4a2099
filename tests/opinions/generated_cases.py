"""Invented cases in the exchange format, filled from the forms themselves: every field, every code, gaps and claims."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from mdtapp.disciplines import catalogue
from mdtapp.disciplines.definitions import Discipline, Field, FieldType
from mdtapp.opinions.inputs.claims import claims_for
from tests.opinions.conflicts.conditions import VARIANTS

DAYS = ["2024-02-29", "2026-01-05", "2026-10-04", "2026-11-14", "2026-11-15", "2026-11-16"]
ENGLISH = [
    "Tumour board words",
    "Repeat the MRI",
    "Two cycles, then surgery.",
    "x",
    "Contrast CT",
    "Ki-67 40%",
]
CHINESE = ["肿瘤会诊意见", "复查MRI", "两周期后手术。", "甲", "增强CT"]
VERDICTS = ["agree", "agree", "minor", "major", "not_assessable"]
IMPACTS = ["none", "prognosis", "treatment_possible", "treatment_definite", "safety"]
CATEGORIES = {
    "t_category": ["TX", "T0", "Tis", "T1c", "T2", "T2a", "T3", "T4b"],
    "n_category": ["NX", "N0", "N0(i+)", "N1", "N1mi", "N2", "N3"],
    "m_category": ["M0", "M0(i+)", "M1", "M1b"],
}
FAMILIES = ["breast", "lung", "colorectal", "gastric", "prostate", "generic"]
QUESTIONS = ["Q1", "Q2"]
MATERIALS = ["M1", "M2", "M3"]


def cases() -> st.SearchStrategy[dict[str, Any]]:
    """One whole case each; of a case that fails, its seed is printed."""
    return st.integers(0, 2**32 - 1).map(case_of)


def case_of(seed: int) -> dict[str, Any]:
    """The case of this seed: some disciplines, judged claim by claim, directly, or both."""
    chance = random.Random(seed)
    forms = catalogue().disciplines
    outside = _outside(chance)
    chosen = chance.sample(list(forms), chance.randint(1, len(forms)))
    sites = [choice.code for choice in forms["pathology"].choices["site"]]
    return {
        "id": f"GEN-{seed}",
        "patient": {
            "pseudonym": f"MAPLE-{100 + seed % 900}",
            "sex": chance.choice(["female", "male"]),
            "birth_year": 1980,
        },
        "case": {
            "primary_site": chance.choice(sites),
            "site_family": chance.choice(FAMILIES),
            "received_on": "2026-11-01",
            "meeting_on": "2026-11-15",
        },
        "outside": outside,
        "questions": [
            {"id": key, "text": {"en": f"Question {key}?", "zh": f"问题{key}？"}} for key in QUESTIONS
        ],
        "history": [{"date": chance.choice(DAYS), "text": {"en": "Event", "zh": "事件"}}],
        "materials": [{"id": key, "kind": "pathology_report", "title": f"Record {key}"} for key in MATERIALS],
        "inputs": {key: _input(chance, forms[key], outside) for key in chosen},
    }


def _input(chance: random.Random, form: Discipline, outside: dict[str, Any]) -> dict[str, Any]:
    """Two of three questions answered, in the form's order."""
    found = {field.key: _answer(chance, form, field) for field in form.fields() if chance.random() < 0.67}
    rows = _claims(chance, form, outside) if chance.random() < 0.5 else []
    if rows:
        found["claims"] = rows
        if chance.random() < 0.5:  # as an import holds it: nothing rolled up
            found = {key: value for key, value in found.items() if not key.startswith(("agree_", "impact_"))}
    return found


def _words(chance: random.Random) -> dict[str, str]:
    """Both languages mostly; one of them now and then."""
    text = {"en": chance.choice(ENGLISH), "zh": chance.choice(CHINESE)}
    missing = chance.choice(["", "", "", "en", "zh"])
    return {language: words for language, words in text.items() if language != missing}


def _answer(chance: random.Random, form: Discipline, field: Field) -> Any:
    if field.key in CATEGORIES:
        return chance.choice(CATEGORIES[field.key])
    least, most = field.min or 0, field.max if field.max is not None else 100
    match field.type:
        case FieldType.BITEXT:
            return _words(chance)
        case FieldType.INT:
            return chance.randint(int(least), int(most))
        case FieldType.DECIMAL:
            return round(chance.uniform(least, most), 1)
        case FieldType.BOOL:
            return chance.random() < 0.5
        case FieldType.DATE:
            return chance.choice(DAYS)
        case FieldType.CHOICE:
            return chance.choice(_codes(form, field))
        case FieldType.MULTICHOICE:
            codes = _codes(form, field)
            return chance.sample(codes, min(len(codes), chance.randint(1, 3)))
        case FieldType.REF:
            return chance.choice(QUESTIONS if field.ref == "patient_question" else MATERIALS)
        case FieldType.MULTIREF:
            return chance.sample(MATERIALS, chance.randint(1, 3))
        case FieldType.TABLE:
            return [_row(chance, form, field) for _ in range(chance.randint(1, 3))]
    return chance.choice(ENGLISH + CHINESE)


def _codes(form: Discipline, field: Field) -> list[str]:
    return [choice.code for choice in form.choices[field.choices or ""]]


def _row(chance: random.Random, form: Discipline, table: Field) -> dict[str, Any]:
    row = {
        column.key: _answer(chance, form, column)
        for column in table.columns
        if column.required or chance.random() < 0.6
    }
    if table.key == "variants":
        row["gene"], row["hgvs"] = chance.choice(sorted(VARIANTS))
    return row


def _outside(chance: random.Random) -> dict[str, Any]:
    """What a home hospital said: words, the codes that forms compare with, steps."""
    found: dict[str, Any] = {"diagnosis_text": _words(chance), "plan": _words(chance)}
    for form in catalogue().disciplines.values():
        for field in form.fields():
            source = field.prefill.source if field.prefill else ""
            key = source.removeprefix("outside.")
            compared = source.startswith("outside.") and field.type is not FieldType.TABLE
            if compared and key not in found and chance.random() < 0.5:
                found[key] = _answer(chance, form, field)
    if chance.random() < 0.5:
        form = catalogue().disciplines["medical_oncology"]
        steps = form.field("recommendation_steps")
        found["steps"] = [_row(chance, form, steps) for _ in range(chance.randint(1, 2))]
    return found


def _claims(chance: random.Random, form: Discipline, outside: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for claim in claims_for(form, outside):
        if chance.random() < 0.6:
            row: dict[str, Any] = {"claim": claim.key, "verdict": chance.choice(VERDICTS)}
            if row["verdict"] in ("minor", "major"):
                row |= {
                    "impact": chance.choice(IMPACTS),
                    "why": _words(chance),
                    "ours": chance.choice(ENGLISH),
                }
            rows.append(row)
    return rows
