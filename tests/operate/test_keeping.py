"""Backup while the system runs, restore into an empty folder: the same hashes, the whole chain, or a sentence."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from mdtapp import operate
from mdtapp.app import create_app
from mdtapp.audit.trail import verify
from mdtapp.cases.identity import unseal
from mdtapp.cases.models import Case
from mdtapp.config import Settings
from mdtapp.errors import Invalid
from mdtapp.materials.spool import Spool
from mdtapp.materials.status import Source
from mdtapp.opinions.models import OpinionVersion
from mdtapp.store.db import session, unit_of_work
from tests.conftest import START, close
from tests.server import instance_environment
from tests.situations_opinion import IDENTITY, Desk


@pytest.fixture
def filled(app: Flask, transaction) -> Flask:
    """An installation with a released opinion, a sealed name, a file in the spool and a site's own discipline."""
    desk = Desk.ready(app)
    with transaction():
        version = desk.frozen(identity=IDENTITY)
        desk.signed(version.opinion)
        desk.release(version.opinion)
    instance = app.config["MDTAPP"].instance
    Spool(instance / "spool").receive(
        BytesIO(b"waits"), name="late.dcm", source=Source.UPLOAD, actor="user:1", at=START
    )
    (instance / "spool" / "half.part").write_bytes(b"not acknowledged")
    (instance / "disciplines").mkdir()
    (instance / "disciplines" / "README.txt").write_text("our own forms")
    (instance / "staging").mkdir()
    (instance / "staging" / "README.txt").write_text("our own tables")
    return app


def settings_below(folder: Path, url: str | None = None) -> Settings:
    more = {"MDTAPP_DATABASE_URL": url} if url else {}
    return Settings.from_environment(instance_environment(folder, **more))


