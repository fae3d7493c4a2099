"""A draft whose form has changed since it was written: what moves on, and what is asked no more. Pure.

An answer moves on when the present form has its question and can hold it. What cannot move on (a question, a column or
a code that is gone, an answer of another type) is set aside in the words of the form it was written with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.checks.anchors import CITED
from mdtapp.disciplines.conditions import is_filled
from mdtapp.disciplines.definitions import ChoiceSet, Discipline, Field, FieldType
from mdtapp.disciplines.entered import ENTERED, entered_as
from mdtapp.disciplines.sentences import shown

BESIDE_THE_QUESTIONS: Final = ("claims", CITED, ENTERED)
TEXTS: Final = (FieldType.TEXT, FieldType.LONGTEXT)


@dataclass(frozen=True, slots=True)
class SetAside:
    """One answer to a question no longer asked: its path, its question and answer in words, the form it was given in."""

    key: str
    label: Bitext
    words: Bitext
    form: str

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "label": self.label.as_json(),
            "words": self.words.as_json(),
            "form": self.form,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> SetAside:
        return cls(str(kept["key"]), Bitext.of(kept["label"]), Bitext.of(kept["words"]), str(kept["form"]))


@dataclass(slots=True)
class Moved:
    """The answers as the present form holds them, and what was set aside."""

    data: dict[str, Any] = field(default_factory=dict)
    aside: list[SetAside] = field(default_factory=list)


def move_on(old: Discipline, new: Discipline, data: Mapping[str, Any]) -> Moved:
    """Answers written with `old`, as far as `new` can hold them."""
    moved = Moved({key: data[key] for key in BESIDE_THE_QUESTIONS if key in data})
    _move(old, tuple(old.fields()), new, tuple(new.fields()), data, moved.data, moved.aside, "", Bitext())
    known = {field.key for field in old.fields()}
    for key, value in data.items():
        if key not in known and key not in BESIDE_THE_QUESTIONS and is_filled(value):
            words = Bitext(str(value), str(value))
            moved.aside.append(SetAside(key, Bitext(key, key), words, old.version))
    if isinstance(moved.data.get(CITED), Mapping):
        asked = {field.key for field in new.fields()}
        moved.data[CITED] = {key: places for key, places in moved.data[CITED].items() if key in asked}
    if ENTERED in moved.data:
        _settle_entered(tuple(new.fields()), moved.data)
    return moved


def _move(
    old: Discipline,
    asked: Iterable[Field],
    new: Discipline,
    asks: Iterable[Field],
    answers: Mapping[str, Any],
    kept: dict[str, Any],
    aside: list[SetAside],
    path: str,
    where: Bitext,
) -> None:
    present = {field.key: field for field in asks}
    for question in asked:
        value = answers.get(question.key)
        if not is_filled(value):
            continue
        at, label = f"{path}{question.key}", _named(where, question.label)
        target = present.get(question.key)
        if target is not None and target.type is question.type is FieldType.TABLE and isinstance(value, list):
            kept[question.key] = [
                _row(old, question, new, target, row, aside, f"{at}.{number}.", label, number)
                for number, row in enumerate(value)
                if isinstance(row, Mapping)
            ]
            continue
        held, lost = _held(question, target, value, new.choices)
        if is_filled(held):
            kept[question.key] = held
        if is_filled(lost):
            aside.append(SetAside(at, label, _words(old, question, lost), old.version))


def _row(
    old: Discipline,
    table: Field,
    new: Discipline,
    target: Field,
    row: Mapping[str, Any],
    aside: list[SetAside],
    path: str,
    label: Bitext,
    number: int,
) -> dict[str, Any]:
    moved: dict[str, Any] = {ENTERED: row[ENTERED]} if ENTERED in row else {}
    where = Bitext(f"{label.en} {number + 1}", f"{label.zh}{number + 1}")
    _move(old, table.columns, new, target.columns, row, moved, aside, path, where)
    if ENTERED in moved:
        _settle_entered(target.columns, moved)
    return moved


def _held(
    question: Field, target: Field | None, value: Any, choices: Mapping[str, ChoiceSet]
) -> tuple[Any, Any]:
    """What of the answer the present question holds, and what it does not."""
    if target is None:
        return None, value
    if target.choices is not None:
        offered = choices[target.choices]
        if target.type is FieldType.CHOICE and question.type is FieldType.CHOICE:
            return (value, None) if value in offered else (None, value)
        if target.type is FieldType.MULTICHOICE and isinstance(value, list):
            return [one for one in value if one in offered], [one for one in value if one not in offered]
        return None, value
    fits = target.type is question.type or (target.type in TEXTS and question.type in TEXTS)
    widened = target.type is FieldType.DECIMAL and question.type is FieldType.INT
    same_unit = target.unit == question.unit
    return (value, None) if (fits or widened) and same_unit else (None, value)


def _settle_entered(fields: Iterable[Field], answers: dict[str, Any]) -> None:
    """Drops what was typed where its answer did not move on, or its unit is none of the present form's."""
    kept = answers[ENTERED] if isinstance(answers[ENTERED], Mapping) else {}
    known = {field.key: field for field in fields}
    still = {key: kept[key] for key in kept if key in known and entered_as(known[key], answers)}
    if still:
        answers[ENTERED] = still
    else:
        del answers[ENTERED]


def _words(old: Discipline, question: Field, value: Any) -> Bitext:
    if question.type is not FieldType.TABLE or not isinstance(value, list):
        return shown(old, question, value)
    rows = [row for row in value if isinstance(row, Mapping)]
    cells = [
        [
            shown(old, column, row.get(column.key))
            for column in question.columns
            if is_filled(row.get(column.key))
        ]
        for row in rows
    ]
    return Bitext(
        "; ".join(" · ".join(cell.en for cell in row) for row in cells),
        "；".join(" · ".join(cell.zh for cell in row) for row in cells),
    )


def _named(where: Bitext, label: Bitext) -> Bitext:
    return Bitext(f"{where.en} · {label.en}", f"{where.zh} · {label.zh}") if where else label
