"""Measurements of a structured report (PS3.16 TID 1500), each with the image it was made on.

Runs in the limited child only (`mdtapp.imaging.child`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pydicom
from pydicom import Dataset

from mdtapp.imaging.header import Measurement, Measurements, Refusal
from mdtapp.imaging.reader import BROKEN
from mdtapp.imaging.text import ODD_VALUE, text
from mdtapp.materials.reasons import DICOM_TOO_DEEP, DICOM_UNREADABLE

MOST: Final = 500
DEEPEST: Final = 32
MEASUREMENT_GROUP: Final = "125007"
TRACKING_IDENTIFIER: Final = "112039"
FINDING: Final = {"121071", "363698007"}  # finding, finding site


@dataclass(frozen=True, slots=True)
class _Group:
    """What a measurement group says of all its measurements."""

    label: str = ""
    image: tuple[str, int] = ("", 0)


def read(path: Path) -> Measurements | Refusal:
    """Every NUM item with a value, in the order of the report; a report without any gives none."""
    try:
        ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        return Measurements(tuple(_number(found) for found in _in(ds, _Group(), 0))[:MOST])
    except RecursionError:
        return Refusal(DICOM_TOO_DEEP)
    except BROKEN:
        return Refusal(DICOM_UNREADABLE)


def _number(found: tuple[Dataset, _Group]) -> Measurement:
    item, group = found
    measured: Any = item.MeasuredValueSequence[0]
    image = _image(item, 0) or group.image
    return Measurement(
        label=group.label,
        quantity=_meaning(item, "ConceptNameCodeSequence"),
        value=float(str(measured.NumericValue)),
        unit=_code(measured, "MeasurementUnitsCodeSequence"),
        sop_instance_uid=image[0],
        frame=image[1],
    )


def _in(ds: Dataset, group: _Group, depth: int) -> Iterator[tuple[Dataset, _Group]]:
    for item in _content(ds) if depth < DEEPEST else ():
        kind = text(item, "ValueType")
        if kind == "NUM" and _has_value(item):
            yield item, group
        elif kind == "CONTAINER":
            inside = group
            if _code(item, "ConceptNameCodeSequence") == MEASUREMENT_GROUP:
                inside = _Group(_label(item), _image(item, 0) or ("", 0))
            yield from _in(item, inside, depth + 1)


def _has_value(item: Dataset) -> bool:
    try:
        float(str(item.MeasuredValueSequence[0].NumericValue))
    except (*ODD_VALUE, IndexError):
        return False
    return True


def _label(group: Dataset) -> str:
    """What the reader called it: the finding's name, else the tracking identifier."""
    named = {}
    for item in _content(group):
        code = _code(item, "ConceptNameCodeSequence")
        if code in FINDING:
            named["finding"] = _meaning(item, "ConceptCodeSequence")
        elif code == TRACKING_IDENTIFIER:
            named["tracked"] = text(item, "TextValue", 80)
    return named.get("finding") or named.get("tracked") or ""


def _image(item: Dataset, depth: int) -> tuple[str, int] | None:
    """The first image the item was taken from, and the frame (1 where none is named)."""
    if text(item, "ValueType") == "IMAGE":
        for reference in _items(item, "ReferencedSOPSequence"):
            frames = reference.get("ReferencedFrameNumber")
            frame = frames[0] if isinstance(frames, list | pydicom.multival.MultiValue) else frames
            return text(reference, "ReferencedSOPInstanceUID", 64), int(frame or 1)
    for child in _content(item) if depth < DEEPEST else ():
        found = _image(child, depth + 1)
        if found:
            return found
    return None


def _content(ds: Dataset) -> list[Dataset]:
    return _items(ds, "ContentSequence")


def _items(ds: Dataset, keyword: str) -> list[Dataset]:
    try:
        found: Any = ds.get(keyword)
    except ODD_VALUE:
        return []
    return list(found) if isinstance(found, pydicom.Sequence) else []


def _code(ds: Dataset, keyword: str) -> str:
    return next((text(item, "CodeValue", 64) for item in _items(ds, keyword)), "")


def _meaning(ds: Dataset, keyword: str) -> str:
    return next((text(item, "CodeMeaning", 80) for item in _items(ds, keyword)), "")
