"""Cases of the shared exchange format at each step of their way, through the operations the pages call."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from tests.conftest import PASSWORD, START
from tests.meetings.board import IN_MEETING, PANEL
from tests.situations_opinion import AUTHORS, IDENTITY, Desk, demo

if TYPE_CHECKING:
    from mdtapp.cases.models import Case
    from mdtapp.opinions.inputs.models import DisciplineInput
    from mdtapp.opinions.models import Opinion, OpinionVersion

TODAY = date(2026, 12, 1)
"""After every date in the shared cases, so that none of them lies ahead."""
WORDS = ("diagnosis_text", "plan")


class CaseBuilder(Desk):
    """Unlike the desk's cases these pass the gates, and each input is written and signed by its author.

    `CaseBuilder.ready(app)` gives everybody of the panel; the methods need a running transaction.
    """

    @classmethod
    def ready(cls, app: Any) -> CaseBuilder:
        return cast(CaseBuilder, super().ready(app))

    def registered(self, source_id: str = "DEMO-02") -> Case:
        """Only the record: no question, no outside opinion, no panel."""
        from mdtapp.cases import operations
        from mdtapp.cases.models import Sex, Situation
        from mdtapp.clinical.bitext import Bitext

        entry = demo(source_id)
        person, known = entry["patient"], entry["case"]
        case = operations.register(
            actor=self.user("coordinator"),
            at=START,
            patient=operations.PatientFacts(
                person["pseudonym"],
                Sex(person["sex"]),
                person["birth_year"],
                person["home_country"],
                person["home_language"],
                menopausal=person.get("menopausal", ""),
            ),
            case=operations.CaseRecord(
                title=Bitext.of(entry["title"]),
                situation=Situation(known["situation"]),
                primary_site=known["primary_site"],
                laterality=known["laterality"],
                site_family=known["site_family"],
            ),
            received_on=START.date(),
        )
        case.history, case.labs = entry["history"], entry["labs"]
        return case

    def prepared(self, source_id: str = "DEMO-02") -> Case:
        """Complete for the panel: questions, the home hospital's opinion checked, consent, identity, materials."""
        from mdtapp.cases import operations
        from mdtapp.cases.models import ConsentPurpose, MemberRole
        from mdtapp.clinical.bitext import Bitext

        case, entry = self.registered(source_id), demo(source_id)
        coordinator, second = self.user("coordinator"), self.user("other_coordinator")
        by_coordinator: dict[str, Any] = {"actor": coordinator, "at": START, "case": case}
        operations.coordinate(**by_coordinator, action="begin_intake")
        operations.seal_identity(**by_coordinator, identity=dict(IDENTITY), key=self.key)
        questions = [(Bitext.of(question["text"]), "") for question in entry["questions"]]
        operations.set_questions(**by_coordinator, questions=questions)
        operations.transcribe_outside(**by_coordinator, label="A", wanted=_outside(entry["outside"]))
        for purpose in ConsentPurpose:
            operations.record_consent(**by_coordinator, purpose=purpose, given=True, given_on=START.date())
        operations.add_member(**by_coordinator, user=second, role=MemberRole.COORDINATOR)
        operations.check_outside(actor=second, at=START, case=case, label="A")
        self._list_materials(case, entry["materials"])
        operations.coordinate(**by_coordinator, action="mark_ready")
        return case

    def in_review(self, source_id: str = "DEMO-02", *, panel: Sequence[str] = tuple(PANEL)) -> Case:
        """Open for inputs, with the chair, the translator and these authors (people by their name); nothing is written."""
        from mdtapp.cases import operations
        from mdtapp.cases.models import MemberRole

        case = self.prepared(source_id)
        by_coordinator: dict[str, Any] = {"actor": self.user("coordinator"), "at": START, "case": case}
        operations.add_member(**by_coordinator, user=self.user("chair"), role=MemberRole.CHAIR)
        operations.add_member(**by_coordinator, user=self.user("translator"), role=MemberRole.TRANSLATOR)
        for who in panel:
            operations.add_member(
                **by_coordinator, user=self.user(who), role=MemberRole.AUTHOR, discipline=PANEL[who]
            )
        # The gate that asks for all five core disciplines is passed over, so that a panel may be small.
        operations.move(**by_coordinator, action="open_review")
        return case

    def input_saved(
        self, case: Case, discipline: str, data: Mapping[str, Any], *, row_version: int = 0
    ) -> DisciplineInput:
        """A draft of the discipline's author holding these answers."""
        from mdtapp.opinions.inputs import operations
        from mdtapp.opinions.inputs.surroundings import context_of

        author = self.user(AUTHORS[discipline])
        return operations.save(
            actor=author,
            at=START,
            case=case,
            discipline=discipline,
            data=data,
            row_version=row_version,
            context=context_of(case, author, TODAY),
        )

    def input_signed(self, case: Case, discipline: str, data: Mapping[str, Any]) -> DisciplineInput:
        """Written and signed by its author, who confirms every warning."""
        from mdtapp.opinions.inputs import operations
        from mdtapp.opinions.inputs.fitness import findings_before_signing
        from mdtapp.opinions.inputs.surroundings import context_of

        row, author = self.input_saved(case, discipline, data), self.user(AUTHORS[discipline])
        context = context_of(case, author, TODAY)
        definition = operations.get_discipline(discipline)
        found = findings_before_signing(author, case, definition, row.data, context, row.form_version)
        return operations.sign(
            actor=author,
            at=START,
            case=case,
            discipline=discipline,
            row_version=row.row_version,
            password=PASSWORD,
            context=context,
            warnings_confirmed=[finding.id for finding in found if finding.level == "warning"],
        )

    def with_signed(self, source_id: str = "DEMO-02", disciplines: Collection[str] = tuple(AUTHORS)) -> Case:
        """In review, with the shared answers of these core disciplines signed."""
        case = self.in_review(source_id)
        for discipline in disciplines:
            self.input_signed(case, discipline, demo(source_id)["inputs"][discipline])
        return case

    def meeting_held(self, source_id: str = "DEMO-02") -> Case:
        """Everybody was there, the decision is recorded."""
        return self.decided(self.with_signed(source_id))

    def opinion_started(self, source_id: str = "DEMO-02") -> Opinion:
        """The chair's text as the draft gives it."""
        from mdtapp.opinions import operations

        case = self.meeting_held(source_id)
        return operations.start(actor=self.user("chair"), at=IN_MEETING, case=case)

    def awaiting_signature(self, source_id: str = "DEMO-02") -> OpinionVersion:
        """Complete, compared in both languages, frozen; nobody has signed."""
        return self.finalise(self.checked(self.complete(self.opinion_started(source_id))))

    def released(self, source_id: str = "DEMO-02") -> OpinionVersion:
        """Signed by everybody who must; some bytes stand for the document."""
        return self.release(self.signed(self.awaiting_signature(source_id).opinion))

    def _list_materials(self, case: Case, materials: Sequence[Mapping[str, Any]]) -> None:
        """The materials under the numbers the inputs cite. They have no file, so nobody must open them."""
        from mdtapp.materials import operations
        from mdtapp.materials.status import MaterialKind, MaterialStatus

        for material in materials:
            operations.add_material(
                actor=self.user("coordinator"),
                at=START,
                case=case,
                kind=MaterialKind(material["kind"]),
                title=material["title"],
                dated_on=date.fromisoformat(material["date"]) if material.get("date") else None,
                language=material.get("language") or "",
                status=MaterialStatus(material["status"]),
                number=int(material["id"].removeprefix("M")),
            )


def _outside(entry: Mapping[str, Any]) -> Any:
    from mdtapp.cases.operations import OutsideRecord
    from mdtapp.clinical.bitext import Bitext

    fields = {key: value for key, value in entry.items() if key not in WORDS}
    return OutsideRecord(Bitext.of(entry["diagnosis_text"]), Bitext.of(entry["plan"]), fields)
