"""Alembic's environment: the application's own engine, all slices' tables, batch mode for SQLite."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import TypeDecorator
from sqlalchemy.engine import Connection

import mdtapp.schema  # noqa: F401  every table must be known
from mdtapp.store.db import Base, db


def include_object(thing: Any, _name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """A table that no model declares is not ours: autogenerate leaves it alone."""
    return not (kind == "table" and reflected and thing.name not in Base.metadata.tables)


def render_item(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Our column types as the plain types beneath them: a migration never imports the product."""
    if kind == "type" and isinstance(thing, TypeDecorator):
        return f"sa.{thing.impl_instance!r}"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        include_object=include_object,
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with db.engine.connect() as connection:
        run(connection)
