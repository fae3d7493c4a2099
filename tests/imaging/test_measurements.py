"""What a structured report measured, and on which image."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdtapp.imaging import measurements
from mdtapp.imaging.header import Measurement, Measurements, Refusal
from mdtapp.materials.reasons import DICOM_TOO_DEEP, DICOM_UNREADABLE
from tests.imaging import dicom
from tests.imaging.dicom import content, group, measured, report, taken_on


def read(folder: Path, encoded: bytes) -> Measurements | Refusal:
    path = folder / "report.dcm"
    path.write_bytes(encoded)
    return measurements.read(path)


def test_each_value_with_its_unit_and_image(tmp_path: Path) -> None:
    made = report(
        group("Left upper lobe", measured("23.4", "mm", taken_on("1.2.3.1.7"))),
        group(
            "Node",
            taken_on("1.2.3.1.9", frame=4),
            measured("1.2", "cm"),
            measured("31", "[hnsf'U]", quantity="Mean"),
        ),
    )
    assert read(tmp_path, dicom.encoded(made)) == Measurements(
        (
            Measurement("Left upper lobe", "Length", 23.4, "mm", "1.2.3.1.7", 1),
            Measurement("Node", "Length", 1.2, "cm", "1.2.3.1.9", 4),
            Measurement("Node", "Mean", 31.0, "[hnsf'U]", "1.2.3.1.9", 4),
        )
    )


@pytest.mark.parametrize("value", ["", None])
def test_a_measurement_without_a_value_is_none(tmp_path: Path, value: str | None) -> None:
    assert read(tmp_path, dicom.encoded(report(group("Empty", measured(value, "mm"))))) == Measurements(())


def test_an_image_measured_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, dicom.encoded(dicom.image())) == Measurements(())


def test_nesting_without_end_ends(tmp_path: Path) -> None:
    item = measured("1", "mm")
    for _ in range(60):
        item = content("CONTAINER", dicom.code("x", "x"), item)
    assert read(tmp_path, dicom.encoded(report(item))) == Measurements(())


def test_many_are_cut_off(tmp_path: Path) -> None:
    found = read(tmp_path, dicom.encoded(report(*(measured(str(n), "mm") for n in range(600)))))
    assert isinstance(found, Measurements)
    assert len(found.rows) == measurements.MOST


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("noise", [b"", b"DICM" * 50, dicom.nested(3000)])
def test_what_cannot_be_read_is_refused_or_empty(tmp_path: Path, noise: bytes) -> None:
    assert read(tmp_path, noise) in (Measurements(()), *(Refusal(reason) for reason in REASONS))


REASONS = (DICOM_TOO_DEEP, DICOM_UNREADABLE)
