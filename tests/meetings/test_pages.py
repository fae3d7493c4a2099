"""The pages of meetings, through a browser without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from tests.conftest import Person, sign_in
from tests.meetings.board import PANEL, Board

PLAN = {
    "title": "Thoracic board",
    "day": "2026-03-05",
    "time": "14:00",
    "minutes": "60",
    "place": "Room 3",
    "video_link": "",
}
DECISION = {
    "result_class": "modified_treatment",
    "also": "modified_stage",
    "decision_en": "Tests first.",
    "decision_zh": "先补检查。",
    "votes_for": "5",
    "votes_against": "1",
    "votes_abstain": "0",
    "dissent_asked": "y",
    "prompts": ["images", "wishes"],
}
SignIn = Callable[[str], Person]


@pytest.fixture
def person(app: Flask, board: Board) -> SignIn:
    """A signed-in person of the board."""
    known: dict[str, Person] = {}

    def signed_in(who: str) -> Person:
        board.add(who)
        return known.setdefault(who, sign_in(app, who, board.people[who]))

    return signed_in


@pytest.fixture
def room(board: Board, transaction) -> str:
    """The address of a case's room in a meeting that has begun."""
    with transaction():
        item = board.in_session()[0]
        return f"/meetings/{item.meeting.id}/cases/{item.case.case_no}"


def post(person: Person, address: str, data: dict[str, Any]) -> Any:
    """Sends the form that stands on the page of the same address."""
    return person.post(address, data={"csrf_token": person.csrf_token(address), **data})


def attendance(board: Board, **others: str) -> dict[str, str]:
    said = {**dict.fromkeys(("chair", *PANEL), "in_person"), **others}
    return {f"presence_{board.people[who]}": how for who, how in said.items()}


def test_a_meeting_from_plan_to_minutes(board: Board, transaction, person: SignIn) -> None:
    with transaction():
        case_no = board.case_in_review().case_no
    coordinator, chair, surgeon = person("coordinator"), person("chair"), person("surgeon")

    answer = post(coordinator, "/meetings/new", {**PLAN, "chair": board.people["chair"]})
    page = answer.location
    assert "Thoracic board" in coordinator.get("/meetings/").text
    answer = coordinator.submit(page, {"case_no": case_no, "planned_minutes": "25"}, action=f"{page}/agenda")
    assert answer.location == page
    assert "CEDAR-208" in surgeon.get(page).text

    chair.submit(page, action=f"{page}/start")
    room = f"{page}/cases/{case_no}"
    assert "Who is right?" in chair.get(room).text
    chair.submit(room, attendance(board), action=f"{room}/attendance")
    surgeon.submit(room, {"dissent_zh": "应先手术。", "to_patient": "y"}, action=f"{room}/dissent")
    assert "应先手术。" in chair.get(room).text
    assert chair.submit(room, DECISION, action=f"{room}/decision").location == room
    assert "5 for, 1 against" in surgeon.get(room).text

    assert chair.submit(page, action=f"{page}/end").location == f"{page}/minutes"
    chair.submit(f"{page}/minutes", action=f"{page}/confirm")
    minutes = surgeon.get(f"{page}/minutes").text
    assert "先补检查。" in minutes
    assert "Minutes confirmed" in minutes


