"""The worker: drains the spool, makes previews, and goes on whatever one file does."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from mdtapp.imaging import previews
from mdtapp.imaging.intake import Intake, Together
from mdtapp.materials.spool import Spool, SpooledFile
from mdtapp.store.db import StoreBusy

log = logging.getLogger(__name__)

PAUSE = 0.5
AGAIN_AFTER = 30.0
CLEAN_EVERY = 600.0
DRAW_EVERY = 60.0  # while arrivals keep coming; a preview made earlier is made again for each new image
GROUPS = 8  # taken from the spool in one turn
TOGETHER = 32  # arrivals in one transaction: it holds SQLite's one writer for about a tenth of a second


class Worker:
    """Drains one spool. An arrival that fails is left where it lies and tried again later."""

    def __init__(self, intake: Intake, spool: Spool) -> None:
        self.intake = intake
        self.spool = spool
        self._not_before: dict[str, float] = {}
        self._cleaned = self._drawn = float("-inf")

    def run(self, stop: threading.Event, pause: float = PAUSE) -> None:
        """Works until `stop` is set; needs an application context."""
        while not stop.is_set():
            if not self.turn():
                stop.wait(pause)

    def turn(self) -> bool:
        """Some arrivals of the spool, and pending previews when there were no more; whether there was work."""
        self._clean()
        waiting = self._due()
        done = self._drain(waiting)
        if len(waiting) < TOGETHER or time.monotonic() - self._drawn >= DRAW_EVERY:
            done += self._draw()
        return bool(done)

    def _due(self) -> list[SpooledFile]:
        now = time.monotonic()
        self._not_before = {key: at for key, at in self._not_before.items() if at > now}
        return self.spool.ready(GROUPS * TOGETHER, without=self._not_before)

    def _drain(self, waiting: list[SpooledFile]) -> int:
        """Takes arrivals in, group by group: while one is recorded, the next is read."""
        groups = [waiting[at : at + TOGETHER] for at in range(0, len(waiting), TOGETHER)]
        with ThreadPoolExecutor(1) as ahead:
            looks = deque(ahead.submit(self.intake.look, self.spool, group) for group in groups[:1])
            done = 0
            for number, group in enumerate(groups):
                looks.extend(
                    ahead.submit(self.intake.look, self.spool, group)
                    for group in groups[number + 1 : number + 2]
                )
                done += self._record(group, looks.popleft())
        return done

    def _record(self, group: list[SpooledFile], looked: Future[Together]) -> int:
        """How many were taken in; one that spoils it for the others is found by taking each by itself."""
        try:
            with closing(looked.result()) as together:
                self.intake.record(self.spool, together)
            return len(group)
        except StoreBusy:
            log.warning("the database is busy; %d arrivals wait", len(group))
        except Exception:
            if len(group) > 1:
                return sum(self._drain([one]) for one in group)
            log.exception("arrival %s could not be processed", group[0].id)
        again = time.monotonic() + AGAIN_AFTER
        self._not_before |= {one.id: again for one in group}
        return 0

    def _draw(self) -> int:
        self._drawn = time.monotonic()
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
