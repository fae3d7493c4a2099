"""What several folders of tests start from and look at: cases in a known state, the event log, pages."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from flask import Flask

from tests.conftest import START

if TYPE_CHECKING:
    from mdtapp.demo.stage import Stage
    from mdtapp.demo.story import Story

TOKEN = re.compile(
    r'(name="csrf-token" content=|name="csrf_token"[^>]*value=|X-CSRFToken&#34;: &#34;|"X-CSRFToken": )"?[^"&]+'
)


def without_tokens(page: str) -> str:
    """A page without its tokens against forgery, which differ from page to page."""
    return TOKEN.sub(r"\1", page)


def events(app: Flask, *names: str) -> list[Any]:
    """Recorded events, oldest first; with `names` those of these types only."""
    from sqlalchemy import select

    from mdtapp.audit.models import Event
    from mdtapp.store.db import session, unit_of_work

    with app.app_context(), unit_of_work(writing=False):
        rows = session.scalars(select(Event).order_by(Event.seq)).all()
        session.expunge_all()
    return [row for row in rows if not names or row.event in names]


def database_file(app: Flask) -> str:
    """The file of the application's SQLite database."""
    return str(app.config["SQLALCHEMY_DATABASE_URI"]).removeprefix("sqlite:///")


def rows_of(app: Flask, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of a plain SQL query on the application's SQLite database, read beside the application."""
    connection = sqlite3.connect(database_file(app))
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


# --- cases told through the steps of the demonstration ----------------------------------------

DEMO_PASSWORD = "demonstration-only"


@dataclass(frozen=True)
class Told:
    """One invented case and the team of its own that works on it; `domain` ends their addresses.

    Each method is a stretch of the case's way, through the operations the pages call.
    """

    stage: Stage
    story: Story
    domain: str

    @property
    def case_no(self) -> str:
        with self.stage.app.app_context():
            return self.stage.case_no(self.story)

    def email(self, player: str) -> str:
        return f"{player}@{self.domain}"

    @contextmanager
    def acting(self) -> Iterator[None]:
        """The steps are taken by this team."""
        from mdtapp.demo import people

        with self.stage.app.app_context(), mock.patch.object(people, "DOMAIN", self.domain):
            yield

    def to_intake(self) -> Told:
        """The team exists, the case is open, its materials are in."""
        from mdtapp.audit.trail import SystemActor
        from mdtapp.demo.people import add_players
        from mdtapp.demo.review_steps import open_case
        from mdtapp.store.db import unit_of_work

        with self.acting():
            with unit_of_work():
                add_players(actor=SystemActor("tests"), at=self.stage.at)
            open_case(self.stage, self.story)
            self._take_materials()
        return self

    def to_review(self) -> Told:
        """Three inputs are signed, a fourth is being written, nothing else."""
        from mdtapp.demo.review_steps import seat_panel, sign_inputs

        with self.acting():
            seat_panel(self.stage, self.story)
            sign_inputs(self.stage, replace(self.story, state="in_review"))
        return self

    def to_agenda(self) -> Told:
        """Every input is signed; the case is on the agenda of a meeting that has not begun."""
        from mdtapp.demo.opinion_steps import plan_meeting

        with self.acting():
            self._sign_the_rest()
            plan_meeting(self.stage, self.story)
        return self

    def to_meeting(self) -> Told:
        """The meeting has begun, attendance is taken, and the case is next."""
        from mdtapp.demo.opinion_steps import _item, _presences
        from mdtapp.demo.people import person
        from mdtapp.meetings import operations

        with self.acting(), self.stage.act(self.story) as case:
            chair, item, at = person("chair"), _item(case), self.stage.at
            operations.start(actor=chair, at=at, meeting=item.meeting, row_version=item.meeting.row_version)
            operations.take_attendance(
                actor=chair,
                at=at,
                item=item,
                row_version=item.row_version,
                presences=_presences(self.story, item),
            )
        return self

    def to_decision(self) -> Told:
        """The meeting is over, the decision recorded."""
        from mdtapp.demo.opinion_steps import hold_meeting
        from mdtapp.meetings import operations

        # The story's own step begins the meeting, which has begun here.
        with self.acting(), mock.patch.object(operations, "start"):
            hold_meeting(self.stage, self.story)
        return self

    def to_desk(self) -> Told:
        """The chair writes; two conflicts are still open."""
        from mdtapp.demo.opinion_steps import write_opinion

        with self.acting():
            write_opinion(self.stage, replace(self.story, state="drafting"))
        return self

    def to_settled(self) -> Told:
        """No conflict is open, every sentence stands in both languages."""
        from mdtapp.demo.opinion_steps import _leave_out_untranslated, _settle
        from mdtapp.opinions import queries

        with self.acting(), self.stage.act(self.story) as case:
            opinion = queries.get_opinion(case.id)
            for row in self.story.data["resolutions"]:
                _settle(opinion, row, self.stage.at)
            _leave_out_untranslated(opinion, self.stage.at)
        return self

    def to_reading(self) -> Told:
        """The panel reads the text."""
        from mdtapp.demo.people import person
        from mdtapp.opinions import operations, queries

        with self.acting(), self.stage.act(self.story) as case:
            opinion = queries.get_opinion(case.id)
            operations.send_to_review(actor=person("chair"), at=self.stage.at, opinion=opinion)
        return self

    def to_language_check(self) -> Told:
        """The languages are compared and the comparison confirmed: the chair may freeze the text."""
        from mdtapp.demo.people import person
        from mdtapp.opinions import operations, queries

        with self.acting(), self.stage.act(self.story) as case:
            opinion, at = queries.get_opinion(case.id), self.stage.at
            operations.pass_to_language(actor=person("coordinator"), at=at, opinion=opinion)
            operations.check_language(actor=person("translator"), at=at, opinion=opinion)
        return self

    def to_signing(self) -> Told:
        """The text is frozen; nobody has signed it."""
        from mdtapp.demo.people import person
        from mdtapp.opinions import queries, signing

        with self.acting(), self.stage.act(self.story) as case:
            opinion = queries.get_opinion(case.id)
            signing.finalise(
                actor=person("chair"),
                at=self.stage.at,
                opinion=opinion,
                row_version=opinion.row_version,
                password=DEMO_PASSWORD,
                house=self.stage.house,
            )
        return self

    def to_signed(self) -> Told:
        """Everybody who must has signed."""
        from mdtapp.opinions import queries, signing
        from mdtapp.opinions.models import SignatureMeaning
        from mdtapp.opinions.signers import required_signers

        with self.acting(), self.stage.act(self.story) as case:
            opinion = queries.get_opinion(case.id)
            for signer in required_signers(opinion):
                signing.sign(
                    actor=signer.user,
                    at=self.stage.at,
                    opinion=opinion,
                    expected_hash=signing.awaiting_version(opinion).content_hash,
                    meaning=SignatureMeaning.AGREE,
                    password=DEMO_PASSWORD,
                )
        return self

    def to_release(self) -> Told:
        """The document is made and may be sent."""
        from mdtapp.demo.people import person
        from mdtapp.opinions import queries, signing

        press = self.stage.app.extensions["mdtapp.press"]
        with self.acting(), self.stage.act(self.story) as case:
            signing.release(
                actor=person("coordinator"),
                at=self.stage.at,
                opinion=queries.get_opinion(case.id),
                store=press.store,
                make=press.final,
            )
        return self

    def _take_materials(self) -> None:
        """One small file for each material the story lists, under the number the inputs cite."""
        from mdtapp.demo.intake_steps import _coordinator, _intake
        from mdtapp.materials.status import Source

        intake, folder = _intake(self.stage, self.story), self.stage.folder / self.story.key
        folder.mkdir()
        for material in self.story.data["materials"]:
            path = folder / f"{material['id']}.txt"
            path.write_text(f"{material['title']} of {self.story.key}", "utf-8")
            intake.import_path(
                [path],
                case_no=self.stage.case_no(self.story),
                actor=_coordinator(),
                source=Source.DEMONSTRATION,
            )

    def _sign_the_rest(self) -> None:
        from mdtapp.demo.review_steps import _sign, _write
        from mdtapp.opinions.inputs.queries import current_inputs
        from mdtapp.opinions.inputs.status import SIGNED

        with self.stage.act(self.story) as case:
            status = {key: row.status for key, row in current_inputs(case.id).items()}
        for discipline, data in self.story.data["inputs"].items():
            if discipline not in status:
                _write(self.stage, self.story, discipline, dict(data), self.stage.at)
            if status.get(discipline) not in SIGNED:
                _sign(self.stage, self.story, discipline, self.stage.at)


def tell(
    app: Flask, folder: Path, *, like: str = "colon", pseudonym: str, domain: str, at: datetime = START
) -> Told:
    """A case of its own like one of the invented ones; nothing has happened yet.

    Its title, its patient's name and its patient's words hold the pseudonym, so that a page that
    shows any of them is recognised.
    """
    from mdtapp.demo.stage import Stage
    from mdtapp.demo.story import Story, stories

    today = at.astimezone(app.config["MDTAPP"].timezone).date()
    told = next(story for story in stories(today) if story.key == like)
    data: dict[str, Any] = json.loads(json.dumps(told.data))
    mark = pseudonym.title().replace("-", "")
    data["patient"] |= {"pseudonym": pseudonym}
    data["patient"]["identity"] |= {"name": f"Name^{mark}", "other_names": [f"Other{mark}"]}
    data["title"] = {"en": f"Title {mark}", "zh": f"标题 {mark}"}
    data["wishes"] = {"en": f"Wishes {mark}", "zh": f"愿望 {mark}"}
    stage = Stage(app=app, today=today, at=at, folder=folder)
    return Told(stage, Story(pseudonym.lower(), told.state, data), domain)
