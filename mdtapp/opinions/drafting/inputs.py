"""The signed inputs in the catalogue's order, and the sentence each answer speaks, with its sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mdtapp.clinical.agreement import claim_object
from mdtapp.clinical.bitext import LANGUAGES, Bitext, Language
from mdtapp.disciplines.conditions import is_filled
from mdtapp.disciplines.definitions import Catalogue, Discipline, Field, FieldType
from mdtapp.disciplines.sentences import OPTIONAL, PLACEHOLDER, say, shown
from mdtapp.opinions.drafting.statement import Said, Source
from mdtapp.opinions.drafting.translation import in_order, missing, untranslated
from mdtapp.opinions.drafting.words import fixed, listed
from mdtapp.opinions.facts import CaseFacts

ROLLED_UP = {"agree": "verdict", "impact": "impact"}
"""Answers on an object that are the worst of its claim rows, with the column they follow from."""


@dataclass(frozen=True)
class Input:
    """What one discipline signed. `form` is None when this installation no longer knows the discipline."""

    key: str
    revision: int
    data: Mapping[str, Any]
    form: Discipline | None

    @property
    def label(self) -> Bitext:
        return self.form.label if self.form else Bitext(self.key, self.key)

    def has(self, field: str) -> bool:
        return is_filled(self.data.get(field))

    def code(self, field: str) -> str:
        """A code or text; empty when absent."""
        value = self.data.get(field)
        return value if isinstance(value, str) else ""

    def text(self, field: str) -> Bitext:
        value = self.data.get(field)
        return Bitext.of(value) if isinstance(value, Mapping | str) else Bitext()

    def rows(self, field: str) -> tuple[tuple[int, Mapping[str, Any]], ...]:
        """The filled rows of a table with their place, from 0."""
        value = self.data.get(field)
        rows = value if isinstance(value, list | tuple) else ()
        return tuple(
            (place, row) for place, row in enumerate(rows) if isinstance(row, Mapping) and is_filled(row)
        )

    def source(self, field: str, row: int | None = None) -> Source:
        """The provenance entry of one answer, or of one row of a table."""
        value = self.data[field] if row is None else self.data[field][row]
        return {
            "discipline": self.key,
            "revision": self.revision,
            "field": field,
            "row": row,
            "value": value,
        }

    def sources(self, field: str) -> tuple[Source, ...]:
        """Where an answer comes from: of a verdict or impact that follows from single claims, those claims."""
        part, _, assessed = field.partition("_")
        column = ROLLED_UP.get(part)
        claims = [
            place
            for place, row in self.rows("claims")
            if column and is_filled(row.get(column)) and claim_object(str(row.get("claim") or "")) == assessed
        ]
        return tuple(self.source("claims", place) for place in claims) or (self.source(field),)

    def plain(self, field: str) -> Said | None:
        """A free text in the author's words; None when there is none."""
        text = self.text(field)
        return Said(text, (self.source(field),), missing(text)) if text else None

    def fields(self) -> Iterator[Field]:
        if self.form is not None:
            yield from self.form.fields()

    def find(self, key: str) -> Field | None:
        return self._by_key.get(key)

    @cached_property
    def _by_key(self) -> Mapping[str, Field]:
        return {field.key: field for field in self.fields()}

    def spoken(self, field: Field) -> list[Said]:
        """The sentences of one field: of a table one for each row, else one or none."""
        if field.type == FieldType.TABLE:
            found = (self._spoken_row(field, place, row) for place, row in self.rows(field.key))
            return [said for said in found if said is not None]
        said = self._spoken_value(field)
        return [said] if said is not None else []

    def _spoken_value(self, field: Field) -> Said | None:
        value = self.data.get(field.key)
        if self.form is None or not is_filled(value):
            return None
        pattern = _pattern(field, value)
        if pattern is None and (field.says or field.says_when):
            return None
        text = say(self.form, field, self.data)
        if text is None:
            label = fixed("voice.labelled", label=field.label, value=shown(self.form, field, value))
            languages = [language for language in LANGUAGES if untranslated(field, value, language)]
            return Said(label, self.sources(field.key), in_order(languages))
        used = _used(pattern or Bitext(), self.data, field)
        keys = dict.fromkeys([field.key, *(key for _, key in used)])
        foreign = (lang for lang, key in used if untranslated(self._by_key[key], self.data[key], lang))
        return Said(text, tuple(source for key in keys for source in self.sources(key)), in_order(foreign))

    def _spoken_row(self, field: Field, place: int, row: Mapping[str, Any]) -> Said | None:
        text = say(self.form, field, self.data, row) if self.form else None
        if text is None:
            return None
        columns = {column.key: column for column in field.columns}
        others = {key: value for key, value in self.data.items() if key not in columns}
        used = _used(field.says or Bitext(), {**others, **row}, field)
        sources = [self.source(field.key, place)]
        sources += [self.source(key) for key in dict.fromkeys(key for _, key in used) if key not in columns]
        foreign: list[Language] = []
        for language, key in used:
            asked, value = (
                (columns[key], row.get(key)) if key in columns else (self._by_key[key], self.data[key])
            )
            if untranslated(asked, value, language):
                foreign.append(language)
        return Said(text, tuple(sources), in_order(foreign))


