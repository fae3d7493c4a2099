"""Values as they were typed, in the unit they were measured in, beside the converted values that rules compare.

They stand under the key `entered` beside the answers, in a table in its row: {"creatinine_umol_l": {"value": 1.1,
"unit": "mg/dL"}} beside "creatinine_umol_l": 97.24.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isclose
from typing import Any, Final

from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.units import converted
from mdtapp.disciplines.conditions import number
from mdtapp.disciplines.definitions import Field

ENTERED: Final = "entered"
AS_CONVERTED: Final = 5e-4
"""Largest relative difference a conversion to four digits leaves."""


def entered_as(field: Field, answers: Mapping[str, Any]) -> tuple[float, str] | None:
    """Value and unit as typed, where they are kept and still are what the answer says; else None."""
    kept = answers.get(ENTERED)
    typed = kept.get(field.key) if isinstance(kept, Mapping) else None
    if not isinstance(typed, Mapping):
        return None
    value, unit = number(typed.get("value")), field.other_unit(str(typed.get("unit")))
    stored = number(answers.get(field.key))
    if value is None or unit is None or stored is None:
        return None
    same = isclose(converted(value, unit.factor), stored, rel_tol=AS_CONVERTED, abs_tol=1e-9)
    return (value, unit.code) if same else None


def misfits(fields: Iterable[Field], answers: Mapping[str, Any]) -> list[str]:
    """Keys under `entered` that are no second saying of an answer beside them."""
    kept = answers.get(ENTERED)
    if kept is None:
        return []
    if not isinstance(kept, Mapping):
        return [ENTERED]
    known = {field.key: field for field in fields}
    return [str(key) for key in kept if key not in known or entered_as(known[key], answers) is None]


def shown_as_entered(field: Field, answers: Mapping[str, Any]) -> Bitext:
    """`1.1 mg/dL` for a reader; empty where the answer was typed in the field's own unit."""
    typed = entered_as(field, answers)
    if typed is None:
        return Bitext()
    unit = field.other_unit(typed[1])
    assert unit is not None
    return Bitext(f"{typed[0]:g} {unit.words.en}", f"{typed[0]:g} {unit.words.zh}")
