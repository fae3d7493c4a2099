"""A board to test with: a case in review with its whole panel, and what happens to it up to a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.conftest import START, add_person

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.cases.models import Case
    from mdtapp.meetings.checks import Conclusion, MeetingPlan
    from mdtapp.meetings.minutes import Presence
    from mdtapp.meetings.models import AgendaItem, Meeting
    from mdtapp.people.models import User

SHANGHAI = ZoneInfo("Asia/Shanghai")
PANEL = {
    "pathologist": "pathology",
    "radiologist": "radiology",
    "medical_oncologist": "medical_oncology",
    "surgeon": "surgical_oncology",
    "radiation_oncologist": "radiation_oncology",
}
EVERYBODY = ("coordinator", "chair", *PANEL)


@dataclass
class Board:
    """People by their name in tests/conftest.py; the methods need a running transaction."""

    app: Flask
    people: dict[str, int] = field(default_factory=dict)

    def add(self, *who: str) -> Board:
        """Persons who may sign in; call it outside a transaction."""
        for name in who:
            if name not in self.people:
                self.people[name] = add_person(self.app, name)
        return self

    def user(self, who: str) -> User:
        from mdtapp.people.queries import get_person

        return get_person(self.people[who])

    def case_in_review(
        self, pseudonym: str = "CEDAR-208", *, panel: Sequence[str] = tuple(PANEL), chair: str = "chair"
    ) -> Case:
        """A new case whose review is open, with a coordinator, a chair and the authors named."""
        from mdtapp.cases import operations
        from mdtapp.cases.models import MemberRole, Sex, Situation
        from mdtapp.clinical.bitext import Bitext

        coordinator = self.user("coordinator")
        case = operations.register(
            actor=coordinator,
            at=START,
            patient=operations.PatientFacts(pseudonym, Sex.MALE, 1963, "KZ", "ru"),
            case=operations.CaseRecord(
                Bitext("Lung cancer, two stages", "肺癌，两种分期"),
                Situation.CONFLICTING_OPINIONS,
                "lung",
                "right",
                wishes=Bitext("I want to keep working.", "希望继续工作。"),
            ),
            received_on=date(2026, 3, 2),
        )
        question = Bitext("Who is right?", "谁对？")
        operations.set_questions(actor=coordinator, at=START, case=case, questions=[(question, "")])
        operations.add_member(
            actor=coordinator, at=START, case=case, user=self.user(chair), role=MemberRole.CHAIR
        )
        for who in panel:
            operations.add_member(
                actor=coordinator,
                at=START,
                case=case,
                user=self.user(who),
                role=MemberRole.AUTHOR,
                discipline=PANEL[who],
            )
        for action in ("begin_intake", "mark_ready", "open_review"):
            operations.move(actor=coordinator, at=START, case=case, action=action)
        return case

    def planned(self, **changed: Any) -> Meeting:
        """A meeting on Thursday 5 March 2026, 14:00 in Shanghai."""
        from mdtapp.meetings import operations

        return operations.plan(actor=self.user("coordinator"), at=START, wanted=self.wanted(**changed))

    def wanted(self, *, chair: str = "chair", **changed: Any) -> MeetingPlan:
        from mdtapp.meetings.checks import MeetingPlan

        values: dict[str, Any] = {
            "title": "Thoracic board",
            "day": date(2026, 3, 5),
            "clock": time(14, 0),
            "zone": SHANGHAI,
            "chair": self.user(chair),
            "place": "Room 3",
        }
        return MeetingPlan(**values | changed)

    def on_agenda(self, meeting: Meeting, case: Case) -> AgendaItem:
        from mdtapp.meetings import operations

        return operations.put_on_agenda(
            actor=self.user("coordinator"), at=START, meeting=meeting, case=case, row_version=None
        )

    def in_session(self, *pseudonyms: str) -> list[AgendaItem]:
        """A meeting that has begun, with these cases on its agenda."""
        from mdtapp.meetings import operations

        meeting = self.planned()
        items = [self.on_agenda(meeting, self.case_in_review(name)) for name in pseudonyms or ("CEDAR-208",)]
        operations.start(
            actor=self.user("chair"), at=IN_MEETING, meeting=meeting, row_version=meeting.row_version
        )
        return items

    def present(self, item: AgendaItem, **others: str) -> AgendaItem:
        """Everybody is in the room, except as said: `surgeon="absent"`."""
        from mdtapp.meetings import operations

        return operations.take_attendance(
            actor=self.user("chair"),
            at=IN_MEETING,
            item=item,
            row_version=item.row_version,
            presences=self.presences(others),
        )

    def presences(self, others: Mapping[str, str] | None = None) -> dict[int, Presence]:
        from mdtapp.meetings.minutes import Presence

        said = {**dict.fromkeys(("chair", *PANEL), "in_person"), **(others or {})}
        return {self.people[who]: Presence(how) for who, how in said.items()}

    def conclude(self, item: AgendaItem, **changed: Any) -> AgendaItem:
        from mdtapp.meetings import operations

        return operations.conclude(
            actor=self.user("chair"),
            at=IN_MEETING,
            item=item,
            row_version=item.row_version,
            wanted=conclusion(**changed),
        )


IN_MEETING: datetime = START + timedelta(days=3, hours=5)


def conclusion(**changed: Any) -> Conclusion:
    """A decision that nothing is wrong with, when everybody is in the room."""
    from mdtapp.clinical.bitext import Bitext
    from mdtapp.meetings.checks import Conclusion
    from mdtapp.meetings.minutes import Votes

    values: dict[str, Any] = {
        "result_class": "modified_treatment",
        "also": ("modified_stage",),
        "decision": Bitext("Tests first.", "先补检查。"),
        "votes": Votes(5, 1),
        "written": frozenset(),
        "dissent_asked": True,
        "prompts": ("images", "wishes"),
        "minutes_used": 12,
    }
    return Conclusion(**values | changed)
