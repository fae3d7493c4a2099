"""The form an input was written with, kept for ever under its version; and the way of a draft from there to today's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.definitions import (
    Choice,
    ChoiceSet,
    Discipline,
    Field,
    FieldType,
    OtherUnit,
    Section,
)
from mdtapp.opinions.inputs.form_change import Moved, move_on
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.queries import form_definition


def asked_by(row: DisciplineInput) -> Discipline | None:
    """The form the input was written with: the present one, else the one kept beside it."""
    present = catalogue().disciplines.get(row.discipline)
    if present is not None and present.version == row.form_version:
        return present
    kept = form_definition(row.form_version)
    return _discipline(kept.definition) if kept else present


def moved_on(row: DisciplineInput, definition: Discipline) -> Moved:
    """The answers as the present form holds them, and what it does not ask any more beyond what was set aside before."""
    if row.form_version == definition.version:
        return Moved(dict(row.data), [])
    return move_on(asked_by(row) or definition, definition, row.data)


def _discipline(kept: Mapping[str, Any]) -> Discipline:
    """A kept definition, as far as reading needs it: what was asked, in which words, with which choices."""
    return Discipline(
        key=kept["key"],
        short=kept["short"],
        label=Bitext.of(kept["label"]),
        core=kept["core"],
        position=kept["position"],
        version=kept["version"],
        sections=tuple(
            Section(section["key"], Bitext.of(section["label"]), tuple(map(_field, section["fields"])))
            for section in kept["sections"]
        ),
        choices={
            key: ChoiceSet(
                key,
                tuple(Choice(one["code"], Bitext.of(one["label"]), one["more"]) for one in chosen["choices"]),
            )
            for key, chosen in kept["choices"].items()
        },
    )


def _field(kept: Mapping[str, Any]) -> Field:
    return Field(
        key=kept["key"],
        type=FieldType(kept["type"]),
        label=Bitext.of(kept["label"]),
        choices=kept["choices"],
        unit=kept["unit"],
        units=tuple(OtherUnit(one["code"], one["factor"]) for one in kept.get("units") or ()),
        agreement=kept["agreement"],
        columns=tuple(map(_field, kept["columns"])),
    )
