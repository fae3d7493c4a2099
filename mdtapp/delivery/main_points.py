"""What the recipient's first page says, taken from the frozen text: nothing is written anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue

SENTENCES = 3
LINES = 3
CARDS = {"agree": "confirmed", "differently": "changed", "needed": "needed"}


@dataclass(frozen=True, slots=True)
class Card:
    """Up to three lines, and how many more stand in the document."""

    lines: tuple[Bitext, ...]
    more: int


@dataclass(frozen=True, slots=True)
class MainPoints:
    """`point` is the result with the first sentences of the summary; `question` and `answer` the first one answered."""

    kind: str
    number: int
    pseudonym: str
    day: date
    specialists: int
    hospital: Bitext
    point: tuple[Bitext, ...]
    urgent: tuple[Bitext, ...]
    cards: Mapping[str, Card]
    question: Bitext
    answer: tuple[Bitext, ...]


def main_points(frozen: Mapping[str, Any]) -> MainPoints:
    """From the frozen opinion (`mdtapp.opinion/1`)."""
    sections = {section["key"]: section["statements"] for section in frozen["sections"]}
    question, answer = _first_answer(frozen["questions"], sections.get("questions_answered", []))
    return MainPoints(
        kind=frozen["kind"],
        number=frozen["number"],
        pseudonym=frozen["patient"]["pseudonym"],
        day=date.fromisoformat(frozen["date"]),
        specialists=len({signer["name"] for signer in frozen["signers"]}),
        hospital=Bitext.of(frozen["hospital"]["name"]),
        point=_point(frozen, sections),
        urgent=_texts(sections.get("red_flags", [])),
        cards={name: _card(sections, mark) for name, mark in CARDS.items()},
        question=question,
        answer=answer,
    )


def _point(frozen: Mapping[str, Any], sections: Mapping[str, Any]) -> tuple[Bitext, ...]:
    result = _texts(sections.get("result_class", []))[:1]
    if not result and frozen["kind"] == "opinion":
        known = catalogue().result_classes.get(frozen["result_class"])
        result = (known.patient_line,) if known else ()
    return (*result, *_texts(sections.get("summary_patient", [])))[:SENTENCES]


def _card(sections: Mapping[str, Any], mark: str) -> Card:
    meant = [section.key for section in catalogue().sections if section.audience != "clinician"]
    found = [row for key in meant for row in sections.get(key, []) if row.get("mark") == mark]
    lines = _texts(found)
    return Card(lines[:LINES], max(0, len(lines) - LINES))


def _first_answer(
    questions: Sequence[Mapping[str, Any]], statements: Sequence[Mapping[str, Any]]
) -> tuple[Bitext, tuple[Bitext, ...]]:
    for question in questions:
        answers = _texts([row for row in statements if row.get("question") == question["id"]])
        if answers:
            return Bitext.of(question["text"]), answers[:LINES]
    return Bitext(), ()


def _texts(statements: Sequence[Mapping[str, Any]]) -> tuple[Bitext, ...]:
    """Each text once, in order."""
    return tuple(dict.fromkeys(Bitext.of(row["text"]) for row in statements))
