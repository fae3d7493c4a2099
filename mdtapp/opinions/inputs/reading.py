"""An input as it is read: every answer in words, with the form it was written with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.checks.anchors import CITED
from mdtapp.disciplines.conditions import is_filled
from mdtapp.disciplines.definitions import Discipline, Field, FieldType
from mdtapp.disciplines.entered import ENTERED, shown_as_entered
from mdtapp.disciplines.sentences import shown
from mdtapp.opinions.case_facts import outside_part
from mdtapp.opinions.inputs.claims import claims_for
from mdtapp.opinions.inputs.form_change import BESIDE_THE_QUESTIONS, SetAside
from mdtapp.opinions.inputs.form_class import CLAIM_COLUMNS
from mdtapp.opinions.inputs.kept_forms import asked_by
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.places import Cited, cited_at, cited_places
from mdtapp.opinions.inputs.progress import AGAINST_THEIR_RECORD, THEIRS

THEIR_WORDS = Bitext("Theirs", "外院")
ASKED_EARLIER = Bitext("Asked by an earlier form", "旧版表单的问题")
CLAIM = "claims."
LONG = 80
"""Characters from which an answer is a text to read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One question with its answer. A table has rows of (label, value) pairs instead, the same labels in each."""

    key: str
    label: Bitext
    value: Bitext
    rows: list[list[tuple[Bitext, Bitext]]]
    places: list[Cited] = field(default_factory=list)

    @property
    def wide(self) -> bool:
        """Whether it needs the whole width."""
        return bool(self.rows) or len(self.value.en) > LONG


@dataclass(frozen=True, slots=True)
class AnsweredSection:
    """The answered questions under one heading."""

    key: str
    label: Bitext
    answers: list[Answer]


@dataclass(frozen=True, slots=True)
class Difference:
    """One question whose two answers differ; an empty one was not answered."""

    label: Bitext
    saved: str
    typed: str
    key: str = ""


def answered_sections(row: DisciplineInput) -> list[AnsweredSection]:
    """Only what was answered, in the order and with the labels of the form it was written with."""
    discipline = asked_by(row)
    if discipline is None:
        return [_unexplained(row.data)]
    sections = sections_of(discipline, row.data, outside_part(row.case))
    aside = [SetAside.of(kept) for kept in row.set_aside or ()]
    if aside:
        answers = [Answer(f"aside.{one.key}", one.label, one.words, []) for one in aside]
        sections.append(AnsweredSection("aside", ASKED_EARLIER, answers))
    return sections


def sections_of(
    discipline: Discipline, data: Mapping[str, Any], outside: Mapping[str, Any]
) -> list[AnsweredSection]:
    """The answers by section; the verdicts on the home hospital's record stand before the last one."""
    sections = [
        AnsweredSection(
            section.key,
            section.label,
            [
                replace(_answer(discipline, f, data), places=cited_at(data, f.key))
                for f in section.fields
                if is_filled(data.get(f.key)) or cited_at(data, f.key)
            ],
        )
        for section in discipline.sections
    ]
    verdicts = _verdicts(discipline, data, outside)
    if verdicts:
        sections.insert(len(sections) - 1, AnsweredSection(THEIRS, AGAINST_THEIR_RECORD, verdicts))
    known = {field.key for field in discipline.fields()} | {*BESIDE_THE_QUESTIONS}
    sections.append(_unexplained({key: value for key, value in data.items() if key not in known}))
    return [section for section in sections if section.answers]


def differences(
    discipline: Discipline,
    saved: Mapping[str, Any],
    typed: Mapping[str, Any],
    outside: Mapping[str, Any],
) -> list[Difference]:
    """Question by question where two texts of one input differ, in words and in both languages."""
    labels: dict[str, Bitext] = {}
    words: list[dict[str, str]] = []
    for data in (saved, typed):
        said = {}
        for section in sections_of(discipline, data, outside):
            for answer in section.answers:
                labels[answer.key] = answer.label
                said[answer.key] = _as_text(answer)
        words.append(said)
    return [
        Difference(label, words[0].get(key, ""), words[1].get(key, ""), key)
        for key, label in labels.items()
        if words[0].get(key) != words[1].get(key)
    ]


