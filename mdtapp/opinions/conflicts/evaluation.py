"""Runs the rules over a case."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from mdtapp.opinions.conflicts import (
    diagnosis,
    drug_safety,
    fitness_and_fertility,
    hormone_and_her2,
    identity_and_side,
    molecular_markers,
    opinion,
    other_illness,
    plan,
    staging,
    traditional_medicine,
)
from mdtapp.opinions.conflicts.rule import ANY_INPUT, REGISTER, STEPS_OF_ANY, Firing, Rule
from mdtapp.opinions.facts import OUTSIDE_STEPS, CaseFacts

THEMES = (
    diagnosis,
    drug_safety,
    fitness_and_fertility,
    hormone_and_her2,
    identity_and_side,
    molecular_markers,
    opinion,
    other_illness,
    plan,
    staging,
    traditional_medicine,
)
"""Loading a theme enters its rules in the register."""

RULES = MappingProxyType(dict(sorted(REGISTER.items())))
"""Every conflict rule by id, in order of id."""


def evaluate(facts: CaseFacts) -> list[Firing]:
    """The rules that hold for the case, in order of id."""
    return [_firing(rule, facts) for rule in RULES.values() if rule.holds(facts)]


def evaluate_outside(facts: CaseFacts) -> list[Firing]:
    """What to check in the home hospital's plan: its steps in place of the panel's.

    Only rules that look at steps are run, and none when the home plan holds no steps.
    """
    if not facts.outside_plan.steps:
        return []
    judged = facts.with_outside_plan()
    return [_firing(rule, judged) for rule in RULES.values() if rule.looks_at_steps and rule.holds(judged)]


def _firing(rule: Rule, facts: CaseFacts) -> Firing:
    paths = tuple(dict.fromkeys(path for pattern in rule.inputs for path in _paths(pattern, facts)))
    return Firing(
        rule=rule.id,
        severity=rule.severity,
        section=rule.section,
        title=rule.title,
        resolutions=rule.resolutions,
        inputs=paths,
        values={path: facts.value(path) for path in paths},
        confirmed_by=rule.confirmers(facts),
        only_by_data=rule.only_by_data,
    )


def _paths(pattern: str, facts: CaseFacts) -> Iterator[str]:
    """The concrete paths of a pattern. Where `*` stands, only those that hold a value; else always."""
    part, _, key = pattern.partition(".")
    if pattern == STEPS_OF_ANY and facts.judged == "outside":
        yield OUTSIDE_STEPS
    elif part == ANY_INPUT:
        yield from (path for source in ("outside", *facts.inputs) if facts.has(path := f"{source}.{key}"))
    else:
        yield pattern
