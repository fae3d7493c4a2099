"""The demonstration: which states it leaves, and that a second seeding changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from mdtapp.audit.models import Event
from mdtapp.audit.trail import verify
from mdtapp.cases.models import Case, Patient
from mdtapp.demo.people import PLAYERS
from mdtapp.demo.seed import seed
from mdtapp.imaging.queries import tray
from mdtapp.materials.models import IntakeFile
from mdtapp.materials.status import Outcome
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.models import Opinion
from mdtapp.people.models import User
from mdtapp.store.db import session

EXPECTED_CASES = {
    "ORCHID-318": "delivered",
    "FALCON-562": "scheduled",
    "MARULA-274": "drafting",
    "THISTLE-609": "drafting",
    "SAKER-451": "in_review",
    "JASMIN-733": "incomplete",
}
EXPECTED_OPINIONS = {"ORCHID-318": "released", "MARULA-274": "in_edit", "THISTLE-609": "awaiting_signature"}


@pytest.mark.both_databases
def test_seeding_leaves_each_case_in_its_state_and_is_harmless_twice(app):
    accounts = seed(app, at=datetime.now(UTC))
    with app.app_context():
        states = session.execute(
            select(Patient.pseudonym, Case.status).join(Case, Case.patient_id == Patient.id)
        )
        assert {pseudonym: str(status) for pseudonym, status in states} == EXPECTED_CASES
        opinions = session.scalars(select(Opinion)).all()
        assert {o.case.patient.pseudonym: str(o.status) for o in opinions} == EXPECTED_OPINIONS
        assert all(statement.provenance for opinion in opinions for statement in opinion.statements)
        review = session.scalars(select(Case).join(Patient).where(Patient.pseudonym == "SAKER-451")).one()
        written = session.scalars(select(DisciplineInput).where(DisciplineInput.case_id == review.id)).all()
        assert sorted(str(row.status) for row in written) == ["draft", "submitted", "submitted", "submitted"]
        assert len(tray()) == 1
        flagged = select(func.count()).select_from(IntakeFile).where(IntakeFile.outcome == Outcome.FLAGGED)
        assert session.scalar(flagged)
        assert verify().whole
        before = session.scalar(select(func.count()).select_from(Event))
    assert [account.email for account in accounts] == [player.email for player in PLAYERS]
    assert seed(app, at=datetime.now(UTC)) == accounts
    with app.app_context():
        assert session.scalar(select(func.count()).select_from(Event)) == before
        assert all(user.demonstration for user in session.scalars(select(User)))
