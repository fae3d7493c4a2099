"""What the identity desk shows: both sides of a comparison, masked until somebody asks for the names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.imaging import queries
from mdtapp.imaging.models import ArrivingIdentity, ImagingStudy, StudyLink
from mdtapp.imaging.operations import study_title
from mdtapp.materials.identity import Comparison, FieldResult, Identity, Match, Verdict, compare

FIELD_LABELS = {
    "name": Bitext("Name", "姓名"),
    "birth_date": Bitext("Born", "出生日期"),
    "sex": Bitext("Sex", "性别"),
    "patient_id": Bitext("Patient number", "患者编号"),
}
MATCH_WORDS = {
    Match.SAME: (Bitext("same", "一致"), "ok", "check"),
    Match.DIFFERS: (Bitext("differs", "不一致"), "bad", "alert-triangle"),
    Match.ABSENT: (Bitext("no check", "无法核对"), "neutral", "minus"),
}
VERDICT_WORDS = {
    Verdict.FITS: (Bitext("Fits", "相符"), "ok", "circle-check"),
    Verdict.DIFFERS: (Bitext("Differs", "不符"), "bad", "user-exclamation"),
    Verdict.CANNOT_TELL: (Bitext("Cannot tell", "无法判断"), "warn", "question-mark"),
}
_HIDDEN = "••••"


@dataclass(frozen=True, slots=True)
class Line:
    """One field as the desk prints it."""

    label: Bitext
    arriving: str
    known: str
    word: Bitext
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class Card:
    """Images of one study and one patient, held against a case; `others` counts other cases that have the study."""

    link: StudyLink | None
    title: str
    series: int
    instances: int
    lines: list[Line]
    verdict: tuple[Bitext, str, str]
    fits: bool
    others: int


def card(
    study: ImagingStudy,
    identity: ArrivingIdentity,
    case: Case | None,
    known: Identity | None,
    *,
    names_shown: bool,
    link: StudyLink | None = None,
) -> Card:
    """The card of these images; without a case there is nothing to compare with."""
    comparison = compare(queries.identity_of(identity), known)
    series, instances = queries.count_instances(study, identity)
    return Card(
        link=link,
        title=study_title(study),
        series=series,
        instances=instances,
        lines=lines(comparison, names_shown=names_shown),
        verdict=VERDICT_WORDS[comparison.verdict],
        fits=comparison.verdict is Verdict.FITS,
        others=queries.other_cases(study, case) if case else 0,
    )


def waiting_cards(case: Case, known: Identity | None, *, names_shown: bool) -> list[Card]:
    """Everything of the case that waits for a decision about its identity."""
    return [
        card(link.study, link.identity, case, known, names_shown=names_shown, link=link)
        for link in queries.waiting_links(case)
    ]


def lines(comparison: Comparison, *, names_shown: bool) -> list[Line]:
    """The comparison field by field; values are masked unless `names_shown`."""
    return [_line(result, names_shown) for result in comparison.results]


def _line(result: FieldResult, names_shown: bool) -> Line:
    word, tone, icon = MATCH_WORDS[result.match]
    arriving, known = result.arriving, result.known
    if not names_shown:
        arriving, known = mask(result.field, arriving), mask(result.field, known)
    return Line(FIELD_LABELS[result.field], arriving, known, word, tone, icon)


def mask(field: str, value: str) -> str:
    """Enough to see whether two values may be alike, too little to know the person."""
    if not value or field == "sex":
        return value
    if field == "birth_date":
        year = re.match(r"\d{4}", value)
        return f"{year[0]}-••-••" if year else _HIDDEN
    if field == "patient_id":
        return f"••{value[-3:]}" if len(value) > 5 else _HIDDEN
    return re.sub(r"[^\W\d_]+", lambda word: word[0][0] + "•" * max(1, len(word[0]) - 1), value)
