"""The coordinator's way out in the browser: look at the pictures, say that they are clean, download the zip."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.browser import axe, sign_in
from tests.conftest import PASSWORD, PEOPLE, add_person, close
from tests.imaging import dicom, lung_case
from tests.server import Server, running_server

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def ultrasound(folder: Path) -> list[Path]:
    """A cine of three frames and a still, in two series of one study, without a word on burned-in text."""
    frames = np.linspace(0, 255, 3 * 64 * 64).astype("u1").reshape(3, 64, 64)
    paths = []
    for series, pixels in ((1, frames), (2, frames[:1])):
        ds = dicom.image(
            StudyInstanceUID="1.2.77",
            SeriesInstanceUID=f"1.2.77.{series}",
            SOPInstanceUID=f"1.2.77.{series}.1",
            Modality="US",
            SeriesNumber=series,
            SeriesDescription="Cine" if series == 1 else "Still",
            StudyDescription="Abdomen",
            NumberOfFrames=len(pixels),
            Rows=64,
            Columns=64,
            BitsAllocated=8,
            BitsStored=8,
            HighBit=7,
            PixelData=pixels.tobytes(),
        )
        paths.append(folder / f"{series}.dcm")
        paths[-1].write_bytes(dicom.encoded(ds))
    return paths


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """Everything running, with a coordinator and a case that holds the ultrasound."""
    from mdtapp.app import create_app
    from mdtapp.config import Settings

    with running_server(tmp_path_factory.mktemp("site")) as server:
        app = create_app(Settings.from_environment(server.environ))
        now = datetime.now(UTC)
        user_id = add_person(app, "coordinator", at=now)
        case_no = lung_case.register(app, now, identity=dicom.ZHANG_RECORD, coordinator=user_id)
        _import(app, case_no, ultrasound(tmp_path_factory.mktemp("us")))
        close(app)
        yield server, case_no


def _import(app: Flask, case_no: str, paths: list[Path]) -> None:
    from mdtapp.audit.trail import SystemActor
    from mdtapp.materials.status import Source
    from mdtapp.operate import intake_of

    with app.app_context():
        intake_of(app).import_path(
            paths, case_no=case_no, actor=SystemActor("tests"), source=Source.COMMAND_LINE
        )


def shot(page: Page, name: str) -> None:
    """A picture of the page for whoever wants to look, where MDTAPP_SCREENSHOTS names a folder."""
    folder = os.environ.get("MDTAPP_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_pictures_are_looked_at_and_leave(page: Page, site: tuple[Server, str], tmp_path: Path) -> None:
    server, case_no = site
    sign_in(page, server.base_url, PEOPLE["coordinator"].email, PASSWORD)
    page.goto(f"{server.base_url}/cases/{case_no}/materials/1")
    page.get_by_role("link", name="Download images").click()
    page.get_by_text("Pictures that may show a name: 2.").wait_for()
    assert axe(page) == []
    shot(page, "export")
    page.get_by_role("link", name="Look at the pictures").click()
    pictures = page.locator(".thumbnails img")
    assert pictures.count() == 4, "three frames of the cine, one still"
    assert all(
        picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64
        for picture in pictures.all()
    )
    assert axe(page) == []
    shot(page, "clearance")
    page.get_by_label("Shows nobody's name").first.check()
    page.get_by_role("button", name="The ticked pictures may leave").click()
    page.get_by_text("Write one sentence").first.wait_for()
    page.get_by_label("Shows nobody's name").first.check()
    page.get_by_label("What you looked for").fill("Looked at every frame.")
    page.get_by_role("button", name="The ticked pictures may leave").click()
    page.get_by_text("Allowed in de-identified copies now: 1.").wait_for()
    assert axe(page) == []
    shot(page, "clearance-after")
    page.get_by_role("link", name="Back to the download").click()
    page.get_by_text("Pictures that may show a name: 1.").wait_for()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download as zip").click()
    coming.value.save_as(tmp_path / "images.zip")
    assert case_no not in coming.value.suggested_filename
    with zipfile.ZipFile(tmp_path / "images.zip") as archive:
        told = json.loads(archive.read("REPORT.JSON"))
        assert archive.testzip() is None
    assert (told["included"], [row["reason"] for row in told["left_out"]]) == (1, ["modality"])
    page.reload()
    page.get_by_role("cell", name="De-identified, for use outside").wait_for()
    assert axe(page) == []
