"""Parts of an instance as somebody asked for them. Runs in the limited child only (`mdtapp.imaging.child`)."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.pixels.utils import pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian

from mdtapp.imaging.dataset_json import is_served
from mdtapp.imaging.deidentify.pseudonymise import pseudonymise
from mdtapp.imaging.header import Part, Refusal
from mdtapp.imaging.reader import BROKEN
from mdtapp.imaging.served_patient import ServedPatient
from mdtapp.materials.reasons import DICOM_TOO_DEEP, DICOM_TOO_HUNGRY, DICOM_UNREADABLE, NO_PICTURE, Reason

LARGEST = 23 * 1024**2  # of an answer through the pipe, before base64
_FAILURES = (*BROKEN, RuntimeError)


def bulk(path: Path, element: str) -> Part | Refusal:
    """The bytes of one element: `00420011`, or inside sequences `54000100.1.54001010` with items from 1."""

    def find() -> Part | Refusal:
        found: Any = pydicom.dcmread(path, force=True)
        *into, last = element.split(".")
        for tag, item in zip(into[::2], into[1::2], strict=True):
            found = found[int(tag, 16)].value[int(item) - 1]
        if not is_served(int(last, 16)):
            return Refusal(DICOM_UNREADABLE)
        return _within_limit(bytes(found[int(last, 16)].value))

    return _answered(find, DICOM_UNREADABLE)


def decoded(path: Path, frame: int) -> Part | Refusal:
    """Frame `frame` (from 1) as native samples, little endian; colour as the decoder gives it."""

    def decode() -> Part | Refusal:
        pixels = pixel_array(path, index=frame - 1, raw=True)
        return _within_limit(np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("<"))).tobytes())

    return _answered(decode, NO_PICTURE)


def served(path: Path, patient: ServedPatient) -> Part | Refusal:
    """The file with the patient of the case instead of the one it came with.

    Only what precedes the pixels is written anew; they follow from the original.
    """

    def rewrite() -> Part | Refusal:
        with path.open("rb") as file:
            ds = pydicom.dcmread(file, stop_before_pixels=True, force=True)
            at = file.tell()
        if "SOPInstanceUID" not in ds:
            return Refusal(DICOM_UNREADABLE)
        whole = ds.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian
        if whole:
            ds = pydicom.dcmread(path, force=True)
        pseudonymise(ds, patient)
        rest = at if not whole and at < path.stat().st_size else None
        return _within_limit(_written(ds, deflated=whole), rest)

    return _answered(rewrite, DICOM_UNREADABLE)


def _written(ds: Dataset, *, deflated: bool) -> bytes:
    """Preamble and file meta as they came, and the data set in the encoding it came in."""
    implicit, little = ds.original_encoding
    head, body = DicomBytesIO(), DicomBytesIO()
    if ds.preamble:
        head.write(ds.preamble + b"DICM")
    if ds.file_meta:
        write_file_meta_info(head, ds.file_meta, enforce_standard=False)
    body.is_implicit_VR, body.is_little_endian = bool(implicit), bool(little)
    write_dataset(body, ds)
    content = body.getvalue()
    if deflated:
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        content = packer.compress(content) + packer.flush()
        content += b"\0" * (len(content) % 2)
    return head.getvalue() + content


def _within_limit(content: bytes, rest_from: int | None = None) -> Part | Refusal:
    return Part(content, rest_from) if len(content) <= LARGEST else Refusal(DICOM_TOO_HUNGRY)


def _answered(act: Any, fault: Reason) -> Part | Refusal:
    try:
        return act()  # type: ignore[no-any-return]
    except RecursionError:
        return Refusal(DICOM_TOO_DEEP)
    except MemoryError:
        return Refusal(DICOM_TOO_HUNGRY)
    except (*_FAILURES, IndexError):
        return Refusal(fault)
