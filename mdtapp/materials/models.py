"""Materials of a case, and the record of every file that ever arrived."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.clinical.bitext import Bitext
from mdtapp.materials.status import Decision, FileKind, MaterialKind, MaterialStatus, Outcome, Source
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import BitextType, EnumText, UTCDateTime


class Material(Keyed, Base):
    """One thing the panel looks at, or still waits for. `sha256` is empty for images and requests."""

    __tablename__ = "material"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("length(title) > 0", name="title_given"),
        CheckConstraint("sha256 IS NULL OR length(sha256) = 64", name="sha256_length"),
        CheckConstraint("supersedes_id IS NULL OR supersedes_id <> id", name="not_its_own_successor"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    number: Mapped[int]
    kind: Mapped[MaterialKind] = mapped_column(EnumText(MaterialKind))
    title: Mapped[str] = mapped_column(String(300))
    dated_on: Mapped[date | None]
    language: Mapped[str] = mapped_column(String(35), default="")
    pages: Mapped[int | None]
    status: Mapped[MaterialStatus] = mapped_column(EnumText(MaterialStatus))
    legible: Mapped[bool] = mapped_column(default=True)
    pseudonymised_by: Mapped[str] = mapped_column(String(120), default="")
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    size: Mapped[int | None] = mapped_column(BigInteger)
    file_kind: Mapped[FileKind | None] = mapped_column(EnumText(FileKind))
    media_type: Mapped[str] = mapped_column(String(120), default="")
    file_name: Mapped[str] = mapped_column(String(255), default="")
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("material.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}

    @property
    def reference(self) -> str:
        """How people cite it: `M3`."""
        return f"M{self.number}"


class Opening(Keyed, Base):
    """The first time a person opened a material."""

    __tablename__ = "opening"
    __table_args__ = (UniqueConstraint("material_id", "user_id"),)

    material_id: Mapped[int] = mapped_column(ForeignKey("material.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)


class IntakeBatch(Keyed, Base):
    """Files that came together: one drop in the browser, one command, one DICOM association."""

    __tablename__ = "intake_batch"

    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    source: Mapped[Source] = mapped_column(EnumText(Source))
    actor: Mapped[str] = mapped_column(String(120))
    peer: Mapped[str] = mapped_column(String(120), default="")
    vouch: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)

    files: Mapped[list[IntakeFile]] = relationship(back_populates="batch", order_by="IntakeFile.id")


class IntakeFile(Keyed, Base):
    """One file that arrived, and what became of it. `(arrival, position)` makes a repeat harmless."""

    __tablename__ = "intake_file"
    __table_args__ = (
        UniqueConstraint("arrival", "position"),
        CheckConstraint("size >= 0", name="size_not_negative"),
        CheckConstraint("sha256 IS NULL OR length(sha256) = 64", name="sha256_length"),
        CheckConstraint(
            "(outcome IN ('accepted', 'duplicate')) OR reason_code <> ''", name="refusal_has_a_reason"
        ),
        CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decided_by = '')",
            name="decision_whole",
        ),
        Index("ix_intake_file_case_outcome", "case_id", "outcome"),
    )

    batch_id: Mapped[int] = mapped_column(ForeignKey("intake_batch.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    arrival: Mapped[str] = mapped_column(String(64))
    position: Mapped[int]
    path: Mapped[str] = mapped_column(String(1000))
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[FileKind] = mapped_column(EnumText(FileKind))
    outcome: Mapped[Outcome] = mapped_column(EnumText(Outcome))
    reason_code: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[Bitext] = mapped_column(BitextType)
    sop_instance_uid: Mapped[str | None] = mapped_column(String(64), index=True)
    material_id: Mapped[int | None] = mapped_column(ForeignKey("material.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decision: Mapped[Decision | None] = mapped_column(EnumText(Decision))
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    batch: Mapped[IntakeBatch] = relationship(back_populates="files")

    @property
    def reference(self) -> str:
        """How events name it, known before the row is written: `arrival:8f3…/0`."""
        return f"arrival:{self.arrival}/{self.position}"
