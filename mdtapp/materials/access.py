"""Material inherits the access of its case; adding and deciding is the coordinator's."""

from __future__ import annotations

from mdtapp.cases.access import can_see, is_coordinator
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotAllowed
from mdtapp.people.access import check_permission, may
from mdtapp.people.models import User
from mdtapp.people.roles import Permission


def can_add(user: User, case: Case) -> bool:
    """Whether this person may bring material into the case, and correct how it is described."""
    return may(user, Permission.MATERIAL_WRITE) and is_coordinator(user, case)


def check_can_add(user: User, case: Case) -> None:
    check_permission(user, Permission.MATERIAL_WRITE)
    if not can_add(user, case):
        raise NotAllowed(
            Bitext(
                "Only a coordinator of this case can add or describe material. Ask them to do it.",
                "仅本病例的协调员可添加或修改资料，请联系协调员。",
            ),
            case=case.id,
        )


def check_can_open(user: User, case: Case) -> None:
    """Whoever sees the case may open its material."""
    check_permission(user, Permission.MATERIAL_READ)
    if not can_see(user, case):
        raise NotAllowed(
            Bitext("This material belongs to another case.", "该资料属于其他病例。"), case=case.id
        )


def can_see_names(user: User, case: Case | None) -> bool:
    """Original names are for coordinators: of the case, or at the tray where there is no case yet."""
    if not may(user, Permission.TRAY_USE):
        return False
    return case is None or is_coordinator(user, case)


def check_can_see_names(user: User, case: Case | None) -> None:
    check_permission(user, Permission.TRAY_USE)
    if not can_see_names(user, case):
        raise NotAllowed(
            Bitext(
                "Only a coordinator of this case can see the original names.",
                "仅本病例的协调员可查看原始姓名。",
            )
        )
