"""What is known of one case, as the conflict rules and the draft look at it. Immutable, pure."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Literal

from mdtapp.clinical.agreement import claim_object, worst_impact, worst_verdict
from mdtapp.clinical.biomarkers import drivers
from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.dates import is_older_than, read_date
from mdtapp.clinical.thresholds import DEFAULT_THRESHOLDS, Thresholds
from mdtapp.clinical.treatment import PREFERRED, Plan, steps_of
from mdtapp.errors import Invalid
from mdtapp.opinions.fact_types import check_types

Row = Mapping[str, Any]

STEPS = "recommendation_steps"
OUTSIDE_STEPS = "outside.steps"
_CASE_PARTS = ("patient", "case", "outside")
_LISTS = ("history", "questions")


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """What the chair's opinion says so far: class, keys of the sections with text, questions answered."""

    result_class: str | None = None
    sections: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseFacts:
    """The case, the home hospital's opinion and the signed inputs; nobody changes the mappings.

    `draft` is None until the chair has started the opinion. `judged` tells whose steps a
    rule looks at: the panel's, or the home hospital's in their place.
    """

    patient: Row = field(default_factory=dict)
    case: Row = field(default_factory=dict)
    outside: Row = field(default_factory=dict)
    questions: tuple[Row, ...] = ()
    history: tuple[Row, ...] = ()
    inputs: Mapping[str, Row] = field(default_factory=dict)
    draft: DraftFacts | None = None
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    judged: Literal["panel", "outside"] = "panel"

    @classmethod
    def from_json(cls, fragment: object, *, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> CaseFacts:
        """From a whole case or any part of one; parts not named here are left aside.

        Only types are checked: a code or key nobody knows is kept. Raises Invalid.
        """
        if not isinstance(fragment, Mapping):
            raise Invalid(Bitext(en="A case must be a JSON object.", zh="病例必须是一个JSON对象。"))
        check_types(fragment)
        known = copy.deepcopy(dict(fragment))
        inputs = {
            key: _with_claims_rolled_up(data or {}) for key, data in (known.get("inputs") or {}).items()
        }
        return cls(
            patient=known.get("patient") or {},
            case=known.get("case") or {},
            outside=known.get("outside") or {},
            questions=tuple(known.get("questions") or ()),
            history=tuple(known.get("history") or ()),
            inputs=inputs,
            draft=_draft(known.get("draft")),
            thresholds=thresholds,
        )

    def with_outside_plan(self) -> CaseFacts:
        """The same case with the home hospital's steps in place of the panel's."""
        return replace(self, judged="outside")

    def value(self, path: str) -> Any:
        """The value at `radiology.t_category`, `case.site_family`, `outside.x` or `patient.x`; None if absent.

        `history` and `questions` stand for the whole list.
        """
        if path in _LISTS:
            return list(getattr(self, path)) or None
        part, _, key = path.partition(".")
        source = getattr(self, part) if part in _CASE_PARTS else self.inputs.get(part)
        return source.get(key) if source else None

    def has(self, path: str) -> bool:
        """Whether there is a value that is not empty; False and 0 are values."""
        value = self.value(path)
        if isinstance(value, Mapping):
            return any(part not in (None, "") for part in value.values())
        return value is not None and value != "" and value != []

    def text(self, path: str) -> str:
        """A code or text; empty when absent."""
        value = self.value(path)
        return value if isinstance(value, str) else ""

    def number(self, path: str) -> float | None:
        value = self.value(path)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def codes(self, path: str) -> frozenset[str]:
        """The codes of a multiple choice."""
        value = self.value(path)
        return frozenset(value) if isinstance(value, list | tuple) else frozenset()

    def rows(self, path: str) -> tuple[Row, ...]:
        """The rows of a table."""
        value = self.value(path)
        return tuple(value) if isinstance(value, list | tuple) else ()

    def is_below(self, path: str, limit: float) -> bool:
        """False when the number is not known; so for the three that follow."""
        value = self.number(path)
        return value is not None and value < limit

    def is_above(self, path: str, limit: float) -> bool:
        value = self.number(path)
        return value is not None and value > limit

    def is_at_least(self, path: str, limit: float) -> bool:
        value = self.number(path)
        return value is not None and value >= limit

    def is_at_most(self, path: str, limit: float) -> bool:
        value = self.number(path)
        return value is not None and value <= limit

    def differ(self, *paths: str) -> bool:
        """Whether the paths hold two or more different known codes."""
        return len({self.text(path) for path in paths} - {"", "unknown", "not_applicable"}) > 1

    def in_all_inputs(self, key: str) -> Iterator[tuple[str, Any]]:
        """Discipline and value of one field, for each input that holds it."""
        for discipline, data in self.inputs.items():
            if data.get(key) is not None:
                yield discipline, data[key]

    @cached_property
    def plan(self) -> Plan:
        """The steps a rule looks at. The home hospital's count as preferred unless they say otherwise."""
        if self.judged == "outside":
            return self.outside_plan
        tables = [(discipline, self.rows(f"{discipline}.{STEPS}")) for discipline in self.inputs]
        return Plan(tuple(step for discipline, rows in tables for step in steps_of(discipline, rows)))

    @cached_property
    def outside_plan(self) -> Plan:
        return Plan(steps_of("outside", self.rows(OUTSIDE_STEPS), unsaid=PREFERRED))

    @cached_property
    def drivers(self) -> frozenset[str]:
        """Driver alterations reported by pathology or following from the molecular variants."""
        return drivers(self.codes("pathology.driver_alterations"), self.rows("genetics_molecular.variants"))

    @cached_property
    def meeting_on(self) -> date | None:
        known = read_date(self.value("case.meeting_on"))
        return known.first if known else None

    @cached_property
    def age(self) -> float | None:
        """Age at the meeting in years: as recorded, else the difference of the years."""
        recorded, born = self.number("patient.age"), self.number("patient.birth_year")
        if recorded is not None or born is None or self.meeting_on is None:
            return recorded
        return self.meeting_on.year - born

    def is_aged(self, years: float) -> bool:
        """Whether the person is `years` old or older; False when the age is not known."""
        return self.age is not None and self.age >= years

    def is_older_than(self, path: str, days: int) -> bool:
        """Whether a date lies more than `days` before the meeting; False when either is not known."""
        return is_older_than(self.value(path), days, self.meeting_on)

    @cached_property
    def answered_questions(self) -> frozenset[str]:
        """Ids of the questions answered in an input or in the chair's opinion."""
        rows = [row for discipline in self.inputs for row in self.rows(f"{discipline}.answers")]
        in_inputs = {
            row["question_id"] for row in rows if row.get("question_id") and _is_written(row.get("answer"))
        }
        return frozenset(in_inputs).union(self.draft.answered if self.draft else ())


def _draft(written: Row | None) -> DraftFacts | None:
    if written is None:
        return None
    return DraftFacts(
        result_class=written.get("result_class"),
        sections=tuple(written.get("sections") or ()),
        answered=tuple(written.get("answered") or ()),
    )


def _with_claims_rolled_up(data: dict[str, Any]) -> dict[str, Any]:
    """The input with each `agree_…` and `impact_…` the worst of its claim rows, where there are rows."""
    by_object: dict[str, list[Row]] = {}
    for row in data.get("claims") or ():
        by_object.setdefault(claim_object(row.get("claim") or ""), []).append(row)
    rolled = dict(data)
    for assessed, rows in by_object.items():
        verdict = worst_verdict(row.get("verdict") or "" for row in rows)
        impact = worst_impact(row.get("impact") or "" for row in rows)
        rolled |= {f"agree_{assessed}": verdict} if verdict else {}
        rolled |= {f"impact_{assessed}": impact} if impact else {}
    return rolled


def _is_written(answer: object) -> bool:
    return bool(Bitext.of(answer)) if isinstance(answer, Mapping | str) else False
