"""What can happen to a transfer from or to a PACS."""

from __future__ import annotations

from enum import StrEnum

from mdtapp.lifecycle import Lifecycle, Transition


class TransferState(StrEnum):
    """Where a fetch or a sending stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Retrieve(StrEnum):
    """How a PACS gives images: over our own connection, or by sending them to our listener."""

    GET = "get"
    MOVE = "move"


class SendBy(StrEnum):
    """How a PACS takes what is sent to it."""

    STORE = "store"
    STOW = "stow"


class StowAuth(StrEnum):
    """How we make ourselves known to a STOW-RS address."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"


T = TransferState
ACTIVE = (T.WAITING, T.RUNNING)

TRANSFER_LIFECYCLE = Lifecycle(
    "transfer",
    TransferState,
    [
        Transition("start", T.WAITING, T.RUNNING, "worker"),
        Transition(
            "take over", T.RUNNING, T.RUNNING, "worker", "the worker that ran it gave no sign of life"
        ),
        Transition(
            "finish", T.RUNNING, T.DONE, "worker", "every image counted at the PACS is here, or taken there"
        ),
        Transition("wait", T.RUNNING, T.WAITING, "worker", "broke off; again after a pause"),
        Transition("fail", T.RUNNING, T.FAILED, "worker", "several tries in a row brought nothing"),
        *(Transition("cancel", source, T.CANCELLED, "coordinator") for source in ACTIVE),
        *(
            Transition("resume", source, T.WAITING, "coordinator", "asks for what is missing only")
            for source in (T.DONE, T.FAILED, T.CANCELLED)
        ),
    ],
)
