"""Builds the application entity: contexts, peers, limits; starts and stops it."""

from __future__ import annotations

import contextlib
import logging
import signal
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]
from pynetdicom.transport import ThreadedAssociationServer

from mdtapp.clock import Clock
from mdtapp.config import Settings
from mdtapp.gateway.c_echo import CEcho
from mdtapp.gateway.c_store import CStore
from mdtapp.gateway.peers import Peers, Rejection
from mdtapp.materials.spool import Spool

log = logging.getLogger(__name__)

MAX_ASSOCIATIONS = 32
MAX_OF_ONE_PEER = 8
MAX_PDU = 131_072
ARTIM = 30  # seconds to wait for an A-ASSOCIATE request, and for anything else a peer owes
IDLE = 60

Refused = Callable[[Rejection, str, str], None]


class Gateway:
    """One listening application entity. `on_refused(rejection, calling_ae, address)` records a refusal."""

    def __init__(
        self, settings: Settings, spool: Spool, clock: Clock, on_refused: Refused = lambda *_: None
    ) -> None:
        self.settings = settings
        self.spool = spool
        self.on_refused = on_refused
        self.peers = Peers(settings.dicom_peers)
        self._store = CStore(spool, clock, self._batch_of)
        self._batches: dict[int, str] = {}
        self._received: dict[int, int] = {}
        self._server: ThreadedAssociationServer | None = None

    def start(self) -> None:
        """Listens; returns at once. OSError when the port is taken."""
        _config.STORE_RECV_CHUNKED_DATASET = True
        _config.UNRESTRICTED_STORAGE_SERVICE = (
            True  # private classes and new transfer syntaxes are kept as sent
        )
        tempfile.tempdir = str(self._incoming())
        entity = AE(ae_title=self.settings.dicom_ae_title)
        entity.add_supported_context(Verification)
        entity.require_called_aet = True
        entity.maximum_associations = MAX_ASSOCIATIONS
        entity.maximum_pdu_size = MAX_PDU
        entity.acse_timeout = entity.dimse_timeout = ARTIM
        entity.network_timeout = IDLE
        self._server = entity.start_server(
            (self.settings.dicom_host, self.settings.dicom_port), block=False, evt_handlers=self._handlers()
        )

    def stop(self) -> None:
        """Stops listening and ends what is open; what was acknowledged lies in the spool."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None

    def _handlers(self) -> list[evt.EventHandlerType]:
        return [
            (evt.EVT_C_ECHO, CEcho()),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_REQUESTED, self._check_peer),
            (evt.EVT_REJECTED, self._note_rejected),
            (evt.EVT_DATA_RECV, self._count),
            (evt.EVT_DIMSE_RECV, self._forget_count),
            (evt.EVT_CONN_CLOSE, self._forget),
        ]

    def _check_peer(self, event: Event) -> None:
        """Rejects who is not known, and who opens too many associations, before anything is agreed."""
        _, calling, address = _who(event.assoc)
        rejection = None
        if not self.peers.knows(calling, address):
            rejection = Rejection.CALLING_AE_TITLE
        elif self._open_from(event.assoc) > MAX_OF_ONE_PEER:
            rejection = Rejection.TOO_MANY
        if rejection is not None:
            event.assoc.acse.send_reject(*rejection.value)
            self._refuse(rejection, calling, address)
            event.assoc.kill()

    def _open_from(self, association: Association) -> int:
        active = association.ae.active_associations
        return sum(other.requestor.address == association.requestor.address for other in active)

    def _note_rejected(self, event: Event) -> None:
        """pynetdicom refused by itself: another called AE title, or its own limit."""
        called, calling, address = _who(event.assoc)
        other = called != self.settings.dicom_ae_title
        self._refuse(Rejection.CALLED_AE_TITLE if other else Rejection.TOO_MANY, calling, address)

    def _refuse(self, rejection: Rejection, calling: str, address: str) -> None:
        log.warning("refused an association: %s", rejection.code)
        self.on_refused(rejection, calling, address)

    def _count(self, event: Event) -> None:
        """Ends an association whose one message grows beyond the ceiling of the spool."""
        key = id(event.assoc)
        received = self._received[key] = self._received.get(key, 0) + len(event.data)
        limit = self.spool.ceiling + MAX_PDU
        if received > limit >= received - len(event.data):
            log.error("ended an association whose message passed the size limit")
            event.assoc.abort()

    def _forget_count(self, event: Event) -> None:
        self._received.pop(id(event.assoc), None)

    def _forget(self, event: Event) -> None:
        self._received.pop(id(event.assoc), None)
        self._batches.pop(id(event.assoc), None)
        _drop_unfinished(event.assoc)

    def _batch_of(self, association: Association) -> str:
        return self._batches.setdefault(id(association), uuid4().hex)

    def _incoming(self) -> Path:
        """Where messages grow until they are complete; what an earlier run left was never acknowledged."""
        folder = self.spool.incoming
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                path.unlink()
        return folder


def _drop_unfinished(association: Association) -> None:
    """Removes the file of a message that never became complete; pynetdicom leaves it open."""
    message = association.dimse.message
    unfinished = message._data_set_file if message else None
    if unfinished is not None:
        unfinished.close()
        Path(unfinished.name).unlink(missing_ok=True)


def _who(association: Association) -> tuple[str, str, str]:
    """Called AE title, calling AE title and address of an association that is asked for."""
    asked = association.requestor.primitive
    called, calling = (asked.called_ae_title, asked.calling_ae_title) if asked else ("", "")
    return called.strip(), calling.strip(), association.requestor.address or ""


def run_gateway(settings: Settings, spool: Spool, clock: Clock, on_refused: Refused) -> None:
    """Listens until SIGTERM or SIGINT."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    gateway = Gateway(settings, spool, clock, on_refused)
    gateway.start()
    ended.wait()
    gateway.stop()
