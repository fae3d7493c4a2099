"""Recording an event, and walking the chain.

A chain shows order and change, not a rewritten whole (Crosby & Wallach, USENIX Security
2009): each frozen opinion therefore prints the head it was made under.
"""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import select

from mdtapp.audit.events import EventType
from mdtapp.audit.models import Event, EventHead
from mdtapp.store.db import session
from mdtapp.store.types import canonical_json

GENESIS = "0" * 64


class Actor(Protocol):
    """Whoever acts; never anonymous."""

    @property
    def actor_ref(self) -> str: ...


@dataclass(frozen=True, slots=True)
class SystemActor:
    """A part of the system acting by itself, such as `system:gateway`."""

    name: str

    @property
    def actor_ref(self) -> str:
        return f"system:{self.name}"


def command_line_actor() -> SystemActor:
    """`system:cli` with the operating-system user who typed the command."""
    return SystemActor(f"cli({getpass.getuser()})")


def record(
    event: EventType, *, actor: Actor, at: datetime, subject: str, case_id: int | None = None, **detail: Any
) -> Event:
    """Appends one event to the chain inside the running transaction.

    `subject` names the thing (`case:12`); `detail` holds references, codes and hashes
    only, never clinical text or a name.
    """
    head = lock_head()
    row = Event(
        seq=head.seq + 1,
        at=at.astimezone(UTC),
        actor=actor.actor_ref,
        event=str(event),
        subject=subject,
        case_id=case_id,
        detail=detail,
        previous=head.hash,
    )
    row.hash = event_hash(row)
    session.add(row)
    head.seq, head.hash = row.seq, row.hash
    session.flush()
    return row


def lock_head() -> EventHead:
    """The head row, locked until the transaction ends: writers queue here on PostgreSQL."""
    head = session.scalars(
        select(EventHead).with_for_update().execution_options(populate_existing=True)
    ).one()
    return head


def head_reference() -> dict[str, Any]:
    """`{"seq", "hash"}` of the last event, to be printed outside the database."""
    head = session.scalars(select(EventHead)).one()
    return {"seq": head.seq, "hash": head.hash}


def event_hash(row: Event) -> str:
    """SHA-256 over the canonical JSON of all columns but the hash itself."""
    content = [
        row.seq,
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        row.actor,
        row.event,
        row.subject,
        row.case_id,
        row.detail,
        row.previous,
    ]
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verification:
    """`bad_seq` is the first event that does not hold, None when the chain is whole."""

    events: int
    bad_seq: int | None = None
    reason: str = ""

    @property
    def whole(self) -> bool:
        return self.bad_seq is None


def verify() -> Verification:
    """Walks the chain from the first event to the head; memory stays flat."""
    expected_seq, previous = 1, GENESIS
    for row in _all_events():
        reason = _fault(row, expected_seq, previous)
        if reason:
            return Verification(expected_seq - 1, bad_seq=min(row.seq, expected_seq), reason=reason)
        expected_seq, previous = row.seq + 1, row.hash
    head = session.scalars(select(EventHead)).one_or_none()
    if head is None or (head.seq, head.hash) != (expected_seq - 1, previous):
        return Verification(expected_seq - 1, bad_seq=expected_seq, reason="the last events are missing")
    return Verification(expected_seq - 1)


def _all_events() -> Iterator[Event]:
    query = select(Event).order_by(Event.seq).execution_options(yield_per=1000)
    for row in session.scalars(query):
        yield row
        session.expunge(row)


def _fault(row: Event, expected_seq: int, previous: str) -> str:
    if row.seq != expected_seq:
        return "an event is missing before this one"
    if row.previous != previous:
        return "it does not follow the event before it"
    if row.hash != event_hash(row):
        return "its content was changed"
    return ""
