"""Who may write, change or return an input."""

from __future__ import annotations

from mdtapp.cases.access import check_is_chair, disciplines_of
from mdtapp.cases.models import Case
from mdtapp.cases.status import CaseStatus
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import InvalidTransition, NotAllowed
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.queries import ANSWERABLE
from mdtapp.people.access import check_permission
from mdtapp.people.models import User
from mdtapp.people.roles import Permission


def check_can_write(user: User, case: Case, discipline: str) -> None:
    """Only the author of the discipline on this case, and only while the case is open for inputs."""
    check_permission(user, Permission.INPUT_WRITE)
    if discipline not in disciplines_of(user, case):
        raise NotAllowed(
            Bitext(
                "Only the person assigned for this discipline can change this input.",
                "仅本学科的指定医生可以修改此意见。",
            ),
            case=case.id,
        )
    if case.status not in ANSWERABLE:
        raise InvalidTransition(
            Bitext(
                "This case is not open for inputs now. The coordinator opens it.",
                "本病例目前未开放填写意见，须由协调员开放。",
            ),
            state=str(case.status),
        )


def can_write(user: User, case: Case, discipline: str) -> bool:
    return discipline in disciplines_of(user, case) and case.status in ANSWERABLE


def is_author(user: User, row: DisciplineInput) -> bool:
    """Whoever writes it; once that person has left the panel, whoever writes for the discipline now."""
    if row.author_id == user.id:
        return True
    left = row.discipline not in disciplines_of(row.author, row.case)
    return left and row.discipline in disciplines_of(user, row.case)


def check_is_author(user: User, row: DisciplineInput) -> None:
    if not is_author(user, row):
        raise NotAllowed(
            Bitext(
                f"Only {row.author.name} can change this.",
                f"仅{row.author.name_zh or row.author.name}可以修改。",
            )
        )


def check_can_return(user: User, case: Case) -> None:
    """The chair asks a question back while the opinion is not signed."""
    check_permission(user, Permission.INPUT_RETURN)
    check_is_chair(user, case)
    if case.status in (CaseStatus.SIGNED, CaseStatus.DELIVERED, CaseStatus.FOLLOW_UP, CaseStatus.CLOSED):
        raise InvalidTransition(
            Bitext("The opinion is signed. Write an addendum instead.", "意见书已签署，请改写补充意见。")
        )
