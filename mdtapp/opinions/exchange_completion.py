"""`import-case --complete`: the file's meeting, settlements and opinion, up to a finished document.

The case is a demonstration from then on: its document says so on every page and cannot be sent.
`complete` ends with the signatures; the caller makes the documents, which takes seconds, and then calls `release`.
The meeting has the date of the file; everything else happens, and is recorded, at the moment of the import.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, record
from mdtapp.cases import operations as cases
from mdtapp.cases.models import Case, MemberRole
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.errors import Invalid
from mdtapp.meetings.models import AgendaItem, Attendance, Dissent, Meeting, Presence
from mdtapp.meetings.status import AgendaStatus, MeetingStatus
from mdtapp.opinions import findings, queries
from mdtapp.opinions.exchange import Importer
from mdtapp.opinions.models import ConflictFinding, Opinion, OpinionVersion, SignatureMeaning
from mdtapp.opinions.operations import (
    CHAIR,
    drop_what_was_not_chosen,
    gaps_before_review,
    gaps_in_language,
    put,
    refuse_gaps,
    start,
    untranslated,
)
from mdtapp.opinions.signers import required_signers
from mdtapp.opinions.signing import House, Maker, freeze_version, put_signature, release_version
from mdtapp.opinions.status import FINDING_LIFECYCLE, FindingStatus, OpinionStatus
from mdtapp.people.models import User
from mdtapp.store.db import session
from mdtapp.store.objects import ObjectStore

Json = Mapping[str, Any]
PRESENCE = {
    "in_person": Presence.IN_PERSON,
    "remote": Presence.VIDEO,
    "video": Presence.VIDEO,
    "written": Presence.WRITTEN,
    "absent": Presence.ABSENT,
}


def complete(*, actor: Actor, at: datetime, case: Case, entry: Json, house: House) -> OpinionVersion:
    """Meeting, decision, opinion, settlements and signatures of a checked and imported case."""
    actor = Importer(actor.actor_ref)
    _decide(actor, at, case, entry)
    opinion = start(actor=actor, at=at, case=case)
    _leave_out_untranslated(opinion)
    _add_chair_statements(opinion, entry)
    findings.refresh(actor=actor, at=at, case=case)
    _settle(actor, at, opinion, entry)
    findings.refresh(actor=actor, at=at, case=case)
    refuse_gaps([*gaps_before_review(opinion), *gaps_in_language(opinion)])
    version = freeze_version(
        actor=actor,
        frozen_by=_chair(case),
        at=at,
        opinion=opinion,
        house=house,
        target=OpinionStatus.AWAITING_SIGNATURE,
    )
    dissenters = {row["discipline"] for row in _dissents(entry)}
    for signer in required_signers(opinion):
        dissents = signer.discipline in dissenters
        put_signature(
            actor=actor,
            at=at,
            opinion=opinion,
            version=version,
            signer=signer,
            meaning=SignatureMeaning.AGREE_WITH_DISSENT if dissents else SignatureMeaning.AGREE,
            imported=True,
        )
    return version


def release(*, actor: Actor, at: datetime, case: Case, store: ObjectStore, make: Maker) -> OpinionVersion:
    """The documents of a completed case are stored."""
    opinion = queries.get_opinion(case.id)
    return release_version(actor=Importer(actor.actor_ref), at=at, opinion=opinion, store=store, make=make)


def _chair(case: Case) -> User:
    found = next((member.user for member in case.members if member.role == MemberRole.CHAIR), None)
    if found is None:
        raise Invalid(Bitext("The file names no chair on the panel.", "文件中未指定会诊主席。"))
    return found


def _dissents(entry: Json) -> list[Json]:
    return list((entry.get("consensus") or {}).get("dissent") or [])


def _decide(actor: Actor, at: datetime, case: Case, entry: Json) -> None:
    """The meeting with its attendance, decision, votes and dissent, as the file tells them."""
    consensus = entry.get("consensus") or {}
    vote = consensus.get("vote") or {}
    # The file dates a meeting by its day only.
    met = datetime.combine(case.meeting_on, time(10), UTC) if case.meeting_on else at
    meeting = Meeting(
        title="Imported meeting",
        starts_at=met,
        timezone="Asia/Shanghai",
        chair=_chair(case),
        status=MeetingStatus.ENDED,
        started_at=min(met, at),
        ended_at=min(met, at),
    )
    item = AgendaItem(
        case=case,
        position=1,
        status=AgendaStatus.CONCLUDED,
        result_class=_result_class(consensus.get("result_class")),
        also=[_result_class(code) for code in consensus.get("also") or []],
        decision=Bitext.of(consensus.get("summary")),
        votes_for=vote.get("for") or 0,
        votes_against=vote.get("against") or 0,
        votes_abstain=vote.get("abstain") or 0,
        dissent_asked=True,
        decided_at=min(met, at),
        minutes_used=(entry.get("meeting") or {}).get("minutes"),
    )
    meeting.items.append(item)
    authors = {str(member.discipline): member.user for member in case.members if member.discipline}
    for seat in entry.get("panel") or []:
        author, discipline = authors[seat["discipline"]], seat["discipline"]
        item.attendances.append(Attendance(user=author, discipline=discipline, presence=_presence(seat)))
    for row in _dissents(entry):
        author = _author(authors, row.get("discipline") or "")
        text = Bitext.of(row.get("text"))
        item.dissents.append(Dissent(user=author, discipline=row["discipline"], text=text, at=min(met, at)))
    session.add(meeting)
    session.flush()
    for action in ("schedule", "discuss"):
        cases.move(actor=actor, at=at, case=case, action=action, reason="imported")
    record(
        EventType.MEETING_DECIDED,
        actor=actor,
        at=at,
        subject=f"agenda_item:{item.id}",
        case_id=case.id,
        result_class=item.result_class,
        imported=True,
    )


def _result_class(code: str | None) -> str:
    if code is None or code not in catalogue().result_classes:
        raise Invalid(
            Bitext(
                f"The consensus has no known result class: {code or 'none given'}.",
                f"会诊结论类别未知：{code or '未填写'}。",
            )
        )
    return code


def _presence(seat: Json) -> Presence:
    """How a member took part; whoever has no mode of their own was in the room."""
    mode = seat.get("mode") or "in_person"
    if mode not in PRESENCE:
        raise Invalid(Bitext(f"The panel has an unknown mode: {mode}.", f"会诊组的参与方式未知：{mode}。"))
    return PRESENCE[mode] if seat.get("attended", True) else Presence.ABSENT


def _author(authors: Mapping[str, User], discipline: str) -> User:
    if discipline not in authors:
        raise Invalid(
            Bitext(
                f"Somebody dissents who is not on the panel: {discipline}.",
                f"提出异议者不在会诊组中：{discipline}。",
            )
        )
    return authors[discipline]


def _add_chair_statements(opinion: Opinion, entry: Json) -> None:
    """Sentences the file marks as the chair's own; all others follow from the inputs."""
    sections = (entry.get("opinion_seed") or {}).get("sections") or {}
    for section, rows in sections.items():
        for row in rows:
            if any(origin.get("discipline") == "chair" for origin in row.get("provenance") or []):
                text, question = Bitext.of(row.get("text")), row.get("question_id") or ""
                put(opinion, section, text, provenance=[CHAIR], question=question)
    session.flush()


