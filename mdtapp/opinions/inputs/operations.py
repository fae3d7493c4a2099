"""Saving, signing, amending, returning an input. A text that was sent is never lost."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, record
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue, staging_tables
from mdtapp.disciplines.checks import Finding, check_input, stops_saving
from mdtapp.disciplines.computed import STAGE
from mdtapp.disciplines.conditions import Context
from mdtapp.disciplines.definitions import Discipline
from mdtapp.errors import Conflict, Invalid, NotFound
from mdtapp.opinions.case_facts import outside_part
from mdtapp.opinions.inputs import access, judged, queries
from mdtapp.opinions.inputs.claims import with_agreement
from mdtapp.opinions.inputs.fitness import asked_again, findings_before_signing
from mdtapp.opinions.inputs.kept_forms import moved_on
from mdtapp.opinions.inputs.models import DisciplineInput, FormDefinition, InputSave, Visit
from mdtapp.opinions.inputs.places import places_not_there
from mdtapp.opinions.inputs.status import INPUT_LIFECYCLE, InputStatus
from mdtapp.people.models import User
from mdtapp.people.operations import check_reauthentication
from mdtapp.store.db import session

SAVED_ELSEWHERE = Bitext(
    "This input was saved from another window in between. Compare both texts and save again; nothing is lost.",
    "此意见已在其他窗口保存。请对照两份内容后再次保存，内容不会丢失。",
)
SAME_VISIT = timedelta(minutes=30)
SAY_WHY = Bitext("Say why in one sentence.", "请用一句话说明原因。")


def get_discipline(key: str) -> Discipline:
    discipline = catalogue().disciplines.get(key)
    if discipline is None:
        raise NotFound(Bitext("There is no such discipline.", "无此学科。"))
    return discipline


def save(
    *,
    actor: User,
    at: datetime,
    case: Case,
    discipline: str,
    data: Mapping[str, Any],
    row_version: int,
    context: Context,
    seen: Mapping[str, str] | None = None,
) -> DisciplineInput:
    """Keeps a draft; a stale `row_version` (0 for the first save) is a Conflict with both texts.

    `seen` tells which words of the home hospital the page showed beside the verdicts (`judged.fingerprints`).
    """
    access.check_can_write(actor, case, discipline)
    definition = get_discipline(discipline)
    row = _present(case, discipline)
    if row is None:
        row = _first_revision(actor, at, case, definition)
    access.check_is_author(actor, row)
    check_version(row, row_version, data)
    target = INPUT_LIFECYCLE.target(row.status, "save")
    _refuse_what_cannot_be_kept(case, definition, data, context)
    row.set_aside = [*(row.set_aside or ()), *(one.as_json() for one in moved_on(row, definition).aside)]
    row.data, row.status, row.saved_at = with_agreement(dict(data), definition), target, at
    row.author = actor
    row.form_version = _keep_definition(definition)
    session.flush()
    judged.note_verdicts(row, by_id=actor.id, at=at, outside=context.outside, seen=seen or {})
    _note_save(row, actor, at, based_on=row_version, data=data, accepted=True)
    record(
        EventType.INPUT_SAVED,
        actor=actor,
        at=at,
        subject=f"input:{row.id}",
        case_id=case.id,
        discipline=discipline,
        version=row.row_version,
    )
    return row


def note_visit(*, actor: User, at: datetime, case: Case) -> datetime | None:
    """Notes that this person works on the case; when they did so the time before, None the first time.

    Whoever comes back within half an hour is still on the same visit, so that a reload unmarks nothing. A mark of
    reading like this changes nothing of the case and is no event.
    """
    visit = queries.find_visit(actor.id, case.id)
    if visit is None:
        session.add(Visit(user_id=actor.id, case_id=case.id, last_at=at))
        session.flush()
        return None
    if at - visit.last_at > SAME_VISIT:
        visit.before_at = visit.last_at
    visit.last_at = at
    session.flush()
    return visit.before_at


def keep_refused_save(
    *, actor: User, at: datetime, case: Case, discipline: str, data: Mapping[str, Any], row_version: int
) -> None:
    """The text of a refused save, kept in the history: called in a transaction of its own."""
    row = queries.find_input(case.id, discipline)
    if row is not None and access.is_author(actor, row):
        _note_save(row, actor, at, based_on=row_version, data=data, accepted=False)


def sign(
    *,
    actor: User,
    at: datetime,
    case: Case,
    discipline: str,
    row_version: int,
    password: str,
    context: Context,
    warnings_confirmed: Sequence[str] = (),
) -> DisciplineInput:
    """Signs the saved draft: no error left, what is ticked was opened, every warning confirmed, the password typed again."""
    access.check_can_write(actor, case, discipline)
    row = queries.get_input(case.id, discipline)
    access.check_is_author(actor, row)
    check_version(row, row_version, row.data)
    target = INPUT_LIFECYCLE.target(row.status, "sign")
    definition = get_discipline(discipline)
    findings = findings_before_signing(actor, case, definition, row.data, context, row.form_version)
    findings += asked_again(row, context.outside)
    _refuse_unfit(
        [
            finding
            for finding in findings
            if finding.id not in set(warnings_confirmed) or finding.level == "error"
        ]
    )
    check_reauthentication(actor, password)
    row.status, row.signed_at, row.author = target, at, actor
    session.flush()
    record(
        EventType.INPUT_SIGNED,
        actor=actor,
        at=at,
        subject=f"input:{row.id}",
        case_id=case.id,
        discipline=discipline,
        revision=row.revision,
        confirmed=sorted(set(warnings_confirmed)),
        **_staged_by(row.data, context),
    )
    return row


def _staged_by(data: Mapping[str, Any], context: Context) -> dict[str, str]:
    """Hash of the site's staging table the stage group was compared with, and its row; nothing without one."""
    site = str(data.get("primary_site") or context.case.get("primary_site") or "")
    derived = staging_tables().derive(site, *(str(data.get(key) or "") for key in STAGE))
    return {"staging_table": derived.sha256, "staging_row": str(derived.row)} if derived else {}


