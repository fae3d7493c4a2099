"""kill -9 while an input is saved and while an opinion is finalised: nothing acknowledged is lost, no half state."""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text

from mdtapp.app import create_app
from mdtapp.audit.trail import verify
from mdtapp.cases.models import Case, Patient
from mdtapp.config import Settings
from mdtapp.demo.people import DOMAIN, PASSWORD, person
from mdtapp.opinions import operations, queries, signing
from mdtapp.opinions.inputs.models import InputSave
from mdtapp.opinions.inputs.queries import current_inputs, find_input
from mdtapp.opinions.inputs.status import InputStatus
from mdtapp.opinions.models import Opinion
from mdtapp.opinions.signers import required_signers
from mdtapp.opinions.status import OpinionStatus
from mdtapp.store.db import session, unit_of_work
from tests.server import Server, instance_environment, mdtapp
from tests.sweep.browser_of_few_words import Client, token_of

pytestmark = pytest.mark.sweep
BROKEN = (OSError, http.client.HTTPException)
IN_REVIEW, AWAITING = "SAKER-451", "THISTLE-609"


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Flask]]:
    """A stopped web server on the demonstration, and the application on the same instance."""
    folder = tmp_path_factory.mktemp("demonstration")
    environ = instance_environment(folder)
    for command in ("upgrade", "seed-demo"):
        mdtapp(environ, command)
    server = Server(environ=environ, part="web", log=folder / "web.log")
    yield server, create_app(Settings.from_environment(environ))
    with contextlib.suppress(AttributeError):
        server.kill()


def test_saving_an_input(seeded: tuple[Server, Flask], sweep_count: int, sweep_random: random.Random) -> None:
    server, app = seeded
    case_no = _case_no(app, IN_REVIEW)
    author, discipline = _unfinished(app)
    path = f"/cases/{case_no}/inputs/{discipline}"
    acknowledged: list[str] = []
    for attempt in range(sweep_count):
        server.start()
        writer = Client(server, author, PASSWORD)
        _status, page = writer.ask("GET", path)
        token, version = token_of(page), _version(app, discipline)
        killer = threading.Timer(sweep_random.uniform(0.02, 0.5), server.kill)
        killer.start()
        with contextlib.suppress(*BROKEN):
            for number in range(10_000):
                words = f"attempt {attempt} save {number}"
                fields = [("csrf_token", token), ("row_version", str(version)), ("summary-en", words)]
                status, answer = writer.post(path, fields, as_json=True)
                assert status == 200, answer
                version = answer["version"]
                acknowledged.append(words)
        killer.join()
        writer.close()
    assert acknowledged
    with app.app_context(), unit_of_work(writing=False):
        saves = session.scalars(select(InputSave).where(InputSave.accepted).order_by(InputSave.id)).all()
        kept = [save.data.get("summary", {}).get("en") for save in saves]
        row = find_input(_case(IN_REVIEW).id, discipline)
        assert row is not None
        assert row.data["summary"]["en"] == kept[-1]
        assert verify().whole
        assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    assert set(acknowledged) <= set(kept)


def test_finalising_an_opinion(
    seeded: tuple[Server, Flask], sweep_count: int, sweep_random: random.Random
) -> None:
    server, app = seeded
    case_no = _case_no(app, AWAITING)
    frozen = 0
    for _attempt in range(sweep_count):
        row_version = _ready_to_finalise(app)
        server.start()
        chair = Client(server, f"chair@{DOMAIN}", PASSWORD)
        _status, page = chair.ask("GET", f"/cases/{case_no}/opinion")
        fields = [("csrf_token", token_of(page)), ("row_version", str(row_version)), ("password", PASSWORD)]
        killer = threading.Timer(sweep_random.uniform(0.0, 0.6), server.kill)
        killer.start()
        status = 0
        with contextlib.suppress(*BROKEN):
            status, _page = chair.post(f"/cases/{case_no}/opinion/0/finalise", fields)
        killer.join()
        chair.close()
        frozen += _whole_or_untouched(app, acknowledged=status == 302)
    assert frozen or sweep_count < 10


def _whole_or_untouched(app: Flask, *, acknowledged: bool) -> int:
    """After the crash the text is either not frozen at all, or frozen with its hash and its event."""
    with app.app_context(), unit_of_work(writing=False):
        opinion = _opinion()
        version = queries.running_version(opinion)
        if opinion.status == OpinionStatus.LANGUAGE_CHECK:
            assert version is None
            assert not acknowledged
        else:
            assert opinion.status == OpinionStatus.AWAITING_SIGNATURE
            assert version is not None
            assert signing.is_intact(version)
            assert version.signatures == []
        assert verify().whole
        assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        return int(version is not None)


def _ready_to_finalise(app: Flask) -> int:
    """Brings the opinion to its language check by another person, and returns the version a page builds on."""
    at = datetime.now(UTC)
    with app.app_context():
        with unit_of_work():
            opinion = _opinion()
            if opinion.status == OpinionStatus.AWAITING_SIGNATURE:
                signer = required_signers(opinion)[-1].user
                signing.refuse(actor=signer, at=at, opinion=opinion, reason="once more")
                operations.send_to_review(actor=person("chair"), at=at, opinion=opinion)
                operations.pass_to_language(actor=person("coordinator"), at=at, opinion=opinion)
                operations.check_language(actor=person("translator"), at=at, opinion=opinion)
        with unit_of_work(writing=False):
            return _opinion().row_version


def _opinion() -> Opinion:
    return queries.get_opinion(_case(AWAITING).id)


def _case(pseudonym: str) -> Case:
    return session.scalars(select(Case).join(Patient).where(Patient.pseudonym == pseudonym)).unique().one()


def _case_no(app: Flask, pseudonym: str) -> str:
    with app.app_context(), unit_of_work(writing=False):
        return _case(pseudonym).case_no


def _unfinished(app: Flask) -> tuple[str, str]:
    """The author and the discipline of the input that the demonstration leaves half written."""
    with app.app_context(), unit_of_work(writing=False):
        rows = current_inputs(_case(IN_REVIEW).id).values()
        row = next(row for row in rows if row.status == InputStatus.DRAFT)
        return row.author.email, row.discipline


def _version(app: Flask, discipline: str) -> int:
    with app.app_context(), unit_of_work(writing=False):
        row = find_input(_case(IN_REVIEW).id, discipline)
        assert row is not None
        return row.row_version
