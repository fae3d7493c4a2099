"""Texts and names of a data set in their own script, also where a device labelled them wrongly.

The declared SpecificCharacterSet decides. Hospitals' devices are known to write GBK or UTF-8
bytes under no label or under Latin 1; then a part that consists of high bytes only, and reads
as Chinese (or as valid UTF-8), is taken as what it evidently is.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.multival import MultiValue

# What reading one odd element may raise; pydicom converts values when they are asked for.
ODD_VALUE = (ValueError, TypeError, KeyError, AttributeError, NotImplementedError, LookupError, OverflowError)

_SINGLE_BYTE_LABELS = {"", "ISO_IR 6", "ISO_IR 100", "ISO 2022 IR 6", "ISO 2022 IR 100"}
_PART = re.compile(rb"[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\\^=\s]+")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·]+")
MAX_TEXT = 400


def text(ds: Dataset, keyword: str, limit: int = MAX_TEXT) -> str:
    """The first value of a text element, trimmed; empty when absent or unreadable."""
    return _first(_values(ds, keyword))[:limit]


def texts(ds: Dataset, keyword: str) -> tuple[str, ...]:
    """All values of a text element, trimmed, the empty ones left out."""
    return tuple(value[:MAX_TEXT] for value in _values(ds, keyword) if value)


def _values(ds: Dataset, keyword: str) -> list[str]:
    raw = _raw_bytes(ds, keyword)
    repaired = _repair(raw, _labels(ds)) if raw else None
    if repaired is not None:
        return [_clean(part) for part in repaired.split("\\")]
    try:
        value = ds.get(keyword)
    except ODD_VALUE:
        return []
    if value is None:
        return []
    values = list(value) if isinstance(value, MultiValue | list | tuple) else [value]
    return [_clean(str(entry)) for entry in values]


def _first(values: list[str]) -> str:
    return values[0] if values else ""


def _clean(value: str) -> str:
    """Without padding and without control characters, which no name or title has."""
    return "".join(c for c in value.replace("\x1b", "") if c >= " " and c != "\x7f").strip()


def _raw_bytes(ds: Dataset, keyword: str) -> bytes | None:
    tag = tag_for_keyword(keyword)
    element: Any = ds.get_item(tag) if tag is not None else None
    return element.value if isinstance(element, RawDataElement) and isinstance(element.value, bytes) else None


def _labels(ds: Dataset) -> set[str]:
    try:
        value: Any = ds.get("SpecificCharacterSet")
    except ODD_VALUE:
        return {""}
    values = list(value) if isinstance(value, MultiValue | list) else [value or ""]
    return {str(entry).strip() for entry in values}


def _repair(raw: bytes, labels: set[str]) -> str | None:
    """The text where the label cannot be right, else None."""
    high = [part for part in _PART.findall(raw) if any(byte > 0x7F for byte in part)]
    if not high or not labels <= _SINGLE_BYTE_LABELS or b"\x1b" in raw:
        return None
    decoded = _strictly(raw, "utf-8")
    if decoded is not None:
        return decoded
    decoded = _strictly(raw, "gb18030")
    whole = all(min(part) > 0x3F and part[0] > 0x80 for part in high)
    if decoded is None or not whole:
        return None
    chinese = [_strictly(part, "gb18030") for part in high]
    return decoded if all(part and _HAN.fullmatch(part) for part in chinese) else None


def _strictly(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def quiet() -> None:
    """pydicom's remarks about odd values are answered by our own notes, not by its log."""
    warnings.simplefilter("ignore")
