"""Reading cases, always for a person: there is no unscoped read for a page."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, Text, exists, func, or_, select, tuple_, type_coerce
from sqlalchemy.orm import aliased, selectinload

from mdtapp.cases.access import can_see
from mdtapp.cases.models import Case, CaseMember, OutsideOpinion, Patient
from mdtapp.cases.status import CaseStatus
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.people.models import User
from mdtapp.people.roles import Role
from mdtapp.store.db import session
from mdtapp.store.numbers import whole_number

PAGE = 40
NO_SUCH_CASE = Bitext(
    "There is no such case, or it is not yours to see. Go back to your work list.",
    "无此病例或您无权查看，请返回工作列表。",
)
CASE_NO = re.compile(r"MDT-\d{4}-\d{4,9}", re.ASCII)


def get_case(case_no: str, user: User) -> Case:
    """The case of this number for this person; NotFound for an unknown and a foreign one alike."""
    case = find_case(case_no)
    if case is None or not can_see(user, case):
        raise NotFound(NO_SUCH_CASE)
    return case


def find_case(case_no: str) -> Case | None:
    """The case whoever asks: for the command line and for parts of the system, never for a page."""
    if not CASE_NO.fullmatch(case_no):
        return None
    query = select(Case).where(Case.case_no == case_no).options(selectinload(Case.members))
    return session.scalars(query).unique().one_or_none()


def visible_to(user: User) -> ColumnElement[bool]:
    """The condition every list of cases carries."""
    seat = aliased(CaseMember)
    member = exists().where(seat.case_id == Case.id, seat.user_id == user.id)
    return or_(Case.open_to_coordinators, member) if user.role == Role.COORDINATOR else member


@dataclass(frozen=True, slots=True)
class WorkListPage:
    """Cases by due date; `next_after` is the key of the following page, None on the last."""

    cases: Sequence[Case]
    next_after: str | None


def work_list(
    user: User, *, statuses: Sequence[CaseStatus] = (), search: str = "", after: str | None = None
) -> WorkListPage:
    """One page of the person's cases, by due date then number, paged by key (never by offset)."""
    keys: set[tuple[date, int]] = set()
    for reach in _reaches(user):
        for status in statuses or (None,):
            # Each of these is the head of one index, however many cases there are.
            heads = reach if status is None else reach.where(Case.status == status)
            heads = _matching(_after(heads, after), search).order_by(Case.due_key, Case.id).limit(PAGE + 1)
            keys.update((due, number) for due, number in session.execute(heads))
    wanted = sorted(keys)[: PAGE + 1]
    cases = _cases([number for _due, number in wanted[:PAGE]])
    return WorkListPage(cases, _key(*wanted[PAGE - 1]) if len(wanted) > PAGE else None)


def _reaches(user: User) -> list[Select[date, int]]:
    """Due key and id of the cases a person reaches, one query for each way: as a member, as any coordinator."""
    keys = select(Case.due_key, Case.id)
    as_member = keys.distinct().join(CaseMember).where(CaseMember.user_id == user.id)
    if user.role != Role.COORDINATOR:
        return [as_member]
    return [as_member, keys.where(Case.open_to_coordinators)]


def _cases(ids: Sequence[int]) -> list[Case]:
    """The cases of these ids, in their order."""
    query = select(Case).where(Case.id.in_(ids)).options(selectinload(Case.members))
    found = {case.id: case for case in session.scalars(query).unique()}
    return [found[number] for number in ids]


def _key(due: date, number: int) -> str:
    return f"{due.isoformat()}.{number}"


def _after(query: Select[date, int], key: str | None) -> Select[date, int]:
    day, _, number = (key or "").partition(".")
    key_id = whole_number(number)
    if key_id is None:
        return query
    try:
        due = date.fromisoformat(day)
    except ValueError:
        return query
    return query.where(tuple_(Case.due_key, Case.id) > (due, key_id))


def _matching(query: Select[date, int], search: str) -> Select[date, int]:
    words = search.replace("\0", "").strip()
    if not words:
        return query
    as_stored = json.dumps(words, ensure_ascii=False)[1:-1]
    return query.join(Case.patient).where(
        or_(
            Case.case_no.icontains(words, autoescape=True),
            Patient.pseudonym.icontains(words, autoescape=True),
            _title_words().icontains(as_stored, autoescape=True),
        )
    )


def _title_words() -> ColumnElement[str]:
    """The title in both languages without the keys of its stored form, which every title has."""
    stored = type_coerce(Case.title, Text)
    return func.replace(func.replace(stored, '{"en":"', ""), '","zh":"', "\n")


def outside_opinion(case: Case, label: str) -> OutsideOpinion | None:
    """The opinion of one home hospital (`A`, `B`, …), or None when it is not transcribed yet."""
    if not re.fullmatch(r"[A-D]", label):
        raise NotFound(NO_SUCH_CASE)
    return next((opinion for opinion in case.outside_opinions if opinion.label == label), None)
