"""Calendar, the page of a meeting with its agenda, the room of each case, the minutes, the .ics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from mdtapp.cases.queries import get_case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.meetings import access, operations, queries
from mdtapp.meetings.forms import (
    AgendaForm,
    AttendanceForm,
    DecisionForm,
    DeferForm,
    DissentForm,
    PlanForm,
    ReasonForm,
    StepForm,
    attendance_form,
)
from mdtapp.meetings.invitation import invitation
from mdtapp.meetings.minutes import DEFERRAL_LABELS, PROMPTS, consensus
from mdtapp.meetings.status import BEFORE_SESSION, AgendaStatus, MeetingStatus
from mdtapp.opinions.case_page import banner_for, discipline_states
from mdtapp.opinions.inputs.queries import written_disciplines
from mdtapp.opinions.queries import case_facts
from mdtapp.opinions.result_class import propose
from mdtapp.people.queries import list_by_role
from mdtapp.people.roles import Permission, Role
from mdtapp.web.clock import now, settings, today
from mdtapp.web.guards import requires
from mdtapp.web.language import current_language
from mdtapp.web.login import signed_in

if TYPE_CHECKING:
    from mdtapp.meetings.models import AgendaItem, Meeting

meetings = Blueprint("meetings", __name__)
MEETING = "/meetings/<int(max=2147483647):meeting_id>"
ROOM = f"{MEETING}/cases/<case_no>"
STALE = Bitext(
    "Somebody recorded something in between, for example a dissent. Read it, then save again: your text is still here.",
    "期间有人作了记录（例如不同意见）。请阅读后再次保存，您的内容仍在此处。",
)


# --- calendar -----------------------------------------------------------------------------------


@meetings.get("/meetings/")
@requires(Permission.MEETING_READ)
def meeting_list() -> ResponseReturnValue:
    return render_template(
        "meetings/list.html",
        calendar=queries.calendar(signed_in()),
        may_plan=Permission.MEETING_PLAN in signed_in().permissions,
    )


@meetings.get("/meetings/new")
@requires(Permission.MEETING_PLAN)
def new_meeting() -> ResponseReturnValue:
    form = PlanForm().fill_choices(list_by_role(Role.CHAIR))
    return render_template("meetings/plan.html", form=form, meeting=None, zone=settings().timezone)


@meetings.post("/meetings/new")
@requires(Permission.MEETING_PLAN)
def plan() -> ResponseReturnValue:
    zone, chairs = settings().timezone, list_by_role(Role.CHAIR)
    form = PlanForm().fill_choices(chairs)
    if form.validate_on_submit():
        with form.showing_refusals():
            meeting = operations.plan(actor=signed_in(), at=now(), wanted=form.to_plan(zone, chairs))
            flash(_("The meeting is planned. Put its cases on the agenda."), "ok")
            return redirect(url_for("meetings.meeting_page", meeting_id=meeting.id))
    return render_template("meetings/plan.html", form=form, meeting=None, zone=zone), 422


@meetings.get(f"{MEETING}.ics")
@requires(Permission.MEETING_READ)
def calendar_file(meeting_id: int) -> ResponseReturnValue:
    meeting = queries.get_meeting(meeting_id, signed_in())
    address = settings().base_url + url_for("meetings.meeting_page", meeting_id=meeting_id)
    content = invitation(meeting, at=now(), address=address, language=current_language())
    answer = Response(content, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="meeting-{meeting_id}.ics"'
    return answer


# --- one meeting --------------------------------------------------------------------------------


@meetings.get(MEETING)
@requires(Permission.MEETING_READ)
def meeting_page(meeting_id: int) -> ResponseReturnValue:
    meeting = queries.get_meeting(meeting_id, signed_in())
    return render_template("meetings/meeting.html", **_meeting(meeting))


@meetings.get(f"{MEETING}/reschedule")
@requires(Permission.MEETING_PLAN)
def edit_plan(meeting_id: int) -> ResponseReturnValue:
    meeting = queries.get_meeting(meeting_id, signed_in())
    form = PlanForm().fill_choices(list_by_role(Role.CHAIR)).fill_from(meeting)
    return render_template("meetings/plan.html", form=form, meeting=meeting, zone=meeting.timezone)


@meetings.post(f"{MEETING}/reschedule")
@requires(Permission.MEETING_PLAN)
def reschedule(meeting_id: int) -> ResponseReturnValue:
    meeting, chairs = queries.get_meeting(meeting_id, signed_in()), list_by_role(Role.CHAIR)
    form = PlanForm().fill_choices(chairs)
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.reschedule(
                actor=signed_in(),
                at=now(),
                meeting=meeting,
                row_version=form.version,
                wanted=form.to_plan(ZoneInfo(meeting.timezone), chairs),
            )
            flash(_("The meeting is changed. Send the calendar file again to whoever has the old one."), "ok")
            return _to_meeting(meeting_id)
    return render_template("meetings/plan.html", form=form, meeting=meeting, zone=meeting.timezone), 422


@meetings.post(f"{MEETING}/agenda")
@requires(Permission.MEETING_PLAN)
def put_on_agenda(meeting_id: int) -> ResponseReturnValue:
    meeting = queries.get_meeting(meeting_id, signed_in())
    form = AgendaForm().fill_choices(queries.cases_for_agenda(meeting, signed_in()))
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.put_on_agenda(
                actor=signed_in(),
                at=now(),
                meeting=meeting,
                case=get_case(form.case_no.data, signed_in()),
                row_version=form.version,
                planned_minutes=form.planned_minutes.data,
            )
            return _to_meeting(meeting_id)
    return render_template("meetings/meeting.html", **_meeting(meeting, agenda_form=form)), 422


@meetings.post(f"{ROOM}/order/<any(up, down):direction>")
@requires(Permission.MEETING_PLAN)
def reorder(meeting_id: int, case_no: str, direction: str) -> ResponseReturnValue:
    item = _item(meeting_id, case_no)
    operations.reorder(
        actor=signed_in(),
        at=now(),
        item=item,
        row_version=StepForm().version,
        step=-1 if direction == "up" else 1,
    )
    return redirect(url_for("meetings.meeting_page", meeting_id=meeting_id, _anchor=f"case-{case_no}"))


@meetings.post(f"{ROOM}/remove")
@requires(Permission.MEETING_PLAN)
def take_off(meeting_id: int, case_no: str) -> ResponseReturnValue:
    item, form = _item(meeting_id, case_no), ReasonForm()
    if form.validate_on_submit():
        operations.take_off(
            actor=signed_in(),
            at=now(),
            item=item,
            row_version=form.version,
            reason=form.reason.data or "",
        )
        flash(_("Taken off the agenda. The case is in review again."), "ok")
        return _to_meeting(meeting_id)
    return render_template("meetings/meeting.html", **_meeting(item.meeting, reason_form=form)), 422


@meetings.post(f"{MEETING}/prepare")
@requires(Permission.MEETING_PLAN)
def prepare(meeting_id: int) -> ResponseReturnValue:
    meeting = queries.get_meeting(meeting_id, signed_in())
    core = {key for key, discipline in catalogue().disciplines.items() if discipline.core}
    gaps = {item.case_id: core - written_disciplines(item.case_id) for item in meeting.items}
    operations.prepare(
        actor=signed_in(), at=now(), meeting=meeting, row_version=StepForm().version, gaps=gaps
    )
    return _to_meeting(meeting_id)


@meetings.post(f"{MEETING}/cancel")
@requires(Permission.MEETING_PLAN)
def cancel(meeting_id: int) -> ResponseReturnValue:
    meeting, form = queries.get_meeting(meeting_id, signed_in()), ReasonForm()
    if form.validate_on_submit():
        operations.cancel(
            actor=signed_in(),
            at=now(),
            meeting=meeting,
            row_version=form.version,
            reason=form.reason.data or "",
        )
        flash(_("The meeting is cancelled. Its cases are in review again."), "ok")
        return _to_meeting(meeting_id)
    return render_template("meetings/meeting.html", **_meeting(meeting, reason_form=form)), 422


@meetings.post(f"{MEETING}/<any(start, end, confirm):step>")
@requires(Permission.MEETING_RUN)
def run(meeting_id: int, step: str) -> ResponseReturnValue:
    meeting = queries.get_meeting(meeting_id, signed_in())
    steps = {"start": operations.start, "end": operations.end, "confirm": operations.confirm_minutes}
    steps[step](actor=signed_in(), at=now(), meeting=meeting, row_version=StepForm().version)
    return redirect(
        url_for("meetings.minutes" if step != "start" else "meetings.meeting_page", meeting_id=meeting_id)
    )


@meetings.get(f"{MEETING}/minutes")
@requires(Permission.MEETING_READ)
def minutes(meeting_id: int) -> ResponseReturnValue:
    meeting = queries.get_meeting(meeting_id, signed_in())
    return render_template(
        "meetings/minutes.html", **_meeting(meeting), prompts=PROMPTS, votes_of=queries.votes_of
    )


# --- the room of one case -----------------------------------------------------------------------


@meetings.get(ROOM)
@requires(Permission.MEETING_READ)
def room(meeting_id: int, case_no: str) -> ResponseReturnValue:
    return _room(_item(meeting_id, case_no))


@meetings.post(f"{ROOM}/attendance")
@requires(Permission.MEETING_RUN)
def take_attendance(meeting_id: int, case_no: str) -> ResponseReturnValue:
    item = _item(meeting_id, case_no)
    taken = queries.seats(item)
    form = attendance_form(taken, {})
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.take_attendance(
                actor=signed_in(),
                at=now(),
                item=item,
                row_version=form.version,
                presences=form.presences(taken),
            )
            return _to_room(meeting_id, case_no)
    return _room(item, attendance=form), 422


@meetings.post(f"{ROOM}/dissent")
@requires(Permission.MEETING_DISSENT)
def record_dissent(meeting_id: int, case_no: str) -> ResponseReturnValue:
    item, form = _item(meeting_id, case_no), DissentForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.record_dissent(
                actor=signed_in(),
                at=now(),
                item=item,
                text=form.to_text(),
                to_patient=bool(form.to_patient.data),
            )
            flash(_("Your view is recorded under your name."), "ok")
            return _to_room(meeting_id, case_no)
    return _room(item, dissent=form), 422


@meetings.post(f"{ROOM}/decision")
@requires(Permission.MEETING_RUN)
def conclude(meeting_id: int, case_no: str) -> ResponseReturnValue:
    item, form = _item(meeting_id, case_no), DecisionForm().fill_choices()
    if form.version != item.row_version and item.status == AgendaStatus.WAITING:
        form.refuse("", STALE)
        return _room(item, decision=form), 409
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.conclude(
                actor=signed_in(),
                at=now(),
                item=item,
                row_version=form.version,
                wanted=form.to_conclusion(written_disciplines(item.case_id)),
            )
            flash(_("The decision is recorded."), "ok")
            return _to_room(meeting_id, case_no)
    return _room(item, decision=form), 422


@meetings.post(f"{ROOM}/defer")
@requires(Permission.MEETING_RUN)
def defer(meeting_id: int, case_no: str) -> ResponseReturnValue:
    item, form = _item(meeting_id, case_no), DeferForm().fill_choices()
    if form.validate_on_submit():
        operations.defer(
            actor=signed_in(),
            at=now(),
            item=item,
            row_version=form.version,
            reason=form.reason,
            note=form.note.data or "",
        )
        flash(_("Deferred. The case is in review again."), "ok")
        return _to_room(meeting_id, case_no)
    return _room(item, deferral=form), 422


# --- what the pages show ------------------------------------------------------------------------


def _item(meeting_id: int, case_no: str) -> AgendaItem:
    """The place of the case on the agenda, for whoever may see both."""
    return queries.get_item(queries.get_meeting(meeting_id, signed_in()), case_no, signed_in())


def _to_meeting(meeting_id: int) -> ResponseReturnValue:
    return redirect(url_for("meetings.meeting_page", meeting_id=meeting_id))


def _to_room(meeting_id: int, case_no: str) -> ResponseReturnValue:
    return redirect(url_for("meetings.room", meeting_id=meeting_id, case_no=case_no))


def _meeting(
    meeting: Meeting, *, agenda_form: AgendaForm | None = None, reason_form: ReasonForm | None = None
) -> dict[str, Any]:
    user = signed_in()
    agenda = queries.agenda(meeting, user)
    ready = queries.cases_for_agenda(meeting, user) if access.can_change(user, meeting) else []
    return {
        "meeting": meeting,
        "agenda": agenda,
        "states": discipline_states([row.item.case for row in agenda.rows], user),
        "ready": ready,
        "agenda_form": agenda_form or AgendaForm(formdata=None).fill_choices(ready),
        "reason_form": reason_form or ReasonForm(formdata=None),
        "may_change": access.can_change(user, meeting),
        "may_run": access.can_run(user, meeting),
        "before_session": meeting.status in BEFORE_SESSION,
        "waiting": [row.item for row in agenda.rows if row.item.status == AgendaStatus.WAITING],
        "result_classes": catalogue().result_classes,
        "deferral_labels": DEFERRAL_LABELS,
        "seats": queries.seats,
        "consensus": consensus,
    }


def _room(
    item: AgendaItem,
    *,
    attendance: AttendanceForm | None = None,
    decision: DecisionForm | None = None,
    dissent: DissentForm | None = None,
    deferral: DeferForm | None = None,
) -> str:
    user, meeting = signed_in(), item.meeting
    seats = queries.seats(item)
    open_now = meeting.status == MeetingStatus.IN_SESSION and item.status == AgendaStatus.WAITING
    return render_template(
        "meetings/room.html",
        meeting=meeting,
        item=item,
        case=item.case,
        banner=banner_for(item.case, user, "meeting", today()),
        states=discipline_states([item.case], user).get(item.case_id, []),
        seats=seats,
        quorum=queries.quorum_of(item, written_disciplines(item.case_id)),
        attendance=attendance or attendance_form(seats, queries.usual_presences(item)),
        decision=decision or DecisionForm(formdata=None).fill_choices(),
        dissent=dissent or DissentForm(formdata=None),
        deferral=deferral or DeferForm(formdata=None).fill_choices(),
        may_run=open_now and access.can_run(user, meeting),
        may_dissent=access.can_dissent(user, item)
        and meeting.status == MeetingStatus.IN_SESSION
        and item.status != AgendaStatus.DEFERRED,
        present=sum(seat.presence in access.LIVE for seat in seats),
        neighbours=queries.neighbours(item, user),
        result_classes=catalogue().result_classes,
        deferral_labels=DEFERRAL_LABELS,
        consensus=consensus,
        votes=queries.votes_of(item),
        prompts=PROMPTS,
        proposal=propose(case_facts(item.case)) if open_now and access.can_run(user, meeting) else None,
    )
