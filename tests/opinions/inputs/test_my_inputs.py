"""My inputs: what is due first, how far it is, what came back, what is signed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import event

from mdtapp.store.db import db
from tests.conftest import add_person, sign_in
from tests.opinions.inputs.bench import DEMO, NOW, Bench

if TYPE_CHECKING:
    from mdtapp.clock import FixedClock


def test_what_is_to_be_written_with_its_question_and_how_far_it_is(bench: Bench) -> None:
    page = bench.browser("radiologist").get("/inputs").text
    assert "1 to write." in page
    assert "AMBER-417" in page
    assert "Must I lose my breast?" in page
    assert "tomorrow" in page
    assert "Not started" in page
    assert "Start" in page
    assert "theirs: T2 N0 M0 · IIA" in page
    assert "5 not opened yet" in page
    bench.save("radiologist", {"primary_size_mm": 31, "confidence": "high"})
    page = bench.browser("radiologist").get("/inputs").text
    assert "1 of " in page
    assert "Continue" in page
    assert '<span aria-hidden="true">1</span>' in page


def test_what_is_signed_moves_aside(bench: Bench) -> None:
    bench.signed("radiologist")
    page = bench.browser("radiologist").get("/inputs").text
    assert "Nothing to write" in page
    assert "Signed, may still be amended" in page
    assert bench.url("radiologist", "/1") in page


def test_nobody_else_sees_the_case(bench: Bench) -> None:
    stranger = sign_in(bench.app, "other_coordinator", add_person(bench.app, "other_coordinator", at=NOW))
    assert stranger.get(f"/cases/{bench.case_no}/inputs").status_code == 404
    assert stranger.get("/inputs").status_code == 403


def test_the_state_of_everybody_stands_on_the_page_of_the_case(bench: Bench) -> None:
    bench.signed("radiologist")
    bench.save("surgeon", DEMO["inputs"]["surgical_oncology"])
    page = bench.browser("coordinator").get(f"/cases/{bench.case_no}/inputs").text
    assert "Dr Tang Wei" in page
    assert "Signed" in page
    assert "Draft" in page
    assert "Not started" in page
    assert bench.url("radiologist", "/1") not in page


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements sent to the database."""
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


def test_a_further_case_costs_one_question_for_its_picture(bench: Bench) -> None:
    radiologist = bench.browser("radiologist")
    counts = []
    for more in (0, 3):
        for _ in range(more):
            bench.open_case()
        radiologist.get("/inputs")
        with counted(bench.app) as sent:
            page = radiologist.get("/inputs").text
        assert f"{1 + more} to write." in page
        counts.append(len(sent))
    assert counts[1] - counts[0] <= 3


def test_the_page_of_a_case_costs_the_same_however_many_have_signed(bench: Bench) -> None:
    address = f"/cases/{bench.case_no}/inputs"
    bench.signed("radiologist")
    counts = []
    for more in ((), ("pathologist", "surgeon")):
        bench.signed(*more)
        bench.browser("radiologist").get(address)
        with counted(bench.app) as sent:
            assert bench.browser("radiologist").get(address).status_code == 200
        counts.append(len(sent))
    assert counts[1] == counts[0] <= 24


def receive_letter(bench: Bench) -> None:
    coordinator = bench.browser("coordinator")
    answer = coordinator.post(
        f"/cases/{bench.case_no}/materials/files",
        data=b"A letter that came later.",
        content_type="application/octet-stream",
        headers={"X-File-Name": "letter.txt", "X-CSRFToken": coordinator.csrf_token("/account")},
    )
    assert answer.status_code == 201, answer.text


def test_what_came_since_the_last_visit_is_marked(bench: Bench, clock: FixedClock) -> None:
    radiologist, page = bench.browser("radiologist"), bench.url("radiologist")
    mark = re.compile(r'<span class="pill pill-info"><span>new</span></span>')
    assert not mark.search(radiologist.get(page).text)
    clock.advance(hours=2)
    receive_letter(bench)
    assert "new since your last visit" in radiologist.get("/inputs").text
    assert len(mark.findall(radiologist.get(page).text)) >= 1
    assert mark.search(radiologist.get(page).text), "a reload belongs to the same visit"
    clock.advance(hours=2)
    assert not mark.search(radiologist.get(page).text)
    assert "new since your last visit" not in radiologist.get("/inputs").text
