"""The panel, the gates, hold and resume: who may move a case and when."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from mdtapp.cases import operations, queries
from mdtapp.cases.models import Case, ConsentPurpose, MemberRole
from mdtapp.cases.status import BEFORE_SIGNATURE, CASE_LIFECYCLE, CaseStatus
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from mdtapp.store.db import session
from tests.cases.test_record_parts import OUTSIDE, acting, ask, shared
from tests.cases.test_registering import register
from tests.conftest import START, sign_in
from tests.meetings.board import PANEL
from tests.situations import events
from tests.situations_opinion import IDENTITY, Desk


def seat(desk: Desk, case: Case, who: str, role: MemberRole, discipline: str | None = None) -> Any:
    return operations.add_member(**acting(desk, case), user=desk.user(who), role=role, discipline=discipline)


def seat_panel(desk: Desk, case: Case) -> None:
    seat(desk, case, "chair", MemberRole.CHAIR)
    for who, discipline in PANEL.items():
        seat(desk, case, who, MemberRole.AUTHOR, discipline)


# --- the panel ----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_members_see_the_case_from_the_moment_they_join_to_the_moment_they_leave(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        surgeon = desk.user("surgeon")
        member = seat(desk, case, "surgeon", MemberRole.AUTHOR, "surgical_oncology")
        assert queries.get_case(case.case_no, surgeon) is case
        operations.remove_member(**acting(desk, case), member_id=member.id)
        with pytest.raises(NotFound):
            queries.get_case(case.case_no, surgeon)
    kinds = [(event.event, event.detail["role"]) for event in events(desk.app) if "member" in event.event]
    assert kinds == [("case:member_added", "author"), ("case:member_removed", "author")]


@pytest.mark.parametrize(
    ("who", "role", "discipline"),
    [
        ("radiologist", MemberRole.AUTHOR, "pathology"),
        ("radiologist", MemberRole.AUTHOR, None),
        ("radiologist", MemberRole.CHAIR, None),
        ("chair", MemberRole.COORDINATOR, None),
        ("coordinator", MemberRole.TRANSLATOR, None),
        ("chair", MemberRole.AUTHOR, "radiology"),
    ],
)
def test_a_place_is_for_those_who_have_the_role_or_the_discipline(
    desk: Desk, transaction, who: str, role: MemberRole, discipline: str | None
):
    with transaction():
        case = register(desk)
        with pytest.raises(Invalid, match="does not have that role"):
            seat(desk, case, who, role, discipline)


def test_a_place_is_taken_once(desk: Desk, transaction):
    from mdtapp.people.operations import add_person
    from mdtapp.people.roles import Role

    with transaction():
        case = register(desk)
        seat_panel(desk, case)
        by: dict[str, Any] = {"actor": desk.user("coordinator"), "at": START}
        second = add_person(**by, email="c2@b.example", name="Dr C", role=Role.CHAIR)
        operations.add_member(**acting(desk, case), user=second, role=MemberRole.CHAIR)
        others = [
            (add_person(**by, email="c3@b.example", name="Dr D", role=Role.CHAIR), MemberRole.CHAIR, None),
            (
                add_person(
                    **by, email="r2@b.example", name="Dr R", role=Role.SPECIALIST, disciplines=["radiology"]
                ),
                MemberRole.AUTHOR,
                "radiology",
            ),
            (desk.user("coordinator"), MemberRole.COORDINATOR, None),
        ]
        for user, role, discipline in others:
            with pytest.raises(Invalid, match="taken"):
                operations.add_member(**acting(desk, case), user=user, role=role, discipline=discipline)


def test_the_last_coordinator_stays(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        with pytest.raises(Invalid, match="needs a coordinator"):
            operations.remove_member(**acting(desk, case), member_id=case.members[0].id)
        with pytest.raises(Invalid, match="not on the case any more"):
            operations.remove_member(**acting(desk, case), member_id=999)


def test_a_forged_place_is_refused_by_the_form(desk: Desk, app: Flask, transaction):
    with transaction():
        case_no = register(desk).case_no
    coordinator = sign_in(app, "coordinator", desk.people["coordinator"])
    page, radiologist = f"/cases/{case_no}/panel", desk.people["radiologist"]
    for place in (
        "",
        "x",
        "1/2/3/4",
        f"{radiologist}/author/pathology",
        f"{radiologist}/chair/",
        "99999/author/radiology",
    ):
        assert coordinator.submit(page, {"place": place}).status_code == 422
    assert coordinator.submit(page, {"place": f"{radiologist}/author/radiology"}).status_code == 302


# --- gates --------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_case_is_ready_when_everything_is_there_and_every_gap_is_named_before(desk: Desk, transaction):
    with transaction():
        case = shared(desk)
        setting = acting(desk, case)
        operations.coordinate(**setting, action="begin_intake")
        steps: list[tuple[str, Any]] = [
            ("Consent to the review", lambda: operations.record_consent(
                **setting, purpose=ConsentPurpose.REVIEW, given=True, given_on=date(2026, 3, 1))),
            ("identity is not sealed", lambda: operations.seal_identity(**setting, identity=dict(IDENTITY), key=desk.key)),
            ("question is not written", lambda: operations.set_questions(**setting, questions=ask("Who is right?"))),
            ("opinion is not transcribed", lambda: operations.transcribe_outside(**setting, label="A", wanted=OUTSIDE)),
            ("not checked by a second person", lambda: operations.check_outside(
                **acting(desk, case, "other_coordinator"), label="A")),
        ]  # fmt: skip
        for gap, mend in steps:
            with pytest.raises(Invalid, match=gap) as refusal:
                operations.coordinate(**setting, action="mark_ready")
            assert not refusal.value.sentence.missing()
            mend()
        operations.coordinate(**setting, action="mark_ready")
        assert (case.status, case.due_on) == (CaseStatus.READY, date(2026, 3, 9)), "five working days"
        with pytest.raises(Invalid, match="needs a chair"):
            operations.coordinate(**setting, action="open_review")
        seat_panel(desk, case)
        operations.coordinate(**setting, action="open_review")
        assert case.status == CaseStatus.IN_REVIEW


def test_consent_that_was_withdrawn_is_none(desk: Desk, transaction):
    with transaction():
        case = shared(desk)
        giving: dict[str, Any] = acting(desk, case) | {
            "purpose": ConsentPurpose.REVIEW,
            "given_on": date(2026, 3, 1),
        }
        operations.record_consent(**giving, given=True)
        operations.record_consent(**giving, given=False)
        assert "Consent" in operations.gaps_before_ready(case)[0].en


@pytest.mark.parametrize("action", ["hold", "withdraw", "mark_incomplete"])
def test_stopping_a_case_needs_a_reason(desk: Desk, transaction, action: str):
    with transaction():
        case = register(desk)
        operations.coordinate(**acting(desk, case), action="begin_intake")
        with pytest.raises(Invalid, match="Say why"):
            operations.coordinate(**acting(desk, case), action=action, reason=" ")
        operations.coordinate(**acting(desk, case), action=action, reason="the patient asks")
        assert case.steps[-1].reason == "the patient asks"


@pytest.mark.both_databases
@pytest.mark.parametrize("status", BEFORE_SIGNATURE)
def test_a_held_case_goes_back_to_where_it_was(desk: Desk, transaction, status: CaseStatus):
    with transaction():
        case = register(desk)
        case.status = status
        session.flush()
        operations.coordinate(**acting(desk, case), action="hold", reason="waits")
        assert (case.status, case.held_from) == (CaseStatus.ON_HOLD, status)
        others = [other for other in BEFORE_SIGNATURE if other != status]
        for other in others:
            with pytest.raises(Invalid, match="goes back to where it was held"):
                operations.coordinate(**acting(desk, case), action=f"resume_{other}")
        operations.coordinate(**acting(desk, case), action=f"resume_{status}")
        assert (case.status, case.held_from) == (status, None)


@pytest.mark.parametrize(
    "action", ["schedule", "unschedule", "discuss", "start_drafting", "sign", "deliver", "reopen"]
)
def test_what_follows_from_other_acts_is_no_move_of_the_coordinator(desk: Desk, transaction, action: str):
    with transaction():
        case = register(desk)
        source = next(step.source for step in CASE_LIFECYCLE.transitions if step.action == action)
        case.status = source
        session.flush()
        with pytest.raises(NotAllowed):
            operations.coordinate(**acting(desk, case), action=action)
        assert case.status == source


@pytest.mark.parametrize("action", ["no_such_action", "mark_ready", "", "begin_intake\x00"])
def test_an_unlawful_move_is_told(desk: Desk, transaction, action: str):
    with transaction():
        case = register(desk)
        with pytest.raises(InvalidTransition) as refusal:
            operations.coordinate(**acting(desk, case), action=action)
        assert not refusal.value.sentence.missing()


def test_every_step_is_kept_with_its_actor(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        operations.coordinate(**acting(desk, case), action="begin_intake")
        operations.coordinate(**acting(desk, case), action="hold", reason="waits")
        coordinator = f"user:{desk.people['coordinator']}"
        assert [(s.action, str(s.source), str(s.target), s.actor) for s in case.steps] == [
            ("begin_intake", "new", "intake", coordinator),
            ("hold", "intake", "on_hold", coordinator),
        ]


def test_only_the_chair_lifts_independence(desk: Desk, transaction):
    with transaction():
        case = desk.case_in_review()
        for who in ("coordinator", "surgeon"):
            with pytest.raises(NotAllowed):
                operations.lift_independence(
                    **acting(desk, case, who), reason="The meeting was brought forward."
                )
        with pytest.raises(Invalid):
            operations.lift_independence(**acting(desk, case, "chair"), reason=" ")
        operations.lift_independence(**acting(desk, case, "chair"), reason="The meeting was brought forward.")
        assert case.independence_lifted
        assert case.independence_reason == "The meeting was brought forward."
        with pytest.raises(Conflict):
            operations.lift_independence(**acting(desk, case, "chair"), reason="Again.")
    parts = [event.detail["part"] for event in events(desk.app, "case:amended")]
    assert parts[-1] == "independence_lifted"


def test_moves_on_the_page_are_those_the_state_allows(desk: Desk, app: Flask, transaction):
    with transaction():
        case_no = register(desk).case_no
    coordinator = sign_in(app, "coordinator", desk.people["coordinator"])
    page = f"/cases/{case_no}"
    assert (
        coordinator.post(
            f"{page}/move/begin_intake", data={"csrf_token": coordinator.csrf_token(f"{page}/record")}
        ).status_code
        == 302
    )
    text = coordinator.get(page).text
    for action in ("mark_ready", "mark_incomplete", "hold", "withdraw"):
        assert f"/move/{action}" in text
    for action in ("schedule", "begin_intake", "sign"):
        assert f"/move/{action}" not in text
    refused = coordinator.post(
        f"{page}/move/mark_ready", data={"csrf_token": coordinator.csrf_token(f"{page}/record")}
    )
    assert refused.status_code == 422
    assert "Consent to the review is not recorded." in refused.text
    assert Bitext("", "x").missing() == ["en"]
