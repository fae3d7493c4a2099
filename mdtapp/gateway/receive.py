"""One association: the upper layer of PS3.8 section 9 and the message exchange of PS3.7, in one tight loop.

Each association has one thread that reads whole PDUs from the socket into one buffer and writes
the fragments of a data set straight from there to the disk. Nothing is queued between threads, so
memory does not grow with the size or the number of instances. Success is answered when the file,
its name and its record are durable (`mdtapp.materials.spool`).

The states of PS3.8 table 9-4 that an acceptor of P-DATA meets are the lines of this file: waiting for
A-ASSOCIATE-RQ (the listener does that, `mdtapp.gateway.server`), established, awaiting the end.
"""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import ssl
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ, A_RELEASE_RP
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
)
from pynetdicom.presentation import PresentationContext, build_context, negotiate_unrestricted
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from mdtapp.errors import TooLarge
from mdtapp.gateway import dimse
from mdtapp.gateway.peers import Rejection
from mdtapp.materials.spool import Batch, Incoming, Spool, SpoolFull
from mdtapp.materials.status import Source

log = logging.getLogger(__name__)

MAX_PDU = 131_072  # what we announce as Maximum Length Received (PS3.8 D.1)
MAX_COMMAND_SET = 65_536
IDLE = 60.0  # seconds within which the next whole PDU has to come
CLOSING = 1.0  # seconds to wait for the peer to close after A-ABORT
BUFFER = 1 << 20
ACTOR = "system:gateway"

# PS3.8 9.3.1
PDU_HEADER = struct.Struct(">BxL")
P_DATA_TF, A_RELEASE_RQ, A_ABORT = 0x04, 0x05, 0x07
KNOWN_PDU_TYPES = range(0x01, 0x08)
# PS3.8 9.3.5.1 and E.2: length, presentation context id, message control header
PDV_ITEM = struct.Struct(">LBB")
COMMAND, LAST = 0x01, 0x02

# A-ABORT reasons of the service provider (PS3.8 table 9-26)
NOT_SPECIFIED, UNRECOGNIZED_PDU, UNEXPECTED_PDU = 0, 1, 2
UNEXPECTED_PDU_PARAMETER, INVALID_PDU_PARAMETER_VALUE = 5, 6

APPLICATION_CONTEXT_NAME = "1.2.840.10008.3.1.1.1"
IMPLEMENTATION_CLASS_UID = UID("2.25.253259323793562120438444235948677479855")  # PS3.5 B.2
IMPLEMENTATION_VERSION_NAME = "MDTAPP"
_VERIFICATION = build_context(
    Verification, [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
_UID = re.compile(r"[0-9.]{1,64}")
_META_ELEMENT = struct.Struct("<HH2sH")
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)  # Linux


class ProtocolError(Exception):
    """The peer left the protocol; it is answered with A-ABORT and this reason."""

    def __init__(self, reason: int, words: str) -> None:
        super().__init__(words)
        self.reason = reason


class PDUStream:
    """Whole PDUs from a socket, through one buffer."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._view = memoryview(bytearray(BUFFER))
        self._start = self._end = 0

    def next(self, seconds: float) -> tuple[int, memoryview]:
        """Type and content of the next PDU; the content is valid until the next call.

        TimeoutError when it is not whole within `seconds`, ConnectionError when the peer has gone,
        ProtocolError for an unknown type and for a length above MAX_PDU.
        """
        deadline = time.monotonic() + seconds
        while True:
            waiting = self._end - self._start
            if waiting >= PDU_HEADER.size:
                pdu_type, length = PDU_HEADER.unpack_from(self._view, self._start)
                _check_header(pdu_type, length)
                if waiting >= PDU_HEADER.size + length:
                    content = self._view[self._start + PDU_HEADER.size :][:length]
                    self._start += PDU_HEADER.size + length
                    return pdu_type, content
            self._read(deadline)

    def _read(self, deadline: float) -> None:
        """As much as the socket has; a PDU that began late in the buffer moves to its front."""
        if BUFFER - self._start < PDU_HEADER.size + MAX_PDU or self._start == self._end:
            rest = bytes(self._view[self._start : self._end])
            self._view[: len(rest)] = rest
            self._start, self._end = 0, len(rest)
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connection.settimeout(left)
        count = self.connection.recv_into(self._view[self._end :])
        if count == 0:
            raise ConnectionError("the peer closed the connection")
        self._end += count
        acknowledge_at_once(self.connection)


def acknowledge_at_once(connection: socket.socket) -> None:
    """Linux falls back to delayed ACKs, for which a sender with Nagle's algorithm waits 40 ms each time (tcp(7))."""
    if _QUICKACK is not None:
        connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)


