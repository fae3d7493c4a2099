"""Conflict findings, the opinion under edit, its frozen versions and their signatures."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.status import FindingStatus, OpinionStatus
from mdtapp.people.models import User
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import BitextType, EnumText, JSONText, UTCDateTime


class VersionKind(StrEnum):
    """What a frozen version is."""

    OPINION = "opinion"
    ADDENDUM = "addendum"


class SignatureMeaning(StrEnum):
    """What the signer says by signing (21 CFR 11.50 asks for the meaning)."""

    AGREE = "agree"
    AGREE_WITH_DISSENT = "agree_with_dissent"
    REVIEWED = "reviewed"


class ConflictFinding(Keyed, Base):
    """A contradiction a rule named, with the values it saw. A new set of values is a new row."""

    __tablename__ = "conflict_finding"
    __table_args__ = (
        Index(
            "uq_conflict_finding_current",
            "case_id",
            "rule",
            unique=True,
            sqlite_where=text("status <> 'obsolete'"),
            postgresql_where=text("status <> 'obsolete'"),
        ),
        CheckConstraint(
            "status <> 'resolved' OR (resolution <> '' AND resolved_at IS NOT NULL)", name="resolved_says_how"
        ),
        CheckConstraint("confirmed_by_id IS NULL OR confirmed_by_id <> resolved_by_id", name="second_person"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    rule: Mapped[str] = mapped_column(String(10))
    severity: Mapped[str] = mapped_column(String(10))
    section: Mapped[str] = mapped_column(String(40))
    values: Mapped[dict[str, Any]] = mapped_column(JSONText)
    status: Mapped[FindingStatus] = mapped_column(EnumText(FindingStatus), default=FindingStatus.OPEN)
    found_at: Mapped[datetime] = mapped_column(UTCDateTime)
    resolution: Mapped[str] = mapped_column(String(40), default="")
    chosen: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[Bitext] = mapped_column(BitextType, default=Bitext)
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    row_version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship()
    resolved_by: Mapped[User | None] = relationship(foreign_keys=[resolved_by_id])
    confirmed_by: Mapped[User | None] = relationship(foreign_keys=[confirmed_by_id])
    confirmations: Mapped[list[FindingConfirmation]] = relationship(order_by="FindingConfirmation.id")
    __mapper_args__ = {"version_id_col": row_version}


class FindingConfirmation(Keyed, Base):
    """One discipline's word on how a conflict was settled. The finding is confirmed once no word is missing."""

    __tablename__ = "finding_confirmation"
    __table_args__ = (UniqueConstraint("finding_id", "discipline"),)

    finding_id: Mapped[int] = mapped_column(ForeignKey("conflict_finding.id"), index=True)
    discipline: Mapped[str] = mapped_column(String(60))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Opinion(Keyed, Base):
    """The opinion of a case, or one of its addenda, while it is worked on."""

    __tablename__ = "opinion"
    __table_args__ = (
        UniqueConstraint("case_id", "kind", "number"),
        CheckConstraint("(kind = 'opinion') = (number = 0)", name="addenda_are_numbered"),
        CheckConstraint("kind = 'opinion' OR reason <> ''", name="addendum_has_reason"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    kind: Mapped[VersionKind] = mapped_column(EnumText(VersionKind), default=VersionKind.OPINION)
    number: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(40), default="")
    status: Mapped[OpinionStatus] = mapped_column(EnumText(OpinionStatus), default=OpinionStatus.DRAFT)
    result_class: Mapped[str] = mapped_column(String(40), default="")
    also: Mapped[list[str]] = mapped_column(JSONText, default=list)
    language_checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    language_checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    row_version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship()
    language_checked_by: Mapped[User | None] = relationship()
    statements: Mapped[list[Statement]] = relationship(
        back_populates="opinion",
        cascade="all, delete-orphan",
        order_by="(Statement.section, Statement.position, Statement.id)",
    )
    versions: Mapped[list[OpinionVersion]] = relationship(
        back_populates="opinion", order_by="OpinionVersion.version"
    )
    __mapper_args__ = {"version_id_col": row_version}


class Statement(Keyed, Base):
    """One sentence of the opinion. Its provenance stays with it through every edit.

    `audience` is chosen for a dissent (`mdtapp.opinions.audience`), empty where the section's own holds;
    `frame` holds what the guidelines say of a recommendation (`mdtapp.opinions.guideline_frame`).
    """

    __tablename__ = "statement"
    __table_args__ = (CheckConstraint("provenance <> '[]'", name="has_provenance"),)

    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), index=True)
    section: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    text: Mapped[Bitext] = mapped_column(BitextType)
    original: Mapped[Bitext] = mapped_column(BitextType)
    provenance: Mapped[list[dict[str, Any]]] = mapped_column(JSONText)
    kind: Mapped[str] = mapped_column(String(20), default="finding")
    mark: Mapped[str] = mapped_column(String(20), default="")
    question: Mapped[str] = mapped_column(String(10), default="")
    step: Mapped[dict[str, Any] | None] = mapped_column(JSONText)
    needs_translation: Mapped[list[str]] = mapped_column(JSONText, default=list)
    edited_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    dropped_reason: Mapped[str] = mapped_column(Text, default="")
    audience: Mapped[str] = mapped_column(String(12), default="", server_default="")
    frame: Mapped[dict[str, Any] | None] = mapped_column(JSONText)
    row_version: Mapped[int] = mapped_column(default=1)

    opinion: Mapped[Opinion] = relationship(back_populates="statements")
    edited_by: Mapped[User | None] = relationship()
    __mapper_args__ = {"version_id_col": row_version}


