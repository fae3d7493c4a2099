"""What a recipient meets: the code, the page, the document, the receipt; and what a stranger meets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from mdtapp.clock import FixedClock
from tests.conftest import Visitor
from tests.delivery.released import DOCUMENT, next_version, sent
from tests.meetings.board import Board

BUDGET = 50_000


class Link:
    """A sent link as its recipient holds it."""

    def __init__(self, token: str, code: str) -> None:
        self.address, self.token, self.code = f"/r/{token}", token, code


@pytest.fixture
def link(board: Board, transaction) -> Link:
    with transaction():
        handover = sent(board)
        return Link(handover.token, handover.code)


@pytest.fixture
def phone(app: Flask) -> Callable[[], Visitor]:
    """Another browser each time, without cookies."""

    def new() -> Visitor:
        return Visitor(app, app.response_class, use_cookies=True)

    return new


@pytest.fixture
def reader(link: Link, client: Visitor) -> Visitor:
    """A recipient who entered the right code."""
    answer = client.submit(link.address, {"code": link.code})
    assert (answer.status_code, answer.location) == (302, "/r/opinion")
    return client


def events(transaction: Any) -> list[str]:
    from mdtapp.audit.queries import page_of_events

    with transaction():
        return [event.event for event in page_of_events().events]


def attempts(transaction: Any) -> list[str]:
    from sqlalchemy import select

    from mdtapp.delivery.models import DeliveryAttempt
    from mdtapp.store.db import session

    with transaction():
        return list(session.scalars(select(DeliveryAttempt.outcome).order_by(DeliveryAttempt.id)))


def test_the_page_says_the_main_points_once(reader: Visitor) -> None:
    page = reader.get("/r/opinion").text
    for text in (
        "Your second opinion",
        "AMBER-417 · 6 specialists · 2 Mar 2026",
        "Another order of treatment is advised.",
        "Medicine first, then surgery.",
        "We agree",
        "The type of cancer is right.",
        "We see it differently",
        "One node may be involved.",
        "Still needed",
        "A heart scan.",
        "You asked: Must I lose my breast?",
        "Probably not.",
        "Do not stop or change any medicine on your own.",
        "Private to you, until 1 Apr 2026",
    ):
        assert page.count(text) in (1, 2 if text == "Your second opinion" else 1), text
    assert "Amina" not in page
    assert "newer version" not in page


def test_the_page_speaks_the_recipients_language(board: Board, transaction, phone) -> None:
    with transaction():
        handover = sent(board, language="zh")
    browser = phone()
    browser.submit(f"/r/{handover.token}", {"code": handover.code})
    page = browser.get("/r/opinion").text
    assert '<html lang="zh-Hans"' in page
    assert "先用药，再手术。" in page
    assert "Medicine first" not in page
    browser.submit("/r/opinion", {"language": "en"}, action="/language")
    assert "Medicine first, then surgery." in browser.get("/r/opinion").text


def test_it_works_without_scripts_and_is_small(reader: Visitor) -> None:
    page = reader.get("/r/opinion")
    assert "<script" not in page.text
    assert "style=" not in page.text
    sheets = re.findall(r'rel="stylesheet" href="([^"]+)"', page.text)
    assert len(sheets) == 2
    size = len(page.data)
    for sheet in sheets:
        with reader.get(sheet) as answer:
            size += len(answer.data)
    assert size < BUDGET, f"{size} bytes before the first view"


def test_the_token_leaves_the_address_at_once(link: Link, reader: Visitor) -> None:
    page = reader.get("/r/opinion")
    assert link.token not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    cookie = reader.get_cookie("mdtapp_recipient", path="/r/")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Strict", "/r/")
    assert link.token not in cookie.value


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_changes_nothing(link: Link, transaction, phone, method: str) -> None:
    before = events(transaction)
    for _ in range(3):
        assert getattr(phone(), method)(link.address).status_code == 200
    assert events(transaction) == before
    assert attempts(transaction) == []


def test_before_the_code_nothing_is_named(link: Link, client: Visitor) -> None:
    page = client.get(link.address).text
    assert "Enter your code" in page
    assert "请输入代码" in page
    for secret in ("AMBER", "MDT-2026", "Amina", "2026"):
        assert secret not in page.replace(link.token, "")


def test_every_bad_link_gets_the_same_page(
    board: Board, transaction, link: Link, phone, clock: FixedClock
) -> None:
    from mdtapp.delivery import operations, queries

    with transaction():
        delivery = queries.find_by_token(link.token)
        assert delivery is not None
        operations.revoke(
            actor=board.user("coordinator"),
            at=clock.now(),
            delivery=delivery,
            row_version=delivery.row_version,
            reason="Wrong person",
        )
    bad = ["/r/" + "x" * 43, "/r/x", link.address, link.address[:-1] + "_", "/r/%00", "/r/" + "y" * 3000]
    pages = {(answer := phone().get(address)).text for address in bad}
    assert answer.status_code == 404
    assert len(pages) == 1
    assert "This address opens nothing" in pages.pop()


def test_an_expired_link_sends_to_the_coordinator_without_names(
    link: Link, phone, transaction, clock: FixedClock
) -> None:
    clock.advance(days=30)
    answer = phone().get(link.address)
    assert answer.status_code == 410
    assert "Ask your coordinator for a new one." in answer.text
    assert "AMBER" not in answer.text
    token = phone()
    answer = token.post(link.address, data={"code": link.code, "csrf_token": token.csrf_token()})
    assert answer.status_code == 410
    assert attempts(transaction) == ["expired"]


def test_wrong_codes_count_down_lock_and_are_kept(link: Link, phone, transaction) -> None:
    for left in (4, 3, 2, 1):
        answer = phone().submit(link.address, {"code": "AAAA-AAAA"})
        assert answer.status_code == 422
        assert (f"{left} tries are left" if left > 1 else "1 try is left") in answer.text
    answer = phone().submit(link.address, {"code": "AAAA-AAAA"})
    assert answer.status_code == 410
    assert phone().get(link.address).status_code == 410
    assert attempts(transaction) == ["wrong_code"] * 4 + ["locked"]
    assert events(transaction).count("delivery:denied") == 5


def test_an_empty_code_costs_no_try(link: Link, phone, transaction) -> None:
    answer = phone().submit(link.address, {"code": " - "})
    assert answer.location == link.address
    assert attempts(transaction) == []


@pytest.mark.parametrize("code", ["x" * 100_000, "7KQM\u202e", "<script>", "\x00"])
def test_a_hostile_code_is_a_wrong_code(link: Link, client: Visitor, code: str) -> None:
    assert client.submit(link.address, {"code": code}).status_code in (302, 422)


def test_many_tries_are_throttled(link: Link, phone) -> None:
    browser = phone()
    token = browser.csrf_token()
    answers = [
        browser.post("/r/" + "x" * 43, data={"code": "AAAA-AAAA", "csrf_token": token}).status_code
        for _ in range(12)
    ]
    assert answers[:10] == [404] * 10
    assert answers[10:] == [429, 429]


def test_without_a_pass_there_is_no_page(link: Link, phone) -> None:
    for address in ("/r/opinion", "/r/opinion.pdf"):
        answer = phone().get(address)
        assert answer.status_code == 401
        assert "Open the link from your message again" in answer.text


def test_a_forged_pass_opens_nothing(reader: Visitor, phone) -> None:
    cookie = reader.get_cookie("mdtapp_recipient", path="/r/")
    assert cookie is not None
    stranger = phone()
    stranger.set_cookie("mdtapp_recipient", cookie.value[:-2] + "AA", path="/r/")
    assert stranger.get("/r/opinion").status_code == 401


def test_a_pass_ends_after_half_an_hour(reader: Visitor, clock: FixedClock) -> None:
    clock.advance(minutes=29)
    assert reader.get("/r/opinion").status_code == 200
    clock.advance(minutes=1)
    assert reader.get("/r/opinion").status_code == 401


def test_revoking_closes_an_open_page(board: Board, transaction, link: Link, reader: Visitor, clock) -> None:
    from mdtapp.delivery import operations, queries

    with transaction():
        delivery = queries.find_by_token(link.token)
        assert delivery is not None
        operations.revoke(
            actor=board.user("chair"),
            at=clock.now(),
            delivery=delivery,
            row_version=delivery.row_version,
            reason="Safety",
        )
    assert reader.get("/r/opinion").status_code == 404
    assert reader.get("/r/opinion.pdf").status_code == 404


def test_the_document_is_the_released_bytes_and_its_fetching_is_recorded(
    reader: Visitor, transaction
) -> None:
    answer = reader.get("/r/opinion.pdf")
    assert answer.data == DOCUMENT + bytes([1])
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert attempts(transaction) == ["opened", "downloaded"]
    assert events(transaction)[0] == "document:downloaded"


def test_the_receipt_is_confirmed_once(board: Board, reader: Visitor, transaction) -> None:
    from mdtapp.cases.queries import find_case

    assert reader.submit("/r/opinion", action="/r/acknowledge").location == "/r/opinion"
    page = reader.get("/r/opinion").text
    assert "You confirmed on 2 Mar 2026" in page
    assert "/r/acknowledge" not in page
    token = reader.csrf_token("/r/opinion")
    assert reader.post("/r/acknowledge", data={"csrf_token": token}).status_code == 302
    assert attempts(transaction) == ["opened", "acknowledged"]
    with transaction():
        case = find_case("MDT-2026-0001")
        assert case is not None
        assert case.status == "delivered"


def test_a_replaced_version_says_so(board: Board, transaction, link: Link, reader: Visitor) -> None:
    from mdtapp.delivery import queries

    with transaction():
        delivery = queries.find_by_token(link.token)
        assert delivery is not None
        next_version(board, delivery.version.opinion)
    assert "There is a newer version." in reader.get("/r/opinion").text


def test_a_withdrawn_opinion_shows_nothing_but_that(
    board: Board, transaction, link: Link, reader: Visitor
) -> None:
    from mdtapp.delivery import queries
    from mdtapp.opinions.status import OpinionStatus

    with transaction():
        delivery = queries.find_by_token(link.token)
        assert delivery is not None
        delivery.version.opinion.status = OpinionStatus.WITHDRAWN
    page = reader.get("/r/opinion").text
    assert "withdrawn for safety" in page
    assert "Medicine first" not in page
    assert reader.get("/r/opinion.pdf").status_code == 410


def test_nothing_secret_is_logged(link: Link, phone, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        browser = phone()
        browser.get(link.address)
        browser.submit(link.address, {"code": "AAAA-AAAA"})
        browser.submit(link.address, {"code": link.code})
        browser.get("/r/opinion")
    for secret in (link.token, link.code, link.code.replace("-", "")):
        assert secret not in caplog.text
