"""The one `SQLAlchemy` object, its base model, SQLite's durable settings, and the unit of work."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import DomainError

BUSY_TIMEOUT_MS = 8000
WEB_THREADS = 24
"""Of one web process; each may hold a connection, and one that finds none would wait for the others."""
_writing: ContextVar[bool] = ContextVar("writing", default=False)
_found: ContextVar[dict[Hashable, Any] | None] = ContextVar("found", default=None)
Row = TypeVar("Row", bound="Base")


class Base(DeclarativeBase):
    """Every table has an integer key; constraint names follow one convention."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Keyed:
    """Mixin: the integer primary key."""

    id: Mapped[int] = mapped_column(primary_key=True)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)
session = db.session


BUSY = Bitext(
    "The database is busy, so nothing was saved. Your text is still on the page: try again in a moment.",
    "数据库繁忙，尚未保存。页面上的内容仍在，请稍后重试。",
)


@event.listens_for(session, "after_commit")
@event.listens_for(session, "after_rollback")
def _forget(_session: Any) -> None:
    """What was found or locked is known for one transaction only."""
    remembered = _found.get()
    if remembered is not None:
        remembered.clear()


class StoreBusy(DomainError):
    """The database could not be reached or was locked for too long; nothing was stored."""

    status = 503


def engine_options(database_url: str) -> dict[str, Any]:
    """Options for `create_engine`, per database."""
    pool = {"pool_size": WEB_THREADS, "max_overflow": 8, "pool_timeout": BUSY_TIMEOUT_MS / 1000}
    if database_url.startswith("sqlite"):
        return {**pool, "connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
    return {**pool, "pool_pre_ping": True}


def prepare_engine(engine: Engine) -> None:
    """SQLite: WAL with synchronous=FULL, foreign keys on, and BEGIN said by us.

    A transaction that will write starts with BEGIN IMMEDIATE, so that two writers queue
    instead of failing half way (https://www.sqlite.org/lang_transaction.html).
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


@contextmanager
def unit_of_work(*, writing: bool = True) -> Iterator[None]:
    """One transaction: committed when the block ends well, rolled back when it does not.

    Needs an application context. A locked or lost database becomes `StoreBusy`.
    """
    session.rollback()
    token, remembered = _writing.set(writing), _found.set({})
    try:
        yield
        session.commit()
    except OperationalError as error:
        session.rollback()
        if "no such" in str(error.orig):  # a missing table or column is a fault of ours, not a busy moment
            raise
        raise StoreBusy(BUSY) from error
    except PoolTimeout as error:
        session.rollback()
        raise StoreBusy(BUSY) from error
    except BaseException:
        session.rollback()
        raise
    finally:
        _writing.reset(token)
        _found.reset(remembered)


def let_go() -> None:
    """Gives the connection back while something slow is waited for; what was read is read again where it is needed."""
    session.rollback()


def once(key: Hashable, look: Callable[[], Row | None]) -> Row | None:
    """The row that `look` finds, asked for once in a transaction: for keys that many files of one arrival share.

    A row that is not there is looked for again, unless `foresee` has said that there is none.
    """
    remembered = _found.get()
    if remembered is None:
        return look()
    if key in remembered:
        known: Row | None = remembered[key]
        if known is None or known in session:
            return known
    row = look()
    if row is not None:
        remembered[key] = row
    return row


def foresee(found: Mapping[Hashable, Base | None]) -> None:
    """Answers for `once` in this transaction, looked up for many keys together or made just now; None: there is none.

    Whoever makes a row that was said not to be there says so here.
    """
    remembered = _found.get()
    if remembered is not None:
        remembered.update(found)
