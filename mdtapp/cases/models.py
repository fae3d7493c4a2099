"""Patient (with the sealed identity), case, questions, outside opinion, consent, members."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from mdtapp.cases.status import ANSWERED, CaseStatus
from mdtapp.clinical.bitext import Bitext
from mdtapp.people.models import User
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import BitextType, EnumText, JSONText, UTCDateTime

LAST_DAY = date(9999, 12, 31)


class Sex(StrEnum):
    """Recorded sex (FHIR administrative-gender)."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class Situation(StrEnum):
    """Why the second opinion is asked for."""

    NEW_MULTIPLE_OPTIONS = "new_multiple_options"
    CONFLICTING_OPINIONS = "conflicting_opinions"
    RARE_UNCLEAR = "rare_unclear"
    PROGRESSION_RECURRENCE = "progression_recurrence"
    NEW_COUNTRY_PLANNING = "new_country_planning"


class Urgency(StrEnum):
    """How fast an answer is needed."""

    ROUTINE = "routine"
    FAST = "fast"
    SAFETY = "safety"


class ConsentPurpose(StrEnum):
    """What the patient agreed to; each purpose is asked for by itself."""

    REVIEW = "review"
    TRANSFER_ABROAD = "transfer_abroad"
    HOME_DOCTOR = "home_doctor"
    TEACHING = "teaching"


class MemberRole(StrEnum):
    """What a person does on one case."""

    COORDINATOR = "coordinator"
    AUTHOR = "author"
    CHAIR = "chair"
    TRANSLATOR = "translator"


class Patient(Keyed, Base):
    """A person, known to specialists by a pseudonym only."""

    __tablename__ = "patient"
    __table_args__ = (
        CheckConstraint(
            "birth_year IS NULL OR birth_year BETWEEN 1900 AND 2100", name="birth_year_plausible"
        ),
        CheckConstraint("length(home_country) = 2", name="country_is_iso_3166"),
    )

    pseudonym: Mapped[str] = mapped_column(String(40), unique=True)
    sex: Mapped[Sex] = mapped_column(EnumText(Sex))
    birth_year: Mapped[int | None]
    home_country: Mapped[str] = mapped_column(String(2))
    home_language: Mapped[str] = mapped_column(String(20))
    other_languages: Mapped[list[str]] = mapped_column(JSONText, default=list)
    interpreter: Mapped[bool] = mapped_column(default=False)
    menopausal: Mapped[str] = mapped_column(String(20), default="")
    home_physician: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)

    identity: Mapped[SealedIdentity | None] = relationship(back_populates="patient")


class SealedIdentity(Keyed, Base):
    """Name, birth date, sex, identifiers and contact, encrypted; only coordinators have it opened."""

    __tablename__ = "sealed_identity"

    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), unique=True)
    sealed: Mapped[str] = mapped_column(Text)
    sealed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    patient: Mapped[Patient] = relationship(back_populates="identity")


