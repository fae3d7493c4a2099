"""Whatever a case holds: the rules follow their conditions, the draft is the same text and knows its sources."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from mdtapp.disciplines import catalogue
from mdtapp.opinions.conflicts import evaluate
from mdtapp.opinions.draft import build_draft
from mdtapp.opinions.facts import CaseFacts
from tests.opinions.conflicts import conditions
from tests.opinions.generated_cases import case_of, cases

generated = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""The same cases every time; a seed has nothing to be made smaller."""


def drafted(case: dict[str, Any]) -> dict[str, Any]:
    facts = CaseFacts.from_json(case)
    return build_draft(facts, dict.fromkeys(case["inputs"], 1), case["materials"], [], None).as_json()


def as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same with the keys of every object in another order."""
    if isinstance(value, dict):
        keys = chance.sample(list(value), len(value))
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(each, chance) for each in value] if isinstance(value, list) else value


@generated
@given(case=cases())
def test_the_rules_that_fire_are_those_whose_condition_holds(case: dict[str, Any]) -> None:
    fired = [firing.rule for firing in evaluate(CaseFacts.from_json(case))]
    rolled = {**case, "inputs": dict(CaseFacts.from_json(case).inputs)}  # verdicts follow from claims
    assert fired == [rule for rule in conditions.WHEN if conditions.holds(rule, rolled)]


@generated
@given(case=cases())
def test_every_statement_has_words_and_names_answers_that_exist(case: dict[str, Any]) -> None:
    sections = {section.key for section in catalogue().sections}
    draft = drafted(case)
    assert {section["key"] for section in draft["sections"]} == sections
    for section in draft["sections"]:
        for statement in section["statements"]:
            assert statement["text"]["en"].strip()
            assert statement["text"]["zh"].strip()
            assert statement["provenance"], statement
            for source in statement["provenance"]:
                _check_source(source, case)


def _check_source(source: dict[str, Any], case: dict[str, Any]) -> None:
    if "discipline" not in source:
        assert set(source) in ({"material", "page"}, {"chair"}, {"template"})
        assert source.get("material") in {None, *(material["id"] for material in case["materials"])}
        return
    assert set(source) == {"discipline", "revision", "field", "row", "value"}
    stored = case["inputs"][source["discipline"]]
    assert source["field"] in stored, source
    value = stored[source["field"]]
    assert source["value"] == (value if source["row"] is None else value[source["row"]])


@generated
@given(case=cases())
def test_a_free_text_in_one_language_is_listed_for_the_translator_and_nothing_else_is(
    case: dict[str, Any],
) -> None:
    """Only words that a person typed need a translator: with both languages everywhere nothing is listed."""
    complete = _both_languages(case)
    for section in drafted(complete)["sections"]:
        for statement in section["statements"]:
            typed = [
                source
                for source in statement["provenance"]
                if "value" in source and _has_line(source["value"])
            ]
            assert "needs_translation" not in statement or typed, statement


def _both_languages(value: Any) -> Any:
    if isinstance(value, dict):
        if value and set(value) <= {"en", "zh"}:
            return {"en": value.get("en") or "Words", "zh": value.get("zh") or "文字"}
        return {key: _both_languages(each) for key, each in value.items()}
    return [_both_languages(each) for each in value] if isinstance(value, list) else value


def _has_line(value: Any) -> bool:
    """Whether a text without a language of its own stands in it."""
    if isinstance(value, dict):
        return not set(value) <= {"en", "zh"} and any(map(_has_line, value.values()))
    if isinstance(value, list):
        return any(map(_has_line, value))
    return isinstance(value, str)


@generated
@given(case=cases())
def test_the_order_in_which_a_file_holds_things_changes_nothing(case: dict[str, Any]) -> None:
    again = shuffled(case, random.Random(1))
    assert as_text(drafted(again)) == as_text(drafted(case))
    assert as_text([firing.values for firing in evaluate(CaseFacts.from_json(again))]) == as_text(
        [firing.values for firing in evaluate(CaseFacts.from_json(case))]
    )


PRINTING = """
import json, sys
from mdtapp.opinions.conflicts import evaluate
from mdtapp.opinions.draft import build_draft
from mdtapp.opinions.facts import CaseFacts
for case in json.load(sys.stdin):
    facts = CaseFacts.from_json(case)
    draft = build_draft(facts, dict.fromkeys(case["inputs"], 1), case["materials"], [], None)
    print(json.dumps([draft.as_json(), [[f.rule, f.inputs, f.values] for f in evaluate(facts)]], ensure_ascii=False))
"""


def test_other_processes_and_hash_seeds_print_the_same_bytes() -> None:
    sent = json.dumps([case_of(seed) for seed in range(15)]).encode()
    printed = [
        subprocess.run(
            [sys.executable, "-c", PRINTING],
            input=sent,
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "4242")
    ]
    assert printed[0]
    assert printed[0] == printed[1] == printed[2]


@pytest.mark.both_databases
def test_a_database_gives_back_the_draft_of_the_file(app: Any, transaction: Any) -> None:
    """So SQLite and PostgreSQL give the same: each gives what no database has touched."""
    from mdtapp.audit.trail import SystemActor
    from mdtapp.opinions import queries
    from mdtapp.opinions.exchange import import_case
    from mdtapp.opinions.panel import draft_sources
    from tests.conftest import START

    for case in map(case_of, range(100, 106)):
        with transaction():
            row = import_case(actor=SystemActor("tests"), at=START, entry=case, identity_key="key").case
            sources = draft_sources(row)
            stored = build_draft(queries.case_facts(row), **sources).as_json()
            fired = [firing.rule for firing in evaluate(queries.case_facts(row))]
        ours = build_draft(CaseFacts.from_json(case), **sources).as_json()
        assert as_text(stored) == as_text(ours)
        assert fired == [firing.rule for firing in evaluate(CaseFacts.from_json(case))]
