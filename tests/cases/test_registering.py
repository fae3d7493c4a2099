"""A new case: its number, its patient, what a record must say, and no edit lost."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask

from mdtapp.cases import operations, queries
from mdtapp.cases.models import Case, MemberRole, Patient, Sex, Situation, Urgency
from mdtapp.cases.operations import CaseRecord, PatientFacts
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid, NotAllowed, NotFound
from mdtapp.store.db import session
from tests.conftest import START, Person
from tests.situations import events
from tests.situations_opinion import Desk

Transaction = Callable[[], AbstractContextManager[None]]
PATIENT = PatientFacts("CEDAR-208", Sex.MALE, 1963, "KZ", "ru")
RECORD = CaseRecord(Bitext("Lung cancer", "肺癌"), Situation.CONFLICTING_OPINIONS, "lung", "right")


def register(desk: Desk, who: str = "coordinator", **changed: Any) -> Case:
    values: dict[str, Any] = {"patient": PATIENT, "case": RECORD, "received_on": date(2026, 3, 2)} | changed
    return operations.register(actor=desk.user(who), at=START, **values)


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_cases_are_numbered_by_their_year(desk: Desk, transaction):
    with transaction():
        numbers = [
            register(desk, received_on=day).case_no
            for day in (date(2026, 3, 2), date(2026, 12, 31), date(2027, 1, 1))
        ]
    assert numbers == ["MDT-2026-0001", "MDT-2026-0002", "MDT-2027-0001"]


@pytest.mark.both_databases
def test_numbers_go_on_past_four_digits(desk: Desk, transaction):
    with transaction():
        register(desk).case_no = "MDT-2026-9999"
        assert register(desk).case_no == "MDT-2026-10000"
        assert register(desk).case_no == "MDT-2026-10001"
        assert queries.find_case("MDT-2026-10001") is not None


@pytest.mark.both_databases
def test_two_registrations_at_once_take_two_numbers(app: Flask, desk: Desk, transaction):
    together, numbers, faults = threading.Barrier(4), [], []

    def work(place: int) -> None:
        try:
            together.wait()
            with transaction():
                case = register(desk, patient=replace(PATIENT, pseudonym=f"CEDAR-{place % 2}"))
                numbers.append(case.case_no)
        except Exception as error:  # noqa: BLE001  shown below
            faults.append(error)

    workers = [threading.Thread(target=work, args=(place,)) for place in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []
    assert sorted(numbers) == [f"MDT-2026-000{n}" for n in range(1, 5)]
    with transaction():
        assert session.query(Patient).count() == 2


# --- the patient --------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_known_pseudonym_is_a_further_case_of_that_patient(desk: Desk, transaction):
    with transaction():
        one = register(desk)
        two = register(desk, patient=replace(PATIENT, pseudonym=" cedar-208 "))
        assert one.patient_id == two.patient_id
        assert session.query(Patient).count() == 1


@pytest.mark.parametrize("other", [{"sex": Sex.FEMALE}, {"birth_year": 1964}, {"birth_year": None}])
def test_a_pseudonym_stays_with_its_person(desk: Desk, transaction, other: dict[str, Any]):
    with transaction():
        register(desk)
        with pytest.raises(Invalid) as refusal:
            register(desk, patient=replace(PATIENT, **other))
        assert set(refusal.value.fields) == {"pseudonym"}


def test_a_coordinator_who_does_not_see_the_patient_does_not_get_at_the_identity(desk: Desk, transaction):
    with transaction():
        register(desk)
        with pytest.raises(Invalid, match="taken"):
            register(desk, "other_coordinator")
        session.query(Case).one().open_to_coordinators = True
        session.flush()
        register(desk, "other_coordinator")


@pytest.mark.parametrize("pseudonym", ["", "   ", "X" * 41])
def test_a_pseudonym_is_needed(desk: Desk, transaction, pseudonym: str):
    with transaction(), pytest.raises(Invalid):
        register(desk, patient=replace(PATIENT, pseudonym=pseudonym))


# --- the record ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": Bitext(" ", "")}, "title_en"),
        ({"primary_site": "elbow"}, "primary_site"),
        ({"primary_site": ""}, "primary_site"),
        ({"laterality": ""}, "laterality"),
        ({"laterality": "upstairs"}, "laterality"),
        ({"primary_site": "kidney", "laterality": ""}, "laterality"),
    ],
)
def test_a_record_says_what_it_must(desk: Desk, transaction, changed: dict[str, Any], field: str):
    with transaction(), pytest.raises(Invalid) as refusal:
        register(desk, case=replace(RECORD, **changed))
    assert field in refusal.value.fields


@pytest.mark.both_databases
def test_the_database_too_wants_a_side_for_a_paired_organ(desk: Desk, transaction):
    from sqlalchemy.exc import IntegrityError

    with transaction():
        case = register(desk)
        case.laterality = ""
        with pytest.raises(IntegrityError, match="paired_organ_has_side"):
            session.flush()
        session.rollback()


def test_the_site_tells_the_family_unless_it_is_given(desk: Desk, transaction):
    with transaction():
        families = [
            register(desk, case=replace(RECORD, primary_site=site, site_family=given)).site_family
            for site, given in (("rectum", ""), ("skin", ""), ("lung", "thoracic"))
        ]
    assert families == ["colorectal", "generic", "thoracic"]


def test_whoever_registers_coordinates_and_nobody_else_sees_it(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        assert [(m.user_id, m.role) for m in case.members] == [
            (desk.people["coordinator"], MemberRole.COORDINATOR)
        ]
        for who in ("other_coordinator", "chair", "radiologist", "translator"):
            with pytest.raises(NotFound):
                queries.get_case(case.case_no, desk.user(who))
    (event,) = events(desk.app, "case:registered")
    assert event.detail == {"number": "MDT-2026-0001"}


@pytest.mark.both_databases
def test_a_stale_amendment_is_refused_with_both_texts(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        shown = case.row_version
        amending: dict[str, Any] = {"actor": desk.user("coordinator"), "at": START, "case": case}
        operations.amend(**amending, row_version=shown, wanted=replace(RECORD, title=Bitext("First", "一")))
        with pytest.raises(Conflict) as clash:
            operations.amend(
                **amending, row_version=shown, wanted=replace(RECORD, title=Bitext("Second", "二"))
            )
        assert (clash.value.theirs["title"], clash.value.ours["title"]) == ("First", "Second")
        assert case.title.en == "First"


def test_only_a_coordinator_of_the_case_amends_it(desk: Desk, transaction):
    with transaction():
        case = register(desk)
        for who in ("other_coordinator", "chair", "radiologist"):
            with pytest.raises(NotAllowed):
                operations.amend(
                    actor=desk.user(who), at=START, case=case, row_version=case.row_version, wanted=RECORD
                )


def test_what_is_amended_is_kept(desk: Desk, transaction):
    wanted = replace(
        RECORD, urgency=Urgency.SAFETY, wishes=Bitext("To walk", "能走"), due_on=date(2026, 3, 9)
    )
    with transaction():
        case = register(desk)
        operations.amend(
            actor=desk.user("coordinator"), at=START, case=case, row_version=case.row_version, wanted=wanted
        )
    with transaction():
        case = queries.get_case("MDT-2026-0001", desk.user("coordinator"))
        assert (case.urgency, case.wishes.zh, case.due_on) == (Urgency.SAFETY, "能走", date(2026, 3, 9))


@pytest.mark.parametrize(
    "number", ["", "MDT-2026-1", "mdt-2026-0001", "MDT-2026-0001\x00", "MDT-2026-0001 OR 1", "\u0661"]
)
@pytest.mark.both_databases
def test_what_is_no_case_number_is_no_case(desk: Desk, transaction, number: str):
    with transaction():
        register(desk)
        assert queries.find_case(number) is None


# --- through the page ---------------------------------------------------------------------------

FORM = {
    "title_en": "Lung cancer, two stages",
    "situation": "conflicting_opinions",
    "primary_site": "lung",
    "laterality": "right",
    "urgency": "routine",
    "pseudonym": "cedar-208",
    "sex": "male",
    "birth_year": "1963",
    "home_country": "kz",
    "home_language": "ru",
}


def test_a_case_is_registered_through_its_form(coordinator: Person):
    answer = coordinator.submit("/cases/new", FORM)
    assert answer.status_code == 302
    page = coordinator.get(answer.location).text
    assert "CEDAR-208" in page
    assert "MDT-2026-0001" in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"pseudonym": "Timur Beketov"}, "Write a word, a hyphen and a number: CEDAR-208"),
        ({"home_country": "Kazakhstan"}, "Write the two letters of the country"),
        ({"birth_year": "1800"}, "Write the year, for example 1979"),
        ({"birth_year": "9" * 400}, "This number is too large."),
        ({"laterality": ""}, "A paired organ needs a side."),
        ({"title_en": ""}, "Give the case a short title"),
        ({"title_en": "a\u202eb"}, "invisible control or direction marks"),
        ({"title_en": "x" * 100_000}, "too long"),
        ({"primary_site": "elbow"}, "Not a valid choice"),
        ({"sex": ""}, "Choose the recorded sex"),
    ],
)
def test_a_wrong_field_is_told_at_the_field_and_nothing_is_stored(
    app: Flask, coordinator: Person, wrong: dict[str, str], sentence: str
):
    answer = coordinator.submit("/cases/new", FORM | wrong)
    assert answer.status_code == 422
    assert sentence.lower() in re.sub(r"&#39;", "'", answer.text).lower()
    assert events(app, "case:registered") == []


def test_a_stale_form_of_the_record_shows_both(coordinator: Person):
    coordinator.submit("/cases/new", FORM)
    page = "/cases/MDT-2026-0001/record"
    edit = {key: FORM[key] for key in ("situation", "primary_site", "laterality", "urgency")}
    stale = {"csrf_token": coordinator.csrf_token(page), "row_version": "1"}
    assert coordinator.submit(page, edit | {"title_en": "First"}).status_code == 302
    answer = coordinator.post(page, data=edit | stale | {"title_en": "Second"})
    assert answer.status_code == 409
    assert "First" in answer.text
    assert "Second" in answer.text
