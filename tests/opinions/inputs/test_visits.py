"""What counts as the last visit, and what the workbench marks as new since then."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mdtapp.opinions.inputs.visits import last_visit

if TYPE_CHECKING:
    from mdtapp.clock import FixedClock
    from tests.opinions.inputs.bench import Bench

AT = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes_ago", "expected"),
    [
        ([], None),
        ([5], None),
        ([5, 20, 49], None),
        ([5, 20, 51], 51),
        ([31], 31),
        ([30], None),
        ([100, 2000, 90], 90),
        ([-5, 40], 40),
    ],
)
def test_a_visit_ends_where_a_pause_begins(minutes_ago: list[int], expected: int | None) -> None:
    traces = [AT - timedelta(minutes=minutes) for minutes in minutes_ago]
    found = last_visit(traces, AT)
    assert found == (None if expected is None else AT - timedelta(minutes=expected))


def test_what_came_since_the_last_visit_is_marked(bench: Bench, clock: FixedClock) -> None:
    from mdtapp.materials import operations
    from mdtapp.materials.status import MaterialKind, MaterialStatus
    from mdtapp.opinions.inputs import queries
    from mdtapp.store.db import unit_of_work

    radiologist, address = bench.browser("radiologist"), bench.url("radiologist")
    bench.open_materials("radiologist")
    assert bench.save("radiologist", {"primary_size_mm": 31}).status_code == 302
    assert "data-news" not in radiologist.get(address).text, "on the first visit nothing is marked"
    clock.advance(minutes=45)
    bench.signed("pathologist")
    with bench.app.app_context(), unit_of_work():
        operations.add_material(
            actor=bench.user("coordinator"),
            at=clock.now(),
            case=bench.case(),
            kind=MaterialKind.CLINIC_LETTER,
            title="A letter that came later",
            status=MaterialStatus.RECEIVED,
        )
        assert len(queries.traces_of(bench.user("pathologist"), bench.case().id)) > 2
    page = radiologist.get(address).text
    assert page.count("data-new-material") == 1
    assert re.search(r"A letter that came later</span><span[^>]*data-new-material", page)
    assert "signed</a>" not in page, "their input is not open to the radiologist yet"


def test_an_input_signed_since_is_marked_once_it_is_open(bench: Bench, clock: FixedClock) -> None:
    from mdtapp.cases import operations
    from mdtapp.store.db import unit_of_work

    bench.open_materials("radiologist")
    clock.advance(minutes=45)
    bench.signed("pathologist")
    with bench.app.app_context(), unit_of_work():
        operations.lift_independence(actor=bench.user("chair"), at=clock.now(), case=bench.case())
    page = bench.browser("radiologist").get(bench.url("radiologist")).text
    assert f'href="{bench.url("pathologist", "/1")}"' in page[page.index("data-news") :]
