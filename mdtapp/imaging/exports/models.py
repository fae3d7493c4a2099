"""Whose pixels a person has looked at, and what was handed out to whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.imaging.copy_order import Form
from mdtapp.imaging.models import ImagingInstance, ImagingStudy
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import EnumText, JSONText, UTCDateTime


class PixelClearance(Keyed, Base):
    """A person looked at the picture and says that nothing in it names the patient."""

    __tablename__ = "pixel_clearance"
    __table_args__ = (CheckConstraint("length(reason) > 0", name="reason_given"),)

    instance_id: Mapped[int] = mapped_column(ForeignKey("imaging_instance.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    cleared_by: Mapped[str] = mapped_column(String(120))
    cleared_at: Mapped[datetime] = mapped_column(UTCDateTime)

    instance: Mapped[ImagingInstance] = relationship()


class ImageExport(Keyed, Base):
    """Images that were handed out. `series` holds the ids of the chosen series, `instances` their count."""

    __tablename__ = "image_export"
    __table_args__ = (
        CheckConstraint("instances > 0", name="instances_positive"),
        CheckConstraint("form <> 'received' OR length(reason) > 0", name="reason_given"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("imaging_study.id"), index=True)
    form: Mapped[Form] = mapped_column(EnumText(Form))
    series: Mapped[list[int]] = mapped_column(JSONText, default=list)
    instances: Mapped[int]
    reason: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)

    study: Mapped[ImagingStudy] = relationship()
