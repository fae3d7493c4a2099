"""The WTForms class of a discipline's form, made from its definition; and back to what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from wtforms import Form, FormField, TextAreaField
from wtforms.fields import Field as FormsField

from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.disciplines.checks import Finding
from mdtapp.disciplines.checks.anchors import CITED
from mdtapp.disciplines.definitions import ChoiceSet, Discipline, Field, FieldType
from mdtapp.disciplines.entered import entered_as
from mdtapp.opinions.inputs.form_fields import (
    MOST_SEGMENTS,
    BitextField,
    CodeField,
    CodesField,
    DayField,
    KeyField,
    LineField,
    NumberField,
    PlacesField,
    References,
    RefField,
    RefsField,
    SegmentsField,
    TableField,
    TextField,
    Typed,
    YesNoField,
    stored_answers,
)

CLAIM_COLUMNS = (
    Field("verdict", FieldType.CHOICE, Bitext("Verdict", "意见"), choices="agreement"),
    Field("ours", FieldType.TEXT, Bitext("What we say instead", "本院意见")),
    Field("impact", FieldType.CHOICE, Bitext("Clinical impact", "临床影响"), choices="impact"),
    Field("why", FieldType.BITEXT, Bitext("Why", "理由")),
)
CLAIM = Field("claim", FieldType.TEXT, Bitext("Claim of the home hospital", "外院条目"))
ANCHORS = Field("anchors", FieldType.TEXT, Bitext("Places in the material", "资料中的位置"))
PLACES = Field(CITED, FieldType.TEXT, Bitext("Places cited beside the answers", "答案所引位置"))
CLAIMS = Field("claims", FieldType.TABLE, Bitext("What the home hospital said", "外院所述"))


class BitextForm(Form):
    """The two languages of one text."""

    en = TextAreaField("English")
    zh = TextAreaField("中文")


class InputForm(Form):
    """Base of all discipline forms. It validates nothing; see `show_findings`."""

    discipline: ClassVar[Discipline]
    language: ClassVar[Language]

    def offer(self, references: References) -> None:
        """What references may point to: per kind the (id, words) pairs."""
        for field in self:
            field.offer(references)

    def cited_places(self) -> dict[str, Any]:
        """The places cited beside answers, by question; empty when what was sent cannot be read."""
        held = self._fields[CITED].data
        return held if isinstance(held, dict) else {}

    def table(self, key: str) -> TableField | None:
        """The table with this key; None for any other name a request may bring."""
        field = self._fields.get(key)
        return field if isinstance(field, TableField) else None


_classes: dict[tuple[str, str, Language], type[InputForm]] = {}


def form_class(discipline: Discipline, language: Language = "en") -> type[InputForm]:
    """The form of this version of the discipline; drop-downs speak `language`, all other labels both."""
    key = (discipline.key, discipline.version, language)
    if key not in _classes:
        fields = {field.key: _field(field, discipline.choices, language) for field in discipline.fields()}
        if {"agreement", "impact"} <= discipline.choices.keys():
            fields["claims"] = _claims(discipline.choices, language)
        fields[CITED] = PlacesField(PLACES.label, definition=PLACES)
        extra = {"discipline": discipline, "language": language}
        _classes[key] = type(f"{discipline.short}Form", (InputForm,), fields | extra)
    return _classes[key]


def from_data(cls: type[InputForm], data: Mapping[str, Any]) -> InputForm:
    """A form showing stored data; what the definition does not know is left out."""
    fields = {field.key: field for field in cls.discipline.fields()}
    initial = _row(fields.values(), data)
    if isinstance(data.get(CITED), Mapping):
        initial[CITED] = dict(data[CITED])
    if isinstance(data.get("claims"), list):
        columns = (CLAIM, ANCHORS, *CLAIM_COLUMNS)
        initial["claims"] = [
            _row(columns, _plain_ours(row)) for row in data["claims"] if isinstance(row, Mapping)
        ]
    return cls(data=initial)


def from_post(cls: type[InputForm], posted: Any) -> InputForm:
    """A form holding what a browser sent (a MultiDict); fields it did not send are empty."""
    return cls(posted)


def to_data(form: InputForm) -> dict[str, Any]:
    """The stored shape: empty answers and empty rows left out, numbers as numbers, yes/no as booleans.

    What could not be read (letters in a number field) is handed on as typed, for the checks to name it.
    """
    return stored_answers(form)


def show_findings(form: InputForm, findings: Iterable[Finding]) -> None:
    """Puts each finding at the first of its fields, in the form's language; the rest above the form."""
    for finding in findings:
        field = next(
            (found for path in finding.fields if (found := _field_at(form, path, finding)) is not None), None
        )
        sentence = finding.message.in_language(form.language)
        if field is None:
            form.form_errors.append(sentence)
        else:
            field.errors = [*field.errors, sentence]


