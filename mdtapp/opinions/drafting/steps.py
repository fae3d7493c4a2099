"""The recommended steps of all disciplines, merged where they are the same and put in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.clinical.treatment import NOT_RECOMMENDED, PREFERRED
from mdtapp.disciplines.conditions import is_filled
from mdtapp.opinions.drafting.inputs import Input, Signed
from mdtapp.opinions.drafting.statement import Source
from mdtapp.opinions.drafting.translation import missing
from mdtapp.opinions.drafting.words import by, fixed, parted, unstopped
from mdtapp.opinions.facts import STEPS

CONDITIONAL: Final = "conditional"
ADVISED: Final = (PREFERRED, CONDITIONAL)
"""What stands in the recommendation; an acceptable alternative stands among the options only."""
DIAGNOSTIC: Final = frozenset({"test", "biopsy", "genetic_counselling", "fertility"})
"""Steps that come before a choice and are no option beside others."""
LEADS: Final = "medical_oncology"
"""Whose sequence is followed unless the chair chose another."""

_OPENINGS: Final = {
    "chemoradiation": "radiotherapy",
    "ablation": "local_ablative",
    "tace_haic": "local_ablative",
    "biopsy": "test",
}
_TEXTS: Final = ("timing", "condition", "rationale")


@dataclass(frozen=True)
class Row:
    """One step as one discipline wrote it; `place` is its row, from 0. `opens` marks the first of its sequence."""

    input: Input
    place: int
    columns: Mapping[str, Any]
    opens: bool

    def code(self, column: str) -> str:
        value = self.columns.get(column)
        return value if isinstance(value, str) else ""

    @property
    def drug_classes(self) -> frozenset[str]:
        value = self.columns.get("drug_classes")
        return (
            frozenset(code for code in value if isinstance(code, str))
            if isinstance(value, list)
            else frozenset()
        )

    def text(self, column: str) -> Bitext:
        value = self.columns.get(column)
        return Bitext.of(value) if isinstance(value, Mapping | str) else Bitext()

    def is_same_treatment(self, other: Row) -> bool:
        """Same kind, drug classes and intent, recommended as strongly."""
        return self.drug_classes == other.drug_classes and all(
            self.code(column) == other.code(column) for column in ("modality", "intent", "preference")
        )


@dataclass(frozen=True)
class Step:
    """A step with the rows of everybody who recommends it; the first row gives it its words and place."""

    rows: tuple[Row, ...]

    @property
    def lead(self) -> Row:
        return self.rows[0]

    @property
    def authors(self) -> list[str]:
        return list(dict.fromkeys(row.input.key for row in self.rows))

    @property
    def preference(self) -> str:
        return self.lead.code("preference")

    @property
    def modality(self) -> str:
        return self.lead.code("modality")

    @property
    def is_option(self) -> bool:
        return self.modality not in DIAGNOSTIC or self.preference == NOT_RECOMMENDED

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(row.input.source(STEPS, row.place) for row in self.rows)

    @cached_property
    def description(self) -> Bitext:
        """The first author's words, and what another put in other words behind them."""
        first = unstopped(self.lead.text("description"))
        others = [row for row in self.rows[1:] if not _is_within(row.text("description"), first)]
        added = [fixed("steps.adds", who=row.input.label, what=row.text("description")) for row in others]
        return parted([first, *added])

    def untranslated(self, *columns: str) -> tuple[Language, ...]:
        """The languages that any of these free texts lacks; of all when none is named."""
        return missing(*(row.text(key) for row in self.rows for key in columns or ("description", *_TEXTS)))

    def as_json(self) -> dict[str, Any]:
        """The structured step: the first author's row, gaps filled from the others, and all authors."""
        merged: dict[str, Any] = {}
        for row in self.rows:
            merged = {key: value for key, value in row.columns.items() if is_filled(value)} | merged
        merged["description"] = self.description.as_json()
        merged.update({column: text.as_json() for column in _TEXTS if (text := self.text(column))})
        names = dict.fromkeys(row.code("guideline_ref").strip() for row in self.rows)
        if any(names):
            merged["guideline_ref"] = "; ".join(filter(None, names))
        table = self.lead.input.find(STEPS)
        order = [column.key for column in table.columns] if table else []
        keys = [*(key for key in order if key in merged), *sorted(set(merged) - set(order))]
        return {**{key: merged[key] for key in keys}, "authors": self.authors}

    def text(self, column: str) -> Bitext:
        """A free text of the step; where authors wrote different ones, each with its author."""
        written = [row for row in self.rows if row.text(column)]
        distinct = {(row.text(column).en, row.text(column).zh): row for row in reversed(written)}
        if len(distinct) < 2:
            return written[0].text(column) if written else Bitext()
        return parted(by(row.input.label, row.text(column)) for row in reversed(distinct.values()))


