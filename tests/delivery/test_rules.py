"""Links, codes, passes, consents: the rules without a database."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from mdtapp.cases.models import ConsentPurpose
from mdtapp.delivery.codes import LETTERS, hash_code, is_right, new_code, normalised
from mdtapp.delivery.consent import NEEDED, missing_consents
from mdtapp.delivery.link import PAGE_STATUS, LinkState, link_state
from mdtapp.delivery.models import Delivery, RecipientKind
from mdtapp.delivery.passes import LIFETIME, make_pass, read_pass
from mdtapp.delivery.status import DeliveryStatus
from mdtapp.delivery.words import CLOSED, KIND, RECEIVES, shown_state, wrong_code

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LATER, PAST = AT + timedelta(days=1), AT - timedelta(seconds=1)
D = DeliveryStatus

STATES = [
    # status, expires, wrong codes, state
    (D.SENT, LATER, 0, LinkState.OPEN),
    (D.SENT, LATER, 4, LinkState.OPEN),
    (D.OPENED, LATER, 0, LinkState.OPEN),
    (D.ACKNOWLEDGED, LATER, 0, LinkState.OPEN),
    (D.SENT, LATER, 5, LinkState.LOCKED),
    (D.SENT, AT, 0, LinkState.EXPIRED),
    (D.ACKNOWLEDGED, PAST, 0, LinkState.EXPIRED),
    (D.SENT, PAST, 5, LinkState.EXPIRED),
    (D.REVOKED, LATER, 0, LinkState.UNKNOWN),
    (D.REVOKED, PAST, 0, LinkState.UNKNOWN),
    (D.FAILED, LATER, 0, LinkState.UNKNOWN),
    (D.PREPARED, LATER, 0, LinkState.UNKNOWN),
]


@pytest.mark.parametrize(("status", "expires_at", "wrong", "expected"), STATES)
def test_link_state(status: DeliveryStatus, expires_at: datetime, wrong: int, expected: LinkState) -> None:
    assert link_state(status=status, expires_at=expires_at, wrong_codes=wrong, at=AT) == expected


def test_closed_links_name_nobody_and_have_their_status() -> None:
    assert {str(state): PAGE_STATUS[state] for state in CLOSED} == {
        "unknown": 404,
        "expired": 410,
        "locked": 410,
    }
    assert CLOSED[LinkState.EXPIRED] == CLOSED[LinkState.LOCKED]


def test_codes_are_eight_letters_that_cannot_be_mistaken() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(f"[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", code) for code in codes)
    assert not set("01OIL") & set(LETTERS)


@pytest.mark.parametrize("typed", ["7KQM-XW3P", "7kqm xw3p", " 7KQMXW3P ", "7kqm–xw3p"])
@pytest.mark.usefixtures("_cheap_password_hashes")
def test_code_is_read_kindly(typed: str) -> None:
    assert is_right(typed, hash_code("7KQM-XW3P"))


@pytest.mark.parametrize("typed", ["", "7KQM-XW3Q", "7KQM", "7KQM-XW3P-7", "７ＫＱＭ", "x" * 100_000])
@pytest.mark.usefixtures("_cheap_password_hashes")
def test_other_codes_are_wrong(typed: str) -> None:
    assert not is_right(typed, hash_code("7KQM-XW3P"))
    assert not is_right("7KQM-XW3P", None)


def test_normalised_is_bounded() -> None:
    assert len(normalised("a" * 1_000_000)) == 64


def sent(**changed: object) -> Delivery:
    return Delivery(**{"id": 7, "token_hash": "ab" * 32} | changed)


def test_a_pass_names_the_delivery_until_it_ends() -> None:
    text = make_pass("secret", sent(), AT)
    assert read_pass("secret", text, AT + LIFETIME - timedelta(seconds=1)) == (7, "ab" * 8)
    assert read_pass("secret", text, AT + LIFETIME) is None


@pytest.mark.parametrize("text", [None, "", "x", "[7]", "WzcsImFiIiwxXQ.AAAA"])
def test_a_pass_that_is_not_ours_is_none(text: str | None) -> None:
    assert read_pass("secret", text, AT) is None


def test_a_pass_of_another_key_is_none() -> None:
    assert read_pass("other", make_pass("secret", sent(), AT), AT) is None


ALL = set(ConsentPurpose)


@pytest.mark.parametrize(
    ("kind", "given", "missing"),
    [
        (RecipientKind.PATIENT, ALL, []),
        (RecipientKind.PATIENT, {ConsentPurpose.REVIEW}, [ConsentPurpose.TRANSFER_ABROAD]),
        (RecipientKind.PATIENT, ALL - {ConsentPurpose.HOME_DOCTOR}, []),
        (RecipientKind.HOME_PHYSICIAN, ALL, []),
        (RecipientKind.HOME_PHYSICIAN, ALL - {ConsentPurpose.HOME_DOCTOR}, [ConsentPurpose.HOME_DOCTOR]),
        (RecipientKind.HOME_PHYSICIAN, set(), [ConsentPurpose.HOME_DOCTOR, ConsentPurpose.TRANSFER_ABROAD]),
        (RecipientKind.COORDINATOR, {ConsentPurpose.REVIEW}, list(NEEDED[RecipientKind.COORDINATOR])),
    ],
)
def test_consents(kind: RecipientKind, given: set[ConsentPurpose], missing: list[ConsentPurpose]) -> None:
    assert missing_consents(kind, given) == missing


def test_every_recipient_has_words_and_consents() -> None:
    for table in (KIND, RECEIVES, NEEDED):
        assert set(table) == set(RecipientKind)


def test_wrong_code_counts_down() -> None:
    assert "4 tries are left" in wrong_code(4).en
    assert "1 try is left" in wrong_code(1).en
    assert "还可尝试1次" in wrong_code(1).zh


@pytest.mark.parametrize(
    ("status", "state", "shown"),
    [
        (D.SENT, LinkState.OPEN, "sent"),
        (D.SENT, LinkState.EXPIRED, "expired"),
        (D.OPENED, LinkState.LOCKED, "locked"),
        (D.ACKNOWLEDGED, LinkState.EXPIRED, "acknowledged"),
        (D.REVOKED, LinkState.UNKNOWN, "revoked"),
    ],
)
def test_shown_state(status: DeliveryStatus, state: LinkState, shown: str) -> None:
    assert shown_state(status, state) == shown