def _pattern(field: Field, value: Any) -> Bitext | None:
    code = str(value).lower() if isinstance(value, bool) else value
    if field.says_when is not None and isinstance(code, str) and code in field.says_when:
        return field.says_when[code]
    return field.says


def _used(pattern: Bitext, answers: Mapping[str, Any], field: Field) -> list[tuple[Language, str]]:
    """The answers that show in the sentence of a pattern, per language: parts left out show nothing."""
    found: list[tuple[Language, str]] = []
    for language in LANGUAGES:
        for index, piece in enumerate(OPTIONAL.split(pattern.in_language(language))):
            named = [_first_shown(match[1], answers, field.key) for match in PLACEHOLDER.finditer(piece)]
            if index % 2 == 0 or all(named):
                found += [(language, key) for key in named if key]
    return found


def _first_shown(keys: str, answers: Mapping[str, Any], own: str) -> str:
    for key in keys.split("|"):
        name = own if key == "value" and key not in answers else key
        value = answers.get(name)
        if is_filled(value) and (value != "not_applicable" or name == own):
            return name
    return ""


@dataclass(frozen=True)
class Signed:
    """All signed inputs of a case in the catalogue's order, later ones by key, and what else is known."""

    facts: CaseFacts
    catalogue: Catalogue
    inputs: tuple[Input, ...]

    @classmethod
    def of(cls, facts: CaseFacts, revisions: Mapping[str, int], catalogue: Catalogue) -> Signed:
        known = [key for key in catalogue.disciplines if key in facts.inputs]
        unknown = sorted(set(facts.inputs) - set(known))
        inputs = tuple(
            Input(key, revisions.get(key, 1), facts.inputs[key], catalogue.disciplines.get(key))
            for key in (*known, *unknown)
        )
        return cls(facts, catalogue, inputs)

    def find(self, discipline: str) -> Input | None:
        return next((one for one in self.inputs if one.key == discipline), None)

    def source(self, path: str) -> Source | None:
        """The entry of `radiology.t_category`; None for other facts of the case and absent answers."""
        discipline, _, field = path.partition(".")
        known = self.find(discipline)
        return known.source(field) if known is not None and known.has(field) else None

    def names(self, disciplines: list[str]) -> Bitext:
        """The disciplines as a list of names."""
        return listed([self.label(key) for key in disciplines])

    def label(self, discipline: str) -> Bitext:
        known = self.catalogue.disciplines.get(discipline)
        return known.label if known else Bitext(discipline, discipline)
