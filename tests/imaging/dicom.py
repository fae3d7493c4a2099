"""DICOM files to test with: sound ones, broken ones, hostile ones; and the shared real ones where they are."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydicom import DataElement, Dataset, FileMetaDataset
from pydicom.config import IGNORE
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    MediaStorageDirectoryStorage,
)

from mdtapp.demo.synthetic_dicom import Examination, Lesion, Subject

_BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SHARED = Path(os.environ.get("MDTAPP_TEST_DATA", str(_BESIDE)))

ZHANG = Subject("Zhang^Wei=张^伟", "H-4471", date(1967, 3, 14), "M")
ZHANG_RECORD = {
    "name": "Zhang Wei",
    "other_names": ["张伟"],
    "birth_date": "1967-03-14",
    "sex": "male",
    "patient_ids": ["H-4471"],
}
AMINA = Subject("Wanjiru^Amina", "KE-17", date(1979, 8, 2), "F")
IN_LUNG = Lesion(0.45, -0.1, 0.1, 0.14)


def shared_folder(name: str) -> Path:
    """A folder of the shared test data; the test is skipped, with the reason, where it is not there."""
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"no shared test data at {folder}; name its place with MDTAPP_TEST_DATA")
    return folder


def chest(subject: Subject = ZHANG, seed: str = "test") -> Examination:
    return Examination(subject, seed, date(2026, 2, 1), "CT chest", IN_LUNG)


def image(**values: Any) -> Dataset:
    """A sound 4 by 4 CT image; `values` replace elements, None removes one."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    uids = {"SOPClass": CTImageStorage, "Study": "1.2.3", "Series": "1.2.3.1", "SOP": "1.2.3.4"}
    for level, uid in uids.items():
        setattr(ds, "SOPClassUID" if level == "SOPClass" else f"{level}InstanceUID", uid)
    ds.PatientName, ds.PatientID = ZHANG.name, ZHANG.patient_id
    ds.PatientBirthDate, ds.PatientSex = "19670314", "M"
    ds.Modality, ds.InstanceNumber, ds.SeriesNumber = "CT", 1, 1
    ds.Rows = ds.Columns = 4
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    ds.PixelData = bytes(range(32))
    ds["PixelData"].VR = "OW"
    for keyword, value in values.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def code(value: str, meaning: str) -> Dataset:
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, "DCM", meaning
    return ds


def content(kind: str, name: Dataset, *children: Dataset, **values: Any) -> Dataset:
    """A content item of a structured report."""
    ds = Dataset()
    ds.ValueType, ds.RelationshipType, ds.ConceptNameCodeSequence = kind, "CONTAINS", [name]
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    if children:
        ds.ContentSequence = list(children)
    return ds


def measured(value: Any, unit: str, *children: Dataset, quantity: str = "Length") -> Dataset:
    """A NUM item."""
    amount = Dataset()
    amount.NumericValue, amount.MeasurementUnitsCodeSequence = value, [code(unit, unit)]
    return content("NUM", code("410668003", quantity), *children, MeasuredValueSequence=[amount])


def taken_on(sop_instance_uid: str, frame: int | None = None) -> Dataset:
    """A line drawn on an image (SCOORD, and the IMAGE it was selected from)."""
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CTImageStorage, sop_instance_uid
    if frame:
        reference.ReferencedFrameNumber = frame
    image_item = content("IMAGE", code("121112", "Source"), ReferencedSOPSequence=[reference])
    return content("SCOORD", code("121055", "Path"), image_item)


def report(*groups: Dataset, **values: Any) -> Dataset:
    """A report of measurement groups (PS3.16 TID 1500)."""
    ds = image(PixelData=None, Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33", **values)
    ds.ValueType, ds.ConceptNameCodeSequence = "CONTAINER", [code("126000", "Imaging Measurement Report")]
    ds.ContentSequence = [content("CONTAINER", code("126010", "Imaging Measurements"), *groups)]
    return ds


def group(label: str, *items: Dataset) -> Dataset:
    tracking = content("TEXT", code("112039", "Tracking Identifier"), TextValue=label)
    return content("CONTAINER", code("125007", "Measurement Group"), tracking, *items)


def encoded(ds: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The data set as a DICOM file."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", CTImageStorage)
    ds.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def claiming(uid: str, tag: tuple[int, int], length: int, vr: bytes = b"OB") -> bytes:
    """A file whose last element says it is `length` bytes long, and holds ten."""
    return (
        encoded(image(SOPInstanceUID=uid, PixelData=None))
        + struct.pack("<HH2sHL", *tag, vr, 0, length)
        + b"x" * 10
    )


def empty() -> bytes:
    """A file in which every element is there and has no value."""
    ds = image(PixelData=None)
    for element in ds:
        ds[element.tag].value = None
    body = io.BytesIO()
    ds.save_as(body, implicit_vr=False, little_endian=True, enforce_file_format=False)
    head = encoded(image())
    return head[: 144 + struct.unpack_from("<L", head, 140)[0]] + body.getvalue()


def disc_index(files: list[list[str]]) -> bytes:
    """A DICOMDIR whose records name these files (PS3.3 F.3)."""
    ds = Dataset()
    ds.FileSetID = "DISC"
    ds.DirectoryRecordSequence = []
    for parts in files:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.add(DataElement(0x00041500, "CS", parts, validation_mode=IGNORE))
        record.ReferencedSOPClassUIDInFile = CTImageStorage
        ds.DirectoryRecordSequence.append(record)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    ds.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.5")
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two dots are no valid name: that is the point
        ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def with_raw_uid(keyword_tag: tuple[int, int], value: bytes) -> bytes:
    """A file whose UID at the tag was replaced by raw bytes of any kind."""
    padded = value + b"\0" * (len(value) % 2)
    content = encoded(image())
    start = content.index(struct.pack("<HH", *keyword_tag) + b"UI", 300)
    (length,) = struct.unpack_from("<H", content, start + 6)
    head = content[: start + 6] + struct.pack("<H", len(padded)) + padded
    return head + content[start + 8 + length :]


def nested(depth: int) -> bytes:
    """A file with sequences of undefined length inside one another."""
    tag, undefined = struct.pack("<HH", 0x0008, 0x1140), b"\xff\xff\xff\xff"
    opening = tag + b"SQ\0\0" + undefined + b"\xfe\xff\x00\xe0" + undefined
    closing = b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    content = encoded(image())
    at = content.index(struct.pack("<HH", 0x0010, 0x0010) + b"PN")
    return content[:at] + opening * depth + closing * depth + content[at:]


def deflated_frames(ds: Dataset, frames: Sequence[bytes]) -> bytes:
    """The data set with each frame deflated by itself (PS3.5 A.4.13), which the library does not write."""
    ds.PixelData = encapsulate(list(frames))
    uid = b"1.2.840.10008.1.2.8.1\0"
    return encoded(ds, JPEG2000Lossless).replace(JPEG2000Lossless.encode(), uid)


def deflated_bomb(megabytes: int) -> bytes:
    """A deflated data set that inflates to many megabytes of private bytes."""
    meta = encoded(image(PixelData=None), "1.2.840.10008.1.2.1.99")
    size = megabytes << 20
    head = struct.pack("<HH", 0x0009, 0x1001) + b"OB\0\0" + struct.pack("<I", size)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(head)
    for _ in range(megabytes):
        packed += packer.compress(b"\0" * (1 << 20))
    start = 128 + 4 + 12 + struct.unpack_from("<I", meta, 140)[0]
    return meta[:start] + packed + packer.flush()
