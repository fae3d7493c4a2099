"""Forged addresses and questions: no page, never a failure of ours; and a host name that is not ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

from tests.bad_input.conftest import SignIn, Stage
from tests.conftest import Person, Visitor
from tests.situations import Told

FORGED = [
    "0",
    "-1",
    "999999999",
    "2147483648",
    "9" * 100,
    "1.5",
    "1e3",
    "0x1",
    "²",
    "١",
    "1'--",
    "1 OR 1=1",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "a\0b",
    "\u202e1",
    "MDT-2026-0001 ",
    "mdt-2026-0001",
    "MDT-2026-%",
    "{{7*7}}",
    "<script>",
    "x" * 3000,
]
PLACE = re.compile(r"<(?:[^<>]*:)?(\w+)>")  # `<case_no>`, `<int:number>`, `<any(a, b):step>`
ASKED = [
    "-1",
    "9" * 100,
    "²",
    "١",
    "1 OR 1=1",
    "../../etc/passwd",
    "a\0b",
    "\u202e1",
    "",
    "\U0001f600",
    "é" * 500,
]
# Who opens the page, and what it looks for behind the question mark.
QUESTIONS = {
    "/cases": ("coordinator", "q", "after", "status"),
    "/audit": ("admin", "before"),
    "/verify": ("coordinator", "code"),
    "/sign-in": ("coordinator", "next"),
    "/cases/{case_no}/materials/arrivals": ("coordinator", "before", "outcome"),
    "/cases/{case_no}/materials/6": ("coordinator", "page", "series", "image", "bare"),
    "/cases/{case_no}/inputs/medical_oncology": ("medical_oncologist", "material", "page"),
    "/cases/{case_no}/identity": ("coordinator", "show"),
    "/tray": ("coordinator", "case"),
}


def addresses(app: Flask, case: Told, forged: str) -> Iterator[tuple[Rule, str]]:
    """Every readable route with `forged` in one place and right values in the others."""
    right = {"case_no": case.case_no, "discipline": "medical_oncology", "label": "A", "number": 0, "frame": 1}
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()):
            continue
        for place in rule.arguments:
            values = {name: str(right.get(name, 1)) for name in rule.arguments} | {place: forged}
            filled = rule.rule
            for found in PLACE.finditer(rule.rule):
                filled = filled.replace(found[0], quote(values[found[1]], safe=""))
            yield rule, filled


def test_a_forged_value_at_any_place_of_any_address(app: Flask, told: Stage, player: SignIn):
    case = told("to_review")
    failed = []
    for person in (player(case, "coordinator"), player(case, "medical_oncologist")):
        for forged in FORGED:
            for rule, address in addresses(app, case, forged):
                answer = person.get(address, buffered=True)
                if answer.status_code >= 500 or b"Traceback" in answer.data:
                    failed.append(f"{rule.rule} with {forged!r} answered {answer.status_code}")
                elif answer.status_code == 200 and is_key(rule) and forged != "0":
                    failed.append(f"{rule.rule} shows something for {forged!r}")
    assert failed == []


def is_key(rule: Rule) -> bool:
    """Whether every place of the route is a number of a row."""
    places = rule._converters.values()
    return bool(places) and all(isinstance(converter, IntegerConverter) for converter in places)


def test_a_forged_value_behind_the_question_mark(told: Stage, player: SignIn):
    case = told("to_review")
    people: dict[str, Person] = {}
    for address, (who, *names) in QUESTIONS.items():
        person = people.get(who) or people.setdefault(who, player(case, who))
        for name in names:
            for forged in ASKED:
                path = address.format(case_no=case.case_no)
                answer = person.get(path, query_string={name: forged}, buffered=True)
                assert answer.status_code < 500, f"{path}?{name}={forged!r}"


@pytest.mark.postgres
@pytest.mark.parametrize("forged", ["%00", "a\0b", "9" * 100, "²"], ids=ascii)
def test_what_postgresql_refuses(app: Flask, coordinator: Person, forged: str):
    """PostgreSQL knows no NUL in a text and no number beyond its column."""
    place = quote(forged, safe="")
    for address in (
        f"/cases/{place}",
        f"/cases/{place}/materials/{place}",
        f"/meetings/{place}",
        f"/r/{place}",
    ):
        assert coordinator.get(address).status_code == 404, address
    for address, name in (("/cases", "q"), ("/cases", "after"), ("/verify", "code")):
        assert coordinator.get(address, query_string={name: forged}).status_code < 500
    token = coordinator.csrf_token("/account")
    assert coordinator.post("/verify", data={"csrf_token": token, "code": forged}).status_code == 200
    form = {"csrf_token": token, "email": forged, "password": forged}
    assert coordinator.post("/sign-in", data=form).status_code in {401, 422}


# --- a host name that is not ours -------------------------------------------------------------


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded"])
def test_no_page_takes_its_address_from_the_request(app: Flask, told: Stage, player: SignIn, header: str):
    case = told("to_review", "to_agenda")
    person = player(case, "coordinator")
    cookie = person.get_cookie("mdtapp")
    assert cookie is not None
    evil = {
        header: "host=evil.example" if header == "Forwarded" else "evil.example",
        "Cookie": f"mdtapp={cookie.value}",
    }
    browser = Visitor(app, app.response_class, use_cookies=False)
    pages = [
        "/",
        "/home",
        "/cases",
        "/meetings/",
        "/meetings/1",
        "/meetings/1.ics",
        f"/cases/{case.case_no}",
        "/sign-in",
        "/no/such",
    ]
    for page in pages:
        answer = browser.get(page, headers=evil)
        assert b"evil.example" not in answer.data, page
        assert "evil.example" not in str(answer.headers), page
    calendar = browser.get("/meetings/1.ics", headers=evil).text.replace("\r\n ", "")
    assert app.config["MDTAPP"].base_url in calendar
