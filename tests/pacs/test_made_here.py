"""Key objects and measurements of a case into a PACS, by C-STORE and by STOW-RS, once they are open."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

from mdtapp.clock import SystemClock
from mdtapp.gateway.stow import basic
from mdtapp.imaging.key_object import NamedImage, key_object
from mdtapp.imaging.served_patient import ServedPatient
from tests.conftest import START, Person
from tests.delivery.conftest import board
from tests.imaging import dicom
from tests.imaging.conftest import pipeline
from tests.pacs.peers import Orthanc, Process, dicomweb_plugin, running_orthanc
from tests.pacs.test_sending import CASE_NO, PAGE, add_node, person, rows, turn

if TYPE_CHECKING:
    from flask import Flask

    from tests.meetings.board import Board

__all__ = ["board", "person", "pipeline"]

Transaction = Callable[[], AbstractContextManager[None]]
SECRET = basic("us", "s3cret")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Orthanc]:
    """An Orthanc that takes what is sent by STOW-RS from whoever knows its password."""
    options: dict[str, Any] = {
        "Plugins": [dicomweb_plugin()],
        "AuthenticationEnabled": True,
        "RegisteredUsers": {"us": "s3cret"},
    }
    with running_orthanc(tmp_path / "web", **options) as running:
        running.authorization = SECRET
        yield running


@pytest.fixture
def made(
    app: Flask, transaction: Transaction, board: Board, pipeline: Any, person: Person, study: list[Path]
) -> dict[str, str]:
    """A key object of the chair and a report of the radiologist, on the first image; UIDs by kind."""
    from mdtapp.cases.queries import find_case
    from mdtapp.clinical.bitext import Bitext
    from mdtapp.imaging import queries
    from mdtapp.materials.operations import NamedActor
    from mdtapp.materials.status import Source
    from mdtapp.opinions.key_images import operations

    image = pydicom.dcmread(study[0], stop_before_pixels=True)
    with transaction():
        case = find_case(CASE_NO)
        assert case is not None
        patient = ServedPatient(case.patient.pseudonym, CASE_NO, 1967)
        makers = {who: NamedActor(board.user(who).actor_ref) for who in ("chair", "radiologist")}
    named = NamedImage(
        image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPInstanceUID, image.SOPClassUID
    )
    uid, content = key_object(named, patient, "The lesion", START)
    folder = study[0].parent
    (folder / "ko.dcm").write_bytes(content)
    report = dicom.image(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33",
        StudyInstanceUID=image.StudyInstanceUID,
        SeriesInstanceUID="1.2.3.77",
        SOPInstanceUID="1.2.3.77.1",
        Modality="SR",
        SeriesDescription="Longest diameter",
        PatientName=patient.pseudonym,
        PatientID=CASE_NO,
        PatientBirthDate="19670101",
        PatientSex="",
        SpecificCharacterSet="GB18030",
        ContentLabel="TARGET",
        TextValue="右上叶结节",
        PixelData=None,
    )
    (folder / "sr.dcm").write_bytes(dicom.encoded(report))
    with app.app_context():
        for name, who in (("ko.dcm", "chair"), ("sr.dcm", "radiologist")):
            pipeline.import_path([folder / name], case_no=CASE_NO, actor=makers[who], source=Source.STOW)
    with transaction():
        case = find_case(CASE_NO)
        assert case is not None
        found = queries.find_in_case(case, image.SOPInstanceUID)
        assert found is not None
        operations.choose(
            actor=board.user("chair"),
            at=START,
            case=case,
            instance=found,
            frame=1,
            note=Bitext(),
            prepared=operations.Prepared("a" * 64, uid),
        )
    return {"KO": uid, "SR": "1.2.3.77.1"}


def stow_node(app: Flask, transaction: Transaction, pacs: Orthanc, secret: str = "s3cret") -> int:
    from mdtapp.pacs.models import PacsNode
    from mdtapp.pacs.status import SendBy, StowAuth
    from mdtapp.pacs.stow_place import sealed
    from mdtapp.store.db import session

    node_id = add_node(app, transaction, pacs)
    with transaction():
        node = session.get_one(PacsNode, node_id)
        node.send_by, node.stow_url, node.stow_auth = SendBy.STOW, pacs.dicomweb, StowAuth.BASIC
        node.stow_sealed = sealed("us", secret, app.extensions["mdtapp.identity_key"])
    return node_id


def series_of(app: Flask, uid: str) -> int:
    from mdtapp.imaging.queries import find_instance
    from mdtapp.store.db import unit_of_work

    with app.app_context(), unit_of_work(writing=False):
        found = find_instance(uid)
        assert found is not None
        return found.series_id


def send(app: Flask, person: Person, node: int, *uids: str) -> int:
    data = {"made_node_id": node, "series": [series_of(app, uid) for uid in uids]}
    return person.submit(PAGE, data, action=f"{PAGE}/made").status_code


def arrived(orthanc: Orthanc) -> dict[str, pydicom.Dataset]:
    found = [pydicom.dcmread(io.BytesIO(orthanc.file(one))) for one in orthanc.ask("/instances")]
    return {str(ds.Modality): ds for ds in found}


def told(app: Flask) -> list[dict[str, Any]]:
    """What the log says was sent."""
    from sqlalchemy import select

    from mdtapp.audit.models import Event
    from mdtapp.store.db import session, unit_of_work

    with app.app_context(), unit_of_work(writing=False):
        query = select(Event.detail).where(Event.event == "pacs:sending_asked").order_by(Event.seq)
        return list(session.scalars(query))


def check_arrived(orthanc: Orthanc, made: dict[str, str], study: list[Path]) -> None:
    image = pydicom.dcmread(study[0], stop_before_pixels=True)
    found = arrived(orthanc)
    assert set(found) == {"KO", "SR"}
    for kind, ds in found.items():
        assert ds.SOPInstanceUID == made[kind]
        assert ds.StudyInstanceUID == image.StudyInstanceUID
        assert (ds.PatientID, str(ds.PatientName)) == (image.PatientID, str(image.PatientName))
        assert (ds.PatientBirthDate, ds.StudyDate) == (image.PatientBirthDate, image.StudyDate)
        assert CASE_NO not in str(ds)
    assert found["SR"].TextValue == "右上叶结节"
    assert found["SR"].SeriesDescription == "Longest diameter"
    (reference,) = found["KO"].CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert reference.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID


def test_they_go_into_the_study_under_the_patients_own_name(
    app: Flask,
    transaction: Transaction,
    person: Person,
    made: dict[str, str],
    web: Orthanc,
    study: list[Path],
) -> None:
    """By STOW-RS: first with a wrong password, which is said and tried again, then with the right one."""
    from mdtapp.pacs.models import PacsNode
    from mdtapp.pacs.stow_place import sealed
    from mdtapp.store.db import session

    node = stow_node(app, transaction, web, "wrong")
    page = person.get(PAGE).text
    assert "<strong>Key images</strong>" in page
    assert "Measurements" in page
    assert send(app, person, node, made["KO"], made["SR"]) == 302
    assert turn(app)
    assert rows(app)[0][:2] == ("waiting", 0)
    assert "does not accept our name and password" in rows(app)[0][2]
    assert "tries: 1 of 8" in person.get(PAGE).text
    with transaction():
        session.get_one(PacsNode, node).stow_sealed = sealed(
            "us", "s3cret", app.extensions["mdtapp.identity_key"]
        )
    assert send(app, person, node, made["SR"]) == 409  # it is on its way
    while turn(app):
        pass
    assert rows(app) == [("done", 1, ""), ("done", 1, "")]
    check_arrived(web, made, study)
    assert {tuple(event["instances"]) for event in told(app)} == {(made["KO"],), (made["SR"],)}
    assert send(app, person, node, made["SR"]) == 302  # sent again it is the same
    assert turn(app)
    assert len(web.ask("/instances")) == 2
    assert rows(app) == [("done", 1, ""), ("done", 1, "")]


def test_by_c_store(
    app: Flask,
    transaction: Transaction,
    person: Person,
    made: dict[str, str],
    orthanc: Orthanc,
    study: list[Path],
) -> None:
    node = add_node(app, transaction, orthanc)
    assert send(app, person, node) == 422
    assert (
        "Tick at least one"
        in person.post(
            f"{PAGE}/made", data={"csrf_token": person.csrf_token(PAGE), "made_node_id": node}
        ).text
    )
    assert send(app, person, node, made["KO"], made["SR"]) == 302
    while turn(app):
        pass
    assert rows(app) == [("done", 1, ""), ("done", 1, "")]
    check_arrived(orthanc, made, study)


def test_a_peer_killed_in_the_middle_gets_the_rest_later(
    app: Flask,
    transaction: Transaction,
    board: Board,
    person: Person,
    web: Orthanc,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mdtapp.gateway import stow
    from tests.pacs.conftest import SLICES
    from tests.pacs.test_sending import send_images

    send_images(app, transaction, board, stow_node(app, transaction, web))
    real, tried = stow._send_one, 0

    def send_one(*args: Any) -> None:
        nonlocal tried
        if tried == 4:
            web.kill()
        tried += 1
        real(*args)

    monkeypatch.setattr(stow, "_send_one", send_one)
    assert turn(app)
    ((state, sent, failure),) = rows(app)
    assert (state, sent) == ("waiting", 4)
    assert "broke off" in failure
    web.start()
    assert turn(app)
    assert rows(app) == [("done", SLICES, "")]
    assert len(web.ask("/instances")) == SLICES
    assert tried == SLICES + 1  # what was taken is not sent again


def test_nothing_leaves_before_it_is_open(
    app: Flask, transaction: Transaction, board: Board, person: Person, made: dict[str, str]
) -> None:
    """While the panel judges by itself, a colleague could read it in the PACS."""
    from mdtapp.cases.models import Case
    from mdtapp.cases.status import CaseStatus
    from mdtapp.errors import NotAllowed
    from mdtapp.imaging.models import ImagingSeries
    from mdtapp.pacs import operations, queries
    from mdtapp.store.db import session

    node = add_node(app, transaction, Nobody())
    taken_back = series_of(app, made["KO"])
    with transaction():
        session.get_one(Case, 1).status = CaseStatus.IN_REVIEW
    page = person.get(PAGE).text
    assert "once the case has been discussed" in page
    assert "Longest diameter" not in page
    crafted = {
        "csrf_token": person.csrf_token(PAGE),
        "made_node_id": node,
        "series": series_of(app, made["SR"]),
    }
    assert person.post(f"{PAGE}/made", data=crafted).status_code == 422
    with transaction(), pytest.raises(NotAllowed):
        operations.ask_sending(
            actor=board.user("coordinator"),
            at=SystemClock().now(),
            case=session.get_one(Case, 1),
            node=queries.get_active_node(node),
            title="Measurements",
            objects=[{"sop_instance_uid": made["SR"]}],
            series=session.get_one(ImagingSeries, series_of_uid(made["SR"])),
        )
    assert rows(app) == []
    with transaction():
        from mdtapp.opinions.key_images.models import KeyImage

        session.get_one(Case, 1).status = CaseStatus.DISCUSSED
        session.get_one(KeyImage, 1).withdrawn_at = SystemClock().now()
    page = person.get(PAGE).text
    assert "Longest diameter" in page
    assert "<strong>Key images</strong>" not in page  # it was taken back
    assert person.post(f"{PAGE}/made", data={**crafted, "series": taken_back}).status_code == 422
    assert person.post(f"{PAGE}/made", data=crafted).status_code == 302


def series_of_uid(uid: str) -> int:
    from mdtapp.imaging.queries import find_instance

    found = find_instance(uid)
    assert found is not None
    return found.series_id


class Nobody(Process):
    """A PACS that is entered and not asked."""

    def __init__(self) -> None:
        self.port = 104

    @property
    def peer(self) -> Any:
        from mdtapp.gateway.scu import Peer

        return Peer("NOBODY", "127.0.0.1", 104, "MDTAPP")


def test_the_key_of_what_is_sealed_was_lost(
    app: Flask, transaction: Transaction, person: Person, made: dict[str, str], web: Orthanc
) -> None:
    """It ends with a sentence; the next sending is not held up."""
    from cryptography.fernet import Fernet

    node = stow_node(app, transaction, web)
    assert send(app, person, node, made["SR"]) == 302
    app.extensions["mdtapp.identity_key"] = Fernet.generate_key().decode()
    assert not turn(app)
    ((state, _sent, failure),) = rows(app)
    assert state == "failed"
    assert "identity.key" in failure
