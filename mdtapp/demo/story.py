"""The invented cases as data, with every date moved so that it counts from the day of seeding."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from mdtapp.demo.people import AUTHORS

ORDER = ("breast", "lung", "colon", "prostate", "liver", "brain")
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# How many days the meeting of each story lies before (or after) the day of seeding.
MEETING_DAYS_AGO = {"breast": 9, "lung": -1, "colon": 2, "prostate": 4, "liver": -2, "brain": 3}
BORN = "birth_date"


@dataclass(frozen=True, slots=True)
class Story:
    """One invented case: `data` in the exchange format, dates moved; `state` is where seeding leaves it."""

    key: str
    state: str
    data: Mapping[str, Any]

    @property
    def identity(self) -> dict[str, Any]:
        known: dict[str, Any] = dict(self.data["patient"]["identity"])
        return known

    @property
    def chair(self) -> str:
        """The key of the person who chairs."""
        return str(self.data.get("chair", "chair"))

    def author(self, discipline: str) -> str:
        """The key of the person who writes for a discipline."""
        return str(self.data.get("authors", {}).get(discipline) or AUTHORS[discipline])

    @property
    def seats(self) -> list[str]:
        """The disciplines of the panel, those included that have nothing written yet."""
        return [*self.data["inputs"], *self.data.get("also_asked", [])]

    def is_signed(self, discipline: str) -> bool:
        """Whether seeding leaves this input signed; all are, unless the story says how far they are."""
        return discipline in self.data.get("progress", {"signed": self.seats})["signed"]

    def unanswered(self, discipline: str) -> list[str] | None:
        """The fields its author has not come to yet; None when the input is not started at all."""
        if self.is_signed(discipline):
            return []
        found: list[str] | None = self.data["progress"]["draft"].get(discipline)
        return found

    @property
    def received_on(self) -> date:
        return date.fromisoformat(self.data["case"]["received_on"])

    @property
    def meeting_on(self) -> date:
        return date.fromisoformat(self.data["case"]["meeting_on"])


def stories(today: date) -> list[Story]:
    """All of them, in the order they are told."""
    return [_story(key, today) for key in ORDER]


def _story(key: str, today: date) -> Story:
    raw = json.loads(files("mdtapp.demo").joinpath(f"cases/{key}.json").read_text("utf-8"))
    wanted = today - timedelta(days=MEETING_DAYS_AGO[key])
    moved = _moved(raw, wanted - date.fromisoformat(raw["case"]["meeting_on"]))
    return Story(key, raw["state"], moved)


def _moved(value: Any, by: timedelta, key: str = "") -> Any:
    """The same data with each ISO date moved; a birth date stays."""
    if isinstance(value, dict):
        return {name: _moved(each, by, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, by) for each in value]
    if isinstance(value, str) and key != BORN and ISO_DATE.fullmatch(value):
        return (date.fromisoformat(value) + by).isoformat()
    return value
