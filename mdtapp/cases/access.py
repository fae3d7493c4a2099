"""Who may see or change a case: members, coordinators where it is open to them, nobody else."""

from __future__ import annotations

from mdtapp.cases.models import Case, MemberRole
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotAllowed
from mdtapp.people.access import check_permission, may
from mdtapp.people.models import User
from mdtapp.people.roles import Permission, Role


def can_see(user: User, case: Case) -> bool:
    """Whether the case exists at all for this person."""
    if not may(user, Permission.CASE_READ):
        return False
    if user.role == Role.COORDINATOR and case.open_to_coordinators:
        return True
    return any(member.user_id == user.id for member in case.members)


def is_chair(user: User, case: Case) -> bool:
    return any(member.user_id == user.id and member.role == MemberRole.CHAIR for member in case.members)


def is_coordinator(user: User, case: Case) -> bool:
    """A coordinator of this case, by membership or because it is open to all of them."""
    return user.role == Role.COORDINATOR and can_see(user, case)


def disciplines_of(user: User, case: Case) -> list[str]:
    """The disciplines this person writes for on this case."""
    return [
        member.discipline
        for member in case.members
        if member.user_id == user.id and member.discipline is not None
    ]


def check_can_change(user: User, case: Case) -> None:
    """Only a coordinator of the case changes its record."""
    check_permission(user, Permission.CASE_WRITE)
    if not is_coordinator(user, case):
        raise NotAllowed(
            Bitext("Only a coordinator of this case can change it.", "仅本病例的协调员可以修改。"),
            case=case.id,
        )


def can_change(user: User, case: Case) -> bool:
    return may(user, Permission.CASE_WRITE) and is_coordinator(user, case)


def check_is_chair(user: User, case: Case) -> None:
    if not is_chair(user, case):
        raise NotAllowed(
            Bitext("Only the chair of this case can do this.", "仅本病例的主席可以执行此操作。"), case=case.id
        )
