"""How far an input is: what each part of the form still needs, and what contradicts in it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import conditions
from mdtapp.disciplines.checks import Finding, check_input
from mdtapp.disciplines.computed import suggestion
from mdtapp.disciplines.conditions import Context, is_filled, is_required, is_shown
from mdtapp.disciplines.definitions import Discipline, Field, FieldType
from mdtapp.disciplines.sentences import shown
from mdtapp.opinions.inputs.claims import Claim, claims_for, with_agreement

THEIRS = "theirs"
"""The part of the form that no definition lists: the verdicts on what the home hospital said."""
AGAINST_THEIR_RECORD = Bitext("Against their record", "与外院对照")

CLAIM_PARTS = ("agree", "impact", "comment")
MISSING = frozenset({"required", "confirm"})
UNSAID_WHILE_WRITING = MISSING | {"language"}
"""Gaps are counted, not named, while somebody still writes; all of them stand on the page before the signature."""
MOST_WORDS = 4
SAME_WITHIN = 0.02
"""A computed number and one's own are the same when they differ by rounding."""
OUTSIDE_THE_FORM = {
    "patient.age": Bitext("age (birth year)", "年龄（出生年份）"),
    "patient.sex": Bitext("sex", "性别"),
}
VERDICT_ORDER = ("agree", "minor", "major", "not_assessable", "not_applicable")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the form: how many answers stop the signature, its answers in short, what contradicts."""

    key: str
    number: int
    label: Bitext
    left: int
    begun: bool
    words: Bitext
    notes: tuple[Finding, ...]

    @property
    def state(self) -> str:
        if self.left:
            return "missing" if self.begun else "todo"
        return "done" if self.begun else "todo"


@dataclass(frozen=True, slots=True)
class Progress:
    """The parts in the order of the form. `answered` of `required` answers are given; `left` things stop the signature."""

    parts: tuple[Part, ...]
    required: int
    answered: int
    computed: Mapping[str, Bitext]

    @property
    def left(self) -> int:
        return sum(part.left for part in self.parts)

    def part(self, key: str) -> Part | None:
        return next((part for part in self.parts if part.key == key), None)


def progress_of(discipline: Discipline, data: Mapping[str, Any], context: Context) -> Progress:
    """How far the answers are; the verdicts on single claims count as the verdict on their object."""
    claims = claims_for(discipline, context.outside)
    answers = with_agreement(data, discipline)
    around = context.with_values(answers)
    findings = check_input(discipline, answers, context)
    gaps = {_key(finding) for finding in findings if finding.id in MISSING}
    asked = [field.key for field in discipline.fields() if is_required(field, around)]
    return Progress(
        parts=_parts(discipline, claims, answers, around, findings),
        required=len(asked),
        answered=sum(key not in gaps for key in asked),
        computed=computed_values(discipline, around),
    )


def computed_values(discipline: Discipline, context: Context) -> dict[str, Bitext]:
    """What follows from other answers, by field, as a sentence; empty while nothing does."""
    return {f.key: _computed(discipline, f, f.computed, context) for f in discipline.fields() if f.computed}


def _computed(discipline: Discipline, field: Field, name: str, context: Context) -> Bitext:
    found = suggestion(name, context)
    if found.value is not None:
        value = shown(discipline, field, found.value)
        stands = _beside(context.answer(field.key), found.value)
        return Bitext(
            f"{value.en} ({found.method.en}). {stands.en}".rstrip(),
            f"{value.zh}（{found.method.zh}）。{stands.zh}",
        )
    if not found.missing:
        return Bitext()
    names = [_name_of(discipline, question) for question in found.missing]
    en, zh = ", ".join(name.en for name in names), "、".join(name.zh for name in names)
    return Bitext(f"{found.method.en} still needs: {en}.", f"{found.method.zh}尚缺：{zh}。")


def _beside(given: Any, computed: Any) -> Bitext:
    """How the author's own value compares with the computed one; it is the author's that counts."""
    if not is_filled(given):
        return Bitext("Not filled in for you.", "不会自动填入。")
    own, other = conditions.number(given), conditions.number(computed)
    same = given == computed if own is None or other is None else isclose(own, other, rel_tol=SAME_WITHIN)
    if same:
        return Bitext("Agrees with your value.", "与您的填写一致。")
    return Bitext("Differs from your value; yours stands.", "与您的填写不同，以您的为准。")


def _name_of(discipline: Discipline, question: str) -> Bitext:
    if question in OUTSIDE_THE_FORM:
        return OUTSIDE_THE_FORM[question]
    return discipline.field(question).label if discipline.has(question) else Bitext(question, question)


def part_keys(discipline: Discipline, claims: Sequence[Claim]) -> list[tuple[str, Bitext]]:
    """Key and label of every part: the sections, and before the last one the home hospital's claims."""
    parts = [(section.key, section.label) for section in discipline.sections]
    if claims:
        parts.insert(len(parts) - 1, (THEIRS, AGAINST_THEIR_RECORD))
    return parts


