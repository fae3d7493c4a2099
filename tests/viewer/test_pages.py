"""The viewer's page and files: who gets them, under which policy, for how long, and nothing beside them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mdtapp.viewer import views
from mdtapp.viewer.files import ViewerFiles, read_files
from tests.conftest import Person, Visitor
from tests.imaging import dicom
from tests.materials.test_pages import fill
from tests.viewer.conftest import APP, DECODER, INVENTED

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from mdtapp.imaging.intake import Intake

pytestmark = pytest.mark.usefixtures("viewer_app")


def policy(header: str) -> dict[str, set[str]]:
    rules = (rule.split() for rule in header.split(";"))
    return {name: set(sources) for name, *sources in rules}


def fetched(person: Visitor, address: str, **options: Any) -> TestResponse:
    """The answer, read to its end."""
    return person.get(address, buffered=True, **options)


@pytest.mark.parametrize(
    "place", ["", "viewer", "tmtv?StudyInstanceUIDs=1.2.3", "no/such/place", "unknown.js"]
)
def test_every_place_is_the_same_page(radiologist: Person, files: ViewerFiles, place: str):
    answer = radiologist.get(f"/viewer/{place}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    base = f"/viewer/files/{files.release}/"
    assert f'src="{base}{APP}"' in answer.text
    assert f'href="{base}app.bundle.css"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_names_no_other_site_and_holds_no_inline_script(radiologist: Person):
    text = radiologist.get("/viewer/").text
    assert "://" not in text
    assert text.count("<script") == text.count("<script src=")
    assert " style=" not in text


def test_who_chooses_key_images_is_offered_it(radiologist: Person, coordinator: Person):
    assert 'data-key-image="/viewer/key-image"' in radiologist.get("/viewer/").text
    assert "key-image" not in coordinator.get("/viewer/").text
    assert coordinator.get("/viewer/key-image").status_code == 403


def test_the_page_speaks_the_language_of_its_reader(radiologist: Person):
    assert '<html lang="en"' in radiologist.get("/viewer/").text
    radiologist.post("/language", data={"language": "zh", "csrf_token": radiologist.csrf_token("/account")})
    assert '<html lang="zh' in radiologist.get("/viewer/").text


def test_the_policy_of_the_page_lets_nothing_in_or_out(radiologist: Person):
    rules = policy(radiologist.get("/viewer/").headers["Content-Security-Policy"])
    allowed = set().union(*rules.values())
    assert rules["default-src"] == {"'none'"}
    assert rules["script-src"] == {"'self'", "'wasm-unsafe-eval'"}
    assert allowed <= {"'none'", "'self'", "'wasm-unsafe-eval'", "'unsafe-inline'", "blob:", "data:"}
    assert [name for name, sources in rules.items() if "'unsafe-inline'" in sources] == ["style-src"]


def test_only_the_decoders_may_make_functions_of_text(radiologist: Person, files: ViewerFiles):
    with_eval = {
        name
        for name in INVENTED
        if "'unsafe-eval'"
        in fetched(radiologist, f"/viewer/files/{files.release}/{name}").headers["Content-Security-Policy"]
    }
    assert with_eval == {DECODER}
    rules = policy(views.DECODER_POLICY)
    assert rules["default-src"] == {"'none'"}
    assert rules["connect-src"] == {"'self'"}


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        (APP, "text/javascript"),
        ("app.bundle.css", "text/css"),
        ("0123456789abcdef0123.wasm", "application/wasm"),
        ("0123456789abcdef0123.woff2", "font/woff2"),
        ("assets/images/CT-Lung.png", "image/png"),
    ],
)
def test_a_file_comes_with_its_type_and_is_kept_for_a_year(
    radiologist: Person, files: ViewerFiles, name: str, media_type: str
):
    address = f"/viewer/files/{files.release}/{name}"
    answer = fetched(radiologist, address)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, media_type, INVENTED[name])
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "Set-Cookie" not in answer.headers
    again = fetched(radiologist, address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_has_a_compressed_copy_is_sent_compressed(radiologist: Person, files: ViewerFiles):
    address = f"/viewer/files/{files.release}/{APP}"
    answer = fetched(radiologist, address, headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert gzip.decompress(answer.data) == INVENTED[APP]
    assert answer.headers["ETag"] != fetched(radiologist, address).headers["ETag"]


@pytest.mark.parametrize(
    "name",
    [
        "manifest.json",
        "../../views.py",
        "..%2f..%2fviews.py",
        "%2e%2e/%2e%2e/views.py",
        "/etc/passwd",
        "assets",
        "assets/",
        "app.bundle.css/x",
        "sw.js",
        "..\\views.py",
    ],
)
def test_nothing_beside_the_listed_files_is_served(radiologist: Person, files: ViewerFiles, name: str):
    answer = fetched(radiologist, f"/viewer/files/{files.release}/{name}", follow_redirects=True)
    # A path that climbs is another address before we see it; whatever it is, it is no file of ours.
    assert answer.status_code == 404 or answer.mimetype == "text/html"
    assert b"Blueprint" not in answer.data
    assert b'"sha256"' not in answer.data


def test_another_release_is_gone(radiologist: Person):
    assert radiologist.get(f"/viewer/files/3.0.0-00000000/{APP}").status_code == 404


def test_only_who_may_read_materials_gets_the_viewer(client: Visitor, admin: Person, files: ViewerFiles):
    for address in ("/viewer/", "/viewer/viewer", f"/viewer/files/{files.release}/{APP}"):
        assert client.get(address).status_code == 302
        assert client.get(address, headers={"Accept": "application/json"}).status_code == 401
        assert admin.get(address).status_code == 403
        assert admin.post(address, data={"csrf_token": admin.csrf_token("/account")}).status_code == 405


def test_without_its_files_the_viewer_says_what_to_do(
    viewer_app: Flask, radiologist: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert read_files(tmp_path / "nothing") is None
    monkeypatch.setitem(viewer_app.config, "MDTAPP_VIEWER_FILES", None)
    monkeypatch.setattr(views, "viewer_files", lambda: None)
    answer = radiologist.get("/viewer/")
    assert answer.status_code == 404
    assert "run the set-up again" in answer.text


# --- the links of a study's page ---------------------------------------------------------------


@pytest.fixture
def case_no(new_case: Callable[..., str], coordinator: Person, radiologist: Person) -> str:
    return new_case(dicom.ZHANG_RECORD, coordinator=coordinator.user_id, radiologist=radiologist.user_id)


def links(page: str) -> list[dict[str, list[str]]]:
    """What each link into the viewer asks for, its place under the key `place`."""
    found = []
    for part in page.split('href="/viewer/')[1:]:
        address = urlsplit(part.split('"', 1)[0].replace("&amp;", "&"))
        found.append({"place": [address.path], **parse_qs(address.query)})
    return found


def test_a_study_opens_at_the_picture_that_is_shown(
    viewer_app: Flask, pipeline: Intake, case_no: str, radiologist: Person, tmp_path: Path
):
    fill(viewer_app, pipeline, case_no, tmp_path / "ct")
    page = radiologist.get(f"/cases/{case_no}/materials/1?image=3").text
    (here,) = links(page)
    assert here["place"] == ["viewer"]
    assert set(here) == {"place", "StudyInstanceUIDs", "initialSeriesInstanceUID", "initialSOPInstanceUID"}
    other = links(radiologist.get(f"/cases/{case_no}/materials/1?image=1").text)[0]
    assert other["initialSOPInstanceUID"] != here["initialSOPInstanceUID"]
    assert "not for primary diagnosis" in page
    assert links(radiologist.get(f"/cases/{case_no}/materials/1?bare=1").text) != []


def test_other_studies_of_the_case_are_offered_beside_it(
    viewer_app: Flask, pipeline: Intake, case_no: str, radiologist: Person, tmp_path: Path
):
    from mdtapp.audit.trail import SystemActor
    from mdtapp.materials.status import Source

    fill(viewer_app, pipeline, case_no, tmp_path / "ct")
    pet = {"StudyInstanceUID": "1.2.77", "PatientName": "Zhang^Wei=张^伟"}
    for number, modality in enumerate(("PT", "CT"), 1):
        ds = dicom.image(
            **pet,
            Modality=modality,
            SeriesInstanceUID=f"1.2.77.{number}",
            SOPInstanceUID=f"1.2.77.{number}.1",
        )
        (tmp_path / f"{modality}.dcm").write_bytes(dicom.encoded(ds))
    with viewer_app.app_context():
        pipeline.import_path(
            [tmp_path / "PT.dcm", tmp_path / "CT.dcm"],
            case_no=case_no,
            actor=SystemActor("tests"),
            source=Source.COMMAND_LINE,
            vouch="made for this test",
        )
    found = links(radiologist.get(f"/cases/{case_no}/materials/2").text)
    assert [link["place"] for link in found] == [["viewer"], ["tmtv"], ["viewer"]]
    assert found[1]["StudyInstanceUIDs"] == ["1.2.77"]
    both = found[2]["StudyInstanceUIDs"][0].split(",")
    assert (both[0], len(both)) == ("1.2.77", 2)
    assert (found[2]["hangingProtocolId"], found[2]["stageId"]) == (["@ohif/hpCompare"], ["2x1"])
