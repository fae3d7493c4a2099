"""Every command: its help, its refusals in one sentence, one JSON document where JSON is asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask

from mdtapp.cli import main
from mdtapp.disciplines.loader import read_catalogue
from mdtapp.disciplines.staging_tables import read_tables
from mdtapp.people.models import User
from mdtapp.people.queries import find_by_email, find_token_owner
from mdtapp.store.db import session
from tests.cli.conftest import Command
from tests.conftest import Person, Visitor, add_person
from tests.server import instance_environment
from tests.server import mdtapp as in_a_process
from tests.situations import events
from tests.situations_opinion import demo

COMMANDS = {
    "run", "web", "worker", "gateway", "upgrade", "seed-demo", "add-user", "token", "import-case", "import-materials",
    "conflicts", "draft", "opinion-pdf", "verify-pdf", "verify-audit", "backup", "restore", "doctor",
}  # fmt: skip
PERSON = ("--name", "Dr New", "--role", "chair")


# --- help ---------------------------------------------------------------------------------------


def test_the_commands_are_those_people_build_on():
    assert main.commands.keys() >= COMMANDS


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(mdtapp: Command, name: str):
    command = main.commands[name]
    said = mdtapp.fine(name, "--help")
    assert f"Usage: main {name}" in said.out
    assert (command.help or "").split(".")[0][:40] in said.out
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.opts[0] in said.out


def test_the_module_is_the_command(tmp_path: Path):
    environ = instance_environment(tmp_path)
    done = in_a_process(environ, "--version")
    assert done.stdout.startswith("mdtapp, version ")
    assert not (tmp_path / "instance").exists()


# --- refusals -----------------------------------------------------------------------------------

REFUSALS: list[tuple[tuple[str, ...], str]] = [
    (("conflicts", "MDT-2026-0001"), "There is no case MDT-2026-0001."),
    (("conflicts", "\x00"), "There is no case \x00."),
    (("conflicts",), "Name a case, or a file with --file."),
    (("draft", "nonsense"), "There is no case nonsense."),
    (("opinion-pdf", "MDT-2026-0001", "--out", "x.pdf"), "There is no case MDT-2026-0001."),
    (("import-case", "missing.json"), "missing.json: No such file or directory."),
    (("import-case", "."), ".: Is a directory."),
    (("import-materials", "MDT-2026-0001", "."), "MDT-2026-0001"),
    (("token", "nobody@b.example"), "There is no active person with the e-mail nobody@b.example."),
    (("add-user", "nobody", *PERSON), "This is not an e-mail address."),
    (
        ("add-user", "new@b.example", *PERSON, "--discipline", "astrology"),
        "There is no discipline astrology.",
    ),
    (("add-user", "new@b.example", *PERSON, "--as", "nobody@b.example"), "There is no active person"),
    (("add-user", "new@b.example", "--name", " ", "--role", "chair"), "Give the person's name with --name."),
    (
        ("add-user", "new@b.example", "--name", "Dr N", "--role", "specialist"),
        "needs at least one --discipline",
    ),
    (("restore", "no-such-folder"), "holds no finished backup"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSALS, ids=[" ".join(a)[:40] for a, _ in REFUSALS])
def test_a_refusal_is_one_sentence(mdtapp: Command, arguments: tuple[str, ...], sentence: str):
    assert sentence in mdtapp.refused(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [("no-such-command",), ("conflicts", "--no-such-option"), ("add-user", "a@b.example", "--name", "A", "--role", "king"),
     ("token", "a@b.example", "--days", "0"), ("opinion-pdf", "X", "--out", "y", "--lang", "fr")],
)  # fmt: skip
def test_a_wrong_call_says_how_it_is_called(mdtapp: Command, arguments: tuple[str, ...]):
    said = mdtapp(*arguments)
    assert (said.status, said.out) == (2, "")
    assert "Error: " in said.err


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("MDTAPP_PORT", "eighty", "MDTAPP_PORT is 'eighty'"),
        ("MDTAPP_DATABASE_URL", "oracle://x", "MDTAPP_DATABASE_URL starts with 'oracle'"),
        ("MDTAPP_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "The database refused this"),
        ("MDTAPP_DATABASE_URL", "sqlite:////no/such/folder/x.sqlite", "The database refused this"),
        ("MDTAPP_INSTANCE", "/proc/no-such-place", "No such file or directory"),
    ],
)
@pytest.mark.parametrize("command", ["verify-audit", "doctor", "conflicts"])
def test_an_unusable_setting_is_told(mdtapp: Command, variable: str, value: str, sentence: str, command: str):
    wrong = Command(mdtapp.environ | {variable: value}, mdtapp.folder)
    arguments = (command, "MDT-2026-0001") if command == "conflicts" else (command,)
    assert sentence in wrong.refused(*arguments)


def test_an_old_schema_is_told_with_what_to_do(tmp_path: Path):
    fresh = Command(instance_environment(tmp_path), tmp_path)
    assert "Run: mdtapp upgrade" in fresh.refused("conflicts", "MDT-2026-0001")
    assert "schema 0" in fresh.fine("upgrade").out
    assert "schema 0" in fresh.fine("upgrade").out
    assert "There is no case" in fresh.refused("conflicts", "MDT-2026-0001")


def test_nothing_of_a_program_is_shown_in_a_process_of_its_own(tmp_path: Path):
    environ = instance_environment(tmp_path)
    done = in_a_process(environ, "verify-audit", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("place", "text", "said"),
    [
        ("disciplines/ours.yaml", "changes: radiology\nfields:\n  - {key: criteria, type: text}\n", "ours.yaml, line 3: “type”"),
        ("staging/lung.yaml", "system: tnm8\nsite: elbow\n", "lung.yaml, line 1: “source”"),
    ],
)  # fmt: skip
def test_a_faulty_file_of_the_site_stops_the_start(mdtapp: Command, place: str, text: str, said: str):
    path = Path(mdtapp.environ["MDTAPP_INSTANCE"]) / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    read_catalogue.cache_clear()
    read_tables.cache_clear()
    sentence = mdtapp.refused("run")
    assert said in sentence
    assert "Correct the file and start again." in sentence


# --- people -------------------------------------------------------------------------------------


def test_a_person_is_added_and_sets_a_password_by_the_link(
    mdtapp: Command, app: Flask, transaction, client: Visitor
):
    said = mdtapp.fine(
        "add-user", "New@B.example", "--name", "Dr New", "--role", "specialist",
        "--discipline", "radiology", "--discipline", "nuclear_medicine",
    )  # fmt: skip
    base_url = app.config["MDTAPP"].base_url
    assert re.fullmatch(rf"{re.escape(base_url)}/password/[\w-]{{20,}}\n", said.out)
    path = said.out.strip().removeprefix(base_url)
    assert client.submit(path, {"password": "a long sentence of mine"}).status_code == 302
    with transaction():
        user = find_by_email("new@b.example")
        assert user is not None
        assert (str(user.role), user.disciplines) == ("specialist", ["nuclear_medicine", "radiology"])
    (added,) = events(app, "person:added")
    assert re.fullmatch(r"system:cli\(.+\)", added.actor)
    assert "Somebody has this e-mail already." in mdtapp.refused(
        "add-user", "new@b.example", "--name", "Dr New", "--role", "chair"
    )


def test_an_act_is_recorded_as_of_the_person_named(mdtapp: Command, app: Flask, admin: Person):
    mdtapp.fine("add-user", "new@b.example", *PERSON, "--as", admin.email)
    assert events(app, "person:added")[-1].actor == f"user:{admin.user_id}"


def test_a_token_is_printed_and_nothing_else(mdtapp: Command, app: Flask, transaction, coordinator: Person):
    said = mdtapp.fine("token", coordinator.email)
    assert re.fullmatch(r"[\w-]{20,}\n", said.out)
    with transaction():
        at = datetime.now(UTC)
        owner = find_token_owner(said.out.strip(), at)
        assert owner is not None
        assert owner.email == coordinator.email
        assert find_token_owner(said.out.strip(), at + timedelta(days=31)) is None
    (issued,) = events(app, "token:issued")
    assert issued.detail == {"days": 30}


def test_nobody_who_is_suspended_gets_a_token(mdtapp: Command, app: Flask, transaction):
    user_id = add_person(app, "coordinator")
    with transaction():
        user = session.get_one(User, user_id)
        user.active = False
        email = user.email
    assert "There is no active person" in mdtapp.refused("token", email)


# --- importing ----------------------------------------------------------------------------------


def test_importing_tells_what_became_of_each_case(mdtapp: Command, demo_file: Path):
    rows = mdtapp.fine("import-case", demo_file, "--json").json
    assert [(row["source_id"], row["case_no"], row["inputs"]) for row in rows] == [
        ("DEMO-01", "MDT-2026-0001", 6),
        ("DEMO-02", "MDT-2026-0002", 6),
        ("DEMO-04", "MDT-2026-0003", 6),
        ("DEMO-06", "MDT-2026-0004", 5),
        ("DEMO-07", "MDT-2026-0005", 7),
        ("DEMO-08", "MDT-2026-0006", 5),
    ]
    assert all(row.keys() == {"source_id", "case_no", "inputs"} for row in rows)
    assert len(mdtapp.fine("import-case", demo_file).out.splitlines()) == 6


def test_one_wrong_case_keeps_the_whole_file_out(mdtapp: Command, app: Flask):
    wrong = demo("DEMO-06")
    wrong["patient"]["birth_year"] = "1955"
    sentence = mdtapp.refused("import-case", mdtapp.file({"cases": [demo("DEMO-01"), wrong]}))
    assert sentence == "DEMO-06: patient.birth_year must be a whole number from 1900 to 2100."
    late = demo("DEMO-06")
    late["patient"]["pseudonym"] = demo("DEMO-01")["patient"]["pseudonym"]
    sentence = mdtapp.refused("import-case", mdtapp.file([demo("DEMO-01"), late]))
    assert sentence.startswith("DEMO-06: This pseudonym belongs to a person of another sex or birth year.")
    assert events(app) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not a text in UTF-8"),
        (b"[NaN]", "holds a number or a nesting that no case has"),
        (b"[" + b"9" * 5000 + b"]", "holds a number or a nesting that no case has"),
        (b"[" * 100_000, "holds a number or a nesting that no case has"),
        (b"[" * 300 + b"]" * 300, "is nested too deeply"),
        (b'"text"', "holds no cases"),
        (b"null", "holds no cases"),
        (b"[1]", "holds no cases"),
        (b'{"cases": {}}', "Give a pseudonym"),
        (b"{}", "Give a pseudonym"),
    ],
)
def test_a_file_that_is_none_is_told(mdtapp: Command, app: Flask, content: bytes, sentence: str):
    assert sentence in mdtapp.refused("import-case", mdtapp.file(content))
    assert events(app) == []


def test_a_byte_order_mark_is_no_fault(mdtapp: Command):
    path = mdtapp.file(demo("DEMO-06"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    mdtapp.fine("import-case", path)


def test_an_empty_file_of_cases_imports_none(mdtapp: Command):
    assert mdtapp.fine("import-case", mdtapp.file([]), "--json").json == []


def test_materials_are_imported_for_the_person_named(mdtapp: Command, app: Flask, coordinator: Person):
    case_no = mdtapp.import_demo("DEMO-06")
    letter = mdtapp.file(b"Dear colleagues", "letter.txt")
    report = mdtapp.fine("import-materials", case_no, letter, "--as", coordinator.email, "--json").json
    assert report.keys() == {"files", "studies"}
    assert [(row["path"], row["outcome"]) for row in report["files"]] == [(str(letter), "accepted")]
    assert events(app, "intake:accepted")[-1].actor == f"user:{coordinator.user_id}"


# --- drafts -------------------------------------------------------------------------------------


def test_two_processes_print_the_same_draft(mdtapp: Command, app: Flask, demo_file: Path):
    case_no = mdtapp.import_demo("DEMO-02")
    before = len(events(app))
    prints = [
        in_a_process(mdtapp.environ | {"PYTHONHASHSEED": seed}, "draft", case_no, "--json").stdout
        for seed in ("1", "2")
    ]
    assert prints[0] == prints[1]
    assert len(events(app)) == before, "nothing is stored"


def test_a_draft_has_provenance_on_every_statement(mdtapp: Command):
    draft = mdtapp.fine("draft", mdtapp.import_demo("DEMO-07"), "--json").json
    assert draft.keys() == {"result_class", "sections"}
    statements: list[dict[str, Any]] = [s for section in draft["sections"] for s in section["statements"]]
    assert statements
    allowed = {
        "discipline",
        "revision",
        "field",
        "row",
        "value",
        "material",
        "page",
        "rule",
        "chair",
        "template",
    }
    for statement in statements:
        assert statement["provenance"], statement["text"]
        assert {"en", "zh"} == statement["text"].keys()
        for origin in statement["provenance"]:
            assert origin.keys() <= allowed
