"""The merge desk: how long its page takes with 150 statements, and how many interactions lead to a finalised opinion.

    .venv/bin/python bench/desk.py [ROUNDS]

The page is asked for through the application itself, signed in as the chair, with the five core inputs signed, every
conflict open and the statements of the draft repeated until there are 150. Interactions are counted in a scripted
browser from the page of a case whose five inputs are signed and whose meeting has decided, to the frozen text: each
click, each press of a key that acts, and each field that is typed into counts as one. Everybody who takes part counts.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page, sync_playwright

from tests.browser import ARGUMENTS, DESKTOP, find_chromium, sign_in
from tests.conftest import PASSWORD, PEOPLE, Visitor, close
from tests.server import Server, running_server
from tests.situations_opinion import Desk

STATEMENTS = 150
GOAL_MS = 150


def prepared(server: Server, *, started: bool) -> tuple[Any, Desk, str]:
    """A lung case with a decision; `started` also starts the chair's text and makes it long."""
    from mdtapp.app import create_app
    from mdtapp.config import Settings
    from mdtapp.opinions.models import Statement
    from mdtapp.store.db import unit_of_work

    app = create_app(Settings.from_environment(server.environ))
    desk = Desk.ready(app)
    with app.app_context(), unit_of_work():
        if not started:
            return app, desk, desk.decided(desk.reviewed("DEMO-02", identity=None)).case_no
        opinion = desk.started("DEMO-02")
        drafted = list(opinion.statements)
        for number in range(STATEMENTS - len(drafted)):
            row = drafted[number % len(drafted)]
            opinion.statements.append(
                Statement(
                    section=row.section,
                    position=100 + number,
                    text=row.text,
                    original=row.original,
                    provenance=row.provenance,
                    kind=row.kind,
                    step=row.step,
                    needs_translation=[],
                    dropped_reason="",
                )
            )
        return app, desk, opinion.case.case_no


def page_time(rounds: int) -> None:
    """Median and p95 of the whole answer, in the process, warm."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        app, _desk, case_no = prepared(server, started=True)
        chair = Visitor(app, app.response_class, use_cookies=True)
        chair.submit("/sign-in", {"email": PEOPLE["chair"].email, "password": PASSWORD})
        took = []
        for _ in range(rounds + 3):
            began = time.perf_counter()
            answer = chair.get(f"/cases/{case_no}/opinion")
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200
            assert answer.text.count('class="statement"') == STATEMENTS
        warm = sorted(took[3:])
        sys.stdout.write(
            f"desk with {STATEMENTS} statements: p50 {statistics.median(warm):.0f} ms, "
            f"p95 {warm[int(0.95 * (len(warm) - 1))]:.0f} ms (goal {GOAL_MS}), {len(answer.data) / 1000:.0f} kB\n"
        )
        close(app)


class Counter:
    """A page whose acts are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.acts, self.typed = page, 0, 0

    def click(self, where: Any) -> None:
        self.acts += 1
        (self.page.locator(where) if isinstance(where, str) else where).first.click()
        self.page.wait_for_load_state()

    def press(self, keys: str) -> None:
        self.acts += 1
        self.page.keyboard.press(keys)
        self.page.wait_for_load_state()

    def type(self, where: Any, text: str) -> None:
        self.acts += 1
        self.typed += 1
        (self.page.locator(where) if isinstance(where, str) else where).first.fill(text)

    def choose(self, where: Any, index: int) -> None:
        self.acts += 1
        where.select_option(index=index)


