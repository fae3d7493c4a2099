"""What one person was allowed, for as long as nothing has been recorded since.

Whatever changes who may see what is an event, written in the change's own transaction (`mdtapp.audit.trail`), so the
number of the last event tells whether an answer still holds. For what a viewer asks for by the thousand: frames and
tiles. Times are not events: whatever ends by the clock (sign-in, tokens) is checked before, at every request.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

from flask import current_app

from mdtapp.audit.queries import last_event
from mdtapp.web.login import signed_in

Answer = TypeVar("Answer")
MOST: Final = 4096  # answers kept by one process


class Remembered:
    """Answers by person and key. They must not hold rows: those belong to the transaction that read them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = -1
        self._answers: dict[Hashable, Any] = {}

    def get(self, key: Hashable, look: Callable[[], Answer]) -> Answer:
        """What `look` answered this person before, asked anew once anything was recorded; what it raises is not kept.

        The event is read first: an answer can be newer than it says and is then only asked for once more.
        """
        event, key = last_event(), (signed_in().id, key)
        with self._lock:
            if event != self._event or len(self._answers) >= MOST:
                self._event, self._answers = event, {}
            elif key in self._answers:
                known: Answer = self._answers[key]
                return known
        found = look()
        with self._lock:
            if event == self._event:
                self._answers[key] = found
        return found


def remembered(*key: Hashable, look: Callable[[], Answer]) -> Answer:
    """`Remembered.get` of the running application."""
    known: Remembered = current_app.extensions["mdtapp.remembered"]
    return known.get(key, look)
