"""Conflicts as they are found, settled, confirmed, and made obsolete by a change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, record
from mdtapp.cases.access import check_is_chair, disciplines_of
from mdtapp.cases.models import Case, MemberRole
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid, NotAllowed
from mdtapp.opinions import queries
from mdtapp.opinions.conflicts import RULES, Firing, Resolution, Severity, evaluate
from mdtapp.opinions.models import ConflictFinding
from mdtapp.opinions.status import FINDING_LIFECYCLE, FindingStatus
from mdtapp.people.access import check_permission
from mdtapp.people.models import User
from mdtapp.people.roles import Permission
from mdtapp.store.db import session
from mdtapp.store.types import canonical_json

BLOCKING = frozenset({Severity.CRITICAL, Severity.MAJOR})


def refresh(*, actor: Actor, at: datetime, case: Case) -> Sequence[ConflictFinding]:
    """Runs every rule on what is signed now. A finding whose values changed becomes obsolete, never overwritten."""
    firings = {firing.rule: firing for firing in evaluate(queries.case_facts(case))}
    running = {row.rule: row for row in queries.findings(case.id)}
    for rule, row in running.items():
        firing = firings.get(rule)
        if firing is None or canonical_json(row.values) != canonical_json(dict(firing.values)):
            _outdate(row, actor, at)
    session.flush()
    for rule, firing in firings.items():
        known = running.get(rule)
        if known is None or known.status == FindingStatus.OBSOLETE:
            _find(firing, actor, at, case)
    session.flush()
    return queries.findings(case.id)


def resolve(
    *,
    actor: User,
    at: datetime,
    case: Case,
    rule: str,
    resolution: str,
    reason: Bitext,
    chosen: str = "",
    row_version: int | None = None,
) -> ConflictFinding:
    """The chair settles one conflict by a way the rule allows, with a reason in at least one language."""
    check_permission(actor, Permission.CONFLICT_RESOLVE)
    check_is_chair(actor, case)
    row = queries.get_finding(case.id, rule)
    if row_version is not None and row_version != row.row_version:
        raise Conflict(
            Bitext("Somebody settled this in between. Reload the page.", "期间他人已处理，请刷新页面。")
        )
    status = FINDING_LIFECYCLE.target(row.status, "resolve")
    _check_resolution(row, resolution, reason, chosen, case)
    row.status, row.resolution, row.chosen, row.reason = status, resolution, chosen, reason
    row.resolved_by_id, row.resolved_at = actor.id, at
    session.flush()
    record(
        EventType.CONFLICT_RESOLVED,
        actor=actor,
        at=at,
        subject=f"conflict:{row.id}",
        case_id=case.id,
        rule=rule,
        resolution=resolution,
        chosen=chosen,
    )
    return row


def confirm(*, actor: User, at: datetime, case: Case, rule: str) -> ConflictFinding:
    """A second person, of a discipline the rule names where there is one, confirms a critical settlement."""
    check_permission(actor, Permission.OPINION_SIGN)
    row = queries.get_finding(case.id, rule)
    if row.status != FindingStatus.RESOLVED:
        raise Invalid(Bitext("The chair settles this first.", "须先由主席处理。"))
    if actor.id not in confirmers(row, case):
        raise NotAllowed(
            Bitext(
                "Another member of the panel, of the discipline this concerns, confirms it.",
                "须由相关学科的另一位成员确认。",
            )
        )
    row.confirmed_by_id, row.confirmed_at = actor.id, at
    session.flush()
    record(
        EventType.CONFLICT_CONFIRMED,
        actor=actor,
        at=at,
        subject=f"conflict:{row.id}",
        case_id=case.id,
        rule=rule,
    )
    return row


def confirmers(row: ConflictFinding, case: Case) -> set[int]:
    """The people who may confirm: authors of the disciplines the rule names, else any other author."""
    named = set(RULES[row.rule].confirmers(queries.case_facts(case)))
    authors = [m for m in case.members if m.role == MemberRole.AUTHOR and m.user_id != row.resolved_by_id]
    of_discipline = {m.user_id for m in authors if m.discipline in named}
    return of_discipline or {m.user_id for m in authors}


def needs_confirmation(row: ConflictFinding, case: Case) -> bool:
    """A settled critical conflict that names a discipline stays open until a second person confirms it."""
    return (
        row.status == FindingStatus.RESOLVED
        and row.severity == Severity.CRITICAL
        and row.confirmed_by_id is None
        and bool(RULES[row.rule].confirmers(queries.case_facts(case)))
    )


def blocking(case: Case) -> list[ConflictFinding]:
    """What keeps the opinion from being sent on: open critical or major conflicts, unconfirmed critical ones."""
    return [
        row
        for row in queries.findings(case.id)
        if (row.status == FindingStatus.OPEN and row.severity in BLOCKING) or needs_confirmation(row, case)
    ]


def disciplines_in(row: ConflictFinding) -> list[str]:
    """The disciplines whose values the finding saw, in the order of its paths."""
    heads = [path.split(".", 1)[0] for path in row.values]
    return [head for head in dict.fromkeys(heads) if head not in {"outside", "case", "patient", "draft"}]


def may_confirm(user: User, row: ConflictFinding, case: Case) -> bool:
    return (
        needs_confirmation(row, case)
        and user.id in confirmers(row, case)
        and bool(disciplines_of(user, case))
    )


def _check_resolution(row: ConflictFinding, resolution: str, reason: Bitext, chosen: str, case: Case) -> None:
    rule = RULES[row.rule]
    if resolution not in rule.resolutions or resolution == Resolution.BLOCK_UNTIL_FIXED:
        raise Invalid(
            Bitext(
                "This conflict cannot be settled that way. The author amends the input, or choose another way.",
                "该矛盾不能以此方式处理。请由作者修改意见，或选择其他方式。",
            )
        )
    if not reason:
        sentence = Bitext("Say why in at least one sentence.", "请至少用一句话说明理由。")
        raise Invalid(sentence, fields={"reason": sentence})
    sides = {path.split(".", 1)[0] for path in row.values}
    if resolution == Resolution.CHOOSE_INPUT and chosen not in sides:
        sentence = Bitext("Choose whose view stands.", "请选择采用哪一方的意见。")
        raise Invalid(sentence, fields={"chosen": sentence})


def _outdate(row: ConflictFinding, actor: Actor, at: datetime) -> None:
    row.status = FINDING_LIFECYCLE.target(row.status, "outdate")
    record(
        EventType.CONFLICT_OBSOLETE,
        actor=actor,
        at=at,
        subject=f"conflict:{row.id}",
        case_id=row.case_id,
        rule=row.rule,
    )


def _find(firing: Firing, actor: Actor, at: datetime, case: Case) -> None:
    row = ConflictFinding(
        case_id=case.id,
        rule=firing.rule,
        severity=str(firing.severity),
        section=firing.section,
        values=dict(firing.values),
        found_at=at,
    )
    session.add(row)
    session.flush()
    record(
        EventType.CONFLICT_FOUND,
        actor=actor,
        at=at,
        subject=f"conflict:{row.id}",
        case_id=case.id,
        rule=firing.rule,
        severity=str(firing.severity),
    )
