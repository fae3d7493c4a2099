"""In session: attendance, quorum, dissent, decision, deferral, the end and the minutes."""

from __future__ import annotations

from typing import Any

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid, InvalidTransition, NotAllowed
from mdtapp.meetings.minutes import DeferralReason, Presence, Votes
from tests.meetings.board import IN_MEETING, PANEL, Board, conclusion

VIEW = Bitext("Operate first.", "应先手术。")


def dissent(board: Board, item: Any, who: str = "surgeon", text: Bitext = VIEW, **more: Any) -> Any:
    from mdtapp.meetings import operations

    return operations.record_dissent(actor=board.user(who), at=IN_MEETING, item=item, text=text, **more)


def defer(board: Board, item: Any, reason: DeferralReason = DeferralReason.NO_QUORUM) -> Any:
    from mdtapp.meetings import operations

    return operations.defer(
        actor=board.user("chair"), at=IN_MEETING, item=item, row_version=item.row_version, reason=reason
    )


@pytest.mark.both_databases
def test_the_whole_way_of_one_case(board: Board, transaction) -> None:
    from mdtapp.meetings import operations, queries

    with transaction():
        item = board.in_session()[0]
        board.present(item, radiation_oncologist="video")
        dissent(board, item, to_patient=True)
        board.conclude(item)
        meeting, chair = item.meeting, board.user("chair")
        assert (item.status, item.case.status) == ("concluded", "discussed")
        operations.end(actor=chair, at=IN_MEETING, meeting=meeting, row_version=meeting.row_version)
        operations.confirm_minutes(
            actor=chair, at=IN_MEETING, meeting=meeting, row_version=meeting.row_version
        )
        case_id = item.case_id
    with transaction():
        decided = queries.decision_of(case_id)
        assert decided is not None
        assert decided.as_json() == {
            "result_class": "modified_treatment",
            "also": ["modified_stage"],
            "summary": {"en": "Tests first.", "zh": "先补检查。"},
            "votes": {"for": 5, "against": 1, "abstain": 0},
            "consensus": "majority",
            "dissent": [
                {
                    "discipline": "surgical_oncology",
                    "name": "Dr Guo Feng",
                    "name_zh": "郭峰",
                    "text": {"en": "Operate first.", "zh": "应先手术。"},
                    "to_patient": True,
                }
            ],
            "attendance": [
                attended("", "Dr Zhou Ping", "周平", chair=True),
                attended("pathology", "Dr Shen Lan", "沈兰"),
                attended("radiology", "Dr Tang Wei", "唐伟"),
                attended("medical_oncology", "Dr Xu Min", "徐敏"),
                attended("surgical_oncology", "Dr Guo Feng", "郭峰"),
                attended("radiation_oncology", "Dr Fang Jie", "方洁", mode="video"),
            ],
            "date": "2026-03-05",
        }


def attended(
    discipline: str, name: str, name_zh: str, *, chair: bool = False, mode: str = "in_person"
) -> dict[str, Any]:
    return {"discipline": discipline, "name": name, "name_zh": name_zh, "chair": chair, "mode": mode}


def test_only_its_chair_runs_a_meeting(board: Board, transaction) -> None:
    from mdtapp.meetings import operations

    with transaction():
        meeting = board.planned()
        board.on_agenda(meeting, board.case_in_review())
        for who in ("coordinator", "surgeon"):
            with pytest.raises(NotAllowed):
                operations.start(
                    actor=board.user(who), at=IN_MEETING, meeting=meeting, row_version=meeting.row_version
                )


def test_nothing_is_recorded_before_the_start(board: Board, transaction) -> None:
    with transaction():
        item = board.on_agenda(board.planned(), board.case_in_review())
        with pytest.raises(InvalidTransition, match="not in session"):
            board.present(item)
        with pytest.raises(InvalidTransition, match="not in session"):
            board.conclude(item)


@pytest.mark.parametrize(
    ("others", "written", "missing"),
    [
        ({}, frozenset(), None),
        ({"surgeon": "absent"}, frozenset(), "Surgical oncology"),
        ({"surgeon": "written"}, frozenset(), "Surgical oncology"),
        ({"surgeon": "written"}, frozenset({"surgical_oncology"}), None),
        ({"surgeon": "absent"}, frozenset({"surgical_oncology"}), None),
        ({"chair": "absent"}, frozenset(PANEL.values()), "the chair"),
        ({"chair": "written"}, frozenset(PANEL.values()), "the chair"),
        (
            {"surgeon": "absent", "radiologist": "absent", "pathologist": "absent"},
            frozenset(PANEL.values()),
            "2 of at least 3",
        ),
        ({"surgeon": "video", "chair": "video"}, frozenset(), None),
    ],
)
def test_no_decision_without_quorum(
    board: Board, transaction, others: dict[str, str], written: frozenset[str], missing: str | None
) -> None:
    with transaction():
        item = board.in_session()[0]
        board.present(item, **others)
        wanted: dict[str, Any] = {"written": written, "votes": Votes(1)}
        if missing is None:
            assert board.conclude(item, **wanted).status == "concluded"
            return
        with pytest.raises(Invalid, match=missing):
            board.conclude(item, **wanted)
        assert (item.status, item.case.status) == ("waiting", "scheduled")


