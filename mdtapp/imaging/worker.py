"""The worker: drains the spool, makes previews, and goes on whatever one file does."""

from __future__ import annotations

import logging
import threading
import time

from mdtapp.imaging import previews
from mdtapp.imaging.intake import Intake
from mdtapp.materials.spool import Spool
from mdtapp.store.db import StoreBusy

log = logging.getLogger(__name__)

PAUSE = 0.5
AGAIN_AFTER = 30.0
CLEAN_EVERY = 600.0


class Worker:
    """Drains one spool. An arrival that fails is left where it lies and tried again later."""

    def __init__(self, intake: Intake, spool: Spool) -> None:
        self.intake = intake
        self.spool = spool
        self._not_before: dict[str, float] = {}
        self._cleaned = float("-inf")

    def run(self, stop: threading.Event, pause: float = PAUSE) -> None:
        """Works until `stop` is set; needs an application context."""
        while not stop.is_set():
            if not self.turn():
                stop.wait(pause)

    def turn(self) -> bool:
        """One round over the spool and one over pending previews; whether there was work."""
        self._clean()
        done = sum(self._drain_one(spooled_id) for spooled_id in self._due())
        return bool(done + self._draw())

    def _due(self) -> list[str]:
        now = time.monotonic()
        ids = [spooled.id for spooled in self.spool.ready()]
        self._not_before = {key: at for key, at in self._not_before.items() if key in ids}
        return [key for key in ids if self._not_before.get(key, 0.0) <= now]

    def _drain_one(self, spooled_id: str) -> bool:
        spooled = self.spool.find(spooled_id)
        if spooled is None:
            return False
        try:
            return bool(self.intake.process(self.spool, spooled))
        except StoreBusy:
            log.warning("the database is busy; %s waits", spooled_id)
        except Exception:
            log.exception("arrival %s could not be processed", spooled_id)
        self._not_before[spooled_id] = time.monotonic() + AGAIN_AFTER
        return False

    def _draw(self) -> int:
        try:
            return previews.make_pending(self.intake.objects, self.intake.reader)
        except StoreBusy:
            return 0

    def _clean(self) -> None:
        """Removes what was never acknowledged, at the start and every ten minutes."""
        if time.monotonic() - self._cleaned >= CLEAN_EVERY:
            self._cleaned = time.monotonic()
            now = self.intake.clock.now()
            removed = len(self.spool.clean(now)) + self.intake.objects.clean(now)
            if removed:
                log.warning("removed %d unfinished transfers", removed)
