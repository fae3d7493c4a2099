"""WTForms fields that keep an answer exactly as it is stored, or as it was typed when it cannot be stored.

They refuse nothing: `mdtapp.disciplines.checks` says what is wrong, in both languages, and the text stays in its
field. Labels are `Bitext`s (the macros print both languages); only the words of a drop-down are in one language.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import (
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice

from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.clinical.units import converted
from mdtapp.disciplines.conditions import number
from mdtapp.disciplines.definitions import ChoiceSet, Field, FieldType, OtherUnit, unit_words
from mdtapp.disciplines.entered import ENTERED

MOST_POSTED_ROWS = 100
"""More rows than may be stored, so that too many are named and not cut off in silence."""
MOST_SEGMENTS = 6
"""Up to this many choices are offered side by side; more in a drop-down."""

NO_ANSWER = Bitext("No answer", "不填")
MORE = Bitext("More", "更多")
YES = Bitext("Yes", "是")
NO = Bitext("No", "否")
YES_NO = {"true": True, "false": False}
NUMBER_WITH_UNIT = re.compile(r"(?P<number>[+-]?\d{1,15}(\.\d{1,10})?)\s*(?P<unit>[^\d\s.,+-].{0,40})?")

References = Mapping[str, Sequence[tuple[str, Any]]]
"""What references may point to, per kind: (id, words) in the order they are offered."""


class Asked:
    """What every field here knows: the definition it stands for, and how its answer is stored."""

    definition: Field
    type: str
    data: Any
    render_kw: dict[str, Any] | None

    def asked(self, definition: Field, kind: str) -> None:
        """Binds the definition; `kind` is the WTForms name the macros choose a control by."""
        self.definition = definition
        self.type = kind
        if definition.required:
            self.flags.required = True  # type: ignore[attr-defined]
        if definition.max_length is not None:
            self.flags.maxlength = definition.max_length  # type: ignore[attr-defined]

    def stored(self) -> Any:
        """The answer as it is stored; None when there is none."""
        return self.data

    def offer(self, references: References) -> None:
        """Takes note of what references may point to; of use to references and tables only."""


def clean(text: str | None) -> str | None:
    """Without blanks around, with plain line ends; None when nothing is left."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").strip() or None


