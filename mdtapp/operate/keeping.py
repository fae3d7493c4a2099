"""Backup while the system runs, and restore into an empty folder; every file is verified by its hash."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
from pathlib import Path

from flask import Flask
from sqlalchemy import make_url

from mdtapp.clinical.bitext import Bitext
from mdtapp.config import Settings
from mdtapp.errors import Invalid
from mdtapp.store.objects import CHUNK, sync_folder

KEYS = ("session.key", "identity.key")
DATABASE = "mdtapp.sqlite"
DUMP = "mdtapp.dump"


def backup(app: Flask, folder: Path) -> str:
    """Database first, then files: every file a row names is there, whatever arrived meanwhile."""
    settings: Settings = app.config["MDTAPP"]
    if folder.exists() and any(folder.iterdir()):
        raise Invalid(
            Bitext(f"{folder} is not empty. Name a new folder.", "目标文件夹非空，请指定新文件夹。")
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _copy_database(settings, folder)
    files = _copy_objects(settings.instance / "objects", folder / "objects")
    _copy_tree(settings.instance / "disciplines", folder / "disciplines")
    _copy_tree(settings.instance / "spool", folder / "spool")
    for key in KEYS:
        shutil.copy2(settings.instance / key, folder / key)
    sync_folder(folder)
    return f"{folder}: database, {files} files and keys. Keep it where patients' records may be kept."


def restore(settings: Settings, folder: Path) -> str:
    """Copies a backup into an instance folder that holds nothing yet, checking every file."""
    instance = settings.instance
    if instance.exists() and any(instance.iterdir()):
        raise Invalid(
            Bitext(
                f"{instance} is not empty. Point MDTAPP_INSTANCE at a new folder.",
                "实例文件夹非空，请另指定新文件夹。",
            )
        )
    if not (folder / KEYS[0]).is_file():
        raise Invalid(Bitext(f"{folder} holds no backup.", "该文件夹中没有备份。"))
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = _copy_objects(folder / "objects", instance / "objects")
    _copy_tree(folder / "disciplines", instance / "disciplines")
    _copy_tree(folder / "spool", instance / "spool")
    for key in KEYS:
        shutil.copy2(folder / key, instance / key)
    _restore_database(settings, folder)
    return f"{instance}: {files} files verified and the database restored. Run: mdtapp verify-audit"


def _copy_database(settings: Settings, folder: Path) -> None:
    if settings.is_sqlite:
        source = sqlite3.connect(make_url(settings.database_url).database or "")
        target = sqlite3.connect(folder / DATABASE)
        with source, target:
            source.backup(target)
        source.close()
        target.close()
    else:
        subprocess.run(
            ["pg_dump", "--format=custom", f"--file={folder / DUMP}", _plain(settings)],
            check=True,
            timeout=3600,
        )


def _restore_database(settings: Settings, folder: Path) -> None:
    if settings.is_sqlite:
        shutil.copy2(folder / DATABASE, make_url(settings.database_url).database or "")
    else:
        subprocess.run(
            [
                "pg_restore",
                "--clean",
                "--if-exists",
                "--no-owner",
                f"--dbname={_plain(settings)}",
                str(folder / DUMP),
            ],
            check=True,
            timeout=3600,
        )


def _plain(settings: Settings) -> str:
    return settings.database_url.replace("postgresql+psycopg:", "postgresql:", 1)


def _copy_objects(source: Path, target: Path) -> int:
    """Copies content-addressed files; Invalid names the first one that is not what its name says."""
    count = 0
    for path in sorted(source.glob("??/*")) if source.is_dir() else []:
        copy = target / path.parent.name / path.name
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(path, copy)
        if _sha256(copy) != path.name:
            raise Invalid(Bitext(f"The file {path.name} is damaged.", f"文件 {path.name} 已损坏。"))
        count += 1
    return count


def _copy_tree(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