def test_no_decision_before_the_attendance(board: Board, transaction) -> None:
    with transaction(), pytest.raises(Invalid, match="Take the attendance first"):
        board.conclude(board.in_session()[0], written=frozenset(PANEL.values()))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"votes": Votes(6, 1)}, "votes_for"),
        ({"votes": Votes(5, 1, 1)}, "votes_for"),
        ({"votes": Votes(0)}, "votes_for"),
        ({"votes": Votes(7, -1)}, "votes_for"),
        ({"votes": Votes(10**30)}, "votes_for"),
        ({"dissent_asked": False}, "dissent_asked"),
        ({"decision": Bitext("Only English.")}, "decision_zh"),
        ({"decision": Bitext("", "仅中文。")}, "decision_en"),
        ({"decision": Bitext()}, "decision_en"),
        ({"result_class": "excellent"}, "result_class"),
        ({"also": ("modified_treatment",)}, "also"),
        ({"also": ("excellent",)}, "also"),
        ({"minutes_used": -1}, "minutes_used"),
    ],
)
def test_an_incomplete_decision_is_refused_at_its_field(
    board: Board, transaction, changed: dict[str, Any], field: str
) -> None:
    with transaction():
        item = board.in_session()[0]
        board.present(item)
        with pytest.raises(Invalid) as refusal:
            board.conclude(item, **changed)
        assert list(refusal.value.fields) == [field]


def test_the_absent_do_not_vote(board: Board, transaction) -> None:
    with transaction():
        item = board.in_session()[0]
        board.present(item, surgeon="absent", radiologist="written")
        written = frozenset({"surgical_oncology", "radiology"})
        with pytest.raises(Invalid) as refusal:
            board.conclude(item, votes=Votes(4, 1), written=written)
        assert "4 people are present" in refusal.value.fields["votes_for"].en
        assert board.conclude(item, votes=Votes(3, 1), written=written).status == "concluded"


def test_the_absent_do_not_dissent(board: Board, transaction) -> None:
    with transaction():
        item = board.in_session()[0]
        with pytest.raises(NotAllowed):
            dissent(board, item)
        board.present(item, surgeon="written", radiologist="absent")
        for who in ("surgeon", "radiologist", "coordinator"):
            with pytest.raises(NotAllowed):
                dissent(board, item, who)
        assert dissent(board, item, "pathologist").discipline == "pathology"
        assert dissent(board, item, "chair").discipline == ""


def test_who_dissented_was_present(board: Board, transaction) -> None:
    with transaction():
        item = board.in_session()[0]
        board.present(item)
        dissent(board, item)
        with pytest.raises(Invalid, match="Dr Guo Feng dissented"):
            board.present(item, surgeon="absent")


def test_a_second_text_replaces_the_first(board: Board, transaction) -> None:
    with transaction():
        item = board.in_session()[0]
        board.present(item)
        first = dissent(board, item)
        assert dissent(board, item, text=Bitext("", "仍应先手术。")) is first
        assert ([row.text.zh for row in item.dissents], first.text.en) == (["仍应先手术。"], "")
        with pytest.raises(Invalid):
            dissent(board, item, text=Bitext("  "))


def test_a_dissent_in_between_makes_the_chairs_page_stale(board: Board, transaction) -> None:
    from mdtapp.meetings import operations

    with transaction():
        item = board.in_session()[0]
        board.present(item)
        version = item.row_version
        dissent(board, item)
        with pytest.raises(Conflict):
            operations.conclude(
                actor=board.user("chair"),
                at=IN_MEETING,
                item=item,
                row_version=version,
                wanted=conclusion(),
            )


@pytest.mark.parametrize("change", ["left out", "not on the panel"])
def test_attendance_is_of_the_whole_panel_and_nobody_else(board: Board, transaction, change: str) -> None:
    from mdtapp.meetings import operations

    with transaction():
        item = board.in_session()[0]
        presences = board.presences()
        if change == "left out":
            del presences[board.people["surgeon"]]
        else:
            presences[board.people["coordinator"]] = Presence.IN_PERSON
        with pytest.raises(Invalid):
            operations.take_attendance(
                actor=board.user("chair"),
                at=IN_MEETING,
                item=item,
                row_version=item.row_version,
                presences=presences,
            )


