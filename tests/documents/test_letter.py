"""The arrangement: each statement in one place of its own, page 1 short, nothing lost."""

from __future__ import annotations

from typing import Any

import pytest

from mdtapp.documents.letter import LONGEST_REPEATED, Letter, Line, Section, arrange
from tests.documents.conftest import frozen_opinion, section, statements


def placed(letter: Letter) -> list[Line]:
    """Every line that is printed in full."""
    sections: list[Section | None] = [letter.meaning, letter.urgent, letter.recommendation, letter.options]
    lines = [line for one in sections if one for line in one.lines]
    lines += [line for part in (*letter.patient_sections, *letter.doctor_sections) for line in part.lines]
    lines += [line for answer in letter.answers for line in answer.lines]
    lines += [line for row in letter.comparisons for line in row.lines]
    return [
        *lines,
        *letter.context,
        *letter.result,
        *letter.loose_answers,
        *([letter.summary] if letter.summary else []),
    ]


@pytest.mark.parametrize("name", ["breast", "lung"])
def test_each_statement_stands_in_exactly_one_place(name: str) -> None:
    frozen = frozen_opinion(name)
    numbers = sorted(line.number for line in placed(arrange(frozen)))
    assert numbers == sorted(one["number"] for one in statements(frozen))


def test_an_answer_to_a_question_nobody_asked_is_kept(breast: dict[str, Any]) -> None:
    section(breast, "questions_answered")[0]["question"] = "Q9"
    letter = arrange(breast)
    assert [line.number for line in letter.loose_answers] == ["3.1"]
    assert letter.answers[0].lines == ()


def test_cards_show_what_is_confirmed_changed_and_needed(breast: dict[str, Any]) -> None:
    marks = [[group.mark for group in card] for card in arrange(breast).cards]
    assert marks == [["confirmed", "added"], ["changed"], ["needed"]]


def test_a_long_statement_is_counted_in_its_card_and_not_repeated(breast: dict[str, Any]) -> None:
    for one in section(breast, "missing_information"):
        one["text"]["en"] = "x" * LONGEST_REPEATED
    needed = arrange(breast).cards[-1][0]
    assert (needed.lines, needed.more) == ((), 2)


def test_next_steps_are_the_first_preferred_ones(lung: dict[str, Any]) -> None:
    assert [line.number for line in arrange(lung).next_steps] == ["9.1", "9.2"]


def test_the_gravest_verdict_marks_the_row(breast: dict[str, Any]) -> None:
    section(breast, "staging_verification")[1] |= {"kind": "verdict", "mark": "confirmed"}
    rows = {row.item.en: row.mark for row in arrange(breast).comparisons}
    assert rows == {"Diagnosis": "changed", "Stage": "changed", "Plan": "changed"}


def test_both_hospitals_stand_in_a_row(lung: dict[str, Any]) -> None:
    plan = arrange(lung).comparisons[2]
    assert [label for label, _text in plan.theirs] == ["A", "B"]


def test_without_an_outside_opinion_there_is_no_comparison(breast: dict[str, Any]) -> None:
    breast["outside"] = []
    assert arrange(breast).comparisons == ()


def test_limits_come_last_in_the_clinical_part(breast: dict[str, Any]) -> None:
    assert arrange(breast).doctor_sections[-1].key == "disclaimer"
