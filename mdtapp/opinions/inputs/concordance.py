"""Who said what on the same point: decision axes by disciplines, the home hospital beside them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.conditions import is_filled, same
from mdtapp.disciplines.definitions import Discipline, Field
from mdtapp.disciplines.sentences import shown

FACTS = (
    "primary_site",
    "laterality",
    "histology_group",
    "t_category",
    "n_category",
    "m_category",
    "stage_group",
    "resectability",
    "overall_intent",
    "first_step",
)
"""Answers that several disciplines give in the same code."""

VERDICTS = {
    "agree_diagnosis": Bitext("Their diagnosis", "外院诊断"),
    "agree_stage": Bitext("Their stage", "外院分期"),
    "agree_report": Bitext("Their imaging report", "外院影像报告"),
    "agree_plan": Bitext("Their plan", "外院方案"),
}
CERTAINTY = ("sufficiency", "confidence")
STATES = {"agree": "same", "minor": "refined", "major": "different"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one discipline says. `kind` and `state` choose the look; both are empty where there is nothing to compare."""

    answer: Bitext
    kind: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """One point. `theirs` is empty where their record does not say it; a discipline that was not asked has no cell."""

    label: Bitext
    theirs: Bitext
    cells: Mapping[str, Cell]


def axes(
    disciplines: Sequence[Discipline], data: Mapping[str, Mapping[str, Any]], outside: Mapping[str, Any]
) -> list[Axis]:
    """The points at least one of these disciplines has answered; `data` holds the answers by discipline."""
    found = [_fact(key, disciplines, data, outside) for key in FACTS]
    found += [_verdict(key, label, disciplines, data) for key, label in VERDICTS.items()]
    found += [_fact(key, disciplines, data, {}) for key in CERTAINTY]
    return [axis for axis in found if axis.cells]


def _asked(
    key: str, disciplines: Sequence[Discipline], data: Mapping[str, Mapping[str, Any]]
) -> list[tuple[Discipline, Field, Any]]:
    return [
        (discipline, discipline.field(key), data[discipline.key][key])
        for discipline in disciplines
        if discipline.has(key) and is_filled(data.get(discipline.key, {}).get(key))
    ]


def _fact(
    key: str,
    disciplines: Sequence[Discipline],
    data: Mapping[str, Mapping[str, Any]],
    outside: Mapping[str, Any],
) -> Axis:
    asked = _asked(key, disciplines, data)
    theirs = outside.get(key)
    label, words = Bitext(), Bitext()
    cells = {}
    for discipline, field, value in asked:
        label, words = field.label, shown(discipline, field, theirs)
        state = _state(key, value, theirs, data[discipline.key])
        cells[discipline.key] = Cell(shown(discipline, field, value), "concordance" if state else "", state)
    return Axis(label, words, cells)


def _state(key: str, ours: Any, theirs: Any, answers: Mapping[str, Any]) -> str:
    """Same, refined or different: the author's own verdict on the claim decides where the values differ."""
    if not is_filled(theirs):
        return ""
    if same(ours, theirs):
        return "same"
    rows = answers.get("claims")
    verdicts = [
        str(row.get("verdict"))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping) and row.get("claim") == f"outside.{key}"
    ]
    return STATES.get(verdicts[0], "different") if verdicts else "different"


def _verdict(
    key: str, label: Bitext, disciplines: Sequence[Discipline], data: Mapping[str, Mapping[str, Any]]
) -> Axis:
    cells = {
        discipline.key: Cell(Bitext(), "agreement", str(value))
        for discipline, _field, value in _asked(key, disciplines, data)
    }
    return Axis(label, Bitext(), cells)
