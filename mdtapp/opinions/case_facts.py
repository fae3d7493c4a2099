"""A case as the rules, the draft and the forms' conditions look at it, read from the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from mdtapp.cases.models import Case
from mdtapp.disciplines import staging_tables
from mdtapp.disciplines.conditions import Context
from mdtapp.opinions.facts import CaseFacts

if TYPE_CHECKING:
    from mdtapp.opinions.inputs.models import DisciplineInput


def facts_of(
    case: Case, inputs: Mapping[str, DisciplineInput], draft: Mapping[str, Any] | None = None
) -> CaseFacts:
    """The exchange shape of the case (patient, case, outside, questions, history, inputs) as facts."""
    return CaseFacts.from_json(
        {
            "patient": patient_part(case),
            "case": case_part(case),
            "outside": outside_part(case),
            "questions": [{"id": q.key, "text": q.text.as_json()} for q in case.questions],
            "history": case.history,
            "inputs": {key: row.data for key, row in inputs.items()},
            **({"draft": dict(draft)} if draft is not None else {}),
        }
    )


def form_context(case: Case, *, today: date, references: Mapping[str, list[str]] | None = None) -> Context:
    """What the conditions and checks of a form look at, besides the form's own answers."""
    return Context(
        case=case_part(case),
        outside=outside_part(case),
        patient=patient_part(case),
        today=today,
        role="author",
        references=references or {},
        stage_of=staging_tables().group_of,
    )


def patient_part(case: Case) -> dict[str, Any]:
    person = case.patient
    return {
        "pseudonym": person.pseudonym,
        "sex": str(person.sex),
        "birth_year": person.birth_year,
        "home_country": person.home_country,
        "home_language": person.home_language,
        "menopausal": person.menopausal,
    }


def case_part(case: Case) -> dict[str, Any]:
    """Codes, dates as ISO text, and the latest value of each laboratory key with its date."""
    known: dict[str, Any] = {
        "primary_site": case.primary_site,
        "site_family": case.site_family,
        "laterality": case.laterality,
        "setting": case.setting,
        "situation": str(case.situation),
        "home_language": case.patient.home_language,
        "interpreter": case.patient.interpreter,
        "received_on": case.received_on.isoformat(),
        "meeting_on": case.meeting_on.isoformat() if case.meeting_on else None,
        "next_home_treatment_on": case.next_home_treatment_on.isoformat()
        if case.next_home_treatment_on
        else None,
        **_latest_labs(case.labs),
    }
    return {key: value for key, value in known.items() if value not in (None, "")}


def outside_part(case: Case) -> dict[str, Any]:
    """The first home hospital's opinion: its codes, its words, its steps."""
    if not case.outside_opinions:
        return {}
    opinion = case.outside_opinions[0]
    words = {"diagnosis_text": opinion.diagnosis_text.as_json(), "plan": opinion.plan.as_json()}
    return {**opinion.fields, **words, **({"steps": opinion.steps} if opinion.steps else {})}


def _latest_labs(labs: list[dict[str, Any]]) -> dict[str, Any]:
    latest: dict[str, Any] = {}
    for panel in sorted(labs, key=lambda row: str(row.get("date") or "")):
        latest.update(panel.get("values") or {})
        latest["labs_date"] = panel.get("date")
    return latest
