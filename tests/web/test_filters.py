"""What templates do to a value, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session
from wtforms import FieldList, Form, FormField, StringField
from wtforms.validators import DataRequired

from mdtapp.clinical.bitext import Bitext
from mdtapp.clock import FixedClock
from mdtapp.config import Settings
from mdtapp.disciplines.definitions import Condition, Operator, Test
from mdtapp.web import filters
from tests.server import instance_environment

NOW = datetime(2026, 11, 18, 6, 30, tzinfo=UTC)  # 14:30 in Beijing
LATE_EVENING = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)  # already 19 November in Beijing


@pytest.fixture
def speaking(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """`speaking("zh")` opens a request whose page speaks Chinese; `timezone=` moves the site."""
    with ExitStack() as opened:

        def speak(language: str, timezone: str = "Asia/Shanghai") -> None:
            environ = instance_environment(tmp_path, MDTAPP_TIMEZONE=timezone)
            app = Flask("mdtapp", root_path=str(Path(filters.__file__).parents[1]))
            app.secret_key = "for tests"
            app.config["MDTAPP"] = Settings.from_environment(environ)
            app.extensions["mdtapp.clock"] = FixedClock(NOW)
            opened.enter_context(app.test_request_context())
            session["language"] = language

        yield speak


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (Bitext("Lung", "肺"), ("Lung", "肺"), ("肺", "Lung")),
        ({"en": "Lung", "zh": "肺"}, ("Lung", "肺"), ("肺", "Lung")),
        (Bitext("Lung", ""), ("Lung", ""), ("Lung", "")),
        (Bitext("", "肺"), ("肺", ""), ("肺", "")),
        ("TNM 8", ("TNM 8", ""), ("TNM 8", "")),
        (None, ("", ""), ("", "")),
    ],
)
def test_picks_the_language(
    speaking: Callable[..., None], value: Any, english: tuple[str, str], chinese: tuple[str, str]
) -> None:
    for language, expected in (("en", english), ("zh", chinese)):
        speaking(language)
        assert (filters.in_current_language(value), filters.in_other_language(value)) == expected


def test_says_which_language_it_fell_back_to(speaking: Callable[..., None]) -> None:
    speaking("en")
    assert filters.language_of(Bitext("Lung", "肺")) == "en"
    assert filters.language_of(Bitext("", "肺")) == "zh-Hans"


@pytest.mark.parametrize(
    ("language", "short", "long", "moment"),
    [
        ("en", "18 Nov", "Wed 18 Nov 2026", "18 Nov 2026 14:30"),
        ("zh", "11月18日", "2026年11月18日 周三", "2026年11月18日 14:30"),
    ],
)
def test_dates_in_the_sites_time(
    speaking: Callable[..., None], language: str, short: str, long: str, moment: str
) -> None:
    speaking(language)
    assert filters.local_date(date(2026, 11, 18), year=False) == short
    assert filters.local_date(NOW, weekday=True) == long
    assert filters.local_datetime(NOW) == moment
    assert filters.local_time(NOW, seconds=True) == "14:30:00"
    assert filters.local_date(LATE_EVENING) in {"19 Nov 2026", "2026年11月19日"}


def test_nothing_prints_as_nothing(speaking: Callable[..., None]) -> None:
    speaking("en")
    assert [filters.local_date(None), filters.local_time(None), filters.local_datetime(None)] == [""] * 3
    assert filters.machine_time(None) == ""
    assert [filters.due_words(None), filters.due_tone(None), filters.file_size(None)] == [""] * 3
    assert [filters.country_name(None), filters.language_name(""), filters.sex_short("other")] == [""] * 3
    assert filters.days_until(None) is None
    assert filters.age(None) is None
    assert filters.tabular(None) == ""


@pytest.mark.parametrize(
    ("zone", "city", "offset"),
    [
        ("Asia/Shanghai", "Beijing", "UTC+8"),
        ("Asia/Kolkata", "Kolkata", "UTC+5:30"),
        ("America/New_York", "New York", "UTC-5"),
    ],
)
def test_names_the_place_whose_time_it_is(
    speaking: Callable[..., None], zone: str, city: str, offset: str
) -> None:
    speaking("en", zone)
    assert filters.site_city() == city
    assert filters.site_offset(NOW) == offset


@pytest.mark.parametrize(
    ("due", "days", "english", "chinese", "tone"),
    [
        (date(2026, 11, 16), -2, "2 days late", "已逾期2天", "bad"),
        (date(2026, 11, 17), -1, "1 day late", "已逾期1天", "bad"),
        (date(2026, 11, 18), 0, "today", "今天", "warn"),
        (date(2026, 11, 19), 1, "tomorrow", "明天", ""),
        (LATE_EVENING, 1, "tomorrow", "明天", ""),
        (date(2026, 11, 23), 5, "in 5 days", "5天后", ""),
    ],
)
def test_due_dates(
    speaking: Callable[..., None], due: date, days: int, english: str, chinese: str, tone: str
) -> None:
    speaking("en")
    assert (filters.days_until(due), filters.due_words(due, NOW), filters.due_tone(due)) == (
        days,
        english,
        tone,
    )
    speaking("zh")
    assert filters.due_words(due) == chinese


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (241_300, "241 KB"),
        (3_140_000, "3.1 MB"),
        (999_999, "1.0 MB"),
    ],
)
def test_file_sizes(size: int, words: str) -> None:
    assert filters.file_size(size) == words


def test_places_languages_and_figures(speaking: Callable[..., None]) -> None:
    speaking("en")
    assert filters.country_name("kz") == "Kazakhstan"
    assert filters.country_name("XQ") == "XQ"
    assert filters.language_name("sw") == "Swahili"
    assert filters.language_name("xxq") == "xxq"
    assert filters.own_language_name("ru") == "русский"
    assert filters.own_language_name("??") == "??"
    assert filters.tabular(1412) == '<span class="tabular">1,412</span>'
    assert filters.sex_short("male") == "M"
    assert filters.age(1963, NOW) == 63
    speaking("zh")
    assert filters.country_name("KZ") == "哈萨克斯坦"
    assert filters.language_name("ru") == "俄语"
    assert filters.sex_short("female") == "女"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Dr. Demo Shen", "DS"), ("Lin Xia", "LX"), ("Madonna", "M"), ("Dr.", "D"), ("", "")],
)
def test_initials(name: str, letters: str) -> None:
    assert filters.initials(name) == letters


def test_lines_escapes_what_was_typed() -> None:
    assert filters.lines("<b>one</b>\ntwo") == "&lt;b&gt;one&lt;/b&gt;<br>two"


class Lesion(Form):
    site = StringField("Site", [DataRequired("Choose the site")])


class Report(Form):
    name = StringField("Name", [DataRequired("Enter the name")])
    first = FormField(Lesion)
    others = FieldList(FormField(Lesion), min_entries=2)


def test_error_lines_name_every_field_of_nested_forms() -> None:
    form = Report(data={"name": "x", "others": [{"site": "lung"}, {"site": ""}]})
    form.validate()
    form.form_errors.append("The case is closed")
    assert [(line["id"], line["message"]) for line in filters.error_lines(form)] == [
        ("", "The case is closed"),
        ("first-site", "Choose the site"),
        ("others-1-site", "Choose the site"),
    ]


def test_conditions_become_the_json_the_page_reads() -> None:
    test = Test("case.site_family", Operator.IN, ("lung", "breast"))
    assert filters.condition_json(Condition("any", (test,))) == (
        '{"behaviour":"any","when":[{"question":"case.site_family","operator":"in",'
        '"answer":["lung","breast"],"negate":false}],"negate":false}'
    )


def test_addresses_of_static_files_change_with_their_content(speaking: Callable[..., None]) -> None:
    speaking("en")
    assert filters.asset("css/app.css").startswith("/static/css/app.css?v=")
    assert filters.asset("css/none.css") == "/static/css/none.css"
    assert filters.vendored("no-such-file.css") is None
