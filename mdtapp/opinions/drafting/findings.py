"""What each discipline answered, field by field, in the sentences its definition gives: equal answers of several
disciplines as one sentence that names them, answers of one theme as one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from mdtapp.disciplines.definitions import Field, FieldType
from mdtapp.opinions.drafting.inputs import Input, Signed
from mdtapp.opinions.drafting.statement import Kind, Mark, Said, Statement
from mdtapp.opinions.drafting.translation import in_order
from mdtapp.opinions.drafting.words import by, in_a_row

HANDLED_APART = frozenset(
    {
        "answers", "further_imaging", "further_tests", "missing_items", "recommendation_steps", "red_flag_text",
        "m_category", "n_category", "stage_group", "t_category",
    }
)  # fmt: skip
"""Fields whose sentences other files make: `stages`, `steps`, `gaps`, `patient`."""
VERDICT_PARTS = ("agree_", "impact_", "comment_")

SECTION_KINDS: Mapping[str, Kind] = {
    "availability_home": "advice",
    "follow_up": "advice",
    "missing_information": "advice",
    "recommendation": "advice",
    "supportive_tcm": "advice",
}
"""What a sentence of the section is; elsewhere it is a finding."""

NEEDED = frozenset({"function_tests_needed"})
"""Answers that ask for something."""

SPEAKS_FOR = {"diagnosis_verification": "pathology", "staging_verification": "radiology"}
"""The discipline whose voice a section is: it is not named before its own findings."""
WITHOUT_NAMES = frozenset(
    {
        "availability_home",
        "follow_up",
        "methods_materials",
        "missing_information",
        "red_flags",
        "supportive_tcm",
    }
)
"""Sections in which a discipline is named only where another answers the same question differently."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Answers of a discipline that are read together; `apart` keeps them statements of their own, `leads`
    puts them before the other disciplines' statements of the section."""

    fields: tuple[str, ...]
    kind: Kind | None = None
    apart: bool = False
    leads: bool = False


Identity = tuple[str, str, str, str]
"""Section, field, and the words in both languages."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The sentence of one answer: who says it, of which field, in which section."""

    input: Input
    field: Field
    section: str
    said: Said

    @property
    def identity(self) -> Identity:
        return (self.section, self.field.key, self.said.text.en, self.said.text.zh)


def findings(signed: Signed) -> dict[str, list[Statement]]:
    """Statements by section: the disciplines in the catalogue's order, themes first in each."""
    answers = [answer for one in signed.inputs for answer in _answers(one)]
    panel = _Panel(signed, _shared(answers), _contested(answers))
    leading: dict[str, list[Statement]] = {}
    following: dict[str, list[Statement]] = {}
    for one in signed.inputs:
        own = [answer for answer in answers if answer.input is one]
        for theme in _ordered_themes(one):
            place = leading if theme.leads else following
            for section, statement in panel.statements(one, own, theme):
                place.setdefault(section, []).append(statement)
    return {key: leading.get(key, []) + following.get(key, []) for key in {**leading, **following}}


def _answers(one: Input) -> Iterator[_Answer]:
    for field in one.fields():
        if field.feeds and field.key not in HANDLED_APART and not field.key.startswith(VERDICT_PARTS):
            for said in one.spoken(field):
                yield _Answer(one, field, field.feeds, said)


def _shared(answers: Iterable[_Answer]) -> dict[Identity, list[_Answer]]:
    """Answers that two or more disciplines give in the same words to the same question."""
    groups: dict[Identity, list[_Answer]] = {}
    for answer in answers:
        if answer.field.type != FieldType.TABLE:
            groups.setdefault(answer.identity, []).append(answer)
    return {identity: group for identity, group in groups.items() if len(group) > 1}


def _contested(answers: Iterable[_Answer]) -> frozenset[str]:
    """Questions that several disciplines answered, in different words."""
    said: dict[str, set[tuple[str, str]]] = {}
    for answer in answers:
        if answer.field.type != FieldType.TABLE:
            said.setdefault(answer.field.key, set()).add((answer.said.text.en, answer.said.text.zh))
    return frozenset(key for key, texts in said.items() if len(texts) > 1)


@dataclass(frozen=True, slots=True)
class _Panel:
    """Knows what the disciplines share and where they differ, and gives each its statements."""

    signed: Signed
    shared: Mapping[Identity, list[_Answer]]
    contested: frozenset[str]

    def statements(self, one: Input, own: Sequence[_Answer], theme: Theme) -> Iterator[tuple[str, Statement]]:
        """What a discipline says on a theme, with the section it belongs to."""
        read_together: dict[str, list[_Answer]] = {}
        for answer in (answer for key in theme.fields for answer in own if answer.field.key == key):
            group = self.shared.get(answer.identity)
            if group is not None:
                if group[0].input is one:
                    yield answer.section, self._agreed(group, theme)
            elif theme.apart:
                yield answer.section, self._one_voice(one, [answer], theme)
            else:
                read_together.setdefault(answer.section, []).append(answer)
        for section, answers in read_together.items():
            yield section, self._one_voice(one, answers, theme)

    def _agreed(self, group: Sequence[_Answer], theme: Theme) -> Statement:
        who = self.signed.names([answer.input.key for answer in group])
        said = together(answer.said for answer in group)
        text = by(who, group[0].said.text)
        return Statement(replace(said, text=text), _kind(group[0].section, theme), _mark(group[0]))

    def _one_voice(self, one: Input, answers: Sequence[_Answer], theme: Theme) -> Statement:
        section = answers[0].section
        said = together(answer.said for answer in answers)
        contested = any(answer.field.key in self.contested for answer in answers)
        named = contested if section in WITHOUT_NAMES else SPEAKS_FOR.get(section) != one.key
        text = by(one.label, said.text) if named else said.text
        return Statement(replace(said, text=text), _kind(section, theme), _mark(answers[0]))


def together(parts: Iterable[Said]) -> Said:
    """Several sentences as one text, with every source once."""
    known = list(parts)
    return Said(
        in_a_row(part.text for part in known),
        distinct(source for part in known for source in part.sources),
        in_order(language for part in known for language in part.untranslated),
    )


def distinct(sources: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Each source once, in order; an answer is known by its place."""
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for source in sources:
        place = tuple((key, source[key]) for key in sorted(source) if key != "value")
        found.setdefault(place, source)
    return tuple(found.values())


def _mark(answer: _Answer) -> Mark | None:
    return "needed" if answer.field.key in NEEDED else None


def _kind(section: str, theme: Theme) -> Kind:
    return theme.kind or SECTION_KINDS.get(section, "finding")


def _ordered_themes(one: Input) -> Iterator[Theme]:
    """The discipline's themes, then every other field by itself."""
    themes = _themes().get(one.key, ())
    yield from themes
    in_themes = {key for theme in themes for key in theme.fields}
    for field in one.fields():
        if field.key not in in_themes:
            yield Theme((field.key,), apart=True)


@cache
def _themes() -> Mapping[str, tuple[Theme, ...]]:
    source = (files("mdtapp.opinions.drafting") / "themes.yaml").read_text(encoding="utf-8")
    disciplines: dict[str, list[dict[str, Any]]] = yaml.safe_load(source)
    return {
        key: tuple(Theme(**{**entry, "fields": tuple(entry["fields"])}) for entry in entries)
        for key, entries in disciplines.items()
    }
