"""The examples of a rule notice when the rule is wrong: dead, always on, or with one small fault anywhere in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from typing import Any

import pytest

from mdtapp.clinical.thresholds import DEFAULT_THRESHOLDS
from mdtapp.opinions.conflicts import RULES, evaluation
from mdtapp.opinions.facts import CaseFacts
from tests.opinions.conflicts import test_rules
from tests.opinions.conflicts.mutants import Condition, faulty_conditions
from tests.opinions.conflicts.test_rules import examples

WHOLE_STEPS = (
    "_days",
    "_days_breast",
    "_days_prostate",
    "_grade",
    "ecog_limited",
    "ecog_bedbound",
    "g8_score",
)


def never(facts: CaseFacts) -> bool:
    return False


def always(facts: CaseFacts) -> bool:
    return True


@pytest.mark.parametrize("wrong", [never, always])
@pytest.mark.parametrize("rule_id", RULES)
def test_a_dead_rule_and_one_that_is_always_on_fail_their_own_tests(
    monkeypatch: pytest.MonkeyPatch, rule_id: str, wrong: Any
) -> None:
    monkeypatch.setattr(evaluation, "RULES", {**RULES, rule_id: replace(RULES[rule_id], holds=wrong)})
    with pytest.raises(AssertionError):
        _run_own_tests(rule_id)


def _run_own_tests(rule_id: str) -> None:
    for fragment in examples(rule_id, "fires"):
        test_rules.test_fires(rule_id, fragment)
    for fragment in examples(rule_id, "silent"):
        test_rules.test_is_silent(rule_id, fragment)


def _facts(kind: str) -> dict[str, list[CaseFacts]]:
    return {rule: [CaseFacts.from_json(fragment) for fragment in examples(rule, kind)] for rule in RULES}


FIRE, KEEP_SILENT = _facts("fires"), _facts("silent")


def _is_noticed(rule_id: str, condition: Condition) -> bool:
    try:
        return not all(map(condition, FIRE[rule_id])) or any(map(condition, KEEP_SILENT[rule_id]))
    except (AttributeError, TypeError, ValueError):
        return True  # a fault that breaks the rule is noticed by whoever runs it


def test_every_small_fault_of_a_rule_is_noticed_by_its_own_examples() -> None:
    """A part left out, and for or, an operator turned, a preference taken for an advice, a limit taken in or out."""
    tried, escaped = Counter[str](), []
    for rule_id, fault, condition in faulty_conditions():
        tried[rule_id] += 1
        if not _is_noticed(rule_id, condition):
            escaped.append(f"{rule_id} {fault}")
    assert escaped == []
    assert tried.keys() == RULES.keys()
    assert tried.total() > 1000


@pytest.mark.parametrize("name", [field.name for field in fields(DEFAULT_THRESHOLDS)])
def test_a_limit_moved_either_way_is_noticed(name: str) -> None:
    limit = getattr(DEFAULT_THRESHOLDS, name)
    step = 1 if name.endswith(WHOLE_STEPS) else 0.02 * limit
    for moved in (limit + step, limit - step):
        thresholds = replace(DEFAULT_THRESHOLDS, **{name: moved})
        silenced = [
            rule
            for rule in RULES
            for facts in FIRE[rule]
            if not RULES[rule].holds(replace(facts, thresholds=thresholds))
        ]
        raised = [
            rule
            for rule in RULES
            for facts in KEEP_SILENT[rule]
            if RULES[rule].holds(replace(facts, thresholds=thresholds))
        ]
        assert silenced or raised, f"{name} {moved}"
