"""Files through the browser's door: every one gets a sentence and a status, none gets a 5xx."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from tests.imaging import dicom

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from mdtapp.materials.spool import Spool
    from tests.conftest import Person

NewCase = Callable[..., str]


def send(person: Person, case_no: str, name: str, content: bytes, **headers: str) -> TestResponse:
    return person.post(
        f"/cases/{case_no}/materials/files",
        data=content,
        content_type="application/octet-stream",
        headers={
            "Accept": "application/json",
            "X-CSRFToken": person.csrf_token("/tray"),
            "X-File-Name": quote(name),
            **headers,
        },
    )


def packed(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def case_no(new_case: NewCase, coordinator: Person) -> str:
    return new_case(dicom.ZHANG_RECORD, coordinator=coordinator.user_id)


BAD_INPUT: list[tuple[str, str, Callable[[], bytes], str, str]] = [
    ("empty", "a.pdf", lambda: b"", "contained", "empty"),
    ("truncated pdf", "a.pdf", lambda: b"%PDF-1.7\n1 0 obj", "accepted", "cut_short"),
    ("truncated dicom", "a.dcm", lambda: dicom.encoded(dicom.image())[:-5], "accepted", "cut_short"),
    ("header of dicom only", "a.dcm", lambda: dicom.encoded(dicom.image())[:140], "contained", "uid_missing"),
    ("mislabelled", "scan.jpg", lambda: b"%PDF-1.7\n%%EOF", "accepted", "mislabelled"),
    ("dicom named pdf", "a.pdf", lambda: dicom.encoded(dicom.image()), "accepted", "mislabelled"),
    ("program", "viewer.exe", lambda: b"MZ\x90\0\x03", "contained", "program"),
    (
        "program before dicom",
        "a.dcm",
        lambda: b"MZ" + dicom.encoded(dicom.image())[2:],
        "contained",
        "dicom_preamble_program",
    ),
    ("unknown", "a.bin", lambda: bytes(range(256)), "contained", "unknown_type"),
    (
        "no uid",
        "a.dcm",
        lambda: dicom.encoded(dicom.image(StudyInstanceUID=None)),
        "contained",
        "uid_missing",
    ),
    (
        "hostile uid",
        "a.dcm",
        lambda: dicom.with_raw_uid((0x20, 0xD), b"../../../x"),
        "contained",
        "uid_improper",
    ),
    ("deep nesting", "a.dcm", lambda: dicom.nested(4000), "contained", "dicom_too_deep"),
    (
        "other patient",
        "a.dcm",
        lambda: dicom.encoded(dicom.image(PatientName="A^B")),
        "flagged",
        "identity_differs",
    ),
    (
        "nameless",
        "a.dcm",
        lambda: dicom.encoded(dicom.image(PatientName="")),
        "flagged",
        "identity_cannot_tell",
    ),
    ("broken zip", "a.zip", lambda: packed({"a": b"x" * 99})[:60], "contained", "archive_broken"),
    ("zip bomb", "a.zip", lambda: packed({"bomb": b"\0" * (65 << 20)}), "contained", "archive_ratio"),
    ("tar.gz", "a.tar.gz", lambda: b"\x1f\x8b\x08\0rest", "contained", "archive_method"),
    ("broken picture", "a.png", lambda: b"\x89PNG\r\n\x1a\n?", "contained", "picture_unreadable"),
]


@pytest.mark.parametrize(
    ("name", "content", "outcome", "code"), [row[1:] for row in BAD_INPUT], ids=[row[0] for row in BAD_INPUT]
)
def test_bad_input(
    app: Flask,
    coordinator: Person,
    case_no: str,
    name: str,
    content: Callable[[], bytes],
    outcome: str,
    code: str,
) -> None:
    """A clear sentence, one intake event with hash, outcome and reason; the bytes are kept as sent."""
    from mdtapp.audit.models import Event
    from mdtapp.materials.models import IntakeFile
    from mdtapp.store.db import session

    sent = content()
    answer = send(coordinator, case_no, name, sent)
    assert answer.status_code == 201
    (row,) = answer.json["files"] if answer.json else []
    assert row["outcome"] == outcome
    assert row["reason"].endswith(".")
    with app.app_context():
        (file,) = session.scalars(select(IntakeFile)).all()
        assert (file.reason_code, file.size) == (code, len(sent))
        assert file.reason.missing() == []
        (event,) = session.scalars(select(Event).where(Event.event.like("intake:%"))).all()
        assert event.event == f"intake:{outcome}"
        assert (event.detail["sha256"], event.detail["reason"]) == (hashlib.sha256(sent).hexdigest(), code)
        assert app.extensions["mdtapp.objects"].read(file.sha256) == sent
    assert coordinator.get(f"/cases/{case_no}/materials").status_code == 200
    assert coordinator.get(f"/cases/{case_no}/materials/arrivals").status_code == 200


def test_a_zip_that_climbs(coordinator: Person, case_no: str) -> None:
    answer = send(coordinator, case_no, "cd.zip", packed({"../../evil": b"x", "good.txt": b"y"}))
    assert answer.json is not None
    assert answer.json["counts"] == {"accepted": 2, "contained": 1, "duplicate": 0, "flagged": 0}
    assert "leads out" in answer.json["files"][0]["reason"]


def test_names_are_shown_as_they_are_and_turn_nothing(coordinator: Person, case_no: str) -> None:
    for name in ("../../etc/passwd", "a\u202egpj.exe.txt", "<script>alert(1)</script>.txt", "病理 报告.txt"):
        answer = send(coordinator, case_no, name, name.encode())
        assert answer.status_code == 201
    page = coordinator.get(f"/cases/{case_no}/materials").text
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "病理 报告" in page


def test_the_same_file_twice(coordinator: Person, case_no: str) -> None:
    outcomes = [send(coordinator, case_no, "a.txt", b"words").json for _ in range(2)]
    assert [answer["files"][0]["outcome"] for answer in outcomes if answer] == ["accepted", "duplicate"]


def test_an_ordinary_form_works_too(coordinator: Person, case_no: str) -> None:
    page = f"/cases/{case_no}/materials"
    files = [(io.BytesIO(b"one"), "one.txt"), (io.BytesIO(b""), "empty.txt")]
    answer = coordinator.post(page, data={"files": files, "csrf_token": coordinator.csrf_token(page)})
    assert answer.status_code == 302
    shown = coordinator.get(answer.headers["Location"]).text
    assert "one.txt" in shown
    assert "empty.txt" in shown


def test_more_than_the_ceiling(app: Flask, coordinator: Person, case_no: str) -> None:
    from mdtapp.materials.models import IntakeFile
    from mdtapp.materials.spool import Spool
    from mdtapp.store.db import session

    root = app.config["MDTAPP"].instance / "spool"
    with mock.patch("mdtapp.materials.views._spool", return_value=Spool(root, ceiling=10)):
        answer = send(coordinator, case_no, "big", b"x" * 11)
    assert answer.status_code == 413
    with app.app_context():
        assert session.scalar(select(func.count(IntakeFile.id))) == 0


def test_without_a_token_nothing_is_taken(coordinator: Person, case_no: str, spool: Spool) -> None:
    answer = send(coordinator, case_no, "a.txt", b"x", **{"X-CSRFToken": "forged"})
    assert answer.status_code == 400
    assert spool.ready() == []


def test_a_busy_database_leaves_the_file_safe(
    app: Flask, coordinator: Person, case_no: str, spool: Spool
) -> None:
    from mdtapp.clinical.bitext import Bitext
    from mdtapp.imaging.intake import Intake
    from mdtapp.store.db import StoreBusy

    with mock.patch.object(Intake, "process", side_effect=StoreBusy(Bitext("busy", "忙"))):
        answer = send(coordinator, case_no, "a.txt", b"words")
    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.json["waiting"]
    assert [kept.case_no for kept in spool.ready()] == [case_no]


def test_a_large_file_is_left_to_the_worker(
    coordinator: Person, case_no: str, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mdtapp.materials.views.AT_ONCE", 4)
    assert send(coordinator, case_no, "a.txt", b"words").status_code == 202
    assert len(spool.ready()) == 1
    assert "still being looked at: 1." in coordinator.get(f"/cases/{case_no}/materials").text


def test_a_full_disk_is_said(coordinator: Person, case_no: str) -> None:
    with mock.patch("os.fsync", side_effect=OSError(28, "No space left on device")):
        answer = send(coordinator, case_no, "a.txt", b"words")
    assert answer.status_code == 507
    assert answer.json is not None
    assert "disk is full" in answer.json["error"]


@pytest.mark.parametrize("who", ["radiologist", "other_coordinator", "admin"])
def test_others_cannot_send(
    request: pytest.FixtureRequest, coordinator: Person, new_case: NewCase, spool: Spool, who: str
) -> None:
    person: Any = request.getfixturevalue(who)
    member = person.user_id if who == "radiologist" else 0
    case_no = new_case(coordinator=coordinator.user_id, radiologist=member)
    answer = person.post(
        f"/cases/{case_no}/materials/files",
        data=b"x",
        content_type="application/octet-stream",
        headers={"X-CSRFToken": person.csrf_token("/account"), "Accept": "application/json"},
    )
    assert answer.status_code == (404 if who == "other_coordinator" else 403)
    assert spool.ready() == []


def test_a_batch_of_another_case_stays_its_own(
    app: Flask, coordinator: Person, case_no: str, new_case: NewCase
) -> None:
    from mdtapp.materials.models import IntakeBatch
    from mdtapp.store.db import session

    second = new_case(coordinator=coordinator.user_id)
    for number in (case_no, case_no, second):
        answer = send(coordinator, number, "a.txt", number.encode() + b"x", **{"X-Batch": "one-drop"})
        assert answer.status_code == 201
    with app.app_context():
        assert session.scalar(select(func.count(IntakeBatch.id))) == 2
