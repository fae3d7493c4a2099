"""Each rule on the fragments it must fire on and those it must keep silent on."""

import json
from pathlib import Path

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.opinions.conflicts import RULES, evaluate
from mdtapp.opinions.conflicts.rule import Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts
from tests.opinions.conflicts.conditions import CONDITIONS
from tests.opinions.conflicts.edges import FIRES_AT_EDGES, SILENT_AT_EDGES
from tests.opinions.conflicts.firing import FIRES
from tests.opinions.conflicts.silent import SILENT

EXAMPLES = json.loads(Path(__file__).with_name("rule_examples.json").read_text(encoding="utf-8"))
DEMO_CASES = json.loads((Path(__file__).parents[2] / "data/demo_cases.json").read_text(encoding="utf-8"))[
    "cases"
]


def examples(rule_id, kind):
    own = (FIRES, FIRES_AT_EDGES) if kind == "fires" else (SILENT, SILENT_AT_EDGES)
    return [EXAMPLES[rule_id][kind], *(fragment for each in own for fragment in each.get(rule_id, []))]


def each_example(kind):
    return [
        pytest.param(rule_id, fragment, id=f"{rule_id}-{place}")
        for rule_id in RULES
        for place, fragment in enumerate(examples(rule_id, kind))
    ]


def fired(fragment):
    return [firing.rule for firing in evaluate(CaseFacts.from_json(fragment))]


@pytest.mark.parametrize(("rule_id", "fragment"), each_example("fires"))
def test_fires(rule_id, fragment):
    assert rule_id in fired(fragment)


@pytest.mark.parametrize(("rule_id", "fragment"), each_example("silent"))
def test_is_silent(rule_id, fragment):
    assert rule_id not in fired(fragment)


def test_every_rule_has_both_kinds_of_example():
    """So a rule that always fires, or never, fails one of the two tests above."""
    assert list(RULES) == list(EXAMPLES) == [f"X{number:02}" for number in range(1, 77)]
    assert all(set(kinds) == {"fires", "silent"} for kinds in EXAMPLES.values())
    assert (FIRES.keys() | SILENT.keys() | FIRES_AT_EDGES.keys() | SILENT_AT_EDGES.keys()) <= RULES.keys()


@pytest.mark.parametrize("specified", CONDITIONS, ids=lambda row: row["id"])
def test_rule_carries_what_was_specified(specified):
    found = RULES[specified["id"]]
    assert found.severity == specified["severity"]
    assert found.section == specified["section"]
    assert list(found.resolutions) == specified["resolution"]
    assert found.explanation
    assert not found.title.missing()


def test_paths_and_sections_exist_in_what_is_asked():
    asked = {key: {field.key for field in form.fields()} for key, form in catalogue().disciplines.items()}
    everywhere = set().union(*asked.values())
    for found in RULES.values():
        assert found.section in {section.key for section in catalogue().sections}
        for path in found.inputs:
            part, _, key = path.partition(".")
            assert part in ("outside", "history", "questions") or key in asked.get(part, everywhere), path
        assert {*found.confirmed_by, *found.also_confirmed_by} <= asked.keys()


@pytest.mark.parametrize("case", DEMO_CASES, ids=lambda case: case["id"])
def test_demo_case_gives_exactly_its_conflicts(case):
    assert fired(case) == case["expected_conflicts"]


def test_an_empty_case_has_no_conflicts():
    assert fired({}) == []


def test_two_rules_cannot_share_an_id():
    enter = rule(
        "X01",
        Severity.MINOR,
        title=Bitext("Twice", "重复"),
        section="dissent",
        resolutions=(Resolution.REWORD,),
        inputs=(),
    )
    with pytest.raises(ValueError, match="X01"):
        enter(lambda facts: True)
