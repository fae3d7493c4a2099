"""Makes a copy of one DICOM file in another form. Runs in the limited child only (`mdtapp.imaging.child`).

The header is read, changed and written anew; the pixels are named by their place in the file and
never held, so that a slide of a gigabyte needs no more memory than its header. What stands behind
the pixels (signatures, padding, private groups) is left out.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import pydicom
from pydicom import Dataset, FileMetaDataset
from pydicom.dataset import validate_file_meta
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian
from pydicom.uid import ImplicitVRLittleEndian as ImplicitLittle

from mdtapp.imaging.copy_order import Copied, CopyOrder, DeflatedFrames, Form, KeptBack
from mdtapp.imaging.deidentify.engine import Deidentifier
from mdtapp.imaging.deidentify.keys import CaseKey
from mdtapp.imaging.deidentify.pixel_risk import CLEARABLE, Held, why_held
from mdtapp.imaging.deidentify.pseudonymise import pseudonymise
from mdtapp.imaging.encapsulated_pdf import SourceStudy, describe_study
from mdtapp.imaging.frame_index import layout
from mdtapp.imaging.frames import DEFLATED_FRAMES, FrameLayout
from mdtapp.imaging.header import Refusal
from mdtapp.imaging.reader import BROKEN
from mdtapp.imaging.text import ODD_VALUE, text, texts
from mdtapp.materials.reasons import DICOM_TOO_DEEP, DICOM_TOO_HUNGRY, DICOM_UNREADABLE

MAX_HEAD = 22 << 20  # what one answer of the child holds
_PIXELS = {0x0008: "OF", 0x0009: "OD", 0x0010: "OW"}
_PIXEL_GROUP = 0x7FE0
_UNDEFINED = 0xFFFFFFFF
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_DELIMITER = _END + b"\0\0\0\0"

# What the records of a DICOMDIR are made of (PS3.3 F.5).
_RECORD = [
    "PatientName",
    "PatientID",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "StudyDescription",
    "AccessionNumber",
    "SeriesInstanceUID",
    "SeriesNumber",
    "Modality",
    "InstanceNumber",
    "SOPClassUID",
    "SOPInstanceUID",
    "SpecificCharacterSet",
    "ContentDate",
    "ContentTime",
    "CompletionFlag",
    "VerificationFlag",
    "StructureSetLabel",
    "StructureSetDate",
    "StructureSetTime",
    "RTPlanLabel",
    "RTPlanDate",
    "RTPlanTime",
    "DoseSummationType",
    "TreatmentDate",
    "TreatmentTime",
    "PresentationCreationDate",
    "PresentationCreationTime",
    "ContentLabel",
    "ContentDescription",
    "ContentCreatorName",
    "MIMETypeOfEncapsulatedDocument",
]


@dataclass(frozen=True, slots=True)
class _Pixels:
    """Where pixel data lie in a file: VR, the value's first byte and the byte behind its last.

    `encapsulated` values end with a delimiter, which `end` does not count.
    """

    element: int
    vr: str
    start: int
    end: int
    encapsulated: bool


def make(path: Path, order: CopyOrder, *, cleared: bool) -> Copied | KeptBack | Refusal:
    """The copy of the file at `path`, or why there is none; never an exception."""
    try:
        with path.open("rb") as file:
            return _make(file, path.stat().st_size, order, cleared)
    except RecursionError:
        return Refusal(DICOM_TOO_DEEP)
    except MemoryError:
        return Refusal(DICOM_TOO_HUNGRY)
    except (*BROKEN, RuntimeError):
        return Refusal(DICOM_UNREADABLE)


def give_back(path: Path, source: SourceStudy) -> Copied | Refusal:
    """An object made here, with patient and study as the images of `source` name them; its UIDs stay.

    Made here means under the case's pseudonym: whoever has the images knows it by the patient's own name.
    """
    try:
        with path.open("rb") as file:
            return _give_back(file, path.stat().st_size, source)
    except RecursionError:
        return Refusal(DICOM_TOO_DEEP)
    except MemoryError:
        return Refusal(DICOM_TOO_HUNGRY)
    except (*BROKEN, RuntimeError):
        return Refusal(DICOM_UNREADABLE)


def _give_back(file: BufferedReader, size: int, source: SourceStudy) -> Copied | Refusal:
    ds = pydicom.dcmread(file, stop_before_pixels=True, force=True)
    pixels = None if _is_deflated(ds) else _find_pixels(file, ds, size)
    if _is_deflated(ds):
        file.seek(0)
        ds = pydicom.dcmread(file, force=True)
    if text(ds, "StudyInstanceUID") != source.study_instance_uid:
        return Refusal(DICOM_UNREADABLE)
    ds.decode()  # every text becomes what it says, so that one character set can hold it and the name
    _forget_character_sets(ds)
    ds.SpecificCharacterSet = "ISO_IR 192"
    describe_study(ds, source)
    head = _written(ds) + (_opening(ds, pixels) if pixels else b"")
    if len(head) > MAX_HEAD:
        return Refusal(DICOM_TOO_HUNGRY)
    if pixels is None:
        return Copied(head, 0, 0, b"", _record(ds), [])
    return Copied(head, pixels.start, pixels.end, _DELIMITER if pixels.encapsulated else b"", _record(ds), [])


def _forget_character_sets(ds: Dataset) -> None:
    """Items follow the character set of what holds them."""
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                if "SpecificCharacterSet" in item:
                    del item.SpecificCharacterSet
                _forget_character_sets(item)


def _make(file: BufferedReader, size: int, order: CopyOrder, cleared: bool) -> Copied | KeptBack | Refusal:
    ds = pydicom.dcmread(file, stop_before_pixels=True, force=True)
    at = file.tell()
    pixels = None if _is_deflated(ds) else _find_pixels(file, ds, size)
    if _is_deflated(ds):
        file.seek(0)
        ds = pydicom.dcmread(file, force=True)
    why = _why_held(ds, pixels is not None or "PixelData" in ds)
    slide_label = why is Held.SLIDE_LABEL and order.form is not Form.RECEIVED
    for_outside = order.form is Form.DEIDENTIFIED
    if slide_label or (for_outside and why is not None and not (cleared and why in CLEARABLE)):
        assert why is not None
        return KeptBack(why)
    if order.form is Form.RECEIVED:
        return Copied(b"", 0, size, b"", _record(ds), [])
    done = []
    if for_outside:
        changes = Deidentifier(CaseKey(order.secret), order.known).run(ds)
        done = [(*what, count) for what, count in sorted(changes.items())]
    else:
        pseudonymise(ds, order.patient)
    if order.readable and text(ds.file_meta, "TransferSyntaxUID") == DEFLATED_FRAMES and pixels is not None:
        return _inflated(ds, layout(file, ds, at, size), done)
    head = _written(ds) + (_opening(ds, pixels) if pixels else b"")
    if len(head) > MAX_HEAD:
        return Refusal(DICOM_TOO_HUNGRY)
    if pixels is None:
        return Copied(head, 0, 0, b"", _record(ds), done)
    tail = _DELIMITER if pixels.encapsulated else b""
    return Copied(head, pixels.start, pixels.end, tail, _record(ds), done)


def _inflated(ds: Dataset, found: FrameLayout, done: list[tuple[str, str, str, int]]) -> Copied:
    """In Explicit VR Little Endian, with the frames named by their place; they are inflated where they are sent."""
    frames = DeflatedFrames(found.bits, [[list(piece) for piece in frame] for frame in found.frames])
    record = _record(ds)
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        ds.pop(keyword, None)
    pixels = _Pixels(0x0010, "OW", 0, frames.length, encapsulated=False)
    return Copied(_written(ds) + _opening(ds, pixels), 0, 0, b"", record, done, frames)


def _is_deflated(ds: Dataset) -> bool:
    return bool(ds.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian)


def _why_held(ds: Dataset, has_pixels: bool) -> Held | None:
    return why_held(
        modality=text(ds, "Modality"),
        sop_class_uid=text(ds, "SOPClassUID"),
        image_type=texts(ds, "ImageType"),
        burned_in=text(ds, "BurnedInAnnotation"),
        has_pixels=has_pixels,
    ) or (Held.OVERLAY if has_pixels and _has_overlay_in_pixels(ds) else None)


def _has_overlay_in_pixels(ds: Dataset) -> bool:
    """Whether an overlay plane uses bits of the pixels themselves (retired, PS3.5 8.1.2)."""
    for group in range(0x6000, 0x6020, 2):
        bits = ds.get_item((group, 0x0100))
        if bits is None:
            continue
        try:
            if int(ds[group, 0x0100].value) != 1 and (group, 0x3000) not in ds:
                return True
        except ODD_VALUE:
            return True
    return False


# Pixels


def _find_pixels(file: BufferedReader, ds: Dataset, size: int) -> _Pixels | None:
    """The pixel element, which is where the reader stopped; None when there is none."""
    start = file.tell()
    implicit, little = ds.original_encoding
    order: Any = "little" if little or little is None else "big"
    head = file.read(12)
    group, element = int.from_bytes(head[0:2], order), int.from_bytes(head[2:4], order)
    if len(head) < 8 or group != _PIXEL_GROUP or element not in _PIXELS:
        return None
    vr = _PIXELS[element] if implicit else head[4:6].decode("ascii")
    length = int.from_bytes(head[4:8] if implicit else head[8:12], order)
    first = start + (8 if implicit else 12)
    if length != _UNDEFINED:
        return _Pixels(element, vr, first, min(first + length, size), encapsulated=False)
    return _Pixels(element, "OB", first, _end_of_fragments(file, first, size), encapsulated=True)


def _end_of_fragments(file: BufferedReader, first: int, size: int) -> int:
    """Where the delimiter stands, or the last whole fragment of a file that is cut short ends."""
    at = first
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        length = int.from_bytes(head[4:8], "little")
        if head[:4] != _ITEM or at + 8 + length > size:
            break
        at += 8 + length
    return at


def _opening(ds: Dataset, pixels: _Pixels) -> bytes:
    """Tag, VR and length of the pixel element in the encoding of the copy."""
    syntax = ds.file_meta.TransferSyntaxUID
    implicit, order = _encoding(syntax, ds)
    number: Any = order
    length = _UNDEFINED if pixels.encapsulated else pixels.end - pixels.start
    opening = _PIXEL_GROUP.to_bytes(2, number) + pixels.element.to_bytes(2, number)
    if not implicit:
        opening += pixels.vr.encode() + b"\0\0"
    return opening + length.to_bytes(4, number)


def _encoding(syntax: UID, ds: Dataset) -> tuple[bool, str]:
    if syntax.is_private or not syntax.is_transfer_syntax:
        implicit, little = ds.original_encoding
        return bool(implicit), "little" if little or little is None else "big"
    return syntax.is_implicit_VR, "little" if syntax.is_little_endian else "big"


# Writing


def _written(ds: Dataset) -> bytes:
    """The data set as a file: new preamble, new file meta, no group lengths."""
    syntax = _syntax(ds)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(
        text(ds, "SOPClassUID") or text(ds.file_meta, "MediaStorageSOPClassUID")
    )
    meta.MediaStorageSOPInstanceUID = UID(text(ds, "SOPInstanceUID"))
    meta.TransferSyntaxUID = syntax
    validate_file_meta(meta, enforce_standard=True)
    implicit, order = _encoding(syntax, ds)
    ds.file_meta, ds.preamble = meta, b"\0" * 128
    if not syntax.is_private and not syntax.is_transfer_syntax:
        return _written_as_it_is(ds, implicit=implicit, little=order == "little")
    out = io.BytesIO()
    how: dict[str, Any] = {"implicit_vr": implicit, "little_endian": order == "little"}
    pydicom.dcmwrite(out, ds, enforce_file_format=True, **(how if syntax.is_private else {}))
    return out.getvalue()


def _written_as_it_is(ds: Dataset, *, implicit: bool, little: bool) -> bytes:
    """For a transfer syntax younger than the library, which changes the pixels and not the header."""
    out = DicomBytesIO()
    out.write(ds.preamble + b"DICM")
    write_file_meta_info(out, ds.file_meta, enforce_standard=True)
    out.is_implicit_VR, out.is_little_endian = implicit, little
    write_dataset(out, ds)
    return out.getvalue()


def _syntax(ds: Dataset) -> UID:
    """The transfer syntax as sent; deflated sets are written inflated, where none is said the one they are in."""
    said = UID(text(ds.file_meta, "TransferSyntaxUID"))
    if said == DeflatedExplicitVRLittleEndian:
        return ExplicitVRLittleEndian
    if said:
        return said
    implicit, little = ds.original_encoding
    if implicit:
        return ImplicitLittle
    return ExplicitVRLittleEndian if little or little is None else ExplicitVRBigEndian


def _record(ds: Dataset) -> dict[str, str]:
    found = {keyword: text(ds, keyword) for keyword in _RECORD}
    found["SpecificCharacterSet"] = "\\".join(texts(ds, "SpecificCharacterSet"))
    found["ConceptName"] = _concept(ds)
    found["TransferSyntaxUID"] = text(ds.file_meta, "TransferSyntaxUID")
    return {keyword: value for keyword, value in found.items() if value}


def _concept(ds: Dataset) -> str:
    """Code value, scheme and meaning of a document's title, separated by backslashes."""
    try:
        item = ds.ConceptNameCodeSequence[0]
    except (*ODD_VALUE, IndexError):
        return ""
    parts = [text(item, keyword) for keyword in ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")]
    return "\\".join(parts) if all(parts) else ""
