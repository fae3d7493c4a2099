"""One field of a data file becomes a typed `Field`; its conditions, its codes and its sentences are checked here."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, cast

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.computed import COMPUTATIONS
from mdtapp.disciplines.definitions import (
    ChoiceSet,
    Coding,
    Condition,
    Field,
    FieldType,
    Operator,
    OtherUnit,
    Prefill,
    Test,
)
from mdtapp.disciplines.sentences import placeholders
from mdtapp.disciplines.yaml_source import Entries

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
OUTER_FACT = re.compile(r"(case|outside|patient)\.[a-z][a-z0-9_]*")
PREFILL_SOURCE = re.compile(r"previous|(case|outside)\.[a-z][a-z0-9_]*")
AGREEMENTS = ("diagnosis", "stage", "plan", "imaging_report")
REFERENCES = ("material", "imaging_study", "patient_question")
RESERVED = frozenset(
    {
        "cited",
        "claims",
        "data",
        "entered",
        "errors",
        "form_errors",
        "meta",
        "obj",
        "prefix",
        "process",
        "validate",
        "value",
    }
)
"""Keys that mean something else beside the questions of a form; a column may be called `value`."""
NUMERIC = (FieldType.INT, FieldType.DECIMAL)
CODED = (FieldType.CHOICE, FieldType.MULTICHOICE)

FIELD_KEYS = (
    "key", "type", "label", "help", "tier", "required", "required_if", "shown_if", "choices", "ref", "unit",
    "units", "min", "max", "usual_min", "usual_max", "step", "pattern", "max_length", "min_items", "must_be_true",
    "not_future", "computed", "new_row", "prefill", "agreement", "code", "says", "says_when", "feeds", "columns",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a field may name: choice sets, opinion sections, and for each choice set every code that ever has a sentence.

    A site that replaces a choice set leaves sentences of delivered codes behind; they are not a fault.
    """

    choices: Mapping[str, ChoiceSet]
    sections: Collection[str]
    spoken: Mapping[str, Collection[str]]


def bitext(entry: Entries, key: str) -> Bitext:
    """A label in both languages."""
    value = entry.mapping(key)
    value.only("en", "zh")
    return Bitext(en=value.text("en"), zh=value.text("zh"))


def field(entry: Entries, words: Vocabulary, *, is_column: bool = False) -> Field:
    """The typed field, complete but for what depends on its neighbours (see `check_neighbours`)."""
    entry.only(*FIELD_KEYS)
    key = entry.text("key")
    if not KEY.fullmatch(key):
        entry.fault(f"the key “{key}” may hold small letters, digits and _ only", "key")
    if key in RESERVED and not (key == "value" and is_column):
        entry.fault(f"the key “{key}” is taken; choose another", "key")
    kind = FieldType(entry.one_of("type", tuple(FieldType)))
    read = Field(
        key=key,
        type=kind,
        label=bitext(entry, "label"),
        help=bitext(entry, "help") if "help" in entry else Bitext(),
        tier=cast(Literal["core", "detail"], entry.one_of("tier", ("core", "detail"))),
        required=entry.flag("required"),
        required_if=_condition_of(entry, "required_if"),
        shown_if=_condition_of(entry, "shown_if"),
        choices=_choices(entry, kind, words),
        ref=_ref(entry, kind),
        columns=_columns(entry, kind, words),
        unit=entry.optional_text("unit"),
        min=entry.number("min"),
        max=entry.number("max"),
        usual_min=entry.number("usual_min"),
        usual_max=entry.number("usual_max"),
        units=_units(entry, kind),
        step=entry.number("step"),
        pattern=_pattern(entry),
        max_length=entry.whole("max_length"),
        min_items=entry.whole("min_items"),
        must_be_true=entry.flag("must_be_true"),
        not_future=entry.flag("not_future"),
        computed=_named(entry, "computed", COMPUTATIONS),
        new_row=_new_row(entry, is_column),
        prefill=_prefill(entry),
        agreement=_named(entry, "agreement", AGREEMENTS),
        code=_coding(entry),
        says=bitext(entry, "says") if "says" in entry else None,
        says_when=_says_when(entry, words),
        feeds=_named(entry, "feeds", words.sections),
    )
    _check_limits(entry, read)
    return read


