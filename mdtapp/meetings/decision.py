"""What a meeting concluded about a case, as plain values for the draft, the opinion and the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.meetings.minutes import Votes, consensus


@dataclass(frozen=True, slots=True)
class DissentRecord:
    """A named member who does not agree; `to_patient` when the patient's pages say so too."""

    user_id: int
    name: str
    name_zh: str
    discipline: str
    text: Bitext
    to_patient: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "discipline": self.discipline,
            "name": self.name,
            "name_zh": self.name_zh,
            "text": self.text.as_json(),
            "to_patient": self.to_patient,
        }


@dataclass(frozen=True, slots=True)
class AttendanceRecord:
    """How one person took part: `mode` is in_person, video, written or absent."""

    user_id: int
    name: str
    name_zh: str
    discipline: str
    chair: bool
    mode: str

    def as_json(self) -> dict[str, Any]:
        return {
            "discipline": self.discipline,
            "name": self.name,
            "name_zh": self.name_zh,
            "chair": self.chair,
            "mode": self.mode,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """What a meeting concluded about a case. `held_on` is the date at the place of the meeting."""

    item_id: int
    meeting_id: int
    held_on: date
    decided_at: datetime
    result_class: str
    also: tuple[str, ...]
    summary: Bitext
    votes: Votes
    dissents: tuple[DissentRecord, ...]
    attendance: tuple[AttendanceRecord, ...]

    @property
    def consensus(self) -> str:
        return consensus(self.votes)

    def as_json(self) -> dict[str, Any]:
        """Without ids and clock times, so that what is drafted from it stays the same."""
        return {
            "result_class": self.result_class,
            "also": list(self.also),
            "summary": self.summary.as_json(),
            "votes": self.votes.as_json(),
            "consensus": self.consensus,
            "dissent": [row.as_json() for row in self.dissents],
            "attendance": [row.as_json() for row in self.attendance],
            "date": self.held_on.isoformat(),
        }
