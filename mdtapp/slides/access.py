"""Slides inherit the access of their case; their label is the coordinator's, who knows the patient."""

from __future__ import annotations

from mdtapp.cases.access import can_see, is_coordinator
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotAllowed
from mdtapp.people.access import check_permission, may
from mdtapp.people.models import User
from mdtapp.people.roles import Permission
from mdtapp.slides.models import SlideRegion


def can_draw(user: User, case: Case) -> bool:
    """Whoever judges the material on this case: its specialists and its chair."""
    return may(user, Permission.INPUT_WRITE) and can_see(user, case)


def check_can_draw(user: User, case: Case) -> None:
    check_permission(user, Permission.INPUT_WRITE)
    if not can_see(user, case):
        raise NotAllowed(Bitext("This slide belongs to another case.", "该切片属于其他病例。"), case=case.id)


def can_withdraw(user: User, case: Case, region: SlideRegion) -> bool:
    """Only who drew it."""
    return can_draw(user, case) and region.author_id == user.id


def check_can_withdraw(user: User, case: Case, region: SlideRegion) -> None:
    check_can_draw(user, case)
    if region.author_id != user.id:
        raise NotAllowed(
            Bitext("Only the person who drew this region can take it away.", "仅绘制者本人可移除该区域。"),
            case=case.id,
        )


def can_see_label(user: User, case: Case) -> bool:
    """Label and overview of the glass often show the patient's name: they are for the coordinator of the case."""
    return may(user, Permission.MATERIAL_WRITE) and is_coordinator(user, case)


def check_can_see_label(user: User, case: Case) -> None:
    check_permission(user, Permission.MATERIAL_WRITE)
    if not can_see_label(user, case):
        raise NotAllowed(
            Bitext(
                "Only a coordinator of this case can see the label of a slide.",
                "仅本病例的协调员可查看切片标签。",
            ),
            case=case.id,
        )
