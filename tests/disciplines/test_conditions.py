"""Conditions in the shape of enableWhen, evaluated."""

from __future__ import annotations

from datetime import date

import pytest

from mdtapp.disciplines.conditions import Context, age_at_meeting, holds, is_filled
from mdtapp.disciplines.definitions import Condition, Operator, Test


def check(question, operator, answer, *, negate=False):
    return Test(question, Operator(operator), answer, negate)


CONTEXT = Context(
    values={
        "side": "left",
        "count": 3,
        "zero": 0,
        "no": False,
        "yes": True,
        "blank": "  ",
        "empty": [],
        "halves": {"en": "", "zh": ""},
        "ills": ["cardiac", "lung"],
        "category": "M1b",
        "rows": [{"type": "herbal", "classes": ["a", "b"]}, {"type": "diet"}, {}],
    },
    case={"site_family": "lung", "meeting_on": "2026-11-13"},
    outside={"t_category": "T2"},
    patient={"sex": "female", "birth_year": 1979},
)


@pytest.mark.parametrize(
    ("question", "operator", "answer", "expected"),
    [
        ("side", "exists", True, True),
        ("side", "exists", False, False),
        ("missing", "exists", True, False),
        ("missing", "exists", False, True),
        ("zero", "exists", True, True),
        ("no", "exists", True, True),
        ("blank", "exists", True, False),
        ("empty", "exists", True, False),
        ("halves", "exists", True, False),
        ("side", "=", "left", True),
        ("side", "=", "right", False),
        ("missing", "=", "left", False),
        ("yes", "=", True, True),
        ("yes", "=", 1, False),
        ("count", "=", True, False),
        ("zero", "=", False, False),
        ("count", "=", "3", False),
        ("side", "!=", "right", True),
        ("side", "!=", "left", False),
        ("missing", "!=", "left", True),
        ("count", ">", 2, True),
        ("count", ">", 3, False),
        ("count", ">=", 3, True),
        ("count", "<", 3, False),
        ("count", "<", 4, True),
        ("count", "<=", 3, True),
        ("missing", ">", 0, False),
        ("missing", "<", 9, False),
        ("yes", ">=", 1, False),
        ("side", ">", 1, False),
        ("side", "in", ("left", "right"), True),
        ("side", "in", ("right",), False),
        ("missing", "in", ("left",), False),
        ("ills", "contains-any", ("lung", "renal"), True),
        ("ills", "contains-any", ("renal",), False),
        ("missing", "contains-any", ("renal",), False),
        ("rows.type", "contains-any", ("herbal",), True),
        ("rows.type", "contains-any", ("massage",), False),
        ("rows.classes", "contains-any", ("b",), True),
        ("side.type", "contains-any", ("left",), False),
        ("category", "starts-with", "M1", True),
        ("category", "starts-with", "M0", False),
        ("missing", "starts-with", "M", False),
        ("count", "starts-with", "3", False),
        ("case.site_family", "=", "lung", True),
        ("outside.t_category", "=", "T2", True),
        ("outside.n_category", "=", "N0", False),
        ("patient.sex", "=", "female", True),
        ("patient.age", ">=", 47, True),
        ("patient.age", ">=", 48, False),
    ],
)
def test_operators(question, operator, answer, expected):
    assert holds(check(question, operator, answer), CONTEXT) is expected
    assert holds(check(question, operator, answer, negate=True), CONTEXT) is not expected


TRUE, FALSE = check("side", "=", "left"), check("side", "=", "right")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, True),
        (Condition("all", (TRUE, TRUE)), True),
        (Condition("all", (TRUE, FALSE)), False),
        (Condition("any", (FALSE, TRUE)), True),
        (Condition("any", (FALSE, FALSE)), False),
        (Condition("any", (FALSE, TRUE), negate=True), False),
        (Condition("all", (TRUE, Condition("any", (FALSE, TRUE)))), True),
        (Condition("all", (TRUE, Condition("all", (FALSE, TRUE)))), False),
    ],
)
def test_groups(condition, expected):
    assert holds(condition, CONTEXT) is expected


def test_a_row_sees_its_own_columns_and_the_case():
    row = CONTEXT.with_values({"modality": "surgery"})
    assert holds(check("modality", "=", "surgery"), row)
    assert not holds(check("side", "exists", True), row)
    assert holds(check("case.site_family", "=", "lung"), row)


@pytest.mark.parametrize(
    ("patient", "case", "age"),
    [
        ({"age": 47}, {}, 47),
        ({"age": 47, "birth_year": 1900}, {"meeting_on": "2026-11-13"}, 47),
        ({"birth_year": 1979}, {"meeting_on": "2026-11-13"}, 47),
        ({"birth_year": 1979}, {}, None),
        ({"birth_year": "1979"}, {"meeting_on": "2026-11-13"}, None),
        ({"birth_year": 1979}, {"meeting_on": "soon"}, None),
        ({}, {"meeting_on": "2026-11-13"}, None),
        ({"age": True}, {}, None),
    ],
)
def test_age(patient, case, age):
    assert age_at_meeting(patient, case) == age


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, False),
        ("", False),
        (" \n", False),
        ([], False),
        ([""], False),
        ({}, False),
        ({"en": " "}, False),
        ([{}], False),
        (0, True),
        (False, True),
        ("x", True),
        (["x"], True),
        ({"zh": "有"}, True),
        ([{"a": 0}], True),
    ],
)
def test_what_counts_as_an_answer(value, expected):
    assert is_filled(value) is expected


@pytest.mark.parametrize(
    ("patient", "case", "today", "age"),
    [
        ({"age": 70}, {"meeting_on": "2026-11-24"}, date(2027, 1, 1), 70),
        ({"birth_year": 1950}, {"meeting_on": "2026-11-24"}, date(2027, 1, 1), 76),
        ({"birth_year": 1950}, {}, date(2027, 1, 1), 77),
        ({"birth_year": 1950}, {}, None, None),
        ({"birth_year": True}, {}, date(2027, 1, 1), None),
        ({}, {"meeting_on": "2026-11-24"}, date(2027, 1, 1), None),
    ],
)
def test_age_is_that_at_the_meeting_and_before_one_is_planned_that_of_today(patient, case, today, age):
    assert Context(patient=patient, case=case, today=today).answer("patient.age") == age
