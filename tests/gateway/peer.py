"""A DICOM peer that sends exactly the bytes a test wants on the wire."""

from __future__ import annotations

import socket
import struct
from typing import Any

from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
)
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from mdtapp.gateway import dimse

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
STORAGE, ECHO = 1, 3  # the presentation context ids that `associate` proposes
ABORTED, REJECTED, ACCEPTED, DATA, RELEASED = 7, 3, 2, 4, 6


class Peer:
    """One connection. `receive()` gives the next PDU as (type, content), None when the other side closed."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.connection = socket.create_connection(
            ("127.0.0.1", port), timeout=10, source_address=(source, 0)
        )

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, content: bytes) -> None:
        self.connection.sendall(content)

    def receive(self) -> tuple[int, bytes] | None:
        header = self._exactly(6)
        if header is None:
            return None
        pdu_type, length = struct.unpack(">BxL", header)
        content = self._exactly(length)
        return None if content is None else (pdu_type, content)

    def _exactly(self, count: int) -> bytes | None:
        found = b""
        while len(found) < count:
            try:
                chunk = self.connection.recv(count - len(found))
            except ConnectionResetError:
                return None
            if not chunk:
                return None
            found += chunk
        return found

    def associate(self, **changed: Any) -> tuple[int, bytes] | None:
        """The answer to an A-ASSOCIATE-RQ for CT storage (context 1) and verification (context 3)."""
        self.send(associate_rq(**changed))
        return self.receive()

    def c_store(
        self, uid: str = "1.2.3.4", content: bytes = b"\0" * 100, *, context_id: int = STORAGE, **changed: Any
    ) -> int | None:
        """Sends one instance and returns the status, None when the association ended instead."""
        self.send(p_data(context_id, store_rq(uid, **changed), command=True))
        self.send(in_pieces(context_id, content))
        return self.status()

    def c_echo(self) -> int | None:
        self.send(p_data(ECHO, request(dimse.C_ECHO_RQ, class_uid=Verification), command=True))
        return self.status()

    def status(self) -> int | None:
        answer = self.receive()
        if answer is None or answer[0] != DATA:
            return None
        found: int = elements(answer[1][6:])[dimse.STATUS]
        return found

    def abort_reason(self) -> int | None:
        """The reason of the A-ABORT that comes next."""
        answer = self.receive()
        return answer[1][3] if answer is not None and answer[0] == ABORTED else None


def associate_rq(
    *,
    called: str = "MDTAPP",
    calling: str = "TESTER",
    contexts: tuple[tuple[int, str, list[str]], ...] = (
        (STORAGE, CTImageStorage, [ExplicitVRLittleEndian]),
        (ECHO, Verification, [ExplicitVRLittleEndian]),
    ),
    maximum_length: int = 16384,
    application_context: str = APPLICATION_CONTEXT,
    protocol_version: int = 1,
) -> bytes:
    asked = A_ASSOCIATE()
    asked.application_context_name = UID(application_context)
    asked.called_ae_title, asked.calling_ae_title = called, calling
    proposed = []
    for context_id, abstract, syntaxes in contexts:
        context = build_context(abstract, syntaxes)
        context.context_id = context_id
        proposed.append(context)
    asked.presentation_context_definition_list = proposed
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    length.maximum_length_received = maximum_length
    implementation.implementation_class_uid = UID("1.2.3")
    asked.user_information = [length, implementation]
    pdu = A_ASSOCIATE_RQ()
    pdu.from_primitive(asked)
    pdu.protocol_version = protocol_version
    return bytes(pdu.encode())


def rejection(answer: tuple[int, bytes] | None) -> tuple[int, int, int] | None:
    """Result, source and reason of an A-ASSOCIATE-RJ."""
    if answer is None or answer[0] != REJECTED:
        return None
    pdu = A_ASSOCIATE_RJ()
    pdu.decode(header(*answer) + answer[1])
    return pdu.result or 0, pdu.source or 0, pdu.reason_diagnostic or 0


def accepted(answer: tuple[int, bytes] | None) -> dict[int, int]:
    """The result of each presentation context of an A-ASSOCIATE-AC."""
    assert answer is not None
    assert answer[0] == ACCEPTED
    pdu = A_ASSOCIATE_AC()
    pdu.decode(header(*answer) + answer[1])
    return {
        context.context_id: context.result
        for context in pdu.presentation_context
        if context.context_id is not None and context.result is not None
    }


def header(pdu_type: int, content: bytes) -> bytes:
    return struct.pack(">BxL", pdu_type, len(content))


def pdv(context_id: int, fragment: bytes, *, command: bool = False, last: bool = True) -> bytes:
    return struct.pack(">LBB", len(fragment) + 2, context_id, command | last << 1) + fragment


def p_data(context_id: int, fragment: bytes, *, command: bool = False, last: bool = True) -> bytes:
    items = pdv(context_id, fragment, command=command, last=last)
    return header(DATA, items) + items


def in_pieces(context_id: int, content: bytes, most: int = 100_000) -> bytes:
    """A data set in PDUs of at most `most` bytes."""
    pieces = range(0, max(1, len(content)), most)
    return b"".join(
        p_data(context_id, content[at : at + most], last=at + most >= len(content)) for at in pieces
    )


def store_rq(uid: str, class_uid: str = CTImageStorage, *, data_set: bool = True) -> bytes:
    return request(dimse.C_STORE_RQ, class_uid=class_uid, instance_uid=uid, data_set=data_set)


def request(field: int, *, class_uid: str = "", instance_uid: str = "", data_set: bool = False) -> bytes:
    """A command set, group 0000 in implicit little endian."""
    values = [
        (dimse.AFFECTED_SOP_CLASS_UID, dimse.padded(class_uid)),
        (dimse.COMMAND_FIELD, struct.pack("<H", field)),
        (dimse.MESSAGE_ID, struct.pack("<H", 7)),
        (dimse.COMMAND_DATA_SET_TYPE, struct.pack("<H", 1 if data_set else dimse.NO_DATA_SET)),
        (dimse.AFFECTED_SOP_INSTANCE_UID, dimse.padded(instance_uid)),
    ]
    rest = b"".join(struct.pack("<HHL", 0, element, len(value)) + value for element, value in values if value)
    return struct.pack("<HHLL", 0, 0, 4, len(rest)) + rest


def elements(command_set: bytes) -> dict[int, Any]:
    """Numbers of two bytes as int, everything else as bytes, by element of group 0000."""
    found: dict[int, Any] = {}
    at = 0
    while at < len(command_set):
        _, element, length = struct.unpack_from("<HHL", command_set, at)
        value = command_set[at + 8 : at + 8 + length]
        found[element] = struct.unpack("<H", value)[0] if length == 2 else value
        at += 8 + length
    return found
