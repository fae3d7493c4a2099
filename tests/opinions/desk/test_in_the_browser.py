"""The desk in Chromium: two chairs on one text, by mouse and by keyboard alone, and where a sentence comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import axe, sign_in, watched
from tests.conftest import PASSWORD, PEOPLE, close
from tests.server import Server, running_server
from tests.situations_opinion import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

SECOND_CHAIR = "second.chair@qingyuan.example"
STEPS = "#section-recommendation .statement"


@dataclass(frozen=True)
class Site:
    server: Server
    case_no: str

    @property
    def desk(self) -> str:
        return f"{self.server.base_url}/cases/{self.case_no}/opinion"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A text that the chair has just started; a second chair is on the case."""
    from mdtapp.app import create_app
    from mdtapp.cases.models import MemberRole
    from mdtapp.cases.operations import add_member
    from mdtapp.config import Settings
    from mdtapp.people.operations import add_person
    from mdtapp.people.roles import Role
    from mdtapp.store.db import unit_of_work
    from tests.meetings.board import IN_MEETING

    with running_server(tmp_path_factory.mktemp("site")) as server:
        app = create_app(Settings.from_environment(server.environ))
        desk = Desk.ready(app)
        with app.app_context(), unit_of_work():
            opinion = desk.started()
            by: dict[str, Any] = {"actor": desk.user("coordinator"), "at": IN_MEETING}
            second = add_person(
                **by, email=SECOND_CHAIR, name="Dr An Second", role=Role.CHAIR, password=PASSWORD
            )
            add_member(**by, case=opinion.case, user=second, role=MemberRole.CHAIR)
            case_no = opinion.case.case_no
        close(app)
        yield Site(server, case_no)


def at_the_desk(page: Page, site: Site, who: str = "chair") -> Page:
    if page.url == "about:blank":
        sign_in(page, site.server.base_url, PEOPLE[who].email if who in PEOPLE else who, PASSWORD)
    page.goto(site.desk)
    return page


def texts(page: Page) -> list[str]:
    return page.locator(f"{STEPS} .statement-text").all_inner_texts()


def edit(sentence: Locator) -> Locator:
    """Opens the tools of a sentence; the field for English."""
    sentence.get_by_role("link", name="Edit").click()
    field = sentence.get_by_label("English").first
    expect(field).to_be_focused()
    return field


def test_accessible_in_both_themes_and_languages_at_1280_and_at_400_percent(page: Page, site: Site):
    """With the tools of a sentence, its comments, a settlement and a trail open; nothing is wider than the window."""
    page.set_viewport_size({"width": 1280, "height": 800})
    at_the_desk(page, site)
    for language in ("en", "zh"):
        page.request.post(f"{site.server.base_url}/language", form={"language": language, **token(page)})
        page.goto(site.desk)
        page.locator("[data-edit]").first.click()
        page.locator(".editor summary").first.click()
        page.locator("a[data-part]:not([data-edit])").nth(2).click()
        page.locator(".conflict-chip summary").first.click()
        page.wait_for_selector("[data-part-place]:not(:empty)")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            assert axe(page) == [], (language, theme)
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, f"{language} at 400 %"
        page.set_viewport_size({"width": 1280, "height": 800})
    page.set_viewport_size({"width": 320, "height": 640})
    page.locator("a[data-trail]").first.click()
    expect(page.locator(".trail-list")).to_be_visible()
    assert axe(page) == [], "the trail at 400 %"
    page.set_viewport_size({"width": 1280, "height": 800})
    page.request.post(f"{site.server.base_url}/language", form={"language": "en", **token(page)})
    page.goto(f"{site.desk}/0/versions")
    assert axe(page) == []


def token(page: Page) -> dict[str, str]:
    return {"csrf_token": page.locator("input[name=csrf_token]").first.get_attribute("value") or ""}


def test_a_sentence_is_moved_reworded_and_undone_by_the_keyboard_alone(page: Page, site: Site):
    at_the_desk(page, site)
    before = texts(page)
    page.locator(STEPS).nth(1).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(f"{STEPS} .statement-text").first).to_have_text(before[1])
    expect(page.locator(STEPS).first).to_be_focused()
    page.keyboard.press("e")
    field = page.locator(STEPS).first.get_by_label("English").first
    expect(field).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("First a test of the spot.")
    page.keyboard.press("Control+Enter")
    sentence = page.locator(STEPS, has_text="First a test of the spot.")
    expect(sentence.get_by_text("edited by chair")).to_be_visible()
    expect(sentence).to_be_focused()
    page.keyboard.press("Control+z")
    expect(sentence).to_have_count(0)
    page.wait_for_load_state()
    page.keyboard.press("Control+z")
    expect(page.locator(f"{STEPS} .statement-text").first).to_have_text(before[0])
    assert texts(page) == before


