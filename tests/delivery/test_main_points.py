"""The recipient's first page is made from the frozen text alone."""

from __future__ import annotations

from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.delivery.main_points import main_points


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"text": {"en": text, "zh": f"{text}（中）"}, "mark": None, "question": None, **more}


def frozen(**changed: Any) -> dict[str, Any]:
    return {
        "kind": "opinion",
        "number": 0,
        "date": "2026-11-24",
        "hospital": {"name": {"en": "Qingyuan", "zh": "清源"}},
        "patient": {"pseudonym": "AMBER-417", "name": None},
        "result_class": "modified_treatment",
        "questions": [
            {"id": "Q1", "text": {"en": "Why?", "zh": "为何？"}},
            {"id": "Q2", "text": {"en": "When?", "zh": "何时？"}},
        ],
        "signers": [{"name": "A"}, {"name": "B"}, {"name": "A"}],
        "sections": [],
        **changed,
    }


def section(key: str, *statements: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "statements": list(statements)}


def test_an_opinion_without_statements_gives_the_class_alone() -> None:
    points = main_points(frozen())
    assert points.point == (Bitext("Other treatment or another order is advised.", "建议不同的治疗或顺序。"),)
    assert all(not card.lines for card in points.cards.values())
    assert (points.question, points.answer, points.urgent) == (Bitext(), (), ())
    assert (points.specialists, points.pseudonym) == (2, "AMBER-417")


def test_point_is_the_result_and_the_first_of_the_summary() -> None:
    points = main_points(
        frozen(
            sections=[
                section("result_class", said("Changed.")),
                section("summary_patient", said("One."), said("Two."), said("Three.")),
            ]
        )
    )
    assert [text.en for text in points.point] == ["Changed.", "One.", "Two."]


def test_cards_take_marked_statements_and_count_the_rest() -> None:
    many = [said(f"Same {n}.", mark="confirmed") for n in range(5)]
    points = main_points(
        frozen(
            sections=[
                section("diagnosis_verification", *many, said("Unmarked.")),
                section(
                    "staging_verification", said("Higher.", mark="changed"), said("Same 0.", mark="confirmed")
                ),
                section("missing_information", said("A scan.", mark="needed")),
                section("guideline_basis", said("For doctors.", mark="needed")),
            ]
        )
    )
    agree = points.cards["agree"]
    assert ([text.en for text in agree.lines], agree.more) == (["Same 0.", "Same 1.", "Same 2."], 2)
    assert [text.en for text in points.cards["differently"].lines] == ["Higher."]
    assert [text.en for text in points.cards["needed"].lines] == ["A scan."]


def test_the_first_question_with_an_answer_is_shown() -> None:
    answers = section("questions_answered", said("In May.", question="Q2"))
    points = main_points(frozen(sections=[answers]))
    assert (points.question.en, [text.en for text in points.answer]) == ("When?", ["In May."])


def test_urgent_points_come_along() -> None:
    points = main_points(frozen(sections=[section("red_flags", said("Fever."))]))
    assert [text.en for text in points.urgent] == ["Fever."]


def test_an_addendum_has_no_class_of_its_own() -> None:
    points = main_points(
        frozen(kind="addendum", number=2, sections=[section("summary_patient", said("New result."))])
    )
    assert [text.en for text in points.point] == ["New result."]
