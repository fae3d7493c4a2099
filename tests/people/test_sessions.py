"""When a session ends: idle, signed out, password changed, suspended, another role; and that none can be planted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from itsdangerous.timed import TimestampSigner

from mdtapp.clock import FixedClock
from tests.conftest import PASSWORD, PEOPLE, Person, Visitor, add_person, sign_in
from tests.situations import events

NEW_PASSWORD = "another long sentence"
FORM = {
    "name": "Dr Tang Wei",
    "name_zh": "唐伟",
    "role": "specialist",
    "disciplines": "radiology",
    "active": "y",
}


@pytest.fixture
def session_clock(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> FixedClock:
    """Cookies are dated by the test's clock, too."""
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer: int(clock.now().timestamp()))
    return clock


def cookie_of(person: Visitor) -> str:
    cookie = person.get_cookie("mdtapp")
    assert cookie is not None
    return cookie.value


def with_cookie(app: Flask, value: str) -> Visitor:
    """Another browser that holds a copy of somebody's cookie."""
    thief = Visitor(app, app.response_class, use_cookies=True)
    thief.set_cookie("mdtapp", value)
    return thief


def is_signed_in(browser: Visitor) -> bool:
    answer = browser.get("/account")
    assert answer.status_code in {200, 302}
    return bool(answer.status_code == 200)


def test_a_session_ends_after_half_an_hour_without_a_request(session_clock: FixedClock, radiologist: Person):
    for _ in range(3):
        session_clock.advance(minutes=29)
        assert is_signed_in(radiologist), "every request starts the half hour anew"
    copied = cookie_of(radiologist)
    session_clock.advance(minutes=31)
    assert not is_signed_in(radiologist)
    assert not is_signed_in(with_cookie(radiologist.application, copied))


def test_the_cookie_cannot_be_read_by_scripts_or_sent_from_other_sites(app: Flask, client: Visitor):
    add_person(app, "radiologist")
    answer = client.submit("/sign-in", {"email": PEOPLE["radiologist"].email, "password": PASSWORD})
    flags = {part.strip().split("=")[0] for part in answer.headers["Set-Cookie"].split(";")[1:]}
    assert {"HttpOnly", "SameSite", "Expires"} <= flags
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]


def test_signing_out_ends_the_session_wherever_its_cookie_was_copied(app: Flask, radiologist: Person):
    copied = cookie_of(radiologist)
    answer = radiologist.post("/sign-out", data={"csrf_token": radiologist.csrf_token("/account")})
    assert (answer.status_code, answer.location) == (302, "/sign-in")
    assert not is_signed_in(radiologist)
    assert not is_signed_in(with_cookie(app, copied))
    assert [event.subject for event in events(app, "person:signed_out")] == [f"user:{radiologist.user_id}"]


def change_password(person: Person, _admin: Person) -> None:
    form = {"current": PASSWORD, "password": NEW_PASSWORD}
    assert person.submit("/account", form).status_code == 302


def amend(**changed: Any) -> Callable[[Person, Person], None]:
    def by_admin(person: Person, admin: Person) -> None:
        answer = admin.submit(f"/people/{person.user_id}", {**FORM, **changed})
        assert answer.status_code == 302

    return by_admin


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(change_password, id="a new password"),
        pytest.param(amend(active=""), id="a suspension"),
        pytest.param(amend(role="chair"), id="another role"),
        pytest.param(amend(disciplines="pathology"), id="another discipline"),
    ],
)
def test_every_session_of_a_person_ends_with(
    act: Callable[[Person, Person], None], app: Flask, radiologist: Person, admin: Person
):
    elsewhere = sign_in(app, "radiologist", radiologist.user_id)
    copied = cookie_of(radiologist)
    act(radiologist, admin)
    assert not is_signed_in(elsewhere)
    assert not is_signed_in(with_cookie(app, copied))


def test_whoever_changes_the_password_stays_signed_in_here(radiologist: Person, admin: Person):
    change_password(radiologist, admin)
    assert is_signed_in(radiologist)


def test_a_corrected_name_does_not_end_the_session(radiologist: Person, admin: Person):
    amend(name="Dr Tang Wei-Ling")(radiologist, admin)
    assert is_signed_in(radiologist)


def test_a_suspended_person_is_refused_and_the_suspension_is_recorded(
    app: Flask, radiologist: Person, admin: Person
):
    amend(active="")(radiologist, admin)
    client = Visitor(app, app.response_class, use_cookies=True)
    answer = client.submit("/sign-in", {"email": radiologist.email, "password": PASSWORD})
    assert answer.status_code == 401
    assert [event.subject for event in events(app, "person:suspended")] == [f"user:{radiologist.user_id}"]


def test_a_planted_cookie_is_worth_nothing_once_the_victim_signs_in(app: Flask, client: Visitor):
    add_person(app, "radiologist")
    planted_token = client.csrf_token()
    planted = cookie_of(client)
    victim = with_cookie(app, planted)
    victim.submit("/sign-in", {"email": PEOPLE["radiologist"].email, "password": PASSWORD})
    assert is_signed_in(victim)
    assert cookie_of(victim) != planted
    assert not is_signed_in(with_cookie(app, planted))
    refused = victim.post("/sign-out", data={"csrf_token": planted_token})
    assert refused.status_code == 400, "the token known to the attacker is not the victim's any more"


@pytest.mark.parametrize("forged", ["", "x", "eyJfdXNlcl9pZCI6IjEuMCJ9.aaaa.bbbb", "1.0", "é" * 50])
def test_a_forged_cookie_is_nobody(app: Flask, forged: str):
    add_person(app, "radiologist")
    assert not is_signed_in(with_cookie(app, forged))
