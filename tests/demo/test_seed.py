"""The demonstration: which states it leaves, and that a second seeding changes nothing."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from mdtapp.app import create_app
from mdtapp.audit.models import Event
from mdtapp.audit.trail import verify
from mdtapp.cases.models import Case, Patient
from mdtapp.clock import FixedClock
from mdtapp.config import Settings
from mdtapp.delivery.models import Delivery
from mdtapp.demo.people import DOMAIN, PASSWORD, PLAYERS
from mdtapp.demo.seed import seed
from mdtapp.imaging.queries import tray
from mdtapp.materials.models import IntakeFile
from mdtapp.materials.status import Outcome
from mdtapp.meetings.models import Meeting
from mdtapp.opinions.findings import blocking
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.models import Opinion, OpinionVersion, StatementEdit
from mdtapp.opinions.signing import is_intact
from mdtapp.people.models import User
from mdtapp.store.db import session
from tests.conftest import Visitor, close, copy_sqlite
from tests.server import instance_environment

# Pages of this site, without the documents and pictures that other tests open.
LINK = re.compile(r'<a [^>]*href="(/[^"#?]*)"')
MOST_PAGES = 60

EXPECTED_CASES = {
    "ORCHID-318": "reopened",
    "FALCON-562": "scheduled",
    "MARULA-274": "drafting",
    "THISTLE-609": "drafting",
    "SAKER-451": "in_review",
    "JASMIN-733": "incomplete",
}
# Pseudonym and kind of text to its state.
EXPECTED_OPINIONS = {
    ("ORCHID-318", "opinion"): "released",
    ("ORCHID-318", "addendum"): "in_edit",
    ("MARULA-274", "opinion"): "in_edit",
    ("THISTLE-609", "opinion"): "awaiting_signature",
}
EXPECTED_INPUTS = {
    "pathology": "submitted",
    "medical_oncology": "submitted",
    "surgical_oncology": "submitted",
    "radiology": "draft",
}


@pytest.mark.both_databases
def test_seeding_leaves_each_case_in_its_state_and_is_harmless_twice(app, caplog):
    at = datetime.now(UTC)
    accounts = seed(app, at=at)
    with app.app_context():
        check_cases(at)
        check_inputs()
        check_opinions()
        check_strays()
        assert verify().whole
        before = session.scalar(select(func.count()).select_from(Event))
    assert [account.email for account in accounts] == [player.email for player in PLAYERS]
    with caplog.at_level(logging.WARNING):
        assert seed(app, at=at + timedelta(hours=1)) == accounts
    assert "nothing was added" in caplog.text
    with app.app_context():
        assert session.scalar(select(func.count()).select_from(Event)) == before
        assert all(user.demonstration for user in session.scalars(select(User)))


def check_cases(at: datetime) -> None:
    states = session.execute(select(Patient.pseudonym, Case.status).join(Case, Case.patient_id == Patient.id))
    assert {pseudonym: str(status) for pseudonym, status in states} == EXPECTED_CASES
    overdue = case_of("JASMIN-733").due_on
    assert overdue is not None
    assert overdue < at.date()
    assert not any(case.demonstration for case in session.scalars(select(Case)))
    events = session.scalars(select(Event.at)).all()
    assert max(events) <= at


def check_inputs() -> None:
    rows = session.scalars(select(DisciplineInput).where(DisciplineInput.case_id == case_of("SAKER-451").id))
    assert {row.discipline: str(row.status) for row in rows} == EXPECTED_INPUTS
    seated = [member.discipline for member in case_of("SAKER-451").members if member.discipline]
    assert len(seated) > len(EXPECTED_INPUTS)


def check_opinions() -> None:
    opinions = session.scalars(select(Opinion)).all()
    found = {(o.case.patient.pseudonym, str(o.kind)): str(o.status) for o in opinions}
    assert found == EXPECTED_OPINIONS
    assert all(statement.provenance for opinion in opinions for statement in opinion.statements)
    assert session.scalar(select(func.count()).select_from(StatementEdit))
    assert len(blocking(case_of("MARULA-274"))) == 2
    versions = {row.opinion.case.patient.pseudonym: row for row in session.scalars(select(OpinionVersion))}
    assert {name: len(row.signatures) for name, row in versions.items()} == {
        "ORCHID-318": 5,
        "THISTLE-609": 3,
    }
    assert all(is_intact(row) for row in versions.values())
    assert [str(row.status) for row in session.scalars(select(Delivery))] == ["acknowledged"]
    meetings = session.scalars(select(Meeting).order_by(Meeting.starts_at)).all()
    assert all(m.started_at < m.ended_at for m in meetings if m.started_at and m.ended_at)
    assert str(meetings[-1].status) == "agenda_open"


def check_strays() -> None:
    assert len(tray()) == 1
    flagged = session.scalars(select(IntakeFile).where(IntakeFile.outcome == Outcome.FLAGGED)).all()
    assert {row.case_id for row in flagged} == {case_of("JASMIN-733").id}


def case_of(pseudonym: str) -> Case:
    return session.scalars(select(Case).join(Patient).where(Patient.pseudonym == pseudonym)).unique().one()


@pytest.mark.parametrize("who", ["coordinator", "chair", "radiologist", "admin"])
def test_every_page_a_person_can_click_to_opens(seeded, who):
    client = seeded.test_client()
    sign_in(client, who)
    waiting: list[str] = ["/home"]
    seen: set[str] = set()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        answer = client.get(address, follow_redirects=True)
        assert answer.status_code == 200, f"{who} {address}: {answer.status_code}"
        if answer.mimetype == "text/html":
            waiting += [link for link in LINK.findall(answer.text) if link not in seen]
    assert len(seen) > 2


@pytest.fixture(scope="module")
def seeded(_sqlite_template, tmp_path_factory, _cheap_password_hashes) -> Iterator[Flask]:
    """One seeded installation for the tests that only look."""
    environ = instance_environment(tmp_path_factory.mktemp("seeded"))
    settings, now = Settings.from_environment(environ), datetime.now(UTC)
    copy_sqlite(_sqlite_template, settings.instance / "mdtapp.sqlite")
    app = create_app(settings, FixedClock(now))
    app.test_client_class = Visitor
    seed(app, at=now)
    yield app
    close(app)


def sign_in(client: Visitor, who: str) -> None:
    answer = client.submit("/sign-in", {"email": f"{who}@{DOMAIN}", "password": PASSWORD})
    assert answer.status_code == 302
