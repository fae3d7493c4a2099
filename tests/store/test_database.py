"""SQLite set to be durable, one transaction for one act, and a busy database said plainly."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.conftest import START, Person, Visitor, add_person, close
from tests.situations import database_file, events

WAIT_MS = 200


def pragma(app: Flask, name: str) -> Any:
    from mdtapp.store.db import session, unit_of_work

    with app.app_context(), unit_of_work(writing=False):
        return session.execute(text(f"PRAGMA {name}")).scalar()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 8000)],
)
def test_every_connection_is_durable(app: Flask, name: str, wanted: Any):
    """synchronous=2 is FULL: a commit that was acknowledged survives a power cut."""
    assert pragma(app, name) == wanted

    found = []
    thread = threading.Thread(target=lambda: found.append(pragma(app, name)))
    thread.start()
    thread.join()
    assert found == [wanted]


@pytest.mark.both_databases
def test_a_unit_of_work_commits_or_rolls_back_as_a_whole(app: Flask, transaction):
    from mdtapp.people.queries import find_by_email, list_people

    add_person(app, "radiologist")
    with transaction():
        assert find_by_email("tang.wei@qingyuan.example") is not None

    def adds_two_alike() -> None:
        from mdtapp.audit.trail import SystemActor
        from mdtapp.people import operations
        from mdtapp.people.roles import Role

        with transaction():
            operations.add_person(
                actor=SystemActor("tests"), at=START, email="first@b.example", name="A", role=Role.ADMIN
            )
            raise KeyError

    with pytest.raises(KeyError):
        adds_two_alike()
    with transaction():
        assert len(list_people()) == 1


@pytest.mark.both_databases
def test_the_database_refuses_a_row_that_cannot_be(app: Flask, transaction):
    from sqlalchemy.exc import IntegrityError

    from mdtapp.store.db import session

    add_person(app, "radiologist")

    def refused(statement: str) -> None:
        with transaction():
            session.execute(text(statement))

    for statement in (
        "UPDATE \"user\" SET email = 'Upper@Case.example'",
        "UPDATE \"user\" SET name = ''",
        "INSERT INTO discipline_membership (user_id, discipline) VALUES (999, 'radiology')",
    ):
        with pytest.raises(IntegrityError):
            refused(statement)


# --- a busy database --------------------------------------------------------------------------


@pytest.fixture
def impatient(
    settings, clock, _cheap_password_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The application on SQLite, waiting a fifth of a second for a lock instead of eight seconds."""
    from mdtapp.app import create_app
    from mdtapp.store import db

    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", WAIT_MS)
    app = create_app(settings, clock)
    yield app
    close(app)


@contextmanager
def locked(app: Flask) -> Iterator[None]:
    """Another process writes and does not come to an end."""
    other = sqlite3.connect(database_file(app), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@pytest.fixture
def patient_person(impatient: Flask) -> Person:
    from tests.conftest import sign_in

    return sign_in(impatient, "coordinator", add_person(impatient, "coordinator"))


def test_a_save_in_a_locked_database_says_so_stores_nothing_and_keeps_the_text(
    impatient: Flask, patient_person: Person
):
    page = "/cases/new"
    token = patient_person.csrf_token(page)
    before = len(events(impatient))
    with locked(impatient):
        typed = {
            "title_en": "Two plans for one lung",
            "title_zh": "一个肺两种方案",
            "password": "not to be shown",
        }
        answer = patient_person.post("/language", data={"csrf_token": token, "language": "zh", **typed})
        assert answer.status_code == 503
        assert typed["title_en"] in answer.text, "the text is still there to be copied"
        assert typed["title_zh"] in answer.text
        assert typed["password"] not in answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert "The database is busy, so nothing was saved" in answer.text
        as_json = patient_person.post(
            "/language", data={"csrf_token": token, "language": "en"}, headers={"Accept": "application/json"}
        )
        assert as_json.status_code == 503
        assert as_json.json is not None
        assert "try again" in as_json.json["error"]
    assert len(events(impatient)) == before
    again = patient_person.post("/language", data={"csrf_token": token, "language": "zh"})
    assert again.status_code == 302, "a moment later the same form is taken"


def test_every_thread_of_a_web_process_has_its_connection(impatient: Flask, patient_person: Person):
    """As many slow requests as there are threads keep nobody out; beyond that it is said, and not waited for long."""
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    from mdtapp.store.db import WEB_THREADS, db

    with ExitStack() as held, impatient.app_context():
        for _ in range(WEB_THREADS):
            held.enter_context(db.engine.connect())
        assert patient_person.get("/cases").status_code == 200
        with suppress(PoolTimeout):
            while True:
                held.enter_context(db.engine.connect())
        answer = patient_person.get("/cases")
        assert answer.status_code == 503
        assert "The database is busy" in answer.text
    assert patient_person.get("/cases").status_code == 200


def test_reading_goes_on_while_somebody_writes(impatient: Flask, patient_person: Person):
    with locked(impatient):
        assert patient_person.get("/cases").status_code == 200
        assert patient_person.get("/healthz").status_code == 200


def test_a_refusal_that_cannot_be_recorded_is_not_a_refusal_but_a_stop(
    impatient: Flask, patient_person: Person
):
    """Nothing happens unrecorded, and it is no fault of ours that looks like a crash."""
    with locked(impatient):
        answer = patient_person.get("/people")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert patient_person.get("/people").status_code == 403


def test_a_sign_in_while_the_database_is_locked(impatient: Flask, patient_person: Person):
    client = Visitor(impatient, impatient.response_class, use_cookies=True)
    token = client.csrf_token()
    form = {"csrf_token": token, "email": patient_person.email, "password": patient_person.password}
    with locked(impatient):
        assert client.post("/sign-in", data=form).status_code == 503
        assert client.post("/sign-in", data={**form, "password": "wrong"}).status_code == 503
    assert client.post("/sign-in", data=form).status_code == 302


def test_a_lost_database_is_answered_in_words(
    app: Flask, coordinator: Person, monkeypatch: pytest.MonkeyPatch
):
    """Even the page of the refusal cannot ask who is signed in."""
    from sqlalchemy.exc import OperationalError

    from mdtapp.store.db import db

    def gone(*_args: object, **_options: object) -> None:
        raise OperationalError("connect", None, Exception("server closed the connection"))

    with app.app_context():
        db.session.remove()
        monkeypatch.setattr(type(db.engine), "connect", gone)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    for path in ("/cases", "/account", "/sign-in", "/healthz"):
        answer = coordinator.get(path)
        assert answer.status_code == 503, path
        assert "Traceback" not in answer.text
    monkeypatch.undo()
    assert coordinator.get("/cases").status_code == 200
