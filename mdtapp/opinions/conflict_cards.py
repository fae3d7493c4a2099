"""A finding as its card shows it: whose values disagree, in whose words, and what can be done."""

from __future__ import annotations

from typing import Any

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.definitions import Field, FieldType
from mdtapp.opinions import findings
from mdtapp.opinions.conflicts import RULES, Resolution
from mdtapp.opinions.models import ConflictFinding
from mdtapp.opinions.words import OUTSIDE, RESOLUTION, resolution_label
from mdtapp.people.models import User


def card_of(row: ConflictFinding, case: Case, user: User) -> dict[str, Any]:
    """The dictionary `components/conflict.html` draws."""
    rule = RULES[row.rule]
    disciplines = catalogue().disciplines
    return {
        "id": row.id,
        "rule": row.rule,
        "severity": row.severity,
        "state": str(row.status),
        "section": row.section,
        "title": rule.title,
        "row_version": row.row_version,
        "disciplines": [
            {"code": disciplines[key].short, "name": disciplines[key].label, "state": "signed"}
            for key in findings.disciplines_in(row)
            if key in disciplines
        ],
        "sides": [side for path, value in row.values.items() if (side := _side(path, value))],
        "choices": _choices(row) if Resolution.CHOOSE_INPUT in rule.resolutions else [],
        "resolutions": [
            {"code": str(each), "label": RESOLUTION[each]}
            for each in rule.resolutions
            if each != Resolution.BLOCK_UNTIL_FIXED
        ],
        "only_by_data": rule.only_by_data,
        "settled": _settled(row),
        "needs_confirmation": findings.needs_confirmation(row, case),
        "may_confirm": findings.may_confirm(user, row, case),
    }


def _choices(row: ConflictFinding) -> list[dict[str, Any]]:
    """Whose view may be chosen: everybody whose value the finding saw."""
    heads = dict.fromkeys(path.split(".", 1)[0] for path in row.values)
    return [{"key": key, "label": _whose(key)} for key in heads if key not in {"case", "patient", "draft"}]


def _side(path: str, value: Any) -> dict[str, Any] | None:
    head, _, key = path.partition(".")
    if value in (None, "", [], {}):
        return None
    code = catalogue().disciplines[head].short if head in catalogue().disciplines else _whose(head).en
    return {"code": code, "quote": value_words(head, key, value)}


def _whose(head: str) -> Bitext:
    if head == "outside":
        return OUTSIDE
    known = catalogue().disciplines.get(head)
    return known.label if known else Bitext(head, head)


def value_words(discipline: str, key: str, value: Any) -> Bitext:
    """A stored value in words: choice labels, numbers with their unit, rows counted and described."""
    field = _field(discipline, key)
    if field is None:
        return _plain(value)
    label = field.label
    words = _with_field(field, discipline, value)
    return Bitext(f"{label.en}: {words.en}", f"{label.zh}：{words.zh}")


def _with_field(field: Field, discipline: str, value: Any) -> Bitext:
    if field.type == FieldType.TABLE and isinstance(value, list):
        rows = [_row(field, discipline, row) for row in value if isinstance(row, dict)]
        return Bitext("; ".join(row.en for row in rows), "；".join(row.zh for row in rows))
    if field.choices and isinstance(value, list):
        labels = [_label(discipline, field.choices, str(code)) for code in value]
        return Bitext(", ".join(each.en for each in labels), "、".join(each.zh for each in labels))
    if field.choices:
        return _label(discipline, field.choices, str(value))
    plain = _plain(value)
    if field.unit:
        return Bitext(f"{plain.en} {field.unit}", f"{plain.zh} {field.unit}")
    return plain


def _row(field: Field, discipline: str, row: dict[str, Any]) -> Bitext:
    parts = [
        _with_field(column, discipline, row[column.key])
        for column in field.columns
        if column.tier == "core" and row.get(column.key) not in (None, "", [], {})
    ]
    return Bitext(" · ".join(part.en for part in parts), " · ".join(part.zh for part in parts))


def _label(discipline: str, choice_set: str, code: str) -> Bitext:
    return catalogue().label(choice_set, code)


def _plain(value: Any) -> Bitext:
    if isinstance(value, dict) and ("en" in value or "zh" in value):
        return Bitext.of(value)
    if isinstance(value, bool):
        return Bitext("yes", "是") if value else Bitext("no", "否")
    return Bitext(str(value), str(value))


def _field(discipline: str, key: str) -> Field | None:
    if discipline == "outside":
        owner = next((d for d in catalogue().disciplines.values() if d.has(key)), None)
        return owner.field(key) if owner else None
    known = catalogue().disciplines.get(discipline)
    return known.field(key) if known and known.has(key) else None


def _settled(row: ConflictFinding) -> dict[str, Any] | None:
    if not row.resolution:
        return None
    chosen = _whose(row.chosen) if row.chosen else Bitext()
    how = resolution_label(row.resolution)
    if chosen:
        how = Bitext(f"{how.en}: {chosen.en}", f"{how.zh}：{chosen.zh}")
    return {
        "who": row.resolved_by.name if row.resolved_by else "",
        "at": row.resolved_at,
        "how": how,
        "why": row.reason,
    }
