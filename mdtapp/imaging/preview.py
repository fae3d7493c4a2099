"""Small pictures of a frame, for recognising a series; never for diagnosis. Runs in the limited child."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image, ImageFile, UnidentifiedImageError
from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
)

from mdtapp.imaging.frame_index import layout
from mdtapp.imaging.frames import DEFLATED_FRAMES, inflated
from mdtapp.imaging.header import Picture, PictureSize, Refusal
from mdtapp.imaging.reader import BROKEN
from mdtapp.imaging.text import ODD_VALUE, text
from mdtapp.materials.reasons import (
    DICOM_TOO_DEEP,
    DICOM_TOO_HUNGRY,
    NO_CODEC,
    NO_PICTURE,
    PICTURE_UNREADABLE,
    PIXEL_FLOOD,
    Reason,
)

# pylibjpeg-libjpeg would decode them and is under the GPL; Pillow reads the eight-bit kind of the first.
WITHOUT_CODEC = frozenset({str(JPEGExtended12Bit), str(JPEGLossless), str(JPEGLosslessSV1)})
MAX_EDGE = 512
SHOWN_EDGE = 2048
MAX_PIXELS = 150_000_000
Pixels = npt.NDArray[Any]
_FAILURES = (*BROKEN, RuntimeError, UnidentifiedImageError)


def render(
    path: Path, frame: int, edge: int = MAX_EDGE, window: tuple[float, float] | None = None
) -> Picture | Refusal:
    """Frame `frame` (from 0) as PNG, at most `edge` pixels wide and high; a refusal where it cannot be decoded.

    Grey values are windowed by `window` (centre, width), without one as the header says.
    """
    ds = Dataset()
    try:
        with path.open("rb") as file:
            ds = pydicom.dcmread(file, stop_before_pixels=True, force=True)
        return Picture(_png(_frame_image(path, ds, frame, window), _aspect(ds), edge))
    except RecursionError:
        return Refusal(DICOM_TOO_DEEP)
    except MemoryError:
        return Refusal(DICOM_TOO_HUNGRY)
    except _FAILURES:
        return Refusal(why_not_decoded(ds))


def why_not_decoded(ds: Dataset) -> Reason:
    """Whether pixels that could not be decoded lack a decoder that may be shipped, or are damaged."""
    syntax = text(getattr(ds, "file_meta", Dataset()), "TransferSyntaxUID")
    return NO_CODEC if syntax in WITHOUT_CODEC else NO_PICTURE


def _frame_image(path: Path, ds: Dataset, frame: int, window: tuple[float, float] | None) -> Image.Image:
    pixels = _decode(path, ds, frame)
    kind = text(ds, "PhotometricInterpretation")
    if kind == "PALETTE COLOR" or pixels.ndim == 3:
        if kind == "PALETTE COLOR":
            pixels = apply_color_lut(pixels, ds)
        return Image.fromarray(_eight_bits(pixels), "RGB")
    grey = _windowed(pixels, ds, frame, window)
    return Image.fromarray(255 - grey if kind == "MONOCHROME1" else grey, "L")


def _decode(path: Path, ds: Dataset, frame: int) -> Pixels:
    """One frame as (rows, columns) or (rows, columns, 3), colour converted to RGB."""
    index = frame if _number(ds.get("NumberOfFrames"), 1) > 1 else 0
    syntax = ds.file_meta.get("TransferSyntaxUID")
    if syntax == DEFLATED_FRAMES:
        return _inflated_frame(path, index)
    if syntax and syntax != DeflatedExplicitVRLittleEndian:
        return pixel_array(path, index=index)
    whole = pydicom.dcmread(path, force=True)
    if not syntax:
        implicit, little = whole.original_encoding
        native = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        whole.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else native
    return pixel_array(whole, index=index)


def _inflated_frame(path: Path, index: int) -> Pixels:
    """A frame that is deflated by itself, which the library does not decode."""
    with path.open("rb") as file:
        head = pydicom.dcmread(file, stop_before_pixels=True)
        found = layout(file, head, file.tell(), path.stat().st_size)
        pieces = found.frames[index]
        stored = b"".join(file.read(length) for offset, length in pieces if file.seek(offset))
    head.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    head.PixelData, head.NumberOfFrames = inflated(stored, found.bits), 1
    head["PixelData"].VR = "OW"
    return pixel_array(head)


def _windowed(pixels: Pixels, ds: Dataset, frame: int, asked: tuple[float, float] | None) -> Pixels:
    """Grey values 0 to 255 by the header's window, or by the picture's own range without one."""
    values = _real_values(pixels, ds, frame)
    if asked is not None:
        return _stretch(values, asked[0] - asked[1] / 2, asked[0] + asked[1] / 2)
    window = _window(ds, frame)
    if window is None and "VOILUTSequence" in ds:
        looked_up = apply_voi_lut(values.astype(np.int32), ds, index=0).astype(np.float64)
        return _stretch(looked_up, float(looked_up.min()), float(looked_up.max()))
    if window is not None:
        centre, width = window
        grey = _stretch(values, centre - width / 2, centre + width / 2)
        if grey.min() < 255 and grey.max() > 0:  # else the window lies beside everything in the picture
            return grey
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(values.shape, np.uint8)
    low, high = np.percentile(finite, (1, 99))
    if low == high:
        low, high = finite.min(), finite.max()
    return _stretch(values, float(low), float(high))


def _stretch(values: Pixels, low: float, high: float) -> Pixels:
    span = high - low if high > low else 1.0
    scaled = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) / span
    grey: Pixels = (np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    return grey


def _real_values(pixels: Pixels, ds: Dataset, frame: int) -> Pixels:
    """Stored values through the modality transformation, that of the frame where each has its own."""
    group = functional(ds, frame, "PixelValueTransformationSequence")
    if group is None:
        return np.asarray(apply_modality_lut(pixels, ds), dtype=np.float32)
    slope = _number(group.get("RescaleSlope"), 1.0)
    values: Pixels = pixels.astype(np.float32) * slope + _number(group.get("RescaleIntercept"), 0.0)
    return values


def _window(ds: Dataset, frame: int) -> tuple[float, float] | None:
    source = functional(ds, frame, "FrameVOILUTSequence") or ds
    try:
        centre, width = _number(source.get("WindowCenter"), None), _number(source.get("WindowWidth"), None)
    except ODD_VALUE:
        return None
    return (centre, width) if centre is not None and width is not None and width >= 1e-6 else None


def functional(ds: Dataset, frame: int, keyword: str) -> Dataset | None:
    """An item of the frame's own or the shared functional group (PS3.3 C.7.6.16)."""
    try:
        frames: Any = ds.get("PerFrameFunctionalGroupsSequence") or []
        shared: Any = ds.get("SharedFunctionalGroupsSequence") or []
        for group in [*frames[frame : frame + 1], *shared[:1]]:
            items: Any = group.get(keyword)
            if items:
                return items[0]  # type: ignore[no-any-return]
    except ODD_VALUE:
        return None
    return None


