"""Sending queued objects to a PACS by C-STORE or STOW-RS: one connection for each PACS, again after a pause when it fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mdtapp.clinical.bitext import Bitext
from mdtapp.clock import Clock
from mdtapp.config import Settings
from mdtapp.errors import DomainError
from mdtapp.gateway import sending, stow
from mdtapp.gateway.scu import Peer, PeerFailed
from mdtapp.gateway.stow import StowPlace
from mdtapp.pacs import operations, queries
from mdtapp.pacs.fetching import UNEXPECTED, peer_of
from mdtapp.pacs.holding import Held, Lost, Pulse, holding
from mdtapp.pacs.models import PacsNode, PacsSending
from mdtapp.pacs.status import SendBy
from mdtapp.pacs.stow_place import place_of
from mdtapp.store.db import unit_of_work
from mdtapp.store.objects import ObjectStore

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is left to send, and where to."""

    to: Peer | StowPlace
    files: list[sending.Outgoing]
    sent: int

    def send(self, count: Callable[[sending.Outgoing], None], pulse: Pulse) -> None:
        """Each of them in order; PeerFailed at the first that is not taken."""
        if isinstance(self.to, StowPlace):
            stow.send(self.to, self.files, count, opened=pulse.end_with)
        else:
            sending.send(self.to, self.files, count, opened=pulse.watch)


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
                parcel.send(count, pulse)
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
            try:
                to = self._destination(row.node)
            except (
                DomainError
            ) as lost:  # the key does not fit what is sealed, and another try would not mend it
                operations.give_up(at=self.clock.now(), transfer=row, failure=lost.sentence)
                return None
            files = [
                sending.Outgoing(
                    self.objects.path(one["sha256"]),
                    one["sop_class_uid"],
                    one["sop_instance_uid"],
                    one["transfer_syntax_uid"],
                )
                for one in row.objects[row.sent :]
            ]
            return Held(PacsSending, row.id, token), Parcel(to, files, row.sent)

    def _destination(self, node: PacsNode) -> Peer | StowPlace:
        if node.send_by is SendBy.STOW:
            return place_of(node, self.app.extensions["mdtapp.identity_key"])
        return peer_of(node, self.settings)

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
