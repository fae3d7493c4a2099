"""Sending queued objects to a PACS by C-STORE: one association for each PACS, again after a pause when it fails."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mdtapp.clinical.bitext import Bitext
from mdtapp.clock import Clock
from mdtapp.config import Settings
from mdtapp.gateway import sending
from mdtapp.gateway.scu import Peer, PeerFailed
from mdtapp.pacs import operations, queries
from mdtapp.pacs.fetching import UNEXPECTED, peer_of
from mdtapp.pacs.holding import Held, Lost, holding
from mdtapp.pacs.models import PacsSending
from mdtapp.store.db import unit_of_work
from mdtapp.store.objects import ObjectStore

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is left to send, and where to."""

    peer: Peer
    files: list[sending.Outgoing]
    sent: int


class Sender:
    """Takes sendings from the queue, one at a time, and runs them."""

    def __init__(self, app: Flask, settings: Settings, objects: ObjectStore, clock: Clock) -> None:
        self.app = app
        self.settings = settings
        self.objects = objects
        self.clock = clock

    def turn(self, _stop: threading.Event | None = None) -> bool:
        """Sends the next one that is due; False when none is."""
        taken = self._take()
        if taken is None:
            return False
        held, parcel = taken
        with holding(self.app, self.clock, held, _note_sent) as pulse:
            pulse.count = parcel.sent

            def count(_file: sending.Outgoing) -> None:
                pulse.count += 1
                pulse.check()

            failure: Bitext | None = None
            try:
                sending.send(parcel.peer, parcel.files, count, opened=pulse.watch)
            except Lost:
                return True
            except PeerFailed as failed:
                failure = failed.sentence
            except Exception:
                log.exception("sending %d failed", held.id)
                failure = UNEXPECTED
            self._end(held, parcel, pulse.count, failure)
        return True

    def _take(self) -> tuple[Held, Parcel] | None:
        with unit_of_work():
            row = queries.next_sending(self.clock.now())
            if row is None:
                return None
            token = operations.take(at=self.clock.now(), transfer=row)
            files = [
                sending.Outgoing(
                    self.objects.path(one["sha256"]),
                    one["sop_class_uid"],
                    one["sop_instance_uid"],
                    one["transfer_syntax_uid"],
                )
                for one in row.objects[row.sent :]
            ]
            return Held(PacsSending, row.id, token), Parcel(peer_of(row.node, self.settings), files, row.sent)

    def _end(self, held: Held, parcel: Parcel, sent: int, failure: Bitext | None) -> None:
        try:
            with unit_of_work():
                row = held.find()
                row.sent = sent
                if failure is None:
                    operations.finish(at=self.clock.now(), transfer=row)
                else:
                    operations.set_back(
                        at=self.clock.now(), transfer=row, failure=failure, progress=sent > parcel.sent
                    )
        except Lost:
            log.info("sending %d was cancelled or taken over", held.id)


def _note_sent(row: PacsSending, count: int) -> None:
    if count >= 0:
        row.sent = count
