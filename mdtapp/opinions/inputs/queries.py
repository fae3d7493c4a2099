"""Reading inputs: the current revision of each discipline, and who may see which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from mdtapp.cases.models import Case, CaseMember, MemberRole
from mdtapp.cases.queries import visible_to
from mdtapp.cases.status import CaseStatus
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.errors import NotFound
from mdtapp.materials.models import Material, Opening
from mdtapp.meetings.models import AgendaItem, Meeting
from mdtapp.meetings.status import AgendaStatus
from mdtapp.opinions.inputs.models import DisciplineInput, FormDefinition, InputSave
from mdtapp.opinions.inputs.status import SIGNED, InputStatus
from mdtapp.people.models import User
from mdtapp.store.db import session

PAST = (InputStatus.AMENDED, InputStatus.DECLINED)
ANSWERABLE = (CaseStatus.IN_REVIEW, CaseStatus.SCHEDULED, CaseStatus.DISCUSSED, CaseStatus.DRAFTING)


def current_inputs(case_id: int) -> dict[str, DisciplineInput]:
    """The running revision of each discipline, in the catalogue's order."""
    return current_inputs_of([case_id]).get(case_id, {})


def current_inputs_of(case_ids: Sequence[int]) -> dict[int, dict[str, DisciplineInput]]:
    """The running revisions of many cases in one read, each case's in the catalogue's order."""
    query = select(DisciplineInput).where(
        DisciplineInput.case_id.in_(case_ids), DisciplineInput.status.not_in(PAST)
    )
    order = list(catalogue().disciplines)
    found: dict[int, dict[str, DisciplineInput]] = {}
    for row in sorted(session.scalars(query), key=lambda row: _place(order, row.discipline)):
        found.setdefault(row.case_id, {})[row.discipline] = row
    return found


def signed_inputs(case_id: int) -> dict[str, DisciplineInput]:
    """What is signed now: a discipline whose amendment is not signed yet counts with its last signed revision."""
    rows = session.scalars(
        select(DisciplineInput)
        .where(DisciplineInput.case_id == case_id, DisciplineInput.signed_at.is_not(None))
        .order_by(DisciplineInput.revision)
    )
    found = {row.discipline: row for row in rows}
    order = list(catalogue().disciplines)
    return dict(sorted(found.items(), key=lambda pair: _place(order, pair[0])))


def written_disciplines(case_id: int) -> frozenset[str]:
    """Disciplines whose running revision is signed: they count for a quorum when absent."""
    return frozenset(key for key, row in current_inputs(case_id).items() if row.status in SIGNED)


def find_input(case_id: int, discipline: str) -> DisciplineInput | None:
    return current_inputs(case_id).get(discipline)


def get_input(case_id: int, discipline: str) -> DisciplineInput:
    row = find_input(case_id, discipline)
    if row is None:
        raise NotFound(Bitext("There is no such input yet.", "尚无该学科意见。"))
    return row


def declined_input(case_id: int, discipline: str) -> DisciplineInput | None:
    """The refusal that stands: the latest revision, when it was declined and nothing followed."""
    return declined_inputs(case_id).get(discipline)


def declined_inputs(case_id: int) -> dict[str, DisciplineInput]:
    """The refusals that stand, by discipline."""
    query = (
        select(DisciplineInput)
        .where(DisciplineInput.case_id == case_id)
        .order_by(DisciplineInput.discipline, DisciplineInput.revision)
    )
    last = {row.discipline: row for row in session.scalars(query)}
    return {key: row for key, row in last.items() if row.status is InputStatus.DECLINED}


def revisions(case_id: int, discipline: str) -> Sequence[DisciplineInput]:
    """Every revision, oldest first; a signed one is never written again."""
    return session.scalars(
        select(DisciplineInput)
        .where(DisciplineInput.case_id == case_id, DisciplineInput.discipline == discipline)
        .order_by(DisciplineInput.revision)
    ).all()