class Case(Keyed, Base):
    """One referral. `row_version` guards against a lost edit."""

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint(
            "primary_site NOT IN ('breast','lung','kidney','ovary') OR laterality <> ''",
            name="paired_organ_has_side",
        ),
        CheckConstraint("(status = 'on_hold') = (held_from IS NOT NULL)", name="held_from_known"),
        Index("ix_case_open_due", "open_to_coordinators", "due_key", "id"),
        Index("ix_case_open_status_due", "open_to_coordinators", "status", "due_key", "id"),
    )

    case_no: Mapped[str] = mapped_column(String(20), unique=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    title: Mapped[Bitext] = mapped_column(BitextType)
    situation: Mapped[Situation] = mapped_column(EnumText(Situation))
    reasons: Mapped[list[str]] = mapped_column(JSONText, default=list)
    inviting_party: Mapped[str] = mapped_column(String(40), default="")
    primary_site: Mapped[str] = mapped_column(String(40))
    site_family: Mapped[str] = mapped_column(String(40))
    laterality: Mapped[str] = mapped_column(String(20), default="")
    setting: Mapped[str] = mapped_column(String(40), default="")
    diagnosed_on: Mapped[date | None]
    received_on: Mapped[date]
    due_on: Mapped[date | None]
    due_key: Mapped[date] = mapped_column(default=LAST_DAY, server_default=LAST_DAY.isoformat())
    meeting_on: Mapped[date | None]
    next_home_treatment_on: Mapped[date | None]
    urgency: Mapped[Urgency] = mapped_column(EnumText(Urgency), default=Urgency.ROUTINE)
    wishes: Mapped[Bitext] = mapped_column(BitextType, default=Bitext)
    history: Mapped[list[dict[str, Any]]] = mapped_column(JSONText, default=list)
    labs: Mapped[list[dict[str, Any]]] = mapped_column(JSONText, default=list)
    summaries: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    status: Mapped[CaseStatus] = mapped_column(EnumText(CaseStatus), default=CaseStatus.NEW)
    held_from: Mapped[CaseStatus | None] = mapped_column(EnumText(CaseStatus))
    open_to_coordinators: Mapped[bool] = mapped_column(default=False)
    independence_lifted: Mapped[bool] = mapped_column(default=False)
    independence_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    row_version: Mapped[int] = mapped_column(default=1)

    patient: Mapped[Patient] = relationship(lazy="joined")
    questions: Mapped[list[PatientQuestion]] = relationship(
        back_populates="case", cascade="all, delete-orphan", order_by="PatientQuestion.position"
    )
    outside_opinions: Mapped[list[OutsideOpinion]] = relationship(
        back_populates="case", cascade="all, delete-orphan", order_by="OutsideOpinion.label"
    )
    members: Mapped[list[CaseMember]] = relationship(
        back_populates="case", cascade="all, delete-orphan", order_by="CaseMember.id"
    )
    consents: Mapped[list[Consent]] = relationship(
        back_populates="case", cascade="all, delete-orphan", order_by="Consent.id"
    )
    steps: Mapped[list[CaseStep]] = relationship(
        back_populates="case", cascade="all, delete-orphan", order_by="CaseStep.id"
    )

    __mapper_args__ = {"version_id_col": row_version}

    @validates("due_on")
    def _key_follows(self, _name: str, due_on: date | None) -> date | None:
        """`due_key` is what lists are ordered and paged by: a case without a date comes last."""
        self.due_key = due_on or LAST_DAY
        return due_on

    @property
    def awaited_on(self) -> date | None:
        """The due date while the answer is still awaited: what has arrived is never late."""
        return None if self.status in ANSWERED else self.due_on


class PatientQuestion(Keyed, Base):
    """One of the patient's own questions, numbered; `key` (Q1) is what inputs refer to."""

    __tablename__ = "patient_question"
    __table_args__ = (
        UniqueConstraint("case_id", "key"),
        CheckConstraint("position BETWEEN 1 AND 10", name="one_to_ten"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    key: Mapped[str] = mapped_column(String(10))
    position: Mapped[int]
    text: Mapped[Bitext] = mapped_column(BitextType)
    original: Mapped[str] = mapped_column(Text, default="")

    case: Mapped[Case] = relationship(back_populates="questions")


class OutsideOpinion(Keyed, Base):
    """What one home hospital said: structured `fields`, the diagnosis and the plan in words, plan `steps`.

    `fields` holds the codes that agreement and conflict rules compare (primary_site, laterality,
    histology_group, behaviour, t_category, … and markers such as er_pct).
    """

    __tablename__ = "outside_opinion"
    __table_args__ = (
        UniqueConstraint("case_id", "label"),
        CheckConstraint("checked_by_id IS NULL OR checked_by_id <> transcribed_by_id", name="two_people"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    label: Mapped[str] = mapped_column(String(2), default="A")
    institution: Mapped[str] = mapped_column(String(200), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    given_on: Mapped[date | None]
    diagnosis_text: Mapped[Bitext] = mapped_column(BitextType, default=Bitext)
    plan: Mapped[Bitext] = mapped_column(BitextType, default=Bitext)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONText, default=list)
    transcribed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    row_version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship(back_populates="outside_opinions")
    __mapper_args__ = {"version_id_col": row_version}


class Consent(Keyed, Base):
    """The patient's answer for one purpose, under one version of the text; a new answer is a new row."""

    __tablename__ = "consent"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    purpose: Mapped[ConsentPurpose] = mapped_column(EnumText(ConsentPurpose))
    text_version: Mapped[str] = mapped_column(String(20))
    given: Mapped[bool]
    given_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    case: Mapped[Case] = relationship(back_populates="consents")


class CaseMember(Keyed, Base):
    """A person on one case. Nobody else sees it (`mdtapp.cases.access`)."""

    __tablename__ = "case_member"
    __table_args__ = (
        UniqueConstraint("case_id", "user_id", "role"),
        CheckConstraint("(role = 'author') = (discipline IS NOT NULL)", name="author_has_discipline"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    role: Mapped[MemberRole] = mapped_column(EnumText(MemberRole))
    discipline: Mapped[str | None] = mapped_column(String(60))
    due_on: Mapped[date | None]
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
    conflict_of_interest: Mapped[str] = mapped_column(Text, default="")

    case: Mapped[Case] = relationship(back_populates="members")
    user: Mapped[User] = relationship(lazy="joined")


class CaseStep(Keyed, Base):
    """One move of a case from state to state: its history is rows, not an overwritten column."""

    __tablename__ = "case_step"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    action: Mapped[str] = mapped_column(String(40))
    source: Mapped[CaseStatus] = mapped_column(EnumText(CaseStatus))
    target: Mapped[CaseStatus] = mapped_column(EnumText(CaseStatus))
    reason: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    case: Mapped[Case] = relationship(back_populates="steps")
