"""Registering and changing a case: check, change, record, in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm.attributes import flag_modified

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, lock_head, record
from mdtapp.cases import access
from mdtapp.cases.identity import seal
from mdtapp.cases.models import (
    Case,
    CaseMember,
    CaseStep,
    Consent,
    ConsentPurpose,
    MemberRole,
    OutsideOpinion,
    Patient,
    PatientQuestion,
    SealedIdentity,
    Sex,
    Situation,
    Urgency,
)
from mdtapp.cases.readiness import in_one_sentence, missing_for_panel, missing_for_review
from mdtapp.cases.status import BEFORE_REVIEW, CASE_LIFECYCLE, CaseStatus
from mdtapp.clinical.bitext import Bitext
from mdtapp.clock import working_days_after
from mdtapp.disciplines import catalogue
from mdtapp.errors import Conflict, Invalid, InvalidTransition, NotAllowed
from mdtapp.people.models import User
from mdtapp.people.roles import Role
from mdtapp.store.db import session

CONSENT_TEXT_VERSION = "2026-1"
ANSWER_IN_WORKING_DAYS = 5
MOST_QUESTIONS = 10
MOST_CHAIRS = 2
"""The chair and a second one, who edits and signs with the first."""
BY_THE_AGENDA = frozenset({"schedule", "unschedule"})
PAIRED_SITES = {"breast", "lung", "kidney", "ovary"}
SITE_FAMILIES = {
    "breast": "breast",
    "lung": "lung",
    "colon": "colorectal",
    "rectum": "colorectal",
    "stomach": "gastric",
    "gej": "gastric",
    "liver": "liver",
    "prostate": "prostate",
    "lymph_node": "lymphoma",
    "brain": "cns",
}
CHANGED_MEANWHILE = Bitext(
    "Somebody changed this in between. Compare both versions, then save again.",
    "期间他人已修改。请对照两个版本后再次保存。",
)


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What specialists may know of the person."""

    pseudonym: str
    sex: Sex
    birth_year: int | None
    home_country: str
    home_language: str
    other_languages: Sequence[str] = ()
    interpreter: bool = False
    menopausal: str = ""
    home_physician: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """The coordinator's record of a case. `site_family` follows from the site unless given."""

    title: Bitext
    situation: Situation
    primary_site: str
    laterality: str = ""
    site_family: str = ""
    reasons: Sequence[str] = ()
    inviting_party: str = ""
    setting: str = ""
    diagnosed_on: date | None = None
    due_on: date | None = None
    next_home_treatment_on: date | None = None
    urgency: Urgency = Urgency.ROUTINE
    wishes: Bitext = Bitext()


def register(
    *,
    actor: Actor,
    at: datetime,
    patient: PatientFacts,
    case: CaseRecord,
    received_on: date,
) -> Case:
    """A new case; a known pseudonym means a further case of that patient, whom a coordinator must see already."""
    _check_record(case)
    lock_head()  # two registrations at once would take the same number or pseudonym
    person = _find_or_add_patient(patient, actor)
    row = Case(case_no=_next_number(received_on.year), patient=person, received_on=received_on, created_at=at)
    _write_record(row, case)
    session.add(row)
    session.flush()
    if isinstance(actor, User):
        _add_member(row, actor, MemberRole.COORDINATOR, at=at)
    record(
        EventType.CASE_REGISTERED,
        actor=actor,
        at=at,
        subject=f"case:{row.id}",
        case_id=row.id,
        number=row.case_no,
    )
    return row


def amend(*, actor: User, at: datetime, case: Case, row_version: int, wanted: CaseRecord) -> Case:
    """Changes the record; a stale `row_version` is a Conflict that carries both texts."""
    access.check_can_change(actor, case)
    _check_record(wanted)
    if row_version != case.row_version:
        raise Conflict(
            CHANGED_MEANWHILE, theirs=_as_text(case), ours=_as_text(wanted), version=case.row_version
        )
    _write_record(case, wanted)
    session.flush()
    record(
        EventType.CASE_AMENDED, actor=actor, at=at, subject=f"case:{case.id}", case_id=case.id, part="record"
    )
    return case


