"""A recommended step as it is printed: every code in words, empty parts left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.documents.origins import words_joined
from mdtapp.documents.typography import printed_date
from mdtapp.documents.wording import Wording

NOT_COVERED = (None, "", "none")


@dataclass(frozen=True)
class Step:
    """Labels are ready to print; `preference_code` and `availability_code` choose the colour."""

    preference_code: str
    preference: Bitext
    kind: Bitext
    goal: Bitext
    timing: Bitext
    condition: Bitext
    rationale: Bitext
    evidence: tuple[Bitext, ...]
    source: Bitext
    approvals: Bitext
    availability_code: str
    availability: Bitext
    authors: Bitext
    citations: tuple[Bitext, ...] = ()

    @property
    def evidence_line(self) -> Bitext:
        """All evidence in one text."""
        return words_joined(self.evidence, " · ")


def printed_step(step: Mapping[str, Any], words: Wording, frame: Mapping[str, Any] | None = None) -> Step:
    """From the structured step of an input (preference, modality, guideline and approval codes).

    Where the chair has cited guidelines (`frame`), these stand in place of what the inputs say of them.
    """
    at_home = str((frame or {}).get("availability") or "")
    citations = tuple(_citation(row, words) for row in (frame or {}).get("citations") or [])
    return Step(
        preference_code=str(step.get("preference") or ""),
        preference=words.label("preference", step.get("preference")),
        kind=words.label("modality", step.get("modality")),
        goal=words.label("intent", step.get("intent")),
        timing=Bitext.of(step.get("timing")),
        condition=Bitext.of(step.get("condition")),
        rationale=Bitext.of(step.get("rationale")),
        evidence=() if citations else _evidence(step, words),
        source=Bitext() if citations else Bitext(*[str(step.get("guideline_ref") or "")] * 2),
        approvals=_approvals(step, words),
        availability_code=at_home or str(step.get("home_availability") or ""),
        availability=words.label("at_home", at_home)
        if at_home
        else words.label("availability", step.get("home_availability")),
        authors=_authors(step, words),
        citations=citations,
    )


def _citation(row: Mapping[str, Any], words: Wording) -> Bitext:
    """ "CSCO: NSCLC 2025, grade I, 1A; differs: the drug is not approved there"."""
    body = words.label("guideline_body", row.get("body"))
    said = ", ".join(part for part in (row.get("name"), row.get("level")) if part)
    relation, why = words.label("guideline_same", row.get("relation")), Bitext.of(row.get("why"))
    en = "; ".join(
        part for part in (said, ": ".join(filter(None, (relation.en, why.in_language("en"))))) if part
    )
    zh = "；".join(
        part for part in (said, "：".join(filter(None, (relation.zh, why.in_language("zh"))))) if part
    )
    return Bitext(f"{body.en}: {en}", f"{body.zh}：{zh}")


def _evidence(step: Mapping[str, Any], words: Wording) -> tuple[Bitext, ...]:
    """ "CSCO grade I, 1A", "NCCN category 1", "ESMO level I, grade A", and whether the sources agree."""
    csco = [_graded(words, "grade", step.get("csco_grade")), _same(step.get("csco_evidence"))]
    nccn = [_graded(words, "category", step.get("nccn_category"))]
    esmo = [_graded(words, "level", step.get("esmo_level")), _graded(words, "grade", step.get("esmo_grade"))]
    tags = [
        _named(name, words_joined(parts)) for name, parts in (("CSCO", csco), ("NCCN", nccn), ("ESMO", esmo))
    ]
    relation = words.label("guideline_relation", step.get("guideline_relation"))
    return tuple(tag for tag in (*tags, relation) if tag)


def _graded(words: Wording, phrase: str, value: object) -> Bitext:
    return Bitext() if value in NOT_COVERED else words.page(phrase, value=str(value))


def _same(value: object) -> Bitext:
    return Bitext() if value in NOT_COVERED else Bitext(str(value), f"{value}类")


def _named(name: str, text: Bitext) -> Bitext:
    return Bitext(f"{name} {text.en}", f"{name} {text.zh}") if text else text


def _approvals(step: Mapping[str, Any], words: Wording) -> Bitext:
    """ "NMPA approved, FDA approved, EMA not approved, checked 10 Nov 2026"."""
    agencies = [
        _named(agency, words.label("approval", step.get(key)))
        for agency, key in (("NMPA", "approval_nmpa"), ("FDA", "approval_fda"), ("EMA", "approval_ema"))
        if step.get(key) not in (None, "", "not_applicable")
    ]
    checked = step.get("approval_checked_on")
    if agencies and checked:
        both = Bitext(printed_date(checked, "en"), printed_date(checked, "zh"))
        agencies.append(words.page("checked_on", date=both))
    return words_joined(agencies)


def _authors(step: Mapping[str, Any], words: Wording) -> Bitext:
    labels = [words.label("disciplines", discipline) for discipline in step.get("authors") or []]
    return Bitext(", ".join(label.en for label in labels), "、".join(label.zh for label in labels))
