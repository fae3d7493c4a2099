"""What can happen to one discipline's input."""

from __future__ import annotations

from enum import StrEnum

from mdtapp.lifecycle import Lifecycle, Transition


class InputStatus(StrEnum):
    """Where one revision of an input stands."""

    ASSIGNED = "assigned"
    DRAFT = "draft"
    DECLINED = "declined"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    LOCKED = "locked"
    AMENDED = "amended"


I = InputStatus  # noqa: E741  one letter keeps the table readable
SIGNED = frozenset({I.SUBMITTED, I.LOCKED})

INPUT_LIFECYCLE = Lifecycle(
    "input",
    InputStatus,
    [
        Transition("save", I.ASSIGNED, I.DRAFT, "author"),
        Transition("save", I.DRAFT, I.DRAFT, "author", "row version fits"),
        Transition("save", I.RETURNED, I.RETURNED, "author", "row version fits"),
        Transition("decline", I.ASSIGNED, I.DECLINED, "author", "reason"),
        Transition("sign", I.DRAFT, I.SUBMITTED, "author", "no error left, attested, password"),
        Transition("sign", I.RETURNED, I.SUBMITTED, "author", "no error left, attested, password"),
        Transition("return", I.SUBMITTED, I.AMENDED, "chair", "question; a new revision opens as returned"),
        Transition("lock", I.SUBMITTED, I.LOCKED, "system", "meeting item concluded"),
        Transition("amend", I.SUBMITTED, I.AMENDED, "author", "reason; a new revision opens as draft"),
        Transition("amend", I.LOCKED, I.AMENDED, "author", "reason, before the opinion is signed"),
    ],
)
