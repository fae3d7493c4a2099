"""Takes the pictures of the README from a freshly seeded installation.

    python tools/screenshots.py [folder]

Needs Chromium and pdftoppm, as the tests do. The installation lives in a temporary folder and its
clock stands still, so that a picture differs from the last one only where the product does.
"""

from __future__ import annotations

import io
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from PIL import Image, ImageChops
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from mdtapp.app import create_app
from mdtapp.cases.models import Case, Patient
from mdtapp.clock import FixedClock
from mdtapp.config import Settings
from mdtapp.delivery import operations as delivery
from mdtapp.delivery.models import Delivery
from mdtapp.demo.people import DOMAIN, PASSWORD, person
from mdtapp.demo.seed import seed
from mdtapp.demo.story import Story, stories
from mdtapp.schema import migrate
from mdtapp.store.db import session, unit_of_work

ROOT = Path(__file__).resolve().parent.parent
MOMENT = datetime(2026, 3, 4, 2, 30, tzinfo=UTC)  # a Wednesday, 10:30 at the centre
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
FAR_AWAY = 3  # the seat that takes part by video
EYE = 24  # of 255: less is not seen
PAGE_DPI = "96"
STEADY = ("--disable-gpu", "--disable-lcd-text", "--force-color-profile=srgb", "--font-render-hinting=none")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Studio:
    """A seeded installation, a browser, the people who have signed in so far."""

    app: Flask
    base: str
    browser: Browser
    folder: Path
    rooms: dict[str, BrowserContext] = field(default_factory=dict)

    def page(self, who: str, path: str) -> Page:
        """One page as one person sees it on a desktop."""
        if who not in self.rooms:
            self.rooms[who] = self.context(DESKTOP)
            page = self.rooms[who].new_page()
            page.goto(f"{self.base}/sign-in")
            page.fill("[name=email]", f"{who}@{DOMAIN}")
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url(lambda address: "/sign-in" not in address)
            page.close()
        page = self.rooms[who].new_page()
        page.goto(self.base + path)
        page.wait_for_load_state("networkidle")
        return page

    def context(self, viewport: ViewportSize, scale: float = 1) -> BrowserContext:
        """A signed-out browser in which it is always the same moment."""
        context = self.browser.new_context(
            viewport=viewport,
            device_scale_factor=scale,
            reduced_motion="reduce",
            color_scheme="light",
            locale="en-GB",
            timezone_id="Asia/Shanghai",
        )
        context.clock.set_fixed_time(MOMENT)
        return context


def main() -> int:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, studio(Path(folder)) as opened:
        for name, picture in pictures(opened):
            keep(picture, target / f"{name}.png")
    return 0


def pictures(studio: Studio) -> Iterator[tuple[str, bytes]]:
    """Name and PNG of each picture; the last ones act in the installation."""
    told = {story.state: case_path(studio.app, story) for story in stories(MOMENT.date())}
    yield "cases", studio.page("coordinator", "/cases").screenshot()
    yield "workbench", studio.page("radiologist", f"{told['in_review']}/inputs/radiology").screenshot()
    yield "conflicts", studio.page("chair", f"{told['drafting']}/conflicts").screenshot()
    yield "desk", studio.page("chair", f"{told['drafting']}/opinion").screenshot()
    yield "meeting", meeting_room(studio, told["scheduled"])
    yield "opinion", first_page(studio, told["released"])
    yield "recipient", recipient_page(studio)


def meeting_room(studio: Studio, case_path: str) -> bytes:
    """The chair starts the session, enters the room of its case and notes who is there."""
    page = studio.page("chair", "/meetings/")
    page.locator("main a[href^='/meetings/']", has_text="International board").first.click()
    page.get_by_role("button", name="Start the meeting").click()
    page.locator(f"main a[href$='{case_path}']").first.click()
    for place, row in enumerate(page.get_by_role("listitem").filter(has_text="In the room").all()):
        row.get_by_text("By video" if place == FAR_AWAY else "In the room").click()
    page.get_by_role("button", name="Save attendance").click()
    page.wait_for_load_state("networkidle")
    return page.screenshot()


def first_page(studio: Studio, case_path: str) -> bytes:
    """The first page of the released document."""
    chair = studio.page("chair", f"{case_path}/opinion")
    answer = chair.request.get(f"{studio.base}{case_path}/opinion/0/document.pdf")
    pdf, picture = studio.folder / "opinion.pdf", studio.folder / "opinion"
    pdf.write_bytes(answer.body())
    subprocess.run(["pdftoppm", "-png", "-r", PAGE_DPI, "-singlefile", str(pdf), str(picture)], check=True)
    return picture.with_suffix(".png").read_bytes()


def recipient_page(studio: Studio) -> bytes:
    """What the patient sees on a phone after the code; the coordinator has made a new link for it."""
    with studio.app.app_context(), unit_of_work():
        sent = session.scalars(select(Delivery)).one()
        handed = delivery.resend(
            actor=person("coordinator"), at=MOMENT, delivery=sent, row_version=sent.row_version
        )
    page = studio.context(PHONE, scale=2).new_page()
    page.goto(f"{studio.base}/r/{handed.token}")
    page.fill("[name=code]", handed.code)
    page.press("[name=code]", "Enter")
    page.wait_for_url("**/r/opinion")
    page.wait_for_load_state("networkidle")
    return page.screenshot()


@contextmanager
def studio(folder: Path) -> Iterator[Studio]:
    """Everything a picture needs, on free ports, and its end."""
    port = free_port()
    settings = Settings.from_environment(
        {"MDTAPP_INSTANCE": str(folder / "instance"), "MDTAPP_PORT": str(port)}
    )
    app = create_app(settings, FixedClock(MOMENT))
    migrate.upgrade(app)
    seed(app, at=MOMENT)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # not a line for each request
    server = make_server("127.0.0.1", port, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*STEADY, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        )
        yield Studio(app, settings.base_url, browser, folder)
        browser.close()
    server.shutdown()
    serving.join()


def case_path(app: Flask, story: Story) -> str:
    """Where the case of a story lies."""
    with app.app_context():
        query = select(Case.case_no).join(Patient)
        pseudonym = story.data["patient"]["pseudonym"]
        return f"/cases/{session.scalars(query.where(Patient.pseudonym == pseudonym)).one()}"


def keep(picture: bytes, path: Path) -> None:
    """A PNG of at most 256 colours. One that nobody could tell from the last is not written again."""
    full = Image.open(io.BytesIO(picture)).convert("RGB")
    small = full.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    if path.exists() and look_the_same(small.convert("RGB"), Image.open(path).convert("RGB")):
        print(f"{path.name}  as it was")
        return
    small.save(path, optimize=True)
    print(f"{path.name}  {path.stat().st_size // 1024} KiB")


def look_the_same(one: Image.Image, other: Image.Image) -> bool:
    """Whether they differ by no more than a browser's edges of letters differ from one run to the next."""
    if one.size != other.size:
        return False
    return ImageChops.difference(one, other).convert("L").point(lambda step: step > EYE).getbbox() is None


def chromium() -> str:
    """The program named by CHROMIUM, or the first of the usual names on PATH."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise SystemExit("No Chromium: run `make setup-tests`, or name one with CHROMIUM=/path.")
    return found


def free_port() -> int:
    """A TCP port on loopback that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
