"""Whole cases in the exchange format: patient, outside opinion, questions, materials, signed inputs.

Importing is an act of its own: it stores inputs as signed elsewhere, makes the panel's missing
members as people who cannot sign in, and skips the guards that concern a person at a screen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, record
from mdtapp.cases import operations as cases
from mdtapp.cases.models import (
    Case,
    CaseMember,
    MemberRole,
    OutsideOpinion,
    PatientQuestion,
    Sex,
    Situation,
    Urgency,
)
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.errors import Invalid
from mdtapp.materials.operations import add_material
from mdtapp.materials.status import MaterialKind, MaterialStatus
from mdtapp.opinions import findings
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.inputs.operations import import_signed
from mdtapp.people.models import User
from mdtapp.people.operations import add_person
from mdtapp.people.queries import find_by_email
from mdtapp.people.roles import Role
from mdtapp.store.db import session

IMPORTED_DOMAIN = "imported.invalid"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Imported:
    """What one entry of a file became."""

    source_id: str
    case: Case
    inputs: int

    def as_json(self) -> dict[str, Any]:
        return {"source_id": self.source_id, "case_no": self.case.case_no, "inputs": self.inputs}


def cases_in(document: object) -> list[Json]:
    """The cases of a file: `{"cases": […]}`, a list, or one case; Invalid when it is none of them."""
    if isinstance(document, Mapping) and "cases" in document:
        document = document["cases"]
    entries = [document] if isinstance(document, Mapping) else document
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise Invalid(
            Bitext("The file holds no cases in the exchange format.", "文件中没有符合交换格式的病例。")
        )
    return list(entries)


def import_case(
    *, actor: Actor, at: datetime, entry: Json, identity_key: str, demonstration: bool = False
) -> Imported:
    """One case of the file with its signed inputs, in review; importing twice makes two cases."""
    CaseFacts.from_json(entry)
    known = entry.get("case") or {}
    row = cases.register(
        actor=actor,
        at=at,
        patient=_patient(entry),
        case=_record(entry),
        received_on=_day(known, "received_on") or at.date(),
    )
    row.open_to_coordinators, row.demonstration = True, demonstration
    row.meeting_on = _day(known, "meeting_on")
    row.history, row.labs = list(entry.get("history") or []), list(entry.get("labs") or [])
    row.summaries = {key: entry[key] for key in ("path_report", "imaging_summary") if entry.get(key)}
    _questions(row, entry)
    _outside(row, entry)
    identity = (entry.get("patient") or {}).get("identity")
    if identity:
        cases.seal_identity(actor=actor, at=at, case=row, identity=dict(identity), key=identity_key)
    _materials(row, entry, actor, at)
    authors = _panel(row, entry, actor, at)
    for action in ("begin_intake", "mark_ready", "open_review"):
        cases.move(actor=actor, at=at, case=row, action=action, reason="imported")
    inputs = entry.get("inputs") or {}
    for discipline, data in inputs.items():
        import_signed(
            actor=actor, at=at, case=row, discipline=discipline, author=authors[discipline], data=data or {}
        )
    session.flush()
    findings.refresh(actor=actor, at=at, case=row)
    source_id = str(entry.get("id") or "")
    record(
        EventType.CASE_IMPORTED,
        actor=actor,
        at=at,
        subject=f"case:{row.id}",
        case_id=row.id,
        source=source_id[:60],
    )
    return Imported(source_id, row, len(inputs))


def _patient(entry: Json) -> cases.PatientFacts:
    person = entry.get("patient") or {}
    known_case = entry.get("case") or {}
    return cases.PatientFacts(
        pseudonym=str(person.get("pseudonym") or ""),
        sex=_code(Sex, person.get("sex") or "unknown", "sex"),
        birth_year=_birth_year(person, known_case),
        home_country=str(person.get("home_country") or "ZZ")[:2].upper(),
        home_language=str(person.get("home_language") or "en")[:20],
        other_languages=list(person.get("other_languages") or []),
        interpreter=bool(person.get("interpreter")),
        menopausal=str(person.get("menopausal") or "")[:20],
        home_physician=dict(person.get("home_physician") or {}),
    )


def _birth_year(person: Json, known_case: Json) -> int | None:
    """As given, or from the age at the meeting."""
    if person.get("birth_year"):
        return int(person["birth_year"])
    meeting = str(known_case.get("meeting_on") or "")[:4]
    return int(meeting) - int(person["age"]) if person.get("age") is not None and meeting.isdigit() else None


def _record(entry: Json) -> cases.CaseRecord:
    known = entry.get("case") or {}
    site = str(known.get("primary_site") or (entry.get("outside") or {}).get("primary_site") or "other")
    side = str(known.get("laterality") or "")
    return cases.CaseRecord(
        title=Bitext.of(entry.get("title")) or Bitext(str(entry.get("id") or "Imported case"), "导入病例"),
        situation=_code(Situation, known.get("situation") or "conflicting_opinions", "situation"),
        primary_site=site,
        laterality=side or ("unknown" if site in cases.PAIRED_SITES else ""),
        site_family=str(known.get("site_family") or ""),
        reasons=list(known.get("faq") or known.get("reasons") or []),
        inviting_party=str(known.get("inviting_party") or "")[:40],
        setting=str(known.get("setting") or "")[:40],
        diagnosed_on=_day(known, "diagnosed_on"),
        due_on=_day(known, "due_on"),
        next_home_treatment_on=_day(known, "next_home_treatment_on"),
        urgency=_code(Urgency, known.get("urgency") or "routine", "urgency"),
        wishes=Bitext.of(entry.get("wishes")),
    )


def _questions(row: Case, entry: Json) -> None:
    for position, question in enumerate((entry.get("questions") or [])[:10], start=1):
        row.questions.append(
            PatientQuestion(
                key=str(question.get("id") or f"Q{position}")[:10],
                position=position,
                text=Bitext.of(question.get("text")),
                original=str(question.get("original") or ""),
            )
        )


def _outside(row: Case, entry: Json) -> None:
    outside = dict(entry.get("outside") or {})
    if not outside:
        return
    diagnosis, plan = Bitext.of(outside.pop("diagnosis_text", None)), Bitext.of(outside.pop("plan", None))
    steps = list(outside.pop("steps", None) or [])
    row.outside_opinions.append(
        OutsideOpinion(label="A", diagnosis_text=diagnosis, plan=plan, fields=outside, steps=steps)
    )


def _materials(row: Case, entry: Json, actor: Actor, at: datetime) -> None:
    for place, material in enumerate(entry.get("materials") or [], start=1):
        numbered = re.fullmatch(r"M(\d{1,4})", str(material.get("id") or ""))
        add_material(
            actor=actor,
            at=at,
            case=row,
            kind=_code(MaterialKind, material.get("kind") or "other", "kind"),
            title=str(material.get("title") or material.get("kind") or f"Material {place}")[:300],
            dated_on=_day(material, "date"),
            language=str(material.get("language") or ""),
            status=_code(MaterialStatus, material.get("status") or "received", "status"),
            number=int(numbered.group(1)) if numbered else None,
        )


def _panel(row: Case, entry: Json, actor: Actor, at: datetime) -> dict[str, User]:
    """The members named in the file, and an author for every input nobody is named for."""
    seats = [dict(seat) for seat in entry.get("panel") or []]
    named = {seat.get("discipline") for seat in seats}
    seats += [{"discipline": key} for key in entry.get("inputs") or {} if key not in named]
    authors: dict[str, User] = {}
    for seat in seats:
        discipline = str(seat.get("discipline") or "")
        if discipline not in catalogue().disciplines:
            raise Invalid(Bitext(f"There is no discipline {discipline}.", f"无此学科：{discipline}。"))
        user = _member(seat, discipline, actor, at)
        authors[discipline] = user
        _seat(row, user, MemberRole.AUTHOR, discipline, actor, at)
        if seat.get("chair"):
            _seat(row, user, MemberRole.CHAIR, None, actor, at)
    session.flush()
    return authors


def _member(seat: Json, discipline: str, actor: Actor, at: datetime) -> User:
    """The person of that name and discipline from an earlier import, or a new one who cannot sign in."""
    name = str(seat.get("name") or f"Imported author ({discipline})")[:120]
    chair = bool(seat.get("chair"))
    slug = re.sub(r"[^a-z0-9]+", ".", f"{name} {discipline} {'chair' if chair else ''}".lower()).strip(".")
    email = f"{slug[:180]}@{IMPORTED_DOMAIN}"
    return find_by_email(email) or add_person(
        actor=actor,
        at=at,
        email=email,
        name=name,
        name_zh=str(seat.get("name_zh") or ""),
        role=Role.CHAIR if chair else Role.SPECIALIST,
        disciplines=[discipline],
        title=str(seat.get("title") or ""),
        licence_no=str(seat.get("licence_no") or ""),
    )


def _seat(
    row: Case, user: User, role: MemberRole, discipline: str | None, actor: Actor, at: datetime
) -> None:
    row.members.append(CaseMember(user=user, role=role, discipline=discipline, added_at=at))
    session.flush()
    record(
        EventType.CASE_MEMBER_ADDED,
        actor=actor,
        at=at,
        subject=user.actor_ref,
        case_id=row.id,
        role=str(role),
        discipline=discipline,
    )


def _day(part: Json, key: str) -> date | None:
    text = part.get(key)
    if not text:
        return None
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise Invalid(Bitext(f"{key} is not a date: {text}", f"{key} 不是日期：{text}")) from error


def _code(enumeration: Any, value: object, key: str) -> Any:
    try:
        return enumeration(str(value))
    except ValueError as error:
        raise Invalid(Bitext(f"{key} has an unknown code: {value}", f"{key} 的代码未知：{value}")) from error


def moment_of(day: date | None, otherwise: datetime) -> datetime:
    """Ten in the morning UTC of that day, for acts a file dates only by their day."""
    return datetime.combine(day, time(10), UTC) if day else otherwise
