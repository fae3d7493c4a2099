"""What colleagues have done since a person was last at a case. New materials are marked where they are listed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mdtapp.opinions.inputs.models import DisciplineInput


@dataclass(frozen=True, slots=True)
class News:
    """Inputs that others signed and rules whose conflicts were found since then; false when there are none."""

    since: datetime | None = None
    inputs: list[DisciplineInput] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.inputs or self.conflicts)
