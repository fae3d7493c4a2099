"""What is advised, in sentences: the steps, the options beside them, their guidelines, what there is at home."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.treatment import NOT_RECOMMENDED, PREFERRED, steps_of
from mdtapp.disciplines.definitions import Catalogue
from mdtapp.opinions.drafting.inputs import Signed
from mdtapp.opinions.drafting.statement import Mark, Said, Statement
from mdtapp.opinions.drafting.steps import CONDITIONAL, Advice, Row, Step
from mdtapp.opinions.drafting.words import (
    by,
    fixed,
    in_a_row,
    lowered,
    parted,
    sentence,
    unstopped,
)

AGENCIES: Final = ("nmpa", "fda", "ema")
GRADES: Final = ("csco_evidence", "csco_grade", "nccn_category", "esmo_level", "esmo_grade")
COMPARED: Final = (*GRADES, "guideline_relation")
NOTHING_TO_SAY: Final = frozenset({"", "none", "not_applicable", "not_checked"})


def recommendation(signed: Signed, advice: Advice) -> list[Statement]:
    """The steps in order; then where another discipline would begin differently, under its name."""
    steps = [_statement(signed, step, _advised(step)) for step in advice.recommended]
    others = [
        _statement(
            signed,
            step,
            fixed("steps.other_view", who=lowered(signed.names(step.authors)), what=_advised(step)),
        )
        for step in advice.other_views
    ]
    return steps + others


def options(signed: Signed, advice: Advice) -> list[Statement]:
    """What can be chosen from, and who prefers it, accepts it or advises against it."""
    return [
        _statement(
            signed,
            step,
            fixed(
                f"options.{step.preference}", who=lowered(signed.names(step.authors)), what=step.description
            )
            if step.preference in (PREFERRED, "acceptable", CONDITIONAL, NOT_RECOMMENDED)
            else by(signed.names(step.authors), step.description),
        )
        for step in advice.options
    ]


def _advised(step: Step) -> Bitext:
    if step.preference == CONDITIONAL:
        return fixed("steps.conditional", what=step.description)
    return step.description


def _statement(signed: Signed, step: Step, text: Bitext) -> Statement:
    said = Said(sentence(text), step.sources, step.untranslated())
    return Statement(said, "advice", _mark(signed, step), step=step.as_json())


def _mark(signed: Signed, step: Step) -> Mark | None:
    """Added, when the home plan is known step by step and holds nothing like it."""
    home = signed.facts.outside_plan.steps
    if not home or step.preference != PREFERRED:
        return None
    ours = steps_of(step.lead.input.key, [step.lead.columns])[0]
    return None if any(map(ours.is_part_of, home)) else "added"


def guidelines(signed: Signed, advice: Advice) -> list[Statement]:
    """For each step what the guidelines say and whether China and home agree; a preferred one without is named."""
    found = []
    for step in _active(advice):
        groups = _agreeing(step, COMPARED)
        for rows in groups:
            text = _guideline_text(rows, signed.catalogue)
            if not text and (step.preference != PREFERRED or not step.is_option):
                continue
            what = _what(signed, step, rows, alone=len(groups) == 1)
            used = () if text else ("rationale",)
            text = by(what, text) if text else _unguided(what, step)
            sources = tuple(row.input.source("recommendation_steps", row.place) for row in rows)
            found.append(
                Statement(Said(sentence(text), sources, step.untranslated("description", *used)), "reason")
            )
    return found


def _unguided(what: Bitext, step: Step) -> Bitext:
    reason = step.text("rationale")
    if not reason:
        return by(what, fixed("guidelines.none"))
    return by(what, fixed("guidelines.reason_only", reason=unstopped(reason)))


def _guideline_text(rows: Sequence[Row], catalogue: Catalogue) -> Bitext:
    """ "CSCO: grade I, 1A; NCCN: category 1; ESMO: level I, grade A. Named source: …" """
    known = {
        column: catalogue.label(column, code)
        for column in COMPARED
        if (code := _first_code(rows, column)) not in NOTHING_TO_SAY
    }
    relation = known.pop("guideline_relation", None)
    bodies = [
        fixed(f"guidelines.{'_'.join(given)}", **{column: lowered(known[column]) for column in given})
        for given in _given_together(known)
    ]
    names = dict.fromkeys(
        row.code("guideline_ref").strip() for row in rows if row.code("guideline_ref").strip()
    )
    named = "; ".join(names)
    parts = [parted(bodies)]
    if named:
        parts.append(fixed("guidelines.named", names=Bitext(named, "；".join(names))))
    if relation:
        parts.append(fixed(f"relation.{_first_code(rows, 'guideline_relation')}"))
    return in_a_row(part for part in parts if part)


def _given_together(known: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The grades that are given, those of one body together."""
    bodies = (("csco_grade", "csco_evidence"), ("nccn_category",), ("esmo_level", "esmo_grade"))
    given = (tuple(column for column in body if column in known) for body in bodies)
    return [columns for columns in given if columns]


