"""Looking at material: in a sandbox, recorded once, for those on the case; and deciding whose it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from mdtapp.demo.synthetic_dicom import Subject
from tests.imaging import dicom
from tests.materials.test_upload import send

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from mdtapp.imaging.intake import Intake
    from mdtapp.materials.spool import Spool
    from tests.conftest import Person

NewCase = Callable[..., str]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def case_no(new_case: NewCase, coordinator: Person, radiologist: Person) -> str:
    return new_case(dicom.ZHANG_RECORD, coordinator=coordinator.user_id, radiologist=radiologist.user_id)


def fill(app: Flask, pipeline: Intake, case_no: str, folder: Path, subject: Subject = dicom.ZHANG) -> None:
    from mdtapp.audit.trail import SystemActor
    from mdtapp.demo.synthetic_dicom import ct_chest, write
    from mdtapp.materials.status import Source

    write(ct_chest(dicom.chest(subject), slices=3, size=16), folder)
    actor = SystemActor("tests")
    with app.app_context():
        pipeline.import_path([folder], case_no=case_no, actor=actor, source=Source.COMMAND_LINE)


def post(person: Person, page: str, address: str, **values: str) -> TestResponse:
    """Sends a form of `page`; the row version is that of the page unless it is given."""
    shown = re.search(r'name="row_version"[^>]*value="(\d+)"', person.get(page).text)
    version = {"row_version": shown[1]} if shown else {}
    return person.post(address, data={"csrf_token": person.csrf_token(page), **version, **values})


@pytest.mark.parametrize(
    ("name", "content", "inline", "media_type"),
    [
        ("report.pdf", b"%PDF-1.7\n%%EOF", True, "application/pdf"),
        ("notes.txt", "所见：肿瘤".encode("gb18030"), True, "text/plain; charset=utf-8"),
        ("drawing.svg", SVG, False, "application/octet-stream"),
        ("page.html", b"<html><script>alert(1)</script>", False, "application/octet-stream"),
        ("letter.rtf", b"{\\rtf1 x}", False, "application/octet-stream"),
    ],
)
def test_content_cannot_run_in_our_origin(
    coordinator: Person, case_no: str, name: str, content: bytes, inline: bool, media_type: str
) -> None:
    send(coordinator, case_no, name, content)
    answer = coordinator.get(f"/cases/{case_no}/materials/1/content")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.get("Content-Disposition", "inline").startswith(
        "inline" if inline else "attachment"
    )
    if media_type.startswith("text"):
        assert answer.text == "所见：肿瘤"
    saved = coordinator.get(f"/cases/{case_no}/materials/1/content?save=1")
    assert saved.data == content
    assert saved.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["a.pdf\r\nX-Evil: 1", 'a".pdf', "../../a.pdf", "病理.pdf"])
def test_a_download_name_is_made_by_us(coordinator: Person, case_no: str, name: str) -> None:
    send(coordinator, case_no, name, b"%PDF-1.7\n%%EOF")
    answer = coordinator.get(f"/cases/{case_no}/materials/1/content")
    assert "X-Evil" not in answer.headers
    assert answer.headers["Content-Disposition"].startswith("inline; filename=M1")


@pytest.mark.parametrize("name", ["ZHANG Wei pathology.pdf", "张伟 病理.pdf", "H-4471.pdf"])
def test_a_file_named_after_the_patient_does_not_tell_the_panel(
    coordinator: Person, radiologist: Person, case_no: str, name: str
) -> None:
    send(coordinator, case_no, name, b"%PDF-1.7\n%%EOF")
    for page in ("materials", "materials/1", "materials/1/content"):
        answer = radiologist.get(f"/cases/{case_no}/{page}")
        told = answer.text + str(answer.headers)
        assert name.split(".")[0] not in told
        assert "zhang" not in told.lower()
    assert name in coordinator.get(f"/cases/{case_no}/materials/1").text


def test_opening_is_kept_once_for_each_person(
    app: Flask, coordinator: Person, radiologist: Person, case_no: str
) -> None:
    from mdtapp.audit.models import Event
    from mdtapp.materials.models import Opening
    from mdtapp.store.db import session

    send(coordinator, case_no, "a.txt", b"words")
    for _ in range(2):
        assert radiologist.get(f"/cases/{case_no}/materials/1").status_code == 200
        assert radiologist.get(f"/cases/{case_no}/materials/1/content").status_code == 200
    with app.app_context():
        assert session.scalars(select(Opening.user_id)).all() == [radiologist.user_id]
        opened = select(Event).where(Event.event == "material:opened")
        assert len(session.scalars(opened).all()) == 1


def test_a_description_is_fixed_once_the_panel_has_opened_it(
    coordinator: Person, radiologist: Person, case_no: str
) -> None:
    page = f"/cases/{case_no}/materials/1"
    wanted = {"title": "Core biopsy", "kind": "pathology_report", "status": "received", "language": "en"}
    send(coordinator, case_no, "a.txt", b"words")
    assert post(coordinator, page, page, **wanted).status_code == 302
    assert "Core biopsy" in coordinator.get(page).text
    radiologist.get(page)
    assert post(coordinator, page, page, **{**wanted, "title": "Other"}).status_code == 409
    assert post(coordinator, page, page, **{**wanted, "status": "received_poor"}).status_code == 302


def test_a_stale_description_is_refused(coordinator: Person, case_no: str) -> None:
    page = f"/cases/{case_no}/materials/1"
    wanted = {"title": "First", "kind": "other", "status": "received"}
    send(coordinator, case_no, "a.txt", b"words")
    assert post(coordinator, page, page, **wanted).status_code == 302
    assert post(coordinator, page, page, **{**wanted, "title": "Late", "row_version": "1"}).status_code == 409


def test_a_material_still_to_come(coordinator: Person, case_no: str) -> None:
    page = f"/cases/{case_no}/materials"
    wanted = {"title": "Slides of the biopsy", "kind": "slides", "status": "requested"}
    assert post(coordinator, page, f"{page}/request", **wanted).status_code == 302
    assert "Slides of the biopsy" in coordinator.get(page).text
    assert coordinator.get(f"{page}/1").status_code == 200
    assert coordinator.get(f"{page}/1/content").status_code == 404


def test_what_is_out_of_order_is_said_beside_the_series(
    app: Flask, pipeline: Intake, radiologist: Person, case_no: str, tmp_path: Path
) -> None:
    from mdtapp.audit.trail import SystemActor
    from mdtapp.materials.status import Source

    disc = tmp_path / "disc"
    disc.mkdir()
    for number in (1, 2, 5):
        values: dict[str, Any] = {
            "InstanceNumber": number,
            "SOPInstanceUID": f"1.2.3.{number}",
            "Laterality": "R",
        }
        (disc / f"{number}.dcm").write_bytes(dicom.encoded(dicom.image(**values)))
    with app.app_context():
        pipeline.import_path(
            [disc], case_no=case_no, actor=SystemActor("tests"), vouch="test", source=Source.COMMAND_LINE
        )
    page = radiologist.get(f"/cases/{case_no}/materials/1").text
    assert "Numbers are missing: 3–4." in page
    assert "these images say right, the case says left" in page


def test_specialists_see_the_images_and_never_the_name(
    app: Flask, pipeline: Intake, radiologist: Person, case_no: str, tmp_path: Path
) -> None:
    fill(app, pipeline, case_no, tmp_path / "disc")
    shown = radiologist.get(f"/cases/{case_no}/materials").text
    assert "series/1/preview.png" in shown
    page = radiologist.get(f"/cases/{case_no}/materials/1?image=2").text
    for name in ("Zhang", "张", "H-4471", "1967-03-14", "19670314"):
        assert name not in shown + page
    assert "Not for primary diagnosis" in page
    assert "29 days old today" in page
    for address in ("series/1/preview.png", "instances/2/1.png"):
        picture = radiologist.get(f"/cases/{case_no}/imaging/{address}")
        assert (picture.status_code, picture.mimetype) == (200, "image/png")
        assert picture.data.startswith(b"\x89PNG")
    assert radiologist.get(f"/cases/{case_no}/imaging/instances/2/2.png").status_code == 404


def test_flagged_images_are_seen_by_nobody_until_decided(
    app: Flask, pipeline: Intake, coordinator: Person, radiologist: Person, case_no: str, tmp_path: Path
) -> None:
    from mdtapp.audit.models import Event
    from mdtapp.store.db import session

    fill(app, pipeline, case_no, tmp_path / "disc", dicom.AMINA)
    page = f"/cases/{case_no}/materials"
    assert radiologist.get(f"/cases/{case_no}/imaging/series/1/preview.png").status_code == 404
    assert radiologist.get(f"/cases/{case_no}/imaging/instances/1/1.png").status_code == 404
    masked = coordinator.get(page).text
    assert "W" + "•" * 6 in masked
    assert "Wanjiru" not in masked
    assert "Wanjiru^Amina" in coordinator.get(f"{page}/names").text
    with app.app_context():
        shown = session.scalars(select(Event).where(Event.event == "identity:shown")).all()
        assert [event.actor for event in shown] == [f"user:{coordinator.user_id}"]
    accept = f"{page}/decisions/1/accept"
    assert post(coordinator, page, accept, reason=" ").status_code == 422
    assert post(coordinator, page, accept, reason="Maiden name").status_code == 302
    assert post(coordinator, page, accept, reason="x").status_code == 409
    assert radiologist.get(f"/cases/{case_no}/imaging/series/1/preview.png").status_code == 200


def test_rejected_images_go_to_the_tray(
    app: Flask, pipeline: Intake, coordinator: Person, case_no: str, tmp_path: Path
) -> None:
    fill(app, pipeline, case_no, tmp_path / "disc", dicom.AMINA)
    page = f"/cases/{case_no}/materials"
    assert "The tray is empty" in coordinator.get("/tray").text
    assert post(coordinator, page, f"{page}/decisions/1/reject", reason="Sent by mistake").status_code == 302
    tray = coordinator.get("/tray").text
    assert "CT chest" in tray
    assert "Wanjiru" not in tray
    fill(app, pipeline, case_no, tmp_path / "disc", dicom.AMINA)
    assert "Set aside 3" in coordinator.get(page).text


def test_from_the_tray_into_a_case(
    app: Flask, pipeline: Intake, spool: Spool, coordinator: Person, radiologist: Person, case_no: str
) -> None:
    from mdtapp.audit.models import Event
    from mdtapp.materials.status import Source
    from mdtapp.store.db import session

    for number, name in ((4, "Zhang^Wei"), (5, "Somebody^Else")):
        content = dicom.encoded(dicom.image(SOPInstanceUID=f"1.2.3.{number}", PatientName=name))
        path = Path(app.instance_path) / "file"
        path.write_bytes(content)
        with path.open("rb") as stream:
            kept = spool.receive(
                stream,
                name=f"{number}.dcm",
                source=Source.DICOM,
                actor="system:gateway",
                at=pipeline.clock.now(),
            )
        with app.app_context():
            pipeline.process(spool, kept)
    assert "Z••••" in coordinator.get("/tray").text
    page = f"/tray/1/1?case={case_no}"
    assert post(coordinator, page, "/tray/1/1", case_no=case_no).status_code == 422
    assert post(coordinator, page, "/tray/1/1", case_no=case_no, confirmed="y").status_code == 302
    assert radiologist.get(f"/cases/{case_no}/imaging/instances/1/1.png").status_code == 200
    assert radiologist.get(f"/cases/{case_no}/imaging/instances/2/1.png").status_code == 404
    other = f"/tray/1/2?case={case_no}"
    assert post(coordinator, other, "/tray/1/2", case_no=case_no, confirmed="y").status_code == 422
    assert (
        post(coordinator, other, "/tray/1/2", case_no=case_no, reason="Typed wrongly there").status_code
        == 302
    )
    assert coordinator.get("/tray/1/2").status_code == 404
    with app.app_context():
        events = session.scalars(select(Event).where(Event.event == "study:assigned")).all()
        assert [event.detail["ground"] for event in events] == ["identity", "assigned"]


def test_a_forged_case_in_the_tray(
    app: Flask, pipeline: Intake, coordinator: Person, new_case: NewCase, tmp_path: Path
) -> None:
    foreign, own = new_case(), new_case(coordinator=coordinator.user_id)
    fill(app, pipeline, own, tmp_path / "disc", dicom.AMINA)
    assert coordinator.get("/tray/1/1").status_code == 404
    page = f"/cases/{own}/materials"
    post(coordinator, page, f"{page}/decisions/1/reject", reason="Sent by mistake")
    assert coordinator.get("/tray/1/1").status_code == 200
    assert coordinator.get(f"/tray/1/1?case={foreign}").status_code == 404
    assert post(coordinator, "/tray", "/tray/1/1", case_no=foreign, reason="x").status_code == 404
    assert post(coordinator, "/tray", "/tray/1/1", case_no=own, reason="It was right").status_code == 302


def test_another_case_answers_as_one_that_does_not_exist(
    app: Flask, pipeline: Intake, other_coordinator: Person, case_no: str, tmp_path: Path
) -> None:
    fill(app, pipeline, case_no, tmp_path / "disc")
    for address in (
        "materials",
        "materials/1",
        "materials/1/content",
        "materials/arrivals",
        "imaging/series/1/preview.png",
        "imaging/instances/1/1.png",
    ):
        real = other_coordinator.get(f"/cases/{case_no}/{address}")
        unknown = other_coordinator.get(f"/cases/MDT-1999-0001/{address}")
        assert (real.status_code, unknown.status_code) == (404, 404)
        said = [re.search(r"<main.*?</main>", answer.text, re.DOTALL) for answer in (real, unknown)]
        assert said[0]
        assert said[1]
        assert said[0][0].replace(case_no, "X") == said[1][0].replace("MDT-1999-0001", "X")


def test_two_contents_under_one_identifier_are_settled(
    app: Flask, pipeline: Intake, coordinator: Person, case_no: str
) -> None:
    send(coordinator, case_no, "1.dcm", dicom.encoded(dicom.image()))
    send(coordinator, case_no, "2.dcm", dicom.encoded(dicom.image(SeriesDescription="other")))
    page = f"/cases/{case_no}/materials"
    assert "Same identifier" in coordinator.get(page).text
    settle = f"{page}/arrivals/2/settle"
    assert post(coordinator, page, settle, reason="").status_code == 422
    assert post(coordinator, page, settle, reason="A resent copy").status_code == 302
    assert "Same identifier" not in coordinator.get(page).text
    assert "A resent copy" in coordinator.get(f"{page}/arrivals").text


def test_images_that_wait_are_looked_at_again_when_the_identity_is_sealed(
    app: Flask, pipeline: Intake, coordinator: Person, new_case: Callable[..., str], tmp_path: Path
) -> None:
    """What fits joins the case; what does not keeps waiting, with its fields compared anew."""
    from mdtapp.audit.trail import SystemActor
    from mdtapp.materials.status import Source

    case_no = new_case(coordinator=coordinator.user_id)
    disc = tmp_path / "disc"
    disc.mkdir()
    for number, name in enumerate(("Zhang^Wei", "Somebody^Else")):
        values: dict[str, Any] = {
            "StudyInstanceUID": f"1.2.{number}",
            "SeriesInstanceUID": f"1.2.{number}.1",
            "SOPInstanceUID": f"1.2.{number}.1.1",
            "PatientName": name,
            "PatientID": "H-4471" if number == 0 else "X-1",
        }
        (disc / f"{number}.dcm").write_bytes(dicom.encoded(dicom.image(**values)))
    with app.app_context():
        pipeline.import_path([disc], case_no=case_no, actor=SystemActor("tests"), source=Source.COMMAND_LINE)
    page = f"/cases/{case_no}/identity"
    wanted = {"name": "Zhang Wei", "birth_date": "1967-03-14", "sex": "male", "patient_ids": "H-4471"}
    answer = coordinator.submit(page, wanted)
    assert answer.status_code == 302
    assert "now belong to the case: 1." in coordinator.get(answer.location).text
    assert "1.2.0" in coordinator.get("/dicomweb/studies").text
    assert "1.2.1" not in coordinator.get("/dicomweb/studies").text
