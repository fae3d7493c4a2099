"""An author leaves the panel: whoever takes the place goes on where the other stopped, under their own name."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from mdtapp.cases.models import Case, MemberRole
from mdtapp.cases.operations import add_member, remove_member
from mdtapp.errors import NotAllowed
from mdtapp.opinions.inputs import operations, queries
from mdtapp.opinions.inputs.access import is_author
from mdtapp.opinions.inputs.surroundings import context_of
from mdtapp.people.models import User
from mdtapp.people.operations import add_person
from mdtapp.people.roles import Role
from tests.conftest import START
from tests.situations_opinion import Desk


@pytest.fixture
def desk(app: Flask) -> Desk:
    return Desk.ready(app)


def replaced(desk: Desk, case: Case) -> User:
    """Another surgeon sits on the panel instead of Dr Guo Feng."""
    by: dict[str, Any] = {"actor": desk.user("coordinator"), "at": START}
    other = add_person(
        **by, email="s2@b.example", name="Dr Wu Hao", role=Role.SPECIALIST, disciplines=["surgical_oncology"]
    )
    member = next(m for m in case.members if m.discipline == "surgical_oncology")
    remove_member(**by, case=case, member_id=member.id)
    add_member(**by, case=case, user=other, role=MemberRole.AUTHOR, discipline="surgical_oncology")
    return other


def saved(case: Case, who: User, data: dict[str, Any]) -> Any:
    row = queries.find_input(case.id, "surgical_oncology")
    return operations.save(
        actor=who,
        at=START,
        case=case,
        discipline="surgical_oncology",
        data=data,
        row_version=operations.version_of(row),
        context=context_of(case, who, START.date()),
    )


def test_a_draft_goes_on_under_the_new_name(desk: Desk, transaction):
    with transaction():
        case = desk.case_in_review()
        row = saved(case, desk.user("surgeon"), {"summary": {"en": "Resectable.", "zh": "可切除。"}})
        successor = replaced(desk, case)
        assert not is_author(desk.user("radiologist"), row)
        saved(case, successor, {"summary": {"en": "Looked again.", "zh": "再次审阅。"}})
        assert (row.author_id, row.revision) == (successor.id, 1)
        assert [save.saved_by_id for save in queries.saves(row.id)] == [successor.id, desk.people["surgeon"]]
        with pytest.raises(NotAllowed):
            saved(case, desk.user("surgeon"), {})


def test_what_was_signed_stays_signed_by_whom_it_was(desk: Desk, transaction):
    with transaction():
        case = desk.reviewed()
        signed = queries.signed_inputs(case.id)["surgical_oncology"]
        successor = replaced(desk, case)
        following = operations.amend(
            actor=successor, at=START, case=case, discipline="surgical_oncology", reason="took over"
        )
        assert (signed.author_id, following.author_id) == (desk.people["surgeon"], successor.id)


def test_a_question_back_goes_to_whoever_sits_there_now(desk: Desk, transaction):
    with transaction():
        case = desk.reviewed()
        successor = replaced(desk, case)
        row = operations.return_to_author(
            actor=desk.user("chair"), at=START, case=case, discipline="surgical_oncology", question="Sure?"
        )
        assert row.author_id == successor.id


def test_as_long_as_the_author_is_there_nobody_else_writes(desk: Desk, transaction):
    with transaction():
        case = desk.reviewed()
        row = queries.signed_inputs(case.id)["surgical_oncology"]
        assert is_author(desk.user("surgeon"), row)
        for who in ("radiologist", "chair", "coordinator"):
            assert not is_author(desk.user(who), row)
