"""The viewer in Chromium with a CT of the demo: pixels on the screen, nothing from elsewhere, nothing refused."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from PIL import Image, ImageStat

from mdtapp.demo.synthetic_dicom import ct_chest, write
from tests.browser import ARGUMENTS, find_chromium, sign_in, watched
from tests.conftest import PASSWORD, PEOPLE, add_person, close
from tests.imaging import dicom, lung_case
from tests.server import Server, mdtapp, running_server

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
    """Everything running, with a radiologist on a case that holds a CT of twelve slices."""
    from mdtapp.app import create_app
    from mdtapp.config import Settings

    folder = tmp_path_factory.mktemp("viewer")
    with running_server(folder) as server:
        app = create_app(Settings.from_environment(server.environ))
        now = datetime.now(UTC)
        coordinator, radiologist = (add_person(app, who, at=now) for who in ("coordinator", "radiologist"))
        case_no = lung_case.register(
            app, now, identity=dicom.ZHANG_RECORD, coordinator=coordinator, radiologist=radiologist
        )
        close(app)
        write(ct_chest(dicom.chest(), slices=12, size=128), folder / "ct")
        mdtapp(server.environ, "import-materials", case_no, str(folder / "ct"))
        yield server, case_no


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
        page.goto(f"{server.base_url}/cases/{case_no}/materials/1?image=9")
        with context.expect_page() as opened:
            page.get_by_role("link", name="Open in the viewer").click()
        viewer = opened.value
        # The ninth image by its own number; the viewer counts its stack from the other end.
        viewer.get_by_text(re.compile(r"\b9 \(\d+/12\)")).wait_for()
        viewer.wait_for_function("document.querySelector('canvas')?.width > 100")
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
