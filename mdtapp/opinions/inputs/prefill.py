"""Where a fact already is: starting values of a new input. Pure.

Judgements, stage values and sides are never among them; the data files give those the mode
`compare`, and the page shows them beside the empty field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mdtapp.disciplines.conditions import is_filled
from mdtapp.disciplines.definitions import Discipline, Field, FieldType

PREVIOUS = "previous"
CASE = "case."


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before the author begins: facts of the case, and the discipline's last signed input."""

    case: Mapping[str, Any] = field(default_factory=dict)
    previous: Mapping[str, Any] = field(default_factory=dict)


def starting_values(discipline: Discipline, known: Known) -> dict[str, Any]:
    """The value of each field whose source has one and whose mode is `start`."""
    found = {each.key: _value(each, known) for each in discipline.fields() if each.prefill}
    return {key: value for key, value in found.items() if is_filled(value)}


def _value(each: Field, known: Known) -> Any:
    assert each.prefill is not None
    if each.prefill.mode != "start":
        return None
    if each.prefill.source == PREVIOUS:
        return known.previous.get(each.key)
    if each.prefill.source.startswith(CASE):
        value = known.case.get(each.prefill.source.removeprefix(CASE))
        if each.type is FieldType.CHOICE and isinstance(value, bool):
            return "yes" if value else None  # a box nobody ticked says nothing
        return _rows(each, value) if each.columns else value
    return None


def _rows(table: Field, value: Any) -> list[dict[str, Any]] | None:
    """Rows of a table from facts that have more keys than the table has columns."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    columns = {column.key for column in table.columns}
    rows = [
        {key: cell for key, cell in row.items() if key in columns}
        for row in value
        if isinstance(row, Mapping)
    ]
    return [row for row in rows if row] or None
