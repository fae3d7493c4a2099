"""What an input of a case may look at and refer to: facts, references, starting values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from textwrap import shorten
from typing import Any

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.conditions import Context
from mdtapp.imaging.queries import studies_of_case
from mdtapp.materials.queries import materials_of, opened_by
from mdtapp.materials.status import MaterialKind
from mdtapp.opinions.case_facts import form_context
from mdtapp.opinions.inputs.prefill import Known
from mdtapp.people.models import User

LONGEST_REGIMEN = 300
MODALITIES = frozenset({"CT", "MR", "PT", "US", "MG", "CR", "NM", "ES"})


def context_of(case: Case, user: User, today: date) -> Context:
    """The context conditions and checks look at, with the references of this case."""
    return form_context(case, today=today, references=references_of(case))


def references_of(case: Case) -> dict[str, list[str]]:
    """The ids that exist: materials as M1, the patient's questions as Q1.

    A study is named by its material or, in an imported input, as the sender named it; so it is not checked.
    """
    materials = [material.reference for material in materials_of(case)]
    return {"material": materials, "patient_question": [question.key for question in case.questions]}


def offered_references(case: Case) -> dict[str, list[tuple[str, Any]]]:
    """The choices of reference fields: id and words."""
    materials = materials_of(case)
    listed = [(row.reference, f"{row.reference} · {row.title}") for row in materials]
    images = {row.reference for row in materials if row.kind is MaterialKind.IMAGING_DICOM}
    questions = [(q.key, Bitext(f"{q.key}: {q.text.en}", f"{q.key}：{q.text.zh}")) for q in case.questions]
    return {
        "material": listed,
        "patient_question": questions,
        "imaging_study": [row for row in listed if row[0] in images],
    }


def facts_for_page(context: Context) -> dict[str, Any]:
    """The facts that conditions in the page may ask for, by their question: codes, numbers and dates."""
    parts = {"case": context.case, "outside": context.outside, "patient": context.patient}
    facts = {
        f"{part}.{key}": value
        for part, values in parts.items()
        for key, value in values.items()
        if isinstance(value, str | int | float | bool)
    }
    return {**facts, "patient.age": context.answer("patient.age")}


def known_facts(case: Case, user: User, context: Context, previous: Mapping[str, Any]) -> Known:
    """The facts starting values are taken from. An interest is prefilled where one was declared, never denied for anyone."""
    opened = opened_by(user, case)
    declared = any(m.user_id == user.id and m.conflict_of_interest for m in case.members)
    studies = _studies(case)
    facts = {
        **context.case,
        "materials_opened": [row.reference for row in materials_of(case) if row.id in opened],
        "coi_declared": True if declared else None,
        "imaging_studies": studies,
        "latest_imaging_date": max((row["date"] for row in studies if "date" in row), default=None),
        "treatment_events": _treatments(case),
        "questions": [{"question_id": question.key} for question in case.questions],
    }
    return Known(case=facts, previous=previous)


def _treatments(case: Case) -> list[dict[str, Any]]:
    """Earlier treatment as the coordinator transcribed it: one row a start, its words as the regimen."""
    events = [event for event in case.history if event.get("kind") == "treatment"]
    return [
        {
            "line": number,
            "regimen": shorten(str(Bitext.of(event.get("text"))), LONGEST_REGIMEN, placeholder=" …"),
            "start": event.get("date"),
        }
        for number, event in enumerate(events, start=1)
    ]


def _studies(case: Case) -> list[dict[str, Any]]:
    numbers = {material.id: material.reference for material in materials_of(case)}
    rows = []
    for row in studies_of_case(case):
        main = next((code for code in row.modalities if code in MODALITIES), "other")
        when = row.study.study_date.isoformat() if row.study.study_date else None
        known = {
            "study_ref": numbers.get(row.material_id or 0),
            "modality": "PT" if "PT" in row.modalities else main,
            "region": row.study.description,
            "date": when,
        }
        rows.append({key: value for key, value in known.items() if value})
    return rows
