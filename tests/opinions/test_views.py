"""The pages of conflicts and opinion: the whole way through forms, in both languages, and forged requests."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from mdtapp.cases.models import Case
from mdtapp.opinions import findings, queries
from mdtapp.opinions.conflicts import RULES
from mdtapp.opinions.models import Opinion, OpinionVersion
from mdtapp.store.db import db, session
from tests.conftest import PASSWORD, Person, sign_in
from tests.meetings.board import PANEL
from tests.situations import database_file, events
from tests.situations_opinion import IDENTITY, PDF, Desk

NOT_NUMBERS = ("", "²", "-1", "1e9", "9" * 5000, "\u0663", "1; DROP TABLE")


@pytest.fixture
def browsers(app: Flask, desk: Desk) -> Any:
    """`browsers("chair")` is that person's signed-in browser."""
    opened: dict[str, Person] = {}

    def browser(who: str) -> Person:
        if who not in opened:
            opened[who] = sign_in(app, who, desk.people[who])
        return opened[who]

    return browser


class Press:
    """Stands for the press where the pages of a document do not matter."""

    def __init__(self, store: Any) -> None:
        self.store = store

    def final(self, version: OpinionVersion, lang: str = "en") -> bytes:
        return PDF + f"{version.content_hash} {lang}".encode()

    def document_of(self, version: OpinionVersion, lang: str = "en") -> bytes:
        return self.final(version, lang)

    def draft(self, _opinion: Opinion, _house: Any, lang: str = "en") -> bytes:
        return PDF + f"draft {lang}".encode()


@pytest.fixture
def quick_press(app: Flask) -> Press:
    press = Press(app.extensions["mdtapp.objects"])
    app.extensions["mdtapp.press"] = press
    return press


def page_of(case_no: str, rest: str = "/opinion") -> str:
    return f"/cases/{case_no}{rest}"


