"""Known PACS, fetches of a study into a case, and what is to be sent out. Rows are the queue."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.models import OpinionVersion
from mdtapp.pacs.status import Retrieve, SendBy, StowAuth, TransferState
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import BitextType, EnumText, JSONText, UTCDateTime


class PacsNode(Keyed, Base):
    """A PACS we may speak to. `calling_ae` is empty where our own title is used.

    `stow_url` is the root of its DICOMweb; `stow_sealed` holds `{user, secret}`, sealed as identities are, or
    nothing; `stow_plain` says that the administrator allows http on the network.
    """

    __tablename__ = "pacs_node"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("port BETWEEN 1 AND 65535", name="port_range"),
    )

    name: Mapped[str] = mapped_column(String(80))
    ae_title: Mapped[str] = mapped_column(String(16))
    host: Mapped[str] = mapped_column(String(253))
    port: Mapped[int]
    calling_ae: Mapped[str] = mapped_column(String(16), default="")
    retrieve: Mapped[Retrieve] = mapped_column(EnumText(Retrieve), default=Retrieve.GET)
    send_by: Mapped[SendBy] = mapped_column(EnumText(SendBy), default=SendBy.STORE)
    stow_url: Mapped[str] = mapped_column(String(300), default="")
    stow_auth: Mapped[StowAuth] = mapped_column(EnumText(StowAuth), default=StowAuth.NONE)
    stow_sealed: Mapped[str] = mapped_column(Text, default="")
    stow_plain: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}


class Transfer(Keyed):
    """What fetches and sendings share. Whoever runs one holds it until `lease_until`, under a token of its own.

    `tries` counts those in a row that brought nothing.
    """

    state: Mapped[TransferState] = mapped_column(EnumText(TransferState), default=TransferState.WAITING)
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_token: Mapped[str] = mapped_column(String(32), default="")
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failure: Mapped[Bitext] = mapped_column(BitextType, default=Bitext)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class PacsFetch(Transfer, Base):
    """One study on its way from a PACS into a case.

    `series` is what the PACS said it holds: `[{uid, number, modality, description, instances}]`; `expected`
    their sum, None before it was asked. `received` counts what has come, filed or safe in the spool.
    `patient_key` is a hash of the patient number the PACS names: arrivals at our listener are held against it.
    """

    __tablename__ = "pacs_fetch"
    __table_args__ = (
        UniqueConstraint("case_id", "study_instance_uid"),
        CheckConstraint("state <> 'done' OR expected IS NOT NULL", name="done_was_counted"),
        Index("ix_pacs_fetch_state_next", "state", "next_try_at"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    node_id: Mapped[int] = mapped_column(ForeignKey("pacs_node.id"), index=True)
    study_instance_uid: Mapped[str] = mapped_column(String(64), index=True)
    study_date: Mapped[date | None]
    modalities: Mapped[str] = mapped_column(String(80), default="")
    description: Mapped[str] = mapped_column(String(200), default="")
    patient_key: Mapped[str] = mapped_column(String(64), default="")
    batch: Mapped[str] = mapped_column(String(64), unique=True)
    series: Mapped[list[dict[str, Any]]] = mapped_column(JSONText, default=list)
    expected: Mapped[int | None]
    received: Mapped[int] = mapped_column(default=0)

    case: Mapped[Case] = relationship()
    node: Mapped[PacsNode] = relationship(lazy="joined")


class PacsSending(Transfer, Base):
    """Stored DICOM objects on their way to a PACS.

    `version` is set when they are the opinion's document, `series_id` when they are a series made here.

    `objects`: `[{sha256, sop_class_uid, sop_instance_uid, transfer_syntax_uid}]`, the first `sent` of which the
    PACS has taken. A resend sends the same instances, byte for byte.
    """

    __tablename__ = "pacs_sending"
    __table_args__ = (
        CheckConstraint("sent >= 0", name="sent_not_negative"),
        Index("ix_pacs_sending_state_next", "state", "next_try_at"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("pacs_node.id"), index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("opinion_version.id"), index=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("imaging_series.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    objects: Mapped[list[dict[str, str]]] = mapped_column(JSONText)
    sent: Mapped[int] = mapped_column(default=0)

    case: Mapped[Case] = relationship()
    node: Mapped[PacsNode] = relationship(lazy="joined")
    version: Mapped[OpinionVersion | None] = relationship()
