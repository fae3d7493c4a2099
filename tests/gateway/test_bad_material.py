"""Bad files over the wire: a DIMSE status, a sentence in the intake report, and a listener that goes on serving."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from tests.gateway.conftest import Listening, listen, listening, new_case, pipeline, reader
from tests.gateway.peer import Peer
from tests.gateway.test_gateway import data_set_of
from tests.gateway.test_wire import served_within
from tests.imaging import dicom

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.imaging.intake import Intake

__all__ = ["listen", "listening", "new_case", "pipeline", "reader"]

FOUR_GIGABYTES = 0xFFFFFFF0
BAD: dict[str, tuple[Callable[[str], bytes], str]] = {
    "half a file": (
        lambda uid: dicom.encoded(dicom.image(PixelData=bytes(32), SOPInstanceUID=uid))[:-16],
        "cut_short",
    ),
    "half a header": (lambda uid: dicom.encoded(dicom.image())[:420], ""),
    "a UID with path parts": (
        lambda uid: dicom.with_raw_uid((0x20, 0xD), b"../../../../tmp/x"),
        "uid_improper",
    ),
    "no UIDs": (lambda uid: dicom.encoded(dicom.image(StudyInstanceUID=None)), "uid_missing"),
    "nested without end": (lambda uid: dicom.nested(4000), "dicom_too_deep"),
    "frames that lie about size": (
        lambda uid: dicom.encoded(dicom.image(Rows=60000, Columns=60000, SOPInstanceUID=uid)),
        "cut_short",
    ),
    "more frames than there are": (
        lambda uid: dicom.encoded(dicom.image(NumberOfFrames=100000, SOPInstanceUID=uid)),
        "cut_short",
    ),
    "pixels of four gigabytes": (lambda uid: dicom.claiming(uid, (0x7FE0, 0x0010), FOUR_GIGABYTES), ""),
    "a value of four gigabytes": (lambda uid: dicom.claiming(uid, (0x0042, 0x0011), FOUR_GIGABYTES), ""),
    "a sequence of four gigabytes": (
        lambda uid: dicom.claiming(uid, (0x0040, 0x0275), FOUR_GIGABYTES, b"SQ"),
        "",
    ),
    "nothing but empty values": (lambda uid: dicom.empty(), "uid_missing"),
    "an empty data set": (lambda uid: dicom.encoded(dicom.image())[:144], ""),
    "noise": (lambda uid: dicom.encoded(dicom.image())[:400] + b"\xff" * 400, ""),
}


def test_each_is_answered_kept_and_named_and_the_next_peer_is_served(
    app: Flask, listening: Listening, pipeline: Intake
) -> None:
    """Sent one after another over the wire, then taken in by the worker."""
    from mdtapp.imaging.worker import Worker
    from mdtapp.materials.models import IntakeFile
    from mdtapp.store.db import session, unit_of_work

    for number, (name, (make, _code)) in enumerate(BAD.items()):
        with Peer(listening.port) as peer:
            peer.associate()
            assert peer.c_store(f"1.2.{number}", data_set_of(make(f"1.2.{number}"))) == 0, name
        assert served_within(5, listening), name
    before = len(listening.spool.ready())
    with app.app_context():
        worker = Worker(pipeline, listening.spool)
        while worker.turn():
            pass
        with unit_of_work(writing=False):
            every = [(row.path, row.reason_code, row.reason) for row in session.scalars(select(IntakeFile))]
            rows = {path: (code, reason) for path, code, reason in every}
    assert listening.spool.ready() == []
    assert len(every) == before
    for number, (name, (_make, code)) in enumerate(BAD.items()):
        found, reason = rows[f"1.2.{number}.dcm"]
        assert found == code or (not code and found), (name, found)
        assert reason.missing() == [], name
    assert served_within(5, listening)


@pytest.mark.parametrize(("packed", "count"), [(False, 1), (True, 2)])
def test_a_disc_that_refers_outside_itself_brings_nothing_from_there(
    app: Flask, pipeline: Intake, new_case: Callable[..., str], tmp_path: Path, packed: bool, count: int
) -> None:
    """What a DICOMDIR names is not followed: files of the disc are taken because they lie on it."""
    from mdtapp.audit.trail import SystemActor
    from mdtapp.materials.status import Source

    (tmp_path / "secret.dcm").write_bytes(dicom.encoded(dicom.image(SOPInstanceUID="1.2.99")))
    disc = tmp_path / "disc"
    disc.mkdir()
    (disc / "DICOMDIR").write_bytes(dicom.disc_index([["..", "SECRET.DCM"], ["..", "..", "ETC", "PASSWD"]]))
    path = disc
    if packed:
        path = tmp_path / "disc.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(disc / "DICOMDIR", "DICOMDIR")
    case_no = new_case(dicom.ZHANG_RECORD)
    with app.app_context():
        report = pipeline.import_path(
            [path], case_no=case_no, actor=SystemActor("tests"), source=Source.COMMAND_LINE
        )
    assert len(report.files) == count
    assert {str(taken.kind) for taken in report.files} <= {"dicomdir", "archive"}
    assert report.studies() == []