def seal_identity(*, actor: Actor, at: datetime, case: Case, identity: dict[str, Any], key: str) -> None:
    """Seals (or replaces) the identity that arriving material is held against."""
    if isinstance(actor, User):
        access.check_can_change(actor, case)
    if not str(identity.get("name") or "").strip():
        sentence = Bitext("Enter the patient's name as it stands on the records.", "请填写病历上的患者姓名。")
        raise Invalid(sentence, fields={"name": sentence})
    if case.patient.identity is None:
        case.patient.identity = SealedIdentity(sealed=seal(identity, key), sealed_at=at)
    else:
        case.patient.identity.sealed = seal(identity, key)
        case.patient.identity.sealed_at = at
    session.flush()
    record(
        EventType.IDENTITY_SEALED, actor=actor, at=at, subject=f"patient:{case.patient_id}", case_id=case.id
    )


def note_identity_shown(*, actor: User, at: datetime, case: Case) -> None:
    """Looking at a sealed name is recorded."""
    access.check_can_change(actor, case)
    record(
        EventType.IDENTITY_SHOWN, actor=actor, at=at, subject=f"patient:{case.patient_id}", case_id=case.id
    )


def set_questions(
    *,
    actor: Actor,
    at: datetime,
    case: Case,
    questions: Sequence[tuple[Bitext, str]],
    row_version: int | None = None,
) -> None:
    """The patient's questions in their order; `(text, original words)`, keys Q1, Q2, …

    `row_version` is the case's as the page showed it; None outside a page.
    """
    if isinstance(actor, User):
        access.check_can_change(actor, case)
    wanted = "\n".join(str(text) for text, _ in questions)
    if row_version is not None and row_version != case.row_version:
        theirs = "\n".join(str(question.text) for question in case.questions)
        raise Conflict(CHANGED_MEANWHILE, theirs=theirs, ours=wanted, version=case.row_version)
    _check_questions(case, questions)
    kept = {question.position: question for question in case.questions}
    for position, (text, original) in enumerate(questions, start=1):
        row = kept.pop(position, None)
        if row is None:
            row = PatientQuestion(key=f"Q{position}", position=position)
            case.questions.append(row)
        row.text, row.original = text, original
    for row in kept.values():
        case.questions.remove(row)
    flag_modified(case, "title")  # counts the version up: an older page of questions is then stale
    session.flush()
    record(
        EventType.CASE_AMENDED,
        actor=actor,
        at=at,
        subject=f"case:{case.id}",
        case_id=case.id,
        part="questions",
    )


@dataclass(frozen=True, slots=True)
class OutsideRecord:
    """One home hospital's opinion as transcribed."""

    diagnosis_text: Bitext
    plan: Bitext
    fields: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]] = ()
    institution: str = ""
    country: str = ""
    given_on: date | None = None


def transcribe_outside(
    *,
    actor: Actor,
    at: datetime,
    case: Case,
    label: str,
    wanted: OutsideRecord,
    row_version: int | None = None,
) -> OutsideOpinion:
    """Writes one home hospital's opinion; whatever was checked before must be checked again.

    `row_version` is None for the first transcription under this label.
    """
    if isinstance(actor, User):
        access.check_can_change(actor, case)
    row = next((opinion for opinion in case.outside_opinions if opinion.label == label), None)
    if row is None:
        row = OutsideOpinion(label=label)
        case.outside_opinions.append(row)
    elif row_version != row.row_version:
        raise Conflict(
            CHANGED_MEANWHILE,
            theirs=_outside_as_text(row),
            ours=_outside_as_text(wanted),
            version=row.row_version,
        )
    row.diagnosis_text, row.plan = wanted.diagnosis_text, wanted.plan
    row.fields, row.steps = dict(wanted.fields), [dict(step) for step in wanted.steps]
    row.institution, row.country, row.given_on = wanted.institution, wanted.country, wanted.given_on
    row.transcribed_by_id = actor.id if isinstance(actor, User) else None
    row.checked_by_id = None
    session.flush()
    record(
        EventType.CASE_AMENDED,
        actor=actor,
        at=at,
        subject=f"case:{case.id}",
        case_id=case.id,
        part="outside",
        label=label,
    )
    return row


