"""C-ECHO and C-STORE: who is answered, what is kept, and that success means durable."""

from __future__ import annotations

import io
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import AllTransferSyntaxes, MediaStorageDirectoryStorage
from pynetdicom import AE
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    PatientRootQueryRetrieveInformationModelFind,
    Verification,
)

from mdtapp.gateway.peers import Peers
from mdtapp.materials.spool import Incoming, SpoolFull
from tests.gateway import peer as wire
from tests.gateway.conftest import Listening, dcmtk, run
from tests.gateway.peer import Peer
from tests.imaging import dicom

if TYPE_CHECKING:
    from flask import Flask
    from pynetdicom.association import Association

    from mdtapp.imaging.intake import Intake
    from tests.conftest import Person

Listen = Callable[..., Listening]


@contextmanager
def associated(
    listening: Listening, *contexts: str, called: str = "MDTAPP", calling: str = "TESTER"
) -> Iterator[Association]:
    entity = AE(ae_title=calling)
    for context in contexts or (CTImageStorage,):
        entity.add_requested_context(context)
    association = entity.associate("127.0.0.1", listening.port, ae_title=called)
    yield association
    if association.is_established:
        association.release()
    else:
        association.abort()


def instance(uid: str = "1.2.3.4", **values: Any) -> Dataset:
    """A data set as it is read from a file: ready to be sent."""
    return pydicom.dcmread(io.BytesIO(dicom.encoded(dicom.image(SOPInstanceUID=uid, **values))))


def store(listening: Listening, ds: Dataset) -> int | None:
    with associated(listening) as association:
        assert association.is_established
        status: int | None = association.send_c_store(ds).get("Status")
        return status


def settled(condition: Callable[[], bool]) -> bool:
    """Whether the condition holds within two seconds: the other side works in threads of its own."""
    deadline = time.monotonic() + 2
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


# With DCMTK, as an acceptance test would


def test_echoscu_is_answered(listening: Listening) -> None:
    done = run(dcmtk("echoscu"), "-aec", "MDTAPP", "127.0.0.1", str(listening.port))
    assert done.returncode == 0, done.stderr


def test_echoscu_for_another_title_is_refused(listening: Listening) -> None:
    done = run(dcmtk("echoscu"), "-aec", "SOMEONE", "127.0.0.1", str(listening.port))
    assert done.returncode != 0
    assert "Called AE Title Not Recognized" in done.stderr + done.stdout
    assert settled(lambda: listening.refused == [("called_ae_title", "ECHOSCU", "127.0.0.1")])


def test_storescu_sends_a_whole_study_into_the_tray_and_a_case(
    app: Flask,
    listening: Listening,
    pipeline: Intake,
    coordinator: Person,
    new_case: Callable[..., str],
) -> None:
    """petct-lung over the wire, drained by the worker, assigned in the browser."""
    from mdtapp.imaging.worker import Worker

    folder = dicom.shared_folder("dicom/petct-lung")
    send = [dcmtk("storescu"), "-aec", "MDTAPP", "-R", "-xt", "+sd", "+r", "+sp", "*.dcm"]
    done = run(*send, "127.0.0.1", str(listening.port), folder)
    assert done.returncode == 0, done.stderr[-2000:]
    files = list(folder.rglob("*.dcm"))
    assert len(listening.spool.ready()) == len(files)
    with app.app_context():
        worker = Worker(pipeline, listening.spool)
        while worker.turn():
            pass
    assert listening.spool.ready() == []
    page = coordinator.get("/tray").text
    assert f"{len(files)} images" in page
    case_no = new_case(coordinator=coordinator.user_id)
    values = {"case_no": case_no, "reason": "Announced by the family", "csrf_token": coordinator.csrf_token()}
    assert coordinator.post("/tray/1/1", data=values).status_code == 302
    shown = coordinator.get(f"/cases/{case_no}/materials").text
    assert f"{len(files)} images" in shown
    assert "The tray is empty" in coordinator.get("/tray").text
    picture = coordinator.get(f"/cases/{case_no}/imaging/series/1/preview.png")
    assert picture.status_code in {200, 404}


def test_what_is_kept_is_what_was_sent(listening: Listening) -> None:
    """The data set of a compressed file comes through byte for byte; only the file meta is ours."""
    path = dicom.shared_folder("dicom/petct-lung") / "ct-scout" / "scout.dcm"
    done = run(dcmtk("storescu"), "-aec", "MDTAPP", "-R", "-xt", "127.0.0.1", str(listening.port), path)
    assert done.returncode == 0, done.stderr
    (kept,) = listening.spool.ready()
    sent, stored = pydicom.dcmread(path), pydicom.dcmread(listening.spool.path(kept))
    assert stored.file_meta.TransferSyntaxUID == sent.file_meta.TransferSyntaxUID
    assert stored.PixelData == sent.PixelData
    assert stored == sent


