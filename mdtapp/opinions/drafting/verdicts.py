"""Verdicts on what the home hospital said: the class of the result, and each object with the reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from mdtapp.clinical.agreement import AssessedObject
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.definitions import Field
from mdtapp.opinions.drafting.claims import claim_by_claim, claim_rows
from mdtapp.opinions.drafting.findings import distinct, together
from mdtapp.opinions.drafting.inputs import Input, Signed
from mdtapp.opinions.drafting.statement import Mark, Said, Source, Statement
from mdtapp.opinions.drafting.words import by, in_a_row, sentence
from mdtapp.opinions.facts import STEPS
from mdtapp.opinions.result_class import Proposal, RollUp, propose, roll_up

MARKS: Final[Mapping[str, Mark]] = {
    "major": "changed",
    "minor": "changed",
    "not_assessable": "needed",
    "agree": "confirmed",
}
"""By verdict, the gravest first; `not_applicable` says nothing."""

CLASS_MARKS: Final[Mapping[str, Mark]] = {
    "confirmed": "confirmed",
    "confirmed_additions": "added",
    "insufficient_information": "needed",
}
SECTIONS: Final[Mapping[AssessedObject, str]] = {
    "diagnosis": "diagnosis_verification",
    "stage": "staging_verification",
    "report": "staging_verification",
    "plan": "treatment_evaluation",
}
_CLASS_OBJECT: Final[Mapping[str, str]] = {
    "modified_diagnosis": "diagnosis",
    "modified_stage": "stage",
    "modified_treatment": "plan",
}


def result(
    signed: Signed, decision: Mapping[str, Any] | None
) -> tuple[str | None, tuple[str, ...], list[Statement]]:
    """The main class, further ones, and a line for each: the chair's where the meeting decided, else as proposed."""
    decided = str(decision.get("result_class") or "") if decision else ""
    if decided and decision is not None:
        also = tuple(decision.get("also") or ())
        source: Source = {"chair": "result_class"}
        return decided, also, [_class_line(signed, code, (source,)) for code in (decided, *also)]
    if not signed.inputs:
        return None, (), []
    proposal = propose(signed.facts)
    known = [
        (code, _class_sources(signed, code, proposal)) for code in (proposal.result_class, *proposal.also)
    ]
    lines = [_class_line(signed, code, sources) for code, sources in known if sources]
    return proposal.result_class, proposal.also, lines


def _class_line(signed: Signed, code: str, sources: tuple[Source, ...]) -> Statement:
    known = signed.catalogue.result_classes.get(code)
    text = known.patient_line if known else Bitext(code, code)
    return Statement(Said(sentence(text), sources), "verdict", CLASS_MARKS.get(code, "changed"))


def _class_sources(signed: Signed, code: str, proposal: Proposal) -> tuple[Source, ...]:
    """The answers a proposed class rests on. Of a table of steps, those the home plan does not hold."""
    paths = proposal.paths
    if code != proposal.result_class:
        paths = _paths_of(roll_up(signed.facts), _CLASS_OBJECT[code])
    sources: list[Source] = []
    order = [one.key for one in signed.inputs]
    for path in sorted(paths, key=lambda path: _place(order, path)):
        discipline, _, field = path.partition(".")
        one = signed.find(discipline)
        if one is not None and field == STEPS:
            sources += [one.source(STEPS, row) for row in _new_steps(signed, discipline)]
        elif one is not None and one.has(field):
            sources += one.sources(field)
        elif (source := signed.source(path)) is not None:
            sources.append(source)
    return distinct(sources)


def _place(order: Sequence[str], path: str) -> int:
    discipline = path.partition(".")[0]
    return order.index(discipline) if discipline in order else len(order)


def _paths_of(verdicts: RollUp, assessed: str) -> tuple[str, ...]:
    found: tuple[str, ...] = getattr(verdicts, assessed).paths
    return found


def _new_steps(signed: Signed, discipline: str) -> list[int]:
    home = signed.facts.outside_plan.steps
    steps = signed.facts.plan.preferred_steps
    return [s.row for s in steps if s.author == discipline and not any(map(s.is_part_of, home))]


def verdicts(signed: Signed) -> dict[str, list[Statement]]:
    """By section: for each object the verdicts, the gravest first, each with its reasons; then claim by claim."""
    found: dict[str, list[Statement]] = {}
    for assessed in SECTIONS:
        for section, statement in _on_object(signed, assessed):
            found.setdefault(section, []).append(statement)
    return found


def _on_object(signed: Signed, assessed: AssessedObject) -> Iterator[tuple[str, Statement]]:
    asked = [(one, field) for one in signed.inputs if (field := one.find(f"agree_{assessed}"))]
    explained: list[Input] = []
    for verdict, mark in MARKS.items():
        group = [(one, field) for one, field in asked if one.code(field.key) == verdict]
        for section, same in _by_section(group).items():
            yield section, _verdict(signed, same, mark)
            for one, _ in same:
                explained.append(one)
                yield from ((section, reason) for reason in _reasons(one, assessed))
    for one in signed.inputs:
        reasons = [] if one in explained else list(_reasons(one, assessed))
        lines = [*reasons, *claim_by_claim(one, signed, assessed, MARKS)]
        yield from ((SECTIONS[assessed], line) for line in lines)


def _by_section(group: Sequence[tuple[Input, Field]]) -> dict[str, list[tuple[Input, Field]]]:
    sections: dict[str, list[tuple[Input, Field]]] = {}
    for one, field in group:
        if field.feeds:
            sections.setdefault(field.feeds, []).append((one, field))
    return sections


def _verdict(signed: Signed, same: Sequence[tuple[Input, Field]], mark: Mark) -> Statement:
    first, field = same[0]
    text = in_a_row(said.text for said in first.spoken(field))
    sources = distinct(source for one, asked in same for source in one.sources(asked.key))
    return Statement(Said(by(signed.names([one.key for one, _ in same]), text), sources), "verdict", mark)


def _reasons(one: Input, assessed: AssessedObject) -> Iterator[Statement]:
    """The discipline's words on the difference and what it changes."""
    keys = [f"comment_{assessed}"]
    if not claim_rows(one, assessed):
        keys.append(f"impact_{assessed}")
    fields = [field for key in keys if (field := one.find(key))]
    parts = [said for field in fields for said in one.spoken(field)]
    if parts:
        said = together(parts)
        yield Statement(replace(said, text=by(one.label, said.text)), "reason")
