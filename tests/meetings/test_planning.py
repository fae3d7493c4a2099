"""Planning, moving and cancelling a meeting; its agenda."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mdtapp.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from tests.conftest import START
from tests.meetings.board import Board


def reschedule(board: Board, meeting: Any, **changed: Any) -> None:
    from mdtapp.meetings import operations

    operations.reschedule(
        actor=board.user("coordinator"),
        at=START,
        meeting=meeting,
        row_version=meeting.row_version,
        wanted=board.wanted(**changed),
    )


@pytest.mark.both_databases
def test_a_meeting_is_planned_in_local_time(board: Board, transaction) -> None:
    with transaction():
        meeting = board.planned(title="  Thoracic board  ")
        assert meeting.starts_at == datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
        assert (meeting.timezone, meeting.title) == ("Asia/Shanghai", "Thoracic board")
        assert (meeting.status, meeting.sequence, len(meeting.uid)) == ("planned", 0, 36)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"day": date(2026, 3, 1)}, "day"),
        ({"day": date(1, 1, 1)}, "day"),
        ({"day": date(2028, 3, 2)}, "day"),
        ({"day": date(9999, 12, 31)}, "day"),
        ({"day": date(2026, 3, 2), "clock": time(9, 30)}, "time"),
        ({"day": date(2026, 3, 29), "clock": time(2, 30), "zone": ZoneInfo("Europe/Berlin")}, "time"),
        ({"title": "   "}, "title"),
        ({"minutes": 4}, "minutes"),
        ({"minutes": 481}, "minutes"),
        ({"place": "  "}, "place"),
        ({"video_link": "javascript:alert(1)"}, "video_link"),
        ({"video_link": "http://video.example"}, "video_link"),
        ({"video_link": "https://"}, "video_link"),
        ({"chair": "surgeon"}, "chair"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_at_its_field(
    board: Board, transaction, changed: dict[str, Any], field: str
) -> None:
    with transaction(), pytest.raises(Invalid) as refusal:
        board.planned(**changed)
    assert list(refusal.value.fields) == [field]


@pytest.mark.parametrize(
    ("clock", "free"), [(time(15, 0), True), (time(13, 0), True), (time(14, 59), False), (time(13, 1), False)]
)
def test_a_chair_sits_in_one_meeting_at_a_time(board: Board, transaction, clock: time, free: bool) -> None:
    with transaction():
        board.planned()
    with transaction():
        if free:
            board.planned(clock=clock)
            return
        with pytest.raises(Invalid, match="from 14:00 to 15:00") as refusal:
            board.planned(clock=clock)
    assert "time" in refusal.value.fields


def test_a_cancelled_meeting_leaves_the_chair_free(board: Board, transaction) -> None:
    from mdtapp.meetings import operations

    with transaction():
        meeting = board.planned()
        operations.cancel(
            actor=board.user("coordinator"), at=START, meeting=meeting, row_version=1, reason="Chair is ill"
        )
        assert board.planned().id != meeting.id


def test_only_a_coordinator_plans(board: Board, transaction) -> None:
    from mdtapp.meetings import operations

    with transaction(), pytest.raises(NotAllowed):
        operations.plan(actor=board.user("chair"), at=START, wanted=board.wanted())


def test_a_moved_meeting_counts_its_invitation_and_takes_its_cases_along(board: Board, transaction) -> None:
    with transaction():
        meeting = board.planned()
        case = board.case_in_review()
        board.on_agenda(meeting, case)
        uid = meeting.uid
        reschedule(board, meeting, day=date(2026, 3, 6), clock=time(9, 0))
        assert (meeting.sequence, meeting.uid) == (1, uid)
        assert case.meeting_on == date(2026, 3, 6)


def test_a_meeting_may_be_moved_within_its_own_time(board: Board, transaction) -> None:
    with transaction():
        meeting = board.planned()
        reschedule(board, meeting, clock=time(14, 30))
        assert meeting.starts_at == datetime(2026, 3, 5, 6, 30, tzinfo=UTC)


def test_a_stale_form_moves_nothing(board: Board, transaction) -> None:
    from mdtapp.meetings import operations

    with transaction():
        meeting = board.planned()
        board.on_agenda(meeting, board.case_in_review())
    with transaction(), pytest.raises(Conflict):
        operations.reschedule(
            actor=board.user("coordinator"),
            at=START,
            meeting=_meeting(board),
            row_version=1,
            wanted=board.wanted(clock=time(16, 0)),
        )


def _meeting(board: Board) -> Any:
    from mdtapp.meetings.queries import calendar

    return calendar(board.user("coordinator")).coming[0]


@pytest.mark.both_databases
def test_a_case_in_review_is_scheduled_by_the_agenda(board: Board, transaction) -> None:
    with transaction():
        meeting = board.planned()
        case = board.case_in_review()
        item = board.on_agenda(meeting, case)
        assert (case.status, case.meeting_on) == ("scheduled", date(2026, 3, 5))
        assert (meeting.status, item.position, item.status) == ("agenda_open", 1, "waiting")


def test_a_case_waits_on_one_agenda_only(board: Board, transaction) -> None:
    with transaction():
        case = board.case_in_review()
        board.on_agenda(board.planned(), case)
        with pytest.raises(Invalid, match="another agenda"):
            board.on_agenda(board.planned(clock=time(16, 0)), case)


def test_a_case_is_put_on_an_agenda_once(board: Board, transaction) -> None:
    with transaction():
        meeting, case = board.planned(), board.case_in_review()
        board.on_agenda(meeting, case)
        with pytest.raises(Invalid, match="on this agenda already"):
            board.on_agenda(meeting, case)


def test_a_case_that_is_not_in_review_stays_off(board: Board, transaction) -> None:
    from mdtapp.cases import operations as case_operations

    with transaction():
        case = board.case_in_review()
        case_operations.move(
            actor=board.user("coordinator"), at=START, case=case, action="hold", reason="Waiting"
        )
        with pytest.raises(Invalid, match="Only a case in review"):
            board.on_agenda(board.planned(), case)


def test_another_chairs_case_stays_off(app, board: Board, transaction) -> None:
    from mdtapp.people import operations as people
    from mdtapp.people.roles import Role

    with transaction():
        other = people.add_person(
            actor=board.user("coordinator"), at=START, email="c@x.example", name="Dr Li", role=Role.CHAIR
        )
        board.people["other_chair"] = other.id
        with pytest.raises(Invalid, match="does not chair CEDAR-208"):
            board.on_agenda(board.planned(chair="other_chair"), board.case_in_review())


def test_a_foreign_coordinator_cannot_put_a_case_on(app, board: Board, transaction) -> None:
    from mdtapp.meetings import operations

    board.add("other_coordinator")
    with transaction():
        meeting, case = board.planned(), board.case_in_review()
        with pytest.raises(NotAllowed):
            operations.put_on_agenda(
                actor=board.user("other_coordinator"), at=START, meeting=meeting, case=case
            )


def test_order_is_changed_step_by_step_and_stops_at_the_ends(board: Board, transaction) -> None:
    from mdtapp.meetings import operations

    with transaction():
        meeting = board.planned()
        names = ("CEDAR-1", "CEDAR-2", "CEDAR-3")
        items = [board.on_agenda(meeting, board.case_in_review(name)) for name in names]

        def order(item: Any, step: int) -> list[str]:
            operations.reorder(
                actor=board.user("coordinator"),
                at=START,
                item=item,
                row_version=meeting.row_version,
                step=step,
            )
            return [row.case.patient.pseudonym[-1] for row in meeting.items]

        assert order(items[2], -1) == ["1", "3", "2"]
        assert order(items[0], 1) == ["3", "1", "2"]
        assert order(items[2], -1) == ["3", "1", "2"]
        assert [row.position for row in meeting.items] == [1, 2, 3]


def test_a_case_taken_off_goes_back_to_review(board: Board, transaction) -> None:
    from mdtapp.meetings import operations

    with transaction():
        meeting = board.planned()
        first, second = (board.on_agenda(meeting, board.case_in_review(name)) for name in ("OAK-1", "OAK-2"))
        case, coordinator = first.case, board.user("coordinator")
        operations.take_off(
            actor=coordinator,
            at=START,
            item=first,
            row_version=meeting.row_version,
            reason="PET is missing",
        )
        assert (case.status, case.meeting_on, case.steps[-1].reason) == ("in_review", None, "PET is missing")
        assert ([row.id for row in meeting.items], second.position) == ([second.id], 1)


def test_taking_off_needs_a_reason(board: Board, transaction) -> None:
    from mdtapp.meetings import operations

    with transaction():
        meeting = board.planned()
        item = board.on_agenda(meeting, board.case_in_review())
        with pytest.raises(Invalid) as refusal:
            operations.take_off(
                actor=board.user("coordinator"),
                at=START,
                item=item,
                row_version=meeting.row_version,
                reason="  ",
            )
        assert "reason" in refusal.value.fields


def test_a_cancelled_meeting_keeps_its_page_and_frees_its_cases(board: Board, transaction) -> None:
    from mdtapp.meetings import operations, queries

    with transaction():
        meeting, case = board.planned(), board.case_in_review()
        board.on_agenda(meeting, case)
        operations.cancel(
            actor=board.user("coordinator"),
            at=START,
            meeting=meeting,
            row_version=meeting.row_version,
            reason="Chair is ill",
        )
        assert (meeting.status, meeting.sequence, case.status) == ("cancelled", 1, "in_review")
        assert queries.get_meeting(meeting.id, board.user("surgeon")) is meeting
        assert board.on_agenda(board.planned(clock=time(16, 0)), case).position == 1


def test_a_meeting_that_ran_is_neither_moved_nor_cancelled(board: Board, transaction) -> None:
    from mdtapp.meetings import operations

    with transaction():
        meeting = board.in_session()[0].meeting
        with pytest.raises(InvalidTransition):
            reschedule(board, meeting, clock=time(16, 0))
        with pytest.raises(InvalidTransition):
            operations.cancel(
                actor=board.user("coordinator"),
                at=START,
                meeting=meeting,
                row_version=meeting.row_version,
                reason="Too late",
            )


def test_prepared_names_its_gaps_in_the_trail(board: Board, transaction) -> None:
    from mdtapp.audit.queries import page_of_events
    from mdtapp.meetings import operations

    with transaction():
        meeting, case = board.planned(), board.case_in_review()
        coordinator = board.user("coordinator")
        with pytest.raises(Invalid, match="at least one case"):
            operations.prepare(actor=coordinator, at=START, meeting=meeting, row_version=meeting.row_version)
        board.on_agenda(meeting, case)
        operations.prepare(
            actor=coordinator,
            at=START,
            meeting=meeting,
            row_version=meeting.row_version,
            gaps={case.id: {"radiology", "pathology"}},
        )
        assert meeting.status == "prepared"
        assert page_of_events().events[0].detail["gaps"] == {str(case.id): ["pathology", "radiology"]}


def test_who_sees_a_meeting(board: Board, transaction) -> None:
    from mdtapp.meetings import queries

    board.add("other_coordinator", "admin", "translator")
    with transaction():
        meeting = board.planned()
        board.on_agenda(meeting, board.case_in_review(panel=["surgeon"]))
        seen = {who for who in board.people if queries.calendar(board.user(who)).coming}
        assert seen == {"coordinator", "chair", "surgeon"}
        for who in ("radiologist", "other_coordinator", "admin", "translator"):
            with pytest.raises(NotFound):
                queries.get_meeting(meeting.id, board.user(who))


def test_of_an_agenda_one_sees_ones_own_cases(board: Board, transaction) -> None:
    from mdtapp.meetings import queries

    with transaction():
        meeting = board.planned()
        board.on_agenda(meeting, board.case_in_review("OAK-1", panel=["radiologist"]))
        board.on_agenda(meeting, board.case_in_review("OAK-2", panel=["surgeon"]))
        shown = queries.agenda(meeting, board.user("surgeon"))
        assert [row.item.case.patient.pseudonym for row in shown.rows] == ["OAK-2"]
        assert shown.hidden == 1
        assert shown.rows[0].begins_at == meeting.starts_at + timedelta(minutes=15)
        with pytest.raises(NotFound):
            queries.get_item(meeting, meeting.items[0].case.case_no, board.user("surgeon"))


def test_next_meeting_of_a_case(board: Board, transaction) -> None:
    from mdtapp.meetings import queries

    with transaction():
        meeting, case = board.planned(), board.case_in_review()
        assert queries.next_meeting(case.id) is None
        board.on_agenda(meeting, case)
        assert queries.next_meeting(case.id) is meeting
        assert queries.cases_for_agenda(meeting, board.user("coordinator")) == []