class StatementEdit(Keyed, Base):
    """What a statement said before an edit: nothing is overwritten without a trace."""

    __tablename__ = "statement_edit"

    statement_id: Mapped[int] = mapped_column(ForeignKey("statement.id"), index=True)
    edited_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    before: Mapped[Bitext] = mapped_column(BitextType)
    after: Mapped[Bitext] = mapped_column(BitextType)


class OpinionStep(Keyed, Base):
    """One act at the desk: what each statement it touched was before and is after. Step n leads to version n.

    `changes` maps the id of a statement to `{"before", "after"}`; the key `result` holds the result class.
    """

    __tablename__ = "opinion_step"
    __table_args__ = (
        UniqueConstraint("opinion_id", "number"),
        CheckConstraint("number >= 1", name="number_from_one"),
        CheckConstraint("undoes IS NULL OR undoes < number", name="undoes_an_earlier_one"),
    )

    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), index=True)
    number: Mapped[int]
    act: Mapped[str] = mapped_column(String(20))
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    changes: Mapped[dict[str, Any]] = mapped_column(JSONText)
    undoes: Mapped[int | None]

    by: Mapped[User] = relationship(lazy="joined")


class OpinionVersion(Keyed, Base):
    """A frozen text: canonical JSON and its SHA-256. Only what became of it is written later: void, released.

    `pdf_sha256` and `pdf_zh_sha256` name the released documents, English and Chinese leading.
    """

    __tablename__ = "opinion_version"
    __table_args__ = (
        UniqueConstraint("opinion_id", "version"),
        CheckConstraint("length(content_hash) = 64", name="hash_is_sha256"),
    )

    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), index=True)
    version: Mapped[int]
    frozen: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(64), index=True)
    frozen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    frozen_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    void: Mapped[bool] = mapped_column(default=False)
    void_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    voided_by: Mapped[str] = mapped_column(String(120), default="", server_default="")
    verify_code: Mapped[str] = mapped_column(String(20), unique=True)
    pdf_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    pdf_zh_sha256: Mapped[str | None] = mapped_column(String(64), index=True)

    opinion: Mapped[Opinion] = relationship(back_populates="versions")
    signatures: Mapped[list[Signature]] = relationship(back_populates="version", order_by="Signature.id")


class Signature(Keyed, Base):
    """One person's signature on one frozen text; the hash is repeated so that it cannot be moved."""

    __tablename__ = "signature"
    __table_args__ = (UniqueConstraint("version_id", "user_id"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("opinion_version.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    discipline: Mapped[str] = mapped_column(String(60), default="")
    role: Mapped[str] = mapped_column(String(20))
    meaning: Mapped[SignatureMeaning] = mapped_column(EnumText(SignatureMeaning))
    licence_no: Mapped[str] = mapped_column(String(60), default="")
    content_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    imported: Mapped[bool] = mapped_column(default=False)

    version: Mapped[OpinionVersion] = relationship(back_populates="signatures")
    user: Mapped[User] = relationship(lazy="joined")
