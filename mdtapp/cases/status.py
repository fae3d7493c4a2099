"""What can happen to a case next, and who owns it (`clinical model, section 4`)."""

from __future__ import annotations

from enum import StrEnum

from mdtapp.lifecycle import Lifecycle, Transition


class CaseStatus(StrEnum):
    """Where a case stands."""

    NEW = "new"
    INTAKE = "intake"
    INCOMPLETE = "incomplete"
    READY = "ready"
    IN_REVIEW = "in_review"
    SCHEDULED = "scheduled"
    DISCUSSED = "discussed"
    DRAFTING = "drafting"
    SIGNED = "signed"
    DELIVERED = "delivered"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    ON_HOLD = "on_hold"


S = CaseStatus
BEFORE_SIGNATURE = (
    S.NEW,
    S.INTAKE,
    S.INCOMPLETE,
    S.READY,
    S.IN_REVIEW,
    S.SCHEDULED,
    S.DISCUSSED,
    S.DRAFTING,
)
ANSWERED = (S.DELIVERED, S.FOLLOW_UP, S.CLOSED, S.REOPENED, S.WITHDRAWN)
BEFORE_REVIEW = (S.NEW, S.INTAKE, S.INCOMPLETE, S.READY)


def _t(action: str, source: S, target: S, who: str, guard: str = "") -> Transition[S]:
    return Transition(action, source, target, who, guard)


CASE_LIFECYCLE = Lifecycle(
    "case",
    CaseStatus,
    [
        _t("begin_intake", S.NEW, S.INTAKE, "coordinator", "pseudonym, country, language, situation"),
        _t("mark_incomplete", S.INTAKE, S.INCOMPLETE, "coordinator", "something needed is missing"),
        _t("resume_intake", S.INCOMPLETE, S.INTAKE, "coordinator", "material arrived"),
        _t("mark_ready", S.INTAKE, S.READY, "coordinator", "consent, outside opinion checked, a question"),
        _t(
            "open_review",
            S.READY,
            S.IN_REVIEW,
            "coordinator",
            "five core disciplines and a chair on the panel",
        ),
        _t("schedule", S.IN_REVIEW, S.SCHEDULED, "coordinator", "on the agenda of a meeting"),
        _t("unschedule", S.SCHEDULED, S.IN_REVIEW, "coordinator", "taken off the agenda or deferred"),
        _t("discuss", S.SCHEDULED, S.DISCUSSED, "chair", "item concluded with quorum"),
        _t("start_drafting", S.DISCUSSED, S.DRAFTING, "chair", "decision recorded"),
        _t("sign", S.DRAFTING, S.SIGNED, "system", "all signatures on one hash"),
        _t("send_back", S.SIGNED, S.DRAFTING, "system", "a signer sent the text back before its release"),
        _t("deliver", S.SIGNED, S.DELIVERED, "system", "a recipient acknowledged"),
        _t("follow_up", S.DELIVERED, S.FOLLOW_UP, "coordinator", "30 days"),
        _t("close", S.FOLLOW_UP, S.CLOSED, "coordinator", "outcome known or three attempts"),
        _t("reopen", S.DELIVERED, S.REOPENED, "chair", "new material or safety"),
        _t("reopen", S.CLOSED, S.REOPENED, "chair", "new material or safety"),
        _t("sign", S.REOPENED, S.SIGNED, "system", "addendum signed"),
        *(
            _t("withdraw", source, S.WITHDRAWN, "coordinator", "patient's request")
            for source in BEFORE_SIGNATURE
        ),
        *(_t("hold", source, S.ON_HOLD, "coordinator", "reason given") for source in BEFORE_SIGNATURE),
        *(
            _t(f"resume_{target}", S.ON_HOLD, target, "coordinator", "was held from here")
            for target in BEFORE_SIGNATURE
        ),
    ],
)
