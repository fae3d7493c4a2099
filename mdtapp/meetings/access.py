"""Who sees a meeting, who plans it, who runs it, who may dissent."""

from __future__ import annotations

from mdtapp.cases import access as case_access
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotAllowed
from mdtapp.meetings.minutes import Presence
from mdtapp.meetings.models import AgendaItem, Meeting
from mdtapp.people.access import check_permission, may
from mdtapp.people.models import User
from mdtapp.people.roles import Permission

LIVE = (Presence.IN_PERSON, Presence.VIDEO)


def can_see(user: User, meeting: Meeting) -> bool:
    """Its chair, its coordinator, and whoever may see a case on its agenda."""
    if not may(user, Permission.MEETING_READ):
        return False
    if user.id in (meeting.chair_id, meeting.coordinator_id):
        return True
    return any(case_access.can_see(user, item.case) for item in meeting.items)


def check_can_plan(user: User) -> None:
    check_permission(user, Permission.MEETING_PLAN)


def can_change(user: User, meeting: Meeting) -> bool:
    """A coordinator who sees the meeting moves it and writes its agenda."""
    return may(user, Permission.MEETING_PLAN) and can_see(user, meeting)


def check_can_change(user: User, meeting: Meeting) -> None:
    check_permission(user, Permission.MEETING_PLAN)
    if not can_see(user, meeting):
        raise NotAllowed(
            Bitext("Only a coordinator of this meeting can change it.", "仅本次会诊的协调员可以修改。"),
            meeting=meeting.id,
        )


def can_run(user: User, meeting: Meeting) -> bool:
    return may(user, Permission.MEETING_RUN) and meeting.chair_id == user.id


def check_can_run(user: User, meeting: Meeting) -> None:
    check_permission(user, Permission.MEETING_RUN)
    if meeting.chair_id != user.id:
        raise NotAllowed(
            Bitext("Only the chair of this meeting can do this.", "仅本次会诊的主席可以执行此操作。"),
            meeting=meeting.id,
        )


def is_live(user: User, item: AgendaItem) -> bool:
    """In the room or on video while this case is discussed."""
    return any(row.user_id == user.id and row.presence in LIVE for row in item.attendances)


def can_dissent(user: User, item: AgendaItem) -> bool:
    return may(user, Permission.MEETING_DISSENT) and is_live(user, item)


def check_can_dissent(user: User, item: AgendaItem) -> None:
    """Whoever takes part in the discussion may see it differently; the absent may not."""
    check_permission(user, Permission.MEETING_DISSENT)
    if not is_live(user, item):
        raise NotAllowed(
            Bitext(
                "You are not marked as present for this case. Ask the chair to correct the attendance.",
                "您未被标记为出席本病例的讨论。请主席更正出席记录。",
            ),
            item=item.id,
        )
