"""Holding a transfer while it runs: signs of life, progress, and noticing that somebody cancelled it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from mdtapp.clock import Clock
from mdtapp.errors import DomainError
from mdtapp.gateway.scu import break_off
from mdtapp.pacs import operations, queries
from mdtapp.pacs.models import PacsFetch, PacsSending
from mdtapp.store.db import unit_of_work

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

PULSE_SECONDS = 2.0


class Lost(Exception):
    """The transfer is not ours any more: cancelled, or taken over after we gave no sign of life."""


@dataclass(frozen=True, slots=True)
class Held:
    """Which transfer is held, and by which token."""

    kind: type[PacsFetch] | type[PacsSending]
    id: int
    token: str

    def find(self) -> Any:
        """The row, locked, inside the running transaction; Lost when it is not ours any more."""
        row = queries.find_held(self.kind, self.id, self.token)
        if row is None:
            raise Lost
        return row


@dataclass(slots=True)
class Pulse:
    """What runs and what beats share. `abort` ends the connection that is open when the transfer is lost.

    `count` is -1 before anything was counted.
    """

    count: int = -1
    lost: threading.Event = field(default_factory=threading.Event)
    abort: Callable[[], None] = lambda: None

    def watch(self, association: Any) -> None:
        """From now on this association ends with the transfer."""
        self.end_with(lambda: break_off(association))

    def end_with(self, abort: Callable[[], None]) -> None:
        """From now on this is called when the transfer is lost."""
        self.abort = abort
        if self.lost.is_set():
            self.abort()

    def check(self) -> None:
        if self.lost.is_set():
            raise Lost


@contextmanager
def holding(
    app: Flask, clock: Clock, held: Held, note: Callable[[Any, int], None], pause: float = PULSE_SECONDS
) -> Iterator[Pulse]:
    """Holds a transfer from a thread beside; `note(row, count)` writes the progress with each sign of life."""
    pulse, over = Pulse(), threading.Event()
    beating = threading.Thread(
        target=_beat,
        args=(app, clock, held, note, pulse, over, pause),
        name=f"holding {held.id}",
        daemon=True,
    )
    beating.start()
    try:
        yield pulse
    finally:
        over.set()
        beating.join()


def _beat(
    app: Flask,
    clock: Clock,
    held: Held,
    note: Callable[[Any, int], None],
    pulse: Pulse,
    over: threading.Event,
    pause: float,
) -> None:
    with app.app_context():
        while not over.wait(pause):
            try:
                with unit_of_work():
                    row = held.find()
                    note(row, pulse.count)
                    operations.hold(at=clock.now(), transfer=row)
            except Lost:
                pulse.lost.set()
                pulse.abort()
                return
            except (DomainError, SQLAlchemyError):
                log.warning("the database is busy; the sign of life of transfer %d waits", held.id)
