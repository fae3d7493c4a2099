"""A limited reader for all tests of this folder, and an intake on a fresh database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from mdtapp.imaging.limited import LimitedReader

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
    from mdtapp.audit.trail import SystemActor
    from mdtapp.cases import operations
    from mdtapp.cases.models import MemberRole, Sex, Situation
    from mdtapp.clinical.bitext import Bitext
    from mdtapp.people.queries import get_person
    from mdtapp.store.db import unit_of_work

    count = iter(range(1, 100))

    def make(
        identity: dict[str, Any] | None = None, *, coordinator: int | None = None, radiologist: int = 0
    ) -> str:
        with app.app_context(), unit_of_work():
            actor = get_person(coordinator) if coordinator else SystemActor("tests")
            case = operations.register(
                actor=actor,
                at=clock.now(),
                patient=operations.PatientFacts(f"CEDAR-{next(count)}", Sex.MALE, 1967, "KZ", "ru"),
                case=operations.CaseRecord(
                    title=Bitext("Lung tumour", "肺肿瘤"),
                    situation=Situation.CONFLICTING_OPINIONS,
                    primary_site="lung",
                    laterality="left",
                ),
                received_on=date(2026, 3, 2),
            )
            if identity:
                key = app.extensions["mdtapp.identity_key"]
                operations.seal_identity(actor=actor, at=clock.now(), case=case, identity=identity, key=key)
            if radiologist:
                operations.add_member(
                    actor=actor,
                    at=clock.now(),
                    case=case,
                    user=get_person(radiologist),
                    role=MemberRole.AUTHOR,
                    discipline="radiology",
                )
            return case.case_no

    return make
