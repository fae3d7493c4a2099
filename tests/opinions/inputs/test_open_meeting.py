"""While the meeting discusses a case its panel reads what is signed, whoever has written and whoever has not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from flask import Flask

from tests.builders import CaseBuilder
from tests.conftest import sign_in
from tests.meetings.board import IN_MEETING

Transaction = Callable[[], AbstractContextManager[None]]


def test_signed_inputs_open_to_the_panel_when_the_meeting_begins(
    app: Flask, transaction: Transaction
) -> None:
    from mdtapp.meetings import operations
    from mdtapp.meetings.queries import waiting_item

    builder = CaseBuilder.ready(app)
    with transaction():
        case = builder.with_signed(disciplines=("pathology",))
        builder.on_agenda(builder.planned(), case)
        case_id, case_no = case.id, case.case_no
    surgeon = sign_in(app, "surgeon", builder.people["surgeon"])
    address = f"/cases/{case_no}/inputs/pathology/1"
    assert surgeon.get(address).status_code == 403
    assert "hidden until signed" in surgeon.get(f"/cases/{case_no}/inputs").text
    with transaction():
        item = waiting_item(case_id)
        assert item is not None
        operations.start(
            actor=builder.user("chair"),
            at=IN_MEETING,
            meeting=item.meeting,
            row_version=item.meeting.row_version,
        )
    assert surgeon.get(address).status_code == 200
    assert "hidden until signed" not in surgeon.get(f"/cases/{case_no}/inputs").text
