"""Every route, every method, every kind of person, one's own case and another's, against the table beside it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.architecture.expected_access import ROWS, Row
from tests.architecture.lawful_requests import Lawful, lawful
from tests.architecture.two_cases import CALLERS, OTHER, OWN, TwoCases, prepare
from tests.conftest import close, copy_sqlite
from tests.server import instance_environment
from tests.situations import without_tokens

EVERYBODY = ("nobody", *CALLERS, "recipient")
NOW = datetime(2026, 12, 1, 1, 30, tzinfo=UTC)  # behind every date in the cases
OTHER_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
NO_SUCH_CASE, NO_SUCH_KEY = "MDT-2026-9999", 2_000_000_111
KEYS_OF_A_CASE = {
    "comment_id",
    "dissent_id",
    "delivery_id",
    "fetch_id",
    "file_id",
    "instance_id",
    "link_id",
    "meeting_id",
    "member_id",
    "recipient_id",
    "sending_id",
    "series_id",
    "statement_id",
    "step_id",
}
SEEN_BY_ADMINISTRATORS = {"/audit"}  # the trail names cases by their number, never by anything else


@pytest.fixture(scope="module")
def two(
    tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path, _cheap_password_hashes: None
) -> Iterator[TwoCases]:
    """Both cases at every stage, built once for all tests of this file."""
    from mdtapp.app import create_app
    from mdtapp.clock import FixedClock
    from mdtapp.config import Settings
    from mdtapp.web.limits import limiter

    folder = tmp_path_factory.mktemp("access")
    copy_sqlite(_sqlite_template, folder / "instance" / "mdtapp.sqlite")
    clock = FixedClock(NOW)
    app = create_app(Settings.from_environment(instance_environment(folder)), clock)
    limiter.enabled = False
    cases = prepare(app, clock, folder)
    yield cases
    cases.close()
    limiter.enabled = True
    close(app)


@pytest.fixture(autouse=True)
def _nobody_waits_for_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that holds the one writer and asks a limited child would keep everybody else waiting for it."""
    from flask import has_request_context

    from mdtapp.imaging.limited import LimitedReader
    from mdtapp.store import db

    real = LimitedReader._ask

    def ask(self: LimitedReader, request: dict[str, Any]) -> Any:
        held = has_request_context() and db._writing.get() and db.session().in_transaction()
        assert not held, f"the child is asked for {request['do']} while the database is held"
        return real(self, request)

    monkeypatch.setattr(LimitedReader, "_ask", ask)


