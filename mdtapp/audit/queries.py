"""Reading the trail for a person to look at; no screen decides from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from mdtapp.audit.models import Event, EventHead
from mdtapp.store.db import session

PAGE = 50


@dataclass(frozen=True, slots=True)
class EventPage:
    """Newest first; `next_before` is the key of the following page, None on the last."""

    events: Sequence[Event]
    next_before: int | None


def last_event() -> int:
    """The number of the last event, 0 before the first."""
    return session.scalar(select(EventHead.seq)) or 0


def page_of_events(before: int | None = None, case_id: int | None = None) -> EventPage:
    query = select(Event).order_by(Event.seq.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(Event.seq < before)
    if case_id is not None:
        query = query.where(Event.case_id == case_id)
    rows = session.scalars(query).all()
    return EventPage(rows[:PAGE], rows[PAGE - 1].seq if len(rows) > PAGE else None)
