"""C-ECHO (PS3.7 9.1.5): the answer to "are you there"."""

from __future__ import annotations

from pynetdicom.events import Event

SUCCESS = 0x0000


class CEcho:
    """Answers success to every known peer."""

    def __call__(self, event: Event) -> int:
        return SUCCESS
