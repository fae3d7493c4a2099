"""The rules give what was specified, on thousands of random fragments."""

import random

import pytest

from mdtapp.opinions.conflicts import RULES
from mdtapp.opinions.facts import CaseFacts
from tests.opinions.conflicts import conditions
from tests.opinions.conflicts.random_fragments import random_fragment

FRAGMENTS_PER_RULE = 500
WHOLE_CASES = 300


@pytest.mark.parametrize("rule_id", RULES)
def test_rule_follows_its_condition(rule_id):
    chance = random.Random(f"fragments for {rule_id}")
    outcomes = []
    for _ in range(FRAGMENTS_PER_RULE):
        fragment = random_fragment(chance, [rule_id])
        specified = conditions.holds(rule_id, fragment)
        assert RULES[rule_id].holds(CaseFacts.from_json(fragment)) is specified, fragment
        outcomes.append(specified)
    assert min(outcomes.count(True), outcomes.count(False)) >= 5, "the fragments do not try the rule"


def test_all_rules_follow_their_conditions_together():
    chance = random.Random("whole cases")
    for _ in range(WHOLE_CASES):
        fragment = random_fragment(chance, RULES)
        facts = CaseFacts.from_json(fragment)
        fired = [rule.id for rule in RULES.values() if rule.holds(facts)]
        assert fired == [rule_id for rule_id in RULES if conditions.holds(rule_id, fragment)], fragment


def test_the_reader_refuses_anything_but_logic_and_calls():
    for expression in ("__import__('os').system('x')", "[x for x in 'ab']", "1 < 2", "lambda: True"):
        with pytest.raises(ValueError):
            conditions.parse(expression)