def _check_header(pdu_type: int, length: int) -> None:
    if pdu_type not in KNOWN_PDU_TYPES:
        raise ProtocolError(UNRECOGNIZED_PDU, f"PDU type {pdu_type:#04x}")
    if length > MAX_PDU:
        raise ProtocolError(INVALID_PDU_PARAMETER_VALUE, f"a PDU of {length} bytes")


@dataclass(slots=True)
class Requestor:
    """Who asks for an association: address, SHA-256 of its certificate over TLS, AE title, and what it can take."""

    address: str
    certificate: str = ""
    calling_ae_title: str = ""
    maximum_length: int = 0


@dataclass(slots=True)
class Message:
    """A request whose data set is on its way. `incoming` is None when it is refused with `status`."""

    context_id: int
    request: dimse.Request
    incoming: Incoming | None
    status: int


class Association:
    """One association from its A-ASSOCIATE-RQ to its end. `may_open(calling_ae_title)` admits or names the rejection."""

    def __init__(
        self,
        connection: socket.socket,
        requestor: Requestor,
        spool: Spool,
        may_open: Callable[[Association, str, str], Rejection | None],
    ) -> None:
        self.connection = connection
        self.requestor = requestor
        self.accepted = False
        self.rejection: Rejection | None = None
        self.idle_since: float | None = None  # None while a message is on its way
        self._spool = spool
        self._may_open = may_open
        self._contexts: dict[int, tuple[str, str]] = {}  # id: abstract syntax, transfer syntax
        self._batch: Batch | None = None
        self._message: Message | None = None
        self._command_set = bytearray()

    def run(self, a_associate_rq: bytes) -> None:
        """Answers the request for an association and serves it to its end; never raises."""
        try:
            if self._a_associate(a_associate_rq):
                self._serve(PDUStream(self.connection))
        except ProtocolError as error:
            log.warning("ended an association of %s: %s", self.requestor.address, error)
            self._drop_message()
            self.abort(error.reason)
            self._await_close()
        except TimeoutError:
            log.info("ended an association of %s that was silent", self.requestor.address)
            self.abort(NOT_SPECIFIED)
        except OSError as error:
            log.info("lost an association of %s: %s", self.requestor.address, error)
        except Exception:
            log.exception("an association of %s failed", self.requestor.address)
            self.abort(NOT_SPECIFIED)
        finally:
            self._end()

    def abort(self, reason: int) -> None:
        """A-ABORT by the service provider."""
        pdu = A_ABORT_RQ()
        pdu.source, pdu.reason_diagnostic = 0x02, reason
        with contextlib.suppress(OSError):
            self.connection.settimeout(1)
            self.connection.sendall(pdu.encode())
            self.connection.shutdown(socket.SHUT_WR)

    def give_way(self) -> None:
        """Ends the association from another thread: its own sees the connection closed.

        Without A-ABORT over TLS, whose state belongs to the thread that reads.
        """
        if not isinstance(self.connection, ssl.SSLSocket):
            self.abort(NOT_SPECIFIED)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _await_close(self) -> None:
        """PS3.8 state 13, shortly: what is unread would turn our A-ABORT into a reset on its way."""
        deadline = time.monotonic() + CLOSING
        with contextlib.suppress(OSError):
            while (left := deadline - time.monotonic()) > 0:
                self.connection.settimeout(left)
                if not self.connection.recv(MAX_PDU):
                    return

    def _drop_message(self) -> None:
        """What never became whole was never acknowledged."""
        if self._message is not None and self._message.incoming is not None:
            self._message.incoming.drop()
        self._message = None

    def _end(self) -> None:
        self._drop_message()
        if self._batch is not None:
            self._batch.close()
        self.connection.close()

    # A-ASSOCIATE (PS3.8 7.1)

    def _a_associate(self, pdu: bytes) -> bool:
        """Whether the association was accepted; the answer has been sent either way."""
        request = _decode_request(pdu)
        self.requestor.calling_ae_title = request.calling_ae_title
        called, calling = request.called_ae_title, request.calling_ae_title
        self.rejection = _improper(request) or self._may_open(self, called, calling)
        if self.rejection is not None:
            self._send(reject(self.rejection))
            return False
        asked = request.to_primitive()
        self.requestor.maximum_length = asked.maximum_length_received or 0
        agreed = negotiated(asked.presentation_context_definition_list)
        self._contexts = {
            context.context_id: (str(context.abstract_syntax), str(context.transfer_syntax[0]))
            for context in agreed
            if context.result == 0x00 and context.context_id is not None
        }
        self._send(_accept(request, agreed))
        return True

    # P-DATA, A-RELEASE, A-ABORT (PS3.8 7.2 to 7.6)

    def _serve(self, stream: PDUStream) -> None:
        while True:
            self.idle_since = None if self._message else time.monotonic()
            pdu_type, content = stream.next(IDLE)
            self.idle_since = None
            if pdu_type == P_DATA_TF:
                self._p_data(content)
            elif pdu_type == A_RELEASE_RQ:
                self._send(A_RELEASE_RP().encode())
                return
            elif pdu_type == A_ABORT:
                return
            else:
                raise ProtocolError(UNEXPECTED_PDU, f"PDU type {pdu_type:#04x} within an association")

    def _p_data(self, content: memoryview) -> None:
        at = 0
        while at < len(content):
            if len(content) - at < PDV_ITEM.size:
                raise ProtocolError(INVALID_PDU_PARAMETER_VALUE, "a PDU that ends within a PDV")
            length, context_id, control = PDV_ITEM.unpack_from(content, at)
            end = at + 4 + length
            if length < 2 or end > len(content):
                raise ProtocolError(INVALID_PDU_PARAMETER_VALUE, f"a PDV of {length} bytes")
            if context_id not in self._contexts:
                raise ProtocolError(UNEXPECTED_PDU_PARAMETER, f"presentation context {context_id}")
            fragment = content[at + PDV_ITEM.size : end]
            if control & COMMAND:
                self._command_fragment(context_id, fragment, last=bool(control & LAST))
            else:
                self._data_fragment(context_id, fragment, last=bool(control & LAST))
            at = end

    def _send(self, pdu: bytes) -> None:
        self.connection.settimeout(IDLE)
        self.connection.sendall(pdu)

    # Messages (PS3.7)

    def _command_fragment(self, context_id: int, fragment: memoryview, *, last: bool) -> None:
        if self._message is not None:
            raise ProtocolError(UNEXPECTED_PDU_PARAMETER, "a command where a data set is due")
        self._command_set += fragment
        if len(self._command_set) > MAX_COMMAND_SET:
            raise ProtocolError(INVALID_PDU_PARAMETER_VALUE, "a command set without end")
        if last:
            command_set = bytes(self._command_set)
            self._command_set.clear()
            try:
                request = dimse.decode_request(command_set)
            except ValueError as error:
                raise ProtocolError(INVALID_PDU_PARAMETER_VALUE, str(error)) from error
            self._request(context_id, request)

    def _request(self, context_id: int, request: dimse.Request) -> None:
        match request.command_field:
            case dimse.C_STORE_RQ:
                incoming, status = self._c_store(context_id, request)
            case dimse.C_ECHO_RQ:
                incoming, status = None, dimse.SUCCESS
            case dimse.C_CANCEL_RQ:
                return  # there is nothing here that could be cancelled
            case _:
                incoming, status = None, dimse.UNRECOGNIZED_OPERATION
        if request.has_data_set:
            self._message = Message(context_id, request, incoming, status)
        else:
            self._respond(context_id, request, status)

    def _c_store(self, context_id: int, request: dimse.Request) -> tuple[Incoming | None, int]:
        """Where the data set of a C-STORE-RQ goes, or the status with which it is refused once it has come."""
        abstract_syntax, transfer_syntax = self._contexts[context_id]
        sop_class, sop_instance = request.affected_sop_class_uid, request.affected_sop_instance_uid
        if abstract_syntax == Verification or not _UID.fullmatch(sop_class):
            return None, dimse.SOP_CLASS_NOT_SUPPORTED
        if not _UID.fullmatch(sop_instance):
            log.warning("refused an instance whose identifier is not a UID")
            return None, dimse.INVALID_SOP_INSTANCE
        if not request.has_data_set:
            return None, dimse.CANNOT_UNDERSTAND
        if self._batch is None:
            peer = f"{self.requestor.calling_ae_title}@{self.requestor.address}"
            self._batch = self._spool.open_batch(source=Source.DICOM, actor=ACTOR, peer=peer)
        try:
            incoming = self._batch.begin(file_meta(sop_class, sop_instance, transfer_syntax))
        except SpoolFull as error:
            log.error("could not begin %s: %s", sop_instance, error)
            return None, dimse.OUT_OF_RESOURCES
        return incoming, dimse.SUCCESS

    def _data_fragment(self, context_id: int, fragment: memoryview, *, last: bool) -> None:
        message = self._message
        if message is None or message.context_id != context_id:
            raise ProtocolError(UNEXPECTED_PDU_PARAMETER, "a data set that no command announced")
        if message.incoming is not None:
            try:
                message.incoming.write(fragment)
            except TooLarge as error:
                raise ProtocolError(NOT_SPECIFIED, "a message over the size limit") from error
            except SpoolFull as error:
                log.error("could not write %s: %s", message.request.affected_sop_instance_uid, error)
                message.incoming.drop()
                message.incoming, message.status = None, dimse.OUT_OF_RESOURCES
        if last:
            status = self._keep(message)
            self._message = None
            self._respond(context_id, message.request, status)

    def _keep(self, message: Message) -> int:
        """The status of a data set that has come to its end: success is said when it is durable."""
        if message.incoming is None:
            return message.status
        uid = message.request.affected_sop_instance_uid
        try:
            message.incoming.keep(f"{uid}.dcm")
        except SpoolFull as error:
            log.error("could not keep %s: %s", uid, error)
            message.incoming.drop()
            return dimse.OUT_OF_RESOURCES
        except Exception:
            log.exception("could not keep %s", uid)
            message.incoming.drop()
            return dimse.PROCESSING_FAILURE
        return dimse.SUCCESS

    def _respond(self, context_id: int, request: dimse.Request, status: int) -> None:
        """The response, in as many fragments as the peer's maximum length asks for."""
        command_set = dimse.encode_response(request, status)
        most = max(1, (self.requestor.maximum_length or MAX_PDU) - PDV_ITEM.size)
        pdus = []
        for at in range(0, len(command_set), most):
            fragment = command_set[at : at + most]
            control = COMMAND | (LAST if at + most >= len(command_set) else 0)
            pdus.append(
                PDU_HEADER.pack(P_DATA_TF, PDV_ITEM.size + len(fragment))
                + PDV_ITEM.pack(2 + len(fragment), context_id, control)
                + fragment
            )
        self._send(b"".join(pdus))


