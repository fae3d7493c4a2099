"""The slide page in Chromium: pixels, scale, regions by mouse and by keyboard, two slides together, citing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import axe, sign_in
from tests.builders import CaseBuilder
from tests.conftest import PASSWORD, PEOPLE, add_person, close
from tests.imaging import dicom
from tests.server import Server, running_server
from tests.situations_opinion import AUTHORS
from tests.slides import made

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

COLOURED = """() => {
  const canvas = document.querySelector('[data-stage] .openseadragon-canvas canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let at = 0; at < data.length; at += 400) if (data[at + 3]) seen.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
  return seen.size > 20;
}"""


@dataclass(frozen=True)
class Site:
    server: Server
    case_no: str

    def address(self, number: int, more: str = "") -> str:
        return f"{self.server.base_url}/cases/{self.case_no}/slides/{number}{more}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A case with three slides (one without spacing), its coordinator and its pathologist."""
    from mdtapp.app import create_app
    from mdtapp.cases import operations
    from mdtapp.cases.models import MemberRole, Sex, Situation
    from mdtapp.cases.status import CaseStatus
    from mdtapp.clinical.bitext import Bitext
    from mdtapp.config import Settings
    from mdtapp.people.queries import get_person
    from mdtapp.store.db import unit_of_work

    folder = tmp_path_factory.mktemp("slides")
    made.tiff(folder / "H&E block A1.tif", [made.tissue(1800, 1200), made.tissue(900, 600)], micrometres=0.5)
    made.tiff(folder / "HER2.tif", [made.tissue(1200, 900), made.tissue(600, 450)], micrometres=0.25)
    made.tiff(folder / "unknown.tif", [made.tissue(700, 600), made.tissue(350, 300)])
    with running_server(tmp_path_factory.mktemp("site")) as server:
        app = create_app(Settings.from_environment(server.environ))
        now = datetime.now(UTC)
        people = {who: add_person(app, who, at=now) for who in ("coordinator", "pathologist")}
        with app.app_context(), unit_of_work():
            actor = get_person(people["coordinator"])
            case = operations.register(
                actor=actor,
                at=now,
                patient=operations.PatientFacts("AMBER-417", Sex.FEMALE, 1979, "KE", "en"),
                case=operations.CaseRecord(
                    title=Bitext("Breast tumour", "乳腺肿瘤"),
                    situation=Situation.CONFLICTING_OPINIONS,
                    primary_site="breast",
                    laterality="left",
                ),
                received_on=date(2026, 3, 2),
            )
            operations.add_member(
                actor=actor,
                at=now,
                case=case,
                user=get_person(people["pathologist"]),
                role=MemberRole.AUTHOR,
                discipline="pathology",
            )
            case_no = case.case_no
            assert case.status in set(CaseStatus)
        close(app)
        paths = [str(folder / name) for name in ("H&E block A1.tif", "HER2.tif", "unknown.tif")]
        report = json.loads(server.mdtapp("import-materials", case_no, *paths, "--json"))
        assert [one["kind"] for one in report["files"]] == ["slide"] * 3
        yield Site(server, case_no)


def opened(page: Page, site: Site, number: int = 1, more: str = "", who: str = "pathologist") -> Page:
    if page.url == "about:blank":
        sign_in(page, site.server.base_url, PEOPLE[who].email, PASSWORD)
    page.goto(site.address(number, more))
    page.wait_for_selector("[data-slide][data-ready]")
    page.wait_for_function(COLOURED)
    return page


def state(page: Page, index: int = 0) -> Any:
    """Where a slide is looked at: the scale of its outlines on the screen tells more than words would."""
    return page.evaluate(
        "index => [...document.querySelectorAll('[data-slide]')][index].querySelector('[data-magnification]').textContent",
        index,
    )


def test_a_slide_is_seen_with_its_scale_and_its_magnification(page: Page, site: Site) -> None:
    opened(page, site)
    assert page.locator("[data-length]").text_content() in {f"{one} µm" for one in (50, 100, 200, 500)}
    assert "µm per pixel" in state(page)
    assert "×" in state(page)
    page.get_by_role("button", name="20×").click()
    page.wait_for_function(
        "() => document.querySelector('[data-magnification]').textContent.startsWith('20×')"
    )
    assert page.locator("[data-length]").text_content() == "50 µm"
    width = page.locator("[data-bar]").evaluate("bar => bar.getBoundingClientRect().width")
    assert abs(width - 100) < 3  # 50 µm at half a µm a pixel
    assert axe(page) == []


def test_a_slide_without_spacing_says_so_and_has_no_scale_bar(page: Page, site: Site) -> None:
    opened(page, site, 3)
    assert state(page) == "Spacing unknown: no magnification, no scale bar"
    assert page.locator("[data-scale]").is_hidden()
    assert page.locator("[data-powers]").is_hidden()


def test_a_region_is_drawn_with_the_mouse_and_is_there_after_reload(page: Page, site: Site) -> None:
    opened(page, site)
    page.get_by_role("button", name="Draw a rectangle").click()
    box = page.locator("[data-stage]").first.bounding_box()
    assert box
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y + 90, steps=4)
    page.mouse.up()
    page.get_by_label("Name").fill("Invasive front")
    page.get_by_role("button", name="Keep the region").click()
    page.locator("[data-region-row]", has_text="Invasive front").wait_for()
    assert page.locator(".slide-outlines text", has_text="Invasive front").count() == 1
    number = page.locator("[data-region-row]", has_text="Invasive front").get_attribute("data-region-row")
    assert json.loads(page.locator("[data-slides]").get_attribute("data-place") or "") == {
        "material": "M1",
        "region": int(number or 0),
        "note": "Invasive front",
    }
    opened(page, site, 1, f"?region={number}")
    outline = page.locator(".is-selected .slide-edge")
    outline.wait_for()
    page.wait_for_function(  # the view goes to the region and stands around it
        """() => { const line = document.querySelector('.is-selected .slide-edge').getBoundingClientRect();
          const stage = document.querySelector('[data-stage]').getBoundingClientRect();
          return line.height > stage.height * 0.5 && line.top >= stage.top && line.bottom <= stage.bottom; }"""
    )
    assert axe(page) == []
    page.get_by_role("button", name="Take away region").click()
    page.locator("[data-region-row]", has_text="Invasive front").wait_for(state="detached")


