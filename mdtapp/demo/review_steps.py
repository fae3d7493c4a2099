"""From the first letter to signed inputs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from mdtapp.cases import operations as cases
from mdtapp.cases.models import ConsentPurpose, MemberRole, Sex, Situation
from mdtapp.clinical.bitext import Bitext
from mdtapp.demo.people import PASSWORD, person
from mdtapp.demo.stage import Stage
from mdtapp.demo.story import Story
from mdtapp.materials.operations import note_opened
from mdtapp.materials.queries import materials_of
from mdtapp.opinions import findings
from mdtapp.opinions.inputs import operations as inputs
from mdtapp.opinions.inputs.queries import get_input
from mdtapp.opinions.inputs.surroundings import context_of
from mdtapp.store.db import unit_of_work

OUTSIDE_WORDS = ("diagnosis_text", "plan", "steps", "institution")


def open_case(stage: Stage, story: Story) -> None:
    """Registers the case with identity, questions, outside opinion and consent."""
    data, at = story.data, stage.moment(story.received_on)
    person_, known, outside = data["patient"], data["case"], data["outside"]
    with unit_of_work():
        actor = person("coordinator")
        case = cases.register(
            actor=actor,
            at=at,
            received_on=story.received_on,
            patient=cases.PatientFacts(
                pseudonym=person_["pseudonym"],
                sex=Sex(person_["sex"]),
                birth_year=person_["birth_year"],
                home_country=person_["home_country"],
                home_language=person_["home_language"],
                home_physician=person_.get("home_physician", {}),
                menopausal=person_.get("menopausal", ""),
            ),
            case=cases.CaseRecord(
                title=Bitext.of(data["title"]),
                situation=Situation(known["situation"]),
                primary_site=known["primary_site"],
                laterality=known["laterality"],
                site_family=known["site_family"],
                reasons=known["faq"],
                due_on=date.fromisoformat(known["due_on"]),
                wishes=Bitext.of(data["wishes"]),
            ),
        )
        case.history, case.labs = list(data["history"]), list(data["labs"])
        cases.coordinate(actor=actor, at=at, case=case, action="begin_intake")
        cases.seal_identity(actor=actor, at=at, case=case, identity=story.identity, key=stage.identity_key)
        cases.set_questions(
            actor=actor, at=at, case=case, questions=[(Bitext.of(q["text"]), "") for q in data["questions"]]
        )
        cases.transcribe_outside(
            actor=actor,
            at=at,
            case=case,
            label="A",
            wanted=cases.OutsideRecord(
                diagnosis_text=Bitext.of(outside["diagnosis_text"]),
                plan=Bitext.of(outside["plan"]),
                fields={key: value for key, value in outside.items() if key not in OUTSIDE_WORDS},
                institution=outside["institution"],
                country=person_["home_country"],
            ),
        )
        for purpose in (ConsentPurpose.REVIEW, ConsentPurpose.TRANSFER_ABROAD, ConsentPurpose.HOME_DOCTOR):
            cases.record_consent(
                actor=actor, at=at, case=case, purpose=purpose, given=True, given_on=story.received_on
            )


def seat_panel(stage: Stage, story: Story) -> None:
    """The second coordinator checks the transcription; the panel is seated and inputs open."""
    at, due = stage.moment(story.received_on, 14), story.meeting_on - timedelta(days=1)
    with stage.act(story) as case:
        coordinator, second = person("coordinator"), person("coordinator2")
        cases.add_member(actor=coordinator, at=at, case=case, user=second, role=MemberRole.COORDINATOR)
        opinion = case.outside_opinions[0]
        cases.check_outside(actor=second, at=at, case=case, label="A", row_version=opinion.row_version)
        cases.add_member(
            actor=coordinator, at=at, case=case, user=person("translator"), role=MemberRole.TRANSLATOR
        )
        cases.add_member(actor=coordinator, at=at, case=case, user=person(story.chair), role=MemberRole.CHAIR)
        for discipline in story.seats:
            cases.add_member(
                actor=coordinator,
                at=at,
                case=case,
                user=person(story.author(discipline)),
                role=MemberRole.AUTHOR,
                discipline=discipline,
                due_on=due,
            )
        for action in ("mark_ready", "open_review"):
            cases.coordinate(actor=coordinator, at=at, case=case, action=action)


def sign_inputs(stage: Stage, story: Story) -> None:
    """Each author opens what they tick, writes and signs; in a case left in review some are still at it."""
    at = stage.moment(story.received_on + timedelta(days=2), 10)
    for place, (discipline, data) in enumerate(story.data["inputs"].items()):
        unanswered = story.unanswered(discipline)
        if unanswered is None:
            continue
        written = {field: value for field, value in data.items() if field not in unanswered}
        _write(stage, story, discipline, written, at + timedelta(hours=place))
        if story.is_signed(discipline):
            _sign(stage, story, discipline, at + timedelta(hours=place, minutes=30))


def _write(stage: Stage, story: Story, discipline: str, data: dict[str, Any], at: datetime) -> None:
    with stage.act(story) as case:
        author = person(story.author(discipline))
        ticked = set(data.get("materials_reviewed") or [])
        for material in materials_of(case):
            if material.reference in ticked:
                note_opened(actor=author, at=min(at, stage.at), case=case, material=material)
        inputs.save(
            actor=author,
            at=min(at, stage.at),
            case=case,
            discipline=discipline,
            data=data,
            row_version=0,
            context=context_of(case, author, stage.today),
        )


def _sign(stage: Stage, story: Story, discipline: str, at: datetime) -> None:
    with stage.act(story) as case:
        author = person(story.author(discipline))
        row = get_input(case.id, discipline)
        inputs.sign(
            actor=author,
            at=min(at, stage.at),
            case=case,
            discipline=discipline,
            row_version=inputs.version_of(row),
            password=PASSWORD,
            context=context_of(case, author, stage.today),
        )
        findings.refresh(actor=author, at=min(at, stage.at), case=case)