def availability(signed: Signed, advice: Advice) -> list[Statement]:
    """For each step whether there is such a thing at home and where it is approved."""
    columns = ("home_availability", *(f"approval_{agency}" for agency in AGENCIES), "approval_checked_on")
    found = []
    for step in _active(advice):
        groups = _agreeing(step, columns)
        for rows in groups:
            text = _availability_text(rows, signed.catalogue)
            if text:
                what = _what(signed, step, rows, alone=len(groups) == 1)
                sources = tuple(row.input.source("recommendation_steps", row.place) for row in rows)
                found.append(
                    Statement(Said(by(what, text), sources, step.untranslated("description")), "advice")
                )
    return found + _tcm_availability(signed)


def _availability_text(rows: Sequence[Row], catalogue: Catalogue) -> Bitext:
    code = _first_code(rows, "home_availability")
    parts = [fixed(f"availability.{code}")] if code and code != "not_applicable" else []
    approvals = _approvals(rows, catalogue)
    return in_a_row([*parts, approvals] if approvals else parts)


def _approvals(rows: Sequence[Row], catalogue: Catalogue) -> Bitext:
    """Agencies of equal standing together: "NMPA (China) and FDA (US): approved for this use"."""
    standing: dict[str, list[str]] = {}
    for agency in AGENCIES:
        code = _first_code(rows, f"approval_{agency}")
        if code not in ("", "not_applicable"):
            standing.setdefault(code, []).append(agency)
    parts = [_standing(code, agencies, catalogue) for code, agencies in standing.items()]
    if not parts:
        return Bitext()
    checked = _first_code(rows, "approval_checked_on")
    listed_parts = parted(parts)
    if not checked:
        return fixed("approval.unchecked", standing=listed_parts)
    return fixed("approval.checked", standing=listed_parts, date=Bitext(checked, checked))


def _standing(code: str, agencies: Iterable[str], catalogue: Catalogue) -> Bitext:
    names = [fixed(f"agency.{agency}") for agency in agencies]
    who = Bitext(", ".join(name.en for name in names), "、".join(name.zh for name in names))
    return by(who, lowered(catalogue.label("approval", code)))


def _tcm_availability(signed: Signed) -> list[Statement]:
    """Traditional medicine names its availability once for all it offers."""
    one = signed.find("tcm_integrative")
    code = one.code("home_availability") if one else ""
    if one is None or code in ("", "not_applicable"):
        return []
    text = by(fixed("availability.tcm"), fixed(f"availability.{code}"))
    return [Statement(Said(sentence(text), (one.source("home_availability"),)), "advice")]


def _active(advice: Advice) -> list[Step]:
    return [step for step in advice.all_steps if step.preference != NOT_RECOMMENDED]


def _what(signed: Signed, step: Step, rows: Sequence[Row], *, alone: bool) -> Bitext:
    """The step as a heading; with the authors where they say different things about it."""
    if alone:
        return step.description
    return by(signed.names([row.input.key for row in rows]), step.description)


def _agreeing(step: Step, columns: Sequence[str]) -> list[list[Row]]:
    """The rows of a step in groups that do not contradict each other in these columns."""
    groups: list[list[Row]] = []
    for row in step.rows:
        group = next((group for group in groups if _agrees(row, group, columns)), None)
        if group is None:
            groups.append([row])
        else:
            group.append(row)
    return groups


def _agrees(row: Row, group: Sequence[Row], columns: Sequence[str]) -> bool:
    return all(
        row.code(column) == known
        for column in columns
        if row.code(column) and (known := _first_code(group, column))
    )


def _first_code(rows: Sequence[Row], column: str) -> str:
    return next((row.code(column) for row in rows if row.code(column)), "")
