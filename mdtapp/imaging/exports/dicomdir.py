"""The DICOMDIR of a disc or zip (PS3.10 8.6, records as in PS3.3 Annex F), written from plain values.

Nothing is read here: what the records say was read, and changed, in the limited child.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from uuid import uuid4

from pydicom import Dataset, FileMetaDataset
from pydicom.dataelem import DataElement
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.sequence import Sequence
from pydicom.uid import (
    PYDICOM_IMPLEMENTATION_UID,
    UID,
    ExplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
)

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_TYPES = (  # the whole class or its beginning, the longer first; every other storage class is an IMAGE
    ("66.4", "IMAGE"),
    ("66.7", "IMAGE"),
    ("88.59", "KEY OBJECT DOC"),
    ("481.2", "RT DOSE"),
    ("481.3", "RT STRUCTURE SET"),
    ("481.5", "RT PLAN"),
    ("481.8", "RT PLAN"),
    ("481.4", "RT TREAT RECORD"),
    ("481.6", "RT TREAT RECORD"),
    ("481.7", "RT TREAT RECORD"),
    ("481.9", "RT TREAT RECORD"),
    ("66.1", "REGISTRATION"),
    ("66.2", "FIDUCIAL"),
    ("66.3", "REGISTRATION"),
    ("66.5", "SURFACE"),
    ("104", "ENCAP DOC"),
    ("88", "SR DOCUMENT"),
    ("11", "PRESENTATION"),
    ("9", "WAVEFORM"),
    ("66", "RAW DATA"),
    ("67", "VALUE MAP"),
)
# What a record of each type says of its instance: with a value, or possibly empty (marked ?).
_KEYS = {
    "IMAGE": "InstanceNumber",
    "RT DOSE": "InstanceNumber DoseSummationType",
    "RT STRUCTURE SET": "InstanceNumber StructureSetLabel ?StructureSetDate ?StructureSetTime",
    "RT PLAN": "InstanceNumber RTPlanLabel ?RTPlanDate ?RTPlanTime",
    "RT TREAT RECORD": "InstanceNumber ?TreatmentDate ?TreatmentTime",
    "SR DOCUMENT": "InstanceNumber CompletionFlag VerificationFlag ContentDate ContentTime ConceptName",
    "KEY OBJECT DOC": "InstanceNumber ContentDate ContentTime ConceptName",
    "PRESENTATION": "PresentationCreationDate PresentationCreationTime InstanceNumber ContentLabel"
    " ?ContentDescription ?ContentCreatorName",
    "WAVEFORM": "InstanceNumber ContentDate ContentTime",
    "RAW DATA": "InstanceNumber ContentDate ContentTime",
    "REGISTRATION": "InstanceNumber ContentDate ContentTime ContentLabel ?ContentDescription ?ContentCreatorName",
    "FIDUCIAL": "InstanceNumber ContentDate ContentTime ContentLabel ?ContentDescription ?ContentCreatorName",
    "SURFACE": "InstanceNumber ContentDate ContentTime ContentLabel ?ContentDescription ?ContentCreatorName",
    "VALUE MAP": "InstanceNumber ContentDate ContentTime ContentLabel ?ContentDescription ?ContentCreatorName",
    "ENCAP DOC": "InstanceNumber MIMETypeOfEncapsulatedDocument ?ContentDate ?ContentTime",
}
_FIRST, _LAST = 0x00041200, 0x00041202
_ITEM_HEAD = 8
_SEQUENCE_HEAD = 12


@dataclass(slots=True)
class _Record:
    """A directory record, its lower level, and where its item begins in the file."""

    ds: Dataset
    lower: dict[str, _Record] = field(default_factory=dict)
    at: int = 0


class Directory:
    """Collects records file by file; `content` is the DICOMDIR."""

    def __init__(self) -> None:
        self._patients: dict[str, _Record] = {}

    def add(self, values: dict[str, str], file_id: tuple[str, ...], transfer_syntax_uid: str) -> bool:
        """Takes one file up; False where its record would lack what its type needs, and nothing is added."""
        kind = _record_type(values.get("SOPClassUID", ""))
        leaf = _leaf(kind, values)
        if leaf is None or not values.get("SOPInstanceUID"):
            return False
        leaf.ReferencedFileID = list(file_id)
        leaf.ReferencedSOPClassUIDInFile = UID(values.get("SOPClassUID", ""))
        leaf.ReferencedSOPInstanceUIDInFile = UID(values["SOPInstanceUID"])
        leaf.ReferencedTransferSyntaxUIDInFile = UID(transfer_syntax_uid)
        series = self._series(values)
        series.lower["/".join(file_id)] = _Record(_as_record(kind, leaf))
        return True

    def content(self) -> bytes:
        """The whole file, Explicit VR Little Endian, offsets set."""
        records = list(_walk(self._patients))
        out = DicomBytesIO()
        out.is_implicit_VR, out.is_little_endian = False, True
        out.write(b"\0" * 128 + b"DICM")
        write_file_meta_info(out, _meta(), enforce_standard=True)
        start = out.tell() + len(_encoded(_head(0, 0))) + _SEQUENCE_HEAD
        for record in records:
            record.at = start
            start += _ITEM_HEAD + len(_encoded(record.ds))
        _link(self._patients)
        patients = list(self._patients.values())
        out.write(_encoded(_head(patients[0].at if patients else 0, patients[-1].at if patients else 0)))
        items = [_encoded(record.ds) for record in records]
        whole = sum(_ITEM_HEAD + len(item) for item in items)
        out.write(struct.pack("<HH2sHI", 0x0004, 0x1220, b"SQ", 0, whole))
        for item in items:
            out.write(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item)
        return out.getvalue()

    def _series(self, values: dict[str, str]) -> _Record:
        patient = _level(self._patients, "PATIENT", values, "PatientID", "?PatientName PatientID")
        study = _level(
            patient.lower,
            "STUDY",
            values,
            "StudyInstanceUID",
            "StudyDate StudyTime ?StudyDescription StudyInstanceUID StudyID ?AccessionNumber",
        )
        return _level(
            study.lower, "SERIES", values, "SeriesInstanceUID", "Modality SeriesInstanceUID SeriesNumber"
        )


def _level(
    siblings: dict[str, _Record], kind: str, values: dict[str, str], key: str, keywords: str
) -> _Record:
    """The record of a level, made when it is the first of its key. Values a type needs and nobody said stay empty."""
    found = siblings.get(values.get(key, ""))
    if found is None:
        ds = Dataset()
        for word in keywords.split():
            keyword = word.removeprefix("?")
            setattr(ds, keyword, values.get(keyword, ""))
        found = siblings[values.get(key, "")] = _Record(_as_record(kind, ds))
    return found


def _leaf(kind: str, values: dict[str, str]) -> Dataset | None:
    ds = Dataset()
    for word in _KEYS[kind].split():
        keyword, optional = word.removeprefix("?"), word.startswith("?")
        value = values.get(keyword, "")
        if not value and not optional and kind != "IMAGE":
            return None
        if keyword == "ConceptName":
            ds.ConceptNameCodeSequence = Sequence([_code(value)])
        else:
            setattr(ds, keyword, value)
    return ds


def _code(concept: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = concept.split("\\", 2)
    return item


def _as_record(kind: str, ds: Dataset) -> Dataset:
    ds.OffsetOfTheNextDirectoryRecord = 0
    ds.RecordInUseFlag = 0xFFFF
    ds.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    ds.DirectoryRecordType = kind
    ds.SpecificCharacterSet = "ISO_IR 192"
    return ds


def _record_type(sop_class_uid: str) -> str:
    rest = sop_class_uid.removeprefix(_STORAGE)
    if rest == sop_class_uid:
        return "IMAGE"
    matching = (kind for start, kind in _TYPES if rest == start or rest.startswith(f"{start}."))
    return next(matching, "IMAGE")


def _walk(siblings: dict[str, _Record]) -> list[_Record]:
    found = []
    for record in siblings.values():
        found += [record, *_walk(record.lower)]
    return found


def _link(siblings: dict[str, _Record]) -> None:
    """Offsets of the next record of a level and of the first below it; 0 for none."""
    records = list(siblings.values())
    for record, following in zip(records, [*records, None][1:], strict=True):
        record.ds.OffsetOfTheNextDirectoryRecord = following.at if following else 0
        first = next(iter(record.lower.values()), None)
        record.ds.OffsetOfReferencedLowerLevelDirectoryEntity = first.at if first else 0
        _link(record.lower)


def _head(first: int, last: int) -> Dataset:
    ds = Dataset()
    ds.FileSetID = "IMAGES"
    ds[_FIRST] = DataElement(_FIRST, "UL", first)
    ds[_LAST] = DataElement(_LAST, "UL", last)
    ds.FileSetConsistencyFlag = 0
    return ds


def _meta() -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    meta.MediaStorageSOPInstanceUID = UID(f"2.25.{uuid4().int}")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    return meta


def _encoded(ds: Dataset) -> bytes:
    out = DicomBytesIO()
    out.is_implicit_VR, out.is_little_endian = False, True
    write_dataset(out, ds)
    return out.getvalue()