def merged(saved: Mapping[str, Any], typed: Mapping[str, Any], take: Collection[str]) -> dict[str, Any]:
    """The typed text, with the questions named in `take` (keys of `differences`) as they were saved.

    With an answer go the unit it was typed in and the places cited beside it; a claim goes as its whole row.
    """
    answers = dict(typed)
    for key in take:
        if key.startswith(CLAIM):
            _put(answers, "claims", _with_claim(saved, answers, key.removeprefix(CLAIM)))
            continue
        _put(answers, key, saved.get(key))
        for beside in (ENTERED, CITED):
            theirs, ours = _by_question(saved.get(beside)), _by_question(answers.get(beside))
            _put(ours, key, theirs.get(key))
            _put(answers, beside, ours)
    return answers


def _with_claim(saved: Mapping[str, Any], answers: Mapping[str, Any], claim: str) -> list[Any]:
    theirs = [row for row in saved.get("claims") or [] if row.get("claim") == claim]
    return [*(row for row in answers.get("claims") or [] if row.get("claim") != claim), *theirs]


def _put(answers: dict[str, Any], key: str, value: Any) -> None:
    """Sets an answer, or takes it out where there is none."""
    if value in (None, "", [], {}):
        answers.pop(key, None)
    else:
        answers[key] = value


def _by_question(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _as_text(answer: Answer) -> str:
    said = [" · ".join(_in_both(value) for _label, value in row if value) for row in answer.rows]
    cited = ", ".join(place.words for place in answer.places)
    return "\n".join(part for part in (*(said or [_in_both(answer.value)]), cited) if part)


def _in_both(text: Bitext) -> str:
    return text.en if text.en == text.zh else "\n".join(part for part in (text.en, text.zh) if part)


def _answer(discipline: Discipline, field: Field, data: Mapping[str, Any]) -> Answer:
    value = data.get(field.key)
    if field.type is FieldType.TABLE and isinstance(value, list):
        return Answer(field.key, field.label, Bitext(), _rows(discipline, field, value))
    words = _as_typed(field, data, shown(discipline, field, value))
    if field.type in (FieldType.MULTIREF, FieldType.REF):
        words = Bitext(words.en, words.en)
    return Answer(field.key, field.label, words, [])


def _rows(discipline: Discipline, table: Field, value: Iterable[Any]) -> list[list[tuple[Bitext, Bitext]]]:
    """The rows of a table in the columns that hold anything."""
    rows = [row for row in value if isinstance(row, Mapping)]
    columns = [one for one in table.columns if any(is_filled(row.get(one.key)) for row in rows)]
    return [
        [
            (column.label, _as_typed(column, row, shown(discipline, column, row.get(column.key))))
            for column in columns
        ]
        for row in rows
    ]


def _as_typed(field: Field, answers: Mapping[str, Any], words: Bitext) -> Bitext:
    """With the value in the unit it was typed in, where that is another: `97.24 µmol/L (1.1 mg/dL)`."""
    typed = shown_as_entered(field, answers)
    return Bitext(f"{words.en} ({typed.en})", f"{words.zh}（{typed.zh}）") if typed else words


def _verdicts(discipline: Discipline, data: Mapping[str, Any], outside: Mapping[str, Any]) -> list[Answer]:
    """Each judged claim under its own name: their words, the verdict, ours, and why."""
    known = {claim.key: claim for claim in claims_for(discipline, outside)}
    answers = []
    rows = data.get("claims")
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, Mapping) or not is_filled(row.get("verdict")):
            continue
        key = str(row.get("claim") or "")
        claim = known.get(key)
        name = key.rpartition(".")[2].replace("_", " ")
        label = claim.label if claim else Bitext(name, name)
        pairs = [(THEIR_WORDS, _plain(claim.theirs) if claim else Bitext())]
        pairs += [
            (column.label, _claim_cell(discipline, column, row.get(column.key))) for column in CLAIM_COLUMNS
        ]
        answers.append(Answer(f"{CLAIM}{key}", label, Bitext(), [pairs], cited_places(row.get("anchors"))))
    return answers


def _claim_cell(discipline: Discipline, column: Field, value: Any) -> Bitext:
    known = column.choices is None or column.choices in discipline.choices
    return shown(discipline, column, value) if known or not is_filled(value) else _plain(value)


def _unexplained(data: Mapping[str, Any]) -> AnsweredSection:
    """Answers whose question no kept form names: they speak for themselves."""
    answers = [
        Answer(key, Bitext(key, key), _plain(value), []) for key, value in data.items() if is_filled(value)
    ]
    return AnsweredSection("unexplained", ASKED_EARLIER, answers)


def _plain(value: Any) -> Bitext:
    if isinstance(value, Bitext):
        return value
    return Bitext.of(value) if isinstance(value, Mapping) else Bitext(str(value), str(value))
