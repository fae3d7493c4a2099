"""A case whose panel writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.opinions.inputs.bench import NOW, Bench

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    """A day between the last examination and the meeting of the invented case."""
    from mdtapp.clock import FixedClock

    return FixedClock(NOW)


@pytest.fixture
def bench(app: Flask) -> Bench:
    """A case in review with five materials and its whole panel; nobody has written anything."""
    return Bench.ready(app)
