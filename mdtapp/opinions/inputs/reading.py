"""A signed input as it is read: every answer in words, with the form it was written with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.conditions import is_filled
from mdtapp.disciplines.definitions import Discipline, Field, FieldType
from mdtapp.disciplines.sentences import shown
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.queries import form_definition


@dataclass(frozen=True, slots=True)
class Answer:
    """One question with its answer; a table has rows of (label, value) pairs instead."""

    key: str
    label: Bitext
    value: Bitext
    rows: list[list[tuple[Bitext, Bitext]]]


@dataclass(frozen=True, slots=True)
class AnsweredSection:
    """The answered questions under one heading."""

    label: Bitext
    answers: list[Answer]


def answered_sections(row: DisciplineInput) -> list[AnsweredSection]:
    """Only what was answered, in the order of the form; keys of an older form follow under their own label."""
    discipline = catalogue().disciplines.get(row.discipline)
    if discipline is None:
        return [_remaining(row, set())]
    sections = [
        AnsweredSection(
            section.label,
            [
                _answer(discipline, f, row.data[f.key])
                for f in section.fields
                if is_filled(row.data.get(f.key))
            ],
        )
        for section in discipline.sections
    ]
    known = {field.key for field in discipline.fields()}
    return [section for section in (*sections, _remaining(row, known)) if section.answers]


def _answer(discipline: Discipline, field: Field, value: Any) -> Answer:
    if field.type is FieldType.TABLE and isinstance(value, list):
        rows = [_row(discipline, field, each) for each in value if isinstance(each, Mapping)]
        return Answer(field.key, field.label, Bitext(), rows)
    return Answer(field.key, field.label, shown(discipline, field, value), [])


def _row(discipline: Discipline, table: Field, row: Mapping[str, Any]) -> list[tuple[Bitext, Bitext]]:
    return [
        (column.label, shown(discipline, column, row[column.key]))
        for column in table.columns
        if is_filled(row.get(column.key))
    ]


def _remaining(row: DisciplineInput, known: set[str]) -> AnsweredSection:
    """Answers whose question the present form does not ask: labelled as the form of that time did."""
    labels = _labels_of(row.form_version)
    answers = [
        Answer(key, labels.get(key, Bitext(key, key)), _plain(value), [])
        for key, value in row.data.items()
        if key not in known and key != "claims" and is_filled(value)
    ]
    return AnsweredSection(Bitext("Asked by an earlier form", "旧版表单的问题"), answers)


def _labels_of(version: str) -> dict[str, Bitext]:
    kept = form_definition(version)
    sections = kept.definition.get("sections", []) if kept else []
    return {field["key"]: Bitext.of(field["label"]) for section in sections for field in section["fields"]}


def _plain(value: Any) -> Bitext:
    return Bitext.of(value) if isinstance(value, Mapping) else Bitext(str(value), str(value))
