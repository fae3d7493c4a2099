"""Conflicts as they are found, settled, confirmed, and made obsolete by a change."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, lock_head, record
from mdtapp.cases.access import check_is_chair
from mdtapp.cases.models import Case, MemberRole
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.errors import Conflict, Invalid, InvalidTransition, NotAllowed
from mdtapp.meetings.queries import decision_of
from mdtapp.opinions import queries
from mdtapp.opinions.conflicts import RULES, Firing, Resolution, Severity, evaluate
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.models import ConflictFinding, FindingConfirmation
from mdtapp.opinions.status import FINDING_LIFECYCLE, FindingStatus
from mdtapp.people.access import check_permission
from mdtapp.people.models import User
from mdtapp.people.roles import Permission
from mdtapp.store.db import session
from mdtapp.store.types import canonical_json

BLOCKING = frozenset({Severity.CRITICAL, Severity.MAJOR})
OUTSIDE = "outside"
DISSENT = "dissent"
"""The word of whoever dissents, of whichever side."""
CHANGED_MEANWHILE = Bitext(
    "This conflict changed in between. Reload the page and look at it again.",
    "该矛盾期间已有变化，请刷新页面后重新查看。",
)


def standing(case: Case, facts: CaseFacts | None = None) -> list[ConflictFinding]:
    """What holds now, in order of the rules, whatever was changed since the rules were last run; stores nothing.

    It is the stored finding where that saw the same values, else a new open one that nobody has stored yet.
    """
    stored = {row.rule: row for row in queries.findings(case.id)}
    firings = evaluate(facts or queries.case_facts(case))
    return [_kept(stored.get(firing.rule), firing) or _new(firing, case) for firing in firings]


def past(case: Case, now_standing: Sequence[ConflictFinding]) -> list[ConflictFinding]:
    """The latest finding of each rule that was named once and does not hold any more."""
    holds = {row.rule for row in now_standing}
    rows = queries.findings(case.id, with_obsolete=True)
    return [row for row in rows if row.rule not in holds and row.rule in RULES]


def found_since(case: Case, since: datetime) -> list[ConflictFinding]:
    """Running findings that were stored after this moment."""
    return [row for row in queries.findings(case.id) if row.found_at > since]


def fingerprint(row: ConflictFinding) -> str:
    """Tells apart two findings of one rule by the values they saw; a page sends it back."""
    return hashlib.sha256(canonical_json([row.rule, row.values]).encode()).hexdigest()[:16]


def refresh(*, actor: Actor, at: datetime, case: Case) -> Sequence[ConflictFinding]:
    """Runs every rule on what is signed now. A finding whose values changed becomes obsolete, never overwritten."""
    lock_head()  # two runs at once would store the same finding twice
    firings = {firing.rule: firing for firing in evaluate(queries.case_facts(case))}
    running = {row.rule: row for row in queries.findings(case.id)}
    for rule, row in running.items():
        firing = firings.get(rule)
        if firing is None or _kept(row, firing) is None:
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
    seen: str = "",
) -> ConflictFinding:
    """The chair settles one conflict by a way the rule allows, with a reason in at least one language.

    `row_version` and `seen` (a `fingerprint`) are what the page showed; None and empty outside a page.
    """
    check_permission(actor, Permission.CONFLICT_RESOLVE)
    check_is_chair(actor, case)
    refresh(actor=actor, at=at, case=case)
    row = queries.get_finding(case.id, rule)
    if row_version not in (None, row.row_version) or seen not in ("", fingerprint(row)):
        raise Conflict(CHANGED_MEANWHILE)
    status = FINDING_LIFECYCLE.target(row.status, "resolve")
    check_settlement(row, resolution, reason, chosen)
    chosen = chosen if resolution == Resolution.CHOOSE_INPUT else ""
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


def reopen(
    *, actor: User, at: datetime, case: Case, rule: str, row_version: int | None = None
) -> ConflictFinding:
    """The chair takes a settlement back: it stays as it was, obsolete, and the conflict is open in a new row."""
    check_permission(actor, Permission.CONFLICT_RESOLVE)
    check_is_chair(actor, case)
    refresh(actor=actor, at=at, case=case)
    row = queries.get_finding(case.id, rule)
    if row_version not in (None, row.row_version):
        raise Conflict(CHANGED_MEANWHILE)
    if row.status != FindingStatus.RESOLVED:
        raise InvalidTransition(Bitext("This conflict is not settled.", "该矛盾尚未处理。"))
    _outdate(row, actor, at)
    session.flush()
    refresh(actor=actor, at=at, case=case)
    return row


def confirm(
    *, actor: User, at: datetime, case: Case, rule: str, row_version: int | None = None
) -> ConflictFinding:
    """A second person gives the word of a discipline that is waited for; the last such word confirms the settlement."""
    check_permission(actor, Permission.OPINION_SIGN)
    facts = queries.case_facts(case)
    row = next((row for row in standing(case, facts) if row.rule == rule), None)
    if row is None or row_version not in (None, row.row_version):
        raise Conflict(CHANGED_MEANWHILE)
    words = awaited(row, case, facts)
    if not words:
        raise InvalidTransition(
            Bitext(
                "There is no settlement here that waits for a second person.", "此处没有待第二人确认的处理。"
            )
        )
    given = [word.discipline for word in words if actor.id in word.people]
    if not given:
        raise NotAllowed(
            Bitext(
                "Another member of the panel, of the discipline this concerns, confirms it.",
                "须由相关学科的另一位成员确认。",
            )
        )
    for discipline in dict.fromkeys(given):
        row.confirmations.append(FindingConfirmation(discipline=discipline, user_id=actor.id, at=at))
    session.flush()
    if len(given) == len(words):
        row.confirmed_by_id, row.confirmed_at = actor.id, at
        session.flush()
    record(
        EventType.CONFLICT_CONFIRMED,
        actor=actor,
        at=at,
        subject=f"conflict:{row.id}",
        case_id=case.id,
        rule=rule,
        disciplines=given,
    )
    return row


@dataclass(frozen=True, slots=True)
class Awaited:
    """A word on a settlement that is still missing: whose discipline it concerns, and who may give it."""

    discipline: str
    people: frozenset[int]


def awaited(row: ConflictFinding, case: Case, facts: CaseFacts | None = None) -> list[Awaited]:
    """The words a settlement still waits for, never that of whoever settled it.

    Of a critical conflict every discipline its rule names; of a recorded dissent one of the sides, unless a
    side has dissented in the meeting in its own words. Where the discipline has nobody else, any other author may.
    """
    if row.status != FindingStatus.RESOLVED or row.confirmed_by_id is not None:
        return []
    given = {one.discipline for one in row.confirmations}
    critical = row.severity == Severity.CRITICAL
    named = RULES[row.rule].confirmers(facts or queries.case_facts(case)) if critical else ()
    words = [Awaited(key, _who(row, case, {key})) for key in named if key not in given]
    if row.resolution == Resolution.RECORD_DISSENT and DISSENT not in given:
        heard = set(sides(row)) - {OUTSIDE}
        if heard and not heard.intersection(named) and not _dissented(case, heard):
            words.append(Awaited(DISSENT, _who(row, case, heard)))
    return words


def _who(row: ConflictFinding, case: Case, disciplines: Collection[str]) -> frozenset[int]:
    authors = [m for m in case.members if m.role == MemberRole.AUTHOR and m.user_id != row.resolved_by_id]
    own = frozenset(m.user_id for m in authors if m.discipline in disciplines)
    return own or frozenset(m.user_id for m in authors)


def _dissented(case: Case, disciplines: Collection[str]) -> bool:
    """Whether one of them said in the meeting, in its own words, that it sees the case otherwise."""
    decision = decision_of(case.id)
    return decision is not None and any(one.discipline in disciplines for one in decision.dissents)


def confirmers(row: ConflictFinding, case: Case, facts: CaseFacts | None = None) -> set[int]:
    """The people who may give a word that is still missing."""
    return {person for word in awaited(row, case, facts) for person in word.people}


def needs_confirmation(row: ConflictFinding, case: Case, facts: CaseFacts | None = None) -> bool:
    """Whether a settlement stays open until a second person confirms it."""
    return bool(awaited(row, case, facts))


def blocking(case: Case, facts: CaseFacts | None = None) -> list[ConflictFinding]:
    """What keeps the opinion from being sent on: open critical or major conflicts, unconfirmed critical ones."""
    facts = facts or queries.case_facts(case)
    return [
        row
        for row in standing(case, facts)
        if (row.status == FindingStatus.OPEN and row.severity in BLOCKING)
        or needs_confirmation(row, case, facts)
    ]


def sides(row: ConflictFinding) -> list[str]:
    """Whose view may be chosen: the disciplines and the home hospital with a value the finding saw, in its order."""
    voices = (OUTSIDE, *catalogue().disciplines)
    heads = [path.partition(".")[0] for path, value in row.values.items() if value not in (None, "", [], {})]
    return [head for head in dict.fromkeys(heads) if head in voices]


def ways(row: ConflictFinding) -> list[Resolution]:
    """How the chair may settle it: none where only a changed input mends it."""
    rule = RULES[row.rule]
    return (
        [] if rule.only_by_data else [way for way in rule.resolutions if way != Resolution.BLOCK_UNTIL_FIXED]
    )


def check_settlement(row: ConflictFinding, resolution: str, reason: Bitext, chosen: str) -> None:
    """Invalid unless the rule can be settled that way, for a reason, and with a view that was heard."""
    if resolution not in ways(row):
        raise Invalid(
            Bitext(
                "This conflict cannot be settled that way. The author amends the input, or choose another way.",
                "该矛盾不能以此方式处理。请由作者修改意见，或选择其他方式。",
            )
        )
    if not reason:
        sentence = Bitext("Say why in at least one sentence.", "请至少用一句话说明理由。")
        raise Invalid(sentence, fields={"reason": sentence})
    if resolution == Resolution.CHOOSE_INPUT and chosen not in sides(row):
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


def _kept(row: ConflictFinding | None, firing: Firing) -> ConflictFinding | None:
    """The stored finding, when it saw the values that are there now."""
    same = row is not None and canonical_json(row.values) == canonical_json(dict(firing.values))
    return row if same else None


def _new(firing: Firing, case: Case) -> ConflictFinding:
    return ConflictFinding(
        case_id=case.id,
        rule=firing.rule,
        severity=str(firing.severity),
        section=firing.section,
        values=dict(firing.values),
        status=FindingStatus.OPEN,
        resolution="",
        chosen="",
        reason=Bitext(),
        row_version=1,
    )


def _find(firing: Firing, actor: Actor, at: datetime, case: Case) -> None:
    row = _new(firing, case)
    row.found_at = at
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
