"""Files that are hostile or broken, through the upload: nothing leaves the case, nothing runs in our origin."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from tests.bad_input.conftest import SignIn, Stage
from tests.conftest import Person
from tests.imaging import dicom
from tests.situations import Told, events, rows_of

SCRIPT = "<script>document.title = 'taken over'</script>"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">{SCRIPT}</svg>'
HTML = f"<!doctype html><html><body onload='alert(1)'>{SCRIPT}</body></html>"
PDF = "%PDF-1.7\n1 0 obj\n<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>\nendobj\n%%EOF\n"


def packed(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def linked() -> bytes:
    """An archive whose one member is a link out of its folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        member = zipfile.ZipInfo("report.txt")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/passwd")
    return out.getvalue()


def bomb() -> bytes:
    return packed(*((f"{number}.bin", b"\0" * (40 << 20)) for number in range(2)))


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "an empty file": ("empty.pdf", lambda: b""),
    "a PDF cut short": ("report.pdf", lambda: PDF.encode()[:20]),
    "a program named as a picture": ("scan.jpg", lambda: b"MZ\x90\0\x03" + bytes(200)),
    "a page named as a picture": ("scan.png", HTML.encode),
    "a picture that is a page too": ("scan.gif", lambda: b"GIF89a/*" + HTML.encode()),
    "a zip that climbs": ("cd.zip", lambda: packed(("../../../../tmp/climbed", b"x"), ("..\\climbed", b"x"))),
    "a zip with an absolute path": ("cd.zip", lambda: packed(("/tmp/climbed", b"x"), ("C:\\climbed", b"x"))),
    "a zip with a link": ("cd.zip", linked),
    "a zip bomb": ("cd.zip", bomb),
    "a zip cut short": ("cd.zip", lambda: packed(("a.txt", b"words" * 500))[:80]),
    "a zip of the wrong name": ("cd.pdf", lambda: packed(("a.txt", b"words"))),
    "DICOM without UIDs": (
        "a.dcm",
        lambda: dicom.encoded(dicom.image(StudyInstanceUID=None, SeriesInstanceUID=None)),
    ),
    "DICOM with a UID that climbs": ("a.dcm", lambda: dicom.with_raw_uid((0x20, 0xD), b"../../../../tmp/x")),
    "DICOM with a UID of no end": ("a.dcm", lambda: dicom.with_raw_uid((0x20, 0xD), b"1." * 200)),
    "DICOM with a UID that is markup": ("a.dcm", lambda: dicom.with_raw_uid((0x08, 0x18), b"<script>")),
    "DICOM cut short": ("a.dcm", lambda: dicom.encoded(dicom.image())[:-7]),
    "DICOM nested without end": ("a.dcm", lambda: dicom.nested(4000)),
    "DICOM that inflates without end": ("a.dcm", lambda: dicom.deflated_bomb(400)),
    "a name that climbs": ("../../../../etc/passwd", lambda: b"root"),
    "a name that is markup": (f"{SCRIPT}.txt", lambda: b"words"),
    "a name that turns": ("report\u202efdp.exe", lambda: b"words"),
    "a name with NUL": ("report\0.pdf", lambda: b"words"),
    "a name of no end": ("x" * 5000 + ".pdf", lambda: b"words"),
    "bytes of no kind": ("a.bin", lambda: bytes(range(256)) * 40),
}


def send(person: Person, case: Told, name: str, content: bytes) -> Any:
    headers = {
        "Accept": "application/json",
        "X-CSRFToken": person.csrf_token("/account"),
        "X-File-Name": quote(name),
    }
    return person.post(
        f"/cases/{case.case_no}/materials/files",
        data=content,
        content_type="application/octet-stream",
        headers=headers,
    )


def everything_of(app: Flask, case: Told) -> list[tuple[Any, ...]]:
    """All rows that hang on a case."""
    ((case_id,),) = rows_of(app, 'SELECT id FROM "case" WHERE case_no = ?', case.case_no)
    tables = ("material", "intake_file", "intake_batch", "study_link")
    return [
        row for table in tables for row in rows_of(app, f"SELECT * FROM {table} WHERE case_id = ?", case_id)
    ]


