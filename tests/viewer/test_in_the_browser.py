"""The viewer in Chromium: pixels on the screen, at the place a link names, beside an earlier study, chosen as key image."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image, ImageStat
from playwright.sync_api import expect
from pydicom import Dataset
from pydicom.uid import UltrasoundMultiFrameImageStorage

from mdtapp.demo.synthetic_dicom import ct_chest, write
from tests.browser import ARGUMENTS, axe, find_chromium, sign_in, watched
from tests.conftest import PASSWORD, PEOPLE, add_person, close
from tests.imaging import dicom, lung_case
from tests.server import Server, running_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

# The viewer draws with WebGL; without a graphics card Chromium's own software renderer does.
WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
DRAWN = 60_000  # milliseconds a slow machine may take to load and draw


@pytest.fixture(scope="module")
def webgl(chromium: Browser) -> Iterator[Browser]:
    """A second Chromium that can draw with WebGL."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    flags = [flag for flag in ARGUMENTS if flag != "--disable-gpu"]
    browser = chromium.browser_type.launch(executable_path=find_chromium(), args=[*flags, *WEBGL, *sandbox])
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A web server, with a radiologist on a case of four studies and on another person's case.

    An ultrasound cine of five frames, a CT of twelve slices, a CT of the year before, and one without a modality.
    """
    from mdtapp.app import create_app
    from mdtapp.audit.trail import SystemActor
    from mdtapp.config import Settings
    from mdtapp.materials.status import Source
    from mdtapp.operate import intake_of

    folder = tmp_path_factory.mktemp("viewer")
    with running_server(folder, part="web") as server:
        app = create_app(Settings.from_environment(server.environ))
        now = datetime.now(UTC)
        coordinator, radiologist = (add_person(app, who, at=now) for who in ("coordinator", "radiologist"))
        panel: dict[str, Any] = {"coordinator": coordinator, "radiologist": radiologist}
        case_no = lung_case.register(app, now, identity=dicom.ZHANG_RECORD, **panel)
        other = lung_case.register(app, now, pseudonym="BIRCH-77", **panel)
        current = dicom.chest()
        prior = replace(current, seed="prior", performed_on=date(2025, 1, 20), description="CT a year before")
        foreign = replace(current, seed="other", subject=dicom.AMINA, description="CT of somebody else")
        write(ct_chest(current, slices=12, size=128), folder / "mine")
        write(ct_chest(prior, slices=4, size=64), folder / "mine" / "prior")
        write(ct_chest(foreign, slices=4, size=64), folder / "other")
        (folder / "mine" / "cine.dcm").write_bytes(dicom.encoded(cine()))
        unsaid = dicom.image(Modality=None, StudyInstanceUID="1.2.66", StudyDescription="No modality")
        (folder / "mine" / "unsaid.dcm").write_bytes(dicom.encoded(unsaid))
        with app.app_context():
            for number, name in ((case_no, "mine"), (other, "other")):
                intake_of(app).import_path(
                    [folder / name],
                    case_no=number,
                    actor=SystemActor("tests"),
                    source=Source.COMMAND_LINE,
                    vouch="made for this test",
                )
        close(app)
        yield server, case_no


def cine() -> Dataset:
    """Five frames of ultrasound, each a brighter square than the one before."""
    frames = np.zeros((5, 64, 64), np.uint8)
    for number, frame in enumerate(frames):
        frame[8:56, 8:56] = 50 * (number + 1)
    return dicom.image(
        SOPClassUID=UltrasoundMultiFrameImageStorage, Modality="US", NumberOfFrames=5, Rows=64, Columns=64,
        BitsAllocated=8, BitsStored=8, HighBit=7, StudyInstanceUID="1.2.55", SeriesInstanceUID="1.2.55.1",
        SOPInstanceUID="1.2.55.1.1", StudyDate="20260210", StudyDescription="Ultrasound of the neck",
        SeriesNumber=3, InstanceNumber=6, FrameTime="40", PixelData=frames.tobytes(),
    )  # fmt: skip


@pytest.fixture
def radiologist(webgl: Browser, site: tuple[Server, str]) -> Iterator[Page]:
    """Signed in, in a browser that counts faults of its pages."""
    with watched(webgl) as context:
        context.set_default_timeout(DRAWN)
        page = context.new_page()
        sign_in(page, site[0].base_url, PEOPLE["radiologist"].email, PASSWORD)
        yield page


def opened(page: Page, material: str, link: str) -> Page:
    """The viewer, opened by a link on the page of a study, when it has drawn."""
    page.goto(material)
    if page.get_by_role("link", name=link).is_hidden():
        page.get_by_text("Side by side with another study").click()
    with page.context.expect_page() as found:
        page.get_by_role("link", name=link).click()
    found.value.locator("canvas").first.wait_for()
    return found.value


def shades(page: Page) -> tuple[float, float]:
    """Mean and spread of grey in the middle of the picture that is shown."""
    box = page.locator(".cornerstone-viewport-element").first.bounding_box()
    assert box is not None
    middle = {
        "x": box["x"] + box["width"] / 4,
        "y": box["y"] + box["height"] / 4,
        "width": box["width"] / 2,
        "height": box["height"] / 2,
    }
    statistics = ImageStat.Stat(Image.open(BytesIO(page.screenshot(clip=middle))).convert("L"))  # type: ignore[arg-type]
    return statistics.mean[0], statistics.stddev[0]


def number_of(description: str, site: tuple[Server, str]) -> int:
    """The number of the material that holds the study of this description."""
    with closing(sqlite3.connect(site[0].instance / "mdtapp.sqlite")) as database:
        (found,) = database.execute(
            "SELECT material.number FROM material JOIN study_link ON study_link.material_id = material.id"
            " JOIN imaging_study ON imaging_study.id = study_link.study_id WHERE description = ?",
            [description],
        ).fetchone()
    return int(found)


def test_a_ct_shows_its_pixels_and_calls_nobody_else(webgl: Browser, site: tuple[Server, str]) -> None:
    server, case_no = site
    with watched(webgl) as context:
        context.set_default_timeout(DRAWN)
        asked: list[str] = []
        refused: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        context.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
        page = context.new_page()
        sign_in(page, server.base_url, PEOPLE["radiologist"].email, PASSWORD)
        material = f"{server.base_url}/cases/{case_no}/materials/{number_of('CT chest', site)}?image=9"
        viewer = opened(page, material, "Open in the viewer")
        # The ninth image by its own number; the viewer counts its stack from the other end.
        viewer.get_by_text(re.compile(r"\b9 \(\d+/12\)")).wait_for()
        for _ in range(60):
            if shades(viewer)[1] > 10:
                break
            viewer.wait_for_timeout(500)
        mean, spread = shades(viewer)
        assert spread > 10, f"the picture is one grey of {mean}"
        assert viewer.get_by_text("CEDAR-208").count() > 0
        assert "Zhang" not in viewer.content()
        assert viewer.get_by_text("Not for primary diagnosis").count() == 1
        assert viewer.locator(".shepherd-element").count() == 0
        hosts = {urlsplit(url).netloc for url in asked if not url.startswith(("blob:", "data:"))}
        assert hosts == {urlsplit(server.base_url).netloc}
        assert refused == []
        assert viewer.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0


def test_the_frame_a_link_names_is_shown_and_becomes_a_key_image(
    radiologist: Page, site: tuple[Server, str]
) -> None:
    """Series, instance and frame lead in; the keys lead through the form and back to the picture."""
    server, case_no = site
    case = f"{server.base_url}/cases/{case_no}"
    material = f"{case}/materials/{number_of('Ultrasound of the neck', site)}?image=4"
    viewer = opened(radiologist, material, "Open in the viewer")
    viewer.get_by_text(re.compile(r"4/5")).wait_for()
    viewer.keyboard.press("k")
    form = viewer.frame_locator("#viewer-beside-frame")
    form.get_by_text("US · 2026-02-10 · series 3, image 6, frame 4").wait_for()
    english = form.get_by_label("English")
    expect(english).to_be_focused()
    english.fill("Node.")
    with viewer.expect_event("framenavigated", lambda frame: "key-images/new" in frame.url):
        viewer.get_by_role("button", name="Image shown now").click()
    expect(english).to_have_value("Node.")  # what was written stays
    form.get_by_label("中文").fill("淋巴结。")
    form.get_by_role("button", name="Choose as key image").press("Enter")
    form.get_by_text("The key image is chosen").wait_for()
    assert axe(viewer, exclude=("#root", "#react-portal")) == []
    viewer.keyboard.press("Escape")
    expect(viewer.locator("#viewer-beside")).to_be_hidden()
    expect(viewer.get_by_role("button", name="Key image K")).to_be_focused()
    expect(viewer.locator("canvas").first).to_be_visible()
    radiologist.goto(f"{case}/key-images")
    assert radiologist.get_by_text("US · 2026-02-10 · series 3, image 6, frame 4").count() > 0
    with closing(sqlite3.connect(server.instance / "mdtapp.sqlite")) as database:
        rows = database.execute(
            "SELECT modality FROM imaging_instance JOIN imaging_series ON imaging_series.id = series_id"
            " WHERE sop_instance_uid = (SELECT key_object_uid FROM key_image WHERE frame = 4)"
        ).fetchall()
    assert rows == [("KO",)]


def test_an_earlier_study_of_the_case_stands_beside_the_current_one(
    radiologist: Page, site: tuple[Server, str]
) -> None:
    server, case_no = site
    material = f"{server.base_url}/cases/{case_no}/materials/{number_of('CT chest', site)}"
    viewer = opened(radiologist, material, "CT a year before")
    panes = viewer.locator("[data-cy=viewport-pane]")
    expect(panes).to_have_count(2)
    for pane, day, count in ((panes.nth(0), "01-Feb-2026", "/12"), (panes.nth(1), "20-Jan-2025", "/4")):
        pane.get_by_text(day).wait_for()
        pane.get_by_text(re.compile(rf"{count}\b")).wait_for()
    listed = viewer.locator("#root")
    for words in ("CT chest", "CT a year before", "Ultrasound of the neck", "No modality"):
        listed.get_by_text(words).first.wait_for()
    assert viewer.get_by_text("CT of somebody else").count() == 0
    assert viewer.get_by_text("BIRCH-77").count() == 0
