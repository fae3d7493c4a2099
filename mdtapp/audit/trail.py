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

from sqlalchemy import Row, select
from sqlalchemy.exc import OperationalError

from mdtapp.audit.events import EventType
from mdtapp.audit.models import Event, EventHead
from mdtapp.store.db import once, session
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
    row = append(event, actor=actor, at=at, subject=subject, case_id=case_id, **detail)
    session.flush()
    return row


def append(
    event: EventType, *, actor: Actor, at: datetime, subject: str, case_id: int | None = None, **detail: Any
) -> Event:
    """`record` for many events in one transaction: they are written together, at its next query or its end."""
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
    return row


def lock_head() -> EventHead:
    """The head row, locked until the transaction ends: writers queue here on PostgreSQL."""
    query = select(EventHead).with_for_update().execution_options(populate_existing=True)
    head = once("event_head", lambda: session.scalars(query).one())
    assert head is not None
    return head


def head_reference() -> dict[str, Any]:
    """`{"seq", "hash"}` of the last event, to be printed outside the database."""
    head = session.scalars(select(EventHead)).one()
    return {"seq": head.seq, "hash": head.hash}


def event_hash(row: Event | Row[Any]) -> str:
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
    return _walk(0, GENESIS, at_once=1000)


def _walk(seq: int, last: str, at_once: int) -> Verification:
    """Goes on behind event `seq` with hash `last`; a stretch that cannot be read is read event by event."""
    try:
        for row in _rows(seq, at_once):
            reason = _fault(row, seq + 1, last)
            if reason:
                return Verification(seq, bad_seq=min(row.seq, seq + 1), reason=reason)
            seq, last = row.seq, row.hash
    except (ValueError, TypeError, OperationalError) as error:
        if isinstance(error, OperationalError) and "decode" not in str(error):
            raise
        if at_once > 1:
            return _walk(seq, last, at_once=1)
        return Verification(seq, bad_seq=seq + 1, reason="its content cannot be read")
    return _at_the_end(seq, last)


def _at_the_end(seq: int, last: str) -> Verification:
    """The head tells which event was the last: whoever cuts, lengthens or rewrites the tail contradicts it."""
    head = session.scalars(select(EventHead)).one_or_none()
    if head is None or head.seq > seq:
        return Verification(seq, bad_seq=seq + 1, reason="the last events are missing")
    if head.seq < seq:
        return Verification(head.seq, bad_seq=head.seq + 1, reason="it was added behind the recorded end")
    if head.hash != last:
        return Verification(
            max(0, seq - 1), bad_seq=max(1, seq), reason="it is not the event that was recorded"
        )
    return Verification(seq)


def _rows(after: int, at_once: int) -> Iterator[Row[Any]]:
    """The columns of the events behind `after`, as plain rows."""
    query = select(*Event.__table__.columns).where(Event.seq > after).order_by(Event.seq)
    with session.execute(query.execution_options(yield_per=at_once)) as rows:
        yield from rows


def _fault(row: Row[Any], expected_seq: int, previous: str) -> str:
    if row.seq != expected_seq:
        return "an event is missing before this one"
    if row.previous != previous:
        return "it does not follow the event before it"
    if row.hash != event_hash(row):
        return "its content was changed"
    return ""
