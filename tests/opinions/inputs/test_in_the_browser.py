"""The author's way in the browser: text that saves itself, two windows, a signature with the keyboard alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import axe, sign_in
from tests.builders import CaseBuilder
from tests.conftest import PASSWORD, PEOPLE, close
from tests.server import Server, running_server
from tests.situations_opinion import AUTHORS, demo

if TYPE_CHECKING:
    from flask import Flask

pytestmark = pytest.mark.browser

MOST_TABS = 400


@dataclass
class Site:
    """The program as it runs, and cases put into its database from outside."""

    server: Server
    app: Flask
    builder: CaseBuilder

    def case(self, **drafts: dict[str, Any]) -> str:
        """The number of a case in review in which these disciplines have a draft."""
        from mdtapp.store.db import unit_of_work

        with self.app.app_context(), unit_of_work():
            case = self.builder.in_review("DEMO-02")
            for discipline, data in drafts.items():
                self.builder.input_saved(case, discipline, data)
            return case.case_no

    def receive(self, case_no: str, folder: Path, *texts: str) -> None:
        """Each text as a material of the case; they pass through `folder`."""
        from mdtapp.audit.trail import SystemActor
        from mdtapp.materials.status import Source

        for number, text in enumerate(texts):
            (folder / f"{number}.txt").write_text(text)
        with self.app.app_context():
            self.app.extensions["mdtapp.intake"].import_path(
                [folder],
                case_no=case_no,
                actor=SystemActor("tests"),
                vouch="test",
                source=Source.COMMAND_LINE,
            )

    def url(self, case_no: str, discipline: str, rest: str = "") -> str:
        return f"{self.server.base_url}/cases/{case_no}/inputs/{discipline}{rest}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from mdtapp.app import create_app
    from mdtapp.config import Settings

    with running_server(tmp_path_factory.mktemp("site"), part="web") as server:
        app = create_app(Settings.from_environment(server.environ))
        yield Site(server, app, CaseBuilder.ready(app))
        close(app)


@pytest.fixture
def author(page: Page, site: Site) -> Callable[[str], Page]:
    """`author("radiology")`: the page, with the author of the discipline signed in."""

    def signed_in(discipline: str) -> Page:
        sign_in(page, site.server.base_url, PEOPLE[AUTHORS[discipline]].email, PASSWORD)
        return page

    return signed_in


def answers(discipline: str) -> dict[str, Any]:
    """The shared answers of the discipline, with every date in the past of any clock."""
    written = json.dumps(demo("DEMO-02")["inputs"][discipline])
    return dict(json.loads(written.replace('"2026-', '"2020-')))


def opened(page: Page, url: str) -> Page:
    """The page once its scripts have started."""
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return page


def summary(page: Page) -> Locator:
    return page.locator("textarea[name=summary-en]")


def say(page: Page, words: str) -> None:
    """Writes into the summary, whose section may be folded."""
    if not summary(page).is_visible():
        page.locator("[data-part-block]", has=summary(page)).locator("> summary").click()
    summary(page).fill(words)


def expect_saved(page: Page) -> None:
    expect(page.locator("[data-autosave-status]")).to_contain_text("Saved")


def test_what_is_typed_saves_itself_and_is_there_after_a_reload(
    author: Callable[[str], Page], site: Site
) -> None:
    page = opened(author("radiology"), site.url(site.case(), "radiology"))
    say(page, "One node, not described at home.")
    expect(page.locator("[data-autosave-status]")).to_contain_text("not yet saved")
    expect_saved(page)
    opened(page, page.url)
    expect(summary(page)).to_have_value("One node, not described at home.")


def test_what_is_left_is_told_after_each_save(author: Callable[[str], Page], site: Site) -> None:
    page = opened(author("radiology"), site.url(site.case(), "radiology"))
    left = page.locator("[data-left-count]")
    before = int(left.inner_text())
    say(page, "One node.")
    page.locator("textarea[name=summary-zh]").fill("一枚淋巴结。")
    page.keyboard.press("Control+s")
    expect(left).to_have_text(str(before - 1))


def test_two_windows_never_overwrite_each_other(author: Callable[[str], Page], site: Site) -> None:
    first = author("radiology")
    url = site.url(site.case(radiology={"primary_size_mm": 38}), "radiology")
    second = opened(first.context.new_page(), url)
    opened(first, url)
    say(first, "Written in the first window.")
    first.keyboard.press("Control+s")
    expect_saved(first)
    say(second, "Written in the second window.")
    second.keyboard.press("Control+s")
    expect(second.locator("[data-autosave-status]")).to_contain_text("Someone saved v")
    compared = second.locator(".compare")
    expect(compared).to_contain_text("Written in the first window.")
    expect(compared).to_contain_text("Written in the second window.")
    assert axe(second) == []
    opened(first, url)
    expect(summary(first)).to_have_value("Written in the first window.")
    second.get_by_role("button", name="Keep mine and save").click()
    expect_saved(second)
    opened(first, url)
    expect(summary(first)).to_have_value("Written in the second window.")


def test_a_verdict_opens_its_row_and_is_kept(author: Callable[[str], Page], site: Site) -> None:
    page = opened(author("radiology"), site.url(site.case(), "radiology", "?part=theirs"))
    row = page.locator('.agreement:has(input[value="outside.m_category"])')
    expect(row.locator(".agreement-detail")).to_be_hidden()
    row.locator("input[type=radio]").first.focus()
    page.keyboard.press("Alt+3")
    expect(row.locator(".agreement-detail")).to_be_visible()
    row.locator("input[name$='-ours']").fill("M1b")
    row.locator("textarea[name$='-why-en']").fill("Adrenal nodule.")
    page.keyboard.press("Control+s")
    expect_saved(page)
    opened(page, page.url)
    expect(row.locator("input[value=major]")).to_be_checked()
    expect(row.locator("input[name$='-ours']")).to_have_value("M1b")


def test_the_marks_of_a_point_stand_on_one_line(author: Callable[[str], Page], site: Site) -> None:
    page = opened(author("radiology"), site.url(site.case(), "radiology", "?part=theirs"))
    for group in page.locator(".agreement .segmented").all():
        boxes = [segment.bounding_box() for segment in group.locator(".segment").all()]
        assert len({round(box["y"]) for box in boxes if box}) == 1, group.inner_text()


def test_keys_move_between_panes_and_sections(author: Callable[[str], Page], site: Site) -> None:
    page = opened(author("radiology"), site.url(site.case(), "radiology"))
    for pane in ("materials", "viewer", "form"):
        page.keyboard.press("F6")
        expect(page.locator(f'[data-pane="{pane}"]')).to_be_focused()
    sections = page.locator("[data-part-block]")
    sections.nth(0).locator("> summary").focus()
    page.keyboard.press("Alt+PageDown")
    expect(sections.nth(1)).to_be_focused()
    expect(sections.nth(1)).to_have_attribute("open", "")


def test_an_input_is_signed_with_the_keyboard_alone(author: Callable[[str], Page], site: Site) -> None:
    case_no = site.case(pathology=answers("pathology"))
    page = opened(author("pathology"), site.url(case_no, "pathology"))
    tab_to(page, page.get_by_role("button", name="Review and sign"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    for box in page.locator("input[name=warnings]").all():
        tab_to(page, box)
        page.keyboard.press("Space")
    tab_to(page, page.locator("input[name=right_patient]"))
    page.keyboard.press("Space")
    tab_to(page, page.locator("input[name=password]"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case_no}/inputs")
    expect(page.locator("main")).to_contain_text("Signed")
    opened(page, site.url(case_no, "pathology"))
    assert page.url.endswith("/pathology/1")
    assert page.locator("main textarea:visible").count() == 0


def test_a_place_is_cited_with_the_keyboard_and_drives_the_window_of_its_own(
    author: Callable[[str], Page], site: Site, tmp_path: Path
) -> None:
    case_no = site.case()
    site.receive(case_no, tmp_path, "A letter", "A report")
    page = opened(author("radiology"), site.url(case_no, "radiology"))
    say(page, "One node, not described at home.")
    summary(page).press("Alt+c")
    chips = page.locator("[data-asked=summary] .chip")
    expect(chips).to_have_count(1)
    words = chips.locator("a").inner_text()
    expect(page.locator("[data-cite-said]")).to_contain_text(f"Cited {words} for")
    expect_saved(page)
    opened(page, page.url)
    expect(chips.locator("a")).to_have_text(words)
    with page.context.expect_page() as opening:
        page.locator("[data-viewer-window]").click()
    own = opening.value
    others = page.locator(f"a[data-material]:not([data-number='{words.removeprefix('M')}'])")
    other = others.last.get_attribute("data-number")
    others.last.click()
    own.wait_for_url(f"**/materials/{other}")
    section = page.locator("[data-part-block]", has=summary(page))
    if not summary(page).is_visible():
        section.locator("> summary").click()
    chips.locator("a").click()
    own.wait_for_url(f"**/materials/{words.removeprefix('M')}")
    say(page, "Written on while the viewer stands elsewhere.")
    expect_saved(page)
    chips.locator("button").focus()
    page.keyboard.press("Enter")
    expect(chips).to_have_count(0)
    expect_saved(page)


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"the keyboard does not reach {wanted}")


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "zh")])
def test_no_accessibility_faults(
    author: Callable[[str], Page], site: Site, theme: Any, language: str
) -> None:
    case_no = site.case(radiology=answers("radiology"))
    page = author("radiology")
    page.emulate_media(color_scheme=theme)
    page.locator(f"button[name=language][value={language}]").first.click()
    for path in ("", "?part=theirs", "/review", "/decline"):
        opened(page, site.url(case_no, "radiology", path))
        assert axe(page) == [], path
    for address in (f"/cases/{case_no}/inputs", "/inputs"):
        opened(page, site.server.base_url + address)
        assert axe(page) == [], address
