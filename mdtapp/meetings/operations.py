"""Planning and running a meeting: check, change, record, in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm.attributes import flag_modified

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import record
from mdtapp.cases import access as case_access
from mdtapp.cases.models import Case
from mdtapp.cases.operations import move
from mdtapp.cases.status import CaseStatus
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid, InvalidTransition
from mdtapp.meetings import access, checks, queries
from mdtapp.meetings.checks import Conclusion, MeetingPlan
from mdtapp.meetings.minutes import PROMPTS, DeferralReason, Presence
from mdtapp.meetings.models import AgendaItem, Attendance, Dissent, Meeting
from mdtapp.meetings.status import AGENDA_LIFECYCLE, MEETING_LIFECYCLE, AgendaStatus, MeetingStatus
from mdtapp.people.models import User
from mdtapp.store.db import session

# --- before the meeting -------------------------------------------------------------------------


def plan(*, actor: User, at: datetime, wanted: MeetingPlan) -> Meeting:
    """A new meeting of the board; its coordinator is whoever plans it."""
    access.check_can_plan(actor)
    starts_at = checks.start_of(wanted, at)
    meeting = Meeting(coordinator_id=actor.id, starts_at=starts_at)
    _write_plan(meeting, wanted, starts_at)
    session.add(meeting)
    session.flush()
    _note(
        EventType.MEETING_PLANNED, actor, at, meeting, starts_at=starts_at.isoformat(), chair=wanted.chair.id
    )
    return meeting


def reschedule(
    *, actor: User, at: datetime, meeting: Meeting, row_version: int, wanted: MeetingPlan
) -> Meeting:
    """Changes time, place or chair before the session; the invitation counts one up."""
    access.check_can_change(actor, meeting)
    checks.check_fresh(meeting, row_version)
    checks.check_before_session(meeting)
    starts_at = checks.start_of(wanted, at, but=meeting)
    checks.check_chairs_all(wanted.chair, [item.case for item in meeting.items])
    _write_plan(meeting, wanted, starts_at)
    meeting.sequence += 1
    for item in meeting.items:
        if item.status == AgendaStatus.WAITING:
            item.case.meeting_on = queries.local_date(meeting)
    session.flush()
    _note(
        EventType.MEETING_RESCHEDULED,
        actor,
        at,
        meeting,
        starts_at=starts_at.isoformat(),
        chair=wanted.chair.id,
        sequence=meeting.sequence,
    )
    return meeting


def open_agenda(*, actor: User, at: datetime, meeting: Meeting) -> Meeting:
    """From now on cases can be put on the agenda."""
    access.check_can_change(actor, meeting)
    return _move(actor, at, meeting, "open_agenda")


def put_on_agenda(
    *,
    actor: User,
    at: datetime,
    meeting: Meeting,
    case: Case,
    row_version: int | None = None,
    planned_minutes: int = 15,
) -> AgendaItem:
    """Puts a case in review at the end of the agenda; the case is scheduled. Opens a planned agenda."""
    access.check_can_change(actor, meeting)
    case_access.check_can_change(actor, case)
    checks.check_fresh(meeting, row_version)
    checks.check_before_session(meeting)
    checks.check_free_for_agenda(meeting, case)
    checks.check_chairs_all(meeting.chair, [case])
    if not 5 <= planned_minutes <= 120:
        sentence = Bitext("Plan 5 to 120 minutes for a case.", "每个病例请安排5至120分钟。")
        raise Invalid(sentence, fields={"planned_minutes": sentence})
    if meeting.status == MeetingStatus.PLANNED:
        open_agenda(actor=actor, at=at, meeting=meeting)
    item = AgendaItem(case=case, position=len(meeting.items) + 1, planned_minutes=planned_minutes)
    meeting.items.append(item)
    case.meeting_on = queries.local_date(meeting)
    _touch(meeting)
    session.flush()
    if case.status == CaseStatus.IN_REVIEW:
        move(actor=actor, at=at, case=case, action="schedule")
    _note(EventType.MEETING_ITEM_ADDED, actor, at, meeting, case_id=case.id, position=item.position)
    return item


def take_off(*, actor: User, at: datetime, item: AgendaItem, row_version: int, reason: str) -> None:
    """Takes a waiting case off the agenda with a reason; it goes back to review."""
    meeting, case = item.meeting, item.case
    access.check_can_change(actor, meeting)
    case_access.check_can_change(actor, case)
    checks.check_fresh(meeting, row_version)
    checks.check_waiting(item, "take_off")
    checks.check_reason(reason)
    meeting.items.remove(item)
    _renumber(meeting.items)
    _touch(meeting)
    session.flush()
    _back_to_review(actor, at, case, reason)
    _note(EventType.MEETING_ITEM_REMOVED, actor, at, meeting, case_id=case.id)


def reorder(*, actor: User, at: datetime, item: AgendaItem, row_version: int, step: int) -> None:
    """Moves a case `step` places down the agenda (negative: up); at the ends nothing happens."""
    meeting = item.meeting
    access.check_can_change(actor, meeting)
    checks.check_fresh(meeting, row_version)
    checks.check_before_session(meeting)
    order = list(meeting.items)
    place = order.index(item)
    wanted = max(0, min(place + step, len(order) - 1))
    if wanted == place:
        return
    order.insert(wanted, order.pop(place))
    _renumber(order)
    _touch(meeting)
    session.flush()
    session.expire(meeting, ["items"])
    _note(EventType.MEETING_REORDERED, actor, at, meeting, case_id=item.case_id, position=item.position)


def prepare(
    *,
    actor: User,
    at: datetime,
    meeting: Meeting,
    row_version: int,
    gaps: Mapping[int, Collection[str]] | None = None,
) -> Meeting:
    """The agenda is ready. `gaps` names, per case id, the core disciplines without a signed input."""
    access.check_can_change(actor, meeting)
    checks.check_fresh(meeting, row_version)
    checks.check_has_cases(meeting)
    named = {str(case_id): sorted(missing) for case_id, missing in (gaps or {}).items() if missing}
    return _move(actor, at, meeting, "prepare", gaps=named)


def cancel(*, actor: User, at: datetime, meeting: Meeting, row_version: int, reason: str) -> Meeting:
    """Calls the meeting off with a reason; its cases go back to review, the invitation counts one up."""
    access.check_can_change(actor, meeting)
    checks.check_fresh(meeting, row_version)
    checks.check_reason(reason)
    meeting.cancellation_reason = reason.strip()
    meeting.sequence += 1
    _move(actor, at, meeting, "cancel")
    for item in meeting.items:
        item.status = AGENDA_LIFECYCLE.target(item.status, "defer")
        item.deferral_reason = str(DeferralReason.MEETING_CANCELLED)
        _back_to_review(actor, at, item.case, reason)
    return meeting


# --- in session ---------------------------------------------------------------------------------


def start(*, actor: User, at: datetime, meeting: Meeting, row_version: int) -> Meeting:
    """The chair opens the session; there is at least one case."""
    access.check_can_run(actor, meeting)
    checks.check_fresh(meeting, row_version)
    checks.check_has_cases(meeting)
    meeting.started_at = at
    return _move(actor, at, meeting, "start")


def take_attendance(
    *, actor: User, at: datetime, item: AgendaItem, row_version: int, presences: Mapping[int, Presence]
) -> AgendaItem:
    """How each member of the panel takes part in this case, by user id; nobody is left out."""
    access.check_can_run(actor, item.meeting)
    checks.check_fresh(item, row_version)
    checks.check_waiting_in_session(item, "take_attendance")
    panel = {seat.user.id: seat for seat in queries.seats(item)}
    checks.check_attendance(item, presences, panel)
    taken = {row.user_id: row for row in item.attendances}
    for user_id, seat in panel.items():
        row = taken.get(user_id)
        if row is None:
            row = Attendance(user=seat.user, user_id=user_id)
            item.attendances.append(row)
        row.discipline, row.presence = seat.discipline, presences[user_id]
    for user_id in taken.keys() - panel.keys():
        item.attendances.remove(taken[user_id])
    _touch(item)
    session.flush()
    _note(
        EventType.MEETING_ATTENDANCE_TAKEN,
        actor,
        at,
        item,
        presences={str(user_id): str(presence) for user_id, presence in presences.items()},
    )
    return item


def record_dissent(
    *, actor: User, at: datetime, item: AgendaItem, text: Bitext, to_patient: bool = False
) -> Dissent:
    """A member who is present sees it differently; a second text of the same person replaces the first."""
    access.check_can_dissent(actor, item)
    if item.meeting.status != MeetingStatus.IN_SESSION or item.status == AgendaStatus.DEFERRED:
        raise InvalidTransition(
            Bitext(
                "The discussion of this case is over. Ask the chair to put it on the next agenda.",
                "本病例的讨论已结束，请主席列入下次议程。",
            )
        )
    if not text:
        sentence = Bitext(
            "Write what you see differently, in either language.", "请写明您的不同看法，任一语言均可。"
        )
        raise Invalid(sentence, fields={"dissent_en": sentence})
    row = next((dissent for dissent in item.dissents if dissent.user_id == actor.id), None)
    if row is None:
        row = Dissent(user=actor, user_id=actor.id)
        item.dissents.append(row)
    row.discipline = next(entry.discipline for entry in item.attendances if entry.user_id == actor.id)
    row.text, row.to_patient, row.at = text, to_patient, at
    _touch(item)
    session.flush()
    _note(EventType.MEETING_DISSENTED, actor, at, item, discipline=row.discipline, to_patient=to_patient)
    return row


def conclude(
    *, actor: User, at: datetime, item: AgendaItem, row_version: int, wanted: Conclusion
) -> AgendaItem:
    """The decision about one case, with quorum; the case is discussed from now on."""
    access.check_can_run(actor, item.meeting)
    checks.check_fresh(item, row_version)
    checks.check_waiting_in_session(item, "conclude")
    checks.check_quorum(item, wanted.written)
    checks.check_conclusion(item, wanted)
    item.status = AGENDA_LIFECYCLE.target(item.status, "conclude")
    item.result_class, item.also, item.decision = wanted.result_class, list(wanted.also), wanted.decision
    item.votes_for, item.votes_against = wanted.votes.in_favour, wanted.votes.against
    item.votes_abstain, item.dissent_asked = wanted.votes.abstain, True
    item.prompts = {key: key in wanted.prompts for key in PROMPTS}
    item.minutes_used, item.decided_at = wanted.minutes_used, at
    session.flush()
    move(actor=actor, at=at, case=item.case, action="discuss")
    _note(
        EventType.MEETING_DECIDED,
        actor,
        at,
        item,
        result_class=item.result_class,
        votes=wanted.votes.as_json(),
        dissents=len(item.dissents),
    )
    return item


def defer(
    *,
    actor: User,
    at: datetime,
    item: AgendaItem,
    row_version: int,
    reason: DeferralReason,
    note: str = "",
) -> AgendaItem:
    """No decision today, for a coded reason; the case goes back to review."""
    access.check_can_run(actor, item.meeting)
    checks.check_fresh(item, row_version)
    checks.check_waiting_in_session(item, "defer")
    item.status = AGENDA_LIFECYCLE.target(item.status, "defer")
    item.deferral_reason, item.deferral_note = str(reason), note.strip()
    session.flush()
    _back_to_review(actor, at, item.case, str(reason))
    _note(EventType.MEETING_DEFERRED, actor, at, item, reason=str(reason))
    return item


def end(*, actor: User, at: datetime, meeting: Meeting, row_version: int) -> Meeting:
    """Every case was concluded or deferred; nothing more is discussed."""
    access.check_can_run(actor, meeting)
    checks.check_fresh(meeting, row_version)
    waiting = [item.case.patient.pseudonym for item in meeting.items if item.status == AgendaStatus.WAITING]
    if waiting:
        names = ", ".join(waiting)
        raise Invalid(
            Bitext(f"Conclude or defer first: {names}.", f"请先对以下病例作出结论或推迟：{names}。"),
            waiting=len(waiting),
        )
    meeting.ended_at = at
    return _move(actor, at, meeting, "end")


def confirm_minutes(*, actor: User, at: datetime, meeting: Meeting, row_version: int) -> Meeting:
    """The chair says that the minutes are right."""
    access.check_can_run(actor, meeting)
    checks.check_fresh(meeting, row_version)
    meeting.minutes_confirmed_at = at
    return _move(actor, at, meeting, "confirm_minutes")


# --- changes ------------------------------------------------------------------------------------


def _write_plan(meeting: Meeting, wanted: MeetingPlan, starts_at: datetime) -> None:
    meeting.title, meeting.starts_at, meeting.minutes = wanted.title.strip(), starts_at, wanted.minutes
    meeting.timezone, meeting.place = str(wanted.zone), wanted.place.strip()
    meeting.video_link = wanted.video_link.strip()
    meeting.chair, meeting.chair_id = wanted.chair, wanted.chair.id


def _move(actor: User, at: datetime, meeting: Meeting, action: str, **detail: Any) -> Meeting:
    source = meeting.status
    meeting.status = MEETING_LIFECYCLE.target(source, action)
    session.flush()
    _note(
        EventType.MEETING_MOVED,
        actor,
        at,
        meeting,
        action=action,
        source=str(source),
        target=str(meeting.status),
        **detail,
    )
    return meeting


def _note(event: EventType, actor: User, at: datetime, row: Meeting | AgendaItem, **detail: Any) -> None:
    if isinstance(row, AgendaItem):
        detail = {"case_id": row.case_id, **detail}
    record(event, actor=actor, at=at, subject=f"{row.__tablename__}:{row.id}", **detail)


def _back_to_review(actor: User, at: datetime, case: Case, reason: str) -> None:
    """A case that was withdrawn or put on hold in between stays where it is."""
    case.meeting_on = None
    if case.status == CaseStatus.SCHEDULED:
        move(actor=actor, at=at, case=case, action="unschedule", reason=reason.strip())
    session.flush()


def _renumber(items: Sequence[AgendaItem]) -> None:
    for position, item in enumerate(items, start=1):
        item.position = position


def _touch(row: Meeting | AgendaItem) -> None:
    """Counts the row version up although only rows below it changed: an older page is then stale."""
    flag_modified(row, "sequence" if isinstance(row, Meeting) else "position")
