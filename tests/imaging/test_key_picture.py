"""The sides and the scale of a key image: named where the header says them, and nowhere else."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mdtapp.imaging import key_picture
from mdtapp.imaging.header import Picture, Refusal
from mdtapp.imaging.key_picture import field_width, sides
from tests.imaging import dicom

AXIAL = ["1", "0", "0", "0", "1", "0"]


@pytest.mark.parametrize(
    ("values", "right_and_bottom"),
    [
        ({"ImageOrientationPatient": AXIAL}, ("L", "P")),
        ({"ImageOrientationPatient": ["-1", "0", "0", "0", "1", "0"]}, ("R", "P")),  # seen from above
        ({"ImageOrientationPatient": ["1", "0", "0", "0", "0", "-1"]}, ("L", "F")),  # coronal
        ({"ImageOrientationPatient": ["0", "1", "0", "0", "0", "-1"]}, ("P", "F")),  # sagittal
        (
            {"ImageOrientationPatient": ["0.98", "0.17", "0", "-0.17", "0.98", "0"]},
            ("L", "P"),
        ),  # a little turned
        ({"ImageOrientationPatient": ["0.7", "0.7", "0", "-0.7", "0.7", "0"]}, ("", "")),  # between two sides
        ({"PatientOrientation": ["A", "FR"]}, ("A", "F")),  # a mammogram
        ({"PatientOrientation": ["X", "F"]}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_sides(values: dict[str, Any], right_and_bottom: tuple[str, str]) -> None:
    assert sides(dicom.image(**values), 0) == right_and_bottom


@pytest.mark.parametrize(
    ("values", "width"),
    [
        ({"PixelSpacing": ["0.5", "0.8"]}, 0.8 * 4),
        ({"ImagerPixelSpacing": ["0.5", "0.8"]}, 0.0),  # at the detector, not in the patient
        ({"PixelSpacing": ["0", "0"]}, 0.0),
        ({}, 0.0),
    ],
)
def test_width_in_the_patient(values: dict[str, Any], width: float) -> None:
    assert field_width(dicom.image(**values), 0) == pytest.approx(width)


def drawn(folder: Path, **values: Any) -> Image.Image:
    path = folder / "image.dcm"
    content = {
        "Rows": 64,
        "Columns": 64,
        "PixelData": bytes(64 * 64 * 2),
        "WindowCenter": "2000",
        "WindowWidth": "4000",
    }
    path.write_bytes(dicom.encoded(dicom.image(**{**content, **values})))
    made = key_picture.draw(path, 0)
    assert isinstance(made, Picture)
    return Image.open(io.BytesIO(made.png)).convert("L")


def bright(picture: Image.Image, box: tuple[int, int, int, int]) -> bool:
    return picture.crop(box).getextrema()[1] > 150  # type: ignore[operator]


def test_letters_and_scale_stand_in_the_picture(tmp_path: Path) -> None:
    """On a black picture whatever is bright was written."""
    whole = drawn(tmp_path, ImageOrientationPatient=AXIAL, PixelSpacing=["2", "2"])
    assert whole.size == (480, 480)
    for written in ((0, 220, 40, 260), (440, 220, 480, 260), (220, 0, 260, 40), (220, 440, 260, 480)):
        assert bright(whole, written)  # a letter at each side
    assert bright(whole, (8, 420, 200, 478))  # the scale
    assert not bright(whole, (60, 60, 420, 400))
    assert not bright(drawn(tmp_path), (0, 0, 480, 480))


def test_what_has_no_pixels_has_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "image.dcm"
    path.write_bytes(dicom.encoded(dicom.image(PixelData=None)))
    assert isinstance(key_picture.draw(path, 0), Refusal)
