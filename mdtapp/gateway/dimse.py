"""DIMSE command sets (PS3.7 section 6.3 and annex E): group 0000 in implicit VR little endian."""

from __future__ import annotations

import struct
from dataclasses import dataclass

# Command Field (PS3.7 E.1-1)
C_STORE_RQ = 0x0001
C_ECHO_RQ = 0x0030
C_CANCEL_RQ = 0x0FFF
RESPONSE = 0x8000
NO_DATA_SET = 0x0101

# Status (PS3.7 annex C, PS3.4 table B.2-1)
SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
INVALID_SOP_INSTANCE = 0x0117
SOP_CLASS_NOT_SUPPORTED = 0x0122
UNRECOGNIZED_OPERATION = 0x0211
OUT_OF_RESOURCES = 0xA700
CANNOT_UNDERSTAND = 0xC000

# Elements of group 0000
AFFECTED_SOP_CLASS_UID = 0x0002
COMMAND_FIELD = 0x0100
MESSAGE_ID = 0x0110
MESSAGE_ID_BEING_RESPONDED_TO = 0x0120
COMMAND_DATA_SET_TYPE = 0x0800
STATUS = 0x0900
AFFECTED_SOP_INSTANCE_UID = 0x1000

_ELEMENT = struct.Struct("<HHL")
_US = struct.Struct("<H")


@dataclass(frozen=True, slots=True)
class Request:
    """What a command set asks for. UIDs are as sent, without padding; an absent one is empty."""

    command_field: int
    message_id: int
    affected_sop_class_uid: str
    affected_sop_instance_uid: str
    has_data_set: bool


def decode_request(command_set: bytes) -> Request:
    """Reads a command set; ValueError when it is none, or is not a request."""
    elements = dict(_elements(command_set))
    try:
        (command_field,) = _US.unpack(elements[COMMAND_FIELD])
        (message_id,) = _US.unpack(elements[MESSAGE_ID])
        (data_set_type,) = _US.unpack(elements[COMMAND_DATA_SET_TYPE])
    except (KeyError, struct.error) as error:
        raise ValueError("not the command set of a request") from error
    if command_field & RESPONSE:
        raise ValueError("a response where a request is due")
    return Request(
        command_field=command_field,
        message_id=message_id,
        affected_sop_class_uid=_uid(elements.get(AFFECTED_SOP_CLASS_UID, b"")),
        affected_sop_instance_uid=_uid(elements.get(AFFECTED_SOP_INSTANCE_UID, b"")),
        has_data_set=data_set_type != NO_DATA_SET,
    )


def encode_response(request: Request, status: int) -> bytes:
    """The command set of a response without data set (PS3.7 9.3.1.2, 9.3.5.2)."""
    elements = [
        (AFFECTED_SOP_CLASS_UID, padded(request.affected_sop_class_uid)),
        (COMMAND_FIELD, _US.pack(request.command_field | RESPONSE)),
        (MESSAGE_ID_BEING_RESPONDED_TO, _US.pack(request.message_id)),
        (COMMAND_DATA_SET_TYPE, _US.pack(NO_DATA_SET)),
        (STATUS, _US.pack(status)),
        (AFFECTED_SOP_INSTANCE_UID, padded(request.affected_sop_instance_uid)),
    ]
    rest = b"".join(_ELEMENT.pack(0, element, len(value)) + value for element, value in elements if value)
    return _ELEMENT.pack(0, 0, 4) + struct.pack("<L", len(rest)) + rest


def padded(uid: str) -> bytes:
    """A UID as an element's value: of even length (PS3.5 9.1)."""
    value = uid.encode("latin-1")
    return value + b"\0" * (len(value) % 2)


def _elements(command_set: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(command_set):
        try:
            group, element, length = _ELEMENT.unpack_from(command_set, at)
        except struct.error as error:
            raise ValueError("a command set that ends within an element") from error
        at += _ELEMENT.size
        if group != 0 or length > len(command_set) - at:
            raise ValueError("not an element of a command set")
        found.append((element, command_set[at : at + length]))
        at += length
    return found


def _uid(value: bytes) -> str:
    return value.decode("latin-1").rstrip("\0 ")
