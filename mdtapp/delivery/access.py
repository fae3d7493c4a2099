"""Who sends an opinion, who follows it, who takes it back."""

from __future__ import annotations

from mdtapp.cases import access as case_access
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotAllowed
from mdtapp.people.access import check_permission, may
from mdtapp.people.models import User
from mdtapp.people.roles import Permission


def can_send(user: User, case: Case) -> bool:
    """A coordinator of the case."""
    return may(user, Permission.DELIVERY_SEND) and case_access.is_coordinator(user, case)


def check_can_send(user: User, case: Case) -> None:
    check_permission(user, Permission.DELIVERY_SEND)
    if not case_access.is_coordinator(user, case):
        raise NotAllowed(
            Bitext("Only a coordinator of this case sends its opinion.", "仅本病例的协调员可以发送意见书。"),
            case=case.id,
        )


def can_revoke(user: User, case: Case) -> bool:
    """A coordinator of the case, or its chair; both also follow where the opinion went."""
    by_chair = may(user, Permission.DELIVERY_REVOKE) and case_access.is_chair(user, case)
    return by_chair or can_send(user, case)


def check_can_revoke(user: User, case: Case) -> None:
    if not can_revoke(user, case):
        raise NotAllowed(
            Bitext(
                "Only a coordinator or the chair of this case sees and revokes its deliveries.",
                "仅本病例的协调员或主席可以查看和撤销送达。",
            ),
            case=case.id,
        )
