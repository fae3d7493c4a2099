"""What a meeting refuses, with the sentence that says what to do instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import select

from mdtapp.cases import access as case_access
from mdtapp.cases.models import Case
from mdtapp.cases.status import CaseStatus
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.errors import Conflict, Invalid, InvalidTransition
from mdtapp.meetings import access, queries
from mdtapp.meetings.minutes import Presence, Votes
from mdtapp.meetings.models import AgendaItem, Meeting
from mdtapp.meetings.status import BEFORE_SESSION, AgendaStatus, MeetingStatus
from mdtapp.meetings.times import moment
from mdtapp.people.models import User
from mdtapp.people.roles import Role
from mdtapp.store.db import session

FURTHEST = timedelta(days=730)
CHANGED_MEANWHILE = Bitext(
    "Somebody changed this meeting in between, so nothing was saved. Look at it again, then repeat your step.",
    "期间他人已修改本次会诊，尚未保存。请查看最新内容后重试。",
)
SAY_WHY = Bitext("Say why in one sentence.", "请用一句话说明原因。")


@dataclass(frozen=True, slots=True)
class MeetingPlan:
    """Where and when: `day` and `clock` are local to `zone`, `minutes` the planned length."""

    title: str
    day: date
    clock: time
    zone: ZoneInfo
    chair: User
    minutes: int = 60
    place: str = ""
    video_link: str = ""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the chair writes down. `written` are the disciplines whose signed input counts for the quorum."""

    result_class: str
    decision: Bitext
    votes: Votes
    written: frozenset[str]
    dissent_asked: bool
    also: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    minutes_used: int | None = None


def check_fresh(row: Meeting | AgendaItem, row_version: int | None) -> None:
    if row_version is not None and row_version != row.row_version:
        raise Conflict(CHANGED_MEANWHILE, version=row.row_version)


def check_before_session(meeting: Meeting) -> None:
    if meeting.status not in BEFORE_SESSION:
        raise InvalidTransition(
            Bitext(
                "This meeting has begun or was cancelled. Plan another one.",
                "本次会诊已开始或已取消，请另行安排。",
            ),
            state=str(meeting.status),
        )


def check_has_cases(meeting: Meeting) -> None:
    if not meeting.items:
        raise Invalid(Bitext("Put at least one case on the agenda first.", "请先将至少一个病例列入议程。"))


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(SAY_WHY, fields={"reason": SAY_WHY})


def check_waiting(item: AgendaItem, action: str) -> None:
    if item.status != AgendaStatus.WAITING:
        raise InvalidTransition(
            Bitext(
                "This case was concluded or deferred already. Reload the page.",
                "本病例已有结论或已推迟，请刷新页面。",
            ),
            state=str(item.status),
            action=action,
        )


def check_waiting_in_session(item: AgendaItem, action: str) -> None:
    if item.meeting.status != MeetingStatus.IN_SESSION:
        raise InvalidTransition(
            Bitext(
                "The meeting is not in session. The chair starts it first.",
                "会诊尚未开始，请主席先开始会诊。",
            ),
            state=str(item.meeting.status),
            action=action,
        )
    check_waiting(item, action)


def check_free_for_agenda(meeting: Meeting, case: Case) -> None:
    elsewhere = queries.waiting_item(case.id)
    if any(item.case_id == case.id for item in meeting.items):
        sentence = Bitext(
            "This case is or was on this agenda already. Choose another meeting.",
            "本病例已在或曾在本次议程中，请选择其他会诊。",
        )
    elif elsewhere is not None:
        sentence = Bitext(
            "This case waits on another agenda. Take it off there first.",
            "本病例已列入其他会诊议程，请先移除。",
        )
    elif case.status not in (CaseStatus.IN_REVIEW, CaseStatus.SCHEDULED):
        sentence = Bitext(
            "Only a case in review goes on an agenda. Open its review first.",
            "仅审阅中的病例可列入议程，请先开始审阅。",
        )
    else:
        return
    raise Invalid(sentence, fields={"case_no": sentence})


def check_chairs_all(chair: User, cases: Sequence[Case]) -> None:
    """Decisions belong to the chair of the case, so that is who leads its discussion."""
    foreign = [case.patient.pseudonym for case in cases if not case_access.is_chair(chair, case)]
    if foreign:
        names = ", ".join(foreign)
        sentence = Bitext(
            f"The chair of this meeting does not chair {names}. Choose the meeting of that case’s chair, or change its panel.",
            f"本次会诊的主席不是{names}的主席。请选择该病例主席的会诊，或调整病例成员。",
        )
        raise Invalid(sentence, fields={"chair": sentence, "case_no": sentence})


def start_of(wanted: MeetingPlan, at: datetime, but: Meeting | None = None) -> datetime:
    """The moment the meeting begins, once everything about the plan is right."""
    faults = _faults(wanted)
    here = at.astimezone(wanted.zone).date()
    if not here <= wanted.day <= here + FURTHEST:
        faults["day"] = Bitext(
            "Choose a day from today on, at most two years ahead.", "请选择今天起两年以内的日期。"
        )
    if faults:
        raise Invalid(Bitext("Some answers are missing or wrong.", "部分内容缺失或有误。"), fields=faults)
    starts_at = moment(wanted.day, wanted.clock, wanted.zone)
    if starts_at <= at:
        sentence = Bitext("This time has passed. Choose a later one.", "该时间已过，请选择更晚的时间。")
        raise Invalid(sentence, fields={"time": sentence})
    _check_chair_free(wanted, starts_at, but)
    return starts_at


