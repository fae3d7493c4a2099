"""The parts of the pages in a browser: accessible in both themes and languages, usable narrow, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from mdtapp.disciplines.conditions import Context, holds
from mdtapp.disciplines.definitions import Condition, Operator
from mdtapp.disciplines.definitions import Test as Comparison
from mdtapp.web.filters import condition_json
from tests.browser import axe, sign_in
from tests.conftest import PASSWORD, PEOPLE, add_person
from tests.web.gallery import ANSWERS, SAVED, served

pytestmark = pytest.mark.browser

PAGES = [
    "/gallery",
    "/gallery?refused=1",
    "/gallery/workbench",
    "/gallery/recipient",
    "/account",
    "/no-such-page",
]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    ANSWERS.clear()
    SAVED.clear()
    with served(app) as address:
        add_person(app, "radiologist")
        yield address


@pytest.fixture
def signed_in(page: Page, address: str) -> Page:
    sign_in(page, address, PEOPLE["radiologist"].email, PASSWORD)
    return page


def open_gallery(page: Page, address: str, path: str = "/gallery") -> Page:
    """The page, once its scripts have started."""
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    return page


def faults_of(page: Page) -> list[str]:
    """From the top of the page: what a fixed header covers half would count as a small target."""
    page.evaluate("scrollTo(0, 0)")
    return axe(page)


def choose_language(page: Page, address: str, language: str) -> None:
    page.goto(f"{address}/account")
    page.click(f"button[name=language][value={language}]")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_accessibility_faults(signed_in: Page, address: str, theme: Any, language: str) -> None:
    signed_in.emulate_media(color_scheme=theme)
    choose_language(signed_in, address, language)
    faults = {}
    for path in PAGES:
        open_gallery(signed_in, address, path)
        expect(signed_in.locator("html")).to_have_attribute("lang", "zh-Hans" if language == "zh" else "en")
        faults[path] = faults_of(signed_in)
    assert faults == {path: [] for path in PAGES}


def test_sign_in_page(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    assert faults_of(page) == []
    page.press("input[name=password]", "Enter")
    expect(page.locator(".error-summary a").first).to_have_attribute("href", "#email")
    expect(page.locator("#email")).to_have_attribute("aria-invalid", "true")
    assert faults_of(page) == []


@pytest.mark.parametrize("width", [320, 768, 1024])
def test_narrow_windows_need_no_sideways_scrolling(signed_in: Page, address: str, width: int) -> None:
    """320 pixels is a 1280 pixel window at 400 % zoom (WCAG 1.4.10)."""
    signed_in.set_viewport_size({"width": width, "height": 640})
    wide = {}
    for path in [*PAGES, "/sign-in"]:
        open_gallery(signed_in, address, path)
        wide[path] = signed_in.evaluate("document.documentElement.scrollWidth") - width
    assert {path: more for path, more in wide.items() if more > 0} == {}


def test_targets_are_large_enough(signed_in: Page, address: str) -> None:
    """Buttons and fields are at least 24 by 24 pixels; words in a sentence may be smaller (WCAG 2.5.8)."""
    open_gallery(signed_in, address)
    small = signed_in.evaluate(
        """() => [...document.querySelectorAll("button, summary, .button, .control, .rail a, .tabs a, label.choice")]
            .map((element) => [element, element.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.width < 23.5 || box.height < 23.5))
            .map(([element, box]) => `${element.outerHTML.slice(0, 90)} ${box.width} x ${box.height}`)"""
    )
    assert [line for line in small if "remove_citation" not in line] == []


def test_works_without_scripts(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, address, PEOPLE["radiologist"].email, PASSWORD)
    page.goto(f"{address}/gallery/workbench")
    for pane in ("materials", "viewer", "form"):
        expect(page.locator(f"[data-pane={pane}]")).to_be_visible()
    page.goto(f"{address}/gallery")
    expect(page.locator("[data-question=why]")).to_be_visible()
    page.click(".user-menu summary")
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in")
    context.close()


# --- scripts ----------------------------------------------------------------------------------


def test_theme_is_remembered_per_person(signed_in: Page, address: str) -> None:
    signed_in.emulate_media(color_scheme="light")
    open_gallery(signed_in, address)
    signed_in.click("[data-theme-switch]")
    signed_in.reload()
    expect(signed_in.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(signed_in.locator("[data-theme-switch]")).to_have_attribute("aria-pressed", "true")


def test_keys(signed_in: Page, address: str) -> None:
    page = open_gallery(signed_in, address)
    page.keyboard.press("/")
    expect(page.locator("#site-search")).to_be_focused()
    page.keyboard.type("?j")
    expect(page.locator("#site-search")).to_have_value("?j")
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(page.locator("#conflict-X09")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("dialog.keys")).to_be_visible()
    page.check("[data-shortcuts-off]")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.locator("#site-search")).not_to_be_focused()


def test_judgement_by_key_unfolds_its_row(signed_in: Page, address: str) -> None:
    page = open_gallery(signed_in, address)
    row = page.locator("[data-question=t_verdict]")
    expect(row.locator(".agreement-detail")).to_be_hidden()
    row.locator("input").first.focus()
    page.keyboard.press("Alt+2")
    expect(row.locator("input[value=minor]")).to_be_checked()
    expect(row.locator("#t_ours")).to_be_visible()
    page.keyboard.press("Alt+4")
    expect(row.locator("#t_why")).to_be_visible()
    expect(row.locator("#t_ours")).to_be_hidden()


def test_questions_follow_their_condition(signed_in: Page, address: str) -> None:
    page = open_gallery(signed_in, address)
    expect(page.locator("[data-question=why]")).to_be_hidden()
    page.locator("input[name=sure][value=low]").check()
    expect(page.locator("[data-question=why]")).to_be_visible()


def test_rows_are_added_moved_and_removed(signed_in: Page, address: str) -> None:
    page = open_gallery(signed_in, address)

    def sizes() -> list[tuple[str, str]]:
        fields = page.locator("[data-rows] input[name$=-size]").all()
        return [(field.get_attribute("name") or "", field.input_value()) for field in fields]

    page.fill("#lesions-0-size", "11")
    page.fill("#lesions-1-size", "22")
    page.click("[data-rows-add]")
    expect(page.locator("#lesions-2-site")).to_be_focused()
    page.fill("#lesions-2-size", "33")
    page.locator("[data-row-up]").nth(2).click()
    assert sizes() == [("lesions-0-size", "11"), ("lesions-1-size", "33"), ("lesions-2-size", "22")]
    page.locator("[data-row-remove]").first.click()
    assert sizes() == [("lesions-0-size", "33"), ("lesions-1-size", "22")]
    expect(page.locator("[data-row-number]").last).to_have_text("2")


STATUS = "[data-autosave-status]"


def test_saves_by_itself(signed_in: Page, address: str) -> None:
    page = open_gallery(signed_in, address)
    ANSWERS.append((200, {"version": 8, "saved_at": "2026-11-24T06:32:08Z"}))
    page.fill("#note", "Left adrenal nodule")
    expect(page.locator(STATUS)).to_have_text("Changed, not yet saved")
    expect(page.locator(STATUS)).to_have_text("Saved 14:32:08 · v8")
    assert (SAVED[0]["row_version"], SAVED[0]["note"], SAVED[0].get("password")) == (
        "7",
        "Left adrenal nodule",
        None,
    )


def test_a_newer_version_is_shown_beside_ones_own(signed_in: Page, address: str) -> None:
    page = open_gallery(signed_in, address)
    clash = {
        "version": 9,
        "theirs": {"note": "Theirs", "site": "lung"},
        "ours": {"note": "Mine", "site": "lung"},
    }
    ANSWERS.extend([(409, clash), (200, {"version": 10})])
    page.fill("#note", "Mine")
    page.keyboard.press("Control+s")
    expect(page.locator(STATUS)).to_have_text("Someone saved v9: compare")
    expect(page.locator(".compare dd")).to_have_text(["Theirs", "Mine"])
    assert faults_of(page) == []
    page.click("text=Keep mine and save")
    expect(page.locator(STATUS)).to_contain_text("v10")
    assert [saved["row_version"] for saved in SAVED] == ["7", "9"]


def test_text_survives_a_lost_line_and_a_closed_window(signed_in: Page, address: str) -> None:
    page = open_gallery(signed_in, address)
    page.route("**/gallery/save", lambda route: route.abort())
    page.click("[data-rows-add]")
    page.fill("#lesions-2-size", "17")
    page.keyboard.press("Control+s")
    expect(page.locator(STATUS)).to_contain_text("Kept on this computer")
    open_gallery(page, address)
    expect(page.locator(STATUS)).to_contain_text("was never saved")
    page.unroute("**/gallery/save")
    ANSWERS.append((200, {"version": 8}))
    page.click("text=Use it")
    expect(page.locator("#lesions-2-size")).to_have_value("17")
    expect(page.locator(STATUS)).to_contain_text("v8")
    open_gallery(page, address)
    expect(page.locator(STATUS)).to_contain_text("v7")


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {}, "You are signed out"),
        (422, {"error": "The case is closed"}, "Not saved: The case is closed"),
        (503, {}, "Not saved since"),
    ],
)
def test_says_why_it_is_not_saved(
    signed_in: Page, address: str, status: int, body: dict[str, str], words: str
) -> None:
    page = open_gallery(signed_in, address)
    ANSWERS.extend([(status, body)] * 2)
    page.fill("#note", "x")
    page.keyboard.press("Control+s")
    expect(page.locator(STATUS)).to_contain_text(words)


def test_warns_two_minutes_before_signing_out(signed_in: Page, address: str) -> None:
    signed_in.clock.install()
    page = open_gallery(signed_in, address)
    warning = page.locator("[data-session-warning]")
    page.clock.fast_forward("27:00")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("01:30")
    expect(warning).to_be_visible()
    with page.expect_request(lambda request: request.method == "HEAD"):
        page.click("text=Stay signed in")
    expect(warning).to_be_hidden()


def test_panes_keep_their_width(signed_in: Page, address: str) -> None:
    page = open_gallery(signed_in, address, "/gallery/workbench")
    form = page.locator("[data-pane=form]")
    before = form.bounding_box()
    page.locator("[data-pane-handle=form]").press("ArrowLeft")
    open_gallery(page, address, "/gallery/workbench")
    after = form.bounding_box()
    assert before
    assert after
    assert after["width"] == pytest.approx(before["width"] + 16, abs=1)


def test_panes_become_a_drawer_and_tabs(signed_in: Page, address: str) -> None:
    page = open_gallery(signed_in, address, "/gallery/workbench")
    page.set_viewport_size({"width": 1100, "height": 800})
    materials = page.locator("[data-pane=materials]")
    expect(materials).to_be_hidden()
    page.click("[data-drawer]")
    expect(materials).to_be_visible()
    page.set_viewport_size({"width": 700, "height": 800})
    expect(page.locator("[data-pane=viewer]")).to_be_hidden()
    page.click("[data-pane-show=viewer]")
    expect(page.locator("[data-pane=viewer]")).to_be_visible()
    page.keyboard.press("F6")
    expect(page.locator("[data-pane=form]")).to_be_focused()


FIELDS: dict[str, Any] = {"size": 17, "sure": "low", "seen": ["M1", "M2"], "done": True, "empty": None}
CONDITIONS = [
    Condition("all", (Comparison(question, operator, answer),), negate)
    for negate in (False, True)
    for question in FIELDS
    for operator, answer in [
        (Operator.EXISTS, True),
        (Operator.EXISTS, False),
        (Operator.EQUALS, "low"),
        (Operator.EQUALS, 17),
        (Operator.EQUALS, True),
        (Operator.DIFFERS, "low"),
        (Operator.ABOVE, 16),
        (Operator.BELOW, 17),
        (Operator.AT_LEAST, 17),
        (Operator.AT_MOST, 16),
        (Operator.IN, ("low", "high")),
        (Operator.CONTAINS_ANY, ("M2", "M9")),
        (Operator.STARTS_WITH, "lo"),
    ]
]
NESTED = Condition("any", (CONDITIONS[0], Condition("all", (CONDITIONS[1], CONDITIONS[2]), True)))


def test_conditions_mean_the_same_in_the_page_and_on_the_server(signed_in: Page, address: str) -> None:
    open_gallery(signed_in, address)
    conditions = [*CONDITIONS, NESTED]
    in_page = signed_in.evaluate(
        """async ([conditions, answers]) => {
            const { holds } = await import("/static/js/conditions.js");
            return conditions.map((condition) => holds(JSON.parse(condition), (question) => answers[question]));
        }""",
        [[condition_json(condition) for condition in conditions], FIELDS],
    )
    assert in_page == [holds(condition, Context(values=FIELDS)) for condition in conditions]