def check_outside(
    *, actor: User, at: datetime, case: Case, label: str, row_version: int | None = None
) -> None:
    """A second person, never the one who typed it, confirms the transcription.

    `row_version` is that of the transcription the page showed; None outside a page.
    """
    access.check_can_change(actor, case)
    opinion = next((row for row in case.outside_opinions if row.label == label), None)
    if opinion is None:
        raise Invalid(Bitext("There is no outside opinion to check.", "没有可核对的外院意见。"))
    if row_version is not None and row_version != opinion.row_version:
        raise Conflict(
            Bitext(
                "The transcription changed in between. Reload the page and compare it once more.",
                "录入内容期间已有变化，请刷新页面后重新核对。",
            )
        )
    if opinion.transcribed_by_id == actor.id:
        raise NotAllowed(
            Bitext(
                "You transcribed this yourself, so somebody else must check it.",
                "该内容由您本人录入，须由他人核对。",
            )
        )
    opinion.checked_by_id = actor.id
    session.flush()
    record(
        EventType.CASE_AMENDED,
        actor=actor,
        at=at,
        subject=f"case:{case.id}",
        case_id=case.id,
        part="outside_checked",
    )


def record_consent(
    *, actor: Actor, at: datetime, case: Case, purpose: ConsentPurpose, given: bool, given_on: date
) -> Consent:
    """The patient's answer for one purpose under the present text; earlier answers stay as rows."""
    if isinstance(actor, User):
        access.check_can_change(actor, case)
    if given_on > at.date() + timedelta(days=1):  # the date at the centre may be one ahead of UTC
        sentence = Bitext("The date of the signature lies in the future.", "签署日期不能晚于今天。")
        raise Invalid(sentence, fields={"given_on": sentence})
    row = Consent(
        purpose=purpose,
        text_version=CONSENT_TEXT_VERSION,
        given=given,
        given_on=given_on,
        recorded_at=at,
        recorded_by_id=actor.id if isinstance(actor, User) else None,
    )
    case.consents.append(row)
    session.flush()
    record(
        EventType.CONSENT_RECORDED,
        actor=actor,
        at=at,
        subject=f"case:{case.id}",
        case_id=case.id,
        purpose=str(purpose),
        given=given,
        text_version=CONSENT_TEXT_VERSION,
    )
    return row


def consented(case: Case, purpose: ConsentPurpose) -> bool:
    """The latest answer for the purpose; no answer is no consent."""
    answers = [consent.given for consent in case.consents if consent.purpose == purpose]
    return bool(answers and answers[-1])


def add_member(
    *,
    actor: Actor,
    at: datetime,
    case: Case,
    user: User,
    role: MemberRole,
    discipline: str | None = None,
    due_on: date | None = None,
) -> CaseMember:
    """Puts a person on the case: from now on they see it."""
    if isinstance(actor, User):
        access.check_can_change(actor, case)
    _check_member(case, user, role, discipline)
    member = _add_member(case, user, role, at=at, discipline=discipline, due_on=due_on)
    record(
        EventType.CASE_MEMBER_ADDED,
        actor=actor,
        at=at,
        subject=f"user:{user.id}",
        case_id=case.id,
        role=str(role),
        discipline=discipline,
    )
    return member


