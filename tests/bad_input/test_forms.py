"""Forms: too large, with marks that hide or turn text, stale; a sentence, the right status, nothing stored, nothing lost."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from tests.bad_input.conftest import SignIn, Stage
from tests.conftest import Person, Visitor
from tests.situations import Told, events, rows_of

TEN_MEGABYTES = "a" * 10_000_000
REVIEW = ("to_review",)
DESK = (*REVIEW, "to_agenda", "to_meeting", "to_decision", "to_desk")
MARKS = {
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "right-to-left mark": "\u200f",
    "byte order mark": "\ufeff",
    "escape": "\x1b",
    "nul": "\x00",
}


@dataclass(frozen=True)
class Place:
    """A form that takes free text: who sends it, where, and the field the text goes into."""

    steps: tuple[str, ...]
    who: str
    address: str
    text_field: str
    more: dict[str, Any]


CASE = "/cases/{case_no}"
PLACES = {
    "new case": Place(
        REVIEW,
        "coordinator",
        "/cases/new",
        "title_en",
        {
            "situation": "conflicting_opinions",
            "primary_site": "colon",
            "urgency": "routine",
            "pseudonym": "WILLOW-44",
            "sex": "female",
            "home_country": "KZ",
            "home_language": "ru",
        },
    ),
    "record": Place(
        REVIEW,
        "coordinator",
        CASE + "/record",
        "wishes_en",
        {
            "title_en": "Title",
            "situation": "conflicting_opinions",
            "primary_site": "colon",
            "urgency": "routine",
            "row_version": "{case_version}",
        },
    ),
    "outside opinion": Place(
        REVIEW,
        "coordinator",
        CASE + "/outside/A",
        "plan_en",
        {"diagnosis_en": "Colon cancer", "row_version": "2"},
    ),
    "identity": Place(REVIEW, "coordinator", CASE + "/identity", "name", {"sex": "male"}),
    "requested material": Place(
        REVIEW,
        "coordinator",
        CASE + "/materials/request",
        "title",
        {"kind": "slides", "status": "requested"},
    ),
    "meeting": Place(
        REVIEW,
        "coordinator",
        "/meetings/new",
        "title",
        {"day": "2026-03-20", "time": "14:00", "minutes": "60"},
    ),
    "person": Place(
        REVIEW,
        "admin",
        "/people/new",
        "name",
        {"email": "new@here.invalid", "role": "specialist", "disciplines": "radiology"},
    ),
    "input": Place(
        REVIEW,
        "medical_oncologist",
        CASE + "/inputs/medical_oncology",
        "monitoring-en",
        {"row_version": "{input_version}", "monitoring-zh": "意见"},
    ),
    "sentence": Place(
        DESK,
        "chair",
        CASE + "/opinion/0/statements",
        "text_en",
        {"section": "summary_patient", "text_zh": "一句"},
    ),
    "result of a conflict": Place(
        DESK,
        "chair",
        CASE + "/conflicts/{rule}/settle",
        "reason",
        {"resolution": "reword", "reason_zh": "理由"},
    ),
}
places = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())


def versions(case: Told) -> dict[str, Any]:
    """What forms and addresses need of the case."""
    app, number = case.app, case.case_no
    ((case_id, version),) = rows_of(app, 'SELECT id, row_version FROM "case" WHERE case_no = ?', number)
    query = "SELECT row_version FROM discipline_input WHERE case_id = ? AND discipline = 'medical_oncology'"
    ((input_version,),) = rows_of(app, query, case_id)
    open_rule = "SELECT rule FROM conflict_finding WHERE case_id = ? AND status = 'open' ORDER BY id LIMIT 1"
    rules = rows_of(app, open_rule, case_id)
    return {
        "case_no": number,
        "case_version": version,
        "input_version": input_version,
        "rule": rules[0][0] if rules else "",
    }


def send(person: Visitor, place: Place, case: Told, text: str, **options: Any) -> Any:
    known = versions(case)
    more = {
        name: value.format(**known) if isinstance(value, str) else value for name, value in place.more.items()
    }
    data = {"csrf_token": person.csrf_token("/account"), **more, place.text_field: text}
    return person.post(place.address.format(**known), data=data, **options)


def send_in_parts(person: Visitor, place: Place, case: Told) -> Any:
    """As multipart/form-data, built here: the test client would leave a temporary file open."""
    parts = {"csrf_token": person.csrf_token("/account"), place.text_field: TEN_MEGABYTES}
    return post_parts(person, place.address.format(**versions(case)), parts)


def post_parts(person: Visitor, address: str, parts: dict[str, str], file: bytes = b"") -> Any:
    heads = {name: f'form-data; name="{name}"' for name in parts}
    lines = [
        f"--edge\r\nContent-Disposition: {heads[name]}\r\n\r\n{text}\r\n" for name, text in parts.items()
    ]
    body = "".join(lines).encode()
    if file:
        body += (
            b'--edge\r\nContent-Disposition: form-data; name="files"; filename="big.bin"\r\n\r\n'
            + file
            + b"\r\n"
        )
    return person.post(
        address, data=body + b"--edge--\r\n", content_type="multipart/form-data; boundary=edge"
    )


# --- ten megabytes ----------------------------------------------------------------------------


@places
def test_a_field_of_ten_megabytes(place: Place, told: Stage, player: SignIn, app: Flask):
    case = told(*place.steps)
    person = player(case, place.who)
    before, memory = len(events(app)), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for answer in (send(person, place, case, TEN_MEGABYTES), send_in_parts(person, place, case)):
        assert answer.status_code == 413
        assert "This is more than the form takes" in answer.text
        assert len(answer.data) < 100_000, "the ten megabytes do not come back"
    as_json = send(person, place, case, TEN_MEGABYTES, headers={"Accept": "application/json"})
    assert as_json.status_code == 413
    assert as_json.json["error"].startswith("This is more than the form takes")
    assert len(events(app)) == before
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200_000, "less than 200 MB of memory"


@pytest.mark.parametrize("address", ["/sign-in", "/language", "/password/x", "/r/x", "/verify"])
def test_ten_megabytes_from_somebody_who_is_not_signed_in(client: Visitor, address: str):
    token = client.csrf_token()
    answer = client.post(address, data={"csrf_token": token, "email": TEN_MEGABYTES, "code": TEN_MEGABYTES})
    assert answer.status_code == 413


@pytest.mark.parametrize("address", ["/sign-in", "/language", "/cases/MDT-2026-0001/materials"])
def test_a_file_where_no_file_is_taken_never_reaches_the_disk(client: Visitor, address: str, monkeypatch):
    """Without a limit anybody could fill the disk through the smallest form of the site."""
    kept: list[object] = []
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", lambda **options: kept.append(options))
    token = client.csrf_token()
    assert post_parts(client, address, {"csrf_token": token}, b"x" * 5_000_000).status_code == 413
    assert kept == []


def test_more_fields_than_any_form_has(coordinator: Person):
    fields = {f"field{number}": "" for number in range(6000)}
    token = coordinator.csrf_token("/account")
    assert post_parts(coordinator, "/cases/new", {"csrf_token": token, **fields}).status_code == 413


def test_a_text_longer_than_its_field_is_refused_at_the_field(told: Stage, player: SignIn):
    case = told(*REVIEW)
    answer = send(player(case, "coordinator"), PLACES["record"], case, "word " * 4001)
    assert answer.status_code == 422
    assert "too long" in answer.text
    assert "word word" in answer.text, "the text is still in the form"


# --- marks that hide or turn text -------------------------------------------------------------


@places
def test_marks_that_hide_or_turn_text(place: Place, told: Stage, player: SignIn, app: Flask):
    """Refused with a sentence, nothing stored; the same words without the mark are taken as far as they go."""
    case = told(*place.steps)
    person = player(case, place.who)
    before = len(events(app))
    for name, mark in MARKS.items():
        answer = send(person, place, case, f"left{mark}thgir side, dose 10 mg")
        assert answer.status_code == 422, name
        assert says_why(answer.text), f"{name}: no sentence says what is wrong"
        assert len(events(app)) == before, name
    assert not says_why(send(person, place, case, "left side, dose 10 mg").text)


def says_why(page: str) -> bool:
    words = (
        "invisible control or direction marks",
        "invisible marks",
        "invisible control or direction characters",
    )
    return any(sentence in page for sentence in words)


# --- stale ------------------------------------------------------------------------------------


Stale = Callable[[Person, Told], Any]


def stale_record(person: Person, case: Told) -> Any:
    address = f"/cases/{case.case_no}/record"
    form = {**PLACES["record"].more, "row_version": "1", "title_en": "Theirs has another title"}
    return person.post(address, data={"csrf_token": person.csrf_token("/account"), **form})


def test_a_stale_record_shows_both_texts_and_overwrites_nothing(told: Stage, player: SignIn, app: Flask):
    case = told(*REVIEW)
    person = player(case, "coordinator")
    before = len(events(app))
    answer = stale_record(person, case)
    assert answer.status_code == 409
    assert "Title Maple11" in answer.text, "what is stored"
    assert "Theirs has another title" in answer.text, "what was sent"
    assert len(events(app)) == before
    as_json = person.post(
        f"/cases/{case.case_no}/record",
        data={**PLACES["record"].more, "row_version": "1", "csrf_token": person.csrf_token("/account")},
        headers={"Accept": "application/json"},
    )
    assert as_json.status_code == 409
    assert as_json.json is not None
    assert as_json.json["theirs"]["title"].startswith("Title Maple11")
    assert as_json.json["ours"]["title"].startswith("Title")


def test_a_stale_sentence_shows_both_texts(told: Stage, player: SignIn, app: Flask):
    case = told(*DESK)
    person = player(case, "chair")
    query = (
        "SELECT statement.id, statement.text FROM statement JOIN opinion ON opinion.id = opinion_id "
        "WHERE dropped_reason = '' ORDER BY statement.id LIMIT 1"
    )
    ((statement_id, stored),) = rows_of(app, query)
    answer = person.post(
        f"/cases/{case.case_no}/opinion/0/statements/{statement_id}",
        data={
            "csrf_token": person.csrf_token("/account"),
            "text_en": "Written in the other window",
            "text_zh": "另一窗口所写",
            "row_version": "99",
        },
    )
    assert answer.status_code == 409
    assert "Written in the other window" in answer.text
    assert rows_of(app, "SELECT text FROM statement WHERE id = ?", statement_id) == [(stored,)]
    assert rows_of(app, "SELECT count(*) FROM statement_edit") == [(0,)]


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_stale_input_shows_both_texts_and_keeps_both(told: Stage, player: SignIn, app: Flask, accept: str):
    case = told(*REVIEW)
    person = player(case, "medical_oncologist")
    known = versions(case)
    address = f"/cases/{case.case_no}/inputs/medical_oncology"

    def save(text: str, version: int) -> Any:
        form = {"monitoring-en": text, "monitoring-zh": "意见", "row_version": str(version)}
        token = person.csrf_token("/account")
        return person.post(address, data={"csrf_token": token, **form}, headers={"Accept": accept})

    first = save("Written in tab B", known["input_version"])
    assert first.status_code == (200 if accept == "application/json" else 302)
    second = save("Written in tab A", known["input_version"])
    assert second.status_code == 409
    for text in ("Written in tab A", "Written in tab B"):
        assert text in second.text
    history = rows_of(app, "SELECT accepted, data FROM input_save ORDER BY id DESC LIMIT 2")
    assert [accepted for accepted, _data in history] == [0, 1]
    assert "tab A" in history[0][1]
    assert "tab B" in history[1][1]
    ((stored,),) = rows_of(app, "SELECT data FROM discipline_input WHERE discipline = 'medical_oncology'")
    assert "tab B" in stored


def test_a_text_for_a_case_one_was_taken_off_a_minute_ago_can_be_copied(
    told: Stage, player: SignIn, app: Flask
):
    from tests.architecture.two_cases import unseat

    case = told(*REVIEW)
    person = player(case, "medical_oncologist")
    known = versions(case)
    unseat(case, "medical_oncologist")
    answer = person.post(
        f"/cases/{case.case_no}/inputs/medical_oncology",
        data={
            "csrf_token": person.csrf_token("/account"),
            "monitoring-en": "An hour of careful writing",
            "row_version": str(known["input_version"]),
        },
    )
    assert answer.status_code == 404
    assert "An hour of careful writing" in answer.text
    assert rows_of(app, "SELECT count(*) FROM input_save WHERE data LIKE '%careful writing%'") == [(0,)]


# --- what a form must not carry ---------------------------------------------------------------


def test_fields_nobody_asked_for_are_ignored(told: Stage, player: SignIn, app: Flask):
    """Mass assignment: state, author and role are not a form's to set."""
    case = told(*REVIEW)
    person = player(case, "medical_oncologist")
    known = versions(case)
    answer = person.post(
        f"/cases/{case.case_no}/inputs/medical_oncology",
        data={
            "csrf_token": person.csrf_token("/account"),
            "monitoring-en": "Mine",
            "monitoring-zh": "我的",
            "row_version": str(known["input_version"]),
            "status": "submitted",
            "signed_at": "2026-01-01",
            "author_id": "1",
            "revision": "9",
            "case_id": "2",
        },
    )
    assert answer.status_code == 302
    ((status, signed_at, revision, stored),) = rows_of(
        app,
        "SELECT status, signed_at, revision, data FROM discipline_input WHERE discipline = 'medical_oncology'",
    )
    assert (status, signed_at, revision) == ("draft", None, 1)
    assert "author_id" not in stored
    admin = player(case, "admin")
    changed = {
        "name": "Dr X",
        "role": "specialist",
        "active": "y",
        "password_hash": "x",
        "session_epoch": "99",
    }
    ((user_id, epoch),) = rows_of(
        app, "SELECT id, session_epoch FROM user WHERE email = ?", case.email("radiologist")
    )
    admin.post(f"/people/{user_id}", data={"csrf_token": admin.csrf_token("/account"), **changed})
    ((now,),) = rows_of(app, "SELECT session_epoch FROM user WHERE id = ?", user_id)
    assert now == epoch + 1, "only because a discipline was taken away"
