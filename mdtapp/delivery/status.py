"""What can happen to one delivery of an opinion to one recipient."""

from __future__ import annotations

from enum import StrEnum

from mdtapp.lifecycle import Lifecycle, Transition


class DeliveryStatus(StrEnum):
    """Where a delivery stands; it never claims more than is known."""

    PREPARED = "prepared"
    SENT = "sent"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    REVOKED = "revoked"


D = DeliveryStatus
LIVE = (D.SENT, D.OPENED, D.ACKNOWLEDGED)

DELIVERY_LIFECYCLE = Lifecycle(
    "delivery",
    DeliveryStatus,
    [
        Transition("send", D.PREPARED, D.SENT, "coordinator", "opinion released, recipient consented"),
        Transition("open", D.SENT, D.OPENED, "recipient", "second factor entered"),
        Transition("acknowledge", D.OPENED, D.ACKNOWLEDGED, "recipient"),
        Transition("fail", D.SENT, D.FAILED, "coordinator", "returned, or unopened for 72 hours"),
        *(
            Transition("revoke", source, D.REVOKED, "chair or coordinator", "reason")
            for source in (D.PREPARED, *LIVE, D.FAILED)
        ),
    ],
)
