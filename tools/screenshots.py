"""Takes the pictures of the README from a freshly seeded installation.

    python tools/screenshots.py [folder]

Needs Chromium and pdftoppm, as the tests do.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from mdtapp.demo.people import DOMAIN, PASSWORD

ROOT = Path(__file__).resolve().parent.parent
WINDOW = {"width": 1440, "height": 900}
COLOURS = 200
# Picture, who looks, page, theme.
PICTURES = (
    ("workbench", "surgeon", "/cases/MDT-{year}-0005/inputs/surgical_oncology", "light"),
    ("cases", "coordinator", "/cases", "light"),
    ("conflicts", "chair", "/cases/MDT-{year}-0003/conflicts", "light"),
    ("desk", "chair", "/cases/MDT-{year}-0003/opinion", "dark"),
)


def main() -> int:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (base, environment):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"), args=["--no-sandbox"]
            )
            for name, who, path, theme in PICTURES:
                picture = looked_at(browser, base, who, path.format(year=time.localtime().tm_year), theme)
                keep(picture, target / f"{name}.png")
            browser.close()
        keep(first_page(environment, Path(folder)), target / "opinion.png")
    return 0


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A seeded server on free ports; its address and environment."""
    port, dicom = free_port(), free_port()
    environment = os.environ | {
        "MDTAPP_INSTANCE": str(folder / "instance"),
        "MDTAPP_PORT": str(port),
        "MDTAPP_DICOM_PORT": str(dicom),
    }
    for command in ("upgrade", "seed-demo"):
        subprocess.run(
            [sys.executable, "-m", "mdtapp", command], env=environment, check=True, stdout=subprocess.DEVNULL
        )
    server = subprocess.Popen([sys.executable, "-m", "mdtapp", "run"], env=environment)
    base = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{base}/healthz")
        yield base, environment
    finally:
        server.terminate()
        server.wait(30)


def looked_at(browser: Browser, base: str, who: str, path: str, theme: str) -> bytes:
    """One page as one person sees it."""
    context = browser.new_context(viewport=WINDOW, reduced_motion="reduce", color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, base, who)
    if theme == "dark":
        page.evaluate("localStorage.setItem('mdtapp.theme', 'dark')")
    page.goto(base + path)
    page.wait_for_load_state("networkidle")
    picture = page.screenshot()
    context.close()
    return picture


def sign_in(page: Page, base: str, who: str) -> None:
    page.goto(f"{base}/sign-in")
    page.fill("[name=email]", f"{who}@{DOMAIN}")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()


def first_page(environment: dict[str, str], folder: Path) -> bytes:
    """The first page of the released opinion."""
    pdf, picture = folder / "opinion.pdf", folder / "opinion"
    case_no = f"MDT-{time.localtime().tm_year}-0001"
    subprocess.run(
        [sys.executable, "-m", "mdtapp", "opinion-pdf", case_no, "--out", str(pdf)],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run(["pdftoppm", "-png", "-r", "90", "-singlefile", str(pdf), str(picture)], check=True)
    return picture.with_suffix(".png").read_bytes()


def keep(picture: bytes, path: Path) -> None:
    """A small PNG: the palette is enough for pages."""
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    print(f"{path.name}  {path.stat().st_size // 1024} KiB")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(address: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=2)  # noqa: S310  our own server on this machine
            return
        except OSError:
            time.sleep(0.3)
    raise SystemExit("The server did not answer.")


if __name__ == "__main__":
    sys.exit(main())