@pytest.fixture(scope="module")
def rules(two: TwoCases) -> dict[tuple[str, str], Rule]:
    """The routes of the application by method and address."""
    return {
        (method, plain(rule)): rule
        for rule in two.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def plain(rule: Rule) -> str:
    """`/meetings/<int(max=9):meeting_id>` as `/meetings/<meeting_id>`."""
    return re.sub(r"<[^<>]*:(\w+)>", r"<\1>", rule.rule)


# --- the table --------------------------------------------------------------------------------


def test_the_table_lists_every_route_and_no_other(rules: dict[tuple[str, str], Rule]):
    listed = {(row.method, row.path) for row in ROWS}
    assert rules.keys() - listed == set(), "routes without a row in expected_access.py"
    assert listed - rules.keys() == set(), "rows without a route"


def test_no_row_stands_twice():
    seen = [(row.stage, row.method, row.path) for row in ROWS]
    assert len(seen) == len(set(seen))


def test_nobody_but_the_signed_in_and_the_reader_of_a_link_gets_anything_of_a_case():
    open_rows = [row.path for row in ROWS if "<case_no>" in row.path and row.expected("nobody", OWN) < 300]
    assert open_rows == []


def test_strangers_never_get_in():
    """Whatever the table says of somebody's own case, of another's it says no."""
    welcome = [
        f"{row.method} {row.path} {caller}"
        for row in ROWS
        for caller in EVERYBODY
        if "<case_no>" in row.path and row.expected(caller, OTHER) not in {302, 401, 403, 404}
    ]
    assert welcome == []


# --- the walk ---------------------------------------------------------------------------------


@dataclass
class Walk:
    """Calls of one person; what was not as expected is collected, so that a failure shows all of it."""

    two: TwoCases
    rules: dict[tuple[str, str], Rule]
    caller: str
    faults: list[str] = field(default_factory=list)
    calls: int = 0
    _shown: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def go(self) -> list[str]:
        by_stage: dict[str, list[Row]] = defaultdict(list)
        for row in ROWS:
            by_stage[row.stage].append(row)
        for stage, rows in by_stage.items():
            self.two.go_to(stage)
            for row in rows:
                for whose in (OWN, OTHER):
                    self.check(row, whose)
        return self.faults

    def check(self, row: Row, whose: str) -> None:
        """One row: the answer, what was recorded, what is shown; and of a stranger's case, that it seems not to exist."""
        rule, places = self.rules[row.method, row.path], self.two.places[row.stage][whose]
        request, shown = lawful(rule.endpoint), self.shown(row, rule)
        seq, _, _ = self.two.last_event()
        answer = self.call(row.method, rule, request, shown, places)
        expected = row.expected(self.caller, whose)
        name = f"{row.stage}: {row.method} {row.path} ({whose})"
        if answer.status_code != expected:
            self.faults.append(f"{name} answered {answer.status_code}, not {expected}")
        self.check_recorded(name, seq, answer)
        self.check_shown(name, row, answer, whose)
        if row.method == "GET":
            self.check_head(name, rule, request, shown, places, answer)
        if "<case_no>" in row.path and answer.status_code == 404:
            missing = {**places, "case_no": NO_SUCH_CASE, "meeting_id": NO_SUCH_KEY}
            other = self.call(row.method, rule, request, shown, missing)
            if body(answer, places) != body(other, missing):
                self.faults.append(f"{name} differs from a case that does not exist")
        if answer.status_code < 400 and self.two.events_since(seq):
            self.two.go_to(row.stage)

    def call(
        self, method: str, rule: Rule, request: Lawful, shown: dict[str, Any], places: dict[str, Any]
    ) -> TestResponse:
        self.calls += 1
        address = self.address(rule, request, places, method)
        options = (
            request.options(shown, places) if method != "HEAD" else {"query_string": request.query(places)}
        )
        return self.two.callers[self.caller].send(self.two.app, method, address, **options)

    def address(self, rule: Rule, request: Lawful, places: dict[str, Any], method: str) -> str:
        at = request.at(places)
        values = {name: at[name] if name in at else places[name] for name in rule.arguments}
        built = self.two.app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
        assert isinstance(built, str)
        return built

    def shown(self, row: Row, rule: Rule) -> dict[str, Any]:
        """What the form of the route holds at this stage, looked up once."""
        key = (row.stage, rule.endpoint)
        if key not in self._shown:
            request = lawful(rule.endpoint) if row.method == "POST" else Lawful()
            self._shown[key] = request.shown(self.two, self.two.places[row.stage][OWN])
        return self._shown[key]

    def check_recorded(self, name: str, seq: int, answer: TestResponse) -> None:
        """A refusal of somebody known is an event, and the only one."""
        recorded, user_id = self.two.events_since(seq), self.two.callers[self.caller].user_id
        refused = answer.status_code in {403, 404}
        if answer.status_code >= 400 and recorded != (["access:denied"] if refused and user_id else []):
            self.faults.append(f"{name} answered {answer.status_code} and recorded {recorded}")
        if refused and user_id and self.two.last_event()[2] != f"system:guard(user:{user_id})":
            self.faults.append(f"{name} does not say who was refused")

    def check_shown(self, name: str, row: Row, answer: TestResponse, whose: str) -> None:
        """No answer shows anything of a case that is not the caller's, nor a sealed name to the panel."""
        if answer.status_code >= 400 or str(answer.location).startswith("/sign-in"):
            return
        strangers = (
            [OTHER] if self.caller in {"coordinator", "specialist", "chair", "translator"} else [OWN, OTHER]
        )
        if self.caller == "recipient":
            strangers = [OTHER]
        marks = [mark for case in strangers for mark in marks_of(self.two, case)]
        if self.caller == "admin" and row.path in SEEN_BY_ADMINISTRATORS:
            marks = [mark for mark in marks if not mark.startswith("MDT-")]
        if self.caller not in {"coordinator", "recipient"}:
            mark = self.two.told[OWN].mark
            marks += [f"Name^{mark}", f"ID-{mark}", f"Reader{mark}"]
        if row.path == "/verify":  # whoever holds a code has the document it is printed on
            return
        found = [mark for mark in marks if mark.encode() in answer.data]
        if found:
            self.faults.append(f"{name} shows {found}")

    def check_head(
        self,
        name: str,
        rule: Rule,
        request: Lawful,
        shown: dict[str, Any],
        places: dict[str, Any],
        answer: TestResponse,
    ) -> None:
        head = self.call("HEAD", rule, request, shown, places)
        if (head.status_code, head.data) != (answer.status_code, b""):
            self.faults.append(f"{name}: HEAD answered {head.status_code} with {len(head.data)} bytes")


def marks_of(two: TwoCases, whose: str) -> list[str]:
    """What tells a case: its number, its patient's pseudonym, words of its record and sealed identity."""
    told = two.told[whose]
    return [told.case_no, told.pseudonym, told.mark]


def body(answer: TestResponse, places: dict[str, Any]) -> tuple[int, str]:
    """Status and page without what the address itself brought along."""
    page = without_tokens(answer.text).replace(str(places["case_no"]), "CASE")
    return answer.status_code, re.sub(r"/meetings/\d+", "/meetings/KEY", page)


@pytest.mark.parametrize("caller", EVERYBODY)
def test_answers_are_those_of_the_table(two: TwoCases, rules: dict[tuple[str, str], Rule], caller: str):
    walk = Walk(two, rules, caller)
    faults = walk.go()
    assert faults == [], "\n".join(faults)
    assert walk.calls >= 2 * len(ROWS)


@pytest.mark.parametrize("caller", ["coordinator", "specialist", "chair"])
def test_rows_of_another_case_do_not_exist_in_ones_own(
    two: TwoCases, rules: dict[tuple[str, str], Rule], caller: str
):
    """One's own case number with another case's keys: as if there were no such key."""
    walk = Walk(two, rules, caller)
    for row in ROWS:
        rule = rules[row.method, row.path]
        forged = KEYS_OF_A_CASE & rule.arguments if "<case_no>" in row.path else set()
        if not forged or row.expected(caller, OWN) >= 400:
            continue
        two.go_to(row.stage)
        own, other = two.places[row.stage][OWN], two.places[row.stage][OTHER]
        request, shown = lawful(rule.endpoint), walk.shown(row, rule)
        for key in forged:
            theirs = walk.call(row.method, rule, request, shown, {**own, key: other[key]})
            nobodys = walk.call(row.method, rule, request, shown, {**own, key: NO_SUCH_KEY})
            assert theirs.status_code >= 400, f"{row.method} {row.path} took another case's {key}"
            assert theirs.status_code == nobodys.status_code, f"{row.path}: {key}"
            assert keyless(theirs) == keyless(nobodys), f"{row.method} {row.path} tells that {key} exists"


def keyless(answer: TestResponse) -> str:
    """A page without the numbers in its addresses."""
    return re.sub(r"/\d+(?=[/\"&.])", "/KEY", without_tokens(answer.text))


def test_every_other_method_is_refused(two: TwoCases, rules: dict[tuple[str, str], Rule]):
    two.go_to("released")
    taken: dict[str, set[str]] = defaultdict(set)
    for method, path in rules:
        taken[path].add(method)
    adapter, wrong = two.app.url_map.bind("localhost"), []
    for (method, path), rule in rules.items():
        walk = Walk(two, rules, "coordinator")
        address = walk.address(rule, lawful(rule.endpoint), two.places["released"][OWN] | FILLED, method)
        for other in set(OTHER_METHODS) - taken[path] - set(adapter.allowed_methods(address)):
            for caller in ("nobody", "coordinator"):
                answer = two.callers[caller].send(two.app, other, address)
                if answer.status_code != 405:
                    wrong.append(f"{other} {address} answered {answer.status_code}")
    assert wrong == []


FILLED = {
    "open_rule": "X01",
    "link_id": 1,
    "link_version": 1,
    "statement_id": 1,
    "comment_id": 1,
    "commented_id": 1,
}
