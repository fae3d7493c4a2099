"""What several folders of tests start from and look at: cases in a known state, the event log, pages."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

from tests.builders import CaseBuilder
from tests.conftest import PASSWORD, PEOPLE, START, Identity
from tests.meetings.board import IN_MEETING
from tests.situations_opinion import demo

if TYPE_CHECKING:
    from mdtapp.cases.models import Case
    from mdtapp.opinions.models import Opinion

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


# --- a case at any stage of its way -----------------------------------------------------------

# Whoever is needed besides the people of tests/conftest.py.
MORE_PEOPLE = {
    "herbalist": Identity("Dr Mei Qing", "梅青", "specialist", ("tcm_integrative",)),
    "carer": Identity("Dr Xie He", "谢和", "specialist", ("palliative_supportive",)),
    "absentee": Identity("Dr He Yuan", "何远", "specialist", ("nuclear_medicine",)),
}
EVERYONE = PEOPLE | MORE_PEOPLE
SIGNED_EARLY = ("pathology", "radiology", "surgical_oncology")
IN_PROGRESS = "medical_oncology"


class Told(CaseBuilder):
    """One case like a shared one, with a team of its own; each `to_…` takes it one stage further.

    Its title, its patient's pseudonym, name and words hold `mark`, so that a page that shows any of
    them is recognised.
    """

    source_id: str
    mark: str
    pseudonym: str
    domain: str
    folder: Path
    case_no: str = ""

    def email(self, who: str) -> str:
        return f"{who.replace('_', '.')}@{self.domain}"

    def add(self, *who: str) -> Told:
        from mdtapp.audit.trail import SystemActor
        from mdtapp.people import operations
        from mdtapp.people.roles import Role
        from mdtapp.store.db import unit_of_work

        for name in who:
            if name not in self.people:
                known = EVERYONE[name]
                with self.app.app_context(), unit_of_work():
                    user = operations.add_person(
                        actor=SystemActor("tests"),
                        at=START,
                        email=self.email(name),
                        name=known.name,
                        name_zh=known.name_zh,
                        role=Role(known.role),
                        disciplines=known.disciplines,
                        password=PASSWORD,
                    )
                    self.people[name] = user.id
        return self

    @contextmanager
    def act(self) -> Iterator[Case]:
        """One transaction about the case, committed at its end."""
        from mdtapp.cases.queries import find_case
        from mdtapp.store.db import unit_of_work

        with self.app.app_context(), unit_of_work():
            case = find_case(self.case_no)
            assert case is not None
            yield case

    # --- up to the decision ---------------------------------------------------------------------

    def to_review(self) -> Told:
        """The panel writes: three inputs are signed, a fourth is a draft, the rest not begun."""
        from mdtapp.cases import operations
        from mdtapp.cases.models import MemberRole
        from mdtapp.store.db import unit_of_work

        self.add(*EVERYONE)
        with self.app.app_context(), unit_of_work():
            case = self.in_review(self.source_id)
            self.case_no = case.case_no
            self._leave_marks(case)
            if all(member.role != MemberRole.TRANSLATOR for member in case.members):
                operations.add_member(
                    actor=self.user("coordinator"),
                    at=START,
                    case=case,
                    user=self.user("translator"),
                    role=MemberRole.TRANSLATOR,
                )
        self._take_file()
        with self.act() as case:
            for discipline in SIGNED_EARLY:
                self.input_signed(case, discipline, self._answers(discipline))
            self.input_saved(case, IN_PROGRESS, self._answers(IN_PROGRESS))
        return self

    def to_agenda(self) -> Told:
        """Every input is signed; the case is on the agenda of a meeting that has not begun."""
        with self.act() as case:
            for discipline in (IN_PROGRESS, "radiation_oncology"):
                self.input_signed(case, discipline, self._answers(discipline))
            self.on_agenda(self.planned(), case)
        return self

    def to_meeting(self) -> Told:
        """The meeting has begun, attendance is taken, and the case is next."""
        from mdtapp.meetings import operations

        with self.act() as case:
            item = self._item(case)
            operations.start(
                actor=self.user("chair"),
                at=IN_MEETING,
                meeting=item.meeting,
                row_version=item.meeting.row_version,
            )
            self.present(item)
        return self

    def to_decision(self) -> Told:
        with self.act() as case:
            self.conclude(self._item(case))
        return self

    # --- the opinion ----------------------------------------------------------------------------

    def to_desk(self) -> Told:
        """The chair writes; two conflicts are open, a critical settlement waits for a second person."""
        from mdtapp.opinions import findings, operations

        with self.act() as case:
            opinion = operations.start(actor=self.user("chair"), at=IN_MEETING, case=case)
            for row in findings.blocking(case)[:-2]:
                self.settle(opinion, row)
        return self

    def to_settled(self) -> Told:
        """No conflict is open, every question is answered, every sentence stands in both languages."""
        with self.opinion() as opinion:
            self.complete(opinion)
        return self

    def to_reading(self) -> Told:
        """The panel reads the text."""
        from mdtapp.opinions import operations

        with self.opinion() as opinion:
            operations.send_to_review(actor=self.user("chair"), at=IN_MEETING, opinion=opinion)
        return self

    def to_language_check(self) -> Told:
        """The languages are compared and the comparison is confirmed: the chair may freeze the text."""
        from mdtapp.opinions import operations

        with self.opinion() as opinion:
            operations.pass_to_language(actor=self.user("coordinator"), at=IN_MEETING, opinion=opinion)
            operations.check_language(
                actor=self.user("translator"),
                at=IN_MEETING,
                opinion=opinion,
                row_version=opinion.row_version,
            )
        return self

    def to_signing(self) -> Told:
        """The text is frozen; nobody has signed it."""
        with self.opinion() as opinion:
            self.finalise(opinion)
        return self

    def to_signed(self) -> Told:
        """Everybody who must has signed."""
        with self.opinion() as opinion:
            self.signed(opinion)
        return self

    def to_release(self) -> Told:
        """The document is made (some bytes stand for it) and may be sent."""
        with self.opinion() as opinion:
            self.release(opinion)
        return self

    @contextmanager
    def opinion(self) -> Iterator[Opinion]:
        """One transaction about the opinion of the case."""
        from mdtapp.opinions.queries import get_opinion

        with self.act() as case:
            yield get_opinion(case.id)

    # --- parts ----------------------------------------------------------------------------------

    def input_saved(self, case: Case, discipline: str, data: Any, *, row_version: int = 0) -> Any:
        """On top of what is there."""
        from mdtapp.opinions.inputs import operations, queries

        present = operations.version_of(queries.find_input(case.id, discipline))
        return super().input_saved(case, discipline, data, row_version=row_version or present)

    def _answers(self, discipline: str) -> dict[str, Any]:
        found: dict[str, Any] = demo(self.source_id)["inputs"][discipline]
        return found

    def _item(self, case: Case) -> Any:
        from mdtapp.meetings.queries import waiting_item

        item = waiting_item(case.id)
        assert item is not None
        return item

    def _leave_marks(self, case: Case) -> None:
        from mdtapp.cases import operations
        from mdtapp.clinical.bitext import Bitext

        case.patient.pseudonym = self.pseudonym
        case.title = Bitext(f"Title {self.mark}", f"标题 {self.mark}")
        case.wishes = Bitext(f"Wishes {self.mark}", f"愿望 {self.mark}")
        identity = {"name": f"Name^{self.mark}", "birth_date": "1963-04-09", "sex": "male"}
        operations.seal_identity(
            actor=self.user("coordinator"),
            at=START,
            case=case,
            identity=identity | {"patient_ids": [f"ID-{self.mark}"]},
            key=self.key,
        )

    def _take_file(self) -> None:
        """A letter with a file of its own, under the next number."""
        path = self.folder / "letter.txt"
        path.write_text(f"A letter about {self.mark}", "utf-8")
        self.take(path)

    def take(self, path: Path) -> None:
        """The coordinator brings a file into the case."""
        from mdtapp.clock import FixedClock
        from mdtapp.imaging.intake import Intake
        from mdtapp.imaging.limited import shared_reader
        from mdtapp.materials.operations import NamedActor
        from mdtapp.materials.status import Source

        objects = self.app.extensions["mdtapp.objects"]
        with self.app.app_context():
            Intake(objects, shared_reader(), self.key, FixedClock(START)).import_path(
                [path],
                case_no=self.case_no,
                actor=NamedActor(f"user:{self.people['coordinator']}"),
                source=Source.UPLOAD,
            )


def tell(app: Flask, folder: Path, pseudonym: str, *, like: str = "DEMO-04") -> Told:
    """A case of that pseudonym, at its beginning; files it takes lie below `folder`."""
    told = Told(app)
    told.source_id, told.pseudonym = like, pseudonym
    told.mark = pseudonym.title().replace("-", "")
    told.domain = f"{pseudonym.lower()}.invalid"
    told.folder = folder / pseudonym
    told.folder.mkdir()
    return told
