"""Signing in: the same words whatever is wrong, a limit on tries, nowhere else than our own pages."""

from __future__ import annotations

from unittest import mock

import pytest
from flask import Flask

from tests.conftest import PASSWORD, PEOPLE, Person, Visitor, add_person, sign_in
from tests.situations import events, without_tokens

EMAIL = PEOPLE["radiologist"].email
ADMIN_FORM = {"name": "Dr Tang Wei", "name_zh": "唐伟", "role": "specialist", "disciplines": "radiology"}


def attempt(client: Visitor, email: str, password: str, page: str = "/sign-in"):
    return client.submit(page, {"email": email, "password": password})


def test_signing_in_leads_to_the_persons_work_and_is_recorded(app: Flask, client: Visitor):
    user_id = add_person(app, "radiologist")
    answer = attempt(client, EMAIL.upper() + " ", PASSWORD)
    assert (answer.status_code, answer.location) == (302, "/home")
    assert client.get("/account").status_code == 200
    (event,) = events(app, "person:signed_in")
    assert (event.actor, event.subject) == (f"user:{user_id}", f"user:{user_id}")


def test_a_wrong_address_a_wrong_password_and_a_suspended_person_are_answered_alike(
    app: Flask, client: Visitor, admin: Person
):
    add_person(app, "radiologist")
    suspended = add_person(app, "pathologist")
    form = {**ADMIN_FORM, "disciplines": "pathology"}  # without `active`: the box is not ticked
    assert admin.submit(f"/people/{suspended}", form).status_code == 302
    answers = {}
    for email, password in [
        (EMAIL, "not the password"),
        ("nobody@qingyuan.example", PASSWORD),
        (PEOPLE["pathologist"].email, PASSWORD),
    ]:
        answer = attempt(client, email, password)
        answers[email] = answer.status_code, without_tokens(answer.text).replace(email, "…")
    assert len(set(answers.values())) == 1
    assert answers[EMAIL][0] == 401
    assert "E-mail or password is wrong" in answers[EMAIL][1]


def test_an_unknown_address_costs_as_much_time_as_a_wrong_password(app: Flask, client: Visitor):
    from mdtapp.people import passwords

    add_person(app, "radiologist")
    attempt(client, "warm@up.example", PASSWORD)  # the hash that nobody has is made once
    counted = mock.Mock(wraps=passwords._hasher)
    with mock.patch.object(passwords, "_hasher", counted):
        attempt(client, EMAIL, "not the password")
        known = counted.verify.call_count
        attempt(client, "nobody@qingyuan.example", "not the password")
    assert known == 1
    assert counted.verify.call_count == 2
    assert counted.hash.call_count == 0


def test_a_failed_sign_in_is_recorded_without_the_address_that_was_typed(app: Flask, client: Visitor):
    user_id = add_person(app, "radiologist")
    attempt(client, EMAIL, "not the password")
    attempt(client, "my.secret@password.example", "oops")
    failed = events(app, "person:sign_in_failed")
    assert [event.subject for event in failed] == [f"user:{user_id}", "user:unknown"]
    assert not any("secret" in str(vars(event)) for event in failed)


def test_after_ten_wrong_tries_an_address_of_the_network_waits(app: Flask, client: Visitor):
    add_person(app, "radiologist")
    answers = [attempt(client, EMAIL, f"wrong {number}") for number in range(10)]
    assert {answer.status_code for answer in answers} == {401}
    refused = client.post(
        "/sign-in", data={"csrf_token": client.csrf_token(), "email": EMAIL, "password": PASSWORD}
    )
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) == 300
    assert "Too many tries" in refused.text
    # The account itself is not locked: its owner signs in from elsewhere.
    client.environ_base["REMOTE_ADDR"] = "10.9.9.9"
    assert attempt(client, EMAIL, PASSWORD).status_code == 302


def test_successful_sign_ins_do_not_use_up_the_tries_of_a_shared_address(app: Flask):
    add_person(app, "radiologist")
    for _ in range(12):
        colleague = Visitor(app, app.response_class, use_cookies=True)
        assert attempt(colleague, EMAIL, PASSWORD).status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "///evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example".replace("%09", "\t"),
        "javascript:alert(1)",
        "evil.example",
        "/cases\r\nX-Evil: 1",
    ],
)
def test_an_address_elsewhere_is_never_followed(app: Flask, client: Visitor, target: str):
    add_person(app, "radiologist")
    token = client.csrf_token()
    answer = client.post(
        "/sign-in",
        query_string={"next": target},
        data={"csrf_token": token, "email": EMAIL, "password": PASSWORD},
    )
    assert (answer.status_code, answer.location) == (302, "/home")
    token = client.csrf_token("/account")
    answer = client.post("/language", data={"csrf_token": token, "language": "zh", "path": target})
    assert (answer.status_code, answer.location) == (302, "/home")


def test_a_page_asked_for_before_signing_in_opens_afterwards(app: Flask, client: Visitor):
    add_person(app, "radiologist")
    asked = client.get("/cases?q=CEDAR")
    assert asked.status_code == 302
    assert asked.location == "/sign-in?next=/cases?q%3DCEDAR"
    assert attempt(client, EMAIL, PASSWORD, page=asked.location).location == "/cases?q=CEDAR"


def test_the_language_is_chosen_before_and_kept_after_signing_in(app: Flask, client: Visitor):
    add_person(app, "radiologist")
    assert "登录" in client.get("/sign-in", headers={"Accept-Language": "zh-CN"}).text
    attempt(client, EMAIL, PASSWORD)
    token = client.csrf_token("/account")
    answer = client.post("/language", data={"csrf_token": token, "language": "zh", "path": "/account"})
    assert answer.location == "/account"
    assert 'lang="zh' in client.get("/account").text
    again = sign_in(app, "radiologist", 1)
    assert 'lang="zh' in again.get("/account").text, "the choice belongs to the person, not to the browser"


@pytest.mark.parametrize("missing", ["email", "password"])
def test_an_empty_field_is_named(app: Flask, client: Visitor, missing: str):
    form = {"email": EMAIL, "password": PASSWORD, missing: ""}
    answer = client.submit("/sign-in", form)
    assert answer.status_code == 422
    assert "Enter your" in answer.text
