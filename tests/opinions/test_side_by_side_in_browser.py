"""The chair reads who says what, follows a cell to its form, settles a conflict and has it confirmed by another person."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import axe, sign_in, watched
from tests.conftest import PASSWORD, PEOPLE, close
from tests.server import running_server
from tests.situations_opinion import Desk

pytestmark = pytest.mark.browser

STEPS = [
    {"modality": "surgery", "description": {"en": "Lobectomy", "zh": "肺叶切除"}},
    {"modality": "systemic", "drug_classes": ["cisplatin"], "description": {"en": "Cisplatin", "zh": "顺铂"}},
]

BEYOND = """() => document.documentElement.scrollWidth <= innerWidth + 1 ? [] : [
  String(document.documentElement.scrollWidth),
  ...[...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .filter(each => !each.closest("table") || getComputedStyle(each).position === "absolute")
    .map(each => each.outerHTML.slice(0, 80))]"""
"""What makes the page wider than the window."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a running program, and the number of a case whose opinion is being edited."""
    from mdtapp.app import create_app
    from mdtapp.config import Settings
    from mdtapp.store.db import unit_of_work

    with running_server(tmp_path_factory.mktemp("site"), part="web") as server:
        app = create_app(Settings.from_environment(server.environ))
        desk = Desk.ready(app)
        with app.app_context(), unit_of_work():
            case = desk.started("DEMO-02").case
            case.outside_opinions[0].steps = STEPS
            case_no = case.case_no
        yield server.base_url, case_no
        close(app)


def signed_in(page: Page, base_url: str, who: str) -> Page:
    sign_in(page, base_url, PEOPLE[who].email, PASSWORD)
    return page


def test_from_the_matrix_to_the_answer_and_to_the_conflict(page: Page, site: tuple[str, str]) -> None:
    base_url, case_no = site
    signed_in(page, base_url, "chair").goto(f"{base_url}/cases/{case_no}/inputs")
    table = page.get_by_role("table", name="Decision points by discipline")
    row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Stage group"))
    expect(row).to_contain_text("Different")
    sentence = page.locator(".conflict-sentence", has_text="X14")
    expect(sentence).to_contain_text("Stage group differs")
    expect(sentence).to_contain_text("IVA")
    row.get_by_role("link", name="IVA").first.click()
    expect(page.locator(":target")).to_contain_text("IVA")
    page.go_back()
    sentence.get_by_role("link").click()
    expect(page.locator("#conflict-X14:target")).to_be_visible()


def test_a_critical_settlement_needs_another_persons_word(
    chromium: Browser, page: Page, site: tuple[str, str]
) -> None:
    base_url, case_no = site
    address = f"{base_url}/cases/{case_no}/conflicts"
    signed_in(page, base_url, "chair").goto(address)
    card = page.locator("#conflict-X47")
    card.get_by_label("Reason, one sentence at least").fill("The images decide.")
    card.get_by_label("Reason in Chinese").fill("以影像为准。")
    card.get_by_role("button", name="Record dissent").click()
    waiting = page.get_by_text("confirm this settlement of X47")
    expect(waiting).to_be_visible()
    expect(page.get_by_role("button", name="I confirm it")).to_have_count(0)
    with watched(chromium) as context:
        other = signed_in(context.new_page(), base_url, "surgeon")
        other.goto(address)
        other.get_by_role("button", name="I confirm it").click()
        expect(other.get_by_text("confirm this settlement of X47")).to_have_count(0)
    page.reload()
    expect(waiting).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_pages_are_accessible_in_both_languages_and_stay_usable(
    scheme: Any, chromium: Browser, site: tuple[str, str]
) -> None:
    base_url, case_no = site
    with watched(chromium, color_scheme=scheme) as context:
        page = signed_in(context.new_page(), base_url, "chair")
        for language in ("EN", "中文"):
            page.get_by_role("button", name=language, exact=True).click()
            for part in ("inputs", "conflicts"):
                page.goto(f"{base_url}/cases/{case_no}/{part}")
                if folder := os.environ.get("MDTAPP_SHOTS"):
                    page.screenshot(path=f"{folder}/{part}-{scheme}-{language}.png", full_page=True)
                expect(page.locator("#their-plan")).to_be_visible()
                assert axe(page) == [], (scheme, language, part)
        page.set_viewport_size({"width": 320, "height": 800})  # 1280 px at 400 %
        for part in ("inputs", "conflicts"):
            page.goto(f"{base_url}/cases/{case_no}/{part}")
            assert page.evaluate(BEYOND) == [], part
