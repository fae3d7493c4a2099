"""The event log shows every alteration, refuses to be altered, and names nobody."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.conftest import START, add_person

EVENTS = 12
COLUMNS = "seq, at, actor, event, subject, case_id, detail, previous, hash"

# How a person with the database's own tools might alter the log; the first event that then does not hold.
Tamper = tuple[list[str], int]


@pytest.fixture
def recorded(app: Flask, transaction: Callable[..., Any]) -> Flask:
    """An application with EVENTS events."""
    write_events(transaction, EVENTS)
    return app


def write_events(transaction: Callable[..., Any], count: int) -> None:
    from mdtapp.audit.events import EventType
    from mdtapp.audit.trail import SystemActor, record

    for number in range(1, count + 1):
        with transaction():
            record(
                EventType.CASE_AMENDED,
                actor=SystemActor("tests"),
                at=START + timedelta(seconds=number, microseconds=17),
                subject=f"case:{number}",
                case_id=number,
                part="record",
                number=number,
            )


def run(app: Flask, *statements: str) -> None:
    """SQL by hand, without the triggers, in one transaction; on PostgreSQL as an administrator may."""
    from mdtapp.store.db import db

    with app.app_context(), db.engine.begin() as connection:
        postgres = connection.dialect.name != "sqlite"
        for verb in ("update", "delete"):
            where = " ON event" if postgres else ""
            connection.execute(text(f"DROP TRIGGER IF EXISTS event_{verb}_refused{where}"))
        for statement in statements:
            connection.exec_driver_sql(statement)


def verify(app: Flask) -> Any:
    from mdtapp.audit import trail
    from mdtapp.store.db import unit_of_work

    with app.app_context(), unit_of_work(writing=False):
        return trail.verify()


def moved_up(start: int) -> list[str]:
    """Makes room before event `start`."""
    return [
        f"UPDATE event SET seq = seq + 1000 WHERE seq >= {start}",
        f"UPDATE event SET seq = seq - 999 WHERE seq >= {start + 1000}",
    ]


def copied(source: int, to: int, digest: str) -> str:
    """A row like `source` under another number."""
    return (
        f"INSERT INTO event ({COLUMNS}) SELECT {to}, at, actor, event, subject, case_id, detail, "
        f"previous, '{digest}' FROM event WHERE seq = {source}"
    )


FORGED = hashlib.sha256(b"forged").hexdigest()
TAMPERINGS: dict[str, Tamper] = {
    "actor changed": (["UPDATE event SET actor = 'user:1' WHERE seq = 5"], 5),
    "time changed": (["UPDATE event SET at = '2026-03-02 01:30:09.000000' WHERE seq = 5"], 5),
    "kind changed": (["UPDATE event SET event = 'case:moved' WHERE seq = 5"], 5),
    "subject changed": (["UPDATE event SET subject = 'case:1' WHERE seq = 5"], 5),
    "case changed": (["UPDATE event SET case_id = 1 WHERE seq = 5"], 5),
    "case taken away": (["UPDATE event SET case_id = NULL WHERE seq = 5"], 5),
    "detail changed": (["UPDATE event SET detail = '{}' WHERE seq = 5"], 5),
    "detail unreadable": (["UPDATE event SET detail = 'not json' WHERE seq = 5"], 5),
    "first event changed": (["UPDATE event SET actor = 'x' WHERE seq = 1"], 1),
    "last event changed": ([f"UPDATE event SET actor = 'x' WHERE seq = {EVENTS}"], EVENTS),
    "hash changed": ([f"UPDATE event SET hash = '{FORGED}' WHERE seq = 5"], 5),
    "link changed": ([f"UPDATE event SET previous = '{FORGED}' WHERE seq = 5"], 5),
    "first event deleted": (["DELETE FROM event WHERE seq = 1"], 1),
    "an event deleted": (["DELETE FROM event WHERE seq = 5"], 5),
    "deleted and closed up": (
        [
            "DELETE FROM event WHERE seq = 5",
            *[f"UPDATE event SET seq = {n - 1} WHERE seq = {n}" for n in range(6, EVENTS + 1)],
        ],
        5,
    ),
    "tail cut": (["DELETE FROM event WHERE seq > 9"], 10),
    "everything deleted": (["DELETE FROM event"], 1),
    "two swapped": (
        [
            "UPDATE event SET seq = 1000 WHERE seq = 5",
            "UPDATE event SET seq = 5 WHERE seq = 6",
            "UPDATE event SET seq = 6 WHERE seq = 1000",
        ],
        5,
    ),
    "one inserted": ([*moved_up(5), copied(4, 5, FORGED)], 5),
    "one added at the end": ([copied(EVENTS, EVENTS + 1, FORGED)], EVENTS + 1),
    "head lost": (["DELETE FROM event_head"], EVENTS + 1),
    "head set back": (["UPDATE event_head SET seq = 9, hash = (SELECT hash FROM event WHERE seq = 9)"], 10),
}


@pytest.mark.both_databases
def test_an_untouched_chain_is_whole(recorded: Flask):
    found = verify(recorded)
    assert (found.whole, found.events, found.bad_seq) == (True, EVENTS, None)


@pytest.mark.both_databases
def test_an_empty_chain_is_whole(app: Flask):
    assert verify(app).whole


@pytest.mark.parametrize("how", TAMPERINGS)
def test_every_alteration_is_found_and_the_first_bad_event_named(recorded: Flask, how: str):
    statements, first_bad = TAMPERINGS[how]
    run(recorded, *statements)
    found = verify(recorded)
    assert not found.whole
    assert found.bad_seq == first_bad, found.reason
    assert found.reason


@pytest.mark.postgres
@pytest.mark.parametrize("how", ["detail changed", "an event deleted", "tail cut", "one added at the end"])
def test_alterations_are_found_on_postgresql_too(recorded: Flask, how: str):
    statements, first_bad = TAMPERINGS[how]
    run(recorded, *statements)
    assert verify(recorded).bad_seq == first_bad


@pytest.mark.parametrize(
    "value", ["x'00ff'", "CAST(x'ff' AS TEXT)", "'{\"a\":NaN}'", "'no moment'", "17"], ids=str
)
@pytest.mark.parametrize("column", ["at", "actor", "detail", "hash"])
def test_a_row_that_cannot_be_read_is_named_like_any_other(recorded: Flask, column: str, value: str):
    run(recorded, f"UPDATE event SET {column} = {value} WHERE seq = 7")
    assert verify(recorded).bad_seq == 7


def test_a_rewritten_tail_contradicts_the_head(recorded: Flask, transaction):
    """Whoever rewrites an event and every hash behind it still has to rewrite the head."""
    from sqlalchemy import select

    from mdtapp.audit.models import Event
    from mdtapp.audit.trail import event_hash
    from mdtapp.store.db import session

    run(recorded)
    with transaction():
        previous = None
        for row in session.scalars(select(Event).where(Event.seq >= EVENTS - 2).order_by(Event.seq)):
            row.actor = "user:99"
            row.previous = previous or row.previous
            row.hash = previous = event_hash(row)
    found = verify(recorded)
    assert (found.bad_seq, found.reason) == (EVENTS, "it is not the event that was recorded")


def test_a_wholly_rewritten_log_contradicts_a_head_printed_elsewhere(recorded: Flask, transaction):
    from mdtapp.audit.trail import head_reference

    with transaction():
        printed = head_reference()
    run(
        recorded,
        "DELETE FROM event WHERE seq > 6",
        "UPDATE event_head SET seq = 6, hash = (SELECT hash FROM event WHERE seq = 6)",
    )
    assert verify(recorded).whole, "the log alone cannot show this"
    with transaction():
        assert head_reference() != printed


def test_random_alterations(recorded: Flask):
    """Any single character of any column of any event."""
    chance = random.Random(20260302)
    for _ in range(40):
        column = chance.choice(["actor", "event", "subject", "detail", "previous", "hash"])
        seq = chance.randint(1, EVENTS)
        before = value_of(recorded, column, seq)
        place = chance.randrange(len(before))
        changed = before[:place] + ("#" if before[place] != "#" else "+") + before[place + 1 :]
        set_value(recorded, column, seq, changed)
        assert verify(recorded).bad_seq == seq, (column, seq, place)
        set_value(recorded, column, seq, before)
    assert verify(recorded).whole


def value_of(app: Flask, column: str, seq: int) -> str:
    from mdtapp.store.db import db

    with app.app_context(), db.engine.connect() as connection:
        return str(
            connection.execute(text(f"SELECT {column} FROM event WHERE seq = :seq"), {"seq": seq}).scalar()
        )


def set_value(app: Flask, column: str, seq: int, value: str) -> None:
    from mdtapp.store.db import db

    run(app)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(
            text(f"UPDATE event SET {column} = :value WHERE seq = :seq"), {"value": value, "seq": seq}
        )


# --- the database refuses ---------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "statement", ["UPDATE event SET actor = 'x'", "DELETE FROM event", "UPDATE event SET seq = seq"]
)
def test_the_database_refuses_to_change_events(recorded: Flask, statement: str):
    from mdtapp.store.db import db

    with recorded.app_context(), db.engine.connect() as connection:
        with pytest.raises(DBAPIError, match="never changed"):
            connection.execute(text(statement))
        connection.rollback()
    assert verify(recorded).whole


@pytest.mark.both_databases
def test_an_event_and_its_change_are_stored_together_or_not_at_all(app: Flask, transaction):
    from sqlalchemy import func, select

    from mdtapp.audit.models import Event
    from mdtapp.people.models import User
    from mdtapp.store.db import session

    def rows() -> tuple[int, int]:
        with transaction():
            people = session.scalar(select(func.count()).select_from(User)) or 0
            return people, session.scalar(select(func.count()).select_from(Event)) or 0

    add_person(app, "radiologist")
    assert rows() == (1, 1)

    class Fails(Exception):
        pass

    from mdtapp.audit.trail import SystemActor
    from mdtapp.people import operations
    from mdtapp.people.roles import Role

    def adds_and_fails() -> None:
        with transaction():
            operations.add_person(
                actor=SystemActor("tests"), at=START, email="a@b.example", name="A", role=Role.ADMIN
            )
            raise Fails

    with pytest.raises(Fails):
        adds_and_fails()
    assert rows() == (1, 1)
    assert verify(app).whole


@pytest.mark.both_databases
def test_many_writers_leave_one_chain_without_gaps(app: Flask):
    """Ten threads record at once; nobody gets the number of somebody else."""
    from concurrent.futures import ThreadPoolExecutor

    from mdtapp.audit.events import EventType
    from mdtapp.audit.trail import SystemActor, record
    from mdtapp.store.db import db, unit_of_work

    def write(number: int) -> None:
        with app.app_context():
            for _ in range(5):
                with unit_of_work():
                    record(
                        EventType.CASE_MOVED, actor=SystemActor("tests"), at=START, subject=f"case:{number}"
                    )
            db.session.remove()

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(write, range(10)))
    found = verify(app)
    assert (found.whole, found.events) == (True, 50)


# --- the command ------------------------------------------------------------------------------


def test_the_command_passes_and_then_names_the_first_bad_event(
    recorded: Flask, settings, monkeypatch: pytest.MonkeyPatch
):
    import json

    from click.testing import CliRunner

    from mdtapp.cli import main

    environment = {"MDTAPP_INSTANCE": str(settings.instance)}
    whole = CliRunner().invoke(main, ["verify-audit"], env=environment)
    assert (whole.exit_code, whole.output.strip()) == (0, f"The chain of {EVENTS} events is intact.")
    run(recorded, "UPDATE event SET detail = 'not json' WHERE seq = 5")
    broken = CliRunner().invoke(main, ["verify-audit"], env=environment)
    assert broken.exit_code == 1
    assert "Event 5 does not hold" in broken.output
    as_json = CliRunner().invoke(main, ["verify-audit", "--json"], env=environment)
    assert json.loads(as_json.output)["bad_event"] == 5


def test_event_names_are_a_subject_and_something_past_in_order():
    import re

    from mdtapp.audit.events import EventType

    names = [str(member) for member in EventType]
    assert names == sorted(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+:[a-z]+(_[a-z]+)*", name)] == []
