"""Each answer by itself: present when needed, of its type, within its limits, readable."""

from __future__ import annotations

from datetime import date

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.checks.single import MOST_ROWS, check_fields
from mdtapp.disciplines.conditions import Context
from mdtapp.disciplines.definitions import Choice, ChoiceSet, Condition, Field, FieldType, Operator, Test
from tests.disciplines.inputs import findings

CHOICES = {
    "colour": ChoiceSet("colour", (Choice("red", Bitext("Red", "红")), Choice("2+", Bitext("2+", "2+"))))
}
LABEL = Bitext("Label", "标签")
TODAY = date(2026, 11, 24)


def ids(kind, value, context=None, **limits):
    """The ids of what is wrong with one answer to one field."""
    field = Field("key", FieldType(kind), LABEL, **limits)
    data = {} if value is None else {"key": value}
    around = (context or Context(today=TODAY)).with_values(data)
    found, _sound = check_fields((field,), data, around, CHOICES)
    return [finding.id for finding in found]


COLUMNS = (
    Field("name", FieldType.TEXT, LABEL, required=True),
    Field("size", FieldType.DECIMAL, LABEL, min=0),
    Field(
        "why",
        FieldType.TEXT,
        LABEL,
        required=True,
        shown_if=Condition("all", (Test("size", Operator.ABOVE, 5),)),
    ),
)


@pytest.mark.parametrize(
    ("kind", "value", "limits", "expected"),
    [
        ("text", "words", {}, []),
        ("text", "", {}, []),
        ("text", "", {"required": True}, ["required"]),
        ("text", "  ", {"required": True}, ["required"]),
        ("text", None, {"required": True}, ["required"]),
        ("text", 5, {}, ["type"]),
        ("text", ["a"], {}, ["type"]),
        ("text", {}, {}, ["type"]),
        ("text", "two\nlines", {}, ["characters"]),
        ("text", "x" * 2_000, {}, []),
        ("text", "x" * 2_001, {}, ["length"]),
        ("text", "x" * 11, {"max_length": 10}, ["length"]),
        ("text", "A6", {"pattern": "^[AB][0-9]$"}, []),
        ("text", "A6\u0000", {}, ["characters"]),
        ("text", "C6", {"pattern": "^[AB][0-9]$"}, ["pattern"]),
        ("text", "A6x", {"pattern": "[AB][0-9]"}, ["pattern"]),
        ("text", "left \u202e right", {}, ["characters"]),
        ("text", "left \u2067 right", {}, ["characters"]),
        ("text", "left \u200f right", {}, ["characters"]),
        ("text", "left \u061c right", {}, ["characters"]),
        ("text", "half \ud800 pair", {}, ["characters"]),
        ("text", "tab\tinside", {}, []),
        ("longtext", "two\nlines", {}, []),
        ("longtext", "x" * 10_000, {}, []),
        ("longtext", "x" * 10_001, {}, ["length"]),
        ("longtext", "bell \u0007", {}, ["characters"]),
        ("bitext", {"en": "words", "zh": "字"}, {}, []),
        ("bitext", {"en": "words\nand", "zh": "字"}, {}, []),
        ("bitext", {"en": "words"}, {}, ["language"]),
        ("bitext", {"en": "words", "zh": " "}, {}, ["language"]),
        ("bitext", {"zh": "字"}, {}, ["language"]),
        ("bitext", {"en": "", "zh": ""}, {"required": True}, ["required"]),
        ("bitext", {"en": "", "zh": ""}, {}, []),
        ("bitext", {"en": "words", "zh": "字", "fr": "mots"}, {}, ["type"]),
        ("bitext", {"en": 5, "zh": "字"}, {}, ["type"]),
        ("bitext", "words", {}, ["type"]),
        ("bitext", {"en": "x" * 10_001, "zh": "字"}, {}, ["length"]),
        ("bitext", {"en": "xxx", "zh": "字字字"}, {"max_length": 2}, ["length", "length"]),
        ("bitext", {"en": "words", "zh": "字\u202e"}, {}, ["characters"]),
        ("int", 3, {"min": 0, "max": 4}, []),
        ("int", 0, {"required": True}, []),
        ("int", 5, {"min": 0, "max": 4}, ["range"]),
        ("int", -1, {"min": 0}, ["range"]),
        ("int", 3.0, {}, ["type"]),
        ("int", True, {}, ["type"]),
        ("int", "3", {}, ["type"]),
        ("int", 10**400, {}, ["range"]),
        ("int", 85, {"min": 0, "max": 100, "step": 10}, ["range"]),
        ("int", 80, {"min": 0, "max": 100, "step": 10}, []),
        ("decimal", 3, {}, []),
        ("decimal", 3.5, {"min": 3.5, "max": 3.5}, []),
        ("decimal", 14.5, {"min": 0, "max": 17, "step": 0.5}, []),
        ("decimal", 14.3, {"min": 0, "max": 17, "step": 0.5}, ["range"]),
        ("decimal", float("nan"), {}, ["type"]),
        ("decimal", float("inf"), {}, ["type"]),
        ("decimal", False, {}, ["type"]),
        ("decimal", "3.5", {}, ["type"]),
        ("bool", True, {}, []),
        ("bool", False, {"required": True}, []),
        ("bool", None, {"required": True}, ["required"]),
        ("bool", False, {"required": True, "must_be_true": True}, ["confirm"]),
        ("bool", None, {"required": True, "must_be_true": True}, ["confirm"]),
        ("bool", 1, {}, ["type"]),
        ("bool", "true", {}, ["type"]),
        ("date", "2026-11-24", {}, []),
        ("date", "2026-02-30", {}, ["type"]),
        ("date", "20261124", {}, ["type"]),
        ("date", "2026-11-24T10:00", {}, ["type"]),
        ("date", "24.11.2026", {}, ["type"]),
        ("date", "１２３４-11-24", {}, ["type"]),
        ("date", "1066-10-14", {}, ["range"]),
        ("date", 20261124, {}, ["type"]),
        ("date", "2026-11-24", {"not_future": True}, []),
        ("date", "2026-11-25", {"not_future": True}, ["future"]),
        ("date", "2026-11-25", {}, []),
        ("choice", "red", {"choices": "colour"}, []),
        ("choice", "blue", {"choices": "colour"}, ["choice"]),
        ("choice", 2, {"choices": "colour"}, ["type"]),
        ("choice", ["red"], {"choices": "colour"}, ["type"]),
        ("multichoice", ["red", "2+"], {"choices": "colour"}, []),
        ("multichoice", [], {"choices": "colour", "required": True}, ["required"]),
        ("multichoice", ["blue"], {"choices": "colour"}, ["choice"]),
        ("multichoice", ["red", "red"], {"choices": "colour"}, ["type"]),
        ("multichoice", "red", {"choices": "colour"}, ["type"]),
        ("multichoice", [{"red": 1}], {"choices": "colour"}, ["type", "choice"]),
        ("ref", "M1", {"ref": "material"}, []),
        ("ref", 1, {"ref": "material"}, ["type"]),
        ("ref", "M" * 201, {"ref": "material"}, ["type"]),
        ("multiref", ["M1", "M2"], {"ref": "material"}, []),
        ("multiref", "M1", {"ref": "material"}, ["type"]),
        ("table", [{"name": "a"}], {"columns": COLUMNS}, []),
        ("table", [], {"columns": COLUMNS, "required": True}, ["required"]),
        ("table", [{}], {"columns": COLUMNS}, ["required"]),
        ("table", [{"name": "a", "size": 6}], {"columns": COLUMNS}, ["required"]),
        ("table", [{"name": "a", "size": 5}], {"columns": COLUMNS}, []),
        ("table", [{"name": "a", "size": -1}], {"columns": COLUMNS}, ["range"]),
        ("table", [{"name": "a", "colour": "red"}], {"columns": COLUMNS}, ["unknown"]),
        ("table", ["a"], {"columns": COLUMNS}, ["type"]),
        ("table", {"name": "a"}, {"columns": COLUMNS}, ["type"]),
        ("table", [{"name": "a"}] * MOST_ROWS, {"columns": COLUMNS}, []),
        ("table", [{"name": "a"}] * (MOST_ROWS + 1), {"columns": COLUMNS}, ["rows"]),
    ],
)
def test_answers(kind, value, limits, expected):
    assert ids(kind, value, **limits) == expected