def remove_member(*, actor: User, at: datetime, case: Case, member_id: int) -> None:
    """Takes a person off the case: from this moment the case does not exist for them."""
    access.check_can_change(actor, case)
    member = next((row for row in case.members if row.id == member_id), None)
    if member is None:
        raise Invalid(Bitext("This person is not on the case any more.", "此人已不在本病例中。"))
    if (
        member.role == MemberRole.COORDINATOR
        and sum(m.role == MemberRole.COORDINATOR for m in case.members) == 1
    ):
        raise Invalid(
            Bitext("The case needs a coordinator. Add another one first.", "病例须有协调员，请先添加另一位。")
        )
    case.members.remove(member)
    session.flush()
    record(
        EventType.CASE_MEMBER_REMOVED,
        actor=actor,
        at=at,
        subject=f"user:{member.user_id}",
        case_id=case.id,
        role=str(member.role),
        discipline=member.discipline,
    )


WHY_LIFTED = Bitext("Say why in one sentence.", "请用一句话说明原因。")


def lift_independence(*, actor: User, at: datetime, case: Case, reason: str) -> None:
    """The chair lets members see each other's inputs before signing their own, says why, and it is recorded.

    Once lifted it stays lifted: what was read cannot be unread, and the first reason stays.
    """
    access.check_is_chair(actor, case)
    if not reason.strip():
        raise Invalid(WHY_LIFTED, fields={"reason": WHY_LIFTED})
    if case.independence_lifted:
        raise Conflict(
            Bitext("This is open already. Reload the page to see why.", "意见已开放，请刷新页面查看原因。")
        )
    case.independence_lifted, case.independence_reason = True, reason.strip()
    session.flush()
    record(
        EventType.CASE_AMENDED,
        actor=actor,
        at=at,
        subject=f"case:{case.id}",
        case_id=case.id,
        part="independence_lifted",
    )


def coordinate(*, actor: User, at: datetime, case: Case, action: str, reason: str = "") -> Case:
    """A move the coordinator makes on the page; the gates are checked here."""
    access.check_can_change(actor, case)
    transition = CASE_LIFECYCLE.transition(case.status, action)
    if transition.who != "coordinator" or action in BY_THE_AGENDA:
        raise NotAllowed(
            Bitext(
                "This step follows from the agenda, the chair or the signatures, not from here.",
                "此步骤由议程、主席或签署产生，不在此处操作。",
            )
        )
    _check_gate(case, action, reason)
    return move(actor=actor, at=at, case=case, action=action, reason=reason)


def move(*, actor: Actor, at: datetime, case: Case, action: str, reason: str = "") -> Case:
    """Takes the case along one lawful transition; the caller has checked who may and why."""
    source = case.status
    target = CASE_LIFECYCLE.target(source, action)
    case.held_from = source if target == CaseStatus.ON_HOLD else None
    case.status = target
    if action == "mark_ready" and case.due_on is None:
        case.due_on = working_days_after(at.date(), ANSWER_IN_WORKING_DAYS)
    case.steps.append(
        CaseStep(action=action, source=source, target=target, reason=reason, actor=actor.actor_ref, at=at)
    )
    session.flush()
    record(
        EventType.CASE_MOVED,
        actor=actor,
        at=at,
        subject=f"case:{case.id}",
        case_id=case.id,
        action=action,
        source=str(source),
        target=str(target),
    )
    return case


def gaps_before_ready(case: Case) -> list[Bitext]:
    """What is missing before the panel may see the case."""
    return missing_for_review(
        consented=consented(case, ConsentPurpose.REVIEW),
        questions=len(case.questions),
        outside_opinions=len(case.outside_opinions),
        unchecked_opinions=sum(opinion.checked_by_id is None for opinion in case.outside_opinions),
        identity_sealed=case.patient.identity is not None,
    )


def gaps_before_review(case: Case) -> list[Bitext]:
    """What is missing on the panel."""
    return missing_for_panel(
        disciplines={member.discipline for member in case.members if member.discipline},
        chairs=sum(member.role == MemberRole.CHAIR for member in case.members),
        core={key: one.label for key, one in catalogue().disciplines.items() if one.core},
    )


