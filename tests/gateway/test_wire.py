"""Peers that break the protocol, stop in the middle or never begin: each is answered, and the next one is served."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import struct
import time
from collections.abc import Callable
from unittest import mock

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from mdtapp.clinical.bitext import Bitext
from mdtapp.gateway import dimse, receive, server
from mdtapp.gateway.receive import BUFFER, MAX_PDU, PDU_HEADER, file_meta
from mdtapp.materials.spool import FolderSync, Incoming, SpoolFull
from tests.gateway import peer as wire
from tests.gateway.conftest import Listening, dcmtk, run
from tests.gateway.peer import ECHO, STORAGE, Peer, header, p_data, pdv, store_rq

Listen = Callable[..., Listening]


def serves(listening: Listening, source: str = "127.0.0.1", calling: str = "TESTER") -> bool:
    """Whether a known peer is served: associated, and one instance kept."""
    with Peer(listening.port, source) as peer:
        answer = peer.associate(calling=calling)
        return answer is not None and answer[0] == wire.ACCEPTED and peer.c_store("1.2.3.99") == 0


def served_within(seconds: float, listening: Listening, **who: str) -> bool:
    deadline = time.monotonic() + seconds
    while not (served := serves(listening, **who)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return served


def content_of(listening: Listening) -> list[bytes]:
    """What lies in the spool, without preamble and file meta."""
    kept = [listening.spool.path(one).read_bytes() for one in listening.spool.ready()]
    return [content[144 + struct.unpack_from("<L", content, 140)[0] :] for content in kept]


# The protocol as it should be


def test_data_sets_come_in_any_cutting(listening: Listening) -> None:
    """One PDV a PDU, many PDVs in one PDU, command and data in one PDU, single bytes on the wire."""
    content = bytes(range(256)) * 1000
    with Peer(listening.port) as peer:
        peer.associate()
        peer.send(p_data(STORAGE, store_rq("1.2.1"), command=True))
        peer.send(wire.in_pieces(STORAGE, content, 16_000))
        assert peer.status() == 0
        command = store_rq("1.2.2")
        items = pdv(STORAGE, command[:30], command=True, last=False) + pdv(
            STORAGE, command[30:], command=True
        )
        items += pdv(STORAGE, content[:1000], last=False) + pdv(STORAGE, b"", last=False)
        items += pdv(STORAGE, content[1000:100_000], last=False)
        peer.send(header(wire.DATA, items) + items)
        peer.send(p_data(STORAGE, content[100_000:200_000], last=False) + p_data(STORAGE, content[200_000:]))
        assert peer.status() == 0
        for byte in p_data(STORAGE, store_rq("1.2.3"), command=True) + p_data(STORAGE, b"few"):
            peer.send(bytes([byte]))
        assert peer.status() == 0
        peer.send(header(5, b"\0" * 4) + b"\0" * 4)
        assert peer.receive() == (wire.RELEASED, b"\0" * 4)
        assert peer.receive() is None
    assert content_of(listening) == [content, content, b"few"]


def test_a_message_longer_than_the_buffer(listening: Listening) -> None:
    content = bytes(range(251)) * 20_000
    assert len(content) > 4 * BUFFER
    with Peer(listening.port) as peer:
        peer.associate()
        peer.send(p_data(STORAGE, store_rq("1.2.1"), command=True))
        peer.send(wire.in_pieces(STORAGE, content, MAX_PDU - 6))
        assert peer.status() == 0
    assert content_of(listening) == [content]


def test_the_kept_file_is_a_dicom_file(listening: Listening) -> None:
    with Peer(listening.port) as peer:
        contexts = ((STORAGE, CTImageStorage, [JPEG2000Lossless, ImplicitVRLittleEndian]),)
        assert wire.accepted(peer.associate(contexts=contexts)) == {STORAGE: 0}
        assert peer.c_store("1.2.3.4") == 0
    (kept,) = listening.spool.ready()
    path = listening.spool.path(kept)
    meta = pydicom.filereader.read_file_meta_info(path)
    assert meta.TransferSyntaxUID == JPEG2000Lossless
    assert (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID) == (CTImageStorage, "1.2.3.4")
    assert kept.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(file_meta(CTImageStorage, "1.2.3", ExplicitVRLittleEndian)) % 2 == 0


def test_a_peer_that_takes_little_gets_its_response_in_pieces(listening: Listening) -> None:
    with Peer(listening.port) as peer:
        peer.associate(maximum_length=20)
        peer.send(p_data(ECHO, wire.request(dimse.C_ECHO_RQ, class_uid=Verification), command=True))
        command_set, last = b"", False
        while not last:
            answer = peer.receive()
            assert answer is not None
            assert len(answer[1]) <= 20
            last = bool(answer[1][5] & 2)
            command_set += answer[1][6:]
    assert wire.elements(command_set)[dimse.STATUS] == 0


def test_an_echo_between_two_instances_is_answered(listening: Listening) -> None:
    with Peer(listening.port) as peer:
        peer.associate()
        assert [peer.c_store("1.2.1"), peer.c_echo(), peer.c_store("1.2.2"), peer.c_echo()] == [0, 0, 0, 0]
    assert [kept.name for kept in listening.spool.ready()] == ["1.2.1.dcm", "1.2.2.dcm"]


def test_an_echo_within_an_instance_ends_the_association(listening: Listening) -> None:
    """PDVs of two messages are not mixed (PS3.8 annex E): what was half there is not kept."""
    with Peer(listening.port) as peer:
        peer.associate()
        peer.send(p_data(STORAGE, store_rq("1.2.1"), command=True))
        peer.send(p_data(STORAGE, b"half", last=False))
        peer.send(p_data(ECHO, wire.request(dimse.C_ECHO_RQ, class_uid=Verification), command=True))
        assert peer.abort_reason() == 5
    assert served_within(5, listening)
    assert [kept.name for kept in listening.spool.ready()] == ["1.2.3.99.dcm"]


# Who may associate, and on what


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        ({"called": "ANOTHER"}, (1, 1, 7)),
        ({"calling": "STRANGER"}, (1, 1, 3)),
        ({"application_context": "1.2.3.4"}, (1, 1, 2)),
        ({"protocol_version": 2}, (1, 2, 2)),
    ],
)
def test_rejections_say_why(listen: Listen, changed: dict[str, str], answer: tuple[int, int, int]) -> None:
    listening = listen(peers=(("TESTER", "127.0.0.1"),))
    with Peer(listening.port) as peer:
        assert wire.rejection(peer.associate(**changed)) == answer
        assert peer.receive() is None
    assert serves(listening)


def test_a_known_title_from_another_address_is_rejected(listen: Listen) -> None:
    listening = listen(peers=(("PACS", "127.0.0.2"),))
    with Peer(listening.port) as peer:
        assert wire.rejection(peer.associate(calling="PACS")) == (1, 1, 3)
    assert serves(listening, "127.0.0.2", "PACS")


def test_the_same_refusal_is_recorded_once_a_minute(listening: Listening) -> None:
    for _ in range(20):
        with Peer(listening.port) as peer:
            assert wire.rejection(peer.associate(called="ANOTHER")) == (1, 1, 7)
    time.sleep(0.2)
    assert listening.refused == [("called_ae_title", "TESTER", "127.0.0.1")]


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_contexts_that_are_no_storage_or_have_no_uids_are_refused(listening: Listening) -> None:
    find, private = "1.2.840.10008.5.1.4.1.2.1.1", "1.3.12.2.1107.5.9.1"
    contexts = (
        (1, find, [ImplicitVRLittleEndian]),
        (3, private, ["1.2.3.4.5"]),
        (5, "../../etc", [ImplicitVRLittleEndian]),
        (7, CTImageStorage, ["../../etc"]),
        (9, Verification, [JPEG2000Lossless]),
    )
    with Peer(listening.port) as peer:
        found = wire.accepted(peer.associate(contexts=contexts))
    assert found == {1: 3, 3: 0, 5: 3, 7: 3, 9: 4}


# Requests that are refused, on an association that goes on


def test_refused_requests_leave_the_association_usable(listening: Listening) -> None:
    with Peer(listening.port) as peer:
        peer.associate()
        assert peer.c_store("../../../tmp/evil") == dimse.INVALID_SOP_INSTANCE
        assert peer.c_store("1.2.3", class_uid="../evil") == dimse.SOP_CLASS_NOT_SUPPORTED
        assert peer.c_store("1.2.3", context_id=ECHO) == dimse.SOP_CLASS_NOT_SUPPORTED
        peer.send(p_data(STORAGE, store_rq("1.2.3", data_set=False), command=True))
        assert peer.status() == dimse.CANNOT_UNDERSTAND
        peer.send(
            p_data(STORAGE, wire.request(0x0020, class_uid=CTImageStorage, data_set=True), command=True)
        )
        peer.send(p_data(STORAGE, b"query"))
        assert peer.status() == dimse.UNRECOGNIZED_OPERATION
        assert listening.spool.ready() == []
        assert peer.c_store("1.2.3") == 0
    assert [path.suffix for path in listening.spool.root.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize("step", ["write", "sync", "folder"])
def test_a_failing_disk_is_answered_and_nothing_stays(listening: Listening, step: str) -> None:
    failing = OSError(28, "No space left on device")
    target = {
        "write": mock.patch.object(Incoming, "write", side_effect=SpoolFull(Bitext("full", "满"))),
        "sync": mock.patch("mdtapp.materials.spool.os.fdatasync", side_effect=failing),
        "folder": mock.patch.object(FolderSync, "begin", side_effect=failing),
    }[step]
    with Peer(listening.port) as peer:
        peer.associate()
        with target:
            assert peer.c_store("1.2.1") == dimse.OUT_OF_RESOURCES
        assert [path.suffix for path in listening.spool.root.iterdir()] == [".batch"]
        assert peer.c_store("1.2.2") == 0
    assert [kept.name for kept in listening.spool.ready()] == ["1.2.2.dcm"]


# Breaches of the protocol

STORE = p_data(STORAGE, store_rq("1.2.1"), command=True)
BREACHES = {
    "an unknown PDU type": (header(0x42, b"abc") + b"abc", 1),
    "an oversized PDU": (PDU_HEADER.pack(4, 0xFFFFFFFF) + b"x" * 5000, 6),
    "a second request for an association": (wire.associate_rq(), 2),
    "an A-RELEASE-RP out of place": (header(6, b"\0" * 4) + b"\0" * 4, 2),
    "a presentation context that was not agreed": (p_data(99, store_rq("1.2.1"), command=True), 5),
    "a PDV longer than its PDU": (header(4, b"\0" * 6) + struct.pack(">LBB", 5000, STORAGE, 3), 6),
    "a PDV without length": (header(4, b"\0" * 6) + struct.pack(">LBB", 0, STORAGE, 3), 6),
    "a PDU that ends within a PDV": (header(4, b"\0" * 3) + b"\0" * 3, 6),
    "a data set that nobody announced": (p_data(STORAGE, b"data"), 5),
    "a data set on another context": (STORE + p_data(ECHO, b"data"), 5),
    "a command where data are due": (STORE + STORE, 5),
    "noise as a command": (p_data(STORAGE, b"\xff" * 50, command=True), 6),
    "a response as a command": (p_data(STORAGE, wire.request(0x8001), command=True), 6),
    "a command without end": (p_data(STORAGE, b"\0" * 60_000, command=True, last=False) * 2, 6),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_answered_with_an_abort(listening: Listening, breach: str) -> None:
    content, reason = BREACHES[breach]
    with Peer(listening.port) as peer:
        peer.associate()
        peer.send(content)
        assert peer.abort_reason() == reason
        assert peer.receive() is None
    assert serves(listening)
    assert [kept.name for kept in listening.spool.ready()] == ["1.2.3.99.dcm"]


@pytest.mark.parametrize(
    "ending",
    [
        header(7, b"\0\0\0\0") + b"\0\0\0\0",  # A-ABORT
        b"",  # the connection is closed between two PDUs
        p_data(STORAGE, b"x" * 1000)[:500],  # and within one
    ],
)
def test_a_transfer_that_stops_leaves_nothing(listening: Listening, ending: bytes) -> None:
    with Peer(listening.port) as peer:
        peer.associate()
        peer.send(STORE + p_data(STORAGE, b"half" * 1000, last=False) + ending)
    assert served_within(5, listening)
    deadline = time.monotonic() + 5
    while list(listening.spool.root.glob("*.part")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(listening.spool.root.glob("*.part")) == []
    assert [kept.name for kept in listening.spool.ready()] == ["1.2.3.99.dcm"]


def test_a_message_over_the_ceiling_is_cut_while_it_comes(listen: Listen) -> None:
    listening = listen(ceiling=100_000)
    with Peer(listening.port) as peer:
        peer.associate()
        peer.send(STORE)
        for _ in range(3):
            peer.send(p_data(STORAGE, b"\0" * 40_000, last=False))
        assert peer.abort_reason() == 0
    assert list(listening.spool.root.glob("*.part")) == []
    assert serves(listening)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=400), associated=st.booleans())
def test_noise_never_ends_the_listener(listening: Listening, noise: bytes, associated: bool) -> None:
    with Peer(listening.port) as peer:
        if associated:
            assert peer.associate() is not None
        peer.send(noise)
    with Peer(listening.port) as peer:
        peer.associate()
        assert peer.c_echo() == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 200), byte=st.integers(0, 255))
def test_a_damaged_request_for_an_association_never_ends_the_listener(
    listening: Listening, at: int, byte: int
) -> None:
    damaged = bytearray(wire.associate_rq())
    damaged[at % len(damaged)] = byte
    with Peer(listening.port) as peer:
        peer.send(bytes(damaged))
        with contextlib.suppress(OSError):  # closed already
            peer.connection.shutdown(socket.SHUT_WR)
        while peer.receive() is not None:
            pass
    with Peer(listening.port) as peer:
        peer.associate()
        assert peer.c_echo() == 0


# Peers that do nothing


def test_a_connection_that_never_asks_is_closed(listening: Listening) -> None:
    with (
        mock.patch.object(server, "ARTIM", 0.3),
        Peer(listening.port) as silent,
        Peer(listening.port) as slow,
    ):
        slow.send(wire.associate_rq()[:20])
        assert silent.receive() is None
        assert slow.receive() is None
    assert serves(listening)


def test_an_idle_association_is_ended(listening: Listening) -> None:
    with mock.patch.object(receive, "IDLE", 0.3), Peer(listening.port) as peer:
        peer.associate()
        assert peer.abort_reason() == 0
        assert peer.receive() is None


def test_a_message_that_drips_is_ended(listening: Listening) -> None:
    """Each PDU has to be whole in time; a byte now and then does not hold the association."""
    with mock.patch.object(receive, "IDLE", 0.5), Peer(listening.port) as peer:
        peer.associate()
        peer.send(STORE)
        started = time.monotonic()
        ended = False
        while not ended and time.monotonic() - started < 5:
            try:
                peer.send(p_data(STORAGE, b"\0" * 100_000)[:1])
                peer.connection.settimeout(0.1)
                ended = peer.connection.recv(1)[:1] == b"\x07"
            except TimeoutError:
                continue
            except OSError:
                ended = True
        assert ended
    assert served_within(5, listening)


def test_five_hundred_silent_connections_keep_nobody_out(listening: Listening) -> None:
    silent = [Peer(listening.port) for _ in range(500)]
    try:
        assert served_within(5, listening)
        done = run(dcmtk("echoscu"), "-aec", "MDTAPP", "127.0.0.1", str(listening.port))
        assert done.returncode == 0, done.stderr
    finally:
        for peer in silent:
            peer.connection.close()
    assert serves(listening)


def test_five_hundred_silent_associations_keep_nobody_out(listening: Listening) -> None:
    """From the peer's own address: its idle associations give way; from another: it has places of its own."""
    opened = [Peer(listening.port) for _ in range(500)]
    try:
        answers = [peer.associate() for peer in opened]
        agreed = [answer for answer in answers if answer is not None and answer[0] == wire.ACCEPTED]
        assert server.MAX_OF_ONE_PEER <= len(agreed) < 500
        assert served_within(5, listening, source="127.0.0.2")
        assert served_within(5, listening)
    finally:
        for peer in opened:
            peer.connection.close()
    assert served_within(5, listening)


