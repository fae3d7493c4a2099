"""The banner and tabs of a case: what every page of one case shows, gathered from all slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mdtapp.cases.models import Case, MemberRole
from mdtapp.cases.words import MEMBER_ROLE
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.imaging.queries import newest_study_date
from mdtapp.opinions.inputs.queries import current_inputs, inputs_of_cases
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
    ours, ours_state = _stage_ours(case, user)
    return {
        "case_no": case.case_no,
        "pseudonym": case.patient.pseudonym,
        "age": today.year - case.patient.birth_year if case.patient.birth_year else None,
        "sex": str(case.patient.sex),
        "country": case.patient.home_country,
        "tumour": _tumour(case),
        "stage_theirs": _stage_theirs(case),
        "stage_ours": ours,
        "stage_ours_state": ours_state,
        "ecog": _ecog(case, user),
        "questions": len(case.questions),
        "completeness": None,
        "newest_imaging": _imaging(case, newest, today),
        "state": str(case.status),
        "due_on": case.due_on,
        "alerts": [],
        "tabs": _tabs(case, user, tab),
        "url": endpoint_url("cases.overview", case_no=case.case_no),
    }


def discipline_states(cases: Sequence[Case], user: User) -> dict[int, list[DisciplineState]]:
    """The badges of many cases, from the panel and the state of each input."""
    statuses = inputs_of_cases([case.id for case in cases])
    return {case.id: _badges(case, statuses.get(case.id, {})) for case in cases}


def role_words(case: Case, user: User) -> Bitext:
    """What the person is on this case."""
    roles = [MEMBER_ROLE[member.role] for member in case.members if member.user_id == user.id]
    return Bitext(", ".join(role.en for role in roles), "、".join(role.zh for role in roles))


def _badges(case: Case, statuses: dict[str, InputStatus]) -> list[DisciplineState]:
    order = list(catalogue().disciplines)
    authors = [m for m in case.members if m.role == MemberRole.AUTHOR and m.discipline in order]
    return [
        DisciplineState(m.discipline or "", _badge(statuses.get(m.discipline or "")), m.user.name)
        for m in sorted(authors, key=lambda member: order.index(member.discipline or ""))
    ]


def _badge(status: InputStatus | None) -> str:
    if status is None or status == InputStatus.ASSIGNED:
        return "not_started"
    return "signed" if status in SIGNED else "draft"


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


def _tumour(case: Case) -> Bitext:
    site = catalogue().label("site", case.primary_site)
    if case.laterality in ("left", "right", "bilateral"):
        side = catalogue().label("laterality", case.laterality)
        return Bitext(f"{site.en}, {side.en.lower()}", f"{side.zh}{site.zh}")
    return site


def _stage_theirs(case: Case) -> str:
    if not case.outside_opinions:
        return ""
    return stage_text(case.outside_opinions[0].fields)


def stage_text(fields: dict[str, Any]) -> str:
    """`cT2 N0 M0 · IIA` from the coded parts that are known."""
    tnm = " ".join(str(fields[key]) for key in ("t_category", "n_category", "m_category") if fields.get(key))
    prefix = str(fields.get("stage_prefix") or "") if tnm else ""
    group = str(fields.get("stage_group") or "")
    group = "" if group in ("not_applicable", "undetermined") else group.replace("_", " ")
    return " · ".join(part for part in (prefix + tnm, group) if part)


def _stage_ours(case: Case, user: User) -> tuple[str, str]:
    if not may_see_inputs_of(case, user):
        return "", "hidden"
    for discipline in ("radiology", "medical_oncology", "pathology"):
        row = current_inputs(case.id).get(discipline)
        text = stage_text(row.data) if row and row.status in SIGNED else ""
        if text:
            return text, ""
    return "", "not_yet"


def may_see_inputs_of(case: Case, user: User) -> bool:
    """Whether this person may see what others wrote on this case."""
    statuses = inputs_of_cases([case.id]).get(case.id, {})
    return may_see_inputs(case=case, user=user, statuses=statuses)


def _ecog(case: Case, user: User) -> Any:
    row = current_inputs(case.id).get("medical_oncology")
    if (
        row is None
        or row.status not in SIGNED
        or not (row.author_id == user.id or may_see_inputs_of(case, user))
    ):
        return None
    return row.data.get("ecog")


def _imaging(case: Case, newest: date | None, today: date) -> dict[str, Any] | None:
    if newest is None:
        return None
    days = (today - newest).days
    return {"date": newest, "days": days, "old": days > IMAGING_AGE_LIMIT_DAYS.get(case.site_family, 42)}
