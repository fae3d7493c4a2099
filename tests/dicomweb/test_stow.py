"""STOW-RS: what a viewer makes of a case's images goes into the case, and nobody stores into another's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dicomweb.conftest import Archive, slices
from tests.imaging import dicom

SR = "1.2.840.10008.5.1.4.1.1.88.33"


@pytest.fixture
def filled(archive: Archive) -> Archive:
    archive.take(archive.mine, *slices(3))
    return archive


def measurement(case_no: str, uid: str = "1.2.3.9.1", **values: Any) -> bytes:
    """A report as the viewer makes it: the patient is the one it was shown."""
    made = {
        "StudyInstanceUID": "1.2.3",
        "SeriesInstanceUID": "1.2.3.9",
        "SOPInstanceUID": uid,
        "SOPClassUID": SR,
        "PatientName": "CEDAR-1",
        "PatientID": case_no,
        "PatientBirthDate": "19670101",
        "Modality": "SR",
        "PixelData": None,
    }
    return dicom.encoded(dicom.image(**(made | values)))


def multipart(*parts: bytes, line: str = "xyz") -> bytes:
    whole = b"".join(
        f"--{line}\r\nContent-Type: application/dicom\r\n\r\n".encode() + part + b"\r\n" for part in parts
    )
    return whole + f"--{line}--\r\n".encode()


TYPE = 'multipart/related; type="application/dicom"; boundary=xyz'


def send(
    archive: Archive, *parts: bytes, who: str = "radiologist", path: str = "/studies", **headers: str
) -> Any:
    return archive.people[who].post(
        f"/dicomweb{path}", data=multipart(*parts), content_type=TYPE, headers=headers
    )


def reports(archive: Archive) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = archive.get("/studies/1.2.3/series?Modality=SR").json
    return found


@pytest.mark.both_databases
def test_a_measurement_returns_to_the_case_it_was_made_from(filled: Archive) -> None:
    answer = send(filled, measurement(filled.mine), path="/studies/1.2.3")
    assert answer.status_code == 200, answer.text
    (item,) = answer.json["00081199"]["Value"]
    assert item["00081155"]["Value"] == ["1.2.3.9.1"]
    assert len(reports(filled)) == 1
    again = send(filled, measurement(filled.mine))
    assert again.status_code == 200
    assert len(filled.get("/studies/1.2.3/series/1.2.3.9/instances").json) == 1


def test_the_same_uid_with_other_content_is_held_and_the_first_stays(filled: Archive) -> None:
    send(filled, measurement(filled.mine))
    answer = send(filled, measurement(filled.mine, SeriesDescription="Changed"))
    assert answer.status_code == 409
    assert answer.json["00081198"]["Value"][0]["00081197"]["Value"] == [0x0110]
    (row,) = reports(filled)
    assert row["0008103E"] == {"vr": "LO"}


NOT_THEIRS: list[tuple[dict[str, Any], int]] = [
    ({"StudyInstanceUID": "1.2.77"}, 0x0124),  # no study of theirs
    ({"PatientID": "H-4471"}, 0x0124),  # not as it was served
    ({"PatientName": "Somebody^Else"}, 0x0124),
    ({"SOPInstanceUID": None}, 0xC000),
]


def test_a_specialist_stores_only_what_was_made_from_a_case_of_theirs(filled: Archive) -> None:
    for values, failure in NOT_THEIRS:
        answer = send(filled, measurement(filled.mine, **values))
        assert answer.status_code == 409, values
        (item,) = answer.json["00081198"]["Value"]
        assert item["00081197"]["Value"] == [failure], values
    assert reports(filled) == []


def test_some_of_several_are_stored(filled: Archive) -> None:
    answer = send(filled, measurement(filled.mine), b"no DICOM at all", measurement(filled.mine, "1.2.3.9.2"))
    assert answer.status_code == 202
    assert len(answer.json["00081199"]["Value"]) == 2
    assert len(answer.json["00081198"]["Value"]) == 1


def test_a_study_of_another_address_is_refused(filled: Archive) -> None:
    answer = send(filled, measurement(filled.mine), path="/studies/1.2.4")
    assert answer.json["00081198"]["Value"][0]["00081197"]["Value"] == [0xC409]


def test_a_coordinator_s_study_of_no_case_waits_in_the_tray(filled: Archive) -> None:
    answer = send(filled, *slices(2, "1.2.55"), who="coordinator")
    assert answer.status_code == 200
    assert "1.2.55" not in filled.get("/studies", "coordinator").text
    page = filled.people["coordinator"].get("/tray")
    assert "CT" in page.text


NO_BODIES = [
    (b"", TYPE),
    (b"--xyz\r\nContent-Type: application/dicom\r\n\r\nhalf", TYPE),
    (b"noise", TYPE),
    (multipart(), TYPE),
    (b"{}", "application/dicom+json"),
    (b"x", 'multipart/related; type="application/dicom"'),
    (b"x", ""),
]


def test_a_body_that_is_none_is_refused_with_a_sentence(filled: Archive) -> None:
    for data, content_type in NO_BODIES:
        answer: Any = filled.people["radiologist"].post(
            "/dicomweb/studies", data=data, content_type=content_type
        )
        assert answer.status_code == 422, data
        assert answer.json["error"]


def test_another_site_s_page_stores_nothing(filled: Archive) -> None:
    for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert send(filled, measurement(filled.mine), **headers).status_code == 400
    assert reports(filled) == []
