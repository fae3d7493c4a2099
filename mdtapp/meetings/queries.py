"""Reading meetings, always for a person; and what was decided about a case."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import selectinload

from mdtapp.cases import access as case_access
from mdtapp.cases.models import Case, CaseMember, MemberRole
from mdtapp.cases.queries import visible_to
from mdtapp.cases.status import CaseStatus
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.errors import NotFound
from mdtapp.meetings.access import LIVE, can_see
from mdtapp.meetings.decision import AttendanceRecord, DissentRecord
from mdtapp.meetings.decision import Decision as Decision
from mdtapp.meetings.minutes import Presence, Votes
from mdtapp.meetings.models import AgendaItem, Attendance, Meeting
from mdtapp.meetings.quorum import Quorum, quorum
from mdtapp.meetings.status import AFTER_SESSION, AgendaStatus, MeetingStatus
from mdtapp.meetings.times import overlap
from mdtapp.people.models import User
from mdtapp.store.db import session

PAST_SHOWN = 40
LONGEST = timedelta(hours=8)
NO_SUCH_MEETING = Bitext(
    "There is no such meeting, or it is not yours to see. Go back to the list of meetings.",
    "无此会诊或您无权查看，请返回会诊列表。",
)
CLOSED = (*AFTER_SESSION, MeetingStatus.CANCELLED)


def get_meeting(meeting_id: int, user: User) -> Meeting:
    """The meeting for this person; NotFound for an unknown and a foreign one alike."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None or not can_see(user, meeting):
        raise NotFound(NO_SUCH_MEETING)
    return meeting


def get_item(meeting: Meeting, case_no: str, user: User) -> AgendaItem:
    """The place of a case on the agenda, when the person may see the case."""
    item = next((row for row in meeting.items if row.case.case_no == case_no), None)
    if item is None or not case_access.can_see(user, item.case):
        raise NotFound(NO_SUCH_MEETING)
    return item


@dataclass(frozen=True, slots=True)
class Calendar:
    """Meetings to come, the next one first; and those that are over, the latest first."""

    coming: Sequence[Meeting]
    over: Sequence[Meeting]


def calendar(user: User) -> Calendar:
    """The meetings this person may see. Of those that are over, the latest forty."""
    query = select(Meeting).where(_visible(user)).options(selectinload(Meeting.items))
    coming = query.where(Meeting.status.not_in(CLOSED)).order_by(Meeting.starts_at, Meeting.id)
    over = query.where(Meeting.status.in_(CLOSED)).order_by(Meeting.starts_at.desc(), Meeting.id.desc())
    return Calendar(
        session.scalars(coming).unique().all(), session.scalars(over.limit(PAST_SHOWN)).unique().all()
    )


def _visible(user: User) -> ColumnElement[bool]:
    on_agenda = (
        select(AgendaItem.id)
        .join(Case, AgendaItem.case_id == Case.id)
        .where(AgendaItem.meeting_id == Meeting.id, visible_to(user))
        .correlate(Meeting)
    )
    return or_(Meeting.chair_id == user.id, Meeting.coordinator_id == user.id, exists(on_agenda))


@dataclass(frozen=True, slots=True)
class AgendaRow:
    """One case of the agenda and when its turn is, by the planned minutes before it."""

    item: AgendaItem
    begins_at: datetime


@dataclass(frozen=True, slots=True)
class Agenda:
    """What this person sees of the agenda; `hidden` counts the cases that are not theirs to see."""

    rows: Sequence[AgendaRow]
    hidden: int


def agenda(meeting: Meeting, user: User) -> Agenda:
    rows, begins_at = [], meeting.starts_at
    for item in meeting.items:
        rows.append(AgendaRow(item, begins_at))
        begins_at += timedelta(minutes=item.planned_minutes)
    seen = [row for row in rows if case_access.can_see(user, row.item.case)]
    return Agenda(seen, len(rows) - len(seen))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The cases before and after one on the agenda, as far as the person may see them."""

    number: int
    count: int
    before: AgendaItem | None
    after: AgendaItem | None


def neighbours(item: AgendaItem, user: User) -> Neighbours:
    seen = [row.item for row in agenda(item.meeting, user).rows]
    place = seen.index(item)
    before = seen[place - 1] if place else None
    after = seen[place + 1] if place + 1 < len(seen) else None
    return Neighbours(item.position, len(item.meeting.items), before, after)


@dataclass(frozen=True, slots=True)
class Seat:
    """One person who takes part in the discussion of a case, and how; None until attendance is taken."""

    user: User
    discipline: str
    chair: bool
    presence: Presence | None


def seats(item: AgendaItem) -> list[Seat]:
    """The panel of the case: the meeting's chair first, then the authors in the order of the disciplines."""
    authors = {member.user_id: member for member in _authors(item.case)}
    chair = item.meeting.chair
    people = {chair.id: chair} | {member.user_id: member.user for member in authors.values()}
    taken = {row.user_id: row.presence for row in item.attendances}
    return [
        Seat(
            user,
            str(authors[user_id].discipline) if user_id in authors else "",
            user_id == chair.id,
            taken.get(user_id),
        )
        for user_id, user in people.items()
    ]