def _faults(wanted: MeetingPlan) -> dict[str, Bitext]:
    faults: dict[str, Bitext] = {}
    if not wanted.title.strip():
        faults["title"] = Bitext("Give the meeting a name.", "请填写会诊名称。")
    if not 5 <= wanted.minutes <= 480:
        faults["minutes"] = Bitext("Plan 5 to 480 minutes.", "请安排5至480分钟。")
    if wanted.chair.role != Role.CHAIR or not wanted.chair.active:
        faults["chair"] = Bitext("Choose somebody who may chair.", "请选择可担任主席的人员。")
    if not wanted.place.strip() and not wanted.video_link.strip():
        faults["place"] = Bitext("Say where: a room or a video link.", "请填写地点：会议室或视频链接。")
    link = urlsplit(wanted.video_link.strip())
    if wanted.video_link.strip() and (link.scheme != "https" or not link.hostname):
        faults["video_link"] = Bitext(
            "A video link begins with https://. Copy it whole.", "视频链接须以 https:// 开头，请完整复制。"
        )
    return faults


def _check_chair_free(wanted: MeetingPlan, starts_at: datetime, but: Meeting | None) -> None:
    # Two coordinators planning at once queue here.
    session.execute(select(User.id).where(User.id == wanted.chair.id).with_for_update())
    clash = queries.find_clash(wanted.chair.id, starts_at, wanted.minutes, but=but)
    if clash is not None:
        local = clash.starts_at.astimezone(wanted.zone)
        until = local + timedelta(minutes=clash.minutes)
        sentence = Bitext(
            f"The chair has another meeting from {local:%H:%M} to {until:%H:%M} that day. Choose another time.",
            f"主席当天{local:%H:%M}至{until:%H:%M}另有会诊，请另选时间。",
        )
        raise Invalid(sentence, fields={"time": sentence})


def check_attendance(
    item: AgendaItem, presences: Mapping[int, Presence], panel: Mapping[int, queries.Seat]
) -> None:
    if presences.keys() - panel.keys():
        raise Invalid(
            Bitext(
                "Somebody on this list is not on the panel of the case. Reload the page.",
                "名单中有人不在本病例成员中，请刷新页面。",
            )
        )
    unmarked = [panel[user_id].user.name for user_id in panel if user_id not in presences]
    if unmarked:
        names = ", ".join(unmarked)
        raise Invalid(Bitext(f"Say how they take part: {names}.", f"请标明出席方式：{names}。"))
    gone = [row.user.name for row in item.dissents if presences.get(row.user_id) not in access.LIVE]
    if gone:
        names = ", ".join(gone)
        raise Invalid(
            Bitext(
                f"{names} dissented in this discussion and so was present.",
                f"{names}已在本次讨论中提出不同意见，应标记为出席。",
            )
        )


def check_quorum(item: AgendaItem, written: Collection[str]) -> None:
    if not item.attendances:
        raise Invalid(Bitext("Take the attendance first.", "请先记录出席情况。"))
    found = queries.quorum_of(item, written)
    if not found.met:
        raise Invalid(found.sentence, missing=list(found.missing), live=found.live)


def check_conclusion(item: AgendaItem, wanted: Conclusion) -> None:
    classes = catalogue().result_classes
    present = sum(row.presence in access.LIVE for row in item.attendances)
    votes = wanted.votes
    faults: dict[str, Bitext] = {}
    if wanted.result_class not in classes:
        faults["result_class"] = Bitext("Choose the result.", "请选择结论类别。")
    if wanted.result_class in wanted.also or not set(wanted.also) <= set(classes):
        faults["also"] = Bitext("Choose other results than the first one.", "请选择与主要结论不同的类别。")
    if missing := (wanted.decision.missing() or ([] if wanted.decision else ["en", "zh"])):
        faults[f"decision_{missing[0]}"] = Bitext(
            "Write the decision in English and in Chinese.", "请用英文和中文写明结论。"
        )
    if min(votes.in_favour, votes.against, votes.abstain) < 0 or not 1 <= votes.total <= present:
        faults["votes_for"] = Bitext(
            f"{present} people are present, so 1 to {present} votes can be counted. The absent do not vote.",
            f"在场{present}人，票数应为1至{present}。缺席者不投票。",
        )
    if wanted.minutes_used is not None and not 0 <= wanted.minutes_used <= 600:
        faults["minutes_used"] = Bitext("Enter 0 to 600 minutes.", "请填写0至600分钟。")
    if not wanted.dissent_asked:
        faults["dissent_asked"] = Bitext(
            "Ask whether anybody sees it differently, then tick this.", "请询问是否有不同意见，然后勾选。"
        )
    if faults:
        raise Invalid(Bitext("The decision is not complete.", "结论尚不完整。"), fields=faults)
