"""What can happen to an opinion, and to a conflict found on the way."""

from __future__ import annotations

from enum import StrEnum

from mdtapp.lifecycle import Lifecycle, Transition


class OpinionStatus(StrEnum):
    """Where an opinion (or an addendum) stands."""

    DRAFT = "draft"
    IN_EDIT = "in_edit"
    TEXT_REVIEW = "text_review"
    LANGUAGE_CHECK = "language_check"
    AWAITING_SIGNATURE = "awaiting_signature"
    SIGNED = "signed"
    RELEASED = "released"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class FindingStatus(StrEnum):
    """Where a named contradiction stands."""

    OPEN = "open"
    RESOLVED = "resolved"
    OBSOLETE = "obsolete"


O = OpinionStatus  # noqa: E741  one letter keeps the table readable
F = FindingStatus

OPINION_LIFECYCLE = Lifecycle(
    "opinion",
    OpinionStatus,
    [
        Transition("edit", O.DRAFT, O.IN_EDIT, "chair", "decision recorded"),
        Transition("send_to_review", O.IN_EDIT, O.TEXT_REVIEW, "chair", "no open critical or major conflict"),
        Transition("take_back", O.TEXT_REVIEW, O.IN_EDIT, "chair", "panel member's comment"),
        Transition(
            "pass_to_language", O.TEXT_REVIEW, O.LANGUAGE_CHECK, "coordinator", "both languages complete"
        ),
        Transition("take_back", O.LANGUAGE_CHECK, O.IN_EDIT, "chair"),
        Transition(
            "finalise", O.LANGUAGE_CHECK, O.AWAITING_SIGNATURE, "chair", "language checked by another person"
        ),
        Transition("refuse", O.AWAITING_SIGNATURE, O.IN_EDIT, "signer", "reason; signatures are void"),
        Transition("refuse", O.SIGNED, O.IN_EDIT, "signer", "reason; nothing released; signatures are void"),
        Transition("sign", O.AWAITING_SIGNATURE, O.SIGNED, "panel", "core five and chair on one hash"),
        Transition("release", O.SIGNED, O.RELEASED, "coordinator", "document made and stored"),
        Transition("supersede", O.RELEASED, O.SUPERSEDED, "chair", "new version"),
        Transition("withdraw", O.RELEASED, O.WITHDRAWN, "chair", "safety error"),
    ],
)

FINDING_LIFECYCLE = Lifecycle(
    "conflict",
    FindingStatus,
    [
        Transition(
            "resolve", F.OPEN, F.RESOLVED, "chair", "with a reason; critical ones need a second person"
        ),
        Transition("outdate", F.OPEN, F.OBSOLETE, "system", "the values changed"),
        Transition("outdate", F.RESOLVED, F.OBSOLETE, "system", "the values changed"),
    ],
)