# Who is answered


def test_a_known_peer_is_a_title_and_an_address(listen: Listen) -> None:
    listening = listen(peers=(("TESTER", "127.0.0.1"), ("PACS", "10.0.0.5")))
    with associated(listening, Verification) as association:
        assert association.is_established
        assert association.send_c_echo().Status == 0
    for title in ("PACS", "OTHER"):
        with associated(listening, Verification, calling=title) as association:
            assert association.is_rejected
    assert settled(
        lambda: (
            listening.refused
            == [("calling_ae_title", "PACS", "127.0.0.1"), ("calling_ae_title", "OTHER", "127.0.0.1")]
        )
    )


@pytest.mark.parametrize(
    ("known", "title", "address", "answer"),
    [
        ((), "ANY", "127.0.0.1", True),
        ((), "ANY", "::1", True),
        ((), "ANY", "10.0.0.5", False),
        ((), "ANY", "not an address", False),
        ((("PACS", "10.0.0.5"),), "PACS", "10.0.0.5", True),
        ((("PACS", "10.0.0.5"),), "PACS", "10.0.0.6", False),
        ((("PACS", "10.0.0.5"),), "PACS2", "10.0.0.5", False),
        ((("PACS", "10.0.0.5"),), "PACS", "127.0.0.1", False),
    ],
)
def test_peers(known: tuple[tuple[str, str], ...], title: str, address: str, answer: bool) -> None:
    assert Peers(known).knows(title, address) is answer


def test_nothing_but_storage_and_verification_is_offered(listening: Listening) -> None:
    with associated(listening, Verification, PatientRootQueryRetrieveInformationModelFind) as association:
        assert [context.abstract_syntax for context in association.accepted_contexts] == [Verification]


def test_one_peer_cannot_take_every_association(listening: Listening) -> None:
    from mdtapp.gateway.server import MAX_OF_ONE_PEER

    entity = AE(ae_title="TESTER")
    entity.add_requested_context(Verification)
    opened = [
        entity.associate("127.0.0.1", listening.port, ae_title="MDTAPP") for _ in range(MAX_OF_ONE_PEER + 1)
    ]
    assert [association.is_established for association in opened] == [True] * MAX_OF_ONE_PEER + [False]
    for association in opened:
        association.release() if association.is_established else association.abort()
    assert settled(lambda: bool(listening.refused))
    with associated(listening, Verification) as association:
        assert association.is_established


# What is kept


def test_success_is_said_after_the_spool_has_it(listening: Listening) -> None:
    assert store(listening, instance()) == 0x0000
    (kept,) = listening.spool.ready()
    assert (kept.name, kept.source, kept.case_no, kept.actor) == (
        "1.2.3.4.dcm",
        "dicom",
        None,
        "system:gateway",
    )
    assert kept.peer == "TESTER@127.0.0.1"
    assert sorted(path.suffix for path in listening.spool.root.iterdir()) == [".batch", ".ready"]


def test_a_failing_disk_is_not_success(listening: Listening) -> None:
    from mdtapp.clinical.bitext import Bitext

    full = SpoolFull(Bitext("full", "满"))
    with mock.patch.object(Incoming, "keep", side_effect=full):
        assert store(listening, instance()) == 0xA700
    with mock.patch.object(Incoming, "keep", side_effect=RuntimeError):
        assert store(listening, instance()) == 0x0110
    assert listening.spool.ready() == []
    assert store(listening, instance()) == 0x0000


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
@pytest.mark.parametrize("uid", ["../../../../tmp/evil", "a" * 64, "1.2.3/4", "1.2.3 4"])
def test_a_hostile_uid_is_refused_and_named_nowhere(listening: Listening, uid: str) -> None:
    ds = instance()
    ds.SOPInstanceUID = uid
    ds.file_meta.MediaStorageSOPInstanceUID = uid  # type: ignore[assignment]
    assert store(listening, ds) == 0x0117
    assert listening.spool.ready() == []
    assert store(listening, instance()) == 0x0000


def test_instances_of_one_association_are_one_batch(listening: Listening) -> None:
    with associated(listening) as association:
        for number in (4, 5):
            assert association.send_c_store(instance(f"1.2.3.{number}")).Status == 0
    assert store(listening, instance("1.2.3.6")) == 0
    batches = [kept.batch for kept in listening.spool.ready()]
    assert batches[0] == batches[1] != batches[2]


