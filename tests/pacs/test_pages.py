"""The coordinator's page: search by the sealed identity, fetch, progress; the administrator's: enter and test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mdtapp.demo.synthetic_dicom import ct_chest, write
from mdtapp.materials.identity import Identity
from mdtapp.pacs.identity_keys import searches
from tests.imaging import dicom
from tests.pacs.conftest import SLICES, Case
from tests.server import free_port

if TYPE_CHECKING:
    from flask import Flask

    from tests.conftest import Person
    from tests.pacs.peers import Orthanc, QueryServer


NODE = {
    "name": "Hospital PACS",
    "ae_title": "ORTHANC",
    "host": "127.0.0.1",
    "retrieve": "get",
    "send_by": "store",
    "stow_auth": "none",
    "active": "y",
}


def address(case: Case, rest: str = "") -> str:
    return f"/cases/{case.case_no}/pacs{rest}"


def searched(case: Case, **fields: Any) -> Any:
    page = address(case)
    return case.coordinator.submit(page, fields, action=f"{page}/search")


def test_a_study_is_found_fetched_and_counted(
    case: Case, orthanc: Orthanc, study: list[Path], filing: None
) -> None:
    orthanc.take(study)
    node = case.add_node(orthanc)
    found = searched(case, node_id=node, modality="CT", first="2026-02-01")
    assert found.status_code == 200
    assert f"0 of {SLICES} here" in found.text
    assert "Fits" in found.text
    assert "Zhang" not in found.text
    assert "H-4471" not in found.text
    fetched = case.coordinator.post(
        address(case, "/fetches"),
        data={
            "csrf_token": case.coordinator.csrf_token(address(case)),
            "node_id": node,
            "study_instance_uid": the_uid(found.text),
            "study_date": "2026-02-01",
            "modalities": "CT",
            "description": "CT chest",
        },
    )
    assert fetched.status_code == 302
    page = case.coordinator.get(address(case)).text
    assert "Waits for its turn" in page
    assert 'hx-trigger="every 2s"' in page
    with case.app.app_context():
        case.fetcher().turn()
    shown = case.coordinator.get(address(case, "/progress")).text
    assert f"{SLICES} of {SLICES} images" in shown
    assert "complete" in shown
    assert "hx-trigger" not in shown
    assert f"{SLICES} of {SLICES} here" in searched(case, node_id=node).text


def the_uid(page: str) -> str:
    return page.split('name="study_instance_uid" value="')[1].split('"')[0]


def test_names_are_shown_to_whoever_asks_and_that_is_recorded(
    case: Case, orthanc: Orthanc, study: list[Path]
) -> None:
    orthanc.take(study)
    shown = searched(case, node_id=case.add_node(orthanc), names="1").text
    assert "Zhang^Wei" in shown
    assert events(case)[-2:] == ["pacs:searched", "identity:shown"]


def events(case: Case) -> list[str]:
    from sqlalchemy import select

    from mdtapp.audit.models import Event
    from mdtapp.store.db import session, unit_of_work

    with case.app.app_context(), unit_of_work(writing=False):
        return list(session.scalars(select(Event.event).order_by(Event.seq)))


def test_the_search_narrows(case: Case, dcmqrscp: QueryServer, study: list[Path], tmp_path: Path) -> None:
    """Another patient is never listed, another day and another kind are not either."""
    dcmqrscp.take(study)
    dcmqrscp.take(write(ct_chest(dicom.chest(dicom.AMINA, "her"), slices=2, size=16), tmp_path / "her"))
    node = case.add_node(dcmqrscp)
    assert "Found: 1" in searched(case, node_id=node).text
    assert "Found: 1" in searched(case, node_id=node, first="2026-01-20", last="2026-02-10").text
    assert "Nothing found" in searched(case, node_id=node, first="2026-02-02").text


def test_another_kind_is_not_listed(case: Case, orthanc: Orthanc, study: list[Path]) -> None:
    orthanc.take(study)
    assert "Nothing found" in searched(case, node_id=case.add_node(orthanc), modality="MR").text


def test_a_pacs_that_is_down_is_said_on_the_page(case: Case, orthanc: Orthanc) -> None:
    node = case.add_node(orthanc)
    orthanc.kill()
    page = searched(case, node_id=node)
    assert page.status_code == 200
    assert "takes no connection on port" in page.text
    assert events(case)[-1] == "pacs:searched"


def test_without_identity_nobody_is_searched(
    case: Case, orthanc: Orthanc, new_case: Any, coordinator: Person
) -> None:
    case.add_node(orthanc)
    case.case_no = new_case(None, coordinator=coordinator.user_id)
    refused = searched(case, node_id="1")
    assert refused.status_code == 422
    assert "no sealed identity" in refused.text
    assert "pacs:searched" not in events(case)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"node_id": "77"}, 422),
        ({"node_id": "x"}, 422),
        ({"node_id": "1", "first": "yesterday"}, 422),
        ({"node_id": "1", "modality": "../.."}, 422),
    ],
)
def test_odd_searches_are_refused(case: Case, orthanc: Orthanc, fields: dict[str, str], status: int) -> None:
    case.add_node(orthanc)
    assert searched(case, **fields).status_code == status


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422),
        ({"study_instance_uid": "../../etc"}, 422),
        ({"study_instance_uid": "1" * 65}, 422),
        ({"study_instance_uid": "1.2.3", "study_date": "2026-99-99"}, 302),
        ({"study_instance_uid": "1.2.3", "node_id": "9" * 400}, 404),
    ],
)
def test_odd_fetches_are_refused(case: Case, orthanc: Orthanc, fields: dict[str, str], status: int) -> None:
    node = case.add_node(orthanc)
    token = case.coordinator.csrf_token(address(case))
    data = {"csrf_token": token, "node_id": node, **fields}
    assert case.coordinator.post(address(case, "/fetches"), data=data).status_code == status


def test_the_same_study_is_not_fetched_twice_at_once(case: Case, orthanc: Orthanc) -> None:
    node = case.add_node(orthanc)
    token = case.coordinator.csrf_token(address(case))
    data = {"csrf_token": token, "node_id": node, "study_instance_uid": "1.2.3"}
    answers = [case.coordinator.post(address(case, "/fetches"), data=data).status_code for _ in range(2)]
    assert answers == [302, 409]
    page = address(case)
    assert case.coordinator.submit(page, action=f"{page}/fetches/1/cancel").status_code == 302
    assert "Cancelled" in case.coordinator.get(page).text
    assert case.coordinator.submit(page, action=f"{page}/fetches/1/resume").status_code == 302
    assert case.coordinator.post(f"{page}/fetches/1/melt", data={"csrf_token": token}).status_code == 404
    assert case.coordinator.post(f"{page}/fetches/1/resume", data={"csrf_token": token}).status_code == 409


# --- the administrator --------------------------------------------------------------------------


def test_a_pacs_is_entered_and_tested(admin: Person, orthanc: Orthanc) -> None:
    added = admin.submit("/pacs/new", {**NODE, "port": orthanc.port})
    assert added.status_code == 302
    assert "Hospital PACS" in admin.get("/pacs").text
    tested = admin.submit("/pacs/1", action="/pacs/1/test")
    assert tested.status_code == 200
    assert tested.text.count("check check-ok") == 6
    wrong = admin.submit("/pacs/1", {**NODE, "port": orthanc.port, "ae_title": "WRONG"})
    assert wrong.status_code == 302
    shown = admin.submit("/pacs/1", action="/pacs/1/test").text
    assert "does not call itself WRONG" in shown
    assert shown.count("check check-neutral") == 3


def test_what_is_wrong_with_an_entry_stands_at_its_field(admin: Person) -> None:
    for field, value, words in [
        ("ae_title", "A" * 17, "16"),
        ("ae_title", "Ä", "ASCII"),
        ("host", "http://pacs", "without http"),
        ("port", "70000", "65535"),
        ("name", "", "name"),
        ("retrieve", "steal", "valid choice"),
    ]:
        answer = admin.submit("/pacs/new", {**NODE, "port": "104", field: value})
        assert (answer.status_code, words in answer.text) == (422, True), (field, value)
    assert admin.submit("/pacs/new", {**NODE, "port": "104"}).status_code == 302
    again = admin.submit("/pacs/new", {**NODE, "port": "104"})
    assert again.status_code == 422
    assert "Another PACS has this name" in again.text


def test_where_it_is_sent_to_is_an_address_that_can_be_trusted(admin: Person, app: Flask) -> None:
    """https, http to this machine, or http an administrator ticked; the secret is sealed and never shown again."""
    stow = {
        **NODE,
        "port": "104",
        "send_by": "stow",
        "stow_auth": "basic",
        "stow_user": "us",
        "stow_secret": "s3cret word",
        "stow_url": "https://pacs.hospital.example/dicom-web/studies/",
    }
    for field, value, words in [
        ("stow_url", "", "address of the DICOMweb"),
        ("stow_url", "ftp://pacs/dicom-web", "address of the DICOMweb"),
        ("stow_url", "https://us:pw@pacs/dicom-web", "address of the DICOMweb"),
        ("stow_url", "https://pacs/dicom-web?x=1", "address of the DICOMweb"),
        ("stow_url", "https://pacs:99999/dicom-web", "address of the DICOMweb"),
        ("stow_url", "https://", "address of the DICOMweb"),
        ("stow_url", "http://pacs.hospital.example/dicom-web", "Over http everybody"),
        ("stow_user", "a:b", "without a colon"),
        ("stow_secret", "", "Write the password or token"),
        ("stow_auth", "kerberos", "valid choice"),
    ]:
        answer = admin.submit("/pacs/new", {**stow, field: value})
        assert (answer.status_code, words in answer.text) == (422, True), (field, value)
    assert admin.submit("/pacs/new", {**stow, "stow_auth": "bearer", "stow_secret": "a b"}).status_code == 422
    assert admin.submit("/pacs/new", stow).status_code == 302
    kept = admin.get("/pacs/1").text
    assert "https://pacs.hospital.example/dicom-web" in kept
    assert "s3cret" not in kept
    assert "s3cret" not in whole_database(app)
    unchanged = {**stow, "stow_secret": "", "stow_user": ""}
    assert admin.submit("/pacs/1", unchanged).status_code == 302  # what is kept stays
    assert admin.submit("/pacs/1", {**unchanged, "stow_user": "them"}).status_code == 422
    moved = admin.submit(
        "/pacs/1", {**stow, "stow_secret": "", "stow_url": "https://elsewhere.example/dicom-web"}
    )
    assert moved.status_code == 422
    assert "asked for again when the address changes" in moved.text
    plain = {**stow, "name": "Plain", "stow_url": "http://10.0.0.7:8042/dicom-web", "stow_plain": "y"}
    assert admin.submit("/pacs/new", plain).status_code == 302
    assert (
        admin.submit("/pacs/new", {**plain, "name": "Here", "stow_url": "http://127.0.0.1:1/d"}).status_code
        == 302
    )


def whole_database(app: Flask) -> str:
    from mdtapp.store.db import db

    with app.app_context(), db.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        return "\n".join(raw.iterdump())


def test_a_stale_change_is_refused(admin: Person) -> None:
    admin.submit("/pacs/new", {**NODE, "port": "104"})
    assert admin.submit("/pacs/1", {**NODE, "port": "105"}).status_code == 302
    assert admin.submit("/pacs/1", {**NODE, "port": "106", "row_version": "1"}).status_code == 409


def test_a_pacs_that_is_not_offered_is_not_searched(admin: Person, case: Case) -> None:
    admin.submit("/pacs/new", {**NODE, "port": str(free_port())})
    values = {key: value for key, value in NODE.items() if key != "active"}
    admin.submit("/pacs/1", {**values, "port": "104"})
    assert "No PACS is entered" in case.coordinator.get(address(case)).text


def test_a_pacs_our_listener_would_refuse_is_said(admin: Person) -> None:
    admin.submit("/pacs/new", {**NODE, "host": "10.0.0.9", "port": "104", "retrieve": "move"})
    assert "MDTAPP_DICOM_PEERS" in admin.get("/pacs/1").text


# --- what is asked ------------------------------------------------------------------------------


def test_the_identity_becomes_matching_keys() -> None:
    known = Identity(("Zhang Wei", "张伟"), "1967-03-14", "male", ("H-4471", "X*7"))
    assert searches(known) == [
        {"PatientID": "H-4471"},
        {"PatientID": "X?7"},
        {"PatientName": "*Zhang*", "PatientBirthDate": "19670314"},
    ]
    assert searches(Identity(("张伟",), "19670314"))[-1]["PatientName"] == "*张伟*"


def test_a_name_alone_lists_nobody() -> None:
    from mdtapp.errors import Invalid

    for known in (Identity(("Zhang Wei",)), Identity(birth_date="1967-03-14"), Identity()):
        with pytest.raises(Invalid):
            searches(known)