def uphold_verdict(*, actor: User, at: datetime, case: Case, discipline: str, claim: str) -> None:
    """The author says that a signed verdict holds although the home hospital's record was corrected since."""
    access.check_can_write(actor, case, discipline)
    row = queries.get_input(case.id, discipline)
    access.check_is_author(actor, row)
    judged.uphold(actor=actor, at=at, row=row, claim=claim)


def amend(*, actor: User, at: datetime, case: Case, discipline: str, reason: str) -> DisciplineInput:
    """Opens the next revision of a signed input, with its reason; the signed one stays as it was."""
    access.check_can_write(actor, case, discipline)
    row = queries.get_input(case.id, discipline)
    access.check_is_author(actor, row)
    return _next_revision(row, actor=actor, at=at, action="amend", reason=reason, opens_as=InputStatus.DRAFT)


def return_to_author(
    *, actor: User, at: datetime, case: Case, discipline: str, question: str
) -> DisciplineInput:
    """The chair's question back: a new revision opens for the author, the signed one stays."""
    access.check_can_return(actor, case)
    row = queries.get_input(case.id, discipline)
    return _next_revision(
        row, actor=actor, at=at, action="return", reason=question, opens_as=InputStatus.RETURNED
    )


def decline(*, actor: User, at: datetime, case: Case, discipline: str, reason: str) -> DisciplineInput:
    """The author writes nothing and says why; only before anything was saved."""
    access.check_can_write(actor, case, discipline)
    if not reason.strip():
        raise Invalid(SAY_WHY, fields={"reason": SAY_WHY})
    row = queries.find_input(case.id, discipline)
    if row is None:
        row = _first_revision(actor, at, case, get_discipline(discipline))
    access.check_is_author(actor, row)
    row.status, row.reason = INPUT_LIFECYCLE.target(row.status, "decline"), reason.strip()
    session.flush()
    record(
        EventType.INPUT_DECLINED,
        actor=actor,
        at=at,
        subject=f"input:{row.id}",
        case_id=case.id,
        discipline=discipline,
    )
    return row


def lock_inputs(*, actor: Actor, at: datetime, case: Case) -> None:
    """Closes every signed input when its case is decided; an amendment is still possible, with a reason."""
    for row in queries.current_inputs(case.id).values():
        if row.status == InputStatus.SUBMITTED:
            row.status = INPUT_LIFECYCLE.target(row.status, "lock")
    session.flush()


def import_signed(
    *, actor: Actor, at: datetime, case: Case, discipline: str, author: User, data: Mapping[str, Any]
) -> DisciplineInput:
    """Stores an input that was signed elsewhere, marked imported."""
    definition = get_discipline(discipline)
    row = DisciplineInput(
        case=case,
        discipline=discipline,
        author=author,
        form_version=_keep_definition(definition),
        data=dict(data),
        status=InputStatus.SUBMITTED,
        imported=True,
        created_at=at,
        saved_at=at,
        signed_at=at,
    )
    session.add(row)
    session.flush()
    judged.note_verdicts(row, by_id=author.id, at=at, outside=outside_part(case), seen={})
    record(
        EventType.INPUT_SIGNED,
        actor=actor,
        at=at,
        subject=f"input:{row.id}",
        case_id=case.id,
        discipline=discipline,
        revision=1,
        imported=True,
    )
    return row


