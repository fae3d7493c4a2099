"""Bringing the database to the current schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from mdtapp.store.db import db

FOLDER = Path(__file__).parent / "migrations"


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(app: Flask, revision: str = "head") -> None:
    """Runs the migrations up to `revision`; each one whole or not at all."""
    with app.app_context():
        command.upgrade(configuration(), revision)


def downgrade(app: Flask, revision: str) -> None:
    with app.app_context():
        command.downgrade(configuration(), revision)


def current_revision(app: Flask) -> str | None:
    with app.app_context(), db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(app: Flask) -> bool:
    """Whether the database has the newest schema; a missing one has not."""
    return current_revision(app) == ScriptDirectory.from_config(configuration()).get_current_head()
