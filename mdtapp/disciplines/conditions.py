"""Does a condition hold? Pure evaluation against the answers, the case, the outside opinion and the patient.

A missing answer equals nothing, differs from everything, and is neither above nor below a number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from mdtapp.disciplines.definitions import Condition, Field, Operator, Test

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What conditions and checks may look at.

    `values` is the form's own data; `case`, `outside` and `patient` are the case's facts in their stored shape.
    The rest is for checks: `today` for dates that cannot lie ahead, `role` of the author in this case,
    `references` with the ids that exist per kind ("material", "imaging_study", "patient_question"; a kind that
    is absent is not checked) and `stage_of` (site, system, type, T, N, M → stage group or None) of the tables
    the site has loaded.
    """

    values: Facts = field(default_factory=dict)
    case: Facts = field(default_factory=dict)
    outside: Facts = field(default_factory=dict)
    patient: Facts = field(default_factory=dict)
    today: date | None = None
    role: str | None = None
    references: Mapping[str, Collection[str]] = field(default_factory=dict)
    stage_of: Callable[[str, str, str, str, str, str], str | None] | None = None

    def with_values(self, values: Facts) -> Context:
        """The same case, other answers: a row of a table, or data not yet saved."""
        return replace(self, values=values)

    def answer(self, question: str) -> Any:
        """The value of a field key, `table.column` (a list), `case.x`, `outside.x` or `patient.x`; None when unknown.

        `patient.age` is that at the meeting, before one is planned that of today.
        """
        head, _, rest = question.partition(".")
        if not rest:
            return self.values.get(head)
        if question == "patient.age":
            age = age_at_meeting(self.patient, self.case)
            return age_at(self.patient, self.today.year) if age is None and self.today else age
        if head in ("case", "outside", "patient"):
            facts: Facts = getattr(self, head)
            return facts.get(rest)
        rows = self.values.get(head)
        if not isinstance(rows, list):
            return None
        return [row.get(rest) for row in rows if isinstance(row, Mapping)]


def age_at_meeting(patient: Facts, case: Facts) -> int | None:
    """Age in whole years: as recorded, or birth year against the meeting's year. None when unknown."""
    age = patient.get("age")
    if isinstance(age, int) and not isinstance(age, bool):
        return age
    meeting = str(case.get("meeting_on") or "")[:4]
    return age_at(patient, int(meeting)) if meeting.isdecimal() else None


def age_at(patient: Facts, year: int) -> int | None:
    """Age in whole years reached in this year; None without a birth year."""
    born = patient.get("birth_year")
    return year - born if isinstance(born, int) and not isinstance(born, bool) else None


def holds(condition: Condition | Test | None, context: Context) -> bool:
    """True when there is no condition or the condition is met."""
    if condition is None:
        return True
    if isinstance(condition, Test):
        met = _OPERATORS[condition.operator](context.answer(condition.question), condition.answer)
    elif condition.behaviour == "all":
        met = all(holds(part, context) for part in condition.when)
    else:
        met = any(holds(part, context) for part in condition.when)
    return met != condition.negate


def is_shown(field_: Field, context: Context) -> bool:
    """Whether the question is asked."""
    return holds(field_.shown_if, context)


def is_required(field_: Field, context: Context) -> bool:
    """Whether an answer is needed: never when the question is not asked."""
    if not is_shown(field_, context):
        return False
    return field_.required or (field_.required_if is not None and holds(field_.required_if, context))


def is_filled(value: Any) -> bool:
    """Whether there is an answer: 0 and False are answers; blank text, empty lists and empty bitexts are not."""
    if value is None:
        return False
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, Mapping):
        return any(is_filled(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(is_filled(part) for part in value)
    return True


def same(left: Any, right: Any) -> bool:
    """Equality that keeps yes/no apart from 1/0 and text apart from numbers."""
    if isinstance(left, bool) or isinstance(right, bool):
        return isinstance(left, bool) and isinstance(right, bool) and left is right
    return bool(left == right)


def number(value: Any) -> float | None:
    """The value as a number, or None when it is none (yes/no is none)."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _contains_any(answer: Any, wanted: Any) -> bool:
    parts = answer if isinstance(answer, list) else [answer]
    flat = [inner for part in parts for inner in (part if isinstance(part, list) else [part])]
    return any(same(part, one) for part in flat for one in wanted)


def _numeric(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def compared(answer: Any, limit: Any) -> bool:
        left, right = number(answer), number(limit)
        return left is not None and right is not None and compare(left, right)

    return compared


_OPERATORS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EXISTS: lambda answer, wanted: is_filled(answer) is wanted,
    Operator.EQUALS: same,
    Operator.DIFFERS: lambda answer, wanted: not same(answer, wanted),
    Operator.ABOVE: _numeric(lambda a, b: a > b),
    Operator.BELOW: _numeric(lambda a, b: a < b),
    Operator.AT_LEAST: _numeric(lambda a, b: a >= b),
    Operator.AT_MOST: _numeric(lambda a, b: a <= b),
    Operator.IN: lambda answer, wanted: any(same(answer, one) for one in wanted),
    Operator.CONTAINS_ANY: _contains_any,
    Operator.STARTS_WITH: lambda answer, wanted: isinstance(answer, str) and answer.startswith(wanted),
}