def _check_gate(case: Case, action: str, reason: str) -> None:
    gaps: list[Bitext] = []
    if action == "mark_ready":
        gaps = gaps_before_ready(case)
    elif action == "open_review":
        gaps = gaps_before_review(case)
    elif action in {"hold", "withdraw", "mark_incomplete"} and not reason.strip():
        gaps = [Bitext("Say why in one sentence.", "请用一句话说明原因。")]
    elif (
        action.startswith("resume_")
        and case.status == CaseStatus.ON_HOLD
        and action != f"resume_{case.held_from}"
    ):
        gaps = [Bitext("The case goes back to where it was held.", "病例须恢复至暂停前的状态。")]
    if gaps:
        raise Invalid(in_one_sentence(gaps), action=action)


def _check_record(case: CaseRecord) -> None:
    faults: dict[str, Bitext] = {}
    if not case.title:
        faults["title_en"] = Bitext("Give the case a short title.", "请填写病例标题。")
    if case.primary_site not in catalogue().choices["site"]:
        faults["primary_site"] = Bitext("Choose the primary site.", "请选择原发部位。")
    if case.primary_site in PAIRED_SITES and case.laterality not in {"left", "right", "bilateral", "unknown"}:
        faults["laterality"] = Bitext("A paired organ needs a side.", "成对器官须填写侧别。")
    if faults:
        raise Invalid(Bitext("Some answers are missing or wrong.", "部分内容缺失或有误。"), fields=faults)


def _check_questions(case: Case, questions: Sequence[tuple[Bitext, str]]) -> None:
    """At most ten; once the panel answers them by number, a question stays what it was under its number."""
    if len(questions) > MOST_QUESTIONS:
        sentence = Bitext(
            "At most ten questions fit one opinion. Join or drop some.",
            "一份意见最多回答十个问题，请合并或删减。",
        )
        raise Invalid(sentence, fields={"questions": sentence})
    if (case.held_from or case.status) in BEFORE_REVIEW:
        return
    texts = dict(enumerate((text for text, _ in questions), start=1))
    changed = [row.key for row in case.questions if not _goes_on(row.text, texts.get(row.position))]
    if changed:
        keys = ", ".join(changed)
        raise InvalidTransition(
            Bitext(
                f"The panel answers {keys} by its number already, so its words stay. Add a further question instead.",
                f"会诊组已按编号回答 {keys}，其内容不能再改。请另加一个问题。",
            )
        )


def _goes_on(before: Bitext, after: Bitext | None) -> bool:
    """Whether the text is the same or only completed by the language it lacked."""
    if after is None:
        return False
    return all(old in ("", new) for old, new in ((before.en, after.en), (before.zh, after.zh)))


def _check_member(case: Case, user: User, role: MemberRole, discipline: str | None) -> None:
    lawful = {
        MemberRole.COORDINATOR: user.role == Role.COORDINATOR,
        MemberRole.TRANSLATOR: user.role == Role.TRANSLATOR,
        MemberRole.CHAIR: user.role == Role.CHAIR,
        MemberRole.AUTHOR: discipline in user.disciplines,
    }[role]
    if not lawful:
        sentence = Bitext("This person does not have that role or discipline.", "此人不具备该角色或学科。")
        raise Invalid(sentence, fields={"user": sentence})
    taken = any(
        (member.user_id == user.id and member.role == role)
        or (role == MemberRole.AUTHOR and member.discipline == discipline)
        for member in case.members
    )
    chairs = sum(member.role == MemberRole.CHAIR for member in case.members)
    if taken or (role == MemberRole.CHAIR and chairs >= MOST_CHAIRS):
        sentence = Bitext(
            "That place on the panel is taken. Remove the other person first.", "该席位已有人，请先移除。"
        )
        raise Invalid(sentence, fields={"user": sentence})