def _authors(case: Case) -> list[CaseMember]:
    order = list(catalogue().disciplines)
    found = [row for row in case.members if row.role == MemberRole.AUTHOR and row.discipline in order]
    return sorted(found, key=lambda row: order.index(str(row.discipline)))


def usual_presences(item: AgendaItem) -> dict[int, Presence]:
    """How the same people took part in the case before this one: most stay for the next."""
    earlier = [row for row in item.meeting.items if row.position < item.position and row.attendances]
    return {row.user_id: row.presence for row in earlier[-1].attendances} if earlier else {}


def quorum_of(item: AgendaItem, written: Collection[str]) -> Quorum:
    """The quorum for this case now; `written` are the disciplines with a signed input."""
    taken = seats(item)
    live = {seat.discipline for seat in taken if seat.presence in LIVE}
    core = {key: row.label for key, row in catalogue().disciplines.items() if row.core}
    chair = any(seat.chair and seat.presence in LIVE for seat in taken)
    return quorum(chair=chair, live=live, written=written, core=core)


def cases_for_agenda(meeting: Meeting, user: User) -> Sequence[Case]:
    """Cases in review that this meeting's chair chairs, and that wait on no agenda yet."""
    chaired = exists().where(
        CaseMember.case_id == Case.id,
        CaseMember.user_id == meeting.chair_id,
        CaseMember.role == MemberRole.CHAIR,
    )
    waiting = exists().where(AgendaItem.case_id == Case.id, AgendaItem.status == AgendaStatus.WAITING)
    here = exists().where(AgendaItem.case_id == Case.id, AgendaItem.meeting_id == meeting.id)
    return (
        session.scalars(
            select(Case)
            .where(
                visible_to(user),
                chaired,
                ~waiting,
                ~here,
                Case.status.in_((CaseStatus.IN_REVIEW, CaseStatus.SCHEDULED)),
            )
            .order_by(Case.due_on, Case.id)
        )
        .unique()
        .all()
    )


def waiting_item(case_id: int) -> AgendaItem | None:
    """Where the case waits to be discussed, or None."""
    return session.scalars(
        select(AgendaItem).where(AgendaItem.case_id == case_id, AgendaItem.status == AgendaStatus.WAITING)
    ).first()


def next_meeting(case_id: int) -> Meeting | None:
    """The meeting on whose agenda the case waits; the page of the case shows its date."""
    item = waiting_item(case_id)
    return item.meeting if item else None


def find_clash(
    chair_id: int, starts_at: datetime, minutes: int, *, but: Meeting | None = None
) -> Meeting | None:
    """Another meeting of the same chair that shares a minute with this one."""
    near = session.scalars(
        select(Meeting)
        .where(
            Meeting.chair_id == chair_id,
            Meeting.status != MeetingStatus.CANCELLED,
            Meeting.starts_at > starts_at - LONGEST,
            Meeting.starts_at < starts_at + timedelta(minutes=minutes),
        )
        .order_by(Meeting.starts_at)
    )
    return next(
        (
            other
            for other in near
            if other is not but and overlap(starts_at, minutes, other.starts_at, other.minutes)
        ),
        None,
    )


def decision_of(case_id: int) -> Decision | None:
    """The latest decision about the case, or None before it was concluded."""
    item = session.scalars(
        select(AgendaItem)
        .where(AgendaItem.case_id == case_id, AgendaItem.status == AgendaStatus.CONCLUDED)
        .order_by(AgendaItem.decided_at.desc(), AgendaItem.id.desc())
    ).first()
    return _decision(item) if item else None


def _decision(item: AgendaItem) -> Decision:
    meeting = item.meeting
    assert item.decided_at is not None
    return Decision(
        item_id=item.id,
        meeting_id=meeting.id,
        held_on=local_date(meeting),
        decided_at=item.decided_at,
        result_class=item.result_class,
        also=tuple(item.also),
        summary=item.decision,
        votes=votes_of(item),
        dissents=tuple(
            DissentRecord(
                row.user_id, row.user.name, row.user.name_zh, row.discipline, row.text, row.to_patient
            )
            for row in sorted(item.dissents, key=lambda row: (_place(row.discipline), row.id))
        ),
        attendance=tuple(_attended(row, meeting) for row in sorted(item.attendances, key=_seating(meeting))),
    )


def _attended(row: Attendance, meeting: Meeting) -> AttendanceRecord:
    chair = row.user_id == meeting.chair_id
    return AttendanceRecord(
        row.user_id, row.user.name, row.user.name_zh, row.discipline, chair, str(row.presence)
    )


def _seating(meeting: Meeting) -> Any:
    return lambda row: (row.user_id != meeting.chair_id, _place(row.discipline), row.id)


def _place(discipline: str) -> int:
    order: Mapping[str, int] = {key: number for number, key in enumerate(catalogue().disciplines)}
    return order.get(discipline, len(order))


def votes_of(item: AgendaItem) -> Votes:
    return Votes(item.votes_for, item.votes_against, item.votes_abstain)


def local_date(meeting: Meeting) -> date:
    """The day of the meeting where it is held."""
    return meeting.starts_at.astimezone(ZoneInfo(meeting.timezone)).date()
