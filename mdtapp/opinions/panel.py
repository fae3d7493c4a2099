"""Who took part in a case, and what the draft is built from besides the facts."""

from __future__ import annotations

from typing import Any

from mdtapp.cases.models import Case, MemberRole
from mdtapp.disciplines import catalogue
from mdtapp.materials.queries import as_listed
from mdtapp.meetings.queries import Decision, decision_of
from mdtapp.opinions.inputs.queries import signed_inputs
from mdtapp.opinions.models import ConflictFinding
from mdtapp.opinions.queries import findings
from mdtapp.opinions.status import FindingStatus
from mdtapp.people.models import User


def draft_sources(case: Case) -> dict[str, Any]:
    """The keyword arguments of `build_draft`: revisions, materials, panel, decision."""
    decision = decision_of(case.id)
    return {
        "revisions": {key: row.revision for key, row in signed_inputs(case.id).items()},
        "materials": as_listed(case),
        "panel": panel_of(case, decision),
        "decision": _decision(case, decision),
    }


def panel_of(case: Case, decision: Decision | None) -> list[dict[str, Any]]:
    """`{name, name_zh, discipline, title, licence_no, chair, mode}` in the order of the disciplines, the chair first.

    Without a meeting, whoever signed an input took part in writing.
    """
    modes = {row.user_id: row.mode for row in decision.attendance} if decision else {}
    signed = {row.author_id for row in signed_inputs(case.id).values()}
    chairs = {member.user_id for member in case.members if member.role == MemberRole.CHAIR}
    authors = [member for member in case.members if member.role == MemberRole.AUTHOR]
    order = list(catalogue().disciplines)
    people: list[dict[str, Any]] = []
    for member in sorted(authors, key=lambda m: (m.user_id not in chairs, order.index(str(m.discipline)))):
        mode = modes.get(member.user_id) or ("written" if member.user_id in signed else "absent")
        people.append(_person(member.user, str(member.discipline), member.user_id in chairs, mode))
    writing_chairs = {member.user_id for member in authors}
    for member in case.members:
        if member.role == MemberRole.CHAIR and member.user_id not in writing_chairs:
            people.insert(0, _person(member.user, "", True, modes.get(member.user_id) or "in_person"))
    return people


def _person(user: User, discipline: str, chair: bool, mode: str) -> dict[str, Any]:
    return {
        "name": user.name,
        "name_zh": user.name_zh,
        "discipline": discipline,
        "title": user.title,
        "licence_no": user.licence_no,
        "chair": chair,
        "mode": mode,
    }


def _decision(case: Case, decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    known = decision.as_json()
    sequence = _chosen(findings(case.id), "X45")
    return {**known, "sequence": sequence} if sequence else known


def _chosen(rows: Any, rule: str) -> str:
    """The discipline whose view the chair chose for a rule; empty when none was."""
    found: ConflictFinding | None = next(
        (row for row in rows if row.rule == rule and row.status == FindingStatus.RESOLVED), None
    )
    return found.chosen if found else ""
