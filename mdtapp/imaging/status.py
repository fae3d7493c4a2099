"""States of a study's link to a case, and of a series' preview picture."""

from __future__ import annotations

from enum import StrEnum

from mdtapp.clinical.bitext import Bitext


class LinkState(StrEnum):
    """Whether the images of one arriving identity belong to a case."""

    WAITING = "waiting"
    LINKED = "linked"
    REJECTED = "rejected"


LINK_STATE_LABELS = {
    LinkState.WAITING: Bitext("Waits for a decision", "待人工确认"),
    LinkState.LINKED: Bitext("Belongs to this case", "属于本病例"),
    LinkState.REJECTED: Bitext("Does not belong to this case", "不属于本病例"),
}


class LinkGround(StrEnum):
    """Why images were linked, or not."""

    IDENTITY = "identity"
    VOUCHED = "vouched"
    DECIDED = "decided"
    ASSIGNED = "assigned"
    SERVED = "served"


class PreviewState(StrEnum):
    """Whether a series has its picture."""

    PENDING = "pending"
    MADE = "made"
    IMPOSSIBLE = "impossible"
