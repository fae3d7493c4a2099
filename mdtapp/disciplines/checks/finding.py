"""What a check reports, and how a small function becomes a check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.definitions import Discipline

Level = Literal["error", "warning"]
Wrong = Callable[[Answers], bool]
ANY = "*"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (error: not signed) or worth a second look (warning: confirm).

    `fields` are the keys concerned; a place in a table is `table.row.column`, rows counted from 0.
    """

    id: str
    level: Level
    message: Bitext
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A rule between answers of one input. `wrong` is True where the rule is broken."""

    id: str
    level: Level
    discipline: str
    message: Bitext
    fields: tuple[str, ...]
    wrong: Wrong
    table: str | None = None

    def findings(self, answers: Answers) -> Iterator[Finding]:
        """One finding, or for a rule about rows one per row that breaks it."""
        if self.table is None:
            if self.wrong(answers):
                yield Finding(self.id, self.level, self.message, self.fields)
            return
        for index, row in enumerate(answers.rows(self.table)):
            if self.wrong(answers.in_row(row)):
                places = tuple(f"{self.table}.{index}.{column}" for column in self.fields)
                yield Finding(self.id, self.level, self.message, places)


CHECKS: list[Check] = []


def check(
    id_: str,
    level: Level,
    discipline: str,
    fields: tuple[str, ...],
    *,
    en: str,
    zh: str,
    table: str | None = None,
) -> Callable[[Wrong], Wrong]:
    """Registers a function that answers "is this wrong?"; with `table` it is asked about each row of the table."""

    def register(wrong: Wrong) -> Wrong:
        CHECKS.append(Check(id_, level, discipline, Bitext(en, zh), fields, wrong, table))
        return wrong

    return register


def checks_for(discipline: Discipline) -> Iterator[Check]:
    """The shared checks and those of the discipline, in the order they are written."""
    return (one for one in CHECKS if one.discipline in (ANY, discipline.key))
