"""What can happen to a meeting and to one case on its agenda."""

from __future__ import annotations

from enum import StrEnum

from mdtapp.lifecycle import Lifecycle, Transition


class MeetingStatus(StrEnum):
    """Where a meeting stands."""

    PLANNED = "planned"
    AGENDA_OPEN = "agenda_open"
    PREPARED = "prepared"
    IN_SESSION = "in_session"
    ENDED = "ended"
    MINUTES_CONFIRMED = "minutes_confirmed"
    CANCELLED = "cancelled"


class AgendaStatus(StrEnum):
    """Where one case on the agenda stands."""

    WAITING = "waiting"
    CONCLUDED = "concluded"
    DEFERRED = "deferred"


M = MeetingStatus
A = AgendaStatus
BEFORE_SESSION = (M.PLANNED, M.AGENDA_OPEN, M.PREPARED)
AFTER_SESSION = (M.ENDED, M.MINUTES_CONFIRMED)

MEETING_LIFECYCLE = Lifecycle(
    "meeting",
    MeetingStatus,
    [
        Transition("open_agenda", M.PLANNED, M.AGENDA_OPEN, "coordinator", "chair and date"),
        Transition(
            "prepare", M.AGENDA_OPEN, M.PREPARED, "coordinator", "every case has its inputs or a named gap"
        ),
        Transition("start", M.PREPARED, M.IN_SESSION, "chair"),
        Transition("start", M.AGENDA_OPEN, M.IN_SESSION, "chair", "gaps are named"),
        Transition("end", M.IN_SESSION, M.ENDED, "chair", "every case concluded or deferred"),
        Transition("confirm_minutes", M.ENDED, M.MINUTES_CONFIRMED, "chair", "within two working days"),
        Transition("cancel", M.PLANNED, M.CANCELLED, "coordinator", "its cases go back to review"),
        Transition("cancel", M.AGENDA_OPEN, M.CANCELLED, "coordinator", "its cases go back to review"),
        Transition("cancel", M.PREPARED, M.CANCELLED, "coordinator", "its cases go back to review"),
    ],
)

AGENDA_LIFECYCLE = Lifecycle(
    "agenda item",
    AgendaStatus,
    [
        Transition("conclude", A.WAITING, A.CONCLUDED, "chair", "quorum, dissent asked, decision and vote"),
        Transition("defer", A.WAITING, A.DEFERRED, "chair", "coded reason"),
    ],
)