def saves(input_id: int) -> Sequence[InputSave]:
    """Every save of a revision, refused ones included, newest first."""
    return session.scalars(
        select(InputSave).where(InputSave.input_id == input_id).order_by(InputSave.id.desc())
    ).all()


def traces_of(user: User, case_id: int) -> list[datetime]:
    """When this person first opened a material of the case, saved or signed an input on it; in no order."""
    opened = select(Opening.opened_at).join(Material, Material.id == Opening.material_id)
    saved = select(InputSave.at).join(DisciplineInput, DisciplineInput.id == InputSave.input_id)
    signed = select(DisciplineInput.signed_at).where(DisciplineInput.signed_at.is_not(None))
    return [
        *session.scalars(opened.where(Material.case_id == case_id, Opening.user_id == user.id)),
        *session.scalars(saved.where(DisciplineInput.case_id == case_id, InputSave.saved_by_id == user.id)),
        *(
            moment
            for moment in session.scalars(
                signed.where(DisciplineInput.case_id == case_id, DisciplineInput.author_id == user.id)
            )
            if moment is not None
        ),
    ]


def form_definition(version: str) -> FormDefinition | None:
    return session.get(FormDefinition, version)


def assignments(user: User) -> Sequence[tuple[Case, CaseMember]]:
    """Cases that are open for inputs of this person, by due date."""
    query = (
        select(Case, CaseMember)
        .join(CaseMember)
        .where(
            CaseMember.user_id == user.id,
            CaseMember.role == MemberRole.AUTHOR,
            Case.status.in_(ANSWERABLE),
            visible_to(user),
        )
        .options(selectinload(Case.questions), selectinload(Case.outside_opinions))
        .order_by(CaseMember.due_on.is_(None), CaseMember.due_on, Case.id)
    )
    return [(case, member) for case, member in session.execute(query).unique()]


def materials_of_cases(case_ids: Sequence[int]) -> dict[int, list[Material]]:
    """The materials of many cases in one read, each case's in the order of their numbers."""
    query = select(Material).where(Material.case_id.in_(case_ids)).order_by(Material.case_id, Material.number)
    found: dict[int, list[Material]] = {}
    for row in session.scalars(query):
        found.setdefault(row.case_id, []).append(row)
    return found


def opened_in_cases(user: User, case_ids: Sequence[int]) -> frozenset[int]:
    """Ids of the materials of these cases that this person has opened."""
    query = select(Opening.material_id).join(Material, Material.id == Opening.material_id)
    return frozenset(session.scalars(query.where(Material.case_id.in_(case_ids), Opening.user_id == user.id)))


def meetings_of_cases(case_ids: Sequence[int]) -> dict[int, Meeting]:
    """The meeting on whose agenda each case waits; a case on none is left out."""
    query = (
        select(AgendaItem.case_id, Meeting)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(AgendaItem.case_id.in_(case_ids), AgendaItem.status == AgendaStatus.WAITING)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def inputs_of_cases(case_ids: Sequence[int]) -> dict[int, dict[str, InputStatus]]:
    """Status per discipline for many cases in one read."""
    found: dict[int, dict[str, InputStatus]] = {}
    query = select(DisciplineInput.case_id, DisciplineInput.discipline, DisciplineInput.status).where(
        DisciplineInput.case_id.in_(case_ids), DisciplineInput.status.not_in(PAST)
    )
    for case_id, discipline, status in session.execute(query):
        found.setdefault(case_id, {})[discipline] = status
    return found


def amended_disciplines(case_ids: Sequence[int]) -> set[tuple[int, str]]:
    """(case, discipline) where a revision after the first is the running one."""
    query = select(DisciplineInput.case_id, DisciplineInput.discipline).where(
        DisciplineInput.case_id.in_(case_ids),
        DisciplineInput.status.not_in(PAST),
        DisciplineInput.revision > 1,
    )
    return {(case_id, discipline) for case_id, discipline in session.execute(query)}


def _place(order: list[str], key: str) -> int:
    return order.index(key) if key in order else len(order)
