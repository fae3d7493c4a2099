"""Migrations: up, down, up and down with rows in every table, and the models are what they make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask

from mdtapp.app import create_app
from mdtapp.config import Settings
from mdtapp.schema.migrate import configuration, current_revision, downgrade, is_current, upgrade
from mdtapp.store.db import Base, db
from tests.conftest import close
from tests.server import instance_environment

pytestmark = pytest.mark.both_databases

SCRIPTS = ScriptDirectory.from_config(configuration())
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()][::-1]

# What the check constraints ask of a row that a value of the column's type alone would not satisfy.
MADE_BY_MIGRATIONS = {"event_head"}
VALUES: dict[str, Any] = {
    "home_country": "CH",
    "birth_year": 1970,
    "study_link.state": "waiting",
    "meeting.minutes": 45,
    "intake_file.decided_by": "",
}


@pytest.fixture
def bare_app(empty_database_url: str, tmp_path: Any) -> Iterator[Flask]:
    """The application on a database without tables."""
    app = create_app(
        Settings.from_environment(instance_environment(tmp_path, MDTAPP_DATABASE_URL=empty_database_url))
    )
    yield app
    close(app)


def test_migrations_are_one_line_numbered_in_order() -> None:
    assert SCRIPTS.get_heads() == [REVISIONS[-1]]
    assert [f"{number:04d}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS


def test_up_and_down(bare_app: Flask) -> None:
    assert not is_current(bare_app)
    upgrade(bare_app)
    assert is_current(bare_app)
    assert current_revision(bare_app) == REVISIONS[-1]
    upgrade(bare_app)
    downgrade(bare_app, "base")
    assert tables_of(bare_app) == set()
    upgrade(bare_app)
    assert tables_of(bare_app) == set(Base.metadata.tables)


def test_up_and_down_with_rows(bare_app: Flask) -> None:
    counts: dict[str, int] = {}
    for revision in REVISIONS:
        upgrade(bare_app, revision)
        assert {name: rows for name, rows in count_rows(bare_app).items() if rows < counts.get(name, 0)} == {}
        fill_empty_tables(bare_app)
        counts = count_rows(bare_app)
    assert {name for name, rows in counts.items() if rows == 0} == set()
    for revision in [*REVISIONS[-2::-1], "base"]:
        downgrade(bare_app, revision)
    assert tables_of(bare_app) == set()


def test_models_are_what_the_migrations_make(bare_app: Flask) -> None:
    upgrade(bare_app)
    with bare_app.app_context():
        command.check(configuration())


def test_a_draft_never_drops_a_table_it_does_not_know(bare_app: Flask) -> None:
    upgrade(bare_app)
    with bare_app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE made_by_the_site (id INTEGER PRIMARY KEY)"))
    with bare_app.app_context():
        command.check(configuration())


# --- rows for every table ---------------------------------------------------------------------


def reflect(app: Flask) -> sa.MetaData:
    metadata = sa.MetaData()
    with app.app_context():
        metadata.reflect(db.engine)
    metadata.remove(metadata.tables["alembic_version"]) if "alembic_version" in metadata.tables else None
    return metadata


def tables_of(app: Flask) -> set[str]:
    return set(reflect(app).tables)


def count_rows(app: Flask) -> dict[str, int]:
    tables = reflect(app).tables
    with app.app_context(), db.engine.connect() as connection:
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }


def fill_empty_tables(app: Flask) -> None:
    """One row in every table that has none; references point at the first row."""
    counts = count_rows(app)
    with app.app_context(), db.engine.begin() as connection:
        for table in reflect(app).sorted_tables:
            if counts[table.name] == 0 and table.name not in MADE_BY_MIGRATIONS:
                connection.execute(table.insert(), [row_for(table)])


def row_for(table: sa.Table) -> dict[str, Any]:
    return {column.name: value_for(table, column) for column in table.columns if not column.nullable}


def value_for(table: sa.Table, column: sa.Column[Any]) -> Any:
    for key in (f"{table.name}.{column.name}", column.name):
        if key in VALUES:
            return VALUES[key]
    if column.foreign_keys and isinstance(column.type, sa.Integer):
        return 1
    makers: list[tuple[type[Any], Callable[[], Any]]] = [
        (sa.Boolean, lambda: False),
        (sa.Integer, lambda: 1),
        (sa.Float, lambda: 1.0),
        (sa.Numeric, lambda: 1),
        (sa.DateTime, lambda: datetime(2026, 3, 2, tzinfo=UTC)),
        (sa.Date, lambda: date(2026, 3, 2)),
        (sa.LargeBinary, lambda: b"x"),
        (sa.String, lambda: "0" * 64 if getattr(column.type, "length", None) == 64 else "x"),
    ]
    for kind, make in makers:
        if isinstance(column.type, kind):
            return make()
    raise AssertionError(f"{table.name}.{column.name}: no value for {column.type!r}")
