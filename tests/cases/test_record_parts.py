"""Questions, the outside opinion, consent, identity: what stays, what is checked by another, what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from mdtapp.cases import operations
from mdtapp.cases.identity import unseal
from mdtapp.cases.models import Case, ConsentPurpose, MemberRole
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, DomainError, Invalid, InvalidTransition, NotAllowed
from mdtapp.store.db import session
from tests.cases.test_registering import FORM, register
from tests.conftest import START, Person, sign_in
from tests.situations import events
from tests.situations_opinion import IDENTITY, Desk

OUTSIDE = operations.OutsideRecord(
    Bitext("Adenocarcinoma", "腺癌"), Bitext("Surgery", "手术"), {"t_category": "T2", "kras": "wild_type"}
)


def acting(desk: Desk, case: Case, who: str = "coordinator") -> dict[str, Any]:
    return {"actor": desk.user(who), "at": START, "case": case}


def ask(*texts: str) -> list[tuple[Bitext, str]]:
    return [(Bitext(text), "") for text in texts]


def shared(desk: Desk) -> Case:
    """A case with two coordinators."""
    case = register(desk)
    second = desk.user("other_coordinator")
    operations.add_member(**acting(desk, case), user=second, role=MemberRole.COORDINATOR)
    return case


# --- questions ----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_questions_are_numbered_in_their_order(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        operations.set_questions(**acting(desk, case), questions=ask("One?", "Two?", "Three?"))
        operations.set_questions(**acting(desk, case), questions=ask("One?", "Other?"))
        assert [(q.key, q.text.en) for q in case.questions] == [("Q1", "One?"), ("Q2", "Other?")]


def test_ten_questions_fit_and_eleven_do_not(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        operations.set_questions(**acting(desk, case), questions=ask(*(f"{n}?" for n in range(10))))
        with pytest.raises(Invalid, match="At most ten"):
            operations.set_questions(**acting(desk, case), questions=ask(*(f"{n}?" for n in range(11))))
        assert len(case.questions) == 10


def test_two_who_write_questions_at_once_lose_none(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        shown = case.row_version
        operations.set_questions(**acting(desk, case), questions=ask("Mine?"), row_version=shown)
        with pytest.raises(Conflict) as clash:
            operations.set_questions(**acting(desk, case), questions=ask("Yours?"), row_version=shown)
        assert (clash.value.theirs, clash.value.ours) == ("Mine?", "Yours?")


def test_once_the_panel_answers_them_questions_stay_under_their_number(desk: Desk, transaction):
    with transaction():
        case = desk.case_in_review()
        keep = Bitext("Who is right?", "谁对？")
        setting = acting(desk, case)
        for wrong in (ask(), ask("Other?"), [(Bitext("Who is right?", "谁？"), "")]):
            with pytest.raises(InvalidTransition, match="Q1"):
                operations.set_questions(**setting, questions=wrong)
        operations.set_questions(**setting, questions=[(keep, "Кто прав?"), *ask("And then?")])
        assert [(q.key, q.text.en) for q in case.questions] == [("Q1", "Who is right?"), ("Q2", "And then?")]
        completed = Bitext("And then?", "然后呢？")
        operations.set_questions(**setting, questions=[(keep, ""), (completed, "")])
        assert case.questions[1].text == completed, "the missing language may follow"
        operations.coordinate(**setting, action="hold", reason="waits")
        with pytest.raises(InvalidTransition):
            operations.set_questions(**setting, questions=ask("Other?"))


def test_lines_of_the_form_belong_together_by_their_number(coordinator: Person, app: Flask, transaction):
    coordinator.submit("/cases/new", FORM)
    page = "/cases/MDT-2026-0001/questions"
    lines = {"english": "One?\r\n\r\n  Three? ", "chinese": "一？\n二？\n", "original": "Раз?\nДва?\nТри?"}
    assert coordinator.submit(page, lines).status_code == 302
    with transaction():
        found = session.query(Case).one().questions
        assert [(q.text.en, q.text.zh, q.original) for q in found] == [
            ("One?", "一？", "Раз?"),
            ("", "二？", "Два?"),
            ("Three?", "", "Три?"),
        ]
    assert coordinator.submit(page, {"english": "\n".join(f"{n}?" for n in range(11))}).status_code == 422


# --- the outside opinion ------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_second_person_checks_the_transcription(desk: Desk, transaction):
    with transaction():
        case = shared(desk)
        row = operations.transcribe_outside(**acting(desk, case), label="A", wanted=OUTSIDE)
        with pytest.raises(NotAllowed, match="transcribed this yourself"):
            operations.check_outside(**acting(desk, case), label="A")
        operations.check_outside(
            **acting(desk, case, "other_coordinator"), label="A", row_version=row.row_version
        )
        assert row.checked_by_id == desk.people["other_coordinator"]
        operations.transcribe_outside(
            **acting(desk, case), label="A", wanted=OUTSIDE, row_version=row.row_version
        )
        assert row.checked_by_id is None, "a changed text is to be checked again"


def test_a_check_counts_for_the_text_that_was_shown(desk: Desk, transaction):
    with transaction():
        case = shared(desk)
        row = operations.transcribe_outside(**acting(desk, case), label="A", wanted=OUTSIDE)
        shown = row.row_version
        operations.transcribe_outside(**acting(desk, case), label="A", wanted=OUTSIDE, row_version=shown)
        with pytest.raises(Conflict):
            operations.check_outside(
                **acting(desk, case, "other_coordinator"), label="A", row_version=shown - 1
            )


def test_nobody_from_outside_checks(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        operations.transcribe_outside(**acting(desk, case), label="A", wanted=OUTSIDE)
        for who in ("other_coordinator", "radiologist"):
            with pytest.raises(NotAllowed):
                operations.check_outside(**acting(desk, case, who), label="A")
        with pytest.raises(Invalid):
            operations.check_outside(**acting(desk, case), label="B")


def test_the_database_too_wants_two_people(desk: Desk, transaction):
    from sqlalchemy.exc import IntegrityError

    with transaction():
        row = operations.transcribe_outside(**acting(desk, register(desk)), label="A", wanted=OUTSIDE)
        row.checked_by_id = row.transcribed_by_id
        with pytest.raises(IntegrityError, match="two_people"):
            session.flush()
        session.rollback()


@pytest.mark.parametrize("shown", [None, 99])
def test_a_stale_transcription_is_refused_with_both_texts(desk: Desk, transaction, shown: int | None):
    with transaction():
        case = register(desk)
        operations.transcribe_outside(**acting(desk, case), label="A", wanted=OUTSIDE)
        other = operations.OutsideRecord(Bitext("Sarcoma", "肉瘤"), Bitext("Wait", "等待"), {})
        with pytest.raises(Conflict) as clash:
            operations.transcribe_outside(**acting(desk, case), label="A", wanted=other, row_version=shown)
        assert clash.value.theirs["t_category"] == "T2"
        assert clash.value.ours["diagnosis"] == "Sarcoma"


def test_the_form_keeps_what_it_does_not_show(desk: Desk, app: Flask, transaction):
    with transaction():
        case = register(desk)
        wanted = operations.OutsideRecord(
            OUTSIDE.diagnosis_text, OUTSIDE.plan, OUTSIDE.fields, steps=[{"modality": "surgery"}]
        )
        operations.transcribe_outside(**acting(desk, case), label="A", wanted=wanted)
        case_no = case.case_no
    coordinator = sign_in(app, "coordinator", desk.people["coordinator"])
    said = {"diagnosis_en": "Adenocarcinoma", "plan_en": "Surgery", "t_category": "T3"}
    assert coordinator.submit(f"/cases/{case_no}/outside/A", said).status_code == 302
    with transaction():
        row = session.query(Case).one().outside_opinions[0]
        assert row.fields == {"t_category": "T3", "kras": "wild_type"}
        assert row.steps == [{"modality": "surgery"}]


@pytest.mark.parametrize("label", ["E", "a", "AA", "%00", "²"])
def test_there_are_four_home_hospitals_at_most(coordinator: Person, label: str):
    coordinator.submit("/cases/new", FORM)
    assert coordinator.get(f"/cases/MDT-2026-0001/outside/{label}").status_code == 404


# --- consent ------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_every_answer_is_a_row_of_its_own_with_its_text(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        for given in (True, False, True):
            operations.record_consent(
                **acting(desk, case), purpose=ConsentPurpose.REVIEW, given=given, given_on=date(2026, 3, 1)
            )
            assert operations.consented(case, ConsentPurpose.REVIEW) is given
        assert [consent.given for consent in case.consents] == [True, False, True]
        assert {consent.text_version for consent in case.consents} == {operations.CONSENT_TEXT_VERSION}
        assert not operations.consented(case, ConsentPurpose.TEACHING), "not asked is not agreed"


def test_the_page_records_what_changed_and_nothing_else(coordinator: Person, app: Flask):
    coordinator.submit("/cases/new", FORM)
    page = "/cases/MDT-2026-0001/consent"
    for purposes in (["review", "teaching"], ["review"], ["review"]):
        assert coordinator.submit(page, {"purposes": purposes, "given_on": "2026-03-01"}).status_code == 302
    told = [(event.detail["purpose"], event.detail["given"]) for event in events(app, "consent:recorded")]
    assert told == [("review", True), ("teaching", True), ("teaching", False)]


@pytest.mark.parametrize(
    "day", ["", "2026-13-01", "yesterday", (START + timedelta(days=3)).date().isoformat()]
)
def test_a_signature_has_a_date_that_was(coordinator: Person, app: Flask, day: str):
    coordinator.submit("/cases/new", FORM)
    answer = coordinator.submit("/cases/MDT-2026-0001/consent", {"purposes": ["review"], "given_on": day})
    assert answer.status_code == 422
    assert events(app, "consent:recorded") == []


# --- identity -----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_an_identity_is_sealed_and_replaced(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        for name in ("Beketov^Timur", "Beketov^Timor"):
            operations.seal_identity(**acting(desk, case), identity=IDENTITY | {"name": name}, key=desk.key)
            sealed = case.patient.identity
            assert sealed is not None
            assert "Beketov" not in sealed.sealed
            assert unseal(sealed.sealed, desk.key)["name"] == name
    for event in events(desk.app, "identity:sealed"):
        assert event.detail == {}


def test_an_identity_needs_a_name_and_a_coordinator_of_the_case(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        with pytest.raises(Invalid):
            operations.seal_identity(**acting(desk, case), identity={"name": " "}, key=desk.key)
        with pytest.raises(NotAllowed):
            operations.seal_identity(
                **acting(desk, case, "other_coordinator"), identity=dict(IDENTITY), key=desk.key
            )


def test_another_key_opens_nothing_and_says_what_to_do(desk: Desk, transaction):
    from cryptography.fernet import Fernet

    with transaction():
        case = register(desk)
        operations.seal_identity(**acting(desk, case), identity=dict(IDENTITY), key=desk.key)
        sealed = case.patient.identity
        assert sealed is not None
        with pytest.raises(DomainError, match=r"Restore identity\.key") as refusal:
            unseal(sealed.sealed, Fernet.generate_key().decode())
        assert refusal.value.status == 503


def test_the_name_is_shown_when_asked_for_and_that_is_recorded(desk: Desk, app: Flask, transaction):
    with transaction():
        case = register(desk)
        operations.seal_identity(**acting(desk, case), identity=dict(IDENTITY), key=desk.key)
    coordinator = sign_in(app, "coordinator", desk.people["coordinator"])
    page = "/cases/MDT-2026-0001/identity"
    assert "Beketov" not in coordinator.get(page).text
    assert events(app, "identity:shown") == []
    assert "Beketov" in coordinator.get(f"{page}?show=1").text
    (event,) = events(app, "identity:shown")
    assert event.actor == f"user:{desk.people['coordinator']}"
