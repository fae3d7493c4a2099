"""The invented cases as data: both languages, nobody real, dates that count from the day of seeding."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mdtapp.demo.people import PLAYERS
from mdtapp.demo.seed import TELLING
from mdtapp.demo.story import ISO_DATE, ORDER, stories

TODAY = date(2027, 3, 10)
MONTH = re.compile(r"January|February|April|June|July|August|September|October|November|December|[0-9]月")
SHARED = Path(__file__).parent.parent / "data" / "demo_cases.json"


@pytest.fixture(params=ORDER)
def story(request):
    return next(each for each in stories(TODAY) if each.key == request.param)


def texts(value: Any) -> Iterator[dict[str, str]]:
    """Every bilingual text anywhere in the data."""
    if isinstance(value, dict):
        if set(value) == {"en", "zh"}:
            yield value
        else:
            for each in value.values():
                yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def test_each_state_is_told_once():
    assert sorted(each.state for each in stories(TODAY)) == sorted(TELLING)


def test_every_text_stands_in_both_languages(story):
    assert [text for text in texts(story.data) if not (text["en"].strip() and text["zh"].strip())] == []


def test_nobody_real_is_named(story):
    assert "(invented)" in story.data["outside"]["institution"]
    assert story.identity["contact"].endswith(".invalid")
    shared = {case["patient"]["pseudonym"] for case in json.loads(SHARED.read_text("utf-8"))["cases"]}
    assert story.data["patient"]["pseudonym"] not in shared


def test_the_panel_are_people_of_the_demonstration(story):
    known = {player.key: player for player in PLAYERS}
    for discipline in story.seats:
        assert discipline in known[story.author(discipline)].disciplines
    assert known[story.chair].role == "chair"


def test_dates_count_from_the_day_of_seeding_and_birth_dates_do_not(story):
    later = next(each for each in stories(TODAY + timedelta(days=100)) if each.key == story.key)
    assert later.received_on - story.received_on == timedelta(days=100)
    assert later.identity["birth_date"] == story.identity["birth_date"]
    assert story.received_on < TODAY
    assert all(date.fromisoformat(row["date"]) <= story.received_on for row in story.data["materials"])


def test_no_text_names_a_month_that_would_not_move(story):
    assert MONTH.findall(json.dumps(story.data, ensure_ascii=False)) == []


def dates(value: Any) -> Iterator[date]:
    """Every date anywhere in the data."""
    if isinstance(value, dict):
        for each in value.values():
            yield from dates(each)
    elif isinstance(value, list):
        for each in value:
            yield from dates(each)
    elif isinstance(value, str) and ISO_DATE.fullmatch(value):
        yield date.fromisoformat(value)


def test_no_input_tells_what_happened_after_it_was_signed(story):
    signed_on = story.received_on + timedelta(days=2)
    assert [day for day in dates(story.data["inputs"]) if day > signed_on] == []
    assert [day for day in dates(story.data["labs"]) if day > story.received_on] == []
