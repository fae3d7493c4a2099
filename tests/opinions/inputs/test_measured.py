"""What the radiologist measured in the viewer is one click from the lesions of the form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.imaging import dicom
from tests.imaging.dicom import group, measured, report, taken_on
from tests.opinions.inputs.bench import DEMO, Bench

IMAGE = {
    "SeriesNumber": 4,
    "InstanceNumber": 27,
    "SOPInstanceUID": "1.2.3.4.1",
    "SeriesInstanceUID": "1.2.3.4",
}
STUDY = {"StudyInstanceUID": "1.2.3", "StudyDate": "20261020"}


@pytest.fixture
def measured_bench(bench: Bench, tmp_path: Path) -> Bench:
    """A CT image of the case and a report made on it."""
    made = report(
        group("Left breast, upper outer", measured("2.34", "cm", taken_on("1.2.3.4.1"))),
        group("Node", measured("41", "[hnsf'U]", taken_on("1.2.3.4.1"), quantity="Mean")),
        **STUDY,
        SeriesInstanceUID="1.2.3.9",
        SOPInstanceUID="1.2.3.9.1",
    )
    bench.receive_images(tmp_path, dicom.encoded(dicom.image(**STUDY, **IMAGE)), dicom.encoded(made))
    return bench


def key_of(page: str) -> str:
    (found,) = re.findall(r'name="take_measured" value="([^"]+)"', page)
    return str(found)


def test_measurements_stand_by_the_lesions_and_a_length_can_be_taken(measured_bench: Bench) -> None:
    page = measured_bench.browser("radiologist").get(measured_bench.url("radiologist")).text
    assert "Measured in the viewer (2)" in page
    assert "Length, series 4, image 27" in page
    answer = measured_bench.save("radiologist", {"criteria": "recist_1_1"}, take_measured=key_of(page))
    assert answer.status_code == 200
    for name, value in {
        "lesion_id": "T1",
        "current_mm": "23.4",
        "current_date": "2026-10-20",
        "location": "Left breast, upper outer",
        "note": "Length, series 4, image 27",
    }.items():
        assert re.search(rf'name="lesions-0-{name}"[^>]*value="{re.escape(value)}"', answer.text), name
    assert re.search(r'<option selected value="M\d+">[^<]*CT', answer.text)


def test_the_next_one_gets_the_next_number(measured_bench: Bench) -> None:
    page = measured_bench.browser("radiologist").get(measured_bench.url("radiologist")).text
    lesion = {"lesion_id": "T3", "location": "Axilla"}
    answer = measured_bench.save("radiologist", {"lesions": [lesion]}, take_measured=key_of(page))
    assert re.search(r'name="lesions-1-lesion_id"[^>]*value="T4"', answer.text)


@pytest.mark.parametrize("key", ["999.0", "x", "1.-1", "²"])
def test_an_unknown_measurement_adds_nothing(measured_bench: Bench, key: str) -> None:
    answer = measured_bench.save("radiologist", {}, take_measured=key)
    assert answer.status_code == 200
    assert "lesions-0-lesion_id" not in answer.text


def test_who_lists_no_lesions_is_shown_none(measured_bench: Bench) -> None:
    page = measured_bench.browser("pathologist").get(measured_bench.url("pathologist")).text
    assert "Measured in the viewer" not in page


def test_a_colleague_s_measurements_wait_until_their_input_is_open(bench: Bench, tmp_path: Path) -> None:
    """The surgeon measured in the viewer; the radiologist reads without knowing."""
    from tests.dicomweb.test_stow import TYPE, multipart
    from tests.opinions.key_images.conftest import CT

    bench.receive_images(tmp_path, dicom.encoded(dicom.image(**CT)))
    made = report(
        group("Node", measured("12", "mm", taken_on("1.2.3.4.1"))),
        StudyInstanceUID="1.2.3",
        SeriesInstanceUID="1.2.3.9",
        SOPInstanceUID="1.2.3.9.1",
        PatientName=DEMO["patient"]["pseudonym"],
        PatientID=bench.case_no,
    )
    answer = bench.browser("surgeon").post(
        "/dicomweb/studies", data=multipart(dicom.encoded(made)), content_type=TYPE
    )
    assert answer.status_code == 200
    assert "Measured in the viewer" not in bench.browser("radiologist").get(bench.url("radiologist")).text
    rows = bench.browser("surgeon").get("/dicomweb/studies/1.2.3/series?Modality=SR").json
    assert rows is not None
    assert len(rows) == 1
    bench.signed("radiologist")
    rows = bench.browser("radiologist").get("/dicomweb/studies/1.2.3/series?Modality=SR").json
    assert rows is not None
    assert len(rows) == 1
