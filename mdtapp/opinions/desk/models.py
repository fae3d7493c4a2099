"""Comments on sentences, and who has the desk open now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.people.models import User
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import UTCDateTime


class StatementComment(Keyed, Base):
    """What a member of the panel says about a sentence, until the chair marks it as dealt with."""

    __tablename__ = "statement_comment"
    __table_args__ = (
        CheckConstraint("length(text) > 0", name="says_something"),
        CheckConstraint("(resolved_by_id IS NULL) = (resolved_at IS NULL)", name="resolved_by_somebody"),
    )

    statement_id: Mapped[int] = mapped_column(ForeignKey("statement.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    text: Mapped[str] = mapped_column(Text)
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    author: Mapped[User] = relationship(foreign_keys=[author_id], lazy="joined")
    resolved_by: Mapped[User | None] = relationship(foreign_keys=[resolved_by_id], lazy="joined")


class DeskPresence(Base):
    """When a person's page last said that it shows the desk, and which sentence they have open."""

    __tablename__ = "desk_presence"

    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("statement.id"))

    user: Mapped[User] = relationship(lazy="joined")
