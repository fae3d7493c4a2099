"""What every step of a story needs: the application, the day, the moment of each act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from mdtapp.cases.models import Case, Patient
from mdtapp.clinical.bitext import Bitext
from mdtapp.config import Settings
from mdtapp.demo.story import Story
from mdtapp.opinions.signing import House
from mdtapp.store.db import session, unit_of_work


@dataclass(frozen=True, slots=True)
class Stage:
    """The installation being seeded. `folder` takes the files before they are received."""

    app: Flask
    today: date
    at: datetime
    folder: Path

    @property
    def settings(self) -> Settings:
        found: Settings = self.app.config["MDTAPP"]
        return found

    @property
    def identity_key(self) -> str:
        key: str = self.app.extensions["mdtapp.identity_key"]
        return key

    def house_on(self, at: datetime) -> House:
        """The centre as a document of that day names it."""
        return House(
            hospital=Bitext(self.settings.hospital_name_en, self.settings.hospital_name_zh),
            identity_key=self.identity_key,
            today=at.astimezone(self.settings.timezone).date(),
        )

    def moment(self, day: date, hour: int = 9) -> datetime:
        """That hour at the centre on that day, never after the present."""
        local = datetime.combine(day, time(hour), self.settings.timezone)
        return min(local.astimezone(UTC), self.at)

    @contextmanager
    def act(self, story: Story) -> Iterator[Case]:
        """One transaction about the story's case."""
        with unit_of_work():
            yield case_of(story)

    def case_no(self, story: Story) -> str:
        with unit_of_work(writing=False):
            return case_of(story).case_no


def case_of(story: Story) -> Case:
    """The case of the story in the running transaction."""
    query = (
        select(Case)
        .join(Patient)
        .where(Patient.pseudonym == story.data["patient"]["pseudonym"])
        .options(selectinload(Case.members))
    )
    return session.scalars(query).unique().one()