def test_hostile_files(app: Flask, told: Stage, player: SignIn, tmp_path: Path):
    """One after another into one case: a status, a sentence, an intake row with its event, and nothing elsewhere."""
    case, other = told("to_review"), told("to_review")
    person = player(case, "coordinator")
    elsewhere = everything_of(app, other)
    for name, (file_name, make) in HOSTILE.items():
        known = {row[0] for row in rows_of(app, "SELECT id FROM intake_file")}
        recorded = len(events(app))
        answer = send(person, case, file_name, make())
        assert answer.status_code in {201, 422}, f"{name} answered {answer.status_code}"
        assert answer.json["files"], name
        assert all(
            row["reason"] or row["outcome"] in {"accepted", "duplicate"} for row in answer.json["files"]
        ), name
        rows = [
            row
            for row in rows_of(app, "SELECT id, case_id, arrival, position FROM intake_file")
            if row[0] not in known
        ]
        assert len(rows) == len(answer.json["files"]), f"{name} is not accounted for"
        assert len({row[1] for row in rows}) == 1, name
        intake = [event for event in events(app)[recorded:] if event.event.startswith("intake:")]
        assert [event.subject for event in intake] == [f"arrival:{row[2]}/{row[3]}" for row in rows], name
        assert everything_of(app, other) == elsewhere, f"{name} reached another case"
        assert person.get("/healthz").status_code == 200
    for page in ("materials", "materials/arrivals", "materials/names"):
        shown = person.get(f"/cases/{case.case_no}/{page}")
        assert shown.status_code == 200
        assert SCRIPT not in shown.text
        assert "\u202e" not in shown.text
    outside = [path for path in (Path("/tmp/climbed"), Path("/tmp/x"), tmp_path / "climbed") if path.exists()]
    assert outside == []
    instance = app.config["MDTAPP"].instance
    strange = [path for path in instance.rglob("*") if path.name in {"passwd", "climbed"}]
    assert strange == []
    assert list((instance / "spool").glob("*.ready")) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", HTML),
        ("picture.svg", SVG),
        ("report.pdf", PDF),
        ("page.xhtml", SVG),
        ("letter.txt", HTML),
    ],
)
def test_nothing_of_a_file_runs_in_our_origin(
    app: Flask, told: Stage, player: SignIn, name: str, content: str
):
    case = told("to_review")
    person = player(case, "coordinator")
    assert send(person, case, name, content.encode()).status_code == 201
    ((number,),) = rows_of(app, "SELECT max(number) FROM material WHERE sha256 IS NOT NULL")
    for query in ("", "?save=1", "?bare=1"):
        answer = person.get(f"/cases/{case.case_no}/materials/{number}/content{query}", buffered=True)
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox;"), "a sandbox without allow-scripts and allow-same-origin"
        assert "allow-scripts" not in policy
        assert "allow-same-origin" not in policy
        assert "default-src 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        kind = answer.headers["Content-Type"].split(";")[0]
        assert kind in {"application/pdf", "text/plain", "application/octet-stream"}, kind
        if kind == "application/octet-stream":
            assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.data == content.encode(), "the bytes are kept as sent"
    shown = person.get(f"/cases/{case.case_no}/materials/{number}").text
    assert SCRIPT not in shown


def test_a_batch_cannot_be_carried_into_another_case(app: Flask, told: Stage, player: SignIn):
    """The same drop named for a case of another team: as if there were no such case, and nothing is kept."""
    case, other = told("to_review"), told("to_review")
    stranger = player(case, "coordinator")
    elsewhere = everything_of(app, other)
    spool = app.config["MDTAPP"].instance / "spool"
    answer = send(stranger, other, "letter.txt", b"words")
    assert answer.status_code == 404
    assert everything_of(app, other) == elsewhere
    assert list(spool.glob("*.ready")) == []
    assert list(spool.glob("*.part")) == []
