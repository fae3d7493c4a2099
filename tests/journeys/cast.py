"""The people of a journey, each with a browser of their own in front of one running installation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser import axe, sign_in, watched
from tests.conftest import close
from tests.server import Server, running_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PHONE = {"width": 390, "height": 844}


class Person:
    """One signed-in person and what they do; every sentence of a page is read as it stands in English."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self._base_url = base_url

    def opens(self, path: str) -> Page:
        self.page.goto(f"{self._base_url}{path}")
        return self.page

    def presses(self, name: str, within: Locator | None = None) -> None:
        """A button by its words; the page that answers is the next one, and it is no refusal."""
        words = re.compile(rf"^{re.escape(name)}( Ctrl S)?$")
        button = (within or self.page.locator("main")).get_by_role("button", name=words).first
        with self.page.expect_navigation() as navigation:
            button.click()
        answer = navigation.value
        assert answer is not None, f"“{name}” led nowhere"
        refusals = self.page.locator(".error-summary, .notice-bad").all_inner_texts()
        assert answer.ok, f"“{name}” was answered {answer.status}: {refusals}"
        assert not self.page.locator(".error-summary").count(), f"“{name}” was refused: {refusals}"

    def unfolds(self, name: str, within: Locator | None = None) -> Locator:
        """What lies behind a button that opens in place."""
        fold = (within or self.page.locator("main")).locator("details.confirm", has_text=name).first
        fold.locator("summary").click()
        return fold.locator(".confirm-body")

    def fills(self, within: Locator | None = None, /, **values: object) -> None:
        """Controls of the page's forms by their names; of radio buttons and boxes those with the value."""
        place = within or self.page.locator("main")
        for name, value in values.items():
            control = place.locator(f'[name="{name}"]')
            kind = control.first.evaluate("control => control.type ?? ''")
            if kind in ("radio", "checkbox"):
                for each in value if isinstance(value, list) else [value]:
                    place.locator(f'label:has(input[name="{name}"][value="{each}"])').click()
            elif kind.startswith("select"):
                control.select_option(str(value))
            else:
                control.fill(str(value))

    def looks_for_barriers(self) -> None:
        """The page as it stands has no accessibility fault."""
        faults = axe(self.page)
        assert not faults, "\n".join([self.page.url, *faults])


class Cast:
    """Whoever is called for the first time signs in and stays signed in."""

    def __init__(self, chromium: Browser, server: Server, stack: ExitStack) -> None:
        self.server = server
        self._chromium, self._stack = chromium, stack
        self._people: dict[str, Person] = {}

    def __getitem__(self, key: str) -> Person:
        from mdtapp.demo.people import DOMAIN, PASSWORD

        if key not in self._people:
            page = self._stack.enter_context(watched(self._chromium)).new_page()
            sign_in(page, self.server.base_url, f"{key}@{DOMAIN}", PASSWORD)
            self._people[key] = Person(page, self.server.base_url)
        return self._people[key]

    def stranger_with_phone(self) -> Page:
        """A phone that has never been here."""
        context = watched(self._chromium, viewport=PHONE, has_touch=True, is_mobile=True)
        return self._stack.enter_context(context).new_page()


@contextmanager
def on_a_fresh_installation(chromium: Browser, folder: Path) -> Iterator[Cast]:
    """An installation that knows the invented people and no case."""
    from mdtapp.app import create_app
    from mdtapp.audit.trail import SystemActor
    from mdtapp.config import Settings
    from mdtapp.demo.people import add_players
    from mdtapp.store.db import unit_of_work

    with running_server(folder) as server, ExitStack() as stack:
        app = create_app(Settings.from_environment(server.environ))
        with app.app_context(), unit_of_work():
            add_players(actor=SystemActor("tests"), at=datetime.now(UTC))
        close(app)
        yield Cast(chromium, server, stack)
