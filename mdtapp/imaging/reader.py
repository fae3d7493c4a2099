"""Reads the header of one DICOM file. Runs in the limited child only (`mdtapp.imaging.child`)."""

from __future__ import annotations

import hashlib
import math
import os
import re
from io import BufferedReader
from pathlib import Path
from typing import Any

import pydicom
from pydicom import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
)

from mdtapp.imaging.dataset_json import NamesOfPatient
from mdtapp.imaging.header import DiscIndex, InstanceHeader, Refusal
from mdtapp.imaging.text import ODD_VALUE, text, texts
from mdtapp.materials.reasons import (
    DICOM_TOO_DEEP,
    DICOM_TOO_HUNGRY,
    DICOM_UNREADABLE,
    UID_IMPROPER,
    UID_MISSING,
    UNREADABLE,
    Reason,
)

_UID = re.compile(r"[0-9.]{1,64}")
_NATIVE = {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian}
_PIXEL_ELEMENTS = {0x0008, 0x0009, 0x0010}
_UNDEFINED = 0xFFFFFFFF
_META_START = 128 + 4 + 12  # preamble, prefix, the group length element itself

# What a broken data set may raise while it is being read.
BROKEN = (
    *ODD_VALUE,
    InvalidDicomError,
    BytesLengthException,
    EOFError,
    OSError,
    AssertionError,
    UnicodeError,
)

_NUMBERS = [
    "WindowCenter",
    "WindowWidth",
    "RescaleSlope",
    "RescaleIntercept",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "SliceLocation",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "SamplesPerPixel",
]
_WORDS = [
    "PhotometricInterpretation",
    "ImageType",
    "ContentDate",
    "AcquisitionDate",
    "AcquisitionTime",
    "ViewPosition",
    "LossyImageCompression",
    "BurnedInAnnotation",
    "ImageLaterality",
    "ContrastBolusAgent",
    "ProtocolName",
    "Manufacturer",
]
_HEADER = [
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "OtherPatientNames",
    "OtherPatientIDs",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "AccessionNumber",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "BodyPartExamined",
    "Laterality",
    "FrameOfReferenceUID",
    "InstanceNumber",
    "Rows",
    "Columns",
    "NumberOfFrames",
]
TAGS = [*_HEADER, *_NUMBERS, *_WORDS]


def read(path: Path) -> InstanceHeader | DiscIndex | Refusal:
    """The header of the file at `path`, or a named refusal; never an exception."""
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)
    except RecursionError:
        return Refusal(DICOM_TOO_DEEP)
    except MemoryError:
        return Refusal(DICOM_TOO_HUNGRY)
    except OSError:
        return Refusal(UNREADABLE)
    except BROKEN:
        return Refusal(DICOM_UNREADABLE)


def _read(file: BufferedReader, size: int) -> InstanceHeader | DiscIndex | Refusal:
    ds = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=list(TAGS))
    end = file.tell()
    meta = ds.file_meta
    if text(meta, "MediaStorageSOPClassUID") == MediaStorageDirectoryStorage:
        return DiscIndex()
    syntax = text(meta, "TransferSyntaxUID")
    uids = [_uid(ds, f"{level}InstanceUID") for level in ("Study", "Series", "SOP")]
    fault = next((uid for uid in uids if isinstance(uid, Reason)), None)
    if fault is not None:
        bare = ds.preamble is None and ds.get_item("SOPClassUID") is None
        return Refusal(DICOM_UNREADABLE if bare else fault)
    study, series, instance = (str(uid) for uid in uids)
    has_pixels, cut_short = _pixels(file, ds, end, size, syntax)
    names = NamesOfPatient.of(ds)
    return InstanceHeader(
        study_instance_uid=study,
        series_instance_uid=series,
        sop_instance_uid=instance,
        sop_class_uid=text(ds, "SOPClassUID", 64),
        transfer_syntax_uid=syntax[:64],
        patient_name=text(ds, "PatientName"),
        patient_id=text(ds, "PatientID", 200),
        birth_date=text(ds, "PatientBirthDate", 40),
        sex=text(ds, "PatientSex", 16),
        other_names=texts(ds, "OtherPatientNames"),
        other_patient_ids=texts(ds, "OtherPatientIDs"),
        study_date=text(ds, "StudyDate", 16),
        study_time=text(ds, "StudyTime", 16),
        study_description=names.left_out(text(ds, "StudyDescription", 200)),
        accession_number=text(ds, "AccessionNumber", 64),
        modality=text(ds, "Modality", 16),
        series_number=_whole(ds, "SeriesNumber"),
        series_description=names.left_out(text(ds, "SeriesDescription", 200)),
        body_part=text(ds, "BodyPartExamined", 64),
        laterality=text(ds, "Laterality", 16) or text(ds, "ImageLaterality", 16),
        frame_of_reference_uid=text(ds, "FrameOfReferenceUID", 64),
        instance_number=_whole(ds, "InstanceNumber"),
        rows=_whole(ds, "Rows"),
        columns=_whole(ds, "Columns"),
        frames=max(1, _whole(ds, "NumberOfFrames") or 1),
        has_pixels=has_pixels,
        cut_short=cut_short,
        dataset_sha256=_dataset_hash(file, ds),
        attributes=_attributes(ds),
    )