def _check_limits(entry: Entries, read: Field) -> None:
    """Limits in rising order, and only where there is a number to limit."""
    names = [name for name in ("min", "usual_min", "usual_max", "max") if getattr(read, name) is not None]
    if read.type not in NUMERIC and (names or read.step is not None):
        entry.fault(f"a field of type {read.type} has no limits", [*names, "step"][0])
    for low, high in pairwise(names):
        if getattr(read, low) > getattr(read, high):
            entry.fault(f"“{low}” is above “{high}”", low)
    if read.step is not None and read.step <= 0:
        entry.fault("“step” must be above 0", "step")


def check_neighbours(
    fields: Mapping[str, Field], entries: Mapping[str, Entries], outer: Mapping[str, Field] | None = None
) -> None:
    """Conditions and sentences may only name fields that exist: those beside them, in a row those of the form too."""
    for key, read in fields.items():
        entry = entries[key]
        for name, condition in (("required_if", read.required_if), ("shown_if", read.shown_if)):
            for question in condition.questions() if condition else ():
                if not _is_known(question, fields):
                    entry.fault(f"the condition asks for “{question}”, which is no field here", name)
        known = {"value", *fields, *(outer or {}), *(column.key for column in read.columns)}
        texts = [("says", read.says), *(("says_when", text) for text in (read.says_when or {}).values())]
        for name, text in texts:
            for language in (text.en, text.zh) if text else ():
                for placeholder in placeholders(language):
                    if placeholder not in known:
                        entry.fault(f"the sentence names “{placeholder}”, which is no field here", name)


def _is_known(question: str, fields: Mapping[str, Field]) -> bool:
    if OUTER_FACT.fullmatch(question):
        return True
    head, _, column = question.partition(".")
    if head not in fields:
        return False
    return not column or any(one.key == column for one in fields[head].columns)


def condition(value: Any, fault: Entries, key: str) -> Condition:
    """A condition from data: a single test, or `behaviour` all/any with a list `when` of tests and conditions."""

    def part(item: Any) -> Condition | Test:
        if not isinstance(item, Entries):
            fault.fault("a condition must hold keys and values", key)
        return group(item) if "when" in item else _test(item)

    def group(item: Entries) -> Condition:
        item.only("behaviour", "when", "negate")
        behaviour = cast(Literal["all", "any"], item.one_of("behaviour", ("all", "any")))
        parts = tuple(part(inner) for inner in item.mappings("when"))
        if not parts:
            item.fault("a condition needs at least one test", "when")
        return Condition(behaviour, parts, item.flag("negate"))

    read = part(value)
    return read if isinstance(read, Condition) else Condition("all", (read,))


def _test(item: Entries) -> Test:
    item.only("question", "operator", "answer", "negate")
    operator = Operator(item.one_of("operator", tuple(Operator)))
    answer = item.get("answer")
    expected: tuple[type, ...] = (str, int, float, bool)
    if operator is Operator.EXISTS:
        expected = (bool,)
    elif operator in (Operator.IN, Operator.CONTAINS_ANY):
        expected = (list,)
    elif operator is Operator.STARTS_WITH:
        expected = (str,)
    elif operator in (Operator.ABOVE, Operator.BELOW, Operator.AT_LEAST, Operator.AT_MOST):
        expected = (int, float)
    if not isinstance(answer, expected) or (isinstance(answer, bool) and bool not in expected):
        item.fault(f"“{operator}” cannot compare with this answer", "answer")
    return Test(
        item.text("question"),
        operator,
        tuple(answer) if isinstance(answer, list) else answer,
        item.flag("negate"),
    )


def _condition_of(entry: Entries, key: str) -> Condition | None:
    return condition(entry[key], entry, key) if key in entry else None


def _choices(entry: Entries, kind: FieldType, words: Vocabulary) -> str | None:
    if kind not in CODED:
        if "choices" in entry:
            entry.fault(f"a field of type {kind} has no choices", "choices")
        return None
    name = entry.text("choices")
    if name not in words.choices:
        entry.fault(f"there is no choice set “{name}”", "choices")
    return name


def _ref(entry: Entries, kind: FieldType) -> str | None:
    if kind in (FieldType.REF, FieldType.MULTIREF):
        return entry.one_of("ref", REFERENCES)
    if "ref" in entry:
        entry.fault(f"a field of type {kind} refers to nothing", "ref")
    return None


