"""Anybody may ask whether a document is genuine; nobody learns a medical word by asking."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from mdtapp.opinions.models import OpinionVersion
from mdtapp.store.db import session
from tests.conftest import Visitor
from tests.situations_opinion import IDENTITY, PDF, Desk

GENUINE = "Genuine: this file is exactly the one that was released."
BY_CODE = "A document with this code was released."
NOT_GENUINE = "Not genuine:"


@pytest.fixture
def released(app: Flask, desk: Desk, transaction) -> dict[str, Any]:
    """What whoever holds the document knows of it."""
    with transaction():
        version = desk.frozen(identity=IDENTITY)
        desk.signed(version.opinion)
        desk.release(version.opinion)
        store = app.extensions["mdtapp.objects"]
        return {
            "code": version.verify_code,
            "pdf": store.read(version.pdf_sha256),
            "zh": store.read(version.pdf_zh_sha256),
        }


def ask(client: Visitor, **data: Any) -> str:
    fields = {
        key: (io.BytesIO(value), "opinion.pdf") if key == "document" else value for key, value in data.items()
    }
    answer = client.submit("/verify", fields, content_type="multipart/form-data")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("lead", ["pdf", "zh"])
def test_the_released_bytes_are_genuine(client: Visitor, released, lead: str):
    page = ask(client, document=released[lead])
    assert GENUINE in page
    assert "Signed by Dr Zhou Ping" in page
    assert "current" in page


def test_one_altered_byte_is_not_genuine(client: Visitor, released):
    altered = bytearray(released["pdf"])
    altered[-1] ^= 1
    page = ask(client, document=bytes(altered))
    assert NOT_GENUINE in page
    assert "Signed by" not in page


@pytest.mark.parametrize("content", [b"", b"hello", PDF])
def test_anything_else_is_not_genuine(client: Visitor, released, content: bytes):
    assert NOT_GENUINE in ask(client, document=content)


@pytest.mark.parametrize("change", [str.lower, lambda code: f"  {code} "])
def test_a_code_is_read_as_people_type_it(client: Visitor, released, change):
    page = ask(client, code=change(released["code"]))
    assert BY_CODE in page
    assert GENUINE not in page, "only the file shows that it is unchanged"


@pytest.mark.parametrize("code", ["", "AAAA-BBBB-CCCC", "\x00", "%", "' OR 1=1", "é" * 300])
@pytest.mark.both_databases
def test_an_unknown_code_is_not_genuine(client: Visitor, code: str):
    assert NOT_GENUINE in ask(client, code=code)


def test_a_link_with_the_code_fills_it_in(client: Visitor, released):
    assert f'value="{released["code"]}"' in client.get(f"/verify?code={released['code']}").text


def test_nothing_of_the_case_is_told(client: Visitor, released):
    for page in (ask(client, document=released["pdf"]), ask(client, code=released["code"])):
        for word in ("Beketov", "HAZEL", "prostate", "MDT-2026"):
            assert word not in page


def test_a_text_changed_in_the_database_is_not_genuine_any_more(client: Visitor, released, transaction):
    with transaction():
        session.execute(text("DROP TRIGGER opinion_version_update_refused"))
        session.execute(text("UPDATE opinion_version SET frozen = replace(frozen, 'confirmed', 'refuted')"))
    assert NOT_GENUINE in ask(client, document=released["pdf"])


def test_an_unreleased_text_is_not_genuine(client: Visitor, desk: Desk, transaction):
    with transaction():
        code = desk.signed(desk.frozen().opinion).versions[0].verify_code
    assert NOT_GENUINE in ask(client, code=code)


def test_a_withdrawn_opinion_is_told_as_such(client: Visitor, released, transaction):
    from mdtapp.opinions.status import OpinionStatus

    with transaction():
        session.query(OpinionVersion).one().opinion.status = OpinionStatus.WITHDRAWN
    page = ask(client, document=released["pdf"])
    assert GENUINE in page
    assert "replaced or withdrawn" in page


def test_without_a_token_nothing_is_looked_up(client: Visitor, released):
    assert client.post("/verify", data={"code": released["code"]}).status_code == 400


def test_staff_of_the_case_are_led_to_the_text_and_to_where_each_sentence_comes_from(
    app: Flask, desk: Desk, released
):
    from tests.conftest import sign_in

    surgeon = sign_in(app, "surgeon", desk.people["surgeon"])
    page = ask(surgeon, code=released["code"])
    link = "/cases/MDT-2026-0001/opinion/0/frozen/1"
    assert link in page
    assert 'href="' + link + '/trail/1/1"' in surgeon.get(link).text
    trail = surgeon.get(f"{link}/trail/1/1")
    assert trail.status_code == 200
    assert "Decided by the meeting" in trail.text
    assert "frozen as version 1" in surgeon.get(link.replace("frozen/1", "versions")).text
    assert surgeon.get(f"{link}/trail/1/999").status_code == 404
    assert surgeon.get(link.replace("frozen/1", "frozen/2")).status_code == 404


def test_strangers_are_led_nowhere(app: Flask, client: Visitor, desk: Desk, released):
    from tests.conftest import sign_in

    stranger = sign_in(app, "other_coordinator", desk.people["other_coordinator"])
    for visitor in (client, stranger):
        assert "/frozen/" not in ask(visitor, code=released["code"])
