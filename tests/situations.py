"""What several folders of tests look at: the event log, pages without what differs each time."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from flask import Flask

TOKEN = re.compile(
    r'(name="csrf-token" content=|name="csrf_token"[^>]*value=|X-CSRFToken&#34;: &#34;|"X-CSRFToken": )"?[^"&]+'
)


def without_tokens(page: str) -> str:
    """A page without its tokens against forgery, which differ from page to page."""
    return TOKEN.sub(r"\1", page)


def events(app: Flask, *names: str) -> list[Any]:
    """Recorded events, oldest first; with `names` those of these types only."""
    from sqlalchemy import select

    from mdtapp.audit.models import Event
    from mdtapp.store.db import session, unit_of_work

    with app.app_context(), unit_of_work(writing=False):
        rows = session.scalars(select(Event).order_by(Event.seq)).all()
        session.expunge_all()
    return [row for row in rows if not names or row.event in names]


def database_file(app: Flask) -> str:
    """The file of the application's SQLite database."""
    return str(app.config["SQLALCHEMY_DATABASE_URI"]).removeprefix("sqlite:///")


def rows_of(app: Flask, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of a plain SQL query on the application's SQLite database, read beside the application."""
    connection = sqlite3.connect(database_file(app))
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()
