"""Documents and the event chain verified from the command line, after nothing and after every kind of tampering."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.cli.conftest import Command
from tests.situations import database_file, events


@pytest.fixture
def released(mdtapp: Command) -> Path:
    """The document of a completed case."""
    case_no = mdtapp.import_demo("DEMO-06", "--complete")
    path = mdtapp.folder / "opinion.pdf"
    said = mdtapp.fine("opinion-pdf", case_no, "--out", path)
    assert said.out.startswith(f"{path}  ")
    return path


# --- documents ----------------------------------------------------------------------------------


def test_a_released_document_is_genuine_and_one_altered_byte_is_not(mdtapp: Command, released: Path):
    said = mdtapp.fine("verify-pdf", released, "--json").json
    assert (said["genuine"], said["version"], said["state"], said["case_no"]) == (
        True,
        1,
        "current",
        "MDT-2026-0001",
    )
    assert len(said["signers"]) == 5
    assert all(signer.keys() == {"name", "discipline", "role", "meaning", "at"} for signer in said["signers"])
    assert mdtapp.fine("verify-pdf", released).out.startswith("genuine  1\n")
    content = bytearray(released.read_bytes())
    for place in (10, len(content) // 2, len(content) - 1):
        altered = bytearray(content)
        altered[place] ^= 1
        answer = mdtapp("verify-pdf", mdtapp.file(bytes(altered), "altered.pdf"), "--json")
        assert (answer.status, answer.json["genuine"], answer.json["signers"]) == (1, False, [])


def test_the_document_is_the_stored_one_in_either_language(mdtapp: Command, released: Path):
    again, chinese = mdtapp.folder / "again.pdf", mdtapp.folder / "zh.pdf"
    mdtapp.fine("opinion-pdf", "MDT-2026-0001", "--out", again)
    mdtapp.fine("opinion-pdf", "MDT-2026-0001", "--out", chinese, "--lang", "zh")
    assert again.read_bytes() == released.read_bytes() != chinese.read_bytes()
    assert mdtapp.fine("verify-pdf", chinese, "--json").json["genuine"] is True


def test_a_draft_is_marked_and_never_genuine(mdtapp: Command, released: Path):
    draft = mdtapp.folder / "draft.pdf"
    mdtapp.fine("opinion-pdf", "MDT-2026-0001", "--out", draft, "--draft")
    assert mdtapp("verify-pdf", draft).status == 1


def test_before_the_chair_has_begun_there_is_a_draft_too_and_it_is_the_same_twice(
    mdtapp: Command, app: Flask
):
    case_no = mdtapp.import_demo("DEMO-06")
    one, two = mdtapp.folder / "one.pdf", mdtapp.folder / "two.pdf"
    before = len(events(app))
    for path in (one, two):
        mdtapp.fine("opinion-pdf", case_no, "--out", path)
    assert one.read_bytes() == two.read_bytes()
    assert len(events(app)) == before


@pytest.mark.parametrize("content", [b"", b"hello", b"%PD"])
def test_what_is_no_pdf_cannot_be_read(mdtapp: Command, content: bytes):
    assert "is not a PDF." in mdtapp.refused("verify-pdf", mdtapp.file(content, "x.pdf"), status=2)


def test_what_is_not_there_cannot_be_read(mdtapp: Command):
    assert "cannot be read" in mdtapp.refused("verify-pdf", mdtapp.folder / "none.pdf", status=2)
    assert "cannot be read" in mdtapp.refused("verify-pdf", mdtapp.folder, status=2)


def test_without_a_database_nothing_can_be_said(mdtapp: Command, released: Path):
    lost = Command(mdtapp.environ | {"MDTAPP_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, mdtapp.folder)
    assert "The database refused this" in lost.refused("verify-pdf", released, status=2)


def test_a_place_that_cannot_be_written_is_told(mdtapp: Command, released: Path):
    sentence = mdtapp.refused("opinion-pdf", "MDT-2026-0001", "--out", "/proc/none/x.pdf")
    assert sentence == "/proc/none/x.pdf: No such file or directory."


def test_the_document_of_a_text_changed_by_hand_is_not_genuine(mdtapp: Command, app: Flask, released: Path):
    tamper(
        app,
        "UPDATE opinion_version SET frozen = replace(frozen, 'confirmed', 'refuted')",
        "opinion_version_update",
    )
    assert mdtapp("verify-pdf", released).status == 1


# --- the chain ----------------------------------------------------------------------------------


def tamper(app: Flask, statement: str, *guards: str) -> None:
    """What somebody does who has the database file and takes the guards away."""
    database = sqlite3.connect(database_file(app))
    for guard in guards:
        database.execute(f"DROP TRIGGER {guard}_refused")
    database.execute(statement)
    database.commit()
    database.close()


TAMPERING: dict[str, tuple[str, Callable[[int], int]]] = {
    "UPDATE event SET actor = 'user:99' WHERE seq = 5": ("its content was changed", lambda last: 5),
    "UPDATE event SET detail = '{}' WHERE seq = 5": ("its content was changed", lambda last: 5),
    "UPDATE event SET at = '2020-01-01 00:00:00.000000' WHERE seq = 5": (
        "its content was changed",
        lambda last: 5,
    ),
    "UPDATE event SET case_id = 2 WHERE seq = 5": ("its content was changed", lambda last: 5),
    "UPDATE event SET previous = hash WHERE seq = 5": (
        "it does not follow the event before it",
        lambda last: 5,
    ),
    "UPDATE event SET detail = 'no json' WHERE seq = 5": ("its content cannot be read", lambda last: 5),
    "DELETE FROM event WHERE seq = 5": ("an event is missing before this one", lambda last: 5),
    "DELETE FROM event WHERE seq > 5": ("the last events are missing", lambda last: 6),
    "DELETE FROM event_head": ("the last events are missing", lambda last: last + 1),
}


@pytest.mark.parametrize("statement", TAMPERING)
def test_any_altered_row_is_named_with_status_1(mdtapp: Command, app: Flask, statement: str):
    mdtapp.import_demo("DEMO-06")
    last = events(app)[-1].seq
    assert mdtapp.fine("verify-audit").out == f"The chain of {last} events is intact.\n"
    assert mdtapp.fine("verify-audit", "--json").json == {
        "whole": True,
        "events": last,
        "bad_event": None,
        "reason": "",
    }
    tamper(app, statement, "event_update", "event_delete")
    reason, place = TAMPERING[statement]
    assert mdtapp.refused("verify-audit") == f"Event {place(last)} does not hold: {reason}."
    said = mdtapp("verify-audit", "--json")
    assert (said.status, said.err) == (1, "")
    assert (said.json["whole"], said.json["bad_event"], said.json["reason"]) == (False, place(last), reason)


# --- keeping ------------------------------------------------------------------------------------


def test_backup_and_restore_from_the_command_line(
    mdtapp: Command, app: Flask, released: Path, tmp_path: Path
):
    from tests.server import instance_environment

    assert "database and keys included" in mdtapp.fine("backup", tmp_path / "kept").out
    elsewhere = Command(instance_environment(tmp_path / "elsewhere"), tmp_path)
    assert "events intact." in elsewhere.fine("restore", tmp_path / "kept").out
    assert elsewhere.fine("verify-audit").out == mdtapp.fine("verify-audit").out
    assert elsewhere.fine("verify-pdf", released, "--json").json["genuine"] is True
    assert "is not empty" in mdtapp.refused("backup", tmp_path / "kept")
    assert "is not empty" in elsewhere.refused("restore", tmp_path / "kept")


def test_the_doctor_prints_one_line_or_one_json_document(mdtapp: Command):
    said = mdtapp("doctor", "--json")
    assert said.status == (0 if all(finding["fine"] for finding in said.json) else 1)
    assert {finding.keys() == {"what", "fine", "detail"} for finding in said.json} == {True}
    assert len(mdtapp("doctor").out.splitlines()) == len(said.json)
