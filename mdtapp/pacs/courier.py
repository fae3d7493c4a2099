"""The part of the worker that speaks to PACS: one thread fetches, one sends; the queue is in the database."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from mdtapp.store.db import StoreBusy

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

PAUSE = 1.0


class Turning(Protocol):
    """Somebody who takes the next piece of work."""

    def turn(self, stop: threading.Event | None = None) -> bool: ...


@contextmanager
def couriers(app: Flask, workers: Sequence[Turning], stop: threading.Event) -> Iterator[None]:
    """Threads that work until `stop` is set, and are waited for."""
    threads = [
        threading.Thread(target=_work, args=(app, one, stop), name=type(one).__name__) for one in workers
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _work(app: Flask, worker: Turning, stop: threading.Event) -> None:
    turn: Callable[[threading.Event], bool] = worker.turn
    while not stop.is_set():
        busy = False
        with app.app_context():
            try:
                busy = turn(stop)
            except StoreBusy:
                log.warning("the database is busy; transfers wait")
            except Exception:
                log.exception("a transfer could not be begun")
        if not busy:
            stop.wait(PAUSE)
