"""Each answer by itself: there when needed, of the right type, within its limits, readable."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from mdtapp.clinical.bitext import LANGUAGES, Bitext, Language
from mdtapp.clinical.plain_text import forbidden_characters
from mdtapp.disciplines import conditions
from mdtapp.disciplines.checks.finding import Finding
from mdtapp.disciplines.conditions import Context, is_filled
from mdtapp.disciplines.definitions import ChoiceSet, Field, FieldType
from mdtapp.disciplines.entered import ENTERED, misfits

LONGEST_LINE = 2_000
LONGEST_TEXT = 10_000
LONGEST_ID = 200
MOST_ROWS = 60
MOST_CHOSEN = 200
LARGEST_NUMBER = 1e9

UNUSUAL = "unusual"
STILL_AN_ANSWER = frozenset({"language", "confirm", UNUSUAL})
"""Findings that leave an answer fit to be compared with the others."""

Choices = Mapping[str, ChoiceSet]
Message = tuple[str, str, str]
"""Id of the finding, then what to do about it in English and Chinese, without the label of the field."""

EXPECTED: dict[FieldType, tuple[str, str]] = {
    FieldType.TEXT: ("write a text", "请填写文字"),
    FieldType.LONGTEXT: ("write a text", "请填写文字"),
    FieldType.BITEXT: ("write the text in English and Chinese", "请用英文和中文填写"),
    FieldType.INT: ("enter a whole number", "请填写整数"),
    FieldType.DECIMAL: ("enter a number", "请填写数字"),
    FieldType.BOOL: ("choose yes or no", "请选择“是”或“否”"),
    FieldType.DATE: (
        "enter a date as year-month-day, for example 2026-11-24",
        "请按“年-月-日”填写日期，如2026-11-24",
    ),
    FieldType.CHOICE: ("choose one of the offered answers", "请从所列选项中选择一项"),
    FieldType.MULTICHOICE: ("choose among the offered answers", "请从所列选项中选择"),
    FieldType.REF: ("choose one of the items of this case", "请从本病例的条目中选择一项"),
    FieldType.MULTIREF: ("choose among the items of this case", "请从本病例的条目中选择"),
    FieldType.TABLE: ("fill the rows of the table", "请填写表格各行"),
}


def unknown_keys(data: Mapping[str, Any], known: Iterable[str], place: str = "") -> Iterator[Finding]:
    """Keys the form does not ask for: nothing is stored that nobody can read back."""
    allowed = frozenset(known)
    for key in data:
        if key not in allowed:
            message = Bitext(
                en=f"“{key}” is not a question of this form. Remove it.",
                zh=f"“{key}”不是本表的问题，请删除。",
            )
            yield Finding("unknown", "error", message, (f"{place}{key}",))


def check_fields(
    fields: Iterable[Field],
    data: Mapping[str, Any],
    context: Context,
    choices: Choices,
    place: str = "",
) -> tuple[list[Finding], dict[str, Any]]:
    """Findings about single answers, and the answers without those that cannot be used.

    `context` holds the same answers (for a row: the row's); `place` is the path of the row, with its dot.
    """
    fields = tuple(fields)
    findings: list[Finding] = [_not_as_entered(place, key) for key in misfits(fields, data)]
    sound: dict[str, Any] = {}
    for field in fields:
        value = data.get(field.key)
        path = f"{place}{field.key}"
        if not is_filled(value) and conditions.is_required(field, context):
            findings.append(_finding(field, path, _missing(field)))
        if value is None or value == "":
            continue
        messages = list(_BY_TYPE[field.type](field, value, context, choices))
        findings += [_finding(field, path, message) for message in messages]
        if any(message[0] not in STILL_AN_ANSWER for message in messages):
            continue
        if field.type is FieldType.TABLE:
            row_findings, rows = _rows(field, value, context, choices, path)
            findings += row_findings
            sound[field.key] = rows
        else:
            sound[field.key] = value
    return findings, sound


def _rows(
    field: Field, value: list[Any], context: Context, choices: Choices, path: str
) -> tuple[list[Finding], list[dict[str, Any]]]:
    findings: list[Finding] = []
    rows: list[dict[str, Any]] = []
    keys = [*(column.key for column in field.columns), ENTERED]
    for index, row in enumerate(value[:MOST_ROWS]):
        place = f"{path}.{index}."
        if not isinstance(row, Mapping):
            findings.append(_finding(field, f"{path}.{index}", ("type", *EXPECTED[FieldType.TABLE])))
            rows.append({})
            continue
        findings += unknown_keys(row, keys, place)
        found, sound = check_fields(field.columns, row, context.with_values(row), choices, place)
        findings += found
        rows.append(sound)
    return findings, rows


def _not_as_entered(place: str, key: str) -> Finding:
    message = Bitext(
        en=f"“{key}” was typed in another unit, but that is not the stored value. Type it again.",
        zh=f"“{key}”以其他单位录入，但与保存值不符，请重新填写。",
    )
    return Finding("type", "error", message, (f"{place}{key}",))


def _finding(field: Field, path: str, message: Message) -> Finding:
    """An unusual value is asked about and may stand; each is confirmed by itself."""
    id_, en, zh = message
    sentence = Bitext(f"{field.label.en}: {en}.", f"{field.label.zh}：{zh}。")
    if id_ == UNUSUAL:
        return Finding(f"{UNUSUAL}.{path}", "warning", sentence, (path,))
    return Finding(id_, "error", sentence, (path,))


def _missing(field: Field) -> Message:
    if field.must_be_true:
        return ("confirm", "confirm this before you sign", "签署前请确认此项")
    return ("required", *EXPECTED[field.type])


def _line(field: Field, value: Any, _context: Context, _choices: Choices) -> Iterator[Message]:
    if not isinstance(value, str):
        yield ("type", *EXPECTED[field.type])
        return
    if field.type is FieldType.TEXT and re.search(r"[\r\n]", value):
        yield ("characters", "write one line without line breaks", "请写成一行，不要换行")
    limit = LONGEST_LINE if field.type is FieldType.TEXT else LONGEST_TEXT
    yield from length(value, field.max_length or limit)
    yield from characters(value)
    if field.pattern is not None and not re.fullmatch(field.pattern, value):
        yield (
            "pattern",
            f"this entry has another form than expected. {field.help.en}".rstrip(" ."),
            f"填写格式不符。{field.help.zh}".rstrip("。"),
        )


def _bitext(field: Field, value: Any, _context: Context, _choices: Choices) -> Iterator[Message]:
    if not isinstance(value, Mapping) or not all(
        key in LANGUAGES and isinstance(text, str | None) for key, text in value.items()
    ):
        yield ("type", *EXPECTED[field.type])
        return
    text = Bitext.of(value)
    for language in LANGUAGES:
        written = getattr(text, language)
        yield from length(written, field.max_length or LONGEST_TEXT)
        yield from characters(written)
    for language in text.missing():
        if language == "en":
            yield ("language", "the English text is missing", "缺少英文")
        else:
            yield ("language", "the Chinese text is missing", "缺少中文")


def length(text: str, limit: int) -> Iterator[Message]:
    if len(text) > limit:
        yield (
            "length",
            f"at most {limit:,} characters fit, this text has {len(text):,}. Shorten it",
            f"最多{limit}个字符，现有{len(text)}个，请缩短",
        )


def characters(text: str) -> Iterator[Message]:
    """Characters that hide or turn round what is read, and half characters no file can hold."""
    found = [
        *forbidden_characters(text),
        *(f"U+{ord(one):04X}" for one in text if "\ud800" <= one <= "\udfff"),
    ]
    if found:
        named = ", ".join(sorted(set(found))[:5])
        yield (
            "characters",
            f"the text holds invisible control or direction characters ({named}). Delete them and type the words again",
            f"文本含不可见的控制符或方向符（{named}），请删除后重新输入",
        )


def _number(field: Field, value: Any, _context: Context, _choices: Choices) -> Iterator[Message]:
    number = conditions.number(value)
    endless = isinstance(value, float) and not math.isfinite(value)
    if number is None or endless or (field.type is FieldType.INT and not isinstance(value, int)):
        yield ("type", *EXPECTED[field.type])
        return
    low = -LARGEST_NUMBER if field.min is None else field.min
    high = LARGEST_NUMBER if field.max is None else field.max
    if not low <= number <= high:
        yield (
            "range",
            f"enter a number from {_amounts(field, low, high, 'en')}",
            f"请填写{_amounts(field, low, high, 'zh')}之间的数值",
        )
    elif field.step is not None and not math.isclose(
        (number - low) / field.step, round((number - low) / field.step)
    ):
        yield ("range", f"enter a number in steps of {field.step:g}", f"请按{field.step:g}的间隔填写")
    elif (field.usual_min is not None and number < field.usual_min) or (
        field.usual_max is not None and number > field.usual_max
    ):
        unit = field.unit_words
        yield (
            UNUSUAL,
            f"{number:g} {unit.en}".rstrip()
            + " is unusual. Check value and unit, then correct or confirm it",
            f"{number:g} {unit.zh}".rstrip() + "不常见，请核对数值与单位后更正或确认",
        )


def _amounts(field: Field, low: float, high: float, language: Language) -> str:
    """The range in the field's own unit, and in every other it may be typed in."""
    spans = [(low, high, field.unit_words)]
    spans += [(_short(low / unit.factor), _short(high / unit.factor), unit.words) for unit in field.units]
    between = " to " if language == "en" else "至"
    own, *others = [
        f"{one:g}{between}{other:g} {unit.in_language(language)}".rstrip() for one, other, unit in spans
    ]
    return f"{own} ({'; '.join(others)})" if others else own


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def _bool(field: Field, value: Any, _context: Context, _choices: Choices) -> Iterator[Message]:
    if not isinstance(value, bool):
        yield ("type", *EXPECTED[field.type])
    elif field.must_be_true and not value:
        yield _missing(field)


def _date(field: Field, value: Any, context: Context, _choices: Choices) -> Iterator[Message]:
    day = _day(value)
    if day is None:
        yield ("type", *EXPECTED[field.type])
    elif not 1900 <= day.year <= 2199:
        yield ("range", "check the year", "请核对年份")
    elif field.not_future and context.today is not None and day > context.today:
        yield ("future", "this date has not come yet. Check it", "该日期尚未到，请核对")


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _choice(field: Field, value: Any, _context: Context, choices: Choices) -> Iterator[Message]:
    if not isinstance(value, str):
        yield ("type", *EXPECTED[field.type])
    elif value not in choices[field.choices or ""]:
        yield ("choice", *EXPECTED[field.type])


def _multichoice(field: Field, value: Any, _context: Context, choices: Choices) -> Iterator[Message]:
    yield from _list_of_codes(field, value)
    if isinstance(value, list) and any(code not in choices[field.choices or ""] for code in value):
        yield ("choice", *EXPECTED[field.type])


def _list_of_codes(field: Field, value: Any) -> Iterator[Message]:
    if not isinstance(value, list) or not all(isinstance(code, str) and code for code in value):
        yield ("type", *EXPECTED[field.type])
    elif len(set(value)) < len(value) or len(value) > MOST_CHOSEN:
        yield ("type", "choose each answer once", "每项只能选择一次")


def _ref(field: Field, value: Any, context: Context, _choices: Choices) -> Iterator[Message]:
    if not isinstance(value, str) or len(value) > LONGEST_ID:
        yield ("type", *EXPECTED[field.type])
        return
    yield from characters(value)
    if value not in context.references.get(field.ref or "", (value,)):
        yield ("reference", *EXPECTED[field.type])


def _multiref(field: Field, value: Any, context: Context, choices: Choices) -> Iterator[Message]:
    yield from _list_of_codes(field, value)
    if isinstance(value, list):
        for one in value:
            yield from _ref(field, one, context, choices)


def _table(field: Field, value: Any, _context: Context, _choices: Choices) -> Iterator[Message]:
    if not isinstance(value, list):
        yield ("type", *EXPECTED[field.type])
    elif len(value) > MOST_ROWS:
        yield (
            "rows",
            f"at most {MOST_ROWS} rows fit, there are {len(value)}. Keep those that matter",
            f"最多{MOST_ROWS}行，现有{len(value)}行，请仅保留重要内容",
        )


_BY_TYPE: dict[FieldType, Callable[[Field, Any, Context, Choices], Iterator[Message]]] = {
    FieldType.TEXT: _line,
    FieldType.LONGTEXT: _line,
    FieldType.BITEXT: _bitext,
    FieldType.INT: _number,
    FieldType.DECIMAL: _number,
    FieldType.BOOL: _bool,
    FieldType.DATE: _date,
    FieldType.CHOICE: _choice,
    FieldType.MULTICHOICE: _multichoice,
    FieldType.REF: _ref,
    FieldType.MULTIREF: _multiref,
    FieldType.TABLE: _table,
}
