"""Pure rule: who sees what others wrote on a case, so that everybody judges before reading the others.

A discipline that has signed once has judged by itself: an amendment it opens afterwards hides nothing again
(ADR 0005). Everybody sees the state of every input. This is about the contents.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from mdtapp.cases.status import CaseStatus
from mdtapp.opinions.result_class import CORE_DISCIPLINES
from mdtapp.people.roles import Role

DISCUSSED = frozenset(
    {
        CaseStatus.DISCUSSED,
        CaseStatus.DRAFTING,
        CaseStatus.SIGNED,
        CaseStatus.DELIVERED,
        CaseStatus.FOLLOW_UP,
        CaseStatus.CLOSED,
        CaseStatus.REOPENED,
    }
)
"""From the meeting's decision on, independence has done its work."""

OUTSIDE_THE_PANEL = frozenset({Role.COORDINATOR, Role.TRANSLATOR, Role.ADMIN})
"""They help the panel and judge nothing, even one who writes the nursing input."""


CHAIR = "chair"


class Member(Protocol):
    """A person's place on a case; `discipline` is None for whoever writes no input."""

    @property
    def user_id(self) -> int: ...
    @property
    def role(self) -> str: ...
    @property
    def discipline(self) -> str | None: ...


class Reviewed(Protocol):
    """The case: where it stands, who is on it, whether the chair lifted independence."""

    @property
    def status(self) -> CaseStatus: ...
    @property
    def held_from(self) -> CaseStatus | None: ...
    @property
    def independence_lifted(self) -> bool: ...
    @property
    def members(self) -> Sequence[Member]: ...


class Viewer(Protocol):
    """The person who looks."""

    @property
    def id(self) -> int: ...
    @property
    def role(self) -> Role: ...


def may_see_inputs(
    *, case: Reviewed, user: Viewer, signed: Collection[str], meeting_open: bool = False
) -> bool:
    """Whether this person may read the inputs of others; the own ones one always may.

    `signed` are the disciplines that have a signed revision. Whether the person may see the
    case at all is decided before (`mdtapp.cases.access`).
    """
    if (case.held_from or case.status) in DISCUSSED:
        return True
    if user.role in OUTSIDE_THE_PANEL:
        return False
    if not any(member.user_id == user.id for member in case.members):
        return False
    if meeting_open or case.independence_lifted:
        return True
    awaited = own_disciplines(case, user) or (CORE_DISCIPLINES if _is_chair(case, user) else ())
    return bool(awaited) and all(discipline in signed for discipline in awaited)


def may_see_input(
    discipline: str,
    *,
    case: Reviewed,
    user: Viewer,
    signed: Collection[str],
    meeting_open: bool = False,
) -> bool:
    """Whether this person may read the input of one discipline: their own, or any once others' are open."""
    if discipline in own_disciplines(case, user):
        return True
    return may_see_inputs(case=case, user=user, signed=signed, meeting_open=meeting_open)


def own_disciplines(case: Reviewed, user: Viewer) -> tuple[str, ...]:
    """The disciplines this person writes for on this case."""
    return tuple(
        member.discipline
        for member in case.members
        if member.user_id == user.id and member.discipline is not None
    )


def _is_chair(case: Reviewed, user: Viewer) -> bool:
    return any(member.user_id == user.id and member.role == CHAIR for member in case.members)
