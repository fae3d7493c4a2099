"""A finding as its card shows it: whose values disagree, in whose words, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.definitions import Field, FieldType
from mdtapp.opinions import findings
from mdtapp.opinions.conflicts import RULES, Firing, Resolution
from mdtapp.opinions.drafting.words import fixed, listed, parted
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.inputs.concordance import Axis
from mdtapp.opinions.models import ConflictFinding
from mdtapp.opinions.status import FindingStatus
from mdtapp.opinions.words import OUTSIDE, RESOLUTION, resolution_label
from mdtapp.people.models import User

ONE_SIDE = Bitext("one of those who disagree", "意见不同的一方")
RECORD = {
    "case": Bitext("Record", "病例记录"),
    "patient": Bitext("Patient", "患者"),
    "questions": Bitext("Questions", "问题"),
    "history": Bitext("History", "病史"),
    "draft": Bitext("Opinion", "意见书"),
}


def cards_of(case: Case, facts: CaseFacts, user: User) -> list[dict[str, Any]]:
    """A card for each conflict that stands now, then for each that does not any more."""
    standing = findings.standing(case, facts)
    past = findings.past(case, standing)
    return [
        *(card_of(row, case, facts, user) for row in standing),
        *(card_of(row, case, facts, user) | {"state": str(FindingStatus.OBSOLETE)} for row in past),
    ]


def card_of(row: ConflictFinding, case: Case, facts: CaseFacts, user: User) -> dict[str, Any]:
    """The dictionary `components/conflict.html` draws."""
    rule = RULES[row.rule]
    disciplines = catalogue().disciplines
    sides = findings.sides(row)
    words = findings.awaited(row, case, facts)
    return {
        "id": row.id,
        "rule": row.rule,
        "severity": row.severity,
        "state": str(row.status),
        "section": row.section,
        "title": rule.title,
        "row_version": row.row_version,
        "seen": findings.fingerprint(row),
        "disciplines": [
            {"code": disciplines[key].short, "name": disciplines[key].label, "state": "signed"}
            for key in sides
            if key in disciplines
        ],
        "sides": [side for path, value in row.values.items() if (side := _side(path, value))],
        "choices": [{"key": key, "label": _whose(key)} for key in sides]
        if Resolution.CHOOSE_INPUT in rule.resolutions
        else [],
        "resolutions": [{"code": str(each), "label": RESOLUTION[each]} for each in findings.ways(row)],
        "only_by_data": rule.only_by_data,
        "settled": _settled(row),
        "needs_confirmation": bool(words),
        "awaited": [_awaited(word) for word in words],
        "may_confirm": any(user.id in word.people for word in words),
    }


def point_of(point: Firing) -> dict[str, Any]:
    """A point to check in the home hospital's plan, with the values behind it."""
    sides = [side for path, value in point.values.items() if (side := _side(path, value))]
    return {"rule": point.rule, "severity": str(point.severity), "title": point.title, "sides": sides}


@dataclass(frozen=True, slots=True)
class NamedConflict:
    """A conflict as one sentence: what it is, and who says what; `fields` are the answers it is about."""

    rule: str
    severity: str
    state: str
    title: Bitext
    views: Bitext
    fields: frozenset[str]


def named(row: ConflictFinding) -> NamedConflict:
    """The finding as it stands under the point it is about."""
    paths = [path for path, value in row.values.items() if value not in (None, "", [], {})]
    fields = frozenset(path.partition(".")[2] for path in row.values)
    return NamedConflict(
        row.rule, row.severity, str(row.status), RULES[row.rule].title, _views(paths, row.values), fields
    )


def conflicts_at(points: Sequence[Axis], conflicts: Sequence[NamedConflict]) -> list[list[NamedConflict]]:
    """The conflicts under each point; one that is about several points, such as a whole plan, stands by none."""
    found: list[list[NamedConflict]] = [[] for _point in points]
    for one in conflicts:
        places = [place for place, point in enumerate(points) if not one.fields.isdisjoint(point.fields)]
        if len(places) == 1:
            found[places[0]].append(one)
    return found


def _views(paths: Sequence[str], values: Mapping[str, Any]) -> Bitext:
    """ "Radiology and medical oncology: IVA; home hospital: IIIA", where all answer one question in one value."""
    if len({path.partition(".")[2] for path in paths}) != 1 or len(paths) < 2:
        return Bitext()
    said: dict[Bitext, list[Bitext]] = {}
    for path in paths:
        head, _, key = path.partition(".")
        value = values[path]
        if isinstance(value, list | Mapping):
            return Bitext()
        field = _field(head, key)
        words = _with_field(field, value) if field else _plain(value)
        said.setdefault(words, []).append(_whose(head))
    parts = [fixed("voice.by", who=listed(who), text=words) for words, who in said.items()]
    return parted(parts)


def _side(path: str, value: Any) -> dict[str, Any] | None:
    head, _, key = path.partition(".")
    if value in (None, "", [], {}):
        return None
    known = catalogue().disciplines.get(head)
    return {"code": known.short if known else _whose(head), "quote": value_words(head, key, value)}


def _awaited(word: findings.Awaited) -> Bitext:
    return ONE_SIDE if word.discipline == findings.DISSENT else _whose(word.discipline)


def _whose(head: str) -> Bitext:
    if head == findings.OUTSIDE:
        return OUTSIDE
    known = catalogue().disciplines.get(head)
    return known.label if known else RECORD[head]


def value_words(discipline: str, key: str, value: Any) -> Bitext:
    """A stored value in words: choice labels, numbers with their unit, rows counted and described."""
    field = _field(discipline, key)
    if field is None:
        return _plain(value)
    label = field.label
    words = _with_field(field, value)
    return Bitext(f"{label.en}: {words.en}", f"{label.zh}：{words.zh}")


def answer_words(discipline: str, key: str, value: Any) -> Bitext:
    """As `value_words`, without the question; of a table one row or all."""
    field = _field(discipline, key)
    if field is None:
        return _plain(value)
    if field.type == FieldType.TABLE and isinstance(value, dict):
        return _row(field, value)
    return _with_field(field, value)


def _with_field(field: Field, value: Any) -> Bitext:
    if field.type == FieldType.TABLE and isinstance(value, list):
        return _joined([_row(field, row) for row in value if isinstance(row, dict)], "; ", "；")
    if field.choices and isinstance(value, list):
        return _joined([catalogue().label(field.choices, str(code)) for code in value], ", ", "、")
    if field.choices:
        return catalogue().label(field.choices, str(value))
    plain = _plain(value)
    if field.unit:
        return Bitext(f"{plain.en} {field.unit}", f"{plain.zh} {field.unit}")
    return plain


def _row(field: Field, row: dict[str, Any]) -> Bitext:
    parts = [
        _with_field(column, row[column.key])
        for column in field.columns
        if column.tier == "core" and row.get(column.key) not in (None, "", [], {})
    ]
    return _joined(parts, " · ", " · ")


def _joined(parts: list[Bitext], en: str, zh: str) -> Bitext:
    return Bitext(en.join(part.en for part in parts), zh.join(part.zh for part in parts))


def _plain(value: Any) -> Bitext:
    if isinstance(value, dict) and ("en" in value or "zh" in value):
        return Bitext.of(value)
    if isinstance(value, dict):  # a question or an event of the history
        return _joined([_plain(each) for each in value.values()], " · ", " · ")
    if isinstance(value, list):
        return _joined([_plain(each) for each in value], "; ", "；")
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