def test_a_sentence_is_dragged_dropped_and_taken_from_the_offers_again(page: Page, site: Site):
    at_the_desk(page, site)
    before = texts(page)
    page.locator(STEPS).first.scroll_into_view_if_needed()
    grip = page.locator(STEPS).nth(1).locator("[data-grip]")
    grip.hover()
    page.mouse.down()
    to = page.locator(STEPS).first.bounding_box()
    assert to is not None
    page.mouse.move(to["x"] + 60, to["y"] + 8, steps=4)
    page.mouse.up()
    expect(page.locator(f"{STEPS} .statement-text").first).to_have_text(before[1])
    sentence = page.locator(STEPS).first
    edit(sentence)
    sentence.locator("summary", has_text="Drop").click()
    sentence.get_by_label("Why it is dropped").fill("said elsewhere")
    top = page.evaluate("scrollY")
    sentence.get_by_role("button", name="Drop").click()
    expect(page.locator(f"{STEPS} .statement-text").first).to_have_text(before[0])
    page.wait_for_load_state()
    assert abs(page.evaluate("scrollY") - top) < 200, "the page stays where it was"
    offer = page.locator(".proposed", has_text="said elsewhere")
    offer.get_by_role("button", name="Add").click()
    expect(page.locator(f"{STEPS} .statement-text").first).to_have_text(before[1])


def test_two_chairs_see_each_other_and_overwrite_nothing(page: Page, chromium: Browser, site: Site):
    at_the_desk(page, site)
    sentence = page.locator("#section-follow_up .statement, #section-disclaimer .statement").first
    place = sentence.get_attribute("id")
    mine = edit(sentence)
    with watched(chromium) as other_browser:
        other = at_the_desk(other_browser.new_page(), site, SECOND_CHAIR)
        expect(other.locator("[data-presence-words]")).to_contain_text(PEOPLE["chair"].name)
        theirs = edit(other.locator(f"#{place}"))
        theirs.fill("Their words.")
        other.locator(f"#{place}").get_by_role("button", name="Save").click()
        expect(other.locator(f"#{place} .statement-text")).to_have_text("Their words.")
        mine.fill("My words.")
        page.locator(f"#{place}").get_by_role("button", name="Save").click()
        clash = page.locator(f"#{place} .clash")
        expect(clash).to_contain_text("Their words.")
        assert mine.input_value() == "My words."
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("[data-presence-words]")).to_contain_text("The text was changed meanwhile.")
        page.locator(f"#{place}").get_by_role("button", name="Save").click()
        expect(page.locator(f"#{place} .statement-text")).to_have_text("My words.")
    page.get_by_role("link", name="Versions").click()
    expect(page.locator(".change-text").first).to_contain_text("Their")
    page.select_option("[name=from]", "0")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".change-text del").first).not_to_be_empty()


def test_a_sentence_shows_where_it_comes_from_and_leads_there(page: Page, site: Site):
    at_the_desk(page, site)
    sentence = page.locator("#section-staging_verification .statement").first
    sentence.scroll_into_view_if_needed()
    sentence.locator(".statement-text").hover()
    trail = page.locator("#trail")
    expect(trail.locator(".trail-list")).to_contain_text(PEOPLE["radiologist"].name)
    page.mouse.move(2, 2)
    expect(trail).to_be_hidden()
    sentence.focus()
    page.keyboard.press("t")
    expect(trail.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inputs/radiology/**")
    anchor = page.url.partition("#")[2]
    expect(page.locator(f"[id='{anchor}']")).to_be_visible()


def test_the_panel_comments_and_the_chair_sees_it(page: Page, chromium: Browser, site: Site):
    with watched(chromium) as browser:
        surgeon = at_the_desk(browser.new_page(), site, "surgeon")
        sentence = surgeon.locator(STEPS).first
        sentence.get_by_role("link", name="Comment").click()
        sentence.get_by_label("Your comment, for the panel").fill("Softer, please.")
        sentence.get_by_role("button", name="Comment").click()
        expect(surgeon.locator(STEPS).first.get_by_text("1 comment")).to_be_visible()
    at_the_desk(page, site)
    sentence = page.locator(STEPS).first
    sentence.get_by_role("link", name="Comment (1)").click()
    expect(sentence.get_by_text("Softer, please.")).to_be_visible()
    sentence.get_by_role("button", name="Dealt with").click()
    expect(page.locator(STEPS).first.get_by_text("1 comment")).to_have_count(0)


def test_without_scripts_the_tools_are_a_page_away(chromium: Browser, site: Site):
    with watched(chromium, java_script_enabled=False) as browser:
        page = browser.new_page()
        sign_in(page, site.server.base_url, PEOPLE["chair"].email, PASSWORD)
        page.goto(site.desk)
        page.locator(STEPS).first.get_by_role("link", name="Edit").click()
        expect(page.locator(STEPS).first.get_by_label("English").first).to_be_visible()
        page.locator(STEPS).first.get_by_role("link", name="Where from").click()
        expect(page.locator(".trail-list")).to_be_visible()