def _leave_out_untranslated(opinion: Opinion) -> None:
    """Nobody is there to translate: a sentence the file gives in one language only is dropped, with that reason."""
    for statement in opinion.statements:
        if untranslated(statement):
            statement.dropped_reason = "imported in one language only"
    session.flush()


def _settle(actor: Actor, at: datetime, opinion: Opinion, entry: Json) -> None:
    """The file's settlements; a critical one is confirmed by a second member of the panel."""
    case = opinion.case
    wanted = {row.get("rule"): row for row in entry.get("resolutions") or []}
    for finding in queries.findings(case.id):
        row = wanted.get(finding.rule)
        if row is None or finding.status != FindingStatus.OPEN:
            continue
        _resolve(actor, at, case, finding, row)
        if finding.resolution == "choose_input":
            drop_what_was_not_chosen(opinion, finding)


def _resolve(actor: Actor, at: datetime, case: Case, finding: ConflictFinding, row: Json) -> None:
    resolution, reason = row.get("decision") or "", Bitext.of(row.get("reason"))
    chosen = row.get("chosen") or ""
    findings.check_settlement(finding, resolution, reason, chosen)
    finding.status = FINDING_LIFECYCLE.target(finding.status, "resolve")
    finding.resolution, finding.chosen, finding.reason = resolution, chosen, reason
    finding.resolved_by_id, finding.resolved_at = _chair(case).id, at
    session.flush()
    if findings.needs_confirmation(finding, case):
        finding.confirmed_by_id, finding.confirmed_at = min(findings.confirmers(finding, case)), at
        session.flush()
    record(
        EventType.CONFLICT_RESOLVED,
        actor=actor,
        at=at,
        subject=f"conflict:{finding.id}",
        case_id=case.id,
        rule=finding.rule,
        resolution=finding.resolution,
        chosen=finding.chosen,
        imported=True,
    )