def test_attendance_can_be_corrected_and_is_proposed_for_the_next_case(board: Board, transaction) -> None:
    from mdtapp.meetings import queries

    with transaction():
        first, second = board.in_session("OAK-1", "OAK-2")
        board.present(first)
        board.present(first, surgeon="video")
        assert len(first.attendances) == 6
        assert queries.usual_presences(second)[board.people["surgeon"]] == "video"
        assert [seat.presence for seat in queries.seats(second)] == [None] * 6


def test_what_was_concluded_stays(board: Board, transaction) -> None:
    with transaction():
        item = board.in_session()[0]
        board.present(item)
        board.conclude(item)
        for again in (board.present, board.conclude, lambda row: defer(board, row)):
            with pytest.raises(InvalidTransition):
                again(item)


def test_a_deferred_case_goes_back_to_review_and_to_another_agenda(board: Board, transaction) -> None:
    from datetime import time

    with transaction():
        item = board.in_session()[0]
        defer(board, item)
        case = item.case
        assert (item.status, case.status, case.meeting_on) == ("deferred", "in_review", None)
        assert case.steps[-1].reason == "no_quorum"
        with pytest.raises(InvalidTransition):
            board.present(item)
        assert board.on_agenda(board.planned(clock=time(17, 0)), case).position == 1


def test_a_withdrawn_case_can_be_deferred_so_that_the_meeting_ends(board: Board, transaction) -> None:
    from mdtapp.cases import operations as cases
    from mdtapp.meetings import operations

    with transaction():
        item = board.in_session()[0]
        cases.move(
            actor=board.user("coordinator"), at=IN_MEETING, case=item.case, action="withdraw", reason="Asked"
        )
        defer(board, item, DeferralReason.PATIENT_ASKED)
        assert item.case.status == "withdrawn"
        meeting = item.meeting
        operations.end(
            actor=board.user("chair"), at=IN_MEETING, meeting=meeting, row_version=meeting.row_version
        )


def test_a_meeting_ends_when_every_case_is_settled(board: Board, transaction) -> None:
    from mdtapp.meetings import operations

    with transaction():
        first, second = board.in_session("OAK-1", "OAK-2")
        meeting, chair = first.meeting, board.user("chair")
        defer(board, first)
        with pytest.raises(Invalid, match="OAK-2"):
            operations.end(actor=chair, at=IN_MEETING, meeting=meeting, row_version=meeting.row_version)
        defer(board, second)
        operations.end(actor=chair, at=IN_MEETING, meeting=meeting, row_version=meeting.row_version)
        assert (meeting.status, meeting.ended_at) == ("ended", IN_MEETING)
        with pytest.raises(InvalidTransition):
            operations.end(actor=chair, at=IN_MEETING, meeting=meeting, row_version=meeting.row_version)


def test_a_chair_who_writes_for_a_discipline_sits_once_and_counts_for_it(board: Board, transaction) -> None:
    from mdtapp.cases import operations as cases
    from mdtapp.cases.models import MemberRole
    from mdtapp.meetings import queries
    from mdtapp.people.models import DisciplineMembership

    with transaction():
        chair = board.user("chair")
        chair.memberships.append(DisciplineMembership(discipline="medical_oncology"))
        case = board.case_in_review(panel=[who for who in PANEL if who != "medical_oncologist"])
        cases.add_member(
            actor=board.user("coordinator"),
            at=IN_MEETING,
            case=case,
            user=chair,
            role=MemberRole.AUTHOR,
            discipline="medical_oncology",
        )
        item = board.on_agenda(board.planned(), case)
        assert [(seat.user.name, seat.discipline, seat.chair) for seat in queries.seats(item)][:2] == [
            ("Dr Zhou Ping", "medical_oncology", True),
            ("Dr Shen Lan", "pathology", False),
        ]
        assert len(queries.seats(item)) == 5


def test_the_trail_holds_no_clinical_text(board: Board, transaction) -> None:
    from mdtapp.audit.queries import page_of_events
    from mdtapp.audit.trail import verify

    with transaction():
        item = board.in_session()[0]
        board.present(item)
        dissent(board, item)
        board.conclude(item)
    with transaction():
        told = str([(event.event, event.detail) for event in page_of_events().events])
        assert "meeting:decided" in told
        assert not [text for text in ("Tests first", "先补检查", "Operate", "手术", "Guo") if text in told]
        assert verify().whole
