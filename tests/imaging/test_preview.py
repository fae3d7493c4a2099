"""Previews: the window of the header, inverted and coloured pictures, and what gives none."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mdtapp.imaging.header import Picture, PictureSize, Refusal
from mdtapp.imaging.limited import LimitedReader
from tests.imaging import dicom


def drawn(reader: LimitedReader, tmp_path: Path, content: bytes, frame: int = 0) -> Image.Image:
    path = tmp_path / "image"
    path.write_bytes(content)
    found = reader.preview(path, frame)
    assert isinstance(found, Picture), found
    return Image.open(io.BytesIO(found.png))


def grey(values: list[list[int]], **more: Any) -> bytes:
    pixels = np.array(values, "<u2")
    return dicom.encoded(
        dicom.image(Rows=pixels.shape[0], Columns=pixels.shape[1], PixelData=pixels.tobytes(), **more)
    )


def levels(image: Image.Image) -> list[int]:
    return list(np.asarray(image).flatten()[:4])


def test_the_window_of_the_header(reader: LimitedReader, tmp_path: Path) -> None:
    content = grey([[0, 100], [150, 400]], WindowCenter="150", WindowWidth="100")
    assert levels(drawn(reader, tmp_path, content)) == [0, 0, 127, 255]


def test_rescaled_before_windowed(reader: LimitedReader, tmp_path: Path) -> None:
    content = grey(
        [[0, 1024], [1064, 3000]],
        RescaleSlope="1",
        RescaleIntercept="-1024",
        WindowCenter="40",
        WindowWidth="80",
    )
    assert levels(drawn(reader, tmp_path, content)) == [0, 0, 127, 255]


def test_without_a_window_by_its_own_range(reader: LimitedReader, tmp_path: Path) -> None:
    found = levels(drawn(reader, tmp_path, grey([[10, 20], [30, 40]])))
    assert found[0] == 0
    assert found[3] == 255
    assert found == sorted(found)


@pytest.mark.parametrize("width", ["0", "-5", "1e999"])
def test_a_senseless_window_is_ignored(reader: LimitedReader, tmp_path: Path, width: str) -> None:
    content = grey([[10, 20], [30, 40]], WindowCenter="20", WindowWidth="77777")
    found = drawn(reader, tmp_path, content.replace(b"77777", width.encode().ljust(5)))
    assert max(levels(found)) == 255


def test_monochrome1_is_inverted(reader: LimitedReader, tmp_path: Path) -> None:
    content = grey(
        [[0, 100], [150, 400]],
        WindowCenter="150",
        WindowWidth="100",
        PhotometricInterpretation="MONOCHROME1",
    )
    assert levels(drawn(reader, tmp_path, content)) == [255, 255, 128, 0]


def test_colour(reader: LimitedReader, tmp_path: Path) -> None:
    pixels = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]], "u1")
    ds = dicom.image(Rows=2, Columns=2, PixelData=pixels.tobytes(), SamplesPerPixel=3)
    ds.PhotometricInterpretation, ds.PlanarConfiguration = "RGB", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    found = drawn(reader, tmp_path, dicom.encoded(ds))
    assert found.mode == "RGB"
    assert found.getpixel((0, 0)) == (255, 0, 0)


def test_a_frame_of_several(reader: LimitedReader, tmp_path: Path) -> None:
    pixels = np.stack([np.full((2, 2), 10), np.full((2, 2), 90)]).astype("<u2")
    ds = dicom.image(Rows=2, Columns=2, PixelData=pixels.tobytes(), NumberOfFrames="2")
    ds.WindowCenter, ds.WindowWidth = "50", "100"
    first, second = (levels(drawn(reader, tmp_path, dicom.encoded(ds), frame))[0] for frame in (0, 1))
    assert first < 50 < 200 < second


def test_large_pictures_shrink_and_keep_their_shape(reader: LimitedReader, tmp_path: Path) -> None:
    pixels = np.zeros((600, 1200), "<u2")
    pixels[:, 600:] = 1
    content = dicom.encoded(dicom.image(Rows=600, Columns=1200, PixelData=pixels.tobytes()))
    assert drawn(reader, tmp_path, content).size == (512, 256)


def test_oblong_pixels_are_drawn_oblong(reader: LimitedReader, tmp_path: Path) -> None:
    content = dicom.encoded(dicom.image(PixelSpacing=["2", "1"]))
    assert drawn(reader, tmp_path, content).size == (4, 8)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:-6],
        lambda content: content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.9.9.9\0"),
    ],
)
def test_what_cannot_be_decoded_has_a_reason(
    reader: LimitedReader, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "image"
    path.write_bytes(change(dicom.encoded(dicom.image())))
    found = reader.preview(path, 0)
    assert isinstance(found, Refusal)
    assert found.reason.code == "no_picture"


@pytest.mark.parametrize(
    "name", ["malformed/bad_sequence.dcm", "ultrasound-colour", "malformed/JPEG-lossy.dcm"]
)
def test_what_lacks_a_decoder_that_may_be_shipped_says_so(reader: LimitedReader, name: str) -> None:
    """Lossless and 12-bit JPEG; what is decoded is never refused for that."""
    place = dicom.shared_folder("dicom") / name
    if place.is_dir():
        found = [reader.preview(path, 0) for path in sorted(place.rglob("*.dcm"))]
        assert any(isinstance(one, Picture) for one in found)
        return
    refused = reader.preview(place, 0)
    assert isinstance(refused, Refusal)
    assert refused.reason.code == "no_codec"
    assert "open the images in the viewer" in refused.reason.text.en
    assert refused.reason.text.missing() == []
    assert reader.decoded(place, 1) == refused


def test_absurd_dimensions_do_not_exhaust_us(reader: LimitedReader, tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(dicom.encoded(dicom.image(Rows=65535, Columns=65535)))
    assert isinstance(reader.preview(path, 0), Refusal)


# Ordinary pictures


def test_size_of_a_picture(reader: LimitedReader, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (30, 20), "red").save(path)
    assert reader.measure(path) == PictureSize(30, 20)


def test_a_picture_that_ends_early(reader: LimitedReader, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.effect_noise((300, 200), 90).save(path)
    path.write_bytes(path.read_bytes()[:-4000])
    found = reader.measure(path)
    assert isinstance(found, PictureSize)
    assert found.cut_short


def test_a_flood_of_pixels(reader: LimitedReader, tmp_path: Path) -> None:
    path = tmp_path / "flood.png"
    Image.new("1", (8, 8)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[:16] + (60_000).to_bytes(4, "big") * 2 + content[24:])
    found = reader.measure(path)
    assert isinstance(found, Refusal)


def test_a_broken_picture(reader: LimitedReader, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n broken")
    found = reader.measure(path)
    assert isinstance(found, Refusal)
    assert found.reason.code == "picture_unreadable"


def test_tiff_is_shown_as_png(reader: LimitedReader, tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    Image.new("RGB", (3000, 1500), "white").save(path)
    found = reader.shrink(path)
    assert isinstance(found, Picture)
    assert Image.open(io.BytesIO(found.png)).size == (2048, 1024)