def reject(rejection: Rejection) -> bytes:
    """A-ASSOCIATE-RJ (PS3.8 9.3.4)."""
    pdu = A_ASSOCIATE_RJ()
    pdu.result, pdu.source, pdu.reason_diagnostic = rejection.value
    return bytes(pdu.encode())


def negotiated(asked: list[PresentationContext]) -> list[PresentationContext]:
    """Every storage class, private and new ones included, in the first transfer syntax proposed; and Verification.

    So the sender need not convert, and what is kept is what it has. A context whose UIDs are none is refused.
    """
    proper = [context for context in asked if _is_proper(context)]
    agreed, _ = negotiate_unrestricted(proper, [_VERIFICATION])
    for context in asked:
        if context not in proper:
            refused = PresentationContext()
            refused.context_id, refused.result = context.context_id, 0x03
            refused.transfer_syntax = [ImplicitVRLittleEndian]
            agreed.append(refused)
    return agreed


def _is_proper(context: PresentationContext) -> bool:
    uids = [context.abstract_syntax, *context.transfer_syntax[:1]]
    return len(uids) == 2 and all(_UID.fullmatch(str(uid)) for uid in uids)


def file_meta(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """Preamble, prefix and group 0002 (PS3.10 7.1); the same for the same three UIDs, so that a resend adds no file."""
    elements = b"".join(
        _META_ELEMENT.pack(0x0002, element, vr, len(value)) + value
        for element, vr, value in [
            (0x0002, b"UI", dimse.padded(sop_class_uid)),
            (0x0003, b"UI", dimse.padded(sop_instance_uid)),
            (0x0010, b"UI", dimse.padded(transfer_syntax_uid)),
            (0x0012, b"UI", dimse.padded(IMPLEMENTATION_CLASS_UID)),
            (0x0013, b"SH", IMPLEMENTATION_VERSION_NAME.encode()),
        ]
    )
    version = struct.pack("<HH2sxxL", 0x0002, 0x0001, b"OB", 2) + b"\x00\x01"
    length = _META_ELEMENT.pack(0x0002, 0x0000, b"UL", 4) + struct.pack("<L", len(version) + len(elements))
    return b"\0" * 128 + b"DICM" + length + version + elements


def _decode_request(pdu: bytes) -> A_ASSOCIATE_RQ:
    request = A_ASSOCIATE_RQ()
    try:
        request.decode(pdu)
        request.to_primitive()
    except Exception as error:  # pynetdicom raises whatever its item classes meet
        raise ProtocolError(INVALID_PDU_PARAMETER_VALUE, "an A-ASSOCIATE-RQ that cannot be read") from error
    return request


def _improper(request: A_ASSOCIATE_RQ) -> Rejection | None:
    if not request.protocol_version & 0x01:
        return Rejection.PROTOCOL_VERSION
    if request.application_context_name != APPLICATION_CONTEXT_NAME:
        return Rejection.APPLICATION_CONTEXT
    return None


def _accept(request: A_ASSOCIATE_RQ, agreed: list[PresentationContext]) -> bytes:
    """A-ASSOCIATE-AC (PS3.8 9.3.3)."""
    answer = A_ASSOCIATE()
    answer.application_context_name = UID(APPLICATION_CONTEXT_NAME)
    answer.calling_ae_title, answer.called_ae_title = request.calling_ae_title, request.called_ae_title
    answer.presentation_context_definition_results_list = agreed
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    version = ImplementationVersionNameNotification()
    length.maximum_length_received = MAX_PDU
    implementation.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    version.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    answer.user_information = [length, implementation, version]
    pdu = A_ASSOCIATE_AC()
    pdu.from_primitive(answer)
    return bytes(pdu.encode())
