"""Who names the PACS, who fetches from one, who sends to one."""

from __future__ import annotations

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.delivery import access as delivery_access
from mdtapp.errors import NotAllowed
from mdtapp.imaging.models import ImagingSeries
from mdtapp.materials import access as material_access
from mdtapp.opinions.case_page import closed_series
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


def check_is_open(user: User, case: Case, series: ImagingSeries) -> None:
    """A reading leaves the house only when it is open: before, a colleague could read it in the PACS."""
    if series.id in closed_series(case, user):
        raise NotAllowed(
            Bitext(
                "What colleagues made of the images is sent once the case has been discussed.",
                "专家基于影像所做的内容，须待会诊讨论后方可发送。",
            ),
            case=case.id,
        )