@pytest.mark.parametrize("suffix", ["", "/minutes", "/cases/MDT-2026-0001"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_speaks_both_languages(room: str, person: SignIn, suffix: str, language: str) -> None:
    meeting = room.split("/cases/")[0]
    chair = person("chair")
    chair.post("/language", data={"language": language, "csrf_token": chair.csrf_token("/account")})
    page = chair.get(f"{meeting}{suffix}")
    assert page.status_code == 200
    assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}"' in page.text


def test_every_page_links_the_calendar_file(room: str, person: SignIn) -> None:
    meeting = room.split("/cases/")[0]
    for page in ("/meetings/", meeting, f"{meeting}/minutes"):
        assert f'href="{meeting}.ics"' in person("surgeon").get(page).text
    answer = person("surgeon").get(f"{meeting}.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    event = Calendar.from_ical(answer.data).walk("VEVENT")[0]
    assert str(event["url"]).endswith(meeting)
    assert "CEDAR" not in answer.text


@pytest.mark.parametrize("who", ["admin", "other_coordinator", "translator"])
def test_a_foreign_meeting_is_as_one_that_does_not_exist(room: str, person: SignIn, who: str) -> None:
    meeting = room.split("/cases/")[0]
    stranger = person(who)
    for address in (meeting, f"{meeting}.ics", room, f"{meeting}/minutes"):
        answer, unknown = stranger.get(address), stranger.get(address.replace("/1", "/4711", 1))
        assert answer.status_code == unknown.status_code == (404 if who == "other_coordinator" else 403)
        assert _without_token(answer.text) == _without_token(unknown.text).replace("/4711", "/1")


def _without_token(page: str) -> str:
    """The token against forgery carries the second it was made in; nothing else may differ."""
    return re.sub(r'(X-CSRFToken": "|name="csrf_token" value=")[^"]+', r"\1", page)


@pytest.mark.parametrize("number", ["0", "2147483648", "99999999999999999999", "-1", "x"])
def test_a_forged_number_is_not_found(board: Board, person: SignIn, number: str) -> None:
    assert person("coordinator").get(f"/meetings/{number}").status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"day": "2026-03-01"}, "Choose a day from today on"),
        ({"day": "yesterday"}, "Not a valid date"),
        ({"day": ""}, "Choose the day"),
        ({"time": "25:00"}, "Not a valid time"),
        ({"minutes": "abc"}, "Not a valid integer"),
        ({"minutes": "100000"}, "Plan 5 to 480 minutes"),
        ({"title": "x" * 201}, "longer than 200"),
        ({"title": "Board\u202egnp.exe"}, "invisible control or direction marks"),
        ({"video_link": "javascript:alert(1)"}, "begins with https"),
        ({"chair": "999"}, "Not a valid choice"),
    ],
)
def test_a_wrong_plan_comes_back_with_its_sentence(
    board: Board, person: SignIn, changed: dict[str, str], said: str
) -> None:
    answer = post(person("coordinator"), "/meetings/new", {**PLAN, "chair": board.people["chair"], **changed})
    assert answer.status_code == 422
    assert said in answer.text


def test_a_skipped_hour_is_refused(board: Board, transaction, person: SignIn, settings: Any) -> None:
    from dataclasses import replace
    from zoneinfo import ZoneInfo

    board.app.config["MDTAPP"] = replace(settings, timezone=ZoneInfo("Europe/Berlin"))
    answer = post(
        person("coordinator"),
        "/meetings/new",
        {**PLAN, "day": "2026-03-29", "time": "02:30", "chair": board.people["chair"]},
    )
    assert answer.status_code == 422
    assert "02:30 does not exist" in answer.text


def test_a_field_of_ten_megabytes_is_refused(board: Board, person: SignIn) -> None:
    answer = post(person("coordinator"), "/meetings/new", {**PLAN, "title": "x" * 10_000_000})
    assert answer.status_code in (413, 422)


def test_a_case_that_may_not_be_chosen_is_refused(board: Board, transaction, person: SignIn) -> None:
    with transaction():
        page = f"/meetings/{board.planned().id}"
        board.case_in_review()
    answer = person("coordinator").submit(page, {"case_no": "MDT-2026-9999"}, action=f"{page}/agenda")
    assert answer.status_code == 422


