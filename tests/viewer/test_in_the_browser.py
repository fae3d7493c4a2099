"""The viewer in Chromium with a CT of the demo: pixels on the screen, nothing from elsewhere, nothing refused."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from PIL import Image, ImageStat

from mdtapp.demo.synthetic_dicom import ct_chest, write
from tests.browser import ARGUMENTS, find_chromium, sign_in, watched
from tests.conftest import PASSWORD, PEOPLE, add_person, close
from tests.imaging import dicom
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
    from mdtapp.cases import operations
    from mdtapp.cases.models import MemberRole, Sex, Situation
    from mdtapp.clinical.bitext import Bitext
    from mdtapp.config import Settings
    from mdtapp.people.queries import get_person
    from mdtapp.store.db import unit_of_work

    folder = tmp_path_factory.mktemp("viewer")
    with running_server(folder) as server:
        app = create_app(Settings.from_environment(server.environ))
        now = datetime.now(UTC)
        coordinator, radiologist = (add_person(app, who, at=now) for who in ("coordinator", "radiologist"))
        with app.app_context(), unit_of_work():
            actor = get_person(coordinator)
            case = operations.register(
                actor=actor,
                at=now,
                patient=operations.PatientFacts("CEDAR-208", Sex.MALE, 1967, "KZ", "ru"),
                case=operations.CaseRecord(
                    title=Bitext("Lung tumour", "肺肿瘤"),
                    situation=Situation.CONFLICTING_OPINIONS,
                    primary_site="lung",
                    laterality="left",
                ),
                received_on=date(2026, 3, 2),
            )
            key = app.extensions["mdtapp.identity_key"]
            operations.seal_identity(actor=actor, at=now, case=case, identity=dicom.ZHANG_RECORD, key=key)
            operations.add_member(
                actor=actor,
                at=now,
                case=case,
                user=get_person(radiologist),
                role=MemberRole.AUTHOR,
                discipline="radiology",
            )
            case_no = case.case_no
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
