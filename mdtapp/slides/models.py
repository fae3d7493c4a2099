"""Regions drawn on slides."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.people.models import User
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import JSONText, UTCDateTime


class SlideRegion(Keyed, Base):
    """A named outline on a slide, cited as `M3 r2`. It is withdrawn, never deleted: a text may cite it.

    `outline` is `[[x, y], …]` in whole pixels of level 0; `series_id` is set where the material is a study
    of DICOM slides and says which of them.
    """

    __tablename__ = "slide_region"
    __table_args__ = (
        UniqueConstraint("material_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("length(name) > 0", name="name_given"),
    )

    material_id: Mapped[int] = mapped_column(ForeignKey("material.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("imaging_series.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    outline: Mapped[list[list[int]]] = mapped_column(JSONText)
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    author: Mapped[User] = relationship()
