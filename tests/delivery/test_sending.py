"""Sending, revoking, opening and acknowledging on a database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from mdtapp.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from tests.conftest import START
from tests.delivery.released import next_version, recipient, released, sent
from tests.meetings.board import Board


def unlock(handover: Any, code: str | None = None, at: Any = START) -> Any:
    from mdtapp.delivery import operations

    return operations.unlock(token=handover.token, code=code or handover.code, at=at)


@pytest.mark.both_databases
def test_the_whole_way_of_one_link(board: Board, transaction) -> None:
    from mdtapp.audit.queries import page_of_events
    from mdtapp.delivery import operations, queries

    with transaction():
        handover = sent(board)
        link = handover.delivery
        assert (link.status, link.sent_at, link.expires_at) == ("sent", START, START + timedelta(days=30))
        assert (len(handover.token), len(handover.code)) == (43, 9)
    with transaction():
        result = unlock(handover)
        assert (result.delivery.status, result.delivery.opened_at) == ("opened", START)
        operations.note_download(at=START, delivery=result.delivery)
        operations.acknowledge(at=START, delivery=result.delivery)
        case = result.delivery.recipient.case
        assert (case.status, case.steps[-1].actor) == ("delivered", "system:recipient(1)")
        assert [row.outcome for row in result.delivery.attempts] == ["opened", "downloaded", "acknowledged"]
        told = [event.event for event in queries.ledger(case)]
        assert told == [
            "delivery:acknowledged",
            "document:downloaded",
            "delivery:opened",
            "delivery:sent",
            "delivery:prepared",
            "recipient:added",
        ]
        everything = str([(event.subject, event.detail) for event in page_of_events().events])
        for secret in (handover.token, handover.code, "Amina", "mail.example"):
            assert secret not in everything


def test_only_the_first_receipt_moves_the_case(board: Board, transaction) -> None:
    from mdtapp.delivery import operations

    with transaction():
        version = released(board)
        case = version.opinion.case
        links = []
        for kind in ("coordinator", "home_physician", "patient"):
            handover = operations.send(
                actor=board.user("coordinator"),
                at=START,
                recipient=recipient(board, case, kind),
                version=version,
            )
            links.append(unlock(handover).delivery)
        operations.acknowledge(at=START, delivery=links[0])
        assert case.status == "signed"
        operations.acknowledge(at=START, delivery=links[1])
        assert case.status == "delivered"
        operations.acknowledge(at=START, delivery=links[2])
        again = operations.acknowledge(at=START + timedelta(days=1), delivery=links[2])
        assert (case.status, again.acknowledged_at) == ("delivered", START)
        assert [step.action for step in case.steps].count("deliver") == 1


def test_a_receipt_needs_the_code_first(board: Board, transaction) -> None:
    from mdtapp.delivery import operations

    with transaction(), pytest.raises(InvalidTransition):
        operations.acknowledge(at=START, delivery=sent(board).delivery)


def test_five_wrong_codes_lock(board: Board, transaction) -> None:
    with transaction():
        handover = sent(board)
        results = [unlock(handover, "AAAA-AAAA") for _ in range(5)]
        assert [(str(row.state), row.tries_left) for row in results] == [
            ("open", 4),
            ("open", 3),
            ("open", 2),
            ("open", 1),
            ("locked", 0),
        ]
        assert str(unlock(handover).state) == "locked"
        assert handover.delivery.status == "sent"
        assert [row.outcome for row in handover.delivery.attempts] == ["wrong_code"] * 4 + ["locked"] * 2


def test_a_right_code_starts_the_count_again(board: Board, transaction) -> None:
    with transaction():
        handover = sent(board)
        for _ in range(4):
            unlock(handover, "AAAA-AAAA")
        assert unlock(handover).delivery is not None
        assert handover.delivery.wrong_codes == 0
        assert unlock(handover).delivery is not None


@pytest.mark.parametrize("what", ["unknown", "altered", "revoked", "failed"])
def test_links_that_open_nothing_look_alike(board: Board, transaction, what: str) -> None:
    from mdtapp.delivery import operations

    with transaction():
        handover = sent(board)
        link, coordinator = handover.delivery, board.user("coordinator")
        token = {"unknown": "x" * 43, "altered": handover.token[:-1] + "_"}.get(what, handover.token)
        if what == "revoked":
            operations.revoke(
                actor=coordinator, at=START, delivery=link, row_version=link.row_version, reason="Lost phone"
            )
        elif what == "failed":
            operations.fail(actor=coordinator, at=START, delivery=link, row_version=link.row_version)
        result = operations.unlock(token=token, code=handover.code, at=START)
        assert (str(result.state), result.delivery, result.tries_left) == ("unknown", None, 0)


def test_an_expired_link_says_so_only_to_its_holder(board: Board, transaction) -> None:
    with transaction():
        handover = sent(board)
        assert str(unlock(handover, at=START + timedelta(days=30)).state) == "expired"
        assert unlock(handover, at=START + timedelta(days=30, seconds=-1)).delivery is not None


@pytest.mark.parametrize("kind", ["patient", "home_physician"])
@pytest.mark.parametrize("purpose", ["review", "transfer_abroad", "home_doctor"])
def test_nothing_is_sent_without_consent(board: Board, transaction, kind: str, purpose: str) -> None:
    from mdtapp.cases import operations as cases
    from mdtapp.cases.models import ConsentPurpose
    from mdtapp.delivery import operations
    from mdtapp.delivery.consent import NEEDED

    with transaction():
        version = released(board)
        case, coordinator = version.opinion.case, board.user("coordinator")
        to = recipient(board, case, kind)
        cases.record_consent(
            actor=coordinator,
            at=START,
            case=case,
            purpose=ConsentPurpose(purpose),
            given=False,
            given_on=date(2026, 3, 2),
        )
        if ConsentPurpose(purpose) in NEEDED[to.kind]:
            with pytest.raises(Invalid, match="consent") as refusal:
                operations.send(actor=coordinator, at=START, recipient=to, version=version)
            assert refusal.value.detail["missing"] == [purpose]
        else:
            assert operations.send(actor=coordinator, at=START, recipient=to, version=version).token


def test_a_demonstration_is_sent_to_nobody(board: Board, transaction) -> None:
    from mdtapp.delivery import operations

    with transaction():
        version = released(board, demonstration=True)
        to = recipient(board, version.opinion.case)
        with pytest.raises(Invalid, match="demonstration case"):
            operations.send(actor=board.user("coordinator"), at=START, recipient=to, version=version)


@pytest.mark.parametrize("status", ["signed", "superseded", "withdrawn", "awaiting_signature"])
def test_only_what_is_released_is_sent(board: Board, transaction, status: str) -> None:
    from mdtapp.delivery import operations
    from mdtapp.opinions.status import OpinionStatus

    with transaction():
        version = released(board)
        to = recipient(board, version.opinion.case)
        version.opinion.status = OpinionStatus(status)
        with pytest.raises(NotFound, match="released"):
            operations.send(actor=board.user("coordinator"), at=START, recipient=to, version=version)


def test_another_cases_opinion_is_not_sent(board: Board, transaction) -> None:
    from mdtapp.delivery import operations, queries

    with transaction():
        mine, other = released(board, "AMBER-1"), released(board, "AMBER-2")
        to = recipient(board, mine.opinion.case)
        with pytest.raises(NotFound):
            operations.send(actor=board.user("coordinator"), at=START, recipient=to, version=other)
        with pytest.raises(NotFound):
            queries.get_recipient(other.opinion.case, to.id)


def test_an_older_version_is_not_sent_and_says_that_it_is_replaced(board: Board, transaction) -> None:
    from mdtapp.delivery import operations
    from mdtapp.opinions.queries import is_current

    with transaction():
        handover = sent(board)
        old, link = handover.delivery.version, handover.delivery
        assert is_current(old)
        new = next_version(board, old.opinion)
        assert not is_current(old)
        with pytest.raises(NotFound):
            operations.send(actor=board.user("coordinator"), at=START, recipient=link.recipient, version=old)
        again = operations.resend(
            actor=board.user("coordinator"), at=START, delivery=link, row_version=link.row_version
        )
        assert again.delivery.version is new


def test_a_second_press_sends_no_second_link(board: Board, transaction) -> None:
    from mdtapp.delivery import operations

    with transaction():
        link = sent(board).delivery
        with pytest.raises(Conflict, match="has a link that works"):
            operations.send(
                actor=board.user("coordinator"), at=START, recipient=link.recipient, version=link.version
            )
        later = START + timedelta(days=31)
        assert operations.send(
            actor=board.user("coordinator"), at=later, recipient=link.recipient, version=link.version
        )


def test_a_new_link_closes_the_old_one(board: Board, transaction) -> None:
    from mdtapp.delivery import operations

    with transaction():
        first = sent(board)
        link = first.delivery
        second = operations.resend(
            actor=board.user("coordinator"), at=START, delivery=link, row_version=link.row_version
        )
        assert (link.status, link.revocation_reason) == ("revoked", "replaced")
        assert second.token != first.token
        assert second.code != first.code
        assert str(unlock(first).state) == "unknown"
        assert unlock(second).delivery is second.delivery


@pytest.mark.parametrize("who", ["coordinator", "chair"])
def test_coordinator_and_chair_revoke_with_a_reason(board: Board, transaction, who: str) -> None:
    from mdtapp.delivery import operations

    with transaction():
        link = sent(board).delivery
        with pytest.raises(Invalid):
            operations.revoke(
                actor=board.user(who), at=START, delivery=link, row_version=link.row_version, reason=" "
            )
        with pytest.raises(Conflict):
            operations.revoke(
                actor=board.user(who), at=START, delivery=link, row_version=link.row_version - 1, reason="No"
            )
        operations.revoke(
            actor=board.user(who),
            at=START,
            delivery=link,
            row_version=link.row_version,
            reason="Wrong person",
        )
        assert (link.status, link.revocation_reason) == ("revoked", "Wrong person")
        with pytest.raises(InvalidTransition):
            operations.revoke(
                actor=board.user(who), at=START, delivery=link, row_version=link.row_version, reason="Again"
            )


def test_who_may_send_and_revoke(board: Board, transaction) -> None:
    from mdtapp.delivery import operations

    board.add("other_coordinator", "translator", "admin")
    with transaction():
        link = sent(board).delivery
        strangers = ("surgeon", "other_coordinator", "translator", "admin")
        for who in strangers:
            with pytest.raises(NotAllowed):
                operations.revoke(
                    actor=board.user(who), at=START, delivery=link, row_version=link.row_version, reason="No"
                )
        for who in ("chair", *strangers):
            with pytest.raises(NotAllowed):
                operations.send(
                    actor=board.user(who), at=START, recipient=link.recipient, version=link.version
                )


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        ({"name": "  "}, "name"),
        ({"email": ""}, "email"),
        ({"email": "amina"}, "email"),
        ({"email": "a b@mail.example"}, "email"),
        ({"email": "a@mail.example\nbcc: x@y.example"}, "email"),
    ],
)
def test_a_contact_that_reaches_nobody_is_refused(
    board: Board, transaction, contact: dict[str, str], field: str
) -> None:
    with transaction():
        case = board.case_in_review()
        with pytest.raises(Invalid) as refusal:
            recipient(board, case, **contact)
        assert list(refusal.value.fields) == [field]


def test_a_contact_is_kept_sealed(board: Board, transaction) -> None:
    from mdtapp.cases.identity import unseal

    with transaction():
        to = recipient(board, board.case_in_review(), phone="+254 700 000 000")
        assert "Amina" not in to.sealed_contact
        assert unseal(to.sealed_contact, board.app.extensions["mdtapp.identity_key"]) == {
            "name": "Amina N.",
            "email": "amina@mail.example",
            "phone": "+254 700 000 000",
        }
