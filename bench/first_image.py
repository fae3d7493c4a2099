"""The first image in Chromium after the click, of this program and of Debian's Orthanc behind the same viewer, taking turns.

    .venv/bin/python bench/first_image.py [--slices 120] [--rounds 5]

Both hold the same CT of `--slices` images of 512 KiB. Each round starts Chromium with a new profile, opens a page
with a link, presses it, and waits until a canvas of the viewer shows more than one grey: ours after signing in, on
the page of the study, so that sign-in, the check whose images these are and the search for other studies of the case
are part of it. Orthanc is asked through its DICOMweb plugin, without any sign-in. It cannot serve this viewer itself
(addresses below `/viewer/` are made by its script), so a small server hands out the same files, compressed, and
passes `/dicomweb/` on to it. Printed are medians in seconds and their ratio, and the first round by itself, in which
neither server had been asked before.
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import invented_case
from orthanc import free_port, running, version, wait_for_port
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from receive import make_series

from mdtapp.app import create_app
from mdtapp.clock import SystemClock
from mdtapp.config import Settings
from mdtapp.people import operations as people
from mdtapp.people.roles import Role
from mdtapp.schema import migrate
from mdtapp.store.db import unit_of_work
from mdtapp.viewer.files import ViewerFiles, viewer_files

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "mdtapp" / "static"
STORESCU = "/usr/bin/storescu"
PLUGINS = "/usr/share/orthanc/plugins"
STUDY = "1.2.826.0.1.3680043.10.78"
PASSWORD = "a long sentence for the bench"
EMAIL = "coordinator@bench.invalid"
WAIT = 120_000  # milliseconds
CHROMIUM = [
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
PASSED_ON = {"content-type", "content-encoding", "etag"}

# Runs in every page before its own scripts: notes when the link was pressed, and when a view first shows a picture.
WATCH = """
addEventListener("click", () => localStorage.setItem("pressed", performance.timeOrigin + performance.now()), true);
addEventListener("CORNERSTONE_IMAGE_RENDERED", (event) => {
  if (window.firstImage) return;
  const small = new OffscreenCanvas(32, 32).getContext("2d");
  const canvas = event.target.querySelector("canvas");
  if (!canvas) return;
  small.drawImage(canvas, 0, 0, 32, 32);
  const greys = small.getImageData(0, 0, 32, 32).data.filter((_, place) => place % 4 === 0);
  if (Math.max(...greys) - Math.min(...greys) < 20) return;
  window.firstImage = performance.timeOrigin + performance.now() - Number(localStorage.getItem("pressed"));
}, true);
"""

# The page of the viewer, as templates/viewer/page.html writes it for somebody who chooses no key images.
VIEWER = """<!doctype html>
<html lang="en" data-base="{base}" data-root="/viewer/" data-name="mdtapp" data-notice="Not for primary diagnosis">
<head><meta charset="utf-8"><title>Image viewer</title>
<link rel="stylesheet" href="{base}{style}"><link rel="stylesheet" href="/static/css/viewer.css">
<script src="/static/js/viewer.js"></script><script src="{base}{script}" defer></script></head>
<body><div id="react-portal"></div><div id="root"></div></body></html>"""
LINK = '<!doctype html><title>Study</title><a href="/viewer/viewer?StudyInstanceUIDs={study}" target="_blank">Open in the viewer</a>'

Open = Callable[[Page], None]
"""Brings a new page to where the link stands."""


@contextmanager
def ours(folder: Path, series: Path) -> Iterator[Open]:
    """The web server of an installation with one case that holds the series."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MDTAPP_")}
    port = free_port()
    environ |= {"MDTAPP_INSTANCE": str(folder), "MDTAPP_PORT": str(port)}
    case_no = fill(Settings.from_environment(environ), series)
    with (folder / "web.log").open("wb") as log:
        command = [sys.executable, "-m", "mdtapp", "web"]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    site = f"http://127.0.0.1:{port}"

    def open_study(page: Page) -> None:
        page.goto(f"{site}/sign-in")
        page.fill("input[name=email]", EMAIL)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda address: "/sign-in" not in address)
        page.goto(f"{site}/cases/{case_no}/materials/1")

    try:
        wait_for_port(port, process)
        yield open_study
    finally:
        process.terminate()
        process.wait()


def fill(settings: Settings, series: Path) -> str:
    """Registers a coordinator and a case with the series in it; returns the case's number."""
    app, actor, at = create_app(settings), invented_case.ACTOR, SystemClock().now()
    migrate.upgrade(app)
    with app.app_context():
        with unit_of_work():
            user = people.add_person(
                actor=actor, at=at, email=EMAIL, name="C", role=Role.COORDINATOR, password=PASSWORD
            )
            case_no = invented_case.register(app, user, at)
        invented_case.take_in(app, case_no, series)
    return case_no


@contextmanager
def theirs(folder: Path, series: Path, files: ViewerFiles) -> Iterator[Open]:
    """Orthanc with the same series, and the server that hands out the viewer's files in front of it."""
    settings = {"Plugins": [PLUGINS], "DicomWeb": {"Enable": True, "Root": "/dicomweb/"}}
    with running(folder / "orthanc", **settings) as orthanc:
        command = [STORESCU, "-aec", "ORTHANC", "+sd", "127.0.0.1", str(orthanc.dicom_port), str(series)]
        subprocess.run(command, env={**os.environ, "TCP_NODELAY": "1"}, check=True, stdout=subprocess.DEVNULL)
        with in_front(orthanc.http_port, files) as site:
            yield lambda page: void(page.goto(f"{site}/"))


