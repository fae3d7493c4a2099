"""When a person was last at a case, and what has come since. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from mdtapp.opinions.inputs.models import DisciplineInput

PAUSE: Final = timedelta(minutes=30)
"""Longer without a trace than this, and it is another visit: the idle time after which one signs in again."""


@dataclass(frozen=True, slots=True)
class News:
    """What is new since the last visit: numbers of materials, signed inputs of others, rules of conflicts."""

    since: datetime | None = None
    materials: frozenset[int] = frozenset()
    inputs: list[DisciplineInput] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.materials or self.inputs or self.conflicts)


def last_visit(traces: Iterable[datetime], at: datetime, pause: timedelta = PAUSE) -> datetime | None:
    """The end of the visit before the present one; None on the first, when nothing is marked.

    `traces` are the moments this person opened, saved or signed something of the case; those that follow one another
    within `pause`, up to `at`, are the present visit.
    """
    begun = at
    for trace in sorted((moment for moment in traces if moment <= at), reverse=True):
        if begun - trace > pause:
            return trace
        begun = trace
    return None
