"""How many interactions an input costs: from the sign-in page to a signed input, in Chromium, on an invented case.

    .venv/bin/python bench/interactions.py [DISCIPLINE]

Prints one line a step. An interaction is a press of the pointer, a key that acts (Enter), or a control filled, however
long its text; what the form starts with, or computes, costs none. Every answer of the shared input is written, also the
optional ones. The materials of this case are announced without files, so that looking at them is not in the number.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import ARGUMENTS, find_chromium, sign_in, watched
from tests.builders import CaseBuilder
from tests.conftest import PASSWORD, PEOPLE, close
from tests.journeys.answers import Author
from tests.opinions.inputs.test_in_the_browser import Site, answers
from tests.server import running_server
from tests.situations_opinion import AUTHORS

COUNTING = """
const filled = new Set();
const typed = (control) => control.matches?.("textarea, select, input:not([type=radio]):not([type=checkbox])");
addEventListener("pointerdown", () => counted(), true);
addEventListener("keydown", (event) => { if (event.key === "Enter") counted(); }, true);
addEventListener("input", (event) => {
  if (!typed(event.target) || filled.has(event.target)) return;
  filled.add(event.target);
  counted();
}, true);
"""


def main(discipline: str) -> None:
    """Writes and signs one input, and prints what it cost."""
    from mdtapp.app import create_app
    from mdtapp.config import Settings

    steps: dict[str, int] = {}
    step = "sign in"

    def count() -> None:
        steps[step] = steps.get(step, 0) + 1

    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder), part="web") as server,
        sync_playwright() as playwright,
    ):
        app = create_app(Settings.from_environment(server.environ))
        site = Site(server, app, CaseBuilder.ready(app))
        case_no = site.case()
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=[*ARGUMENTS, "--no-sandbox"]
        )
        with watched(browser) as context:
            context.expose_function("counted", count)
            context.add_init_script(COUNTING)
            page = context.new_page()
            sign_in(page, server.base_url, PEOPLE[AUTHORS[discipline]].email, PASSWORD)
            step = "open the input"
            page.goto(f"{server.base_url}/inputs")
            page.locator(f'a[href*="/cases/{case_no}/inputs/{discipline}"]').first.click()
            page.wait_for_load_state("networkidle")
            step = "answer"
            author = Author(page, discipline)
            author.writes(answers(discipline))
            author.leaves_it_saved()
            step = "review and sign"
            page.get_by_role("button", name="Review and sign").click()
            page.wait_for_url("**/review")
            for warning in page.locator("input[name=warnings]").all():
                warning.check()
            page.locator("input[name=right_patient]").check()
            page.fill("input[name=password]", PASSWORD)
            page.press("input[name=password]", "Enter")
            page.wait_for_url(f"**/cases/{case_no}/inputs")
        browser.close()
        close(app)
    for name, number in steps.items():
        print(f"{name:<20}{number:>5}")
    print(f"{'in all, ' + discipline:<20}{sum(steps.values()):>5}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "pathology")
