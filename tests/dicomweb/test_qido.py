"""QIDO-RS: what is found, under which patient, and nothing of anybody else's."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from mdtapp.dicomweb.qido import search_of
from mdtapp.errors import Invalid
from tests.dicomweb.conftest import Archive, slices

AMINA = {
    "PatientName": "Wanjiru^Amina",
    "PatientID": "KE-17",
    "PatientBirthDate": "19790802",
    "PatientSex": "F",
}


def value(row: dict[str, Any], tag: str) -> Any:
    values = row[tag].get("Value")
    return values[0] if values else None


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Two studies in the radiologist's case, one in the other."""
    archive.take(archive.mine, *slices(3, StudyDate="20260201", StudyDescription="CT chest", SeriesNumber=2))
    archive.take(archive.mine, *slices(2, series="2", SeriesNumber=1, SeriesDescription="Scout"))
    archive.take(
        archive.mine, *slices(2, "1.2.5", Modality="MR", StudyDate="20251103", StudyDescription="MR 100%")
    )
    archive.take(archive.other, *slices(1, "1.2.7", **AMINA))
    return archive


@pytest.mark.both_databases
def test_studies_of_one_s_cases_under_the_case_s_patient(filled: Archive) -> None:
    answer = filled.get("/studies")
    assert answer.mimetype == "application/dicom+json"
    rows = answer.json
    assert [value(row, "0020000D") for row in rows] == ["1.2.5", "1.2.3"]
    chest = rows[1]
    assert chest["00100010"]["Value"] == [{"Alphabetic": "CEDAR-1"}]
    assert (value(chest, "00100020"), value(chest, "00100030")) == (filled.mine, "19670101")
    assert (value(chest, "00201206"), value(chest, "00201208")) == (2, 5)
    assert chest["00080061"]["Value"] == ["CT"]
    assert "Zhang" not in answer.text
    assert "H-4471" not in answer.text


def test_a_coordinator_sees_both_cases_and_a_stranger_none(filled: Archive) -> None:
    rows = filled.get("/studies", "coordinator").json
    assert {value(row, "00100020") for row in rows} == {filled.mine, filled.other}
    assert filled.get("/studies", "surgeon").json == []


SEARCHES = [
    ("StudyInstanceUID=1.2.3", ["1.2.3"]),
    ("0020000D=1.2.7", []),
    ("ModalitiesInStudy=MR", ["1.2.5"]),
    ("StudyDate=20260201", ["1.2.3"]),
    ("StudyDate=20251101-20251130", ["1.2.5"]),
    ("StudyDate=20260101-", ["1.2.3"]),
    ("StudyDate=-20260101", ["1.2.5"]),
    ("StudyDescription=CT*", ["1.2.3"]),
    ("StudyDescription=*100%25", ["1.2.5"]),
    ("StudyDescription=%25", []),
    ("StudyDescription=ct%3Fchest", ["1.2.3"]),
    ("PatientName=cedar*", ["1.2.5", "1.2.3"]),
    ("PatientName=Zhang*", []),
    ("limit=1", ["1.2.5"]),
    ("limit=1&offset=1", ["1.2.3"]),
    ("offset=7", []),
    ("limit=101&offset=0&fuzzymatching=false&includefield=00081030%2C00080060", ["1.2.5", "1.2.3"]),
]


def test_a_search_finds_what_it_says(filled: Archive) -> None:
    for query, found in SEARCHES:
        answer = filled.get(f"/studies?{query}")
        assert [value(row, "0020000D") for row in answer.json] == found, query
        assert "Warning" not in answer.headers, query


def test_the_patient_id_is_the_case_number(filled: Archive) -> None:
    assert len(filled.get(f"/studies?PatientID={filled.mine}", "coordinator").json) == 2
    assert len(filled.get(f"/studies?00100020={filled.other}", "coordinator").json) == 1
    assert filled.get(f"/studies?PatientID={filled.other}").json == []
    assert filled.get("/studies?PatientID=H-4471").json == []


def test_series_and_instances_are_listed_in_order(filled: Archive) -> None:
    rows = filled.get("/studies/1.2.3/series").json
    assert [(value(row, "0020000E"), value(row, "00201209")) for row in rows] == [
        ("1.2.3.2", 2),
        ("1.2.3.1", 3),
    ]
    assert value(rows[0], "0008103E") == "Scout"
    assert len(filled.get("/studies/1.2.3/series?SeriesNumber=2").json) == 1
    rows = filled.get("/studies/1.2.3/series/1.2.3.1/instances").json
    assert [value(row, "00200013") for row in rows] == [1, 2, 3]
    assert (value(rows[0], "00280010"), value(rows[0], "00083002")) == (4, "1.2.840.10008.1.2.1")
    assert len(filled.get("/studies/1.2.3/instances").json) == 5
    assert len(filled.get("/studies/1.2.3/instances?InstanceNumber=1").json) == 2


def test_what_is_not_searched_by_is_named(filled: Archive) -> None:
    answer = filled.get("/studies?ReferringPhysicianName=A*&fuzzymatching=true")
    assert answer.status_code == 200
    assert answer.headers["Warning"] == '299 mdtapp "not searched by: ReferringPhysicianName, fuzzymatching"'


MEANINGLESS = [
    "StudyInstanceUID=../etc",
    "limit=-1",
    "limit=x",
    "offset=1e9",
    "StudyDate=yesterday",
    "StudyDate=20261301",
    f"StudyInstanceUID={'1' * 65}",
    "SeriesNumber=%C2%B2",
    "StudyDate=-",
    "limit=9999999999999999",
]


def test_a_search_that_means_nothing_is_refused_with_a_sentence(filled: Archive) -> None:
    for query in MEANINGLESS:
        answer = filled.get(f"/studies?{query}")
        assert answer.status_code == 422, query
        assert "cannot be searched for" in answer.json["error"]


def test_another_s_study_answers_as_one_that_does_not_exist(filled: Archive) -> None:
    for rest in ("/series", "/metadata", "/instances", "/thumbnail", ""):
        foreign, unknown = filled.get(f"/studies/1.2.7{rest}"), filled.get(f"/studies/9.9.9{rest}")
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json == unknown.json


def test_programs_get_401_and_a_bearer_token_opens_what_its_owner_sees(filled: Archive) -> None:
    from mdtapp.audit.trail import SystemActor
    from mdtapp.people.operations import issue_token
    from mdtapp.people.queries import get_person
    from mdtapp.store.db import unit_of_work
    from tests.conftest import START

    client: Any = filled.app.test_client()
    answer = client.get("/dicomweb/studies")
    assert (answer.status_code, answer.mimetype) == (401, "application/json")
    with filled.app.app_context(), unit_of_work():
        user = get_person(filled.people["radiologist"].user_id)
        token = issue_token(actor=SystemActor("tests"), at=START, user=user)
    header = {"Authorization": f"Bearer {token}"}
    assert len(client.get("/dicomweb/studies", headers=header).json) == 2
    assert client.get("/dicomweb/studies", headers={"Authorization": "Bearer nonsense"}).status_code == 401
    assert client.get("/cases", headers=header).status_code == 302  # a token opens no page


@pytest.mark.parametrize(
    "key", ["", "x", "00100020", "StudyDate", "limit", "includefield", "\0", "ModalitiesInStudy"]
)
@pytest.mark.parametrize("text", ["", "1", "-", "*", "\0", "%", "é" * 300, "20260101-20250101", "²"])
def test_whatever_is_asked_is_understood_or_refused(key: str, text: str) -> None:
    with suppress(Invalid):
        assert search_of([(key, text)]).match.limit <= 100
