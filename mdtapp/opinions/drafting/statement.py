"""What a draft is made of: sections of statements, each with where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mdtapp.clinical.bitext import Bitext, Language

Kind = Literal["finding", "verdict", "advice", "reason", "limit"]
Mark = Literal["confirmed", "changed", "added", "needed"]
Source = Mapping[str, Any]
"""Where a statement comes from, one of

- `{discipline, revision, field, row, value}`: an answer of a signed input; `row` counts from 0 in a
  table and is None elsewhere, `value` is the stored answer (of a table the whole row);
- `{material, page}`: a record, page None for the whole of it;
- `{chair}`: the meeting's decision or the chair's own words, named by its part;
- `{template}`: a fixed sentence, named by its key.
"""


@dataclass(frozen=True, slots=True)
class Said:
    """A text with its sources. `untranslated` names languages that only repeat the original words."""

    text: Bitext
    sources: tuple[Source, ...]
    untranslated: tuple[Language, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence or short paragraph of the opinion.

    `mark` puts it on the first page's cards; `question` is the patient's question it answers;
    `step` is the structured step it recommends, with the `authors` who share it.
    """

    said: Said
    kind: Kind = "finding"
    mark: Mark | None = None
    question: str | None = None
    step: Mapping[str, Any] | None = None

    @property
    def text(self) -> Bitext:
        return self.said.text

    @property
    def provenance(self) -> tuple[Source, ...]:
        return self.said.sources

    def as_json(self) -> dict[str, Any]:
        """Optional keys are left out where there is nothing to say."""
        optional = {
            "mark": self.mark,
            "question": self.question,
            "step": dict(self.step) if self.step is not None else None,
            "needs_translation": list(self.said.untranslated) or None,
        }
        return {
            "text": self.text.as_json(),
            "provenance": [dict(source) for source in self.provenance],
            "kind": self.kind,
            **{key: value for key, value in optional.items() if value is not None},
        }


@dataclass(frozen=True, slots=True)
class DraftSection:
    """The statements under one heading; `key` is that of the catalogue's opinion sections."""

    key: str
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """The opinion as it follows from the signed inputs.

    `result_class` is None as long as nothing is signed and nothing decided.
    """

    result_class: str | None
    also: tuple[str, ...]
    sections: tuple[DraftSection, ...]

    def section(self, key: str) -> tuple[Statement, ...]:
        """The statements of one section; KeyError when there is no such section."""
        for section in self.sections:
            if section.key == key:
                return section.statements
        raise KeyError(key)

    def statements(self) -> Iterable[Statement]:
        for section in self.sections:
            yield from section.statements

    def as_json(self) -> dict[str, Any]:
        return {
            "result_class": self.result_class,
            "sections": [
                {"key": section.key, "statements": [statement.as_json() for statement in section.statements]}
                for section in self.sections
            ],
        }
