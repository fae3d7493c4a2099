"""Whole cases in the exchange format: patient, outside opinion, questions, materials, signed inputs.

Importing is an act of its own: it stores inputs as signed elsewhere, makes the panel's missing
members as people who cannot sign in, and skips the guards that concern a person at a screen.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
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
from mdtapp.errors import DomainError, Invalid
from mdtapp.materials.operations import add_material
from mdtapp.materials.status import MaterialKind, MaterialStatus
from mdtapp.opinions import findings
from mdtapp.opinions.exchange_shape import check_shape, question_keys
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.inputs.operations import import_signed
from mdtapp.people.models import User
from mdtapp.people.operations import add_person
from mdtapp.people.queries import find_by_email
from mdtapp.people.roles import Role
from mdtapp.store.db import session
from mdtapp.store.types import canonical_json

IMPORTED_DOMAIN = "imported.invalid"
NOWHERE = "ZZ"
FIRST_BIRTH_YEAR = 1900
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Importer:
    """Whoever imports, by reference: without the rights and the limits of a person at a screen."""

    actor_ref: str


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


def check(entry: Json, place: int, *, complete: bool = False) -> None:
    """Invalid, naming the case, unless the `place`th entry of a file can be taken; nothing is stored for it."""
    with named(entry, place):
        check_shape(entry, complete=complete)
        CaseFacts.from_json(entry)
        _check_panel(entry)


@contextmanager
def named(entry: Json, place: int) -> Iterator[None]:
    """A refusal of one case of a file says which case it is about."""
    try:
        yield
    except DomainError as refusal:
        given = entry.get("id")
        name = given[:60] if isinstance(given, str) and given else f"case {place}"
        fields = list(dict.fromkeys(refusal.fields.values())) if isinstance(refusal, Invalid) else []
        parts = [refusal.sentence, *(text for text in fields if text != refusal.sentence)]
        raise Invalid(
            Bitext(
                f"{name}: {' '.join(part.en for part in parts)}",
                f"{name}：{''.join(part.zh for part in parts)}",
            )
        ) from refusal


def import_case(
    *, actor: Actor, at: datetime, entry: Json, identity_key: str, demonstration: bool = False
) -> Imported:
    """One checked case of the file with its signed inputs, in review; importing twice makes two cases."""
    actor, known = Importer(actor.actor_ref), entry.get("case") or {}
    row = cases.register(
        actor=actor,
        at=at,
        patient=_patient(entry, at),
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


def _patient(entry: Json, at: datetime) -> cases.PatientFacts:
    person = entry.get("patient") or {}
    return cases.PatientFacts(
        pseudonym=person.get("pseudonym") or "",
        sex=_code(Sex, person.get("sex") or "unknown", "sex"),
        birth_year=_birth_year(person, entry.get("case") or {}, at),
        home_country=(person.get("home_country") or NOWHERE).upper(),
        home_language=person.get("home_language") or "en",
        other_languages=list(person.get("other_languages") or []),
        interpreter=bool(person.get("interpreter")),
        menopausal=person.get("menopausal") or "",
        home_physician=dict(person.get("home_physician") or {}),
    )


def _birth_year(person: Json, known_case: Json, at: datetime) -> int | None:
    """As given, or from the age at the meeting; where none is planned, when the case came in."""
    born: int | None = person.get("birth_year")
    if born is not None or person.get("age") is None:
        return born
    then = _day(known_case, "meeting_on") or _day(known_case, "received_on") or at.date()
    born = then.year - int(person["age"])
    if born < FIRST_BIRTH_YEAR:
        raise Invalid(Bitext("The age does not fit the dates.", "年龄与日期不符。"))
    return born


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
        inviting_party=known.get("inviting_party") or "",
        setting=known.get("setting") or "",
        diagnosed_on=_day(known, "diagnosed_on"),
        due_on=_day(known, "due_on"),
        next_home_treatment_on=_day(known, "next_home_treatment_on"),
        urgency=_code(Urgency, known.get("urgency") or "routine", "urgency"),
        wishes=Bitext.of(entry.get("wishes")),
    )


def _questions(row: Case, entry: Json) -> None:
    questions = entry.get("questions") or []
    for position, (key, question) in enumerate(
        zip(question_keys(questions), questions, strict=True), start=1
    ):
        row.questions.append(
            PatientQuestion(
                key=key,
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
        OutsideOpinion(
            label="A",
            institution=outside.pop("institution", None) or "",
            country=(outside.pop("country", None) or "").upper(),
            given_on=_day({"given_on": outside.pop("given_on", None)}, "given_on"),
            diagnosis_text=diagnosis,
            plan=plan,
            fields=outside,
            steps=steps,
        )
    )


def _materials(row: Case, entry: Json, actor: Actor, at: datetime) -> None:
    materials = entry.get("materials") or []
    numbers = [_number(material) for material in materials]
    free = (number for number in itertools.count(1) if number not in numbers)
    for material, number in zip(materials, numbers, strict=True):
        add_material(
            actor=actor,
            at=at,
            case=row,
            kind=_code(MaterialKind, material.get("kind") or "other", "kind"),
            title=material.get("title") or material.get("kind") or "material",
            dated_on=_day(material, "date"),
            language=material.get("language") or "",
            status=_code(MaterialStatus, material.get("status") or "received", "status"),
            number=number or next(free),
        )


def _number(material: Json) -> int:
    """The number in an id such as M3, by which inputs name the material; 0 for other ids and none."""
    numbered = re.fullmatch(r"M(\d{1,4})", material.get("id") or "", re.ASCII)
    return int(numbered.group(1)) if numbered else 0


def _check_panel(entry: Json) -> None:
    """Disciplines that exist, one seat each, one chair at most; no material number twice."""
    seats = entry.get("panel") or []
    named_ones = [str(seat.get("discipline") or "") for seat in seats]
    unknown = [
        key for key in (*named_ones, *(entry.get("inputs") or {})) if key not in catalogue().disciplines
    ]
    if unknown:
        raise Invalid(Bitext(f"There is no discipline {unknown[0]}.", f"无此学科：{unknown[0]}。"))
    if twice := _first_repeated(named_ones):
        raise Invalid(Bitext(f"The panel has two seats for {twice}.", f"会诊组中{twice}有两个席位。"))
    if sum(bool(seat.get("chair")) for seat in seats) > 1:
        raise Invalid(Bitext("The panel has more than one chair.", "会诊组有多于一位主席。"))
    numbers = [number for material in entry.get("materials") or [] if (number := _number(material))]
    if repeated := _first_repeated(numbers):
        raise Invalid(Bitext(f"Two materials are called M{repeated}.", f"有两份资料的编号均为M{repeated}。"))


def _first_repeated(values: Sequence[Any]) -> Any:
    return next((value for value in values if values.count(value) > 1), None)


def _panel(row: Case, entry: Json, actor: Actor, at: datetime) -> dict[str, User]:
    """The members named in the file, and an author for every input nobody is named for."""
    seats = [dict(seat) for seat in entry.get("panel") or []]
    named = {seat.get("discipline") for seat in seats}
    seats += [{"discipline": key} for key in entry.get("inputs") or {} if key not in named]
    authors: dict[str, User] = {}
    for seat in seats:
        discipline = str(seat["discipline"])
        user = _member(seat, discipline, actor, at)
        authors[discipline] = user
        _seat(row, user, MemberRole.AUTHOR, discipline, actor, at)
        if seat.get("chair"):
            _seat(row, user, MemberRole.CHAIR, None, actor, at)
    session.flush()
    return authors


def _member(seat: Json, discipline: str, actor: Actor, at: datetime) -> User:
    """The same person from an earlier import, or a new one who cannot sign in."""
    chair = bool(seat.get("chair"))
    words: dict[str, str] = {
        key: (seat.get(key) or "").strip() for key in ("name", "name_zh", "title", "licence_no")
    }
    name = words["name"] or words["name_zh"] or f"Imported author ({discipline})"
    # All that is known of a person: a name in another script leaves nothing in the readable part.
    told = hashlib.sha256(canonical_json([words, discipline, chair]).encode()).hexdigest()[:8]
    slug = re.sub(r"[^a-z0-9]+", ".", f"{name} {discipline}".lower()).strip(".")
    email = f"{slug[:180]}.{told}@{IMPORTED_DOMAIN}"
    return find_by_email(email) or add_person(
        actor=actor,
        at=at,
        email=email,
        name=name,
        name_zh=words["name_zh"],
        role=Role.CHAIR if chair else Role.SPECIALIST,
        disciplines=[discipline],
        title=words["title"],
        licence_no=words["licence_no"],
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
    return date.fromisoformat(part[key]) if part.get(key) else None


def _code(enumeration: Any, value: object, key: str) -> Any:
    try:
        return enumeration(str(value))
    except ValueError as error:
        raise Invalid(
            Bitext(f"{key} has an unknown code: {value}.", f"{key}的代码未知：{value}。")
        ) from error
