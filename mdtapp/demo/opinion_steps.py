"""Meeting, opinion, signatures, delivery."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.delivery import operations as delivery
from mdtapp.delivery.models import RecipientKind
from mdtapp.demo.intake_steps import receive
from mdtapp.demo.people import PASSWORD, person
from mdtapp.demo.stage import Stage
from mdtapp.demo.story import Story
from mdtapp.meetings import operations as meetings
from mdtapp.meetings.checks import Conclusion, MeetingPlan
from mdtapp.meetings.minutes import PROMPTS, Presence, Votes
from mdtapp.meetings.models import AgendaItem
from mdtapp.meetings.queries import seats, waiting_item
from mdtapp.opinions import findings, operations, queries, signing
from mdtapp.opinions.inputs.queries import written_disciplines
from mdtapp.opinions.models import Opinion, SignatureMeaning
from mdtapp.opinions.signers import required_signers
from mdtapp.opinions.status import FindingStatus

PRESENCE = {"in_person": Presence.IN_PERSON, "remote": Presence.VIDEO}
MEETING_MINUTES = 40
SIGNING_PAUSE = timedelta(minutes=25)
LEFT_OPEN = 2
SIGNATURES_MISSING = 2
NOT_TRANSLATED = "left out: stands in one language only"


def plan_meeting(stage: Stage, story: Story) -> None:
    """The board meets at two in the afternoon; the case is on its agenda."""
    at = stage.moment(story.meeting_on - timedelta(days=2), 16)
    with stage.act(story) as case:
        coordinator = person("coordinator")
        plan = MeetingPlan(
            title="International board",
            day=story.meeting_on,
            clock=time(14),
            zone=stage.settings.timezone,
            chair=person(story.chair),
            place="Room 3, Building 2",
        )
        meeting = meetings.plan(actor=coordinator, at=at, wanted=plan)
        meetings.put_on_agenda(actor=coordinator, at=at, meeting=meeting, case=case)


def hold_meeting(stage: Stage, story: Story) -> None:
    """Attendance, dissent, decision and votes as the story tells them; the chair confirms the minutes."""
    at, consensus = stage.moment(story.meeting_on, 14), story.data["consensus"]
    decided = at + timedelta(minutes=story.data["meeting"]["minutes"])
    ended = at + timedelta(minutes=MEETING_MINUTES)
    with stage.act(story) as case:
        chair, item = person(story.chair), _item(case)
        meetings.start(actor=chair, at=at, meeting=item.meeting, row_version=item.meeting.row_version)
        meetings.take_attendance(
            actor=chair, at=at, item=item, row_version=item.row_version, presences=_presences(story, item)
        )
        for row in consensus["dissent"]:
            dissenter = person(story.author(row["discipline"]))
            meetings.record_dissent(actor=dissenter, at=decided, item=item, text=Bitext.of(row["text"]))
        vote = consensus["vote"]
        meetings.conclude(
            actor=chair,
            at=decided,
            item=item,
            row_version=item.row_version,
            wanted=Conclusion(
                result_class=consensus["result_class"],
                also=tuple(consensus["also"]),
                decision=Bitext.of(consensus["summary"]),
                votes=Votes(vote["for"], vote["against"], vote["abstain"]),
                written=written_disciplines(case.id),
                dissent_asked=True,
                prompts=tuple(PROMPTS),
                minutes_used=story.data["meeting"]["minutes"],
            ),
        )
        meeting = item.meeting
        meetings.end(actor=chair, at=ended, meeting=meeting, row_version=meeting.row_version)
        if story.state == "released":
            meetings.confirm_minutes(actor=chair, at=ended, meeting=meeting, row_version=meeting.row_version)


def write_opinion(stage: Stage, story: Story) -> None:
    """The chair drafts, settles conflicts and answers what is left; one story stops with conflicts open."""
    at = stage.moment(story.meeting_on + timedelta(days=1), 9)
    with stage.act(story) as case:
        opinion = operations.start(actor=person(story.chair), at=at, case=case)
        _add_chair_sentences(opinion, story, at)
        _reword(opinion, story, at)
        wanted = {row["rule"]: row for row in story.data["resolutions"]}
        open_ones = [
            row.rule
            for row in queries.findings(case.id)
            if row.status == FindingStatus.OPEN and row.rule in wanted
        ]
        settled = open_ones[:-LEFT_OPEN] if story.state == "drafting" else open_ones
        for rule in settled:
            _settle(opinion, story, wanted[rule], at)


def finish_opinion(stage: Stage, story: Story) -> None:
    """Review, language check, frozen text, signatures; one story waits for the last two of them."""
    at = stage.moment(story.meeting_on + timedelta(days=2), 10)
    with stage.act(story) as case:
        opinion = queries.get_opinion(case.id)
        _leave_out_untranslated(opinion, story, at)
        chair = person(story.chair)
        operations.send_to_review(actor=chair, at=at, opinion=opinion)
        operations.pass_to_language(actor=person("coordinator"), at=at, opinion=opinion)
        operations.check_language(actor=person("translator"), at=at, opinion=opinion)
        version = signing.finalise(
            actor=chair,
            at=at,
            opinion=opinion,
            row_version=opinion.row_version,
            password=PASSWORD,
            house=stage.house_on(at),
        )
        signers = required_signers(opinion)
        for place, signer in enumerate(
            signers[:-SIGNATURES_MISSING] if story.state == "signing" else signers
        ):
            signing.sign(
                actor=signer.user,
                at=min(at + place * SIGNING_PAUSE, stage.at),
                opinion=opinion,
                expected_hash=version.content_hash,
                meaning=SignatureMeaning.AGREE,
                password=PASSWORD,
            )


def release_and_send(stage: Stage, story: Story) -> None:
    """The document is made, sent to the patient by link and code, opened and acknowledged."""
    at, press = stage.moment(story.meeting_on + timedelta(days=3), 11), stage.app.extensions["mdtapp.press"]
    read = at + timedelta(hours=3)
    with stage.act(story) as case:
        coordinator = person("coordinator")
        opinion = queries.get_opinion(case.id)
        version = signing.release(
            actor=coordinator, at=at, opinion=opinion, store=press.store, make=press.final
        )
        recipient = delivery.add_recipient(
            actor=coordinator,
            at=at,
            case=case,
            kind=RecipientKind.PATIENT,
            contact=delivery.Contact(name=story.identity["name"], email=story.identity["contact"]),
            language="en",
            key=stage.identity_key,
        )
        handed = delivery.send(actor=coordinator, at=at, recipient=recipient, version=version)
        opened = delivery.unlock(token=handed.token, code=handed.code, at=read)
        assert opened.delivery is not None
        delivery.acknowledge(at=read, delivery=opened.delivery)


def begin_addendum(stage: Stage, story: Story) -> None:
    """What the opinion asked for arrives; the chair begins an addendum and leaves it in editing."""
    told, at = story.data["addendum"], stage.moment(story.meeting_on + timedelta(days=7), 9)
    receive(stage, story, told["material"], at)
    with stage.act(story) as case:
        operations.start_addendum(
            actor=person(story.chair),
            at=min(at + timedelta(hours=2), stage.at),
            case=case,
            reason=told["reason"],
            text=Bitext.of(told["text"]),
        )


def _item(case: Case) -> AgendaItem:
    item = waiting_item(case.id)
    assert item is not None
    return item


def _presences(story: Story, item: AgendaItem) -> dict[int, Presence]:
    told = {person(story.author(row["discipline"])).id: row for row in story.data["panel"]}
    return {
        seat.user.id: PRESENCE[told[seat.user.id]["mode"]] if seat.user.id in told else Presence.IN_PERSON
        for seat in seats(item)
    }


def _add_chair_sentences(opinion: Opinion, story: Story, at: datetime) -> None:
    """Sentences the story marks as the chair's own."""
    for section, rows in story.data["opinion_seed"]["sections"].items():
        for row in rows:
            if any(origin.get("discipline") == "chair" for origin in row["provenance"]):
                operations.add(
                    actor=person(story.chair),
                    at=at,
                    opinion=opinion,
                    section=section,
                    text=Bitext.of(row["text"]),
                    question=row.get("question_id") or "",
                )