def interactions() -> None:
    """From five signed inputs to the frozen text, with each conflict settled and each sentence in both languages."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        app, desk, case_no = prepared(server, started=False)
        url = f"{server.base_url}/cases/{case_no}/opinion"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find_chromium(), args=[*ARGUMENTS, "--no-sandbox"]
            )

            def window(who: str) -> Counter:
                page = browser.new_context(viewport=DESKTOP, locale="en-GB").new_page()  # type: ignore[arg-type]
                sign_in(page, server.base_url, PEOPLE[who].email, PASSWORD)
                page.goto(url)
                return Counter(page)

            chair = window("chair")
            chair.click(chair.page.get_by_role("button", name="Draft the opinion from the signed inputs"))
            settle(chair)
            answer(chair)
            translate(chair)
            others = confirm(app, desk, case_no)
            chair.page.goto(url)
            chair.click(chair.page.get_by_role("button", name="Send to the panel for review"))
            coordinator = window("coordinator")
            coordinator.click(coordinator.page.get_by_role("button", name="Pass on to the language check"))
            translator = window("translator")
            translator.click(translator.page.get_by_role("button", name="I compared both languages"))
            chair.page.goto(url)
            chair.type("input[name=password]", PASSWORD)
            chair.click(chair.page.get_by_role("button", name="Finalise"))
            assert "Waiting for signatures" in chair.page.content() or "frozen" in chair.page.content()
            total = chair.acts + coordinator.acts + translator.acts + others
            sys.stdout.write(
                f"five signed inputs to a finalised opinion: {total} interactions "
                f"(chair {chair.acts}, of which {chair.typed} fields typed; coordinator {coordinator.acts}; "
                f"translator {translator.acts}; confirming {others})\n"
            )
            browser.close()
        close(app)


def settle(chair: Counter) -> None:
    """Every open conflict on the desk, by the first way its card offers that needs no further choice."""
    chips = chair.page.locator(".conflict-chip", has_text="· open")
    while chips.count():
        chip = chips.first
        if chip.get_attribute("open") is None:
            chair.click(chip.locator("summary").first)
        if chip.locator("select[name=chosen]").count():
            chair.choose(chip.locator("select[name=chosen]"), 1)
        chair.type(chip.locator("textarea[name=reason]"), "The panel discussed it.")
        way = chip.locator("button[name=resolution]").first
        if way.get_attribute("value") in (
            "record_dissent",
            "request_material",
        ):  # printed, so in both languages
            chair.type(chip.locator("textarea[name=reason_zh]"), "会诊已讨论。")
        chair.click(way)


def answer(chair: Counter) -> None:
    """Every question that has no answer."""
    for gap in ["no answer"] * chair.page.locator(".gap-chips a", has_text="no answer").count():
        link = chair.page.locator(".gap-chips a", has_text=gap).first
        question = (link.inner_text()).partition(":")[0]
        chair.click(link)
        if chair.page.locator("#add select[name=question]").input_value() != question:
            chair.acts += 1
            chair.page.select_option("#add select[name=question]", question)
        chair.type("#add [name=text_en]", "Each doctor was right on what they saw.")
        chair.type("#add [name=text_zh]", "两位医生都依据了各自所见。")
        chair.click("#add button[type=submit]")


def translate(chair: Counter) -> None:
    waiting = chair.page.locator(".statement", has_text="translation needed")
    while waiting.count():
        sentence = waiting.first
        chair.click(sentence.locator("a[data-edit]"))
        field = sentence.locator(".editor [name=text_zh]").first
        field.wait_for()
        chair.type(field, "已译成中文。")
        if sentence.locator(".editor [name=text_en]").first.input_value() in ("", field.input_value()):
            chair.type(sentence.locator(".editor [name=text_en]"), "Translated into English.")
        number = sentence.get_attribute("id")
        chair.press("Control+Enter")
        chair.page.locator(f"#{number} >> text=translation needed").wait_for(state="detached")


def confirm(app: Any, desk: Desk, case_no: str) -> int:
    """The second person's confirmations: one press each, on the page of conflicts."""
    from mdtapp.cases.queries import find_case
    from mdtapp.opinions import findings
    from mdtapp.people.queries import get_person
    from mdtapp.store.db import unit_of_work

    with app.app_context(), unit_of_work():
        case = find_case(case_no)
        assert case is not None
        presses = 0
        for row in findings.standing(case):
            while findings.needs_confirmation(row, case):
                who = get_person(min(findings.confirmers(row, case)))
                findings.confirm(actor=who, at=datetime.now(UTC), case=case, rule=row.rule)
                presses += 1
        return presses


if __name__ == "__main__":
    page_time(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
    interactions()
