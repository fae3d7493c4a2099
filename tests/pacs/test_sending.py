"""The released opinion into a real PACS: as Encapsulated PDF in the patient's study, retried, never overwritten."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

from mdtapp.clock import SystemClock
from tests.conftest import Person, sign_in
from tests.delivery.conftest import board
from tests.delivery.released import next_version, released
from tests.imaging import dicom
from tests.imaging.conftest import pipeline
from tests.pacs.conftest import SLICES
from tests.pacs.peers import Orthanc, QueryServer

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.pacs.sender import Sender
    from tests.meetings.board import Board
    from tests.pacs.peers import Process

__all__ = ["board", "pipeline"]

CASE_NO = "MDT-2026-0001"
PAGE = f"/cases/{CASE_NO}/pacs"
Transaction = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def person(app: Flask, board: Board, transaction: Transaction, pipeline: Any, study: list[Path]) -> Person:
    """The coordinator of a case whose opinion is released and whose study came from a PACS."""
    from mdtapp.audit.trail import SystemActor
    from mdtapp.cases import operations
    from mdtapp.materials.status import Source

    with transaction():
        case = released(board).opinion.case
        key = app.extensions["mdtapp.identity_key"]
        actor = board.user("coordinator")
        operations.seal_identity(
            actor=actor, at=SystemClock().now(), case=case, identity=dicom.ZHANG_RECORD, key=key
        )
    with app.app_context():
        pipeline.import_path(study, case_no=CASE_NO, actor=SystemActor("tests"), source=Source.UPLOAD)
    return sign_in(app, "coordinator", board.people["coordinator"])


def add_node(app: Flask, transaction: Transaction, pacs: Process) -> int:
    from mdtapp.pacs.models import PacsNode
    from mdtapp.store.db import session

    with transaction():
        node = PacsNode(
            name=f"PACS {pacs.port}",
            ae_title=pacs.peer.ae_title,  # type: ignore[attr-defined]
            host="127.0.0.1",
            port=pacs.port,
            created_at=SystemClock().now(),
        )
        session.add(node)
        session.flush()
        return node.id


def sender(app: Flask) -> Sender:
    from mdtapp.pacs.sender import Sender

    return Sender(app, app.config["MDTAPP"], app.extensions["mdtapp.objects"], SystemClock())


def turn(app: Flask) -> bool:
    """One turn of the worker, whatever the pause."""
    from sqlalchemy import update

    from mdtapp.pacs.models import PacsSending
    from mdtapp.store.db import session, unit_of_work

    with app.app_context():
        with unit_of_work():
            session.execute(update(PacsSending).values(next_try_at=SystemClock().now()))
        return sender(app).turn()


def rows(app: Flask) -> list[tuple[str, int, str]]:
    from sqlalchemy import select

    from mdtapp.pacs.models import PacsSending
    from mdtapp.store.db import session, unit_of_work

    with app.app_context(), unit_of_work(writing=False):
        found = session.scalars(select(PacsSending).order_by(PacsSending.id))
        return [(str(row.state), row.sent, row.failure.en) for row in found]


def press(person: Person, node: int, version: int = 1, **fields: Any) -> int:
    """The button; the status of the answer."""
    data = {"version_id": version, "study_id": 1, "to_node_id": node, "language": "en", **fields}
    return person.submit(PAGE, data, action=f"{PAGE}/sendings").status_code


def documents_in(orthanc: Orthanc) -> list[pydicom.Dataset]:
    found = [pydicom.dcmread(io.BytesIO(orthanc.file(one))) for one in orthanc.ask("/instances")]
    return sorted((ds for ds in found if ds.Modality == "DOC"), key=lambda ds: ds.InstanceNumber)


def test_the_opinion_stands_beside_the_images_it_is_about(
    app: Flask, transaction: Transaction, board: Board, person: Person, orthanc: Orthanc, study: list[Path]
) -> None:
    orthanc.take(study)
    node = add_node(app, transaction, orthanc)
    assert "Send to the PACS" in person.get(f"/cases/{CASE_NO}/delivery").text
    assert press(person, node) == 302
    assert turn(app)
    assert rows(app) == [("done", 1, "")]
    (document,) = documents_in(orthanc)
    image = pydicom.dcmread(study[0], stop_before_pixels=True)
    assert document.StudyInstanceUID == image.StudyInstanceUID
    assert (document.PatientID, str(document.PatientName)) == (image.PatientID, str(image.PatientName))
    assert document.EncapsulatedDocument[: document.EncapsulatedDocumentLength].startswith(b"%PDF-1.7")
    assert len(orthanc.ask("/studies")) == 1
    assert len(orthanc.ask("/series")) == 2
    assert "1 of 1 taken" in person.get(PAGE).text
    sent_again_is_the_same(app, person, node, orthanc)
    a_new_version_stands_beside_the_old(app, transaction, board, person, node, orthanc)


def sent_again_is_the_same(app: Flask, person: Person, node: int, orthanc: Orthanc) -> None:
    assert press(person, node) == 302
    assert turn(app)
    assert len(documents_in(orthanc)) == 1
    assert rows(app) == [("done", 1, "")]


def a_new_version_stands_beside_the_old(
    app: Flask, transaction: Transaction, board: Board, person: Person, node: int, orthanc: Orthanc
) -> None:
    from mdtapp.opinions.models import Opinion
    from mdtapp.store.db import session

    with transaction():
        opinion = session.get_one(Opinion, 1)
        opinion.versions[0].void = True
        version = next_version(board, opinion).id
    assert press(person, node, version=1) == 422  # replaced: not sent any more
    assert press(person, node, version=version) == 302
    assert turn(app)
    first, second = documents_in(orthanc)
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.SeriesInstanceUID == second.SeriesInstanceUID
    assert (first.InstanceNumber, second.InstanceNumber) == (1, 2)


def test_the_pacs_is_down_and_comes_back(
    app: Flask, transaction: Transaction, person: Person, dcmqrscp: QueryServer
) -> None:
    node = add_node(app, transaction, dcmqrscp)
    dcmqrscp.kill()
    assert press(person, node) == 302
    assert turn(app)
    ((state, sent, failure),) = rows(app)
    assert (state, sent) == ("waiting", 0)
    assert "takes no connection" in failure
    assert press(person, node) == 409  # it is on its way
    page = person.get(PAGE).text
    assert "Next try" in page
    dcmqrscp.start()
    assert turn(app)
    assert rows(app) == [("done", 1, "")]


def send_images(app: Flask, transaction: Transaction, board: Board, node_id: int) -> None:
    """All images of the case, as key objects and reports will be sent."""
    from sqlalchemy import select

    from mdtapp.cases.queries import find_case
    from mdtapp.imaging.models import ImagingInstance
    from mdtapp.pacs import operations, queries
    from mdtapp.store.db import session

    with transaction():
        case = find_case(CASE_NO)
        assert case is not None
        objects = [
            {
                "sha256": row.sha256,
                "sop_class_uid": row.sop_class_uid,
                "sop_instance_uid": row.sop_instance_uid,
                "transfer_syntax_uid": row.transfer_syntax_uid,
            }
            for row in session.scalars(select(ImagingInstance).order_by(ImagingInstance.id))
        ]
        operations.ask_sending(
            actor=board.user("coordinator"),
            at=SystemClock().now(),
            case=case,
            node=queries.get_active_node(node_id),
            title="Images",
            objects=objects,
        )


def test_a_pacs_killed_in_the_middle_gets_the_rest_later(
    app: Flask,
    transaction: Transaction,
    board: Board,
    person: Person,
    orthanc: Orthanc,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mdtapp.gateway import sending

    node = add_node(app, transaction, orthanc)
    send_images(app, transaction, board, node)
    real = sending._send_one
    told: list[Any] = []

    def send_one(association: Any, file: Any) -> None:
        if len(told) == 4:
            orthanc.kill()
        told.append(file)
        real(association, file)

    monkeypatch.setattr(sending, "_send_one", send_one)
    assert turn(app)
    ((state, sent, failure),) = rows(app)
    assert (state, sent) == ("waiting", 4)
    assert "broke off" in failure
    orthanc.start()
    assert turn(app)
    assert rows(app) == [("done", SLICES, "")]
    assert len(orthanc.ask("/instances")) == SLICES
    assert len(told) == SLICES + 1  # what was taken is not sent again


def test_what_the_pacs_does_not_take_is_said(app: Flask, transaction: Transaction, person: Person) -> None:
    from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

    from mdtapp.pacs.models import PacsNode
    from mdtapp.store.db import session
    from tests.pacs.test_connection import listening

    with listening(Verification, storage=False) as peer:
        with transaction():
            node = PacsNode(
                name="Odd", ae_title="ODD", host=peer.host, port=peer.port, created_at=SystemClock().now()
            )
            session.add(node)
            session.flush()
            node_id = node.id
        assert press(person, node_id) == 302
        assert turn(app)
    assert "takes nothing of this kind" in rows(app)[0][2]
    assert person.submit(PAGE, action=f"{PAGE}/sendings/1/cancel").status_code == 302
    assert rows(app)[0][0] == "cancelled"


def test_one_association_for_each_pacs(
    app: Flask, transaction: Transaction, board: Board, person: Person, orthanc: Orthanc
) -> None:
    """While one sending to a PACS runs, the next one to it waits."""
    from mdtapp.pacs import operations, queries

    node = add_node(app, transaction, orthanc)
    send_images(app, transaction, board, node)
    assert press(person, node) == 302
    now = SystemClock().now()
    with transaction():
        first = queries.next_sending(now)
        assert first is not None
        operations.take(at=now, transfer=first)
        first_id = first.id
    with transaction():
        assert queries.next_sending(now) is None
    with transaction():
        later = queries.next_sending(now + 2 * operations.LEASE)
        assert later is not None
        assert later.id == first_id  # its worker died


def test_a_demonstration_is_not_sent(
    app: Flask, transaction: Transaction, person: Person, orthanc: Orthanc
) -> None:
    from mdtapp.cases.queries import find_case

    node = add_node(app, transaction, orthanc)
    with transaction():
        case = find_case(CASE_NO)
        assert case is not None
        case.demonstration = True
    page = person.get(PAGE)
    assert "demonstration case" in page.text
    token = person.csrf_token(PAGE)
    data = {"csrf_token": token, "version_id": 1, "study_id": 1, "to_node_id": node, "language": "en"}
    assert person.post(f"{PAGE}/sendings", data=data).status_code == 422
    assert rows(app) == []