def _number(value: Any, default: Any) -> Any:
    """The first value as a finite float, else `default`."""
    first = value[0] if isinstance(value, MultiValue | list) and value else value
    if first in (None, ""):
        return default
    number = float(first)
    return number if np.isfinite(number) else default


def _eight_bits(pixels: Pixels) -> Pixels:
    if pixels.dtype == np.uint8:
        return pixels
    top = float(pixels.max()) if pixels.size else 0.0
    return _stretch(pixels.astype(np.float32), 0.0, 65535.0 if top > 4095 else max(top, 1.0))


def _aspect(ds: Dataset) -> float:
    """Height of a pixel over its width; 1 where the header does not say or exaggerates."""
    try:
        spacing: Any = ds.get("PixelSpacing") or ds.get("ImagerPixelSpacing") or ds.get("PixelAspectRatio")
        ratio = float(spacing[0]) / float(spacing[1])
    except (*ODD_VALUE, ZeroDivisionError, IndexError):
        return 1.0
    return ratio if 0.1 < ratio < 10 else 1.0


def _png(image: Image.Image, aspect: float = 1.0, edge: int = MAX_EDGE) -> bytes:
    width, height = image.width, image.height * aspect
    scale = min(1.0, edge / max(width, height, 1))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size != image.size:
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def measure(path: Path) -> PictureSize | Refusal:
    """Size of an ordinary picture, after decoding it where that is cheap; refuses a pixel flood."""
    try:
        return _measured(path)
    except Image.DecompressionBombError:
        return Refusal(PIXEL_FLOOD)
    except MemoryError:
        return Refusal(PIXEL_FLOOD)
    except (*_FAILURES, SyntaxError):  # Pillow raises SyntaxError for a broken PNG
        return Refusal(PICTURE_UNREADABLE)


def _measured(path: Path) -> PictureSize | Refusal:
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with Image.open(path) as image:
        width, height = image.size
        if image.format == "TIFF":  # slides are TIFF files: their pages are not decoded here
            return PictureSize(width, height)
        if width * height > MAX_PIXELS:
            return Refusal(PIXEL_FLOOD)
        try:
            image.load()
        except OSError:
            return PictureSize(width, height, cut_short=True)
    return PictureSize(width, height)


def shrink(path: Path) -> Picture | Refusal:
    """An ordinary picture that browsers do not show (TIFF) as PNG of at most 2048 pixels."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with Image.open(path) as image:
            image.draft("RGB", (SHOWN_EDGE, SHOWN_EDGE))
            shown = image.convert("RGB")
        shown.thumbnail((SHOWN_EDGE, SHOWN_EDGE))
        stream = io.BytesIO()
        shown.save(stream, "PNG")
        return Picture(stream.getvalue())
    except (MemoryError, Image.DecompressionBombError):
        return Refusal(PIXEL_FLOOD)
    except (*_FAILURES, SyntaxError):
        return Refusal(PICTURE_UNREADABLE)