def _add_member(
    case: Case,
    user: User,
    role: MemberRole,
    *,
    at: datetime,
    discipline: str | None = None,
    due_on: date | None = None,
) -> CaseMember:
    member = CaseMember(user=user, role=role, discipline=discipline, due_on=due_on, added_at=at)
    case.members.append(member)
    session.flush()
    return member


def _find_or_add_patient(facts: PatientFacts, actor: Actor) -> Patient:
    pseudonym = facts.pseudonym.strip().upper()
    if not pseudonym or len(pseudonym) > 40:
        sentence = Bitext("Give a pseudonym such as CEDAR-208.", "请填写代号，例如 CEDAR-208。")
        raise Invalid(sentence, fields={"pseudonym": sentence})
    found = session.scalars(select(Patient).where(Patient.pseudonym == pseudonym)).one_or_none()
    if found is not None:
        if (found.sex, found.birth_year) != (facts.sex, facts.birth_year):
            sentence = Bitext(
                "This pseudonym belongs to a person of another sex or birth year. Choose another one.",
                "该代号属于性别或出生年份不同的患者，请另选。",
            )
            raise Invalid(sentence, fields={"pseudonym": sentence})
        if isinstance(actor, User) and not _sees_patient(actor, found):
            sentence = Bitext(
                "This pseudonym is taken. Choose another one, or ask who coordinates that patient to add you.",
                "该代号已被使用。请另选，或请该患者的协调员将您加入。",
            )
            raise Invalid(sentence, fields={"pseudonym": sentence})
        return found
    row = Patient(
        pseudonym=pseudonym,
        sex=facts.sex,
        birth_year=facts.birth_year,
        home_country=facts.home_country,
        home_language=facts.home_language,
        other_languages=list(facts.other_languages),
        interpreter=facts.interpreter,
        menopausal=facts.menopausal,
        home_physician=dict(facts.home_physician),
    )
    session.add(row)
    session.flush()
    return row


def _sees_patient(user: User, patient: Patient) -> bool:
    """Whether one of the patient's cases is this person's to see: a further one opens the sealed identity."""
    cases = session.scalars(select(Case).where(Case.patient_id == patient.id)).unique()
    return any(access.can_see(user, case) for case in cases)


def _next_number(year: int) -> str:
    """`MDT-2026-0007`; the caller holds the lock under which the next number is free."""
    prefix = f"MDT-{year}-"
    # The longest first: as text, 9999 would stand behind 10000.
    longest_last = (func.length(Case.case_no).desc(), Case.case_no.desc())
    numbers = select(Case.case_no).where(Case.case_no.startswith(prefix, autoescape=True))
    last = session.scalar(numbers.order_by(*longest_last).limit(1))
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04d}"


def _write_record(row: Case, case: CaseRecord) -> None:
    row.title, row.situation, row.primary_site = case.title, case.situation, case.primary_site
    row.site_family = case.site_family or SITE_FAMILIES.get(case.primary_site, "generic")
    row.laterality, row.reasons, row.inviting_party = case.laterality, list(case.reasons), case.inviting_party
    row.setting, row.diagnosed_on, row.due_on = case.setting, case.diagnosed_on, case.due_on
    row.next_home_treatment_on, row.urgency, row.wishes = (
        case.next_home_treatment_on,
        case.urgency,
        case.wishes,
    )


def _as_text(case: Case | CaseRecord) -> dict[str, str]:
    return {
        "title": str(case.title),
        "primary_site": case.primary_site,
        "laterality": case.laterality,
        "wishes": str(case.wishes),
    }


def _outside_as_text(opinion: OutsideOpinion | OutsideRecord) -> dict[str, str]:
    codes = {key: str(value) for key, value in sorted(opinion.fields.items())}
    return {"diagnosis": str(opinion.diagnosis_text), "plan": str(opinion.plan), **codes}