@dataclass(frozen=True, slots=True)
class Advice:
    """The steps in order.

    `recommended` follows the leading discipline. `other_views` would begin differently and wait
    for the chair; once the chair has chosen a sequence there are none, and what does not fit it
    stands among the `options`, which also hold alternatives and what is advised against.
    """

    recommended: tuple[Step, ...]
    other_views: tuple[Step, ...]
    options: tuple[Step, ...]

    @property
    def all_steps(self) -> tuple[Step, ...]:
        steps = (*self.recommended, *self.other_views, *self.options)
        return tuple({id(step): step for step in steps}.values())


def advice(signed: Signed, chosen_sequence: str) -> Advice:
    """`chosen_sequence` is the discipline whose order the chair chose, or empty."""
    leader = _leader(signed, chosen_sequence)
    ordered = sorted(signed.inputs, key=lambda one: one.key != leader)
    steps = _merged(
        [row for one in ordered for row in _rows(one)], {one.key: _opening(one) for one in ordered}
    )
    lead = signed.find(leader)
    opening = _opening(lead) if lead else ""
    fitting = {one.key for one in ordered if _opening(one) in ("", opening) or not opening}
    advised = [step for step in steps if step.preference in ADVISED]
    recommended = [step for step in advised if not fitting.isdisjoint(step.authors)]
    others = [] if chosen_sequence else [step for step in advised if step not in recommended]
    printed = [*recommended, *others]
    options = [step for step in steps if _is_compared(step) or step not in printed]
    return Advice(tuple(recommended), tuple(others), tuple(options))


def _is_compared(step: Step) -> bool:
    return step.is_option and step.preference != CONDITIONAL


def _leader(signed: Signed, chosen: str) -> str:
    writing = [one.key for one in signed.inputs if one.has(STEPS)]
    return next((key for key in (chosen, LEADS, *writing) if key in writing), "")


def _rows(one: Input) -> list[Row]:
    rows = sorted(one.rows(STEPS), key=lambda pair: _sequence(pair[1]))
    opening = next((place for place, row in rows if row.get("preference") in ADVISED), None)
    return [Row(one, place, row, place == opening) for place, row in rows]


def _sequence(row: Mapping[str, Any]) -> float:
    value = row.get("seq")
    return value if isinstance(value, int | float) and not isinstance(value, bool) else float("inf")


def _opening(one: Input) -> str:
    """How the discipline would begin: as it says, else by the kind of its first step."""
    if one.code("first_step"):
        return one.code("first_step")
    first = next((row.code("modality") for row in _rows(one) if row.opens), "")
    return _OPENINGS.get(first, first)


def _merged(rows: Iterable[Row], openings: Mapping[str, str]) -> list[Step]:
    """Equal steps of different disciplines as one, in the order of the first of them."""
    groups: list[list[Row]] = []
    for row in rows:
        group = next((group for group in groups if _joins(row, group, openings)), None)
        if group is None:
            groups.append([row])
        else:
            group.append(row)
    return [Step(tuple(group)) for group in groups]


def _joins(row: Row, group: Sequence[Row], openings: Mapping[str, str]) -> bool:
    """A step that opens one sequence is not the later step of another that begins differently."""
    return all(
        row.input is not other.input
        and row.is_same_treatment(other)
        and (row.opens == other.opens or openings[row.input.key] == openings[other.input.key])
        for other in group
    )


def _is_within(text: Bitext, longer: Bitext) -> bool:
    inner = unstopped(text)
    return inner.en.lower() in longer.en.lower() and inner.zh.lower() in longer.zh.lower()
