"""What one specialist has to write: by due date, with how far each is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mdtapp.cases.models import Case, CaseMember
from mdtapp.disciplines import catalogue
from mdtapp.imaging.models import ImagingSeries
from mdtapp.imaging.queries import leading_series
from mdtapp.imaging.status import PreviewState
from mdtapp.materials.models import Material
from mdtapp.meetings.models import Meeting
from mdtapp.opinions.case_facts import form_context
from mdtapp.opinions.inputs.fitness import can_be_opened
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.progress import progress_of
from mdtapp.opinions.inputs.queries import (
    assignments,
    current_inputs_of,
    last_visits,
    materials_of_cases,
    meetings_of_cases,
    opened_in_cases,
)
from mdtapp.opinions.inputs.status import SIGNED, InputStatus
from mdtapp.opinions.inputs.workbench import NEEDED_BY
from mdtapp.people.models import User


@dataclass(frozen=True, slots=True)
class Task:
    """One input of one case. `answered` of `required` answers are given; `unopened` materials were never looked at,
    `new` ones came since this person last worked on the case."""

    case: Case
    discipline: str
    due_on: date | None
    status: InputStatus
    row: DisciplineInput | None
    answered: int
    required: int
    picture: ImagingSeries | None
    materials: Sequence[Material]
    unopened: int
    new: int
    meeting: Meeting | None

    @property
    def percent(self) -> float:
        return 100 * self.answered / self.required if self.required else 0


@dataclass(frozen=True, slots=True)
class Tasks:
    """What came back, what is to be written, what is signed; each by due date."""

    returned: Sequence[Task]
    open: Sequence[Task]
    signed: Sequence[Task]

    @property
    def to_do(self) -> Sequence[Task]:
        return [*self.returned, *self.open]

    @property
    def next_meeting(self) -> Meeting | None:
        """The first meeting that discusses a case of this person."""
        meetings = [task.meeting for task in (*self.to_do, *self.signed) if task.meeting]
        return min(meetings, key=lambda meeting: meeting.starts_at, default=None)

    def at(self, meeting: Meeting) -> list[Task]:
        """The person's inputs for the cases of a meeting."""
        return [task for task in (*self.to_do, *self.signed) if task.meeting is meeting]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read once for all cases of one person: inputs, materials and meeting by case; what the person opened."""

    inputs: Mapping[int, Mapping[str, DisciplineInput]]
    materials: Mapping[int, Sequence[Material]]
    opened: Collection[int]
    meetings: Mapping[int, Meeting]
    visits: Mapping[int, datetime]


def tasks_of(user: User, today: date) -> Tasks:
    """Everything this person writes or wrote for cases that are open for inputs."""
    seats = [
        (case, member) for case, member in assignments(user) if member.discipline in catalogue().disciplines
    ]
    ids = [case.id for case, _member in seats]
    known = _Known(
        inputs=current_inputs_of(ids),
        materials=materials_of_cases(ids),
        opened=opened_in_cases(user, ids),
        meetings=meetings_of_cases(ids),
        visits=last_visits(user, ids),
    )
    tasks = [_task(case, member, known, today) for case, member in seats]
    return Tasks(
        returned=[task for task in tasks if task.status == InputStatus.RETURNED],
        open=[task for task in tasks if task.status not in SIGNED and task.status != InputStatus.RETURNED],
        signed=[task for task in tasks if task.status in SIGNED],
    )


def _task(case: Case, member: CaseMember, known: _Known, today: date) -> Task:
    discipline = str(member.discipline)
    row = known.inputs.get(case.id, {}).get(discipline)
    status = row.status if row else InputStatus.ASSIGNED
    data = row.data if row else {}
    progress = progress_of(catalogue().disciplines[discipline], data, form_context(case, today=today))
    last = known.visits.get(case.id)
    here = [material for material in known.materials.get(case.id, ()) if can_be_opened(material)]
    return Task(
        case=case,
        discipline=discipline,
        due_on=member.due_on or case.due_on,
        status=status,
        row=row,
        answered=progress.answered,
        required=progress.required,
        picture=None if status in SIGNED else _picture(case),
        materials=[material for material in here if material.kind in NEEDED_BY.get(discipline, ())],
        unopened=sum(material.id not in known.opened for material in here),
        new=sum(last is not None and material.created_at > last for material in here),
        meeting=known.meetings.get(case.id),
    )


def _picture(case: Case) -> ImagingSeries | None:
    """One series that can be shown small."""
    shown = (s for s in leading_series(case).values() if s.preview_state is not PreviewState.IMPOSSIBLE)
    return next(shown, None)