def check_version(row: DisciplineInput, row_version: int, data: Mapping[str, Any]) -> None:
    """Conflict, with both texts, unless the save builds on the running version."""
    known = 0 if row.saved_at is None else row.row_version
    if row_version != known:
        raise Conflict(SAVED_ELSEWHERE, theirs=row.data, ours=dict(data), version=row.row_version)


def version_of(row: DisciplineInput | None) -> int:
    """The version a page builds on: 0 before the first save."""
    return 0 if row is None or row.saved_at is None else row.row_version


def _present(case: Case, discipline: str) -> DisciplineInput | None:
    """The running revision as it is now: on PostgreSQL the saves of one case queue here, on SQLite all writers do."""
    session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
    row = queries.find_input(case.id, discipline)
    if row is not None:
        session.refresh(row)
    return row


def _first_revision(actor: User, at: datetime, case: Case, definition: Discipline) -> DisciplineInput:
    """The revision a discipline begins with; where somebody declined before, it follows theirs with that reason."""
    declined = queries.declined_input(case.id, definition.key)
    row = DisciplineInput(
        case=case,
        discipline=definition.key,
        author=actor,
        revision=declined.revision + 1 if declined else 1,
        reason=declined.reason if declined else "",
        form_version=_keep_definition(definition),
        status=InputStatus.ASSIGNED,
        created_at=at,
        data={},
    )
    session.add(row)
    session.flush()
    return row


def _next_revision(
    row: DisciplineInput, *, actor: User, at: datetime, action: str, reason: str, opens_as: InputStatus
) -> DisciplineInput:
    if not reason.strip():
        raise Invalid(SAY_WHY, fields={"reason": SAY_WHY})
    row.status = INPUT_LIFECYCLE.target(row.status, action)
    session.flush()
    data = {key: value for key, value in row.data.items() if key != "attest"}
    following = DisciplineInput(
        case_id=row.case_id,
        discipline=row.discipline,
        author_id=_present_author_id(row),
        revision=row.revision + 1,
        form_version=row.form_version,
        data=data,
        set_aside=list(row.set_aside or ()),
        status=opens_as,
        reason=reason.strip(),
        created_at=at,
        saved_at=at,
    )
    session.add(following)
    session.flush()
    event = EventType.INPUT_RETURNED if opens_as == InputStatus.RETURNED else EventType.INPUT_AMENDED
    record(
        event,
        actor=actor,
        at=at,
        subject=f"input:{following.id}",
        case_id=row.case_id,
        discipline=row.discipline,
        revision=following.revision,
    )
    return following


def _present_author_id(row: DisciplineInput) -> int:
    """Who writes for the discipline now: somebody else where the author has left the panel."""
    members = (member.user_id for member in row.case.members if member.discipline == row.discipline)
    return next(members, row.author_id)


def _keep_definition(definition: Discipline) -> str:
    if session.get(FormDefinition, definition.version) is None:
        row = FormDefinition(
            version=definition.version, discipline=definition.key, definition=definition.as_json()
        )
        with contextlib.suppress(IntegrityError), session.begin_nested():
            session.add(row)  # somebody on another case may be first; theirs is the same
    return definition.version


def _note_save(
    row: DisciplineInput, actor: User, at: datetime, *, based_on: int, data: Mapping[str, Any], accepted: bool
) -> None:
    session.add(
        InputSave(
            input_id=row.id,
            saved_by_id=actor.id,
            at=at,
            based_on=based_on,
            accepted=accepted,
            data=dict(data),
        )
    )
    session.flush()


def not_to_be_kept(
    case: Case, definition: Discipline, data: Mapping[str, Any], context: Context
) -> list[Finding]:
    """What not even a draft can hold: unreadable answers, and citations of what the case does not have."""
    found = check_input(definition, data, context)
    return [*(finding for finding in found if stops_saving(finding)), *places_not_there(case, data)]


def _refuse_what_cannot_be_kept(
    case: Case, definition: Discipline, data: Mapping[str, Any], context: Context
) -> None:
    _refuse_unfit(not_to_be_kept(case, definition, data, context))


def _refuse_unfit(findings: Sequence[Finding]) -> None:
    if not findings:
        return
    fields: dict[str, Bitext] = {}
    for finding in findings:
        for key in finding.fields or (finding.id,):
            fields.setdefault(key, finding.message)
    several = Bitext(
        f"{len(findings)} answers need your attention before this can be stored or signed.",
        f"有{len(findings)}处需要处理后才能保存或签署。",
    )
    raise Invalid(
        findings[0].message if len(findings) == 1 else several,
        fields=fields,
        findings=[finding.id for finding in findings],
    )