def test_associations_in_all_are_limited(listening: Listening) -> None:
    opened = [
        Peer(listening.port, f"127.0.0.{2 + number // server.MAX_OF_ONE_PEER}")
        for number in range(server.MAX_ASSOCIATIONS)
    ]
    try:
        assert {(peer.associate() or (0,))[0] for peer in opened} == {wire.ACCEPTED}
        with Peer(listening.port, "127.0.0.99") as peer:
            assert wire.rejection(peer.associate()) == (2, 3, 2)
    finally:
        for peer in opened:
            peer.connection.close()
    assert served_within(5, listening)


def test_a_busy_association_does_not_give_way(listening: Listening) -> None:
    """Only between two messages: what is being sent goes on."""
    opened = [Peer(listening.port) for _ in range(server.MAX_OF_ONE_PEER)]
    try:
        with mock.patch.object(server, "SPARE_AFTER", 0.0):
            for peer in opened:
                peer.associate()
                peer.send(STORE + p_data(STORAGE, b"first", last=False))
            time.sleep(0.3)
            with Peer(listening.port) as one_more:
                assert wire.rejection(one_more.associate()) == (2, 3, 2)
        for peer in opened:
            peer.send(p_data(STORAGE, b"last"))
            assert peer.status() == 0
    finally:
        for peer in opened:
            peer.connection.close()
    assert content_of(listening) == [b"firstlast"] * server.MAX_OF_ONE_PEER


def test_stopping_ends_what_is_open(listen: Listen) -> None:
    listening = listen()
    with Peer(listening.port) as waiting, Peer(listening.port) as peer:
        peer.associate()
        listening.gateway.stop()
        assert peer.abort_reason() == 0
        assert waiting.receive() is None
    with pytest.raises(ConnectionRefusedError):
        Peer(listening.port)