def judged_by_claims(claims: Iterable[Claim]) -> frozenset[str]:
    """Fields whose answer follows from the claim rows."""
    return frozenset(f"{part}_{claim.object}" for claim in claims for part in CLAIM_PARTS)


def part_of(field: str, discipline: Discipline, claims: Sequence[Claim]) -> str:
    """The part a field stands in; what no part holds belongs to the last one."""
    if field == "claims" or field in judged_by_claims(claims):
        return THEIRS if claims else discipline.sections[0].key
    holding = (section.key for section in discipline.sections if any(f.key == field for f in section.fields))
    return next(holding, discipline.sections[-1].key)


def _parts(
    discipline: Discipline,
    claims: Sequence[Claim],
    answers: Mapping[str, Any],
    around: Context,
    findings: Sequence[Finding],
) -> tuple[Part, ...]:
    places = [(part_of(_key(finding), discipline, claims), finding) for finding in findings]
    parts = []
    for number, (key, label) in enumerate(part_keys(discipline, claims), start=1):
        found = [finding for place, finding in places if place == key]
        words = _words(key, discipline, claims, answers, around)
        parts.append(
            Part(
                key=key,
                number=number,
                label=label,
                left=sum(finding.level == "error" for finding in found),
                begun=bool(words),
                words=words,
                notes=tuple(finding for finding in found if finding.id not in UNSAID_WHILE_WRITING),
            )
        )
    return tuple(parts)


def _words(
    part: str, discipline: Discipline, claims: Sequence[Claim], answers: Mapping[str, Any], around: Context
) -> Bitext:
    """The first answers of a part in short, as they stand beside its folded heading."""
    if part == THEIRS:
        return _verdicts(discipline, claims, answers)
    fields = next(section.fields for section in discipline.sections if section.key == part)
    elsewhere = judged_by_claims(claims)
    said = [
        _short(discipline, field, answers[field.key])
        for field in fields
        if field.key not in elsewhere and is_filled(answers.get(field.key)) and is_shown(field, around)
    ]
    short = [words for words in said if words][:MOST_WORDS]
    if said and not short:
        return Bitext("written", "已填写")
    return Bitext(" · ".join(words.en for words in short), " · ".join(words.zh for words in short))


def _short(discipline: Discipline, field: Field, value: Any) -> Bitext:
    if field.type is FieldType.TABLE:
        rows = len(value) if isinstance(value, list) else 0
        return Bitext(f"{field.label.en}: {rows}", f"{field.label.zh}：{rows}")
    if field.type in (FieldType.BITEXT, FieldType.LONGTEXT, FieldType.BOOL):
        return Bitext()
    return shown(discipline, field, value)


def _verdicts(discipline: Discipline, claims: Sequence[Claim], answers: Mapping[str, Any]) -> Bitext:
    """How often each verdict was given, on single claims or else on the whole."""
    rows = answers.get("claims")
    given = [row.get("verdict") for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    if not any(given):
        given = [answers.get(f"agree_{one}") for one in dict.fromkeys(claim.object for claim in claims)]
    counted = Counter(verdict for verdict in given if isinstance(verdict, str) and verdict)
    said = [
        (discipline.choices["agreement"].label(code), counted[code])
        for code in VERDICT_ORDER
        if counted[code]
    ]
    return Bitext(
        " · ".join(f"{times} × {label.en}" for label, times in said),
        " · ".join(f"{label.zh} × {times}" for label, times in said),
    )


def _key(finding: Finding) -> str:
    return finding.fields[0].partition(".")[0] if finding.fields else ""
