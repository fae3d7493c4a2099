"""Filling a form with the keyboard: rows, units, questions that come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import axe, sign_in
from tests.builders import CaseBuilder
from tests.conftest import PASSWORD, PEOPLE, close
from tests.server import running_server
from tests.situations_opinion import AUTHORS

if TYPE_CHECKING:
    from flask import Flask

pytestmark = pytest.mark.browser

LESIONS = [
    {"lesion_id": "T1", "organ": "liver", "location": "Segment 6", "role": "target", "is_node": False, "baseline_mm": 30},
    {"lesion_id": "T2", "organ": "lung", "location": "Left lower lobe", "role": "target", "is_node": False, "baseline_mm": 20},
]  # fmt: skip

MOST_FIELDS = 20
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Flask, CaseBuilder]]:
    from mdtapp.app import create_app
    from mdtapp.config import Settings

    with running_server(tmp_path_factory.mktemp("site"), part="web") as server:
        app = create_app(Settings.from_environment(server.environ))
        yield server.base_url, app, CaseBuilder.ready(app)
        close(app)


@pytest.fixture
def form(page: Page, site: tuple[str, Flask, CaseBuilder]) -> Opened:
    """`form("radiology", answers, part="response")`: the page of a new case with these answers saved."""
    from mdtapp.store.db import unit_of_work

    base, app, builder = site

    def opened(discipline: str, answers: dict[str, Any], part: str) -> Page:
        with app.app_context(), unit_of_work():
            case = builder.in_review("DEMO-04")
            builder.input_saved(case, discipline, answers)
            case_no = case.case_no
        sign_in(page, base, PEOPLE[AUTHORS[discipline]].email, PASSWORD)
        page.goto(f"{base}/cases/{case_no}/inputs/{discipline}?part={part}")
        page.wait_for_load_state("networkidle")
        return page

    return opened


def field(page: Page, name: str) -> Locator:
    return page.locator(f'[name="{name}"]')


@contextmanager
def saved(page: Page) -> Iterator[None]:
    """The form is saved with everything done inside, whatever saved itself on the way."""
    yield
    page.wait_for_function("document.querySelector('[data-autosave-status]').dataset.state !== 'saving'")
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        page.keyboard.press("Control+s")


def test_rows_are_filled_removed_and_brought_back_without_a_mouse(form: Opened) -> None:
    page = form("radiology", {"criteria": "recist11", "lesions": LESIONS}, "response")
    last = field(page, "lesions-1-current_mm")
    field(page, "lesions-1-lesion_id").focus()
    visited = []
    for _ in range(MOST_FIELDS):
        if page.evaluate("document.activeElement.closest('[data-row]')?.dataset.at") != "1":
            break
        visited.append(page.evaluate("document.activeElement.name"))
        page.keyboard.press("Enter")
    assert {"lesions-1-organ", "lesions-1-location", "lesions-1-current_mm"} <= set(visited)
    assert last.count() == 1

    # Behind the last field a new row begins, with the number that follows.
    expect(field(page, "lesions-2-lesion_id")).to_have_value("T3")
    expect(field(page, "lesions-2-organ")).to_be_focused()
    field(page, "lesions-2-location").fill("Hilum")
    field(page, "lesions-2-baseline_mm").fill("1.8 cm")
    expect(page.locator('[data-units]:has([name="lesions-2-baseline_mm"]) output')).to_have_text("= 18 mm")

    field(page, "lesions-0-location").focus()
    page.keyboard.press("Alt+Delete")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    expect(field(page, "lesions-0-location")).to_have_value("Left lower lobe")
    page.keyboard.press("Enter")
    expect(field(page, "lesions-0-location")).to_have_value("Segment 6")
    expect(field(page, "lesions-0-lesion_id")).to_be_focused()

    page.keyboard.press("Alt+Shift+ArrowDown")
    expect(field(page, "lesions-1-location")).to_have_value("Segment 6")
    expect(field(page, "lesions-1-lesion_id")).to_be_focused()
    page.keyboard.press("Alt+Enter")
    expect(field(page, "lesions-2-lesion_id")).to_have_value("T4")
    page.keyboard.press("Alt+Delete")
    with saved(page):
        expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.reload()
    assert [field(page, f"lesions-{at}-location").input_value() for at in range(3)] == [
        "Left lower lobe",
        "Segment 6",
        "Hilum",
    ]
    expect(field(page, "lesions-2-baseline_mm")).to_have_value("1.8 cm")
    assert axe(page) == []


def test_a_value_keeps_its_unit_and_what_follows_stands_beside_it(form: Opened) -> None:
    page = form("medical_oncology", {"ecog": 1}, "organ")
    for detail in page.locator(
        "#part-organ details.detail-fields, #part-patient details.detail-fields"
    ).all():
        detail.evaluate("element => { element.open = true; }")
    page.locator("#part-patient").evaluate("element => { element.open = true; }")
    field(page, "creatinine_umol_l").fill("1.1")
    field(page, "creatinine_umol_l-unit").select_option("mg/dL")
    expect(page.locator('[data-units]:has([name="creatinine_umol_l"]) output')).to_have_text("= 97.24 µmol/L")
    clearance = page.locator('[data-computed="crcl_ml_min"]')
    with saved(page):
        pass
    expect(clearance).to_contain_text("Cockcroft-Gault still needs: Weight")
    with saved(page):
        field(page, "weight_kg").fill("58")
    expect(clearance).to_contain_text("mL/min (Cockcroft-Gault). Not filled in for you.")
    expect(field(page, "crcl_ml_min")).to_have_value("")
    page.reload()
    expect(field(page, "creatinine_umol_l")).to_have_value("1.1")
    expect(field(page, "creatinine_umol_l-unit")).to_have_value("mg/dL")


def test_a_question_with_an_answer_stays_in_view_and_the_others_can_be_called(form: Opened) -> None:
    page = form("radiation_oncology", {"rt_role": "recommended", "dose_gy": 50}, "rt")
    dose, fractions = page.locator("#question-dose_gy"), page.locator("#question-technique")
    expect(fractions).to_be_visible()
    page.locator('[name="rt_role"]').last.scroll_into_view_if_needed()
    page.evaluate(
        """() => { const field = document.querySelector('[name="rt_role"]');
          if (field.tagName === "SELECT") field.value = "not_recommended";
          else document.querySelector('[name="rt_role"][value="not_recommended"]').checked = true;
          field.dispatchEvent(new Event("change", {bubbles: true})); }"""
    )
    expect(fractions).to_be_hidden()
    expect(dose).to_be_visible()
    page.get_by_role("button", name="Show every question of this form").click()
    expect(fractions).to_be_visible()
