"""Who names the PACS, who fetches from one, who sends to one."""

from __future__ import annotations

from mdtapp.cases.models import Case
from mdtapp.delivery import access as delivery_access
from mdtapp.materials import access as material_access
from mdtapp.people.access import check_permission
from mdtapp.people.models import User
from mdtapp.people.roles import Permission


def check_can_manage(user: User) -> None:
    """Which PACS there are is the administrator's."""
    check_permission(user, Permission.NODE_MANAGE)


def check_can_fetch(user: User, case: Case) -> None:
    """Fetching brings material into the case, and the search shows names: a coordinator's."""
    material_access.check_can_add(user, case)


def check_can_send(user: User, case: Case) -> None:
    """Whoever sends the opinion to its readers sends it to the PACS."""
    delivery_access.check_can_send(user, case)
