"""Every act at the desk is a version of the text: recorded as a step, seen again at any number, undone by a new step.

A step holds what each statement it touched was before and is after. Version 0 is the text before the first step;
version n is found from the present one by taking the later steps back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.models import Opinion, OpinionStep, Statement
from mdtapp.people.models import User
from mdtapp.store.db import session

UNDO = "undo"
UNDONE = "undone"
"""The reason of a statement that an undone step had written: it stands in no list, only in its versions."""
LASTING = frozenset({"settle_anew"})
"""Acts whose effect on the conflicts only a new settlement changes."""
_RESULT = "result"
_KEPT = (
    "section", "position", "provenance", "kind", "mark", "question", "step", "needs_translation", "dropped_reason",
    "audience", "frame",
)  # fmt: skip

State = Mapping[str, Any]
"""What the text is: the id of each statement to its columns, `result` to the result class and what also holds."""


@contextmanager
def step(
    opinion: Opinion, *, actor: User, at: datetime, act: str, undoes: int | None = None
) -> Iterator[None]:
    """What the block changes of the opinion is one version; a block that changes nothing makes none."""
    before = state_of(opinion)
    yield
    session.flush()
    after = state_of(opinion)
    changes = {
        key: {"before": before.get(key), "after": after.get(key)}
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }
    if changes:
        session.add(
            OpinionStep(
                opinion_id=opinion.id,
                number=latest_number(opinion) + 1,
                act=act,
                by_id=actor.id,
                at=at,
                changes=changes,
                undoes=undoes,
            )
        )
        session.flush()


def state_of(opinion: Opinion) -> dict[str, Any]:
    """The text as it stands, dropped sentences too."""
    known = {str(row.id): _columns(row) for row in opinion.statements}
    return {**known, _RESULT: {"result_class": opinion.result_class, "also": list(opinion.also)}}


def state_at(opinion: Opinion, number: int) -> dict[str, Any]:
    """The text of version `number`: 0 before the first step, the latest number as it stands."""
    state = state_of(opinion)
    for each in reversed(steps(opinion)):
        if each.number <= number:
            break
        for key, change in each.changes.items():
            if change["before"] is None:
                state.pop(key, None)
            else:
                state[key] = change["before"]
    return state


def steps(opinion: Opinion) -> Sequence[OpinionStep]:
    """All steps, oldest first."""
    return session.scalars(
        select(OpinionStep).where(OpinionStep.opinion_id == opinion.id).order_by(OpinionStep.number)
    ).all()


def latest_number(opinion: Opinion) -> int:
    """The number of the version that stands now."""
    return (
        session.scalar(select(func.max(OpinionStep.number)).where(OpinionStep.opinion_id == opinion.id)) or 0
    )


@dataclass(frozen=True, slots=True)
class Course:
    """The number of the version that stands now, and of the latest step that still has its effect and can be undone."""

    latest: int
    undoable: int | None


def course(opinion: Opinion) -> Course:
    """Read without what the steps changed: a text has hundreds of them."""
    rows = session.execute(
        select(OpinionStep.number, OpinionStep.act, OpinionStep.undoes)
        .where(OpinionStep.opinion_id == opinion.id)
        .order_by(OpinionStep.number.desc())
    ).all()
    latest = rows[0].number if rows else 0
    taken_back: set[int] = set()
    for row in rows:
        if row.undoes is not None:
            taken_back.add(row.undoes)
        elif row.number not in taken_back:
            return Course(latest, None if row.act in LASTING else row.number)
    return Course(latest, None)


def next_to_undo(opinion: Opinion) -> OpinionStep | None:
    """The latest step that still has its effect; None when there is none, or only a settlement can change it."""
    number = course(opinion).undoable
    if number is None:
        return None
    return session.scalars(
        select(OpinionStep).where(OpinionStep.opinion_id == opinion.id, OpinionStep.number == number)
    ).one()


def put_back(opinion: Opinion, undone: OpinionStep, actor: User, at: datetime) -> list[Statement]:
    """Everything the step changed as it was before; a sentence it had written is dropped. Returns what changed."""
    rows = {str(row.id): row for row in opinion.statements}
    changed = []
    for key, change in undone.changes.items():
        before = change["before"]
        if key == _RESULT:
            opinion.result_class, opinion.also = before["result_class"], before["also"]
            continue
        row = rows[key]
        if before is None:
            row.dropped_reason = UNDONE
        else:
            text = Bitext.of(before["text"])
            if row.text != text:
                row.text, row.edited_by_id, row.edited_at = text, actor.id, at
            row.original = Bitext.of(before["original"])
            for column in _KEPT:
                setattr(row, column, before[column])
        changed.append(row)
    return changed


def _columns(row: Statement) -> dict[str, Any]:
    texts = {"text": row.text.as_json(), "original": row.original.as_json()}
    return {**texts, **{column: getattr(row, column) for column in _KEPT}}
