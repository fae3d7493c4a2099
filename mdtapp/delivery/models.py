"""Recipients, deliveries by one-time link, and every attempt to open one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.cases.models import Case
from mdtapp.delivery.status import DeliveryStatus
from mdtapp.opinions.models import OpinionVersion
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import EnumText, UTCDateTime


class RecipientKind(StrEnum):
    """Who receives an opinion."""

    PATIENT = "patient"
    HOME_PHYSICIAN = "home_physician"
    COORDINATOR = "coordinator"


class Recipient(Keyed, Base):
    """Who is to receive the opinion; name and contact are sealed like the identity."""

    __tablename__ = "recipient"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    kind: Mapped[RecipientKind] = mapped_column(EnumText(RecipientKind))
    sealed_contact: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(20), default="en")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    case: Mapped[Case] = relationship()


class Delivery(Keyed, Base):
    """One link to one frozen version. Token and code are kept as hashes; five wrong codes lock it."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("wrong_codes BETWEEN 0 AND 5", name="five_tries"),
        CheckConstraint("status <> 'revoked' OR revocation_reason <> ''", name="revoked_has_reason"),
        CheckConstraint(
            "status <> 'acknowledged' OR acknowledged_at IS NOT NULL", name="acknowledged_has_time"
        ),
    )

    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipient.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("opinion_version.id"), index=True)
    status: Mapped[DeliveryStatus] = mapped_column(EnumText(DeliveryStatus), default=DeliveryStatus.PREPARED)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str] = mapped_column(String(200))
    wrong_codes: Mapped[int] = mapped_column(default=0)
    prepared_at: Mapped[datetime] = mapped_column(UTCDateTime)
    prepared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revocation_reason: Mapped[str] = mapped_column(Text, default="")
    row_version: Mapped[int] = mapped_column(default=1)

    recipient: Mapped[Recipient] = relationship(lazy="joined")
    version: Mapped[OpinionVersion] = relationship(lazy="joined")
    attempts: Mapped[list[DeliveryAttempt]] = relationship(
        back_populates="delivery", order_by="DeliveryAttempt.id"
    )
    __mapper_args__ = {"version_id_col": row_version}


class DeliveryAttempt(Keyed, Base):
    """One try of a recipient: link opened, code right or wrong, document fetched."""

    __tablename__ = "delivery_attempt"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(30))

    delivery: Mapped[Delivery] = relationship(back_populates="attempts")
