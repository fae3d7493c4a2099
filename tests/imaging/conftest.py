"""A limited reader for all tests of this folder, and an intake on a fresh database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from mdtapp.imaging.limited import LimitedReader
from tests.imaging import lung_case

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.clock import FixedClock
    from mdtapp.imaging.intake import Intake
    from mdtapp.materials.spool import Spool


@pytest.fixture(scope="session")
def reader() -> Iterator[LimitedReader]:
    """One child for every test of this process."""
    with LimitedReader() as shared:
        yield shared


@pytest.fixture
def pipeline(app: Flask, clock: FixedClock, reader: LimitedReader) -> Intake:
    """The pipeline on the test's own database; calls need an application context."""
    from mdtapp.imaging.intake import Intake

    return Intake(app.extensions["mdtapp.objects"], reader, app.extensions["mdtapp.identity_key"], clock)


@pytest.fixture
def intake(app: Flask, pipeline: Intake) -> Iterator[Intake]:
    """The same inside an application context; not for tests that also send requests."""
    with app.app_context():
        yield pipeline


@pytest.fixture
def spool(app: Flask) -> Spool:
    from mdtapp.materials.spool import Spool

    return Spool(app.config["MDTAPP"].instance / "spool")


@pytest.fixture
def new_case(app: Flask, clock: FixedClock) -> Callable[..., str]:
    """`new_case(identity=…, members=…)` registers a case and returns its number."""
    count = iter(range(1, 100))

    def make(
        identity: dict[str, Any] | None = None, *, coordinator: int | None = None, radiologist: int = 0
    ) -> str:
        return lung_case.register(
            app,
            clock.now(),
            pseudonym=f"CEDAR-{next(count)}",
            identity=identity,
            coordinator=coordinator,
            radiologist=radiologist,
        )

    return make
