"""A frozen opinion arranged for the page: what stands where, with every statement in one place of its own.

`arrange` is pure. Page 1 repeats some statements in short form (cards, next steps); each statement is
besides printed in full, with its number and its origin keys, exactly once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.documents.origins import Group, Origins
from mdtapp.documents.steps import Step, printed_step
from mdtapp.documents.wording import Wording, wording

# Three cards side by side; two marks share the first.
CARDS = (("confirmed", "added"), ("changed",), ("needed",))
# What keeps page 1 one page: lines of a mark in a card, and characters (a Chinese one counts double).
CARD_LINES = 2
CARD_LENGTH = 190
NEXT_STEPS = 3
# An explanation longer than this follows the next steps, so that page 1 stays complete on its own.
SHORT_MEANING = 300
# A statement longer than this is not repeated on page 1; it stands in its section.
LONGEST_REPEATED = 360
TABLE_VERDICTS = 3
PATIENT_SECTIONS = ("availability_home", "missing_information", "questions_home_doctor", "follow_up")
DOCTOR_SECTIONS = (
    "diagnosis_verification", "staging_verification", "treatment_evaluation", "guideline_basis", "supportive_tcm",
    "dissent", "methods_materials", "disclaimer",
)  # fmt: skip
COMPARED = (
    ("diagnosis_verification", "diagnosis"), ("staging_verification", "stage"), ("treatment_evaluation", "plan"),
)  # fmt: skip
# Gravest first: the one that is shown when several verdicts share a row.
MARKS = ("changed", "needed", "added", "confirmed")
DISSENT = "dissent"
RECORD_ONLY = "record"
FOR_ALL = "both"
PLACED_APART = (
    "result_class",
    "summary_patient",
    "questions_answered",
    "red_flags",
    "recommendation",
    "options_compared",
)


@dataclass(frozen=True)
class Line:
    """One statement. `pending` names the languages whose text is still to be written."""

    number: str
    text: Bitext
    keys: tuple[str, ...]
    pending: tuple[Language, ...]
    mark: str
    kind: str
    question: str
    edited_by: str
    step: Step | None
    audience: str = ""


@dataclass(frozen=True)
class Section:
    """A heading and its statements; `key` names the kind of section."""

    key: str
    heading: Bitext
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Marked:
    """The first statements with a mark, and how many more there are."""

    mark: str
    heading: Bitext
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True)
class Answer:
    """A question of the patient and the statements that answer it."""

    label: str
    question: Bitext
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Comparison:
    """One row of "first opinion and ours": `theirs` as (hospital, text) pairs."""

    item: Bitext
    theirs: tuple[tuple[str, Bitext], ...]
    lines: tuple[Line, ...]
    mark: str


@dataclass(frozen=True)
class Letter:
    """Everything the templates print. `frozen` serves the plain facts (names, dates, tables)."""

    frozen: Mapping[str, Any]
    words: Wording
    main_line: Bitext
    also: tuple[Bitext, ...]
    result: tuple[Line, ...]
    summary: Line | None
    meaning: Section | None
    meaning_is_short: bool
    cards: tuple[tuple[Marked, ...], ...]
    urgent: Section | None
    next_steps: tuple[Line, ...]
    answers: tuple[Answer, ...]
    loose_answers: tuple[Line, ...]
    recommendation: Section | None
    context: tuple[Line, ...]
    options: Section | None
    patient_sections: tuple[Section, ...]
    comparisons: tuple[Comparison, ...]
    doctor_sections: tuple[Section, ...]
    dissents: tuple[Mapping[str, Any], ...]
    origins: tuple[Group, ...]


def arrange(frozen: Mapping[str, Any]) -> Letter:
    """The letter of one frozen opinion (`mdtapp.opinion/1`); missing parts stay out."""
    words = wording().with_labels(frozen.get("labels"))
    origins = Origins(words)
    sections = _sections(frozen, words, origins)
    result, summary = _lines(sections, "result_class"), _lines(sections, "summary_patient")
    advice = tuple(line for line in _lines(sections, "recommendation") if line.step is not None)
    comparisons = _comparisons(frozen, sections, words)
    in_table = {id(line) for row in comparisons for line in row.lines}
    answers = _answers(frozen, _lines(sections, "questions_answered"))
    answered = {id(line) for answer in answers for line in answer.lines}
    shared = _with(
        sections, DISSENT, tuple(line for line in _lines(sections, DISSENT) if line.audience == FOR_ALL)
    )
    elsewhere = in_table | {id(line) for line in (shared.lines if shared else ())}
    return Letter(
        frozen=frozen,
        words=words,
        main_line=words.label("result_class", frozen.get("result_class")),
        also=_also(frozen, words, result),
        result=result,
        summary=summary[0] if summary else None,
        meaning=_with(sections, "summary_patient", summary[1:]),
        meaning_is_short=sum(map(length, summary[1:])) <= SHORT_MEANING,
        cards=_cards(sections, words),
        urgent=sections.get("red_flags"),
        next_steps=_next_steps(advice),
        answers=answers,
        loose_answers=tuple(
            line for line in _lines(sections, "questions_answered") if id(line) not in answered
        ),
        recommendation=_with(sections, "recommendation", advice),
        context=tuple(line for line in _lines(sections, "recommendation") if line.step is None),
        options=sections.get("options_compared"),
        patient_sections=(
            *(sections[key] for key in PATIENT_SECTIONS if key in sections),
            *((shared,) if shared else ()),
        ),
        comparisons=comparisons,
        doctor_sections=_without(elsewhere, [sections[key] for key in _doctor_keys(sections)]),
        dissents=_unsaid_dissents(frozen),
        origins=origins.groups(),
    )


def _also(frozen: Mapping[str, Any], words: Wording, result: Sequence[Line]) -> tuple[Bitext, ...]:
    """Further result classes, unless a statement already says them."""
    labels = [words.label("result_class", code) for code in frozen.get("also") or []]
    said = {line.text for line in result}
    return tuple(label for label in labels if label not in said)


def _sections(frozen: Mapping[str, Any], words: Wording, origins: Origins) -> dict[str, Section]:
    """Sections with at least one statement, by key, in the order of the frozen opinion."""
    found: dict[str, Section] = {}
    for section in frozen.get("sections") or []:
        key = str(section["key"])
        lines = tuple(
            _line(statement, words, origins)
            for statement in section.get("statements") or []
            if _is_printed(statement)
        )
        if lines:
            found[key] = Section(key, words.label("sections", key), lines)
    return found


def _is_printed(statement: Mapping[str, Any]) -> bool:
    """A dissent for the record only is signed with the text and stands on no page."""
    return statement.get("audience") != RECORD_ONLY


def _line(statement: Mapping[str, Any], words: Wording, origins: Origins) -> Line:
    text = Bitext.of(statement.get("text"))
    step, frame = statement.get("step"), statement.get("frame")
    untranslated = [
        language for language in statement.get("needs_translation") or [] if language in ("en", "zh")
    ]
    return Line(
        number=str(statement.get("number") or ""),
        text=text,
        keys=origins.keys(statement.get("provenance") or []),
        pending=tuple(dict.fromkeys([*text.missing(), *untranslated])),
        mark=str(statement.get("mark") or ""),
        kind=str(statement.get("kind") or ""),
        question=str(statement.get("question") or ""),
        edited_by=str(statement.get("edited_by") or ""),
        step=printed_step(step or {}, words, frame) if step or frame else None,
        audience=str(statement.get("audience") or ""),
    )


def _lines(sections: Mapping[str, Section], key: str) -> tuple[Line, ...]:
    return sections[key].lines if key in sections else ()


def _with(sections: Mapping[str, Section], key: str, lines: tuple[Line, ...]) -> Section | None:
    return Section(key, sections[key].heading, lines) if lines else None


def _without(taken: set[int], sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections less the statements that stand elsewhere."""
    left = [
        Section(section.key, section.heading, tuple(line for line in section.lines if id(line) not in taken))
        for section in sections
    ]
    return tuple(section for section in left if section.lines)