def _columns(entry: Entries, kind: FieldType, words: Vocabulary) -> tuple[Field, ...]:
    if kind is not FieldType.TABLE:
        if "columns" in entry:
            entry.fault("only a table has columns", "columns")
        return ()
    entries = entry.mappings("columns")
    columns = tuple(field(column, words, is_column=True) for column in entries)
    if not columns:
        entry.fault("a table needs columns", "columns")
    for column, inner in zip(columns, entries, strict=True):
        if column.type in (FieldType.TABLE, FieldType.MULTIREF):
            inner.fault(f"a column cannot be of type {column.type}", "type")
    refuse_repeats(columns, entries)
    by_key = {column.key: column for column in columns}
    check_neighbours(by_key, {column.key: inner for column, inner in zip(columns, entries, strict=True)})
    return columns


def refuse_repeats(fields: Iterable[Field], entries: Iterable[Entries]) -> None:
    """Each key may stand once."""
    seen: set[str] = set()
    for read, entry in zip(fields, entries, strict=True):
        if read.key in seen:
            entry.fault(f"the field “{read.key}” stands twice", "key")
        seen.add(read.key)


def refuse_other_meaning(
    fields: Mapping[str, Field], meant: Mapping[str, Field], entries: Mapping[str, Entries]
) -> None:
    """A site's field under a delivered key keeps type, unit and choices: rules, checks and the draft read it."""
    for key in fields.keys() & meant.keys():
        for name in ("type", "unit", "choices"):
            if getattr(fields[key], name) != getattr(meant[key], name):
                entries[key].fault(
                    f"“{key}” is delivered with another {name} and read by rules; give your question its own key",
                    name,
                )


def _pattern(entry: Entries) -> str | None:
    pattern = entry.optional_text("pattern")
    if pattern is not None:
        try:
            re.compile(pattern)
        except re.error as error:
            entry.fault(f"the pattern cannot be used: {error}", "pattern")
    return pattern


def _named(entry: Entries, key: str, allowed: Iterable[str]) -> str | None:
    return entry.one_of(key, tuple(allowed)) if key in entry else None


def _units(entry: Entries, kind: FieldType) -> tuple[OtherUnit, ...]:
    if "units" not in entry:
        return ()
    if kind is not FieldType.DECIMAL or "unit" not in entry:
        entry.fault("only a decimal field with a unit of its own has further units", "units")
    found: list[OtherUnit] = []
    for item in entry.mappings("units"):
        item.only("code", "factor")
        code, factor = item.text("code"), item.number("factor")
        if factor is None or not 0 < factor < math.inf:
            item.fault("“factor” must be a number above 0", "factor")
        if code in {entry["unit"], *(one.code for one in found)}:
            item.fault(f"the unit “{code}” stands twice", "code")
        found.append(OtherUnit(code, factor))
    return tuple(found)


def _new_row(entry: Entries, is_column: bool) -> Literal["same", "next"] | None:
    if "new_row" in entry and not is_column:
        entry.fault("only a column of a table has “new_row”", "new_row")
    return cast(Literal["same", "next"] | None, _named(entry, "new_row", ("same", "next")))


def _prefill(entry: Entries) -> Prefill | None:
    if "prefill" not in entry:
        return None
    value = entry.mapping("prefill")
    value.only("source", "mode")
    source = value.text("source")
    if not PREFILL_SOURCE.fullmatch(source):
        value.fault(f"“{source}” is no source of facts; use previous, case.… or outside.…", "source")
    return Prefill(source, cast(Literal["compare", "start"], value.one_of("mode", ("compare", "start"))))


def _coding(entry: Entries) -> Coding | None:
    if "code" not in entry:
        return None
    value = entry.mapping("code")
    value.only("system", "code", "display", "checked")
    return Coding(value.text("system"), value.text("code"), value.text("display"), value.flag("checked"))


def _says_when(entry: Entries, words: Vocabulary) -> dict[str, Bitext | None] | None:
    if "says_when" not in entry:
        return None
    value = entry.mapping("says_when")
    allowed = _codes_of(entry, words)
    for code in value:
        if code not in allowed:
            value.fault(f"“{code}” is no answer to this question", code)
    return {code: None if value[code] is None else bitext(value, code) for code in value}


def _codes_of(entry: Entries, words: Vocabulary) -> Collection[str]:
    if entry["type"] not in (FieldType.BOOL, FieldType.CHOICE):
        entry.fault("only a choice or a yes/no field has sentences for single answers", "says_when")
    if entry["type"] == FieldType.BOOL:
        return ("true", "false")
    return words.spoken[entry.text("choices")]