@pytest.fixture
def elsewhere(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Settings of an empty instance and an empty database of the same kind."""
    if database_kind == "sqlite":
        yield settings_below(tmp_path / "elsewhere")
        return
    server = request.getfixturevalue("postgres")
    yield settings_below(tmp_path / "elsewhere", server.create("restored"))
    server.drop("restored")


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.both_databases
def test_what_is_restored_is_what_was_backed_up(filled: Flask, elsewhere: Settings, tmp_path: Path):
    told = operate.backup(filled, tmp_path / "kept")
    assert "database and keys included" in told
    told = operate.restore(elsewhere, tmp_path / "kept")
    assert "intact" in told
    source, target = filled.config["MDTAPP"].instance, elsewhere.instance
    for part in ("objects", "disciplines", "staging"):
        assert contents(target / part) == contents(source / part)
    assert [path.suffix for path in sorted((target / "spool").iterdir())] == [".json", ".ready"]
    assert [found.name for found in Spool(target / "spool").ready()] == ["late.dcm"]
    restored = create_app(elsewhere)
    with restored.app_context(), unit_of_work(writing=False):
        assert verify().whole
        version = session.query(OpinionVersion).one()
        assert restored.extensions["mdtapp.objects"].exists(version.pdf_sha256)
        sealed = session.query(Case).one().patient.identity
        assert sealed is not None
        assert unseal(sealed.sealed, restored.extensions["mdtapp.identity_key"]) == IDENTITY
    close(restored)


def test_a_restored_database_still_guards_its_rows(filled: Flask, tmp_path: Path):
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    operate.backup(filled, tmp_path / "kept")
    wanted = settings_below(tmp_path / "elsewhere")
    operate.restore(wanted, tmp_path / "kept")
    restored = create_app(wanted)
    with pytest.raises(DBAPIError, match="never changed"), restored.app_context(), unit_of_work():
        session.execute(text("DELETE FROM event"))
    close(restored)


def test_keys_and_database_stay_private(filled: Flask, tmp_path: Path):
    operate.backup(filled, tmp_path / "kept")
    operate.restore(settings_below(tmp_path / "elsewhere"), tmp_path / "kept")
    for folder in (tmp_path / "kept", tmp_path / "elsewhere" / "instance"):
        assert folder.stat().st_mode & 0o077 == 0
        for name in ("identity.key", "session.key", "mdtapp.sqlite"):
            assert (folder / name).stat().st_mode & 0o077 == 0


def test_the_manifest_is_what_sha256sum_reads(filled: Flask, tmp_path: Path):
    import subprocess

    operate.backup(filled, tmp_path / "kept")
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "manifest.sha256"], cwd=tmp_path / "kept", check=False
    )
    assert done.returncode == 0


def test_it_is_taken_while_somebody_writes(filled: Flask, tmp_path: Path):
    """A transaction that is not committed yet is not in it, and does not hold it up."""
    live = sqlite3.connect(filled.config["MDTAPP"].instance / "mdtapp.sqlite", isolation_level=None)
    live.execute("BEGIN IMMEDIATE")
    live.execute("UPDATE \"case\" SET setting = 'half'")
    operate.backup(filled, tmp_path / "kept")
    live.execute("ROLLBACK")
    live.close()
    copy = sqlite3.connect(tmp_path / "kept" / "mdtapp.sqlite")
    assert copy.execute('SELECT setting FROM "case"').fetchall() == [("",)]
    copy.close()


def test_an_arrival_that_is_processed_meanwhile_is_left_to_the_database(
    filled: Flask, tmp_path: Path, monkeypatch
):
    import shutil

    real = shutil.copy2

    def vanishing(source: Any, target: Any) -> Any:
        if str(source).endswith(".ready"):
            Path(source).unlink()
        return real(source, target)

    monkeypatch.setattr(shutil, "copy2", vanishing)
    operate.backup(filled, tmp_path / "kept")
    assert list((tmp_path / "kept" / "spool").iterdir()) == []


def test_a_damaged_file_stops_the_backup(filled: Flask, tmp_path: Path):
    stored = next((filled.config["MDTAPP"].instance / "objects").glob("??/*"))
    stored.write_bytes(b"rotten")
    with pytest.raises(Invalid, match=f"{stored.name} is damaged"):
        operate.backup(filled, tmp_path / "kept")


def test_nothing_is_written_over(filled: Flask, tmp_path: Path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "mine.txt").write_text("mine")
    with pytest.raises(Invalid, match="not empty"):
        operate.backup(filled, tmp_path / "kept")
    operate.backup(filled, tmp_path / "other")
    with pytest.raises(Invalid, match="not empty"):
        operate.restore(filled.config["MDTAPP"], tmp_path / "other")
    wanted = settings_below(tmp_path / "elsewhere", f"sqlite:///{tmp_path / 'there.sqlite'}")
    (tmp_path / "there.sqlite").write_bytes(b"mine")
    with pytest.raises(Invalid, match="holds something already"):
        operate.restore(wanted, tmp_path / "other")
    assert (tmp_path / "there.sqlite").read_bytes() == b"mine"


def test_the_database_goes_where_the_settings_say(filled: Flask, tmp_path: Path):
    operate.backup(filled, tmp_path / "kept")
    wanted = settings_below(tmp_path / "elsewhere", f"sqlite:///{tmp_path / 'data' / 'there.sqlite'}")
    operate.restore(wanted, tmp_path / "kept")
    assert (tmp_path / "data" / "there.sqlite").is_file()
    assert not (wanted.instance / "mdtapp.sqlite").exists()


def altered(folder: Path) -> None:
    stored = next((folder / "objects").glob("??/*"))
    stored.write_bytes(stored.read_bytes() + b" ")


def lacking(folder: Path) -> None:
    next((folder / "objects").glob("??/*")).unlink()


def unfinished(folder: Path) -> None:
    (folder / "manifest.sha256").unlink()


def leading_out(folder: Path) -> None:
    with (folder / "manifest.sha256").open("a") as manifest:
        manifest.write(f"{'0' * 64}  ../../escaped\n")


def broken_chain(folder: Path) -> None:
    database = sqlite3.connect(folder / "mdtapp.sqlite")
    database.execute("DROP TRIGGER event_update_refused")
    database.execute("UPDATE event SET actor = 'user:99' WHERE seq = 3")
    database.commit()
    database.close()
    name = "mdtapp.sqlite"
    fresh = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    manifest = folder / "manifest.sha256"
    lines = [line for line in manifest.read_text().splitlines() if not line.endswith(name)]
    manifest.write_text("\n".join([*lines, f"{fresh}  {name}"]) + "\n")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (altered, "is damaged"),
        (lacking, "lacks the file"),
        (unfinished, "holds no finished backup"),
        (leading_out, "cannot be read"),
    ],
)
def test_a_spoilt_backup_is_refused_and_leaves_nothing(
    filled: Flask, tmp_path: Path, spoil: Callable[[Path], None], sentence: str
):
    operate.backup(filled, tmp_path / "kept")
    spoil(tmp_path / "kept")
    wanted = settings_below(tmp_path / "elsewhere")
    with pytest.raises(Invalid, match=sentence):
        operate.restore(wanted, tmp_path / "kept")
    assert not wanted.instance.exists() or list(wanted.instance.iterdir()) == []


def test_a_broken_chain_is_told_after_the_restore(filled: Flask, tmp_path: Path):
    operate.backup(filled, tmp_path / "kept")
    broken_chain(tmp_path / "kept")
    with pytest.raises(Invalid, match="broken at event 3"):
        operate.restore(settings_below(tmp_path / "elsewhere"), tmp_path / "kept")


def test_a_backup_of_the_other_kind_of_database_is_told(filled: Flask, tmp_path: Path):
    operate.backup(filled, tmp_path / "kept")
    manifest = tmp_path / "kept" / "manifest.sha256"
    manifest.write_text(manifest.read_text().replace("mdtapp.sqlite", "mdtapp.dump"))
    (tmp_path / "kept" / "mdtapp.sqlite").rename(tmp_path / "kept" / "mdtapp.dump")
    with pytest.raises(Invalid, match="backup is of a PostgreSQL database"):
        operate.restore(settings_below(tmp_path / "elsewhere"), tmp_path / "kept")


def test_the_password_of_the_database_stands_in_no_argument(tmp_path: Path, monkeypatch):
    import subprocess

    from mdtapp.operate import keeping

    seen: dict[str, Any] = {}

    def run(arguments: list[str], **options: Any) -> Any:
        seen.update(arguments=arguments, env=options["env"])
        return subprocess.CompletedProcess(arguments, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    settings = settings_below(tmp_path, "postgresql://mdt:very%20secret@db.hospital.example/mdtapp")
    keeping._copy_database(settings, tmp_path)
    assert "secret" not in json.dumps(seen["arguments"])
    assert seen["env"]["PGPASSWORD"] == "very secret"
    assert "db.hospital.example" in json.dumps(seen["arguments"])


# --- doctor -------------------------------------------------------------------------------------


def found(settings: Settings) -> dict[str, tuple[bool, str]]:
    return {finding.what: (finding.fine, finding.detail) for finding in operate.examine(settings)}


def test_the_doctor_looks_at_schema_chain_folder_and_front_end(filled: Flask, tmp_path: Path):
    settings = filled.config["MDTAPP"]
    seen = found(settings)
    for what in ("database schema", "event chain", "instance folder", "address", "free disk"):
        assert seen[what][0], seen[what]
    assert "front-end files" in seen
    settings.instance.chmod(0o755)
    assert found(settings)["instance folder"] == (False, f"run: chmod 700 {settings.instance}")


def test_the_doctor_names_what_is_wrong(tmp_path: Path):
    settings = settings_below(tmp_path)
    seen = found(settings)
    assert seen["database schema"] == (False, "run: mdtapp upgrade")
    assert "event chain" not in seen
