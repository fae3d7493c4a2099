"""A key image as it is shown to others: windowed, with its sides named and a scale. Runs in the limited child only.

The letters are those of PS3.3 C.7.6.1.1.1: what lies to the left, right, top and bottom of the picture in the
patient. Where the header does not say the orientation or the size of a pixel, nothing is claimed.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import pydicom
from PIL import Image, ImageDraw, ImageFont
from pydicom import Dataset

from mdtapp.imaging.header import Picture, Refusal
from mdtapp.imaging.preview import functional, render
from mdtapp.imaging.text import ODD_VALUE, texts

EDGE: Final = 720
SMALLEST: Final = 480
QUALITY: Final = 82
BARS_MM: Final = (200, 100, 50, 20, 10, 5, 2, 1)
OPPOSITE: Final = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}
_AXES: Final = (("L", "R"), ("P", "A"), ("H", "F"))  # towards +x, -x; +y, -y; +z, -z (PS3.3 C.7.6.2.1.1)
_SIDES: Final = frozenset(OPPOSITE)


def draw(path: Path, frame: int) -> Picture | Refusal:
    """Frame `frame` (from 0) as JPEG, 480 to 720 pixels at its longer side."""
    made = render(path, frame, EDGE)
    if isinstance(made, Refusal):
        return made
    with path.open("rb") as file:
        ds = pydicom.dcmread(file, stop_before_pixels=True, force=True)
    picture = _large_enough(Image.open(io.BytesIO(made.png)).convert("RGB"))
    _annotate(picture, ds, frame)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=QUALITY, optimize=True)
    return Picture(stream.getvalue())


def _large_enough(picture: Image.Image) -> Image.Image:
    """A PET slice of 128 pixels is enlarged, so that letters stand beside it and not on it."""
    scale = SMALLEST / max(picture.size)
    if scale <= 1:
        return picture
    size = round(picture.width * scale), round(picture.height * scale)
    return picture.resize(size, Image.Resampling.BICUBIC)


def _annotate(picture: Image.Image, ds: Dataset, frame: int) -> None:
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(14, picture.width // 28))
    right, bottom = sides(ds, frame)
    middle, centre = picture.height // 2, picture.width // 2
    for letter, place, anchor in (
        (OPPOSITE.get(right, ""), (6, middle), "lm"),
        (right, (picture.width - 6, middle), "rm"),
        (OPPOSITE.get(bottom, ""), (centre, 6), "ma"),
        (bottom, (centre, picture.height - 6), "md"),
    ):
        if letter:
            pen.text(
                place, letter, fill="white", font=font, anchor=anchor, stroke_width=2, stroke_fill="black"
            )
    _scale(picture, pen, font, ds, frame)


def _scale(picture: Image.Image, pen: ImageDraw.ImageDraw, font: Any, ds: Dataset, frame: int) -> None:
    width_mm = field_width(ds, frame)
    bar = next((bar for bar in BARS_MM if width_mm and bar <= width_mm / 3), None)
    if bar is None:
        return
    length = round(picture.width * bar / width_mm)
    left, base = 12, picture.height - 14
    pen.line([(left, base), (left + length, base)], fill="black", width=6)
    pen.line([(left, base), (left + length, base)], fill="white", width=3)
    words = f"{bar // 10} cm" if bar >= 10 else f"{bar} mm"
    pen.text(
        (left, base - 6), words, fill="white", font=font, anchor="ld", stroke_width=2, stroke_fill="black"
    )


def sides(ds: Dataset, frame: int) -> tuple[str, str]:
    """The side of the patient at the right and at the bottom of the picture; empty where it is not known."""
    group = functional(ds, frame, "PlaneOrientationSequence") or ds
    try:
        cosines = [float(value) for value in group.ImageOrientationPatient]
    except (*ODD_VALUE, TypeError):
        cosines = []
    if len(cosines) == 6:
        return _towards(cosines[:3]), _towards(cosines[3:])
    named = [value[:1] for value in texts(ds, "PatientOrientation")]  # projections (PS3.3 C.7.6.1.1.1)
    if len(named) == 2 and set(named) <= _SIDES:
        return named[0], named[1]
    return "", ""


def _towards(vector: list[float]) -> str:
    """The side a vector points to; empty for one between two sides."""
    strongest = max(range(3), key=lambda axis: abs(vector[axis]))
    if abs(vector[strongest]) < 0.8:
        return ""
    return _AXES[strongest][vector[strongest] < 0]


def field_width(ds: Dataset, frame: int) -> float:
    """Width of the picture in the patient in millimetres; 0 where the header does not say it.

    Only Pixel Spacing counts: Imager Pixel Spacing is measured at the detector, not in the patient.
    """
    group = functional(ds, frame, "PixelMeasuresSequence") or ds
    try:
        spacing, columns = float(group.PixelSpacing[1]), int(ds.Columns)
    except (*ODD_VALUE, TypeError, IndexError):
        return 0.0
    return spacing * columns if 0 < spacing < 100 else 0.0
