"""Whether a recipient's link opens now: unknown, withdrawn and mistyped ones all look the same."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from mdtapp.delivery.status import LIVE, DeliveryStatus

TRIES = 5


class LinkState(StrEnum):
    """What a link answers. `expired` and `locked` are told only to whoever holds the genuine link."""

    OPEN = "open"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    LOCKED = "locked"


PAGE_STATUS = {LinkState.UNKNOWN: 404, LinkState.EXPIRED: 410, LinkState.LOCKED: 410}


def link_state(*, status: DeliveryStatus, expires_at: datetime, wrong_codes: int, at: datetime) -> LinkState:
    """The state of a genuine link at a moment; a revoked or failed one is as if it had never been."""
    if status not in LIVE:
        return LinkState.UNKNOWN
    if expires_at <= at:
        return LinkState.EXPIRED
    return LinkState.LOCKED if wrong_codes >= TRIES else LinkState.OPEN