def test_order_and_taking_off_through_the_page(board: Board, transaction, person: SignIn) -> None:
    with transaction():
        meeting = board.planned()
        numbers = [
            board.on_agenda(meeting, board.case_in_review(name)).case.case_no for name in ("OAK-1", "OAK-2")
        ]
        page = f"/meetings/{meeting.id}"
    coordinator = person("coordinator")
    coordinator.submit(page, action=f"{page}/cases/{numbers[1]}/order/up")
    text = coordinator.get(page).text
    assert text.index("OAK-2") < text.index("OAK-1")
    remove = f"{page}/cases/{numbers[0]}/remove"
    assert coordinator.submit(page, {"reason": ""}, action=remove).status_code == 422
    assert coordinator.submit(page, {"reason": "PET is missing"}, action=remove).location == page
    assert "OAK-1 ·" in coordinator.get(page).text  # among the cases that can be added again


def test_a_stale_page_is_answered_409_and_changes_nothing(board: Board, transaction, person: SignIn) -> None:
    with transaction():
        meeting = board.planned()
        board.on_agenda(meeting, board.case_in_review())
        page = f"/meetings/{meeting.id}"
    coordinator = person("coordinator")
    answer = coordinator.submit(page, {"row_version": "1", "reason": "No"}, action=f"{page}/cancel")
    assert answer.status_code == 409
    assert (
        coordinator.submit(page, {"row_version": "x", "reason": "No"}, action=f"{page}/cancel").status_code
        == 409
    )
    assert "Agenda open" in coordinator.get(page).text


def test_a_stale_decision_keeps_the_chairs_words(board: Board, room: str, person: SignIn) -> None:
    chair = person("chair")
    chair.submit(room, attendance(board), action=f"{room}/attendance")
    stale = {**DECISION, "row_version": "1"}
    answer = chair.submit(room, stale, action=f"{room}/decision")
    assert answer.status_code == 409
    assert "Tests first." in answer.text
    assert "先补检查。" in answer.text
    assert "Somebody recorded something in between" in answer.text


def test_without_quorum_the_page_names_who_is_missing(board: Board, room: str, person: SignIn) -> None:
    chair = person("chair")
    chair.submit(room, attendance(board, surgeon="absent"), action=f"{room}/attendance")
    page = chair.get(room).text
    assert "Missing: Surgical oncology." in page
    assert "缺：肿瘤外科。" in page
    answer = chair.submit(room, DECISION, action=f"{room}/decision")
    assert answer.status_code == 422
    assert "Missing: Surgical oncology." in answer.text


@pytest.mark.parametrize("who", ["coordinator", "surgeon"])
def test_only_the_chair_decides(board: Board, room: str, person: SignIn, who: str) -> None:
    someone = person(who)
    assert f"{room}/decision" not in someone.get(room).text
    for step in ("attendance", "decision", "defer"):
        data = {"csrf_token": someone.csrf_token("/account"), "row_version": "1", "defer_reason": "no_time"}
        assert someone.post(f"{room}/{step}", data=data).status_code in (403, 422)
    answer = someone.post(
        f"{room.split('/cases/')[0]}/end", data={"csrf_token": someone.csrf_token("/account")}
    )
    assert answer.status_code == 403


def test_an_absent_members_dissent_is_refused(board: Board, room: str, person: SignIn) -> None:
    surgeon = person("surgeon")
    token = surgeon.csrf_token("/account")
    answer = surgeon.post(f"{room}/dissent", data={"csrf_token": token, "dissent_en": "No."})
    assert answer.status_code == 403


def test_deferring_through_the_page(room: str, person: SignIn) -> None:
    chair = person("chair")
    assert chair.submit(room, {}, action=f"{room}/defer").status_code == 422
    answer = chair.submit(room, {"defer_reason": "test_needed", "note": "Brain MRI"}, action=f"{room}/defer")
    assert answer.location == room
    assert "Brain MRI" in chair.get(room).text


def test_no_form_without_its_token(room: str, person: SignIn) -> None:
    assert person("chair").post(f"{room}/decision", data=DECISION).status_code == 400
