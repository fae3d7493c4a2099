"""Parts of an instance as somebody asked for them. Runs in the limited child only (`mdtapp.imaging.child`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.pixels.utils import pixel_array

from mdtapp.imaging.deidentify.pseudonymise import pseudonymise
from mdtapp.imaging.header import Part, Refusal
from mdtapp.imaging.preview import why_not_decoded
from mdtapp.imaging.reader import BROKEN
from mdtapp.imaging.served_patient import NOBODY
from mdtapp.materials.reasons import DICOM_TOO_DEEP, DICOM_TOO_HUNGRY, DICOM_UNREADABLE, NO_PICTURE, Reason

LARGEST = 23 * 1024**2  # of an answer through the pipe, before base64
_FAILURES = (*BROKEN, RuntimeError)


def bulk(path: Path, element: str) -> Part | Refusal:
    """The bytes of one element: `00420011`, or inside sequences `54000100.1.54001010` with items from 1."""

    def find() -> Part | Refusal:
        found: Any = pydicom.dcmread(path, force=True)
        pseudonymise(found, NOBODY)
        *into, last = element.split(".")
        for tag, item in zip(into[::2], into[1::2], strict=True):
            found = found[int(tag, 16)].value[int(item) - 1]
        value = found[int(last, 16)].value
        return _within_limit(value) if isinstance(value, bytes) and value else Refusal(DICOM_UNREADABLE)

    return _answered(find, DICOM_UNREADABLE)


def decoded(path: Path, frame: int) -> Part | Refusal:
    """Frame `frame` (from 1) as native samples, little endian; colour as the decoder gives it."""

    def decode() -> Part | Refusal:
        pixels = pixel_array(path, index=frame - 1, raw=True)
        return _within_limit(np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("<"))).tobytes())

    return _answered(decode, _why_not(path))


def _why_not(path: Path) -> Reason:
    try:
        return why_not_decoded(pydicom.dcmread(path, stop_before_pixels=True, force=True))
    except (*_FAILURES, RecursionError, MemoryError):
        return NO_PICTURE


def _within_limit(content: bytes) -> Part | Refusal:
    return Part(content) if len(content) <= LARGEST else Refusal(DICOM_TOO_HUNGRY)


def _answered(act: Any, fault: Reason) -> Part | Refusal:
    try:
        return act()  # type: ignore[no-any-return]
    except RecursionError:
        return Refusal(DICOM_TOO_DEEP)
    except MemoryError:
        return Refusal(DICOM_TOO_HUNGRY)
    except (*_FAILURES, IndexError):
        return Refusal(fault)