class LineField(Asked, StringField):
    """One line."""

    def __init__(self, *args: Any, definition: Field, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked(definition, "StringField")

    def stored(self) -> str | None:
        return clean(self.data)


class TextField(Asked, TextAreaField):
    """Many lines."""

    def __init__(self, *args: Any, definition: Field, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked(definition, "TextAreaField")

    def stored(self) -> str | None:
        return clean(self.data)


class DayField(LineField):
    """A date as text, year-month-day; the browser's own date control writes the same."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.render_kw = {**(self.render_kw or {}), "type": "date"}


@dataclass(frozen=True, slots=True)
class Typed:
    """A number as it was typed in a unit that is not the field's own."""

    value: float
    unit: str


class NumberField(Asked, StringField):
    """A number; what is no number stays as it was typed. Wide digits of Chinese keyboards are understood.

    Where the definition knows further units, one may be chosen beside the number (`key-unit`) or typed behind it
    (`1.1 mg/dL`). The answer is then converted; `entered` keeps what was typed.
    """

    def __init__(self, *args: Any, definition: Field, in_row: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whole = definition.type is FieldType.INT
        self.render_kw = {**(self.render_kw or {}), "inputmode": "numeric" if whole else "decimal"}
        self.unit: OtherUnit | None = None
        self.says_unit = False  # what is typed behind the number counts more than what is chosen beside it
        self.offers_units = bool(definition.units) and not in_row
        if definition.units and in_row:
            self.render_kw["inputmode"] = "text"
        self.asked(definition, "StringField")

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        self.unit, self.says_unit = None, False
        super().process(formdata, *args, **kwargs)
        if formdata is not None and not self.says_unit:
            chosen = formdata.getlist(f"{self.name}-unit")
            self.unit = self.definition.other_unit(chosen[0]) if chosen else None

    def process_data(self, value: Any) -> None:
        if isinstance(value, Typed):
            self.unit = self.definition.other_unit(value.unit)
            value = value.value
        super().process_data(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = clean(valuelist[0]) if valuelist else None
        text = unicodedata.normalize("NFKC", typed).strip() if typed else ""
        found = NUMBER_WITH_UNIT.fullmatch(text)
        if found is None or not self._takes(found["unit"]):
            self.data = typed
            return
        self.data = float(found["number"]) if "." in found["number"] else int(found["number"])

    def _takes(self, written: str | None) -> bool:
        """Whether the unit behind the number is one of the definition's; a further one is taken note of."""
        plain = _plain_unit(written or "")
        self.says_unit = bool(plain)
        if not plain or plain in _spellings(self.definition.unit or ""):
            return True
        self.unit = next((one for one in self.definition.units if plain in _spellings(one.code)), None)
        return self.unit is not None

    def _value(self) -> str:
        if self.data is None:
            return ""
        behind = self.unit is not None and not self.offers_units and number(self.data) is not None
        return f"{self.data} {self.unit.words.en}" if behind and self.unit else str(self.data)

    def stored(self) -> Any:
        typed = number(self.data)
        return self.data if self.unit is None or typed is None else converted(typed, self.unit.factor)

    def entered(self) -> dict[str, Any] | None:
        """Number and unit as typed; None in the field's own unit."""
        if self.unit is None or number(self.data) is None:
            return None
        return {"value": self.data, "unit": self.unit.code}


def _plain_unit(written: str) -> str:
    """Without blanks, capitals and the several signs for micro and times."""
    text = (
        unicodedata.normalize("NFKC", written).casefold().replace("μ", "u").replace("×", "").replace("*", "")
    )
    return "".join(text.split())


def _spellings(code: str) -> set[str]:
    return {_plain_unit(code), _plain_unit(unit_words(code).en), _plain_unit(unit_words(code).zh)}


class YesNoField(Asked, RadioField):
    """Yes, no, or nothing; nothing is chosen before the author chooses."""

    def __init__(self, *args: Any, definition: Field, **kwargs: Any) -> None:
        choices = [SelectChoice("true", YES), SelectChoice("false", NO)]
        if not definition.required:
            choices.append(SelectChoice("", NO_ANSWER))
        super().__init__(*args, choices=choices, coerce=_yes_or_no, validate_choice=False, **kwargs)
        self.asked(definition, "RadioField")

    def iter_choices(self) -> Iterable[Any]:
        return _none_chosen_without_answer(super().iter_choices(), self.data)


def _yes_or_no(value: Any) -> bool | None:
    return value if isinstance(value, bool) else YES_NO.get(value)


def _none_chosen_without_answer(choices: Iterable[Any], answer: Any) -> list[Any]:
    return [choice if answer is not None else choice._replace(selected=False) for choice in choices]


def _code_or_none(value: Any) -> str | None:
    return str(value) or None


class SegmentsField(Asked, RadioField):
    """One code of a short choice set."""

    def __init__(self, *args: Any, definition: Field, choices: ChoiceSet, **kwargs: Any) -> None:
        offered = [SelectChoice(choice.code, choice.label) for choice in choices]
        if not definition.required:
            offered.append(SelectChoice("", NO_ANSWER))
        super().__init__(*args, choices=offered, coerce=_code_or_none, validate_choice=False, **kwargs)
        self.asked(definition, "RadioField")

    def iter_choices(self) -> Iterable[Any]:
        return _none_chosen_without_answer(super().iter_choices(), self.data)

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        _keep_unknown(self, [self.data])


class CodeField(Asked, SelectField):
    """One code of a long choice set; rare ones stand in a group of their own."""

    def __init__(
        self, *args: Any, definition: Field, choices: ChoiceSet, language: Language, **kwargs: Any
    ) -> None:
        offered = [SelectChoice("", "")]
        for choice in sorted(choices, key=lambda one: one.more):
            group = MORE.in_language(language) if choice.more else None
            offered.append(SelectChoice(choice.code, choice.label.in_language(language), optgroup=group))
        super().__init__(*args, choices=offered, coerce=_code_or_none, validate_choice=False, **kwargs)
        self.asked(definition, "SelectField")

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        _keep_unknown(self, [self.data])


class CodesField(Asked, SelectMultipleField):
    """Several codes, as tick boxes; rare ones come last."""

    def __init__(self, *args: Any, definition: Field, choices: ChoiceSet, **kwargs: Any) -> None:
        ordered = sorted(choices, key=lambda one: one.more)
        offered = [SelectChoice(choice.code, choice.label) for choice in ordered]
        super().__init__(*args, choices=offered, validate_choice=False, **kwargs)
        self.asked(definition, "SelectMultipleField")

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        _keep_unknown(self, self.data or [])

    def stored(self) -> list[str] | None:
        return [code for code in self.data or [] if code] or None


class RefField(Asked, SelectField):
    """The id of something in the case; what may be chosen is offered when the form is used."""

    def __init__(self, *args: Any, definition: Field, **kwargs: Any) -> None:
        super().__init__(
            *args, choices=[SelectChoice("", "")], coerce=_code_or_none, validate_choice=False, **kwargs
        )
        self.asked(definition, "SelectField")

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        _keep_unknown(self, [self.data])

    def offer(self, references: References) -> None:
        self.choices = [SelectChoice("", ""), *_offered(self.definition, references)]
        _keep_unknown(self, [self.data])


class RefsField(Asked, SelectMultipleField):
    """Several ids, as tick boxes."""

    def __init__(self, *args: Any, definition: Field, **kwargs: Any) -> None:
        super().__init__(*args, choices=[], validate_choice=False, **kwargs)
        self.asked(definition, "SelectMultipleField")

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        _keep_unknown(self, self.data or [])

    def offer(self, references: References) -> None:
        self.choices = _offered(self.definition, references)
        _keep_unknown(self, self.data or [])

    def stored(self) -> list[str] | None:
        return [one for one in self.data or [] if one] or None


def _offered(definition: Field, references: References) -> list[Any]:
    return [SelectChoice(id_, words) for id_, words in references.get(definition.ref or "", ())]


def _keep_unknown(field: Any, answers: Iterable[str | None]) -> None:
    """An answer that is not offered any more stays visible and is not lost by saving again."""
    known = {choice.value for choice in field.choices}
    field.choices = [
        *field.choices,
        *(SelectChoice(answer, answer) for answer in answers if answer and answer not in known),
    ]


class BitextField(Asked, FormField):
    """A text in English and Chinese: two text areas `key-en` and `key-zh`."""

    def __init__(self, *args: Any, definition: Field, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked(definition, "FormField")

    def stored(self) -> dict[str, str] | None:
        texts = {language: clean(self.form[language].data) for language in ("en", "zh")}
        return {language: text for language, text in texts.items() if text} or None


class TableField(Asked, FieldList):
    """Rows of a table. Numbers of posted rows may have gaps; empty rows are not stored."""

    def __init__(self, *args: Any, definition: Field, **kwargs: Any) -> None:
        super().__init__(*args, max_entries=MOST_POSTED_ROWS, **kwargs)
        self.posted: list[int] = []
        self.references: References = {}
        self.asked(definition, "FieldList")

    def _extract_indices(self, prefix: str, formdata: Iterable[str]) -> Iterator[int]:
        name = re.compile(re.escape(prefix) + r"-(\d{1,6})-", re.ASCII)
        found = {int(match[1]) for key in formdata if (match := name.match(key))}
        self.posted = sorted(found)[:MOST_POSTED_ROWS]
        yield from self.posted

    @property
    def blank(self) -> Any:
        """An empty row named `key-__row__`, which the page's script copies."""
        name = f"{self.name}-__row__"
        options = {"name": name, "id": name, "_meta": self.meta, "translations": self._translations}
        row = self.meta.bind_field(self._form, self.unbound_field, options)
        row.process(None)
        for field in row.form:
            field.offer(self.references)
        return row

    def offer(self, references: References) -> None:
        self.references = references
        for row in self.entries:
            for field in row.form:
                field.offer(references)

    def stored_rows(self) -> list[tuple[Any, dict[str, Any]]]:
        """Each row that holds something, with what is stored of it: their order is the stored order."""
        rows = [(entry, stored_answers(entry.form)) for entry in self.entries]
        return [(entry, row) for entry, row in rows if row]

    def stored(self) -> list[dict[str, Any]] | None:
        return [row for _entry, row in self.stored_rows()] or None

    def rearrange(self, action: str, posted_name: str) -> None:
        """add_row, remove_row, move_up or move_down for the row as the browser named it (`key-2`)."""
        if action == "add_row":
            self.append_entry()
            self.offer(self.references)
            return
        number = posted_name.rpartition("-")[2]
        if not (number.isascii() and number.isdigit() and int(number) in self.posted):
            return
        place = self.posted.index(int(number))
        row = self.entries.pop(place)
        if action in ("move_up", "move_down"):
            self.entries.insert(max(0, place - 1) if action == "move_up" else place + 1, row)
        self._compact_indices()
        self.posted = list(range(len(self.entries)))


class PlacesField(Asked, HiddenField):
    """Places in the material as a list of objects, which the viewer's script writes as JSON."""

    def __init__(self, *args: Any, definition: Field, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked(definition, "HiddenField")

    def process_formdata(self, valuelist: list[str]) -> None:
        text = clean(valuelist[0]) if valuelist else None
        try:
            self.data = json.loads(text) if text else None
        except (ValueError, RecursionError):
            self.data = text

    def _value(self) -> str:
        return json.dumps(self.data, ensure_ascii=False) if self.data else ""

    def stored(self) -> Any:
        return self.data or None


class KeyField(LineField):
    """A key the page writes and nobody types."""

    def __init__(self, *args: Any, definition: Field, **kwargs: Any) -> None:
        super().__init__(*args, definition=definition, **kwargs)
        self.render_kw = {"type": "hidden"}
        self.type = "HiddenField"


def stored_answers(fields: Iterable[Any]) -> dict[str, Any]:
    """The answers of these fields as they are stored, without the empty ones."""
    fields = list(fields)
    answers = {field.short_name: field.stored() for field in fields}
    kept = {key: answer for key, answer in answers.items() if answer is not None}
    typed = {field.short_name: field.entered() for field in fields if isinstance(field, NumberField)}
    typed = {key: value for key, value in typed.items() if value is not None}
    return {**kept, ENTERED: typed} if typed else kept
