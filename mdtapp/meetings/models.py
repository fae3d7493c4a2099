"""Meeting, agenda item with its decision, attendance per case, dissent."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.meetings.minutes import Presence as Presence
from mdtapp.meetings.status import AgendaStatus, MeetingStatus
from mdtapp.people.models import User
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import BitextType, EnumText, JSONText, UTCDateTime


class Meeting(Keyed, Base):
    """The board at one time and place.

    `uid` and `sequence` are those of its invitation (RFC 5545 3.8.4.7 and 3.8.7.4): the first
    never changes, the second counts the changes of time, place or people.
    """

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 5 AND 480", name="minutes_plausible"),
        CheckConstraint("status <> 'cancelled' OR cancellation_reason <> ''", name="cancelled_has_reason"),
    )

    uid: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid4()))
    title: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    minutes: Mapped[int] = mapped_column(default=60)
    timezone: Mapped[str] = mapped_column(String(60))
    place: Mapped[str] = mapped_column(String(200), default="")
    video_link: Mapped[str] = mapped_column(String(500), default="")
    chair_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    coordinator_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    status: Mapped[MeetingStatus] = mapped_column(EnumText(MeetingStatus), default=MeetingStatus.PLANNED)
    sequence: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    minutes_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancellation_reason: Mapped[str] = mapped_column(Text, default="")
    row_version: Mapped[int] = mapped_column(default=1)

    chair: Mapped[User] = relationship(foreign_keys=[chair_id], lazy="joined")
    coordinator: Mapped[User | None] = relationship(foreign_keys=[coordinator_id])
    items: Mapped[list[AgendaItem]] = relationship(
        back_populates="meeting",
        cascade="all, delete-orphan",
        order_by="(AgendaItem.position, AgendaItem.id)",
    )
    __mapper_args__ = {"version_id_col": row_version}


class AgendaItem(Keyed, Base):
    """One case in one meeting, and what was decided: a concluded item cannot lack its decision."""

    __tablename__ = "agenda_item"
    __table_args__ = (
        UniqueConstraint("meeting_id", "case_id"),
        CheckConstraint(
            "status <> 'concluded' OR (decided_at IS NOT NULL AND result_class <> '' AND dissent_asked)",
            name="concluded_is_decided",
        ),
        CheckConstraint("status <> 'deferred' OR deferral_reason <> ''", name="deferred_has_reason"),
        CheckConstraint("votes_for >= 0 AND votes_against >= 0 AND votes_abstain >= 0", name="votes_counted"),
    )

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    position: Mapped[int]
    planned_minutes: Mapped[int] = mapped_column(default=15)
    status: Mapped[AgendaStatus] = mapped_column(EnumText(AgendaStatus), default=AgendaStatus.WAITING)
    result_class: Mapped[str] = mapped_column(String(40), default="")
    also: Mapped[list[str]] = mapped_column(JSONText, default=list)
    decision: Mapped[Bitext] = mapped_column(BitextType, default=Bitext)
    votes_for: Mapped[int] = mapped_column(default=0)
    votes_against: Mapped[int] = mapped_column(default=0)
    votes_abstain: Mapped[int] = mapped_column(default=0)
    dissent_asked: Mapped[bool] = mapped_column(default=False)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deferral_reason: Mapped[str] = mapped_column(String(40), default="")
    deferral_note: Mapped[str] = mapped_column(Text, default="")
    minutes_used: Mapped[int | None]
    prompts: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    row_version: Mapped[int] = mapped_column(default=1)

    meeting: Mapped[Meeting] = relationship(back_populates="items")
    case: Mapped[Case] = relationship(lazy="joined")
    attendances: Mapped[list[Attendance]] = relationship(
        back_populates="item", cascade="all, delete-orphan", order_by="Attendance.id"
    )
    dissents: Mapped[list[Dissent]] = relationship(
        back_populates="item", cascade="all, delete-orphan", order_by="Dissent.id"
    )
    __mapper_args__ = {"version_id_col": row_version}


class Attendance(Keyed, Base):
    """How one member took part in the discussion of one case."""

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("item_id", "user_id"),)

    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_item.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    discipline: Mapped[str] = mapped_column(String(60), default="")
    presence: Mapped[Presence] = mapped_column(EnumText(Presence))

    item: Mapped[AgendaItem] = relationship(back_populates="attendances")
    user: Mapped[User] = relationship(lazy="joined")


class Dissent(Keyed, Base):
    """A named member does not agree with the decision."""

    __tablename__ = "dissent"
    __table_args__ = (UniqueConstraint("item_id", "user_id"),)

    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_item.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    discipline: Mapped[str] = mapped_column(String(60), default="")
    text: Mapped[Bitext] = mapped_column(BitextType)
    to_patient: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    item: Mapped[AgendaItem] = relationship(back_populates="dissents")
    user: Mapped[User] = relationship(lazy="joined")
