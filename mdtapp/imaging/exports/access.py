"""Who may take images out, in which form, and who may say that pixels are clean."""

from __future__ import annotations

from mdtapp.cases.access import can_see, is_coordinator
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotAllowed
from mdtapp.imaging.copy_order import Form
from mdtapp.materials.access import can_add, check_can_add
from mdtapp.people.access import check_permission, may
from mdtapp.people.models import User
from mdtapp.people.roles import Permission


def forms_for(user: User, case: Case) -> list[Form]:
    """The forms this person may take: coordinators every one, the panel the pseudonymous one."""
    if not can_see(user, case):
        return []
    if may(user, Permission.MATERIAL_WRITE) and is_coordinator(user, case):
        return [Form.DEIDENTIFIED, Form.SERVED, Form.RECEIVED]
    return [Form.SERVED] if may(user, Permission.INPUT_WRITE) else []


def check_can_export(user: User, case: Case, form: Form | None = None) -> None:
    """Any form when none is named."""
    check_permission(user, Permission.MATERIAL_READ)
    allowed = forms_for(user, case)
    if not allowed:
        raise NotAllowed(
            Bitext(
                "Your role does not take images out. Ask a coordinator of this case.",
                "您的角色无权导出影像，请联系本病例的协调员。",
            ),
            case=case.id,
        )
    if form is not None and form not in allowed:
        raise NotAllowed(
            Bitext(
                "Only a coordinator of this case can take images out in this form. Choose the form with the pseudonym.",
                "仅本病例的协调员可按此形式导出影像，请选择使用代号的形式。",
            ),
            case=case.id,
        )


def check_can_clear(user: User, case: Case) -> None:
    """Looking at pixels for the outside is a coordinator's task."""
    check_can_add(user, case)


def can_clear(user: User, case: Case) -> bool:
    return can_add(user, case)