def _field_at(form: InputForm, path: str, finding: Finding) -> Any:
    """The field a path names (`key` or `table.row.column`, rows as stored); None when there is none."""
    key, _, rest = path.partition(".")
    field = form._fields.get(key)
    if isinstance(field, TableField) and rest:
        number, _, column = rest.partition(".")
        rows = field.stored_rows()
        if not number.isdecimal() or int(number) >= len(rows):
            return field
        field = rows[int(number)][0].form._fields.get(column.partition(".")[0], field)
    if isinstance(field, BitextField):
        missing = "zh" if field.form.en.data and not field.form.zh.data else "en"
        return field.form[missing if finding.id == "language" else "en"]
    return field


def _claims(choices: Mapping[str, ChoiceSet], language: Language) -> Any:
    columns = {column.key: _field(column, choices, language) for column in CLAIM_COLUMNS}
    columns["claim"] = KeyField(CLAIM.label, definition=CLAIM)
    columns["anchors"] = PlacesField(ANCHORS.label, definition=ANCHORS)
    return TableField(_row_form("Claim", columns), CLAIMS.label, definition=CLAIMS)


def _row_form(name: str, columns: Mapping[str, Any]) -> Any:
    return FormField(type(f"{name}Row", (Form,), dict(columns)))


def _field(
    field: Field, choices: Mapping[str, ChoiceSet], language: Language, *, in_row: bool = False
) -> FormsField:
    """The unbound form field of one definition."""
    given: dict[str, Any] = {"label": field.label, "description": field.help, "definition": field}
    match field.type:
        case FieldType.TEXT:
            return LineField(**given)
        case FieldType.LONGTEXT:
            return TextField(**given)
        case FieldType.BITEXT:
            return BitextField(BitextForm, **given)
        case FieldType.INT | FieldType.DECIMAL:
            return NumberField(in_row=in_row, **given)
        case FieldType.BOOL:
            return YesNoField(**given)
        case FieldType.DATE:
            return DayField(**given)
        case FieldType.REF:
            return RefField(**given)
        case FieldType.MULTIREF:
            return RefsField(**given)
        case FieldType.TABLE:
            columns = {one.key: _field(one, choices, language, in_row=True) for one in field.columns}
            return TableField(_row_form(field.key.title(), columns), **given)
        case _:
            return _coded(field, choices[field.choices or ""], language, given)


def _coded(field: Field, choices: ChoiceSet, language: Language, given: dict[str, Any]) -> FormsField:
    if field.type is FieldType.MULTICHOICE:
        return CodesField(choices=choices, **given)
    if len(choices.choices) <= MOST_SEGMENTS and not any(choice.more for choice in choices):
        return SegmentsField(choices=choices, **given)
    return CodeField(choices=choices, language=language, **given)


def _initial(field: Field, value: Any) -> Any:
    """A stored answer in the shape WTForms is filled from."""
    if field.type is FieldType.BITEXT:
        return Bitext.of(value if isinstance(value, Mapping | str) else None).as_json()
    if field.type is FieldType.TABLE:
        rows = value if isinstance(value, list) else []
        return [_row(field.columns, row) for row in rows if isinstance(row, Mapping)]
    return value


def _row(columns: Iterable[Field], row: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a form, or of one row, as WTForms is filled from them: numbers in the unit they were typed in."""
    given: dict[str, Any] = {}
    for column in columns:
        if row.get(column.key) is not None:
            typed = entered_as(column, row)
            given[column.key] = Typed(*typed) if typed else _initial(column, row[column.key])
    return given


def _plain_ours(row: Mapping[str, Any]) -> dict[str, Any]:
    """`ours` may be stored as a number or a bitext; the form shows one line."""
    ours = row.get("ours")
    text = str(Bitext.of(ours)) if isinstance(ours, Mapping) else ours
    return {**row, "ours": None if text is None else str(text)}