def test_a_date_is_not_held_against_an_unknown_day():
    assert ids("date", "2030-01-01", Context(), not_future=True) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [(["M1"], []), (["M1", "M9"], ["reference"])],
)
def test_references_of_another_case(value, expected):
    context = Context(references={"material": {"M1", "M2"}})
    assert ids("multiref", value, context, ref="material") == expected
    assert ids("ref", value[-1], context, ref="material") == expected
    assert ids("ref", value[-1], context, ref="imaging_study") == []


def test_not_needed_while_not_asked():
    never = Condition("all", (Test("other", Operator.EXISTS, True),))
    assert ids("text", None, required=True, shown_if=never) == []
    assert ids("text", None, required_if=Condition("all", ()), shown_if=never) == []
    assert ids("text", None, required_if=Condition("all", ())) == ["required"]


def test_unusable_answers_are_set_apart():
    fields = (Field("good", FieldType.INT, LABEL), Field("bad", FieldType.INT, LABEL), *COLUMNS[:0])
    table = Field("rows", FieldType.TABLE, LABEL, columns=COLUMNS)
    data = {"good": 1, "bad": "x", "rows": [{"name": "a", "size": "big"}, 7]}
    _found, sound = check_fields((*fields, table), data, Context(values=data), CHOICES)
    assert sound == {"good": 1, "rows": [{"name": "a"}, {}]}


def test_places_and_sentences():
    data = {"missing_items": [{"item": "x", "criticality": "sometimes"}], "nonsense": 1}
    by_field = {finding.fields: finding for finding in findings("pathology", data)}
    wrong = by_field[("missing_items.0.criticality",)]
    assert wrong.level == "error"
    assert wrong.message.en == "How critical: choose one of the offered answers."
    assert wrong.message.zh == "重要程度：请从所列选项中选择一项。"
    assert by_field[("nonsense",)].id == "unknown"
    assert not any(finding.message.missing() for finding in by_field.values())


def test_the_pattern_says_what_is_expected():
    (finding,) = [one for one in findings("medical_oncology", {"child_pugh": "D1"}) if one.id == "pattern"]
    assert "A6, B7, C10" in finding.message.en
