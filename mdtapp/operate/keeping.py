"""Backup while the system runs, and restore into an empty folder; every file is verified by its hash.

A backup is a folder: the database, `objects/`, `spool/`, `disciplines/`, the keys, and last of all
`manifest.sha256`, which names every file in the format of sha256sum.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from flask import Flask
from sqlalchemy import URL, create_engine, inspect, make_url

from mdtapp.app import create_app
from mdtapp.audit.trail import verify
from mdtapp.clinical.bitext import Bitext
from mdtapp.config import Settings
from mdtapp.errors import Invalid
from mdtapp.materials.spool import Spool
from mdtapp.store.db import db, unit_of_work
from mdtapp.store.objects import CHUNK

KEYS = ("session.key", "identity.key")
FILES_OF_THE_SITE = ("disciplines", "staging")
DATABASE = "mdtapp.sqlite"
DUMP = "mdtapp.dump"
MANIFEST = "manifest.sha256"
LONGEST_DUMP_SECONDS = 3600


def backup(app: Flask, folder: Path) -> str:
    """First what waits in the spool, then the database, then the files.

    What leaves the spool meanwhile is in the database that is copied afterwards, and whatever
    file a row of it names is in the files that are copied last: nothing acknowledged is missing.
    """
    settings: Settings = app.config["MDTAPP"]
    if folder.exists() and any(folder.iterdir()):
        raise Invalid(
            Bitext(f"{folder} is not empty. Name a new folder.", "目标文件夹非空，请指定新文件夹。")
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    Spool(settings.instance / "spool").copy_to(folder / "spool")
    _copy_database(settings, folder)
    _copy_objects(settings.instance / "objects", folder / "objects")
    for part in FILES_OF_THE_SITE:
        if (settings.instance / part).is_dir():
            shutil.copytree(settings.instance / part, folder / part)
    for key in KEYS:
        shutil.copy2(settings.instance / key, folder / key)
    lines = [f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder)]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8")
    os.sync()
    return f"{folder}: {len(lines)} files, database and keys included. Keep it where patients' records may be kept."


def restore(settings: Settings, folder: Path) -> str:
    """Copies a backup into an instance folder and a database that hold nothing yet, and walks the event chain."""
    wanted = _read_manifest(folder)
    _check_empty(settings)
    _check_database_fits(settings, wanted)
    settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        for name, sha256 in wanted.items():
            _copy_verified(folder / name, settings.instance / name, sha256)
        _restore_database(settings)
    except BaseException:
        _empty(settings.instance)
        raise
    events = _verified_events(settings)
    return f"{settings.instance}: {len(wanted)} files verified, the database restored, its {events} events intact."


# --- what is copied -----------------------------------------------------------------------------


def _copy_objects(source: Path, target: Path) -> None:
    """Content-addressed files; Invalid names the first one that is not what its name says."""
    for path in sorted(source.glob("??/*")):
        copy = target / path.parent.name / path.name
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(path, copy)
        if _sha256(copy) != path.name:
            raise Invalid(Bitext(f"The file {path.name} is damaged.", f"文件 {path.name} 已损坏。"))


def _copy_database(settings: Settings, folder: Path) -> None:
    if not settings.is_sqlite:
        _run_postgres(settings, "pg_dump", "--format=custom", f"--file={folder / DUMP}")
        return
    live, copy = sqlite3.connect(_sqlite_file(settings)), sqlite3.connect(folder / DATABASE)
    with closing(live), closing(copy):
        live.backup(copy)
    (folder / DATABASE).chmod(0o600)


# --- what is checked before anything is written -------------------------------------------------


def _read_manifest(folder: Path) -> dict[str, str]:
    """Hash by relative path; Invalid when there is none, when a file is missing, or when a path leads outside."""
    if not (folder / MANIFEST).is_file():
        raise Invalid(
            Bitext(f"{folder} holds no finished backup: {MANIFEST} is missing.", "该文件夹中没有完整的备份。")
        )
    wanted = {}
    for line in (folder / MANIFEST).read_text(encoding="utf-8").splitlines():
        sha256, _, name = line.partition("  ")
        if not name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise Invalid(Bitext(f"{MANIFEST} cannot be read: {line[:80]}", f"{MANIFEST} 无法读取。"))
        if not (folder / name).is_file():
            raise Invalid(Bitext(f"The backup lacks the file {name}.", f"备份中缺少文件 {name}。"))
        wanted[name] = sha256
    return wanted


def _check_empty(settings: Settings) -> None:
    instance = settings.instance
    if instance.exists() and any(instance.iterdir()):
        raise Invalid(
            Bitext(
                f"{instance} is not empty. Point MDTAPP_INSTANCE at a new folder.",
                "实例文件夹非空，请另指定新文件夹。",
            )
        )
    if settings.is_sqlite:
        filled = _sqlite_file(settings).exists()
    else:
        engine = create_engine(settings.database_url)
        filled = bool(inspect(engine).get_table_names())
        engine.dispose()
    if filled:
        raise Invalid(
            Bitext(
                "The database of MDTAPP_DATABASE_URL holds something already. Name an empty one.",
                "MDTAPP_DATABASE_URL 指定的数据库非空，请指定空数据库。",
            )
        )


def _check_database_fits(settings: Settings, wanted: dict[str, str]) -> None:
    needed = DATABASE if settings.is_sqlite else DUMP
    if needed not in wanted:
        kind = "PostgreSQL" if settings.is_sqlite else "SQLite"
        raise Invalid(
            Bitext(
                f"This backup is of a {kind} database. Set MDTAPP_DATABASE_URL to one of that kind.",
                f"该备份来自 {kind} 数据库，请相应设置 MDTAPP_DATABASE_URL。",
            )
        )


# --- what is brought back -----------------------------------------------------------------------


def _copy_verified(source: Path, target: Path, sha256: str) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy2(source, target)
    if _sha256(target) != sha256:
        raise Invalid(
            Bitext(
                f"The file {source.name} of the backup is damaged.", f"备份中的文件 {source.name} 已损坏。"
            )
        )


def _restore_database(settings: Settings) -> None:
    """Moves the copied database to where the settings want it."""
    if not settings.is_sqlite:
        dump = settings.instance / DUMP
        _run_postgres(
            settings, "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(dump)
        )
        dump.unlink()
    elif (wanted := _sqlite_file(settings)) != settings.instance / DATABASE:
        wanted.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(settings.instance / DATABASE, wanted)


def _verified_events(settings: Settings) -> int:
    with create_app(settings).app_context():
        with unit_of_work(writing=False):
            chain = verify()
        db.engine.dispose()
    if not chain.whole:
        raise Invalid(
            Bitext(
                f"Everything is restored, but the event chain of the backup is broken at event {chain.bad_seq}.",
                f"已恢复全部内容，但备份的事件链在第{chain.bad_seq}条处断裂。",
            )
        )
    return chain.events


def _empty(folder: Path) -> None:
    """Takes back a restore that failed, so that it can be tried again."""
    for path in folder.iterdir():
        with suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


# --- parts --------------------------------------------------------------------------------------


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _sqlite_file(settings: Settings) -> Path:
    return Path(make_url(settings.database_url).database or "")


def _run_postgres(settings: Settings, program: str, *arguments: str) -> None:
    """Runs one of PostgreSQL's programs on the site's database; the password never stands among its arguments."""
    url = make_url(settings.database_url)
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    address = plain.render_as_string(hide_password=False)
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    try:
        done = subprocess.run(
            [program, f"--dbname={address}", *arguments],
            env=os.environ | secret,
            capture_output=True,
            text=True,
            timeout=LONGEST_DUMP_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise Invalid(
            Bitext(f"{program} is missing. Install the package postgresql-client.", f"缺少 {program}。")
        ) from error
    if done.returncode:
        said = next(iter(done.stderr.strip().splitlines()[-1:]), f"it ended with {done.returncode}")
        raise Invalid(Bitext(f"{program} failed: {said}", f"{program} 失败：{said}"))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
