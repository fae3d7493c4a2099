"""`import-case --complete`: the file's meeting, settlements and opinion, up to a finished document.

The case is a demonstration from then on: its document says so on every page and cannot be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, record
from mdtapp.cases import operations as cases
from mdtapp.cases.models import Case, MemberRole
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid
from mdtapp.meetings.models import AgendaItem, Attendance, Dissent, Meeting, Presence
from mdtapp.meetings.status import AgendaStatus, MeetingStatus
from mdtapp.opinions import findings, queries
from mdtapp.opinions.exchange import moment_of
from mdtapp.opinions.models import ConflictFinding, Opinion, OpinionVersion, SignatureMeaning, Statement
from mdtapp.opinions.operations import (
    drop_what_was_not_chosen,
    gaps_before_review,
    gaps_in_language,
    start,
    untranslated,
)
from mdtapp.opinions.signers import required_signers
from mdtapp.opinions.signing import House, freeze_version, put_signature, release_version
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
}


def complete(
    *,
    actor: Actor,
    at: datetime,
    case: Case,
    entry: Json,
    house: House,
    store: ObjectStore,
    make: Callable[[OpinionVersion], bytes],
) -> OpinionVersion:
    """Meeting, decision, opinion, settlements, signatures and document of an imported case."""
    met = moment_of(case.meeting_on, at)
    _decide(actor, met, case, entry)
    opinion = start(actor=actor, at=met, case=case)
    _leave_out_untranslated(opinion)
    _chair_statements(opinion, entry)
    findings.refresh(actor=actor, at=met, case=case)
    _settle(actor, met, opinion, entry)
    findings.refresh(actor=actor, at=met, case=case)
    gaps = [*gaps_before_review(opinion), *gaps_in_language(opinion)]
    if gaps:
        raise Invalid(
            Bitext(
                f"{case.case_no} cannot be completed from the file. " + " ".join(gap.en for gap in gaps),
                f"无法根据文件完成 {case.case_no}。" + "".join(gap.zh for gap in gaps),
            )
        )
    version = freeze_version(
        actor=actor,
        frozen_by=_chair(case),
        at=met,
        opinion=opinion,
        house=house,
        target=OpinionStatus.AWAITING_SIGNATURE,
    )
    dissenters = {row["discipline"] for row in (entry.get("consensus") or {}).get("dissent") or []}
    for signer in required_signers(opinion):
        meaning = (
            SignatureMeaning.AGREE_WITH_DISSENT if signer.discipline in dissenters else SignatureMeaning.AGREE
        )
        put_signature(
            actor=actor,
            at=met,
            opinion=opinion,
            version=version,
            signer=signer,
            meaning=meaning,
            imported=True,
        )
    return release_version(actor=actor, at=met, opinion=opinion, store=store, make=make)


def _chair(case: Case) -> User:
    found = next((member.user for member in case.members if member.role == MemberRole.CHAIR), None)
    if found is None:
        raise Invalid(Bitext("The file names no chair on the panel.", "文件中未指定会诊主席。"))
    return found


def _decide(actor: Actor, at: datetime, case: Case, entry: Json) -> None:
    """The meeting with its attendance, decision, votes and dissent, as the file tells them."""
    consensus = entry.get("consensus") or {}
    vote = consensus.get("vote") or {}
    meeting = Meeting(
        title="Imported meeting",
        starts_at=at,
        timezone="Asia/Shanghai",
        chair=_chair(case),
        status=MeetingStatus.ENDED,
        started_at=at,
        ended_at=at,
    )
    item = AgendaItem(
        case=case,
        position=1,
        status=AgendaStatus.CONCLUDED,
        result_class=str(consensus.get("result_class") or ""),
        also=list(consensus.get("also") or []),
        decision=Bitext.of(consensus.get("summary")),
        votes_for=int(vote.get("for") or 0),
        votes_against=int(vote.get("against") or 0),
        votes_abstain=int(vote.get("abstain") or 0),
        dissent_asked=True,
        decided_at=at,
        minutes_used=(entry.get("meeting") or {}).get("minutes"),
    )
    meeting.items.append(item)
    authors = {member.discipline: member.user for member in case.members if member.discipline}
    for seat in entry.get("panel") or []:
        presence = (
            PRESENCE.get(str(seat.get("mode")), Presence.IN_PERSON)
            if seat.get("attended")
            else Presence.ABSENT
        )
        item.attendances.append(
            Attendance(user=authors[seat["discipline"]], discipline=seat["discipline"], presence=presence)
        )
    for row in consensus.get("dissent") or []:
        item.dissents.append(
            Dissent(
                user=authors[row["discipline"]],
                discipline=row["discipline"],
                text=Bitext.of(row["text"]),
                at=at,
            )
        )
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


def _chair_statements(opinion: Opinion, entry: Json) -> None:
    """Sentences the file marks as the chair's own, and a red flag's words where the draft has none."""
    sections = (entry.get("opinion_seed") or {}).get("sections") or {}
    for section, rows in sections.items():
        for row in rows:
            if any(origin.get("discipline") == "chair" for origin in row.get("provenance") or []):
                _add(opinion, section, Bitext.of(row["text"]), row.get("question_id") or "")
    session.flush()


def _leave_out_untranslated(opinion: Opinion) -> None:
    """Nobody is there to translate: a sentence the file gives in one language only is dropped, with that reason."""
    for statement in opinion.statements:
        if untranslated(statement):
            statement.dropped_reason = "imported in one language only"
    session.flush()


def _add(opinion: Opinion, section: str, text: Bitext, question: str = "") -> None:
    position = max((s.position for s in opinion.statements if s.section == section), default=-1) + 1
    opinion.statements.append(
        Statement(
            section=section,
            position=position,
            text=text,
            original=text,
            provenance=[{"chair": "statement"}],
            question=question,
        )
    )


def _settle(actor: Actor, at: datetime, opinion: Opinion, entry: Json) -> None:
    """The file's settlements; a critical one is confirmed by a second member of the panel."""
    case = opinion.case
    wanted = {row["rule"]: row for row in entry.get("resolutions") or []}
    for finding in queries.findings(case.id):
        row = wanted.get(finding.rule)
        if row is None or finding.status != FindingStatus.OPEN:
            continue
        _resolve(actor, at, case, finding, row)
        if finding.resolution == "choose_input":
            drop_what_was_not_chosen(opinion, finding)


def _resolve(actor: Actor, at: datetime, case: Case, finding: ConflictFinding, row: Json) -> None:
    finding.status = FINDING_LIFECYCLE.target(finding.status, "resolve")
    finding.resolution, finding.chosen = str(row["decision"]), str(row.get("chosen") or "")
    finding.reason, finding.resolved_at = Bitext.of(row.get("reason")), at
    finding.resolved_by_id = _chair(case).id
    session.flush()
    if findings.needs_confirmation(finding, case):
        finding.confirmed_by_id = min(findings.confirmers(finding, case))
        finding.confirmed_at = at
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