def _reword(opinion: Opinion, story: Story, at: datetime) -> None:
    """Sentences the chair puts in plainer words, known by their place and origin."""
    for edit in story.data.get("edits", []):
        statement = next(
            row
            for row in queries.kept_statements(opinion)
            if row.section == edit["section"] and any(_comes_from(origin, edit) for origin in row.provenance)
        )
        operations.reword(
            actor=person(story.chair),
            at=at,
            opinion=opinion,
            statement_id=statement.id,
            text=Bitext.of(edit["text"]),
            row_version=statement.row_version,
        )


def _comes_from(origin: dict[str, Any], edit: dict[str, Any]) -> bool:
    return (origin.get("discipline"), origin.get("field")) == (edit["discipline"], edit["field"])


def _settle(opinion: Opinion, story: Story, row: dict[str, Any], at: datetime) -> None:
    """As the story tells; a critical one is confirmed by a second member where the rule asks for it."""
    case = opinion.case
    finding = next((f for f in queries.findings(case.id) if f.rule == row["rule"]), None)
    if finding is None or finding.status != FindingStatus.OPEN:
        return
    operations.settle(
        actor=person(story.chair),
        at=at,
        opinion=opinion,
        rule=row["rule"],
        resolution=row["decision"],
        reason=Bitext.of(row["reason"]),
        chosen=row.get("chosen") or "",
    )
    finding = next((f for f in queries.findings(case.id) if f.rule == row["rule"]), None)
    while finding is not None and findings.needs_confirmation(finding, case):
        second = min(findings.confirmers(finding, case))
        member = next(m.user for m in case.members if m.user_id == second)
        findings.confirm(actor=member, at=at, case=case, rule=row["rule"])


def _leave_out_untranslated(opinion: Opinion, story: Story, at: datetime) -> None:
    """Nobody translates in a demonstration: what stands in one language only is dropped with that reason."""
    for statement in queries.kept_statements(opinion):
        if operations.untranslated(statement):
            operations.drop(
                actor=person(story.chair),
                at=at,
                opinion=opinion,
                statement_id=statement.id,
                reason=NOT_TRANSLATED,
            )