def _dataset_hash(file: BufferedReader, ds: Dataset) -> str:
    """SHA-256 of what follows the file meta: it stays the same whatever carries the data set.

    Empty where the meta does not say its own length, which is where the data set begins.
    """
    length = _whole(ds.file_meta, "FileMetaInformationGroupLength")
    if ds.preamble is None or length is None:
        return ""
    start = _META_START + length
    file.seek(start)
    if file.read(2) in (b"", b"\x02\x00"):
        return ""
    file.seek(start)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _uid(ds: Dataset, keyword: str) -> str | Reason:
    """A UID of digits and dots is taken as it is; anything else is a reason."""
    try:
        value: Any = ds.get(keyword)
    except ODD_VALUE:
        return UID_IMPROPER
    if value is None or value == "":
        return UID_MISSING
    if isinstance(value, MultiValue | list):
        return UID_IMPROPER
    return str(value) if _UID.fullmatch(str(value)) else UID_IMPROPER


def _whole(ds: Dataset, keyword: str) -> int | None:
    """A whole number within what a database integer holds, else None."""
    try:
        value = int(str(ds.get(keyword)).strip())
    except ODD_VALUE:
        return None
    return value if abs(value) < 2**31 else None


def _attributes(ds: Dataset) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for keyword in _NUMBERS:
        values = _floats(ds, keyword)
        if values:
            found[keyword] = values if len(values) > 1 else values[0]
    for keyword in _WORDS:
        words = texts(ds, keyword)
        if words:
            found[keyword] = list(words) if keyword == "ImageType" else words[0]
    return found


def _floats(ds: Dataset, keyword: str) -> list[float]:
    try:
        value: Any = ds.get(keyword)
        values = list(value) if isinstance(value, MultiValue | list) else [value]
        numbers = [float(entry) for entry in values[:32] if entry not in (None, "")]
    except ODD_VALUE:
        return []
    return numbers if all(map(math.isfinite, numbers)) else []


def _pixels(file: BufferedReader, ds: Dataset, end: int, size: int, syntax: str) -> tuple[bool, bool]:
    """Whether there are pixels, and whether the file ends before they (or its header) do, or holds too few.

    `end` is where the header reader stopped: at the pixel element, or behind the last one.
    """
    if syntax == DeflatedExplicitVRLittleEndian:
        return ds.get_item("Rows") is not None, False
    file.seek(end)
    head = file.read(12)
    order: Any = "big" if syntax == ExplicitVRBigEndian else "little"
    group, element = int.from_bytes(head[0:2], order), int.from_bytes(head[2:4], order)
    if len(head) < 8 or group != 0x7FE0 or element not in _PIXEL_ELEMENTS:
        return False, end > size or 0 < len(head) < 8
    explicit = head[4:6].isalpha()
    length = int.from_bytes(head[8:12] if explicit else head[4:8], order)
    start = end + (12 if explicit else 8)
    if length == _UNDEFINED:
        return True, _lacks_delimiter(file, size)
    return True, start + length > size or length < _least_bytes(ds)


def _least_bytes(ds: Dataset) -> int:
    """How long uncompressed pixels must be by what the header says; 0 when it does not say it (PS3.5 8.1.1)."""
    keywords = ("Rows", "Columns", "BitsAllocated")
    rows, columns, bits = (_whole(ds, keyword) or 0 for keyword in keywords)
    samples, frames = _whole(ds, "SamplesPerPixel") or 1, max(1, _whole(ds, "NumberOfFrames") or 1)
    if text(ds, "PhotometricInterpretation").endswith("422"):
        samples = 2  # every other column has colour of its own
    return (max(0, rows * columns * bits) * samples * frames) // 8


def _lacks_delimiter(file: BufferedReader, size: int) -> bool:
    """Encapsulated pixels end with a sequence delimiter somewhere in the last bytes of the file."""
    file.seek(max(0, size - 4096), os.SEEK_SET)
    return b"\xfe\xff\xdd\xe0" not in file.read()