# --- the whole way ------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_from_the_decision_to_a_released_document(app: Flask, desk: Desk, transaction, browsers, quick_press):
    with transaction():
        case_no = desk.decided(desk.reviewed("DEMO-06")).case_no
    opinion = page_of(case_no)
    chair, coordinator = browsers("chair"), browsers("coordinator")
    assert chair.submit(opinion, action=f"{opinion}/start").status_code == 302
    with transaction():
        desk.complete(queries.get_opinion(1))
    for who, act in (
        ("chair", "send-to-review"),
        ("coordinator", "pass-to-language"),
        ("translator", "language-checked"),
    ):
        assert browsers(who).submit(opinion, action=f"{opinion}/0/{act}").status_code == 302
    wrong = chair.submit(opinion, {"password": "not it"}, action=f"{opinion}/0/finalise")
    assert wrong.status_code == 422
    assert "The password is wrong" in wrong.text
    assert chair.submit(opinion, {"password": PASSWORD}, action=f"{opinion}/0/finalise").status_code == 302
    for who in ("chair", *PANEL):
        signing = {"meaning": "agree", "password": PASSWORD}
        assert browsers(who).submit(opinion, signing, action=f"{opinion}/0/sign").status_code == 302
    assert coordinator.submit(opinion, action=f"{opinion}/0/release").status_code == 302
    with transaction():
        version = session.query(OpinionVersion).one()
        assert str(version.opinion.status) == "released"
        wanted = quick_press.final(version)
    answer = coordinator.get(f"{opinion}/0/document.pdf")
    assert (answer.data, answer.mimetype) == (wanted, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{case_no}-v1.pdf"'


def test_the_password_cannot_be_guessed_at_an_unattended_screen(desk: Desk, transaction, browsers):
    with transaction():
        case_no = desk.frozen().opinion.case.case_no
    opinion = page_of(case_no)
    surgeon, radiologist = browsers("surgeon"), browsers("radiologist")

    def sign(person: Person, password: str) -> int:
        data = {"meaning": "agree", "password": password}
        return person.submit(opinion, data, action=f"{opinion}/0/sign").status_code

    assert {sign(surgeon, f"guess {number}") for number in range(10)} == {422}
    assert sign(surgeon, PASSWORD) == 429
    assert sign(radiologist, PASSWORD) == 302


def test_sent_back_the_chair_reads_why(desk: Desk, transaction, browsers):
    with transaction():
        case_no = desk.frozen().opinion.case.case_no
    opinion = page_of(case_no)
    answer = browsers("surgeon").submit(
        opinion, {"reason": "The margin is missing."}, action=f"{opinion}/0/refuse"
    )
    assert answer.status_code == 302
    page = browsers("chair").get(opinion).text
    assert "Sent back by Dr Guo Feng" in page
    assert "The margin is missing." in page


def test_an_addendum_has_its_own_page(desk: Desk, transaction, browsers):
    with transaction():
        opinion = desk.signed(desk.frozen().opinion)
        desk.release(opinion)
        case_no = opinion.case.case_no
    chair, page = browsers("chair"), page_of(case_no)
    answer = chair.submit(
        page,
        {"reason": "correction", "text_en": "A word was wrong.", "text_zh": "有一处用词错误。"},
        action=f"{page}/addendum",
    )
    assert answer.status_code == 302
    assert answer.location.endswith("/opinion/addendum/1")
    assert "A word was wrong." in chair.get(answer.location).text


# --- conflicts ----------------------------------------------------------------------------------


def test_conflicts_are_settled_and_confirmed_through_their_forms(desk: Desk, transaction, browsers):
    with transaction():
        opinion = desk.started("DEMO-07")
        case_no = opinion.case.case_no
        rule = next(
            row.rule
            for row in findings.standing(opinion.case)
            if RULES[row.rule].confirmed_by and "reword" in findings.ways(row)
        )
    page = page_of(case_no, "/conflicts")
    settled = browsers("chair").submit(
        page,
        {"resolution": "reword", "reason": "Said differently.", "reason_zh": "改写。"},
        action=f"{page}/{rule}/settle",
    )
    assert settled.status_code == 302
    assert f"confirm this settlement of {rule}" in browsers("chair").get(page).text
    confirmed = browsers("medical_oncologist").submit(page, action=f"{page}/{rule}/confirm")
    assert confirmed.status_code == 302
    assert f"confirm this settlement of {rule}" not in browsers("chair").get(page).text


def test_the_page_shows_what_holds_now(desk: Desk, transaction, browsers):
    with transaction():
        case = desk.reviewed()
        case_no = case.case_no
    page = page_of(case_no, "/conflicts")
    text = browsers("surgeon").get(page).text
    assert 'id="conflict-X14"' in text, "named although nobody has stored it yet"
    assert "No contradictions found" not in text
    with transaction():
        case = session.get_one(Case, 1)
        for discipline in ("medical_oncology", "radiation_oncology", "surgical_oncology"):
            desk.changed_input(case, discipline, first_step="systemic")
    assert 'id="conflict-X45"' not in browsers("surgeon").get(page).text


def test_conflicts_stay_hidden_until_the_own_input_is_signed(desk: Desk, transaction, browsers):
    from mdtapp.opinions.inputs.models import DisciplineInput
    from mdtapp.opinions.inputs.status import InputStatus

    with transaction():
        case = desk.reviewed()
        case_no = case.case_no
        case.outside_opinions[0].steps = [{"modality": "systemic", "drug_classes": ["egfr_tki"]}]
        own = session.query(DisciplineInput).filter_by(discipline="surgical_oncology").one()
        own.status, own.signed_at = InputStatus.DRAFT, None
    page = page_of(case_no, "/conflicts")
    hidden = browsers("surgeon").get(page).text
    assert "Not open to you yet" in hidden
    assert "X14" not in hidden
    # Of the home plan only what needs nobody else's answer: the driver is known to pathology, not missing.
    assert "Points to check in their plan" in hidden
    assert "X57" in hidden
    assert "X24" not in hidden
    assert 'id="conflict-X14"' in browsers("radiologist").get(page).text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_cards_speak_the_language_of_the_page(desk: Desk, transaction, browsers, language: str):
    with transaction():
        case_no = desk.started("DEMO-02").case.case_no
    chair = browsers("chair")
    with chair.session_transaction() as cookie:
        cookie["language"] = language
    text = chair.get(page_of(case_no, "/conflicts")).text
    assert re.search(r"\{'|\['|None", text) is None, "a value as Python writes it"
    assert ("当地医院" if language == "zh" else "Home hospital") in text


# --- forged and hostile -------------------------------------------------------------------------


@pytest.fixture
def started(desk: Desk, transaction) -> str:
    with transaction():
        return desk.started("DEMO-02").case.case_no


FORGED: list[tuple[str, dict[str, Any], int]] = [
    ("/conflicts/X99/settle", {"resolution": "reword", "reason": "x"}, 404),
    ("/conflicts/X14/settle", {"resolution": "coin", "reason": "x"}, 422),
    (
        "/conflicts/X14/settle",
        {"resolution": "choose_input", "chosen": "\u202eradiology", "reason": "x"},
        422,
    ),
    ("/conflicts/X14/settle", {"resolution": "choose_input", "chosen": "case", "reason": "x"}, 422),
    ("/conflicts/X14/settle", {}, 422),
    ("/conflicts/X14/confirm", {}, 409),
    ("/conflicts/X99/confirm", {}, 409),
    ("/opinion/0/statements/99999", {"text_en": "x", "row_version": "1"}, 404),
    ("/opinion/0/statements/1", {"text_en": "x"}, 409),
    ("/opinion/0/statements/1", {"text_en": "x" * 10_001, "row_version": "1"}, 422),
    ("/opinion/0/statements/1", {"text_en": "a\u202eb", "row_version": "1"}, 422),
    ("/opinion/0/statements/1/drop", {"reason": ""}, 422),
    ("/opinion/0/statements/1/drop", {"reason": "x" * 1_001}, 422),
    ("/opinion/0/statements/99999/shift", {"by": "sideways"}, 404),
    ("/opinion/0/statements/99999/bring-back", {}, 404),
    ("/opinion/0/statements", {"section": "nowhere", "text_en": "x"}, 422),
    ("/opinion/0/statements", {"section": "follow_up", "text_en": "x", "question": "Q77"}, 422),
    ("/opinion/0/result", {"result_class": "perfect"}, 422),
    ("/opinion/0/result", {"result_class": "confirmed", "also": ["perfect"]}, 422),
    ("/opinion/7/send-to-review", {}, 404),
    ("/opinion/0/send-to-review", {}, 422),
    ("/opinion/0/take-back", {}, 409),
    ("/opinion/0/sign", {"content_hash": "x", "meaning": "agree", "password": PASSWORD}, 409),
    ("/opinion/0/sign", {"content_hash": "x", "meaning": "perhaps", "password": PASSWORD}, 422),
    ("/opinion/0/finalise", {"password": PASSWORD, "row_version": "1"}, 409),
    ("/opinion/0/refuse", {"reason": "x"}, 409),
    ("/opinion/addendum", {"reason": "correction", "text_en": "x"}, 409),
    ("/opinion/addendum", {"reason": "because", "text_en": "x"}, 422),
    ("/opinion/start", {}, 409),
]


def test_a_forged_request_is_refused_with_the_right_status(desk: Desk, browsers, started: str):
    chair = browsers("chair")
    token = chair.csrf_token(page_of(started))
    wrong = []
    for path, data, status in FORGED:
        answer = chair.post(page_of(started, path), data=data | {"csrf_token": token})
        if answer.status_code != status:
            wrong.append(f"{path} {str(data)[:60]}: {answer.status_code} instead of {status}")
    assert wrong == []


@pytest.mark.parametrize("number", NOT_NUMBERS)
def test_a_version_that_is_no_number_is_a_stale_one(desk: Desk, browsers, started: str, number: str):
    chair = browsers("chair")
    token = chair.csrf_token(page_of(started))
    forms: list[tuple[str, dict[str, Any], set[int]]] = [
        ("/opinion/0/statements/1", {"text_en": "x"}, {409, 422}),
        ("/opinion/0/finalise", {"password": PASSWORD}, {409, 422}),
        ("/conflicts/X14/settle", {"resolution": "coin", "reason": "x"}, {409, 422}),
        ("/opinion/0/language-checked", {}, {403, 409}),
    ]
    for path, data, expected in forms:
        answer = chair.post(page_of(started, path), data={**data, "row_version": number, "csrf_token": token})
        assert answer.status_code in expected, f"{path} answered {answer.status_code}"


def test_a_stale_sentence_is_answered_with_both_texts(desk: Desk, transaction, browsers, started: str):
    chair, page = browsers("chair"), page_of(started)
    with transaction():
        row = queries.kept_statements(queries.get_opinion(1))[0]
        number, version = row.id, row.row_version
    url = f"{page}/0/statements/{number}"
    said = {"csrf_token": chair.csrf_token(page), "row_version": str(version)}
    assert chair.post(url, data=said | {"text_en": "First of all.", "text_zh": "首先。"}).status_code == 302
    answer = chair.post(url, data=said | {"text_en": "Mine.", "text_zh": "我的。"})
    assert answer.status_code == 409
    assert "First of all." in answer.text
    assert "Mine." in answer.text


def test_a_refused_change_leaves_nothing_behind(desk: Desk, transaction, browsers, started: str):
    """Settling writes first and is refused later: all of it is undone."""
    with transaction():
        opinion = queries.get_opinion(1)
        before = len(opinion.statements)
    chair = browsers("chair")
    answer = chair.post(
        page_of(started, "/conflicts/X47/settle"),
        data={"resolution": "record_dissent", "reason": "", "csrf_token": chair.csrf_token(page_of(started))},
    )
    assert answer.status_code == 422
    with transaction():
        assert len(queries.get_opinion(1).statements) == before
        assert str(queries.get_finding(1, "X47").status) == "open"


# --- who reads what -----------------------------------------------------------------------------


def test_strangers_find_nothing(desk: Desk, browsers, started: str):
    stranger = browsers("other_coordinator")
    for rest in ("/opinion", "/conflicts", "/opinion/0/document.pdf", "/opinion/addendum/1"):
        assert stranger.get(page_of(started, rest)).status_code == 404
    assert started not in stranger.get("/opinions").text


def test_a_translator_reads_the_text_and_edits_nothing(desk: Desk, browsers, started: str):
    translator = browsers("translator")
    page = translator.get(page_of(started))
    assert page.status_code == 200
    assert "/statements" not in page.text
    assert started in translator.get("/opinions").text


def test_opening_the_document_is_recorded_without_its_content(
    app: Flask, desk: Desk, browsers, started: str, quick_press
):
    assert (
        browsers("chair").get(page_of(started, "/opinion/0/document.pdf?lang=zh")).data == PDF + b"draft zh"
    )
    (row,) = events(app, "document:downloaded")
    assert (row.actor, row.detail.keys()) == (f"user:{desk.people['chair']}", {"sha256"})


def test_others_can_save_while_a_document_is_made(app: Flask, desk: Desk, browsers, started: str):
    """Making pages takes seconds; the database is not held meanwhile."""
    free: list[bool] = []

    class Slow(Press):
        def draft(self, opinion: Opinion, house: Any, lang: str = "en") -> bytes:
            other = sqlite3.connect(database_file(app), timeout=0.1, isolation_level=None)
            try:
                other.execute("BEGIN IMMEDIATE")
                free.append(True)
                other.execute("ROLLBACK")
            finally:
                other.close()
            return super().draft(opinion, house, lang)

    app.extensions["mdtapp.press"] = Slow(app.extensions["mdtapp.objects"])
    assert browsers("chair").get(page_of(started, "/opinion/0/document.pdf")).status_code == 200
    assert free == [True]


def test_the_sealed_name_is_on_no_page_of_the_opinion(desk: Desk, transaction, browsers):
    with transaction():
        case_no = desk.frozen(identity=IDENTITY).opinion.case.case_no
    for who in ("chair", "surgeon", "coordinator", "translator"):
        for rest in ("/opinion", "/conflicts"):
            assert "Beketov" not in browsers(who).get(page_of(case_no, rest)).text


# --- how much work a page is --------------------------------------------------------------------


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements sent to the database."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("rest", "most"), [("/opinion", 45), ("/conflicts", 40)])
def test_a_page_asks_the_database_a_bounded_number_of_times(
    app: Flask, desk: Desk, transaction, browsers, rest: str, most: int
):
    with transaction():
        case_no = desk.complete(desk.started("DEMO-07")).case.case_no
    chair = browsers("chair")
    chair.get(page_of(case_no, rest))
    with counted(app) as sent:
        assert chair.get(page_of(case_no, rest)).status_code == 200
    assert len(sent) <= most, "\n".join(statement[:110] for statement in sent)
