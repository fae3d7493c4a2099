"""Writes the answers of a discipline into its form in the browser, control by control, as an author would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from mdtapp.disciplines import catalogue
from mdtapp.disciplines.definitions import Field, FieldType
from mdtapp.opinions.inputs.claims import OUTSIDE, WHOLE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

FORM = "form[data-workbench]"


class Author:
    """Somebody at the workbench of one discipline. `answers` are in the exchange format."""

    def __init__(self, page: Page, discipline: str) -> None:
        self.page = page
        self.form = page.locator(FORM)
        self.fields = list(catalogue().disciplines[discipline].fields())

    def looks_at(self, references: list[str]) -> None:
        """Opens each of the materials in the viewer and waits until it counts as seen."""
        for reference in references:
            link = self.page.locator(f'a[data-material][data-number="{reference.removeprefix("M")}"]')
            link.click()
            link.locator("[data-seen]").wait_for(state="visible")

    def writes(self, answers: Mapping[str, Any]) -> None:
        """Every answer the form asks for. What appears only after a later answer is written when it has appeared."""
        self.form.evaluate("form => form.querySelectorAll('details').forEach(each => { each.open = true })")
        left = [
            field for field in self.fields if field.key in answers and not self._judged_by_claim(field.key)
        ]
        while asked := [field for field in left if self._is_asked(field, field.key)]:
            for field in asked:
                self._answer(field, field.key, answers[field.key])
            left = [field for field in left if field not in asked]
        for judged, (key, _label) in WHOLE.items():
            self._judges(f"{OUTSIDE}{key}", judged, answers)

    def leaves_it_saved(self) -> None:
        """Leaves the last field; the form says by itself that everything is saved."""
        self.page.locator("h2", has_text="Materials").first.click()
        status = self.form.locator("[data-autosave-status]")
        expect(status).to_have_attribute("data-state", "saved", timeout=15_000)
        expect(status).to_contain_text("Saved")

    # --- one control at a time ------------------------------------------------------------------

    def _judged_by_claim(self, key: str) -> bool:
        """Whether the verdict is asked row by row beside the record of the home hospital."""
        part, _, judged = key.partition("_")
        if part not in ("agree", "impact", "comment") or judged not in WHOLE:
            return False
        return self._claim(f"{OUTSIDE}{WHOLE[judged][0]}").count() > 0

    def _claim(self, key: str) -> Locator:
        return self.form.locator(f'tbody[data-claim]:has(input[value="{key}"])')

    def _judges(self, claim: str, judged: str, answers: Mapping[str, Any]) -> None:
        verdict, row = answers.get(f"agree_{judged}"), self._claim(claim)
        if verdict is None or not row.count():
            return
        row.locator(f'label:has(input[value="{verdict}"])').click()
        if impact := answers.get(f"impact_{judged}"):
            row.locator("select").select_option(impact)
        for language, words in (answers.get(f"comment_{judged}") or {}).items():
            row.locator(f"textarea[name$='-why-{language}']").fill(words)

    def _is_asked(self, field: Field, name: str) -> bool:
        """Whether the form asks for it now; the exchange format may hold more than that."""
        asked = self.form.locator(f'[data-question^="{name}"]').first
        return field.shown_if is None or asked.is_visible()

    def _answer(self, field: Field, name: str, value: Any) -> None:
        match field.type:
            case FieldType.BITEXT:
                for language, words in value.items():
                    self._named(f"{name}-{language}").fill(words)
            case FieldType.TABLE if field.key == "answers":
                self._replies(name, value)
            case FieldType.TABLE:
                self._fills_rows(field, name, value)
            case _:
                self._sets(name, value)

    def _replies(self, name: str, rows: list[Mapping[str, Any]]) -> None:
        """The patient's questions stand there already; each answer goes beside its question."""
        for row in rows:
            asked = self.form.locator(f'.row-card:has(input[name^="{name}-"][value="{row["question_id"]}"])')
            for language, words in row["answer"].items():
                asked.locator(f"textarea[name$='-{language}']").fill(words)

    def _fills_rows(self, table: Field, name: str, rows: list[Mapping[str, Any]]) -> None:
        rows_field = self.form.locator(f'[data-rows="{name}"]')
        for number, row in enumerate(rows):
            if rows_field.locator("[data-row]").count() <= number:
                rows_field.locator("[data-rows-add]").click()
                rows_field.evaluate(
                    "table => table.querySelectorAll('details').forEach(each => { each.open = true })"
                )
            for column in table.columns:
                cell = f"{name}-{number}-{column.key}"
                if column.key in row and self._is_asked(column, cell):
                    self._answer(column, cell, row[column.key])

    def _sets(self, name: str, value: Any) -> None:
        control = self._named(name)
        kind = control.first.evaluate("control => control.type ?? control.tagName")
        if kind in ("radio", "checkbox"):
            wanted = [_as_posted(each) for each in (value if isinstance(value, list) else [value])]
            for each in wanted:
                mark = f'input[name="{name}"][value="{each}"]'
                if not self.form.locator(mark).is_checked():
                    label = self.form.locator(f"label:has({mark})")
                    if not label.is_visible():  # a long list shows all its boxes when asked
                        label.locator("xpath=ancestor::fieldset[1]").locator(
                            "[data-many-tools] button"
                        ).click()
                    label.click()
        elif kind.startswith("select"):
            if control.locator(f'option[value="{value}"]').count():
                control.select_option(str(value))
            else:  # a study by the number the exchange format gives it
                control.select_option(index=1)
        else:
            control.fill(str(value))

    def _named(self, name: str) -> Locator:
        return self.form.locator(f'[name="{name}"]')


def _as_posted(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
