"""Discipline inputs: one row a revision, and every save kept beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.cases.models import Case
from mdtapp.opinions.inputs.status import InputStatus
from mdtapp.people.models import User
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import EnumText, JSONText, UTCDateTime


class DisciplineInput(Keyed, Base):
    """One revision of what one discipline says. `data` has the shape its form version defines.

    A signed revision is never written again: an amendment is the next revision with its reason.
    """

    __tablename__ = "discipline_input"
    __table_args__ = (
        UniqueConstraint("case_id", "discipline", "revision"),
        CheckConstraint("revision >= 1", name="revision_from_one"),
        CheckConstraint(
            "status NOT IN ('submitted','locked') OR signed_at IS NOT NULL", name="signed_has_time"
        ),
        CheckConstraint("revision = 1 OR reason <> ''", name="revision_has_reason"),
        Index(
            "uq_discipline_input_current",
            "case_id",
            "discipline",
            unique=True,
            sqlite_where=text("status NOT IN ('amended','declined')"),
            postgresql_where=text("status NOT IN ('amended','declined')"),
        ),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    discipline: Mapped[str] = mapped_column(String(60))
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    revision: Mapped[int] = mapped_column(default=1)
    form_version: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    set_aside: Mapped[list[dict[str, Any]]] = mapped_column(JSONText, default=list)
    """Answers to questions a later form asks no more, in words; see mdtapp.opinions.inputs.form_change."""
    status: Mapped[InputStatus] = mapped_column(EnumText(InputStatus), default=InputStatus.ASSIGNED)
    reason: Mapped[str] = mapped_column(Text, default="")
    imported: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    saved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    signed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    row_version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship()
    author: Mapped[User] = relationship(lazy="joined")
    __mapper_args__ = {"version_id_col": row_version}


class InputSave(Keyed, Base):
    """One save of a draft, refused ones included: a text that was sent is never lost."""

    __tablename__ = "input_save"

    input_id: Mapped[int] = mapped_column(ForeignKey("discipline_input.id"), index=True)
    saved_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    based_on: Mapped[int]
    accepted: Mapped[bool]
    data: Mapped[dict[str, Any]] = mapped_column(JSONText)


class FormDefinition(Base):
    """The form as it was asked, kept for ever beside the inputs written with it."""

    __tablename__ = "form_definition"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    discipline: Mapped[str] = mapped_column(String(60))
    definition: Mapped[dict[str, Any]] = mapped_column(JSONText)
