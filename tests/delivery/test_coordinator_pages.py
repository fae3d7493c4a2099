"""The coordinator's pages of delivery."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import Person, Visitor, sign_in
from tests.delivery.released import recipient, released, sent
from tests.meetings.board import Board

SignIn = Callable[[str], Person]
PATIENT = {
    "kind": "patient",
    "name": "Amina N.",
    "email": "amina@mail.example",
    "email_again": "amina@mail.example",
    "phone": "+254 700 000 000",
    "language": "en",
}
PAGE = "/cases/MDT-2026-0001/delivery"


@pytest.fixture
def person(app: Flask, board: Board) -> SignIn:
    known: dict[str, Person] = {}

    def signed_in(who: str) -> Person:
        board.add(who)
        return known.get(who) or known.setdefault(who, sign_in(app, who, board.people[who]))

    return signed_in


def handed_over(page: str) -> tuple[str, str]:
    """The link's path and the code, as they stand on the page once."""
    token = re.search(r'id="address" value="http://[^/]+(/r/[\w-]{43})"', page)
    code = re.search(r'id="handover-code" value="([A-Z2-9]{4}-[A-Z2-9]{4})"', page)
    assert token
    assert code
    return token[1], code[1]


def test_from_recipient_to_receipt(board: Board, transaction, person: SignIn, client: Visitor) -> None:
    with transaction():
        released(board)
    coordinator = person("coordinator")
    assert "AMBER-417" in coordinator.get("/delivery").text
    coordinator.submit(PAGE, PATIENT, action=f"{PAGE}/recipients")
    answer = coordinator.submit(PAGE, action=f"{PAGE}/recipients/1/send")
    assert answer.status_code == 200
    path, code = handed_over(answer.text)
    assert "amina@mail.example" in answer.text
    client.submit(path, {"code": code})
    client.submit("/r/opinion", action="/r/acknowledge")
    page = coordinator.get(PAGE).text
    assert "Acknowledged" in page
    assert "the recipient" in page
    for secret in (path.removeprefix("/r/"), code, "Amina", "amina@mail.example"):
        assert secret not in page


def test_names_are_shown_on_request_and_recorded(board: Board, transaction, person: SignIn) -> None:
    from mdtapp.audit.queries import page_of_events

    with transaction():
        recipient(board, released(board).opinion.case)
    answer = person("coordinator").submit(PAGE, action=f"{PAGE}/recipients/1/contact")
    assert "Amina N." in answer.text
    with transaction():
        assert page_of_events().events[0].event == "identity:shown"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"email_again": "amina@mail.exmaple"}, "The two addresses differ"),
        ({"email": "amina", "email_again": "amina"}, "not an e-mail address"),
        ({"name": ""}, "Enter the name"),
        ({"name": "Amina\u202e"}, "invisible control or direction marks"),
        ({"kind": "stranger"}, "Not a valid choice"),
        ({"language": "tlh"}, "Not a valid choice"),
    ],
)
def test_a_wrong_recipient_comes_back_with_its_sentence(
    board: Board, transaction, person: SignIn, changed: dict[str, str], said: str
) -> None:
    with transaction():
        released(board)
    answer = person("coordinator").submit(PAGE, {**PATIENT, **changed}, action=f"{PAGE}/recipients")
    assert answer.status_code == 422
    assert said in answer.text


def test_a_demonstration_offers_no_sending_and_refuses_it(board: Board, transaction, person: SignIn) -> None:
    with transaction():
        version = released(board, demonstration=True)
        recipient(board, version.opinion.case)
        version_id = version.id
    coordinator = person("coordinator")
    page = coordinator.get(PAGE).text
    assert "This is a demonstration case." in page
    assert f"{PAGE}/recipients/1/send" not in page
    data = {"csrf_token": coordinator.csrf_token(PAGE), "version_id": str(version_id)}
    answer = coordinator.post(f"{PAGE}/recipients/1/send", data=data)
    assert answer.status_code == 422
    assert "cannot be sent to anyone" in answer.text


def test_a_second_press_is_answered_409(board: Board, transaction, person: SignIn) -> None:
    with transaction():
        recipient(board, released(board).opinion.case)
    coordinator = person("coordinator")
    data = {"csrf_token": coordinator.csrf_token(PAGE), "version_id": "1"}
    send = f"{PAGE}/recipients/1/send"
    assert [coordinator.post(send, data=data).status_code for _ in range(2)] == [200, 409]


def test_new_link_not_reached_and_revoked(board: Board, transaction, person: SignIn, client: Visitor) -> None:
    with transaction():
        old = f"/r/{sent(board).token}"
    coordinator = person("coordinator")
    answer = coordinator.submit(PAGE, action=f"{PAGE}/links/1/resend")
    path, _code = handed_over(answer.text)
    assert client.get(old).status_code == 404
    assert client.get(path).status_code == 200
    revoke = f"{PAGE}/links/2/revoke"
    assert coordinator.submit(PAGE, {"reason": ""}, action=revoke).status_code == 422
    assert coordinator.submit(PAGE, {"reason": "No", "row_version": "0"}, action=revoke).status_code == 409
    assert coordinator.submit(PAGE, {"reason": "Wrong person"}, action=revoke).location == PAGE
    assert client.get(path).status_code == 404
    coordinator.submit(PAGE, action=f"{PAGE}/recipients/1/send")
    assert coordinator.submit(PAGE, action=f"{PAGE}/links/3/fail").location == PAGE
    assert "Not reached" in coordinator.get(PAGE).text


def test_the_chair_follows_and_revokes_without_names(board: Board, transaction, person: SignIn) -> None:
    with transaction():
        sent(board)
    chair = person("chair")
    page = chair.get(PAGE).text
    assert "Amina" not in page
    assert "/contact" not in page
    assert "/send" not in page
    answer = chair.submit(PAGE, {"reason": "Safety"}, action=f"{PAGE}/links/1/revoke")
    assert answer.location == PAGE


@pytest.mark.parametrize(("who", "status"), [("surgeon", 403), ("other_coordinator", 404), ("admin", 403)])
def test_nobody_else_sees_deliveries(
    board: Board, transaction, person: SignIn, who: str, status: int
) -> None:
    with transaction():
        sent(board)
    someone = person(who)
    assert someone.get(PAGE).status_code == status
    token = someone.csrf_token("/account")
    answer = someone.post(f"{PAGE}/links/1/revoke", data={"csrf_token": token, "reason": "No"})
    assert answer.status_code == status


@pytest.mark.parametrize("number", ["0", "99", "99999999999999999999"])
def test_a_forged_number_is_not_found(board: Board, transaction, person: SignIn, number: str) -> None:
    with transaction():
        sent(board)
    coordinator = person("coordinator")
    token = coordinator.csrf_token(PAGE)
    for step in (f"recipients/{number}/send", f"recipients/{number}/contact", f"links/{number}/resend"):
        answer = coordinator.post(f"{PAGE}/{step}", data={"csrf_token": token, "version_id": "1"})
        assert answer.status_code == 404, step
