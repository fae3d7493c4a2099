"""What one specialist has to write: by due date, with how far each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from mdtapp.cases.models import Case
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.conditions import is_filled, is_required
from mdtapp.opinions.case_facts import form_context
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.queries import assignments, current_inputs
from mdtapp.opinions.inputs.status import SIGNED, InputStatus
from mdtapp.people.models import User


@dataclass(frozen=True, slots=True)
class Task:
    """One input of one case. `answered` of `required` answers are given."""

    case: Case
    discipline: str
    due_on: date | None
    status: InputStatus
    question: str
    answered: int
    required: int


@dataclass(frozen=True, slots=True)
class Tasks:
    """What came back first, then what is to be written, then what is signed."""

    returned: Sequence[Task]
    open: Sequence[Task]
    signed: Sequence[Task]


def tasks_of(user: User, today: date) -> Tasks:
    tasks = [
        _task(case, str(member.discipline), member.due_on or case.due_on, today)
        for case, member in assignments(user)
        if member.discipline in catalogue().disciplines
    ]
    return Tasks(
        returned=[task for task in tasks if task.status == InputStatus.RETURNED],
        open=[task for task in tasks if task.status not in SIGNED and task.status != InputStatus.RETURNED],
        signed=[task for task in tasks if task.status in SIGNED],
    )


def _task(case: Case, discipline: str, due_on: date | None, today: date) -> Task:
    row = current_inputs(case.id).get(discipline)
    answered, required = _progress(case, discipline, row, today)
    return Task(
        case=case,
        discipline=discipline,
        due_on=due_on,
        status=row.status if row else InputStatus.ASSIGNED,
        question=row.reason if row and row.status == InputStatus.RETURNED else "",
        answered=answered,
        required=required,
    )


def _progress(case: Case, discipline: str, row: DisciplineInput | None, today: date) -> tuple[int, int]:
    """How many required answers are given, of how many, with the conditions as they stand."""
    data = row.data if row else {}
    context = replace(form_context(case, today=today), values=data)
    asked = [each for each in catalogue().disciplines[discipline].fields() if is_required(each, context)]
    return sum(is_filled(data.get(each.key)) for each in asked), len(asked)
