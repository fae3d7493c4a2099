"""The banner and tabs of a case: what every page of one case shows, gathered from all slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

from mdtapp.cases.models import Case, MemberRole
from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.tnm import stage_text
from mdtapp.disciplines import catalogue
from mdtapp.imaging.queries import made_by_others, newest_study_date
from mdtapp.meetings.queries import next_meeting
from mdtapp.meetings.status import MeetingStatus
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.queries import (
    amended_disciplines,
    inputs_of_cases,
    signed_disciplines,
    signed_inputs,
)
from mdtapp.opinions.inputs.status import SIGNED, InputStatus
from mdtapp.opinions.visibility import may_see_inputs
from mdtapp.people.models import User
from mdtapp.people.roles import ROLE_PERMISSIONS, Permission
from mdtapp.web.navigation import endpoint_url

TABS = (
    ("overview", Bitext("Overview", "概览"), "cases.overview", Permission.CASE_READ),
    ("materials", Bitext("Materials", "资料"), "materials.case_materials", Permission.MATERIAL_READ),
    ("inputs", Bitext("Inputs", "学科意见"), "inputs.case_inputs", Permission.CASE_READ),
    ("conflicts", Bitext("Conflicts", "矛盾"), "opinions.conflict_list", Permission.CONFLICT_READ),
    ("opinion", Bitext("Opinion", "意见书"), "opinions.desk", Permission.OPINION_READ),
    ("delivery", Bitext("Delivery", "送达"), "delivery.case_delivery", Permission.DELIVERY_SEND),
)
STAGED_BY = ("radiology", "medical_oncology", "pathology")
IMAGING_AGE_LIMIT_DAYS = {"breast": 60, "prostate": 180}


@dataclass(frozen=True, slots=True)
class DisciplineState:
    """One badge: which discipline, its state (`signed`, `draft`, `not_started`, `amended`), whose it is."""

    discipline: str
    state: str
    author: str


def banner_for(case: Case, user: User, tab: str, today: date) -> dict[str, Any]:
    """What `components/banner.html` draws; the panel's own stage only for whoever may see inputs."""
    newest = newest_study_date(case.id)
    signed = signed_inputs(case.id)
    visible = may_see_inputs_of(case, user)
    ours = _stage_ours(signed) if visible else ""
    return {
        "case_no": case.case_no,
        "pseudonym": case.patient.pseudonym,
        "age": today.year - case.patient.birth_year if case.patient.birth_year else None,
        "sex": str(case.patient.sex),
        "country": case.patient.home_country,
        "tumour": tumour_words(case),
        "stage_theirs": stage_theirs(case),
        "stage_ours": ours,
        "stage_ours_state": "" if ours else "not_yet" if visible else "hidden",
        "ecog": _ecog(signed, user, visible),
        "questions": len(case.questions),
        "completeness": None,
        "newest_imaging": _imaging(case, newest, today),
        "state": str(case.status),
        "due_on": case.awaited_on,
        "alerts": [],
        "tabs": _tabs(case, user, tab),
        "url": endpoint_url("cases.overview", case_no=case.case_no),
    }


def discipline_states(cases: Sequence[Case], user: User) -> dict[int, list[DisciplineState]]:
    """The badges of many cases, from the panel and the state of each input."""
    ids = [case.id for case in cases]
    statuses, amended = inputs_of_cases(ids), amended_disciplines(ids)
    return {
        case.id: _badges(case, statuses.get(case.id, {}), {key for id_, key in amended if id_ == case.id})
        for case in cases
    }


def _badges(case: Case, statuses: Mapping[str, InputStatus], amended: Set[str]) -> list[DisciplineState]:
    order = list(catalogue().disciplines)
    authors = [m for m in case.members if m.role == MemberRole.AUTHOR and m.discipline in order]
    return [
        DisciplineState(key, _badge(statuses.get(key), key in amended), member.user.name)
        for key, member in sorted(
            ((member.discipline or "", member) for member in authors), key=lambda pair: order.index(pair[0])
        )
    ]


def _badge(status: InputStatus | None, amended: bool) -> str:
    if status is None or status == InputStatus.ASSIGNED:
        return "not_started"
    if status in SIGNED:
        return "amended" if amended else "signed"
    return "draft"


def _tabs(case: Case, user: User, current: str) -> list[dict[str, Any]]:
    allowed = ROLE_PERMISSIONS[user.role]
    links = [
        {
            "key": key,
            "label": label,
            "url": endpoint_url(endpoint, case_no=case.case_no),
            "current": key == current,
        }
        for key, label, endpoint, permission in TABS
        if permission in allowed
    ]
    return [link for link in links if link["url"]]


def tumour_words(case: Case) -> Bitext:
    """The site, with its side where there is one."""
    site = catalogue().label("site", case.primary_site)
    if case.laterality in ("left", "right", "bilateral"):
        side = catalogue().label("laterality", case.laterality)
        return Bitext(f"{site.en}, {side.en.lower()}", f"{side.zh}{site.zh}")
    return site


def stage_theirs(case: Case) -> str:
    """The stage of the first home hospital; empty when it gave none."""
    if not case.outside_opinions:
        return ""
    return stage_text(case.outside_opinions[0].fields)


def _stage_ours(signed: Mapping[str, DisciplineInput]) -> str:
    """The panel's stage so far: the first of the disciplines that stage, in the order of who reads it off."""
    texts = (stage_text(signed[key].data) for key in STAGED_BY if key in signed)
    return next((text for text in texts if text), "")


def may_see_inputs_of(case: Case, user: User) -> bool:
    """Whether this person may see what others wrote on this case."""
    signed = signed_disciplines(case.id)
    return may_see_inputs(case=case, user=user, signed=signed, meeting_open=_meeting_open(case))


def closed_series(case: Case, user: User) -> frozenset[int]:
    """Series in which colleagues keep their readings, while this person may not see what others wrote."""
    return frozenset() if may_see_inputs_of(case, user) else made_by_others(case, user)


def _meeting_open(case: Case) -> bool:
    meeting = next_meeting(case.id)
    return meeting is not None and meeting.status is MeetingStatus.IN_SESSION


def _ecog(signed: Mapping[str, DisciplineInput], user: User, visible: bool) -> Any:
    row = signed.get("medical_oncology")
    return row.data.get("ecog") if row is not None and (visible or row.author_id == user.id) else None


def _imaging(case: Case, newest: date | None, today: date) -> dict[str, Any] | None:
    if newest is None:
        return None
    days = (today - newest).days
    return {"date": newest, "days": days, "old": days > IMAGING_AGE_LIMIT_DAYS.get(case.site_family, 42)}
