"""Chromium for the tests, with the page's own errors and accessibility faults made visible."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESKTOP = {"width": 1440, "height": 900}

# WCAG 2.2 A and AA; "best-practice" is opinion and stays out.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# Half-way through a transition a colour is neither the old nor the new one.
SETTLED = """() => Promise.allSettled(document.getAnimations()
  .filter(animation => animation.effect.getComputedTiming().endTime !== Infinity)
  .map(animation => animation.finished))"""

# A test browser talks to the test server only.
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def find_chromium() -> str | None:
    """The program named by CHROMIUM, or the first of the usual names on PATH."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of this process; each test gets a context of its own."""
    program = find_chromium()
    if program is None:
        message = "No Chromium: run `make setup-tests`, or name one with CHROMIUM=/path."
        if os.environ.get("MDTAPP_TESTS_COMPLETE"):
            pytest.fail(message)
        pytest.skip(message)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *sandbox])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A new, signed-out page. The test fails when a script of the page failed or broke the security policy."""
    with watched(chromium) as context:
        yield context.new_page()


@contextmanager
def watched(chromium: Browser, **options: Any) -> Iterator[BrowserContext]:
    """A browser of one person's own; at its end, faults of any of its pages fail the test."""
    context = chromium.new_context(
        **{"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "Asia/Shanghai", **options}
    )
    context.set_default_timeout(15_000)
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(f"script error: {error.error}"))
    context.on("console", lambda message: faults.extend(_policy_faults(message)))
    yield context
    context.close()
    assert not faults, "\n".join(faults)


def _policy_faults(message: ConsoleMessage) -> list[str]:
    refused = "Content Security Policy" in message.text
    return [f"{message.text} ({message.location.get('url', '')})"] if refused else []


def axe(page: Page, exclude: tuple[str, ...] = ()) -> list[str]:
    """Accessibility faults of the page as it stands, one line each; `exclude` takes CSS selectors."""
    page.evaluate(AXE.read_text("utf-8"))
    page.evaluate("() => scrollTo(0, 0)")  # what has gone half under the header counts as small
    page.evaluate(SETTLED)
    options = {"runOnly": {"type": "tag", "values": AXE_TAGS}, "resultTypes": ["violations"]}
    found: dict[str, Any] = page.evaluate(
        "([exclude, options]) => axe.run(exclude.length ? {exclude} : document, options)",
        [list(exclude), options],
    )
    return [
        f"{violation['id']}: {violation['help']} at {' | '.join(' '.join(node['target']) for node in violation['nodes'])}"
        for violation in found["violations"]
    ]


def sign_in(page: Page, base_url: str, email: str, password: str) -> None:
    """Signs a person in through the form, as they would."""
    page.goto(f"{base_url}/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda address: "/sign-in" not in address)
