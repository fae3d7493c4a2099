"""Many at once: fifty saves of one version, two presses of the button that freezes the text. One wins, nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import PASSWORD, Person
from tests.meetings.board import IN_MEETING
from tests.situations import Told, events, tell

pytestmark = [pytest.mark.sweep, pytest.mark.both_databases]
JSON = {"Accept": "application/json"}


def at_once(app: Flask, person: Person, calls: list[Callable[[Person], Any]]) -> list[Any]:
    """Each call in a window of its own with the person's cookie, all let go at the same moment."""
    return all_at_once(app, [(person, call) for call in calls])


def all_at_once(app: Flask, calls: list[tuple[Person, Callable[[Person], Any]]]) -> list[Any]:
    """Each call in a window of its own with that person's cookie, all let go at the same moment."""
    start = threading.Barrier(len(calls))

    def run(call: tuple[Person, Callable[[Person], Any]]) -> Any:
        cookie = call[0].get_cookie("mdtapp")
        assert cookie is not None
        window = Person(app, app.response_class, use_cookies=True)
        window.set_cookie("mdtapp", cookie.value)
        start.wait()
        return call[1](window)

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def posting(path: str, form: dict[str, str], **options: Any) -> Callable[[Person], Any]:
    return lambda window: window.post(path, data=form, **options)


def signed_in(app: Flask, told: Told, who: str) -> tuple[Person, str]:
    """The person and the token of their session."""
    person = Person(app, app.response_class, use_cookies=True)
    answer = person.submit("/sign-in", {"email": told.email(who), "password": PASSWORD})
    assert answer.status_code == 302
    return person, person.csrf_token("/account")


@pytest.mark.parametrize(
    ("who", "discipline"),
    [
        pytest.param("medical_oncologist", "medical_oncology", id="a draft"),
        pytest.param("radiation_oncologist", "radiation_oncology", id="the first save"),
    ],
)
def test_parallel_saves_of_one_version(
    app: Flask, tmp_path: Path, who: str, discipline: str, sweep_count: int
):
    """One is taken, every other one is told 409 with both texts; each text is in the history."""
    from mdtapp.opinions.inputs import operations, queries

    told = tell(app, tmp_path, "MAPLE-11").to_review()
    person, token = signed_in(app, told, who)
    with told.act() as case:
        version = operations.version_of(queries.find_input(case.id, discipline))
    path = f"/cases/{told.case_no}/inputs/{discipline}"
    texts = [f"Text of window {number}." for number in range(min(50, 4 * sweep_count))]

    form = {"csrf_token": token, "row_version": str(version), "summary-zh": "文"}
    saves = [posting(path, {**form, "summary-en": text}, headers=JSON) for text in texts]
    answers = at_once(app, person, saves)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: len(texts) - 1}
    (winner,) = (text for text, answer in zip(texts, answers, strict=True) if answer.status_code == 200)
    for text, answer in zip(texts, answers, strict=True):
        if answer.status_code == 409:
            assert text in answer.text
            assert winner in answer.text
    with told.act() as case:
        row = queries.get_input(case.id, discipline)
        assert row.data["summary"]["en"] == winner
        history = [
            (save.accepted, save.data["summary"]["en"]) for save in queries.saves(row.id)[: len(texts)]
        ]
    assert sorted(text for _accepted, text in history) == sorted(texts)
    assert [text for accepted, text in history if accepted] == [winner]
    assert whole(app)


def test_two_chairs_finalise_at_once_and_the_text_is_frozen_once(
    app: Flask, tmp_path: Path, sweep_count: int
):
    """Both chairs of the case press at the same moment: one frozen version, one event; the other is told 409.

    200 rounds in `make sweep`.
    """
    told = tell(app, tmp_path, "MAPLE-11")
    for stage in ("review", "agenda", "meeting", "decision", "desk", "settled", "reading", "language_check"):
        getattr(told, f"to_{stage}")()
    seat_second_chair(told)
    chairs = [signed_in(app, told, who) for who in ("chair", "second_chair")]
    path = f"/cases/{told.case_no}/opinion/0/finalise"
    for turn in range(1, (4 * sweep_count if sweep_count >= 50 else sweep_count) + 1):
        with told.opinion() as opinion:
            form = {"row_version": str(opinion.row_version), "password": PASSWORD}
        answers = all_at_once(
            app, [(chair, posting(path, form | {"csrf_token": token})) for chair, token in chairs]
        )
        assert Counter(answer.status_code for answer in answers) == {302: 1, 409: 1}
        with told.opinion() as opinion:
            assert opinion.status == "awaiting_signature"
            assert len(opinion.versions) == turn
            assert [version.void for version in opinion.versions].count(False) == 1
        assert len(events(app, "opinion:finalised")) == turn
        back_to_the_language_check(told)
    assert whole(app)


def test_the_same_signature_twice_at_once(app: Flask, tmp_path: Path):
    """A double click signs once."""
    from mdtapp.opinions import signing

    told = tell(app, tmp_path, "MAPLE-11")
    for stage in ("review", "agenda", "meeting", "decision", "desk", "settled", "reading", "language_check"):
        getattr(told, f"to_{stage}")()
    told.to_signing()
    surgeon, token = signed_in(app, told, "surgeon")
    with told.opinion() as opinion:
        expected = signing.awaiting_version(opinion).content_hash
    form = {"csrf_token": token, "content_hash": expected, "meaning": "agree", "password": PASSWORD}
    path = f"/cases/{told.case_no}/opinion/0/sign"
    answers = at_once(app, surgeon, [posting(path, form)] * 4)
    assert Counter(answer.status_code for answer in answers) == {302: 1, 409: 3}
    with told.opinion() as opinion:
        assert len(signing.awaiting_version(opinion).signatures) == 1
    assert whole(app)


def test_new_cases_at_once_have_numbers_of_their_own(app: Flask, coordinator: Person):
    """Two of them of the same patient."""
    from tests.architecture.lawful_requests import LAWFUL

    form = LAWFUL["cases.register"].fields({}) | {"csrf_token": coordinator.csrf_token("/account")}
    names = ["WILLOW-101", "WILLOW-102", "WILLOW-103", "WILLOW-104", "WILLOW-104"]
    calls = [posting("/cases/new", {**form, "pseudonym": name}) for name in names]
    answers = at_once(app, coordinator, calls)
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.location for answer in answers}) == len(names)
    assert whole(app)


def seat_second_chair(told: Told) -> None:
    from mdtapp.cases.models import MemberRole
    from mdtapp.cases.operations import add_member
    from mdtapp.people.operations import add_person
    from mdtapp.people.roles import Role

    with told.act() as case:
        by: dict[str, Any] = {"actor": told.user("coordinator"), "at": IN_MEETING}
        email = told.email("second_chair")
        second = add_person(**by, email=email, name="Dr An Second", role=Role.CHAIR, password=PASSWORD)
        add_member(**by, case=case, user=second, role=MemberRole.CHAIR)


def back_to_the_language_check(told: Told) -> None:
    """A signer sends the text back; the chair passes it on unchanged."""
    from mdtapp.opinions import signing

    with told.opinion() as opinion:
        signing.refuse(actor=told.user("surgeon"), at=IN_MEETING, opinion=opinion, reason="Once more.")
    told.to_reading().to_language_check()


def whole(app: Flask) -> bool:
    from mdtapp.audit.trail import verify
    from mdtapp.store.db import unit_of_work

    with app.app_context(), unit_of_work(writing=False):
        return verify().whole
