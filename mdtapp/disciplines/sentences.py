"""How an answer reads: as a value beside its label, and as a sentence of the draft. Pure, no language model.

A pattern is text with placeholders: `{value}` is the answer itself, `{key}` another answer of the same form
(in a table first of the same row), `{key|other}` the first of several that is given. `{key:code}` is the stored
code instead of the label, `{key:lower}` the label as it stands inside an English sentence. A part in square
brackets is left out when one of its placeholders has nothing to show; "not applicable" beside the answer itself
counts as nothing. A full stop behind a placeholder is not
doubled by one the author wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.disciplines.conditions import is_filled, number
from mdtapp.disciplines.definitions import Discipline, Field, unit_words

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_|]*)(?::(code|lower))?\}")
OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
YES_NO = {True: Bitext("Yes", "是"), False: Bitext("No", "否")}
FIRST_CHINESE = "\u4e00"
SENTENCE_ENDS = (".", "。")
NAMES = frozenset({"Choi", "Deauville", "Gleason", "Hodgkin", "Lugano"})
SEPARATOR: dict[Language, str] = {"en": ", ", "zh": "、"}


def placeholders(pattern: str) -> Iterator[str]:
    """The keys a pattern names, in order."""
    for match in PLACEHOLDER.finditer(pattern):
        yield from match[1].split("|")


def shown(discipline: Discipline, field: Field, value: Any) -> Bitext:
    """The answer as a reader sees it: the label of a code, a number with its unit, a text as it was written."""
    if not is_filled(value):
        return Bitext()
    return Bitext(en=_shown(discipline, field, value, "en"), zh=_shown(discipline, field, value, "zh"))


def say(
    discipline: Discipline,
    field: Field,
    answers: Mapping[str, Any],
    row: Mapping[str, Any] | None = None,
) -> Bitext | None:
    """The draft's sentence for one answer, or for one row of a table; None when nothing is to be said.

    A free text written in one language only stands in both sentences in its original words.
    """
    value = answers.get(field.key) if row is None else row
    pattern = _pattern(field, value)
    if pattern is None or not is_filled(value):
        return None
    speaker = _Speaker(discipline, field, answers, row)
    return Bitext(en=speaker.fill(pattern.en, "en"), zh=speaker.fill(pattern.zh, "zh"))


def _pattern(field: Field, value: Any) -> Bitext | None:
    code = str(value).lower() if isinstance(value, bool) else value
    if field.says_when is not None and isinstance(code, str) and code in field.says_when:
        return field.says_when[code]
    return field.says


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Fills patterns from one form's answers."""

    discipline: Discipline
    field: Field
    answers: Mapping[str, Any]
    row: Mapping[str, Any] | None

    def fill(self, pattern: str, language: Language) -> str:
        pieces = []
        for index, piece in enumerate(OPTIONAL.split(pattern)):
            optional = index % 2 == 1
            if optional and not all(self._text(match, language) for match in PLACEHOLDER.finditer(piece)):
                continue
            pieces.append(PLACEHOLDER.sub(lambda match: self._text(match, language), piece))
        return "".join(pieces)

    def _text(self, match: re.Match[str], language: Language) -> str:
        named = (self._named(key) for key in match[1].split("|"))
        given = next(((field, value) for field, value in named if self._is_worth_saying(field, value)), None)
        if given is None:
            return ""
        field, value = given
        if match[2] == "code":
            return str(value)
        text = _shown(self.discipline, field, value, language, inside=match[2] == "lower")
        if match.string.startswith(SENTENCE_ENDS, match.end()):
            return text.rstrip("".join(SENTENCE_ENDS))
        return text

    def _is_worth_saying(self, field: Field, value: Any) -> bool:
        return is_filled(value) and (value != "not_applicable" or field is self.field)

    def _named(self, key: str) -> tuple[Field, Any]:
        if self.row is not None and any(column.key == key for column in self.field.columns):
            return self.field.column(key), self.row.get(key)
        if key == "value":
            return self.field, self.answers.get(self.field.key)
        return self.discipline.field(key), self.answers.get(key)


def _shown(
    discipline: Discipline, field: Field, value: Any, language: Language, *, inside: bool = False
) -> str:
    """`inside` a sentence the label of a code begins with a small letter."""
    if isinstance(value, Mapping):
        return Bitext.of(value).in_language(language).strip()
    if isinstance(value, bool):
        return YES_NO[value].in_language(language)
    if isinstance(value, list):
        parts = [part for part in value if not isinstance(part, Mapping)]
        return SEPARATOR[language].join(
            _shown(discipline, field, part, language, inside=inside) for part in parts
        )
    if field.choices is not None:
        label = discipline.choices[field.choices].label(str(value)).in_language(language)
        return _inside_a_sentence(label) if inside else label
    amount = number(value)
    return str(value).strip() if amount is None else _with_unit(amount, field.unit, language)


def _inside_a_sentence(label: str) -> str:
    """The label with a small first letter, unless it begins with a name or an abbreviation."""
    ordinary = label[1:2].islower() and label.split()[0] not in NAMES
    return label[0].lower() + label[1:] if ordinary else label


def _with_unit(amount: float, unit: str | None, language: Language) -> str:
    digits = f"{amount:g}" if abs(amount) < 1e6 else str(amount)
    if unit is None:
        return digits
    if unit == "%":
        return f"{digits}%"
    written = unit_words(unit).in_language(language)
    close = language == "zh" and (written[0] == "×" or written[0] >= FIRST_CHINESE)
    apart = "" if close else " "
    return f"{digits}{apart}{written}"
