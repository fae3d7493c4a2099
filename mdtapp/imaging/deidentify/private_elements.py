"""Private elements: all go but the few whose meaning is published and whose value is a number.

The list is `safe_private.csv`, a part of DICOM PS3.15 Table E.3.10-1 (numbers only) and the GE
scan time that decay correction of its PET images needs. A block is known by its creator, not by
its number (PS3.5 7.8.1), and a value that is not what the list says goes too.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from pydicom import Dataset
from pydicom.dataelem import DataElement

from mdtapp.imaging.text import ODD_VALUE

_LIST = Path(__file__).with_name("safe_private.csv")
_NUMBER = re.compile(r"[-+0-9.eE\\ ]{1,400}")
_MOMENT = re.compile(r"\d{4,14}(\.\d{1,6})?([+-]\d{4})?")
_NUMERIC = {"FL", "FD", "US", "SS", "UL", "SL"}


def is_safe(ds: Dataset, element: DataElement) -> bool:
    """Whether this private element of `ds` may stay: listed, of the VR listed, holding nothing else."""
    group, number = element.tag.group, element.tag.element
    if number <= 0xFF:
        return is_creator_of_safe(ds, element)
    expected = _safe().get((_creator(ds, group, number >> 8), group, number & 0xFF))
    return expected is not None and expected == element.VR and _holds_numbers(element)


def is_creator_of_safe(ds: Dataset, element: DataElement) -> bool:
    """Whether this element reserves a block of which something stays."""
    group, block = element.tag.group, element.tag.element
    creator = _creator(ds, group, block)
    if not any(key[:2] == (creator, group) for key in _safe()):
        return False
    numbers = [number for name, listed, number in _safe() if (name, listed) == (creator, group)]
    tags = ((group << 16) | (block << 8) | number for number in numbers)
    return any(tag in ds and is_safe(ds, ds[tag]) for tag in tags)


def is_moment(element: DataElement) -> bool:
    """Whether the element is a point in time, which a de-identified copy shifts."""
    return bool(element.VR == "DT")


def _creator(ds: Dataset, group: int, block: int) -> str:
    try:
        return str(ds[(group << 16) | block].value).strip()
    except ODD_VALUE:
        return ""


def _holds_numbers(element: DataElement) -> bool:
    try:
        value = element.value
        values = list(value) if element.VM > 1 else [value]
    except ODD_VALUE:
        return False
    if element.VR in _NUMERIC:
        return all(isinstance(entry, int | float) for entry in values)
    form = _MOMENT if element.VR == "DT" else _NUMBER
    return all(form.fullmatch(str(entry)) for entry in values)


@cache
def _safe() -> dict[tuple[str, int, int], str]:
    with _LIST.open(newline="", encoding="utf-8") as file:
        return {
            (row["creator"], int(row["group"], 16), int(row["element"], 16)): row["vr"]
            for row in csv.DictReader(file)
        }
