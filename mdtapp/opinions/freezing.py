"""From the chair's text to a frozen version: the one structure that screen, PDF and signatures share."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date
from typing import Any

from mdtapp.audit.trail import head_reference
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.tnm import stage_text
from mdtapp.disciplines import catalogue
from mdtapp.materials.queries import as_listed
from mdtapp.meetings.queries import Decision, decision_of
from mdtapp.opinions.case_facts import outside_part
from mdtapp.opinions.inputs.judged import standing_answers
from mdtapp.opinions.inputs.ledger import ledger
from mdtapp.opinions.inputs.queries import signed_inputs
from mdtapp.opinions.key_images import queries as key_images
from mdtapp.opinions.key_images.citation import as_frozen
from mdtapp.opinions.models import Opinion, Statement, VersionKind
from mdtapp.opinions.panel import panel_of
from mdtapp.opinions.queries import kept_statements
from mdtapp.opinions.signers import required_signers
from mdtapp.store.types import canonical_json

SCHEMA = "mdtapp.opinion/1"


def freeze(
    opinion: Opinion, *, version: int, on: date, hospital: Bitext, identity: dict[str, Any] | None, key: str
) -> dict[str, Any]:
    """The whole opinion as JSON. Names of the patient stay out: the digest binds it to the sealed identity."""
    case = opinion.case
    decision = decision_of(case.id)
    return {
        "schema": SCHEMA,
        "kind": str(opinion.kind),
        "number": opinion.number,
        "case_no": case.case_no,
        "version": version,
        "demonstration": case.demonstration,
        "date": on.isoformat(),
        "hospital": {
            "name": hospital.as_json(),
            "unit": {"en": "International multidisciplinary board", "zh": "国际多学科会诊中心"},
            "contact": "",
        },
        "patient": _patient(case, identity, key),
        "case": _case(case, decision),
        "outside": [_outside(row) for row in case.outside_opinions],
        "ledger": _ledger(opinion),
        "result_class": opinion.result_class,
        "also": opinion.also,
        "questions": [{"id": q.key, "text": q.text.as_json()} for q in case.questions],
        "sections": _sections(opinion),
        "panel": panel_of(case, decision),
        "materials": as_listed(case),
        "meeting": _meeting(decision),
        "dissent": [row.as_json() for row in decision.dissents] if decision else [],
        "key_images": _key_images(opinion),
        "signers": [
            {"name": s.user.name, "name_zh": s.user.name_zh, "discipline": s.discipline, "role": s.role}
            for s in required_signers(opinion)
        ],
        "audit_head": head_reference(),
    }


def content_hash(frozen: str) -> str:
    """SHA-256 of the canonical JSON: what is signed."""
    return hashlib.sha256(frozen.encode()).hexdigest()


def identity_digest(identity: dict[str, Any], key: str) -> str:
    """A keyed digest of name and birth date: the version is bound to the person without naming them."""
    content = canonical_json([identity.get("name"), identity.get("birth_date")])
    return hmac.new(key.encode(), content.encode(), hashlib.sha256).hexdigest()


def _patient(case: Case, identity: dict[str, Any] | None, key: str) -> dict[str, Any]:
    person = case.patient
    return {
        "name": None,
        "identity_digest": identity_digest(identity, key) if identity else None,
        "pseudonym": person.pseudonym,
        "birth_year": person.birth_year,
        "sex": str(person.sex),
        "home_country": person.home_country,
        "home_language": person.home_language,
    }


def _case(case: Case, decision: Decision | None) -> dict[str, Any]:
    met = decision.held_on if decision else case.meeting_on
    return {
        "title": case.title.as_json(),
        "primary_site": case.primary_site,
        "laterality": case.laterality,
        "situation": str(case.situation),
        "received_on": case.received_on.isoformat(),
        "meeting_on": met.isoformat() if met else None,
    }


def _outside(row: Any) -> dict[str, Any]:
    system = row.fields.get("stage_system")
    edition = catalogue().label("stage_system", system).en if system else ""
    return {
        "label": row.label,
        "institution": row.institution,
        "diagnosis": row.diagnosis_text.as_json(),
        "stage": " · ".join(part for part in (stage_text(row.fields), edition) if part),
        "plan": row.plan.as_json(),
    }


def _ledger(opinion: Opinion) -> list[dict[str, Any]]:
    """Each claim of the home hospital that was judged, with the panel's verdict; an addendum repeats none."""
    if opinion.kind != VersionKind.OPINION:
        return []
    case = opinion.case
    answers = standing_answers(case, signed_inputs(case.id))
    entries = ledger(list(catalogue().disciplines.values()), answers, outside_part(case))
    return [
        {
            "claim": entry.claim.key,
            "label": entry.claim.label.as_json(),
            "theirs": entry.theirs.as_json(),
            "verdict": entry.verdict,
            "ours": entry.ours.as_json(),
            "impact": catalogue().label("impact", entry.impact).as_json() if entry.impact else None,
            "by": [one.discipline for one in entry.judgements if one.verdict == entry.verdict],
        }
        for entry in entries
        if entry.verdict not in ("", "not_applicable")
    ]


def _sections(opinion: Opinion) -> list[dict[str, Any]]:
    """Sections in the catalogue's order; statements numbered `3.1` by their section's place."""
    kept = kept_statements(opinion)
    sections = []
    for place, section in enumerate(catalogue().sections, start=1):
        rows = [row for row in kept if row.section == section.key]
        sections.append(
            {
                "key": section.key,
                "statements": [_statement(row, f"{place}.{n}") for n, row in enumerate(rows, start=1)],
            }
        )
    return sections


def _key_images(opinion: Opinion) -> list[dict[str, Any]]:
    """Those that stand when the text is frozen; an addendum points at none."""
    if opinion.kind != VersionKind.OPINION:
        return []
    return [as_frozen(image) for image in key_images.standing(opinion.case)]


def _statement(row: Statement, number: str) -> dict[str, Any]:
    edited = row.edited_by.name if row.edited_by and row.text != row.original else None
    chosen = {"audience": row.audience, "frame": row.frame}
    return {
        "number": number,
        "text": row.text.as_json(),
        "provenance": row.provenance,
        "kind": row.kind,
        "mark": row.mark or None,
        "question": row.question or None,
        "step": row.step,
        "edited_by": edited,
        **{key: value for key, value in chosen.items() if value},
    }


def _meeting(decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    return {
        "date": decision.held_on.isoformat(),
        "votes": decision.votes.as_json(),
        "consensus": decision.consensus,
    }