def void(_: object) -> None:
    """A call whose answer is of no use."""


class Front(BaseHTTPRequestHandler):
    """Static files, and a pass to Orthanc; connections are kept on both sides."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    behind: http.client.HTTPConnection | None = None
    port: int
    files: ViewerFiles

    def do_GET(self) -> None:
        path, base = self.path.split("?")[0], f"/viewer/files/{self.files.release}/"
        if path.startswith("/dicomweb/"):
            self.pass_on()
        elif path.startswith(base):
            self.send_file(path.removeprefix(base))
        elif path.startswith("/static/"):
            self.answer((STATIC / path.removeprefix("/static/")).read_bytes(), media_type(path))
        elif path.startswith("/viewer/"):
            page = VIEWER.format(base=base, style=self.files.style, script=self.files.script)
            self.answer(page.encode(), "text/html; charset=utf-8")
        else:
            self.answer(LINK.format(study=STUDY).encode(), "text/html; charset=utf-8")

    def send_file(self, name: str) -> None:
        pressed, plain = self.files.pressed(name), self.files.path(name)
        if plain is None:
            self.send_error(404)
        elif pressed is not None:
            self.answer(pressed.read_bytes(), media_type(name), {"Content-Encoding": "gzip"})
        else:
            self.answer(plain.read_bytes(), media_type(name))

    def pass_on(self) -> None:
        given, body = self.asked()
        self.send_response(given.status)
        self.finish_answer(
            body, {name: value for name, value in given.getheaders() if name.lower() in PASSED_ON}
        )

    def asked(self) -> tuple[http.client.HTTPResponse, bytes]:
        """What Orthanc answers; asked again where it had closed an idle connection."""
        wanted = {name: self.headers[name] for name in ("Accept", "Accept-Encoding") if name in self.headers}
        kept = self.behind
        self.behind = kept or http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            self.behind.request("GET", self.path, headers=wanted)
            given = self.behind.getresponse()
            return given, given.read()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.behind = None
            if kept is None:
                raise
            return self.asked()

    def answer(self, body: bytes, kind: str, more: dict[str, str] | None = None) -> None:
        self.send_response(200)
        self.finish_answer(body, {"Content-Type": kind, **(more or {})})

    def finish_answer(self, body: bytes, headers: dict[str, str]) -> None:
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Nothing."""


@contextmanager
def in_front(port: int, files: ViewerFiles) -> Iterator[str]:
    """The address of a site that hands out the files and passes the rest on to `port`."""
    Front.port, Front.files = port, files
    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def media_type(name: str) -> str:
    kinds = {
        ".js": "text/javascript",
        ".css": "text/css",
        ".wasm": "application/wasm",
        ".woff2": "font/woff2",
    }
    return kinds.get(Path(name).suffix, "application/octet-stream")


def first_image(playwright: Playwright, open_page: Open) -> float:
    """Seconds from the click to the first picture, in a browser that has never been here."""
    browser = launched(playwright)
    try:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(WAIT)
        context.add_init_script(WATCH)
        page = context.new_page()
        open_page(page)
        with context.expect_page() as opened:
            page.get_by_role("link", name="Open in the viewer").click()
        shown = opened.value.wait_for_function("() => window.firstImage", timeout=WAIT)
        return float(shown.json_value()) / 1000
    finally:
        browser.close()


def launched(playwright: Playwright) -> Browser:
    program = next(
        filter(None, map(shutil.which, (os.environ.get("CHROMIUM", "chromium"), "google-chrome"))), None
    )
    if program is None:
        raise SystemExit("Chromium is missing: run `make setup-tests`, or name one with CHROMIUM=/path.")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=program, args=[*CHROMIUM, *WEBGL, *sandbox])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slices", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    files = viewer_files()
    if files is None:
        raise SystemExit("The viewer's files are missing: run `make setup`.")
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as started:
        folder = Path(temporary)
        make_series(folder / "series", STUDY, 1, options.slices)
        we = started.enter_context(ours(folder / "ours", folder / "series"))
        they = started.enter_context(theirs(folder / "theirs", folder / "series", files))
        playwright = started.enter_context(sync_playwright())
        mine: list[float] = []
        other: list[float] = []
        for _ in range(options.rounds):
            mine.append(first_image(playwright, we))
            other.append(first_image(playwright, they))
        sys.stdout.write(
            f"beside {version()} with DICOMweb, CT of {options.slices} slices, OHIF {files.release}\n"
        )
        sys.stdout.write(f"first round: {mine[0]:.2f} s, Orthanc {other[0]:.2f} s\n")
        ours_s, theirs_s = statistics.median(mine), statistics.median(other)
        sys.stdout.write(
            f"first image after the click: {ours_s:.2f} s ({min(mine):.2f} to {max(mine):.2f}), "
            f"Orthanc {theirs_s:.2f} s ({min(other):.2f} to {max(other):.2f}), "
            f"ratio {theirs_s / ours_s:.2f} (n={options.rounds})\n"
        )


if __name__ == "__main__":
    main()