def _doctor_keys(sections: Mapping[str, Section]) -> list[str]:
    """The clinical sections in their order; one this code does not know comes before the limits."""
    unknown = [key for key in sections if key not in (*PLACED_APART, *PATIENT_SECTIONS, *DOCTOR_SECTIONS)]
    order = [*DOCTOR_SECTIONS[:-1], *unknown, DOCTOR_SECTIONS[-1]]
    return [key for key in order if key in sections]


def _cards(sections: Mapping[str, Section], words: Wording) -> tuple[tuple[Marked, ...], ...]:
    """What we confirm, what we see differently, what is needed or added; a card nobody fills is left out.

    The result itself is the main point and stands above them.
    """
    marked = [line for key, section in sections.items() if key not in PLACED_APART for line in section.lines]
    cards = [
        tuple(_marked(mark, [line for line in marked if line.mark == mark], words) for mark in marks)
        for marks in CARDS
    ]
    filled = [tuple(group for group in card if group.lines or group.more) for card in cards]
    return tuple(card for card in filled if card)


def _marked(mark: str, lines: Sequence[Line], words: Wording) -> Marked:
    short = [line for line in lines if length(line) <= LONGEST_REPEATED]
    shown = short[:1]
    for line in short[1:CARD_LINES]:
        if sum(length(one) for one in [*shown, line]) <= CARD_LENGTH:
            shown.append(line)
    return Marked(mark, words.label("card", mark), tuple(shown), len(lines) - len(shown))


