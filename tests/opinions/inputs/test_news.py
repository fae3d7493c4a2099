"""What colleagues did since the last visit is told on the workbench, once it is open to this person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mdtapp.clock import FixedClock
    from tests.opinions.inputs.bench import Bench


def test_an_input_signed_since_is_told_once_it_is_open(bench: Bench, clock: FixedClock) -> None:
    from mdtapp.cases import operations
    from mdtapp.store.db import unit_of_work

    radiologist, address = bench.browser("radiologist"), bench.url("radiologist")
    bench.open_materials("radiologist")
    assert "data-news" not in radiologist.get(address).text, "on the first visit nothing is new"
    clock.advance(minutes=45)
    bench.signed("pathologist")
    assert "data-news" not in bench.browser("radiologist").get(address).text, "it is not open yet"
    with bench.app.app_context(), unit_of_work():
        operations.lift_independence(
            actor=bench.user("chair"), at=clock.now(), case=bench.case(), reason="Read together."
        )
    page = bench.browser("radiologist").get(address).text
    assert f'href="{bench.url("pathologist", "/1")}"' in page[page.index("data-news") :]
