"""Studies, series and instances once each by UID, and their links to cases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.clinical.bitext import Bitext
from mdtapp.imaging.status import LinkGround, LinkState, PreviewState
from mdtapp.materials.identity import Verdict
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import BitextType, EnumText, JSONText, UTCDateTime


class ArrivingIdentity(Keyed, Base):
    """A patient as images name them. `fingerprint` is the SHA-256 over the values as sent."""

    __tablename__ = "arriving_identity"

    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    patient_name: Mapped[str] = mapped_column(Text, default="")
    patient_id: Mapped[str] = mapped_column(String(200), default="")
    birth_date: Mapped[str] = mapped_column(String(40), default="")
    sex: Mapped[str] = mapped_column(String(16), default="")
    other_names: Mapped[list[str]] = mapped_column(JSONText, default=list)
    other_patient_ids: Mapped[list[str]] = mapped_column(JSONText, default=list)


class ImagingStudy(Keyed, Base):
    """One study, under the StudyInstanceUID it came with."""

    __tablename__ = "imaging_study"

    study_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    study_date: Mapped[date | None]
    study_time: Mapped[str] = mapped_column(String(16), default="")
    description: Mapped[str] = mapped_column(String(200), default="")
    accession_number: Mapped[str] = mapped_column(String(64), default="")
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)

    series: Mapped[list[ImagingSeries]] = relationship(back_populates="study")


class ImagingSeries(Keyed, Base):
    """One series of a study, with the state of its preview picture."""

    __tablename__ = "imaging_series"
    __table_args__ = (
        UniqueConstraint("study_id", "series_instance_uid"),
        CheckConstraint("(preview_state = 'made') = (preview_sha256 IS NOT NULL)", name="preview_whole"),
        Index("ix_imaging_series_preview_state", "preview_state"),
    )

    study_id: Mapped[int] = mapped_column(ForeignKey("imaging_study.id"))
    series_instance_uid: Mapped[str] = mapped_column(String(64))
    modality: Mapped[str] = mapped_column(String(16), default="")
    number: Mapped[int | None] = mapped_column(BigInteger)
    description: Mapped[str] = mapped_column(String(200), default="")
    body_part: Mapped[str] = mapped_column(String(64), default="")
    laterality: Mapped[str] = mapped_column(String(16), default="")
    frame_of_reference_uid: Mapped[str] = mapped_column(String(64), default="")
    preview_state: Mapped[PreviewState] = mapped_column(EnumText(PreviewState), default=PreviewState.PENDING)
    preview_sha256: Mapped[str | None] = mapped_column(String(64))
    preview_reason: Mapped[Bitext] = mapped_column(BitextType, default=Bitext)

    study: Mapped[ImagingStudy] = relationship(back_populates="series")
    instances: Mapped[list[ImagingInstance]] = relationship(back_populates="series")


class ImagingInstance(Keyed, Base):
    """One instance. `attributes` holds the rest of its header as read (window, spacing, position)."""

    __tablename__ = "imaging_instance"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256_length"),)

    series_id: Mapped[int] = mapped_column(ForeignKey("imaging_series.id"), index=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("arriving_identity.id"), index=True)
    sop_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    sop_class_uid: Mapped[str] = mapped_column(String(64), default="")
    transfer_syntax_uid: Mapped[str] = mapped_column(String(64), default="")
    instance_number: Mapped[int | None] = mapped_column(BigInteger)
    rows: Mapped[int | None]
    columns: Mapped[int | None]
    frames: Mapped[int] = mapped_column(default=1)
    has_pixels: Mapped[bool] = mapped_column(default=False)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)

    series: Mapped[ImagingSeries] = relationship(back_populates="instances")
    identity: Mapped[ArrivingIdentity] = relationship()


class StudyLink(Keyed, Base):
    """The images of a study that carry one identity, held against one case.

    A study in which two identities are mixed therefore has two links, and only the images
    of a linked identity are shown. `comparison` names fields and results, never values.
    """

    __tablename__ = "study_link"
    __table_args__ = (
        UniqueConstraint("study_id", "case_id", "identity_id"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decision_dated"),
        CheckConstraint("(state = 'waiting') = (ground IS NULL)", name="decision_grounded"),
        CheckConstraint("ground IS NULL OR ground = 'identity' OR length(reason) > 0", name="reason_given"),
        Index("ix_study_link_case_state", "case_id", "state"),
    )

    study_id: Mapped[int] = mapped_column(ForeignKey("imaging_study.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    identity_id: Mapped[int] = mapped_column(ForeignKey("arriving_identity.id"))
    material_id: Mapped[int | None] = mapped_column(ForeignKey("material.id"), index=True)
    state: Mapped[LinkState] = mapped_column(EnumText(LinkState))
    verdict: Mapped[Verdict] = mapped_column(EnumText(Verdict))
    comparison: Mapped[list[dict[str, str]]] = mapped_column(JSONText, default=list)
    ground: Mapped[LinkGround | None] = mapped_column(EnumText(LinkGround))
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}

    study: Mapped[ImagingStudy] = relationship()
    identity: Mapped[ArrivingIdentity] = relationship()