def length(line: Line) -> int:
    """How much room a statement takes, in Latin characters; a Chinese one is twice as wide."""
    return len(line.text.en) + 2 * len(line.text.zh)


def _next_steps(lines: Sequence[Line]) -> tuple[Line, ...]:
    preferred = [line for line in lines if line.step and line.step.preference_code == "preferred"]
    return tuple(line for line in preferred if length(line) <= LONGEST_REPEATED)[:NEXT_STEPS]


def _answers(frozen: Mapping[str, Any], lines: Sequence[Line]) -> tuple[Answer, ...]:
    """The patient's questions in their order, unanswered ones too: an open question is shown as open."""
    return tuple(
        Answer(
            str(question["id"]),
            Bitext.of(question.get("text")),
            tuple(line for line in lines if line.question == str(question["id"])),
        )
        for question in frozen.get("questions") or []
    )


def _comparisons(
    frozen: Mapping[str, Any], sections: Mapping[str, Section], words: Wording
) -> tuple[Comparison, ...]:
    outside = frozen.get("outside") or []
    rows = []
    for key, part in COMPARED:
        said = [(str(one.get("label") or ""), Bitext.of(one.get(part))) for one in outside]
        lines = _lines(sections, key)
        verdicts = [line for line in lines if line.kind == "verdict"] or list(lines[:1])
        if lines and any(text for _label, text in said):
            item = words.page("plan") if part == "plan" else words.label("sections", key)
            rows.append(Comparison(item, tuple(said), tuple(verdicts[:TABLE_VERDICTS]), _gravest(verdicts)))
    return tuple(rows)


def _gravest(lines: Sequence[Line]) -> str:
    present = {line.mark for line in lines}
    return next((mark for mark in MARKS if mark in present), "")


def _unsaid_dissents(frozen: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Dissents of the meeting that no statement of their section stands for: by the same words, or kept off the pages."""
    rows = [
        row
        for section in frozen.get("sections") or []
        if section["key"] == DISSENT
        for row in section.get("statements") or []
    ]
    said = {Bitext.of(row.get("text")) for row in rows}
    kept = " ".join(str(Bitext.of(row.get("text"))) for row in rows if not _is_printed(row))
    unsaid = [
        dissent for dissent in frozen.get("dissent") or [] if Bitext.of(dissent.get("text")) not in said
    ]
    return tuple(
        one for one in unsaid if not kept or str(Bitext.of(one.get("text"))).rstrip(".。") not in kept
    )
