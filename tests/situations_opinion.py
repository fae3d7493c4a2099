"""An opinion to work on: a demo case of the exchange format with a panel that can sign in, at any step of its way."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conftest import PASSWORD, START
from tests.meetings.board import EVERYBODY, IN_MEETING, PANEL, Board

if TYPE_CHECKING:
    from mdtapp.cases.models import Case
    from mdtapp.opinions.documents import Press
    from mdtapp.opinions.inputs.models import DisciplineInput
    from mdtapp.opinions.models import ConflictFinding, Opinion, OpinionVersion, Signature
    from mdtapp.opinions.signing import House

DEMO_CASES = Path(__file__).parent / "data" / "demo_cases.json"
AUTHORS = {discipline: who for who, discipline in PANEL.items()}
IDENTITY = {"name": "Beketov^Timur", "birth_date": "1963-04-09", "sex": "male", "patient_ids": ["KZ-77"]}
PDF = b"%PDF-1.7 made for a test "


@functools.cache
def _demo_text() -> str:
    return DEMO_CASES.read_text("utf-8")


def demo(source_id: str) -> dict[str, Any]:
    """One of the six shared cases, a fresh copy: change it freely."""
    found: dict[str, Any] = next(
        entry for entry in json.loads(_demo_text())["cases"] if entry["id"] == source_id
    )
    return found


class Desk(Board):
    """The methods need a running transaction; each takes the case one step further."""

    @classmethod
    def ready(cls, app: Any) -> Desk:
        desk = cls(app)
        desk.add(*EVERYBODY, "translator", "other_coordinator")
        return desk

    # --- the case ---------------------------------------------------------------------------

    def reviewed(self, source_id: str = "DEMO-02", *, identity: Mapping[str, Any] | None = None) -> Case:
        """In review, with every input of the five core disciplines signed by its author on this panel."""
        from mdtapp.cases import operations as cases
        from mdtapp.cases.models import MemberRole
        from mdtapp.opinions.inputs.operations import import_signed

        entry = demo(source_id)
        case = self._registered(entry)
        if identity:
            cases.seal_identity(
                actor=self.user("coordinator"), at=START, case=case, identity=dict(identity), key=self.key
            )
        places = [("chair", MemberRole.CHAIR, None), ("translator", MemberRole.TRANSLATOR, None)]
        places += [(who, MemberRole.AUTHOR, discipline) for who, discipline in PANEL.items()]  # type: ignore[misc]
        for who, role, discipline in places:
            cases.add_member(
                actor=self.user("coordinator"),
                at=START,
                case=case,
                user=self.user(who),
                role=role,
                discipline=discipline,
            )
        for action in ("begin_intake", "mark_ready", "open_review"):
            cases.move(actor=self.user("coordinator"), at=START, case=case, action=action)
        for discipline, who in AUTHORS.items():
            import_signed(
                actor=self.user(who),
                at=START,
                case=case,
                discipline=discipline,
                author=self.user(who),
                data=entry["inputs"][discipline],
            )
        return case

    def _registered(self, entry: Mapping[str, Any]) -> Case:
        from mdtapp.cases import operations as cases
        from mdtapp.cases.models import Sex, Situation
        from mdtapp.clinical.bitext import Bitext

        person, known, outside = entry["patient"], entry["case"], dict(entry["outside"])
        coordinator = self.user("coordinator")
        case = cases.register(
            actor=coordinator,
            at=START,
            patient=cases.PatientFacts(
                person["pseudonym"],
                Sex(person["sex"]),
                person["birth_year"],
                person["home_country"],
                person["home_language"],
            ),
            case=cases.CaseRecord(
                title=Bitext.of(entry["title"]),
                situation=Situation(known["situation"]),
                primary_site=known["primary_site"],
                laterality=known.get("laterality") or "",
                site_family=known["site_family"],
            ),
            received_on=date(2026, 3, 2),
        )
        case.history, case.labs = entry["history"], entry["labs"]
        questions = [(Bitext.of(question["text"]), "") for question in entry["questions"]]
        cases.set_questions(actor=coordinator, at=START, case=case, questions=questions)
        words = {key: Bitext.of(outside.pop(key)) for key in ("diagnosis_text", "plan")}
        cases.transcribe_outside(
            actor=coordinator,
            at=START,
            case=case,
            label="A",
            wanted=cases.OutsideRecord(words["diagnosis_text"], words["plan"], outside),
        )
        return case

    def changed_input(self, case: Case, discipline: str, **values: Any) -> DisciplineInput:
        """The author amends the input and signs the next revision with other values."""
        from mdtapp.opinions.inputs import operations
        from mdtapp.opinions.inputs.status import InputStatus
        from mdtapp.store.db import session

        author = self.user(AUTHORS[discipline])
        row = operations.amend(
            actor=author, at=START, case=case, discipline=discipline, reason="looked again"
        )
        row.data, row.status, row.signed_at = row.data | values, InputStatus.SUBMITTED, START
        session.flush()
        return row

    # --- the opinion ------------------------------------------------------------------------

    def decided(self, case: Case, **changed: Any) -> Case:
        """Discussed, with everybody in the room and a decision."""
        from mdtapp.meetings import operations

        item = self.on_agenda(self.planned(), case)
        operations.start(
            actor=self.user("chair"),
            at=IN_MEETING,
            meeting=item.meeting,
            row_version=item.meeting.row_version,
        )
        self.conclude(self.present(item), **changed)
        return case

    def started(self, source_id: str = "DEMO-02", *, identity: Mapping[str, Any] | None = None) -> Opinion:
        """The chair's text as the draft gives it."""
        from mdtapp.opinions import operations

        case = self.decided(self.reviewed(source_id, identity=identity))
        return operations.start(actor=self.user("chair"), at=IN_MEETING, case=case)

    def complete(self, opinion: Opinion) -> Opinion:
        """Every conflict settled and confirmed, every question answered, every sentence in both languages."""
        from mdtapp.clinical.bitext import Bitext
        from mdtapp.opinions import findings, operations, queries

        for row in findings.standing(opinion.case):
            if row.status == "open":
                self.settle(opinion, row)
        for row in findings.standing(opinion.case):
            while findings.needs_confirmation(row, opinion.case):
                who = min(findings.confirmers(row, opinion.case))
                findings.confirm(actor=_person(who), at=IN_MEETING, case=opinion.case, rule=row.rule)
        answered = {row.question for row in queries.kept_statements(opinion)}
        for question in opinion.case.questions:
            if question.key not in answered:
                self.add_statement(opinion, "questions_answered", question=question.key)
        for statement in queries.kept_statements(opinion):
            if operations.untranslated(statement):
                text = Bitext(f"In English {statement.id}.", f"中文 {statement.id}。")
                self.reword(opinion, statement, text)
        return opinion

    def settle(self, opinion: Opinion, row: ConflictFinding, resolution: str = "", **more: Any) -> Any:
        """Settles a conflict by the named way, or by the first the rule allows."""
        from mdtapp.clinical.bitext import Bitext
        from mdtapp.opinions import findings, operations
        from mdtapp.opinions.conflicts import RULES

        allowed = [each for each in RULES[row.rule].resolutions if each != "block_until_fixed"]
        way = resolution or str(next((each for each in allowed if each != "choose_input"), allowed[0]))
        if way == "choose_input":
            more = {"chosen": findings.sides(row)[0]} | more
        reason = Bitext("The panel discussed it.", "会诊已讨论。")
        values: dict[str, Any] = {"rule": row.rule, "resolution": way, "reason": reason} | more
        return operations.settle(actor=self.user("chair"), at=IN_MEETING, opinion=opinion, **values)

    def add_statement(self, opinion: Opinion, section: str = "follow_up", *, question: str = "") -> Any:
        from mdtapp.clinical.bitext import Bitext
        from mdtapp.opinions import operations

        text = Bitext("The chair adds this.", "主席补充此句。")
        return operations.add(
            actor=self.user("chair"),
            at=IN_MEETING,
            opinion=opinion,
            section=section,
            text=text,
            question=question,
        )

    def reword(self, opinion: Opinion, statement: Any, text: Any, **more: Any) -> Any:
        from mdtapp.opinions import operations

        values: dict[str, Any] = {"row_version": statement.row_version} | more
        return operations.reword(
            actor=self.user("chair"),
            at=IN_MEETING,
            opinion=opinion,
            statement_id=statement.id,
            text=text,
            **values,
        )

    def checked(self, opinion: Opinion) -> Opinion:
        """Read by the panel, compared in both languages by the translator."""
        from mdtapp.opinions import operations

        operations.send_to_review(actor=self.user("chair"), at=IN_MEETING, opinion=opinion)
        operations.pass_to_language(actor=self.user("coordinator"), at=IN_MEETING, opinion=opinion)
        return operations.check_language(
            actor=self.user("translator"), at=IN_MEETING, opinion=opinion, row_version=opinion.row_version
        )

    def frozen(
        self, source_id: str = "DEMO-06", *, identity: Mapping[str, Any] | None = None
    ) -> OpinionVersion:
        """Open for signatures."""
        return self.finalise(self.checked(self.complete(self.started(source_id, identity=identity))))

    def finalise(self, opinion: Opinion, **changed: Any) -> OpinionVersion:
        from mdtapp.opinions import signing

        values: dict[str, Any] = {"row_version": opinion.row_version, "password": PASSWORD} | changed
        return signing.finalise(
            actor=self.user("chair"), at=IN_MEETING, opinion=opinion, house=self.house, **values
        )

    def sign(self, opinion: Opinion, who: str, **changed: Any) -> Signature:
        from mdtapp.opinions import signing
        from mdtapp.opinions.models import SignatureMeaning
        from mdtapp.opinions.queries import running_version

        version = running_version(opinion)
        assert version is not None
        values: dict[str, Any] = {
            "expected_hash": version.content_hash,
            "meaning": SignatureMeaning.AGREE,
            "password": PASSWORD,
        }
        return signing.sign(actor=self.user(who), at=IN_MEETING, opinion=opinion, **values | changed)

    def signed(self, opinion: Opinion) -> Opinion:
        """Everybody who must has signed."""
        for who in ("chair", *PANEL):
            self.sign(opinion, who)
        return opinion

    def release(self, opinion: Opinion, press: Press | None = None) -> OpinionVersion:
        """The document is stored; without a `press` some bytes stand for it."""
        from mdtapp.opinions import signing
        from mdtapp.opinions.documents import Press

        store = self.app.extensions["mdtapp.objects"]

        def stand_in(version: OpinionVersion, lang: str = "en") -> bytes:
            return PDF + f"{version.content_hash} {lang}".encode()

        assert press is None or isinstance(press, Press)
        return signing.release(
            actor=self.user("coordinator"),
            at=IN_MEETING,
            opinion=opinion,
            store=store,
            make=press.final if press else stand_in,
        )

    @property
    def key(self) -> str:
        key: str = self.app.extensions["mdtapp.identity_key"]
        return key

    @property
    def house(self) -> House:
        from mdtapp.clinical.bitext import Bitext
        from mdtapp.opinions.signing import House

        return House(Bitext("Qingyuan", "清源"), self.key, date(2026, 3, 5))

    def house_on(self, day: date) -> House:
        return replace(self.house, today=day)


def _person(user_id: int) -> Any:
    from mdtapp.people.queries import get_person

    return get_person(user_id)
