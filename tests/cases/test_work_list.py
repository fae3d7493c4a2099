"""The work list: only one's own cases, by due date, paged by key, found by the words of number, code and title."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from mdtapp.cases import queries
from mdtapp.cases.models import LAST_DAY, Case, MemberRole
from mdtapp.cases.operations import add_member
from mdtapp.cases.status import CaseStatus
from mdtapp.clinical.bitext import Bitext
from mdtapp.store.db import db, session
from tests.cases.test_registering import PATIENT, RECORD, register
from tests.conftest import START, sign_in
from tests.situations_opinion import Desk


def many(desk: Desk, count: int, **record: Any) -> list[Case]:
    return [
        register(desk, patient=replace(PATIENT, pseudonym=f"CEDAR-{n}"), case=replace(RECORD, **record))
        for n in range(count)
    ]


def found(desk: Desk, search: str, who: str = "coordinator") -> list[str]:
    return [case.case_no for case in queries.work_list(desk.user(who), search=search).cases]


@pytest.mark.both_databases
def test_everybody_sees_their_own_cases(desk: Desk, transaction):
    with transaction():
        one, two, three = many(desk, 3)
        two.open_to_coordinators = True
        add_member(
            actor=desk.user("coordinator"),
            at=START,
            case=three,
            user=desk.user("radiologist"),
            role=MemberRole.AUTHOR,
            discipline="radiology",
        )
        seen = {
            who: [case.case_no for case in queries.work_list(desk.user(who)).cases]
            for who in ("coordinator", "other_coordinator", "radiologist", "surgeon")
        }
        assert seen == {
            "coordinator": [one.case_no, two.case_no, three.case_no],
            "other_coordinator": [two.case_no],
            "radiologist": [three.case_no],
            "surgeon": [],
        }


@pytest.mark.both_databases
def test_pages_follow_each_other_without_gap_or_repeat_where_dates_are_the_same(desk: Desk, transaction):
    with transaction():
        cases = many(desk, queries.PAGE * 2 + 5)
        for place, case in enumerate(cases):
            case.due_on = None if place % 3 == 0 else date(2026, 3, 2) + timedelta(days=place % 2)
        session.flush()
        wanted = sorted(cases, key=lambda case: (case.due_on or LAST_DAY, case.id))
        seen: list[int] = []
        key, sizes = None, []
        while True:
            page = queries.work_list(desk.user("coordinator"), after=key)
            seen += [case.id for case in page.cases]
            sizes.append(len(page.cases))
            key = page.next_after
            if key is None:
                break
        assert seen == [case.id for case in wanted]
        assert sizes == [queries.PAGE, queries.PAGE, 5]


@pytest.mark.both_databases
def test_a_full_last_page_has_no_page_after_it(desk: Desk, transaction):
    with transaction():
        many(desk, queries.PAGE)
        page = queries.work_list(desk.user("coordinator"))
        assert (len(page.cases), page.next_after) == (queries.PAGE, None)


NO_KEYS = (
    "",
    "x",
    "2026-03-02",
    "2026-03-02.",
    "2026-99-99.1",
    "2026-03-02.²",
    "2026-03-02." + "9" * 500,
    "\x00.1",
)


@pytest.mark.both_databases
def test_a_key_that_is_none_begins_at_the_beginning(desk: Desk, transaction):
    with transaction():
        (case,) = many(desk, 1)
        for key in NO_KEYS:
            assert [row.id for row in queries.work_list(desk.user("coordinator"), after=key).cases] == [
                case.id
            ]


def test_states_narrow_the_list(desk: Desk, transaction):
    with transaction():
        one, two, _ = many(desk, 3)
        one.status, two.status = CaseStatus.IN_REVIEW, CaseStatus.DRAFTING
        session.flush()
        wanted = (CaseStatus.IN_REVIEW, CaseStatus.DRAFTING)
        assert [case.id for case in queries.work_list(desk.user("coordinator"), statuses=wanted).cases] == [
            one.id,
            two.id,
        ]


TITLES = {
    "MDT-2026-0001": Bitext("100 % uptake_seen", "肺癌"),
    "MDT-2026-0002": Bitext('The "grey" zone', "乳腺癌 100"),
    "MDT-2026-0003": Bitext("Back\\slash", "前列腺癌"),
    "MDT-2026-0004": Bitext("Endzone", ""),
}


SEARCHES: dict[str, list[int]] = {
    "100": [1, 2],
    "%": [1],
    "_": [1],
    "100 %": [1],
    "癌": [1, 2, 3],
    "乳腺": [2],
    '"grey"': [2],
    "\\": [3],
    "UPTAKE": [1],
    "zone": [2, 4],
    "en": [1, 4],
    "zh": [],
    '{"en': [],
    "mdt-2026-0003": [3],
    "cedar-1": [2],
    "  cedar  ": [1, 2, 3, 4],
    "": [1, 2, 3, 4],
    "\x00": [1, 2, 3, 4],
    "x" * 5_000: [],
}


@pytest.mark.both_databases
def test_words_are_found_as_they_stand(desk: Desk, transaction):
    with transaction():
        for case, title in zip(many(desk, 4), TITLES.values(), strict=True):
            case.title = title
        session.flush()
        for search, numbers in SEARCHES.items():
            assert found(desk, search) == [f"MDT-2026-000{n}" for n in numbers], search


def test_the_first_page_is_read_from_the_head_of_an_index(desk: Desk, app: Flask, transaction):
    """So that a million cases take no longer than a thousand: nothing is sorted for it."""
    with transaction():
        case = many(desk, 1)[0]
        case.open_to_coordinators = True
    with counted(app) as sent, transaction():
        for statuses in ((), (CaseStatus.IN_REVIEW, CaseStatus.READY)):
            queries.work_list(desk.user("coordinator"), statuses=statuses)
    reads = [statement for statement in sent if "LIMIT" in statement and "case_member" not in statement]
    assert len(reads) == 3
    with transaction():
        for statement in reads:
            values = tuple(range(statement.count("?")))
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            steps = " ".join(str(row[3]) for row in plan)
            assert "USING COVERING INDEX ix_case_open" in steps
            assert "TEMP B-TREE" not in steps


def test_a_search_finds_nothing_of_others(desk: Desk, transaction):
    with transaction():
        many(desk, 2)
        assert found(desk, "CEDAR", "other_coordinator") == []


@contextmanager
def counted(app: Flask) -> Any:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_the_page_asks_the_database_as_often_for_forty_cases_as_for_two(desk: Desk, app: Flask, transaction):
    coordinator = sign_in(app, "coordinator", desk.people["coordinator"])
    counts = []
    for total in (2, 38):
        with transaction():
            for n in range(total):
                case = register(desk, patient=replace(PATIENT, pseudonym=f"OAK-{total}{n}"))
                add_member(
                    actor=desk.user("coordinator"),
                    at=START,
                    case=case,
                    user=desk.user("radiologist"),
                    role=MemberRole.AUTHOR,
                    discipline="radiology",
                )
        coordinator.get("/cases")
        with counted(app) as sent:
            page = coordinator.get("/cases")
        counts.append(len(sent))
    assert page.text.count("data-list-item") == 40
    assert counts[0] == counts[1]
    assert counts[0] <= 8


def test_a_hostile_address_is_a_list_or_refused(desk: Desk, app: Flask):
    coordinator = sign_in(app, "coordinator", desk.people["coordinator"])
    for query in ("after=²", "status=nonsense&status=in_review", "q=%F0%9F", "q=" + "x" * 5_000):
        assert coordinator.get(f"/cases?{query}").status_code == 200, query
    for query in ("q=%00", "after=%00.1", "status=%00"):
        assert coordinator.get(f"/cases?{query}").status_code in {200, 400}, query
