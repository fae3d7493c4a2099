"""Typed access to the answers of one input, or of one row of a table. Missing answers are never an error here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mdtapp.disciplines import conditions
from mdtapp.disciplines.conditions import Context


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers that passed their own checks, with the case around them."""

    context: Context

    def get(self, question: str) -> Any:
        return self.context.answer(question)

    def has(self, question: str) -> bool:
        return conditions.is_filled(self.get(question))

    def is_one_of(self, question: str, *codes: Any) -> bool:
        """The answer is one of the codes; a missing answer is none."""
        return any(conditions.same(self.get(question), code) for code in codes)

    def holds_any(self, question: str, *codes: str) -> bool:
        """A multiple choice, or a column of a table (`table.column`), holds one of the codes."""
        values = self.get(question)
        return isinstance(values, list) and any(code in values for code in codes)

    def number(self, question: str) -> float | None:
        return conditions.number(self.get(question))

    def at_least(self, question: str, limit: float) -> bool:
        value = self.number(question)
        return value is not None and value >= limit

    def text(self, question: str) -> str:
        value = self.get(question)
        return value if isinstance(value, str) else ""

    def rows(self, table: str) -> list[Mapping[str, Any]]:
        rows = self.get(table)
        return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []

    def age(self) -> int | None:
        age: int | None = self.get("patient.age")
        return age

    def in_row(self, row: Mapping[str, Any]) -> Answers:
        return replace(self, context=self.context.with_values(row))
