"""The listener: takes connections, holds them until they ask for an association, and keeps the limits.

One thread accepts and reads A-ASSOCIATE-RQ without ever waiting for a single peer, so that silent
connections cost a file descriptor each and nothing else; the oldest give way to new ones. Whoever
has asked gets a thread (`mdtapp.gateway.receive`).
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import selectors
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mdtapp.config import DicomTls, Settings, UnsafeSettings
from mdtapp.gateway.peers import Peers, Rejection
from mdtapp.gateway.receive import (
    MAX_PDU,
    PDU_HEADER,
    Association,
    Requestor,
    acknowledge_at_once,
    reject,
)
from mdtapp.materials.spool import Spool

log = logging.getLogger(__name__)

MAX_ASSOCIATIONS = 32
MAX_OF_ONE_PEER = 8
MAX_WAITING = 256  # connections that have not asked for an association yet
ARTIM = 30.0  # seconds a connection may take to ask (PS3.8 9.1.5)
SPARE_AFTER = 2.0  # seconds without a message after which an association gives way to a new one of its peer
NOTED_AGAIN_AFTER = 60.0
A_ASSOCIATE_RQ = 0x01
_TICK = 0.5

Refused = Callable[[Rejection, str, str], None]


@dataclass(slots=True)
class Waiting:
    """A connection that has not asked for an association yet."""

    connection: socket.socket
    address: str
    since: float = field(default_factory=time.monotonic)
    received: bytearray = field(default_factory=bytearray)
    shaken_hands: bool = False

    def read(self) -> bytes | None:
        """The A-ASSOCIATE-RQ once it is whole, None before; OSError for anything else."""
        try:
            if isinstance(self.connection, ssl.SSLSocket) and not self.shaken_hands:
                self.connection.do_handshake()
                self.shaken_hands = True
            while (missing := self._missing()) > 0:
                chunk = self.connection.recv(missing)
                if not chunk:
                    raise ConnectionError("closed before it asked for an association")
                self.received += chunk
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        return bytes(self.received)

    def requestor(self) -> Requestor:
        """Who it is, as far as the connection tells."""
        if not isinstance(self.connection, ssl.SSLSocket):
            return Requestor(self.address)
        certificate = self.connection.getpeercert(binary_form=True) or b""
        return Requestor(self.address, hashlib.sha256(certificate).hexdigest())

    def _missing(self) -> int:
        """How many bytes are still to come, as far as is known; nothing behind the PDU is read."""
        if len(self.received) < PDU_HEADER.size:
            return PDU_HEADER.size - len(self.received)
        pdu_type, length = PDU_HEADER.unpack_from(self.received)
        if pdu_type != A_ASSOCIATE_RQ or length > MAX_PDU:
            raise ConnectionError(f"no A-ASSOCIATE-RQ but PDU type {pdu_type:#04x} of {length} bytes")
        return PDU_HEADER.size + int(length) - len(self.received)


class Gateway:
    """One listening application entity. `on_refused(rejection, calling_ae, address)` records a refusal."""

    def __init__(self, settings: Settings, spool: Spool, on_refused: Refused = lambda *_: None) -> None:
        self.settings = settings
        self.spool = spool
        self.on_refused = on_refused
        tls = settings.dicom_tls
        self.peers = Peers(settings.dicom_peers, tls.peers if tls else ())
        self._selector = selectors.DefaultSelector()
        self._waiting: dict[socket.socket, Waiting] = {}  # in the order they came
        self._open: dict[Association, threading.Thread] = {}
        self._noted: dict[tuple[Rejection, str, str], float] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._listener: threading.Thread | None = None
        self._sockets: dict[socket.socket, ssl.SSLContext | None] = {}

    def start(self) -> None:
        """Listens; returns at once. OSError when the port is taken."""
        tls = self.settings.dicom_tls
        if self.settings.plain_dicom:
            self._open_port(self.settings.dicom_port, None)
        if tls is not None:
            self._open_port(tls.port, tls_context(tls))
        self._listener = threading.Thread(target=self._listen, name="dicom-listener", daemon=True)
        self._listener.start()

    def stop(self) -> None:
        """Stops listening and ends what is open; what was acknowledged lies in the spool."""
        self._ended.set()
        if self._listener is not None:
            self._listener.join()
            self._listener = None
        with self._lock:
            running = dict(self._open)
        for association in running:
            association.give_way()
        for thread in running.values():
            thread.join(5)

    def _open_port(self, port: int, context: ssl.SSLContext | None) -> None:
        host = self.settings.dicom_host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=512)
        listening.setblocking(False)
        self._sockets[listening] = context
        self._selector.register(listening, selectors.EVENT_READ)

    # Connections

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                for key, _ in self._selector.select(_TICK):
                    assert isinstance(key.fileobj, socket.socket)
                    if key.fileobj in self._sockets:
                        self._accept(key.fileobj)
                    elif key.fileobj in self._waiting:
                        self._advance(self._waiting[key.fileobj])
                self._close_the_silent()
            except Exception:
                log.exception("the listener goes on")
                self._ended.wait(_TICK)
        for waiting in list(self._waiting.values()):
            self._forget(waiting)
        for listening in self._sockets:
            listening.close()
        self._selector.close()

    def _accept(self, listening: socket.socket) -> None:
        try:
            connection, address = listening.accept()
        except BlockingIOError:  # gone already
            return
        except OSError as error:  # no descriptor left, for one: the oldest that is silent gives way
            log.warning("could not accept a connection: %s", error)
            self._let_the_oldest_go()
            return
        if len(self._waiting) >= MAX_WAITING:
            self._let_the_oldest_go()
        try:
            connection = _prepared(connection, self._sockets[listening])
        except OSError as error:  # it was closed in between
            log.info("closed a connection of %s: %s", address[0], error)
            connection.close()
            return
        self._waiting[connection] = Waiting(connection, address[0])
        self._selector.register(connection, selectors.EVENT_READ)

    def _advance(self, waiting: Waiting) -> None:
        try:
            a_associate_rq = waiting.read()
        except OSError as error:
            log.info("closed a connection of %s: %s", waiting.address, error)
            self._forget(waiting)
            return
        if a_associate_rq is not None:
            self._forget(waiting, close=False)
            self._associate(waiting, a_associate_rq)

    def _close_the_silent(self) -> None:
        latest = time.monotonic() - ARTIM
        for waiting in list(self._waiting.values()):
            if waiting.since > latest:
                break
            self._forget(waiting)

    def _let_the_oldest_go(self) -> None:
        if self._waiting:
            self._forget(next(iter(self._waiting.values())))

    def _forget(self, waiting: Waiting, *, close: bool = True) -> None:
        del self._waiting[waiting.connection]
        self._selector.unregister(waiting.connection)
        if close:
            waiting.connection.close()

    # Associations

    def _associate(self, waiting: Waiting, a_associate_rq: bytes) -> None:
        association = Association(waiting.connection, waiting.requestor(), self.spool, self._may_open)
        thread = threading.Thread(
            target=self._run, args=(association, a_associate_rq), name="association", daemon=True
        )
        with self._lock:
            full = len(self._open) >= 2 * MAX_ASSOCIATIONS  # also those that are only being refused
            if not full:
                self._open[association] = thread
        if full:
            with contextlib.suppress(OSError):
                waiting.connection.send(reject(Rejection.TOO_MANY))
            waiting.connection.close()
            return
        thread.start()

    def _run(self, association: Association, a_associate_rq: bytes) -> None:
        try:
            association.run(a_associate_rq)
        finally:
            with self._lock:
                self._open.pop(association, None)
        if association.rejection is not None:
            self._note_refusal(association.rejection, association.requestor)

    def _may_open(self, association: Association, called: str, calling: str) -> Rejection | None:
        """Rejects who calls another, who is not known, and who opens too many associations."""
        if called != self.settings.dicom_ae_title:
            return Rejection.CALLED_AE_TITLE
        requestor = association.requestor
        if requestor.certificate:
            known = self.peers.knows_certificate(calling, requestor.certificate)
        else:
            known = self.peers.knows(calling, requestor.address)
        if not known:
            return Rejection.CALLING_AE_TITLE
        return None if self._has_room(association) else Rejection.TOO_MANY

    def _has_room(self, association: Association) -> bool:
        """Whether the peer may have one more; its longest idle one gives way."""
        with self._lock:
            agreed = [other for other in self._open if other.accepted]
            same = [other for other in agreed if other.requestor.address == association.requestor.address]
            full = len(same) >= MAX_OF_ONE_PEER or len(agreed) >= MAX_ASSOCIATIONS
            spare = _longest_idle(same) if full else None
            if full and spare is None:
                return False
            association.accepted = True
            if spare is not None:
                spare.accepted = False
        if spare is not None:
            log.info("an idle association of %s gives way to a new one", spare.requestor.address)
            spare.give_way()
        return True

    def _note_refusal(self, rejection: Rejection, requestor: Requestor) -> None:
        """Records a refusal; the same one again within a minute is not recorded again."""
        calling, address = requestor.calling_ae_title, requestor.address
        key, now = (rejection, calling, address), time.monotonic()
        with self._lock:
            self._noted = {key: at for key, at in self._noted.items() if now - at < NOTED_AGAIN_AFTER}
            noted = key in self._noted
            self._noted.setdefault(key, now)
        if not noted:
            log.warning("refused an association: %s", rejection.code)
            self.on_refused(rejection, calling, address)


def _prepared(connection: socket.socket, context: ssl.SSLContext | None) -> socket.socket:
    """Never waits, sends at once, and speaks TLS where a context is given."""
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    acknowledge_at_once(connection)
    if context is None:
        return connection
    return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)


def tls_context(tls: DicomTls) -> ssl.SSLContext:
    """TLS 1.2 or newer with a client certificate (PS3.15 B.12, BCP 195); UnsafeSettings for unusable files."""
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tls.clients))
        context.load_cert_chain(tls.certificate, tls.key)
    except OSError as error:
        raise UnsafeSettings(
            f"The files of MDTAPP_DICOM_TLS_CERT, _KEY and _CLIENTS cannot be used together ({error}). "
            "Write PEM files: the certificate, its key, and the certificates that peers may show."
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _longest_idle(associations: list[Association]) -> Association | None:
    """The one without a message for the longest time, if that is long enough."""
    latest = time.monotonic() - SPARE_AFTER
    idle = {one: since for one in associations if (since := one.idle_since) is not None and since < latest}
    return min(idle, key=lambda one: idle[one]) if idle else None


def run_gateway(settings: Settings, spool: Spool, on_refused: Refused) -> None:
    """Listens until SIGTERM or SIGINT."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    gateway = Gateway(settings, spool, on_refused)
    gateway.start()
    ended.wait()
    gateway.stop()
