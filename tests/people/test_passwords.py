"""Passwords: one-time links of the administrator, changing one's own, and what is refused."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from argon2 import PasswordHasher, extract_parameters
from flask import Flask

from mdtapp.clock import FixedClock
from mdtapp.errors import Invalid
from tests.conftest import PASSWORD, PEOPLE, Person, Visitor, add_person
from tests.situations import events

NEW_PASSWORD = "quite another sentence"
EMAIL = PEOPLE["radiologist"].email


def reset_link(admin: Person, user_id: int) -> str:
    """The path of a one-time link, as the administrator sees it."""
    answer = admin.submit(f"/people/{user_id}", action=f"/people/{user_id}/reset")
    assert answer.status_code == 302
    page = admin.get(answer.location).text
    found = re.search(r"http://127\.0\.0\.1:\d+(/password/[\w-]+)", page)
    assert found, "the link is not on the page"
    return found.group(1)


def use(client: Visitor, link: str, password: str = NEW_PASSWORD):
    return client.submit(link, {"password": password})


def can_sign_in(client: Visitor, password: str) -> bool:
    return bool(client.submit("/sign-in", {"email": EMAIL, "password": password}).status_code == 302)


def test_a_link_sets_a_password_once(app: Flask, admin: Person, client: Visitor):
    user_id = add_person(app, "radiologist")
    link = reset_link(admin, user_id)
    assert use(client, link).location == "/sign-in"
    assert use(client, link, "a third long sentence").status_code == 404
    assert can_sign_in(client, NEW_PASSWORD)
    assert [event.subject for event in events(app, "person:password_reset", "person:password_set")] == [
        f"user:{user_id}"
    ] * 2


def test_using_one_link_closes_every_other_one(app: Flask, admin: Person, client: Visitor):
    user_id = add_person(app, "radiologist")
    first, second = reset_link(admin, user_id), reset_link(admin, user_id)
    assert use(client, second).status_code == 302
    assert use(client, first, "a third long sentence").status_code == 404
    assert can_sign_in(client, NEW_PASSWORD)


def test_a_link_ends_after_a_day(app: Flask, admin: Person, client: Visitor, clock: FixedClock):
    link = reset_link(admin, add_person(app, "radiologist"))
    clock.advance(hours=24, minutes=1)
    assert use(client, link).status_code == 404
    assert can_sign_in(client, PASSWORD)


def test_a_refused_password_leaves_the_link_usable(app: Flask, admin: Person, client: Visitor):
    link = reset_link(admin, add_person(app, "radiologist"))
    answer = use(client, link, "short")
    assert answer.status_code == 422
    assert "12 to 256 characters" in answer.text
    assert use(client, link).status_code == 302


def test_guessing_links_is_limited(client: Visitor):
    answers = [use(client, f"/password/{'x' * number}").status_code for number in range(1, 11)]
    assert answers == [404] * 10
    token = client.csrf_token()
    refused = client.post("/password/xyz", data={"csrf_token": token, "password": NEW_PASSWORD})
    assert refused.status_code == 429


def test_the_link_names_the_configured_address_whatever_host_was_asked(app: Flask, admin: Person):
    user_id = add_person(app, "radiologist")
    token, cookie = admin.csrf_token(f"/people/{user_id}"), admin.get_cookie("mdtapp")
    assert cookie is not None
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Cookie": f"mdtapp={cookie.value}"}
    browser = Visitor(app, app.response_class, use_cookies=False)  # sends the cookie to any host
    answer = browser.post(f"/people/{user_id}/reset", data={"csrf_token": token}, headers=evil)
    assert answer.status_code == 302
    assert answer.location == f"/people/{user_id}"
    flashed = {"Cookie": answer.headers["Set-Cookie"].split(";")[0], "Host": "evil.example"}
    page = browser.get(answer.location, headers=flashed).text
    assert "evil.example" not in page
    assert f"{app.config['MDTAPP'].base_url}/password/" in page


def test_only_hashes_of_tokens_and_passwords_are_stored(app: Flask, admin: Person, transaction):
    from sqlalchemy import select, text

    from mdtapp.people.models import PasswordReset, User
    from mdtapp.store.db import session

    user_id = add_person(app, "radiologist")
    token = reset_link(admin, user_id).rsplit("/", 1)[1]
    with transaction():
        (kept,) = session.scalars(select(PasswordReset.token_hash)).all()
        assert re.fullmatch(r"[0-9a-f]{64}", kept)
        stored = session.get(User, user_id)
        assert stored is not None
        assert str(stored.password_hash).startswith("$argon2id$")
        log = " ".join(map(str, session.execute(text("SELECT * FROM event")).all()))
    assert token not in log
    assert PASSWORD not in log


def test_hashes_are_argon2id_at_the_librarys_full_cost():
    """In a process of its own: the tests' people have cheap hashes."""
    code = f"from mdtapp.people.passwords import hash_password; print(hash_password({PASSWORD!r}))"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    parameters, standard = extract_parameters(made.strip()), PasswordHasher()
    assert parameters.type.name == "ID"
    assert parameters.memory_cost >= standard.memory_cost
    assert parameters.time_cost >= standard.time_cost


def test_changing_ones_own_password_needs_the_present_one(radiologist: Person, client: Visitor):
    answer = radiologist.submit("/account", {"current": "wrong", "password": NEW_PASSWORD})
    assert answer.status_code == 422
    assert radiologist.submit("/account", {"current": PASSWORD, "password": "short"}).status_code == 422
    assert can_sign_in(client, PASSWORD)
    assert radiologist.submit("/account", {"current": PASSWORD, "password": NEW_PASSWORD}).status_code == 302
    assert not can_sign_in(client, PASSWORD)
    assert can_sign_in(client, NEW_PASSWORD)


@pytest.mark.parametrize("password", ["x" * 11, "x" * 257])
def test_too_short_and_too_long_passwords_are_refused_with_a_sentence(password: str):
    from mdtapp.people.passwords import hash_password

    with pytest.raises(Invalid) as refusal:
        hash_password(password)
    assert refusal.value.fields["password"].missing() == []


def test_a_person_without_a_password_cannot_sign_in(app: Flask, transaction, client: Visitor):
    from mdtapp.audit.trail import SystemActor
    from mdtapp.people import operations
    from mdtapp.people.roles import Role
    from tests.conftest import START

    with transaction():
        operations.add_person(
            actor=SystemActor("tests"), at=START, email=EMAIL, name="Dr Tang Wei", role=Role.SPECIALIST
        )
    assert not can_sign_in(client, PASSWORD)
    answer = client.submit("/sign-in", {"email": EMAIL, "password": ""})
    assert answer.status_code == 422


def test_a_session_survives_a_reset_being_issued_but_not_being_used(
    app: Flask, admin: Person, radiologist: Person, client: Visitor
):
    link = reset_link(admin, radiologist.user_id)
    assert radiologist.get("/account").status_code == 200
    use(client, link)
    assert radiologist.get("/account").status_code == 302