def test_a_region_is_drawn_with_keys_alone_on_a_turned_slide(page: Page, site: Site) -> None:
    opened(page, site)
    page.locator("[data-stage]").first.focus()
    for key in ("]", "]", "+", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    page.keyboard.press("r")
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    assert page.locator(".is-draft .slide-edge").count() == 1
    page.keyboard.press("Enter")
    page.keyboard.type("Lymph vessel")
    page.keyboard.press("Enter")
    row = page.locator("[data-region-row]", has_text="Lymph vessel")
    row.wait_for()
    page.keyboard.press("r")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    assert page.locator(".is-draft").count() == 0
    page.reload()
    row.wait_for()


def test_an_outline_of_any_shape(page: Page, site: Site) -> None:
    opened(page, site)
    page.get_by_role("button", name="Draw an outline").click()
    box = page.locator("[data-stage]").first.bounding_box()
    assert box
    for right, down in ((0.3, 0.3), (0.5, 0.25), (0.55, 0.5), (0.35, 0.55)):
        page.mouse.click(box["x"] + box["width"] * right, box["y"] + box["height"] * down)
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill(" ")
    page.get_by_role("button", name="Keep the region").click()
    page.get_by_text("Name the region").wait_for()
    page.get_by_label("Name").fill("Necrosis")
    page.get_by_role("button", name="Keep the region").click()
    page.locator("[data-region-row]", has_text="Necrosis").wait_for()
    points = page.locator(".is-selected .slide-edge").get_attribute("points") or ""
    assert len(points.split()) == 4


def test_an_outline_of_any_shape_with_keys_alone(page: Page, site: Site) -> None:
    opened(page, site)
    page.locator("[data-stage]").first.focus()
    page.keyboard.press("p")
    for keys in (
        ["Space"],
        ["ArrowRight"] * 5,
        ["Space"],
        ["ArrowDown"] * 5,
        ["Shift+ArrowLeft", "Space"],
        ["Space"],
    ):
        for key in keys:
            page.keyboard.press(key)
    page.get_by_text("Corners: 4").wait_for()
    page.keyboard.press("Backspace")
    page.get_by_text("Corners: 3").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.type("Ulcer")
    page.keyboard.press("Enter")
    page.locator("[data-region-row]", has_text="Ulcer").wait_for()
    points = page.locator(".is-selected .slide-edge").get_attribute("points") or ""
    assert len(points.split()) == 3
    page.keyboard.press("p")
    for _ in range(40):  # past the edge the slide follows
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    assert page.locator(".is-draft").count() == 0


def test_two_slides_move_together_until_they_are_let_go(page: Page, site: Site) -> None:
    opened(page, site, 1, "?beside=2")
    page.locator("[data-slide][data-ready]").nth(1).wait_for()
    expect(page.get_by_role("button", name="Move together")).to_have_attribute("aria-pressed", "true")
    first = state(page, 0), state(page, 1)
    page.locator("[data-stage]").first.focus()
    page.keyboard.press("+")
    page.wait_for_function(
        "before => [...document.querySelectorAll('[data-magnification]')].every((one, at) => one.textContent !== before[at])",
        arg=list(first),
    )
    page.wait_for_timeout(600)  # until the movement has come to rest
    page.get_by_role("button", name="Move together").click()
    second = state(page, 1)
    page.locator("[data-stage]").first.focus()
    page.keyboard.press("+")
    page.wait_for_timeout(600)
    assert state(page, 1) == second
    assert axe(page) == []


def test_the_label_is_not_on_a_specialists_page(page: Page, site: Site) -> None:
    svs = dicom.shared_folder("slides") / "CMU-1-Small-Region.svs"
    site.server.mdtapp("import-materials", site.case_no, str(svs), "--json")
    opened(page, site, 4)
    assert page.get_by_text("for coordinators only").count() == 0
    assert page.locator("img[src*='/pictures/']").count() == 0


def test_the_coordinator_sees_the_label_and_draws_nothing(page: Page, site: Site) -> None:
    svs = dicom.shared_folder("slides") / "CMU-1-Small-Region.svs"
    site.server.mdtapp("import-materials", site.case_no, str(svs), "--json")
    opened(page, site, 4, who="coordinator")
    page.get_by_text("for coordinators only").click()
    picture = page.get_by_alt_text("Label", exact=True)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 387
    assert page.get_by_role("button", name="Draw a rectangle").count() == 0
    assert axe(page) == []


# Citing


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A case open for inputs, to which a slide came."""
    from mdtapp.app import create_app
    from mdtapp.config import Settings
    from mdtapp.store.db import unit_of_work

    with running_server(tmp_path_factory.mktemp("review"), part="web") as server:
        app = create_app(Settings.from_environment(server.environ))
        builder = CaseBuilder.ready(app)
        with app.app_context(), unit_of_work():
            case_no = builder.in_review("DEMO-02").case_no
        close(app)
        slide = tmp_path_factory.mktemp("slide") / "HER2.tif"
        made.tiff(slide, [made.tissue(1200, 900), made.tissue(600, 450)], micrometres=0.25)
        server.mdtapp("import-materials", case_no, str(slide), "--json")
        yield Site(server, case_no)


def test_a_region_is_cited_in_the_input_and_the_citation_leads_back(page: Page, review: Site) -> None:
    sign_in(page, review.server.base_url, PEOPLE[AUTHORS["pathology"]].email, PASSWORD)
    bench = f"{review.server.base_url}/cases/{review.case_no}/inputs/pathology"
    page.goto(bench)
    number = page.locator("a[data-material]", has_text="HER2").first.get_attribute("data-number")
    page.goto(f"{bench}?material={number}")
    slide = page.frame_locator("iframe[data-viewer]")
    slide.locator("[data-slide][data-ready]").wait_for()
    slide.get_by_role("button", name="Draw a rectangle").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    slide.get_by_label("Name").fill("Strong membrane")
    slide.get_by_role("button", name="Keep the region").click()
    slide.locator("[data-region-row]", has_text="Strong membrane").wait_for()
    theirs = page.locator("[data-part-block]", has=page.locator("[data-claim]")).first
    if theirs.get_attribute("open") is None:
        theirs.locator("> summary").click()
    row = theirs.locator("[data-claim]").first
    row.locator("input[value=minor]").check(force=True)
    row.locator("button[data-cite]").click()
    cited = row.locator("[data-places] a", has_text="r1 Strong membrane")
    cited.wait_for()
    expect(page.locator("[data-autosave-status]")).to_contain_text("Saved")
    page.goto(f"{bench}?material={number}&part=theirs#part-theirs")
    cited.click()
    slide.locator(".is-selected .slide-edge").wait_for()
    assert "region=1" in (page.locator("iframe[data-viewer]").get_attribute("src") or "")