def test_a_message_without_end_is_cut(listen: Listen) -> None:
    listening = listen(ceiling=10_000)
    ds = instance(PixelData=b"\0" * 2_000_000)
    with associated(listening) as association:
        status = association.send_c_store(ds)
        assert status.get("Status") != 0x0000
    assert settled(lambda: listening.spool.ready() == [])
    assert store(listening, instance("1.2.3.5")) == 0x0000


def test_an_aborted_transfer_leaves_nothing_acknowledged(listening: Listening) -> None:
    whole = instance(PixelData=b"\0" * 500_000)
    entity = AE(ae_title="TESTER")
    entity.add_requested_context(CTImageStorage)
    association = entity.associate("127.0.0.1", listening.port, ae_title="MDTAPP")
    sent = 0
    real = association.dul.send_pdu

    def send(primitive: Any) -> None:
        nonlocal sent
        sent += 1
        if sent > 3:
            association.abort()
            raise ConnectionAbortedError
        real(primitive)

    with mock.patch.object(association.dul, "send_pdu", send), pytest.raises(ConnectionAbortedError):
        association.send_c_store(whole)
    assert listening.spool.ready() == []
    assert store(listening, instance()) == 0x0000


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x01\x00\xff\xff\xff\xff",
        b"\x04\x00\x00\x00\x00\x04abcd",
        b"\xff" * 200,
    ],
)
def test_rubbish_on_the_wire_does_not_stop_it(listening: Listening, rubbish: bytes) -> None:
    with socket.create_connection(("127.0.0.1", listening.port), timeout=5) as connection:
        connection.sendall(rubbish)
    with associated(listening, Verification) as association:
        assert association.is_established


# Whatever it is, it is kept as sent


def data_set_of(content: bytes) -> bytes:
    """What follows preamble and file meta."""
    return content[144 + struct.unpack_from("<L", content, 140)[0] :]


@pytest.mark.parametrize(
    "syntax", [*AllTransferSyntaxes, "1.2.840.10008.1.2.4.999", "1.3.46.670589.33.1.4.1"]
)
def test_every_transfer_syntax_is_kept(listening: Listening, syntax: str) -> None:
    """Those of the standard, one it may still get, and a private one."""
    with Peer(listening.port) as peer:
        assert wire.accepted(peer.associate(contexts=((1, CTImageStorage, [syntax]),))) == {1: 0}
        assert peer.c_store("1.2.3.4", b"\xfe\xff any bytes") == 0
    (kept,) = listening.spool.ready()
    content = listening.spool.path(kept).read_bytes()
    assert data_set_of(content) == b"\xfe\xff any bytes"
    assert pydicom.filereader.read_file_meta_info(listening.spool.path(kept)).TransferSyntaxUID == syntax


def test_every_shared_file_is_kept_byte_by_byte(listening: Listening) -> None:
    folder = dicom.shared_folder("dicom")
    sent: list[bytes] = []
    for path in sorted(entry for entry in folder.rglob("*") if entry.is_file()):
        content = path.read_bytes()
        if content[128:140] != b"DICM\x02\x00\x00\x00UL\x04\x00":
            continue  # no DICOM, or one without the meta that says where its data set begins
        meta = pydicom.filereader.read_file_meta_info(path)
        class_uid, syntax = meta.get("MediaStorageSOPClassUID"), meta.get("TransferSyntaxUID")
        if not class_uid or not syntax or class_uid == MediaStorageDirectoryStorage:
            continue
        with Peer(listening.port) as peer:
            peer.associate(contexts=((1, class_uid, [syntax]),))
            assert peer.c_store(f"1.2.{len(sent)}", data_set_of(content), class_uid=class_uid) == 0, path
        sent.append(data_set_of(content))
    assert len(sent) > 400
    kept = [data_set_of(listening.spool.path(one).read_bytes()) for one in listening.spool.ready()]
    assert kept == sent


def test_dcmsend_sends_all_that_it_can_read(listening: Listening) -> None:
    """One association, some fifty presentation contexts, every kind of object of the shared data."""
    folder = dicom.shared_folder("dicom")
    send = [dcmtk("dcmsend"), "-v", "-aec", "MDTAPP", "-nh", "-dn", "-nuc", "+sd", "+r"]
    done = run(*send, "127.0.0.1", str(listening.port), folder)
    said = re.search(r"with status SUCCESS +: (\d+)", done.stdout + done.stderr)
    assert said, done.stderr[-2000:]
    assert len(listening.spool.ready()) == int(said[1]) > 400
    for kept in listening.spool.ready():
        assert pydicom.dcmread(
            listening.spool.path(kept), stop_before_pixels=True
        ).file_meta.TransferSyntaxUID
