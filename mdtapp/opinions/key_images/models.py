"""A key image of a case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.clinical.bitext import Bitext
from mdtapp.imaging.models import ImagingInstance
from mdtapp.people.models import User
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import BitextType, UTCDateTime


class KeyImage(Keyed, Base):
    """One frame somebody points at. `key_object_uid` is the DICOM Key Object that says the same to other systems.

    `rendered_sha256` is the picture as it is shown: what the meeting saw is what is printed, whatever arrives later.
    """

    __tablename__ = "key_image"
    __table_args__ = (
        UniqueConstraint("case_id", "instance_id", "frame", "chosen_by_id"),
        CheckConstraint("frame >= 1", name="frames_count_from_one"),
        CheckConstraint("length(rendered_sha256) = 64", name="rendered_is_sha256"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("imaging_instance.id"))
    frame: Mapped[int]
    note: Mapped[Bitext] = mapped_column(BitextType, default=Bitext)
    rendered_sha256: Mapped[str] = mapped_column(String(64))
    key_object_uid: Mapped[str] = mapped_column(String(64))
    chosen_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    chosen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    instance: Mapped[ImagingInstance] = relationship(lazy="joined")
    chosen_by: Mapped[User] = relationship(lazy="joined")
