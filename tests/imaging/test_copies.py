"""Copies made in the limited child: nothing planted is left, pixels are untouched, every real file survives."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import pixel_array
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)

from mdtapp.imaging.copy_order import Copied, CopyOrder, Form, KeptBack
from mdtapp.imaging.deidentify.keys import CaseKey
from mdtapp.imaging.deidentify.known_identifiers import KnownIdentifiers
from mdtapp.imaging.deidentify.pixel_risk import Held
from mdtapp.imaging.frames import DEFLATED_FRAMES
from mdtapp.imaging.header import Refusal
from mdtapp.imaging.limited import LimitedReader
from mdtapp.imaging.served_patient import ServedPatient
from tests.imaging import dicom, planted

KEY = CaseKey.of("installation", "MDT-2026-0001")
PATIENT = ServedPatient("CEDAR-1", "MDT-2026-0001", 1967)
OUTSIDE = CopyOrder(Form.DEIDENTIFIED, PATIENT, KEY.secret)
SERVED = CopyOrder(Form.SERVED, PATIENT)
READS_WITH_REMARKS = pytest.mark.filterwarnings(
    "ignore"
)  # real files make the library remark on their values


def copy(
    reader: LimitedReader, path: Path, order: CopyOrder = OUTSIDE, *, cleared: bool = True
) -> tuple[Copied, bytes]:
    made = reader.copy(path, order, cleared=cleared)
    assert isinstance(made, Copied), made
    content = path.read_bytes()
    return made, made.head + content[made.start : made.end] + made.tail


def written(tmp_path: Path, content: bytes, name: str = "image") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def read(content: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(content))


@pytest.mark.filterwarnings("ignore")
def test_frames_deflated_one_by_one_are_inflated_for_programs_that_cannot(
    reader: LimitedReader, tmp_path: Path
) -> None:
    """Native pixels lie one behind the other to the bit; asked for as stored they stay as stored."""
    planes = [np.arange(15).reshape(5, 3) % 2, np.ones((5, 3)), np.eye(5, 3)]
    ds = dicom.image(Rows=5, Columns=3, BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=3)
    packed = [np.packbits(plane.astype(np.uint8).ravel(), bitorder="little").tobytes() for plane in planes]
    frames = [zlib.compress(frame, wbits=-zlib.MAX_WBITS) for frame in packed]
    path = written(tmp_path, dicom.deflated_frames(ds, frames))
    made = reader.copy(path, CopyOrder(Form.SERVED, PATIENT, readable=True))
    assert isinstance(made, Copied)
    with path.open("rb") as source:
        found = read(b"".join(made.pieces(source)))
    assert found.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert np.array_equal(pixel_array(found), np.stack(planes))
    assert found.PatientID == PATIENT.case_no
    _, kept = copy(reader, path, SERVED)
    assert read(kept).file_meta.TransferSyntaxUID == DEFLATED_FRAMES


# Nothing is left


def test_nothing_planted_is_left(reader: LimitedReader, tmp_path: Path) -> None:
    made = planted.study()
    content = planted.encoded(made)
    assert made.left_in(content) == made.values, "everything has to be there before"
    assert len(made.values) > 140
    _, copied = copy(reader, written(tmp_path, content))
    assert made.left_in(copied) == {}


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_nor_in_other_encodings_of_the_same(reader: LimitedReader, tmp_path: Path, syntax: str) -> None:
    made = planted.study()
    _, copied = copy(reader, written(tmp_path, dicom.encoded(made.ds, syntax)))
    assert made.left_in(copied) == {}
    assert read(copied).PixelData == bytes(range(32))


@pytest.mark.parametrize(
    ("charset", "name", "word"),
    [
        ("GB18030", "Wang^XiaoDong=王^小东", "王小东"),
        ("ISO_IR 192", "Yu^Tian=𠮷^喆", "𠮷喆"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう", "山田太郎"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동", "홍길동"),
        ("ISO_IR 144", "Люкceмбypг", "Люкceмбypг"),
        ("ISO_IR 127", "قباني^لنزار", "قباني"),
    ],
)
def test_names_in_their_own_script_are_found_in_other_texts(
    reader: LimitedReader, tmp_path: Path, charset: str | list[str], name: str, word: str
) -> None:
    ds = dicom.image(PatientID="KE-9912")
    ds.SpecificCharacterSet = charset
    ds.PatientName, ds.ManufacturerModelName = name, f"CT {word}"
    content = dicom.encoded(ds)
    _, copied = copy(reader, written(tmp_path, content))
    found = read(copied)
    assert found.ManufacturerModelName == "REMOVED"
    parts = [part for part in name.replace("=", "^").split("^") if not part.isascii()]
    encodings = ("utf-8", "gb18030", "iso2022_jp", "iso2022_kr", "iso8859-5", "iso8859-6")
    assert not any(form in copied for part in parts for form in encodings_of(part, encodings))


def encodings_of(text: str, encodings: Iterable[str]) -> Iterable[bytes]:
    for encoding in encodings:
        try:
            yield text.encode(encoding)
        except UnicodeEncodeError:
            continue


def test_bytes_that_lie_about_their_character_set(reader: LimitedReader, tmp_path: Path) -> None:
    """Devices write GBK under no label; the case knows the name from elsewhere."""
    ds = dicom.image(PatientName="X", ManufacturerModelName="MODELNAME123")
    del ds.SpecificCharacterSet
    content = dicom.encoded(ds).replace(b"MODELNAME123", "设备王小东".encode("gbk").ljust(12))
    order = replace(OUTSIDE, known=KnownIdentifiers(names=frozenset({"王小东"})))
    _, copied = copy(reader, written(tmp_path, content), order)
    assert read(copied).ManufacturerModelName == "REMOVED"


def test_what_the_case_knows_is_looked_for(reader: LimitedReader, tmp_path: Path) -> None:
    path = written(tmp_path, dicom.encoded(dicom.image(ManufacturerModelName="Room of Aigerim")))
    _, unknown = copy(reader, path)
    _, known = copy(reader, path, replace(OUTSIDE, known=KnownIdentifiers(names=frozenset({"Aigerim B"}))))
    assert read(unknown).ManufacturerModelName == "Room of Aigerim"
    assert read(known).ManufacturerModelName == "REMOVED"


def test_what_stands_behind_the_pixels_is_left_out(reader: LimitedReader, tmp_path: Path) -> None:
    content = dicom.encoded(dicom.image())
    behind = struct.pack("<HH2sHI", 0x7FE1, 0x1010, b"OB", 0, 8) + b"PLANTED!"
    for order in (OUTSIDE, SERVED):
        _, copied = copy(reader, written(tmp_path, content + behind), order)
        assert b"PLANTED" not in copied
        assert copied.endswith(bytes(range(32)))


def test_a_group_length_and_a_lying_length_are_not_taken_over(reader: LimitedReader, tmp_path: Path) -> None:
    content = dicom.encoded(dicom.image())
    at = content.index(struct.pack("<HH", 0x0010, 0x0010) + b"PN")
    length = struct.pack("<HH2sHI", 0x0010, 0x0000, b"UL", 4, 60)
    _, copied = copy(reader, written(tmp_path, content[:at] + length + content[at:]))
    assert (0x0010, 0x0000) not in read(copied)


# The same case, again and elsewhere


def test_references_stay_together_in_a_study_and_between_exports(
    reader: LimitedReader, tmp_path: Path
) -> None:
    image = dicom.image(SOPInstanceUID="1.2.77.5")
    report = dicom.image(SOPInstanceUID="1.2.77.6")
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.77.5"
    report.ReferencedImageSequence = Sequence([item])
    first, second = (
        written(tmp_path, dicom.encoded(ds), name) for ds, name in ((image, "image"), (report, "report"))
    )
    (_, one), (_, two) = copy(reader, first), copy(reader, second)
    a, b = read(one), read(two)
    assert b.ReferencedImageSequence[0].ReferencedSOPInstanceUID == a.SOPInstanceUID != "1.2.77.5"
    assert a.StudyInstanceUID == b.StudyInstanceUID
    assert a.file_meta.MediaStorageSOPInstanceUID == a.SOPInstanceUID
    with LimitedReader() as another:
        assert copy(another, first)[1] == one
    elsewhere = replace(OUTSIDE, secret=CaseKey.of("installation", "MDT-2026-0002").secret)
    other = read(copy(reader, first, elsewhere)[1])
    assert other.SOPInstanceUID != a.SOPInstanceUID
    assert other.PatientID != a.PatientID


@pytest.mark.parametrize("order", [OUTSIDE, SERVED], ids=["deidentified", "served"])
def test_twice_is_once(reader: LimitedReader, tmp_path: Path, order: CopyOrder) -> None:
    _, once = copy(reader, written(tmp_path, planted.encoded(planted.study())), order)
    _, twice = copy(reader, written(tmp_path, once, "again"), order)
    assert twice == once


def test_counts_by_attribute_and_action(reader: LimitedReader, tmp_path: Path) -> None:
    made, _ = copy(
        reader, written(tmp_path, dicom.encoded(dicom.image(StudyDescription="x", StudyDate="20260101")))
    )
    assert ("00081030", "StudyDescription", "X", 1) in made.done
    assert ("00080020", "StudyDate", "C", 1) in made.done
    assert ("00080018", "SOPInstanceUID", "U", 1) in made.done
    assert ("00100040", "PatientSex", "K", 1) in made.done


# Pixels


def jpeg(**values: object) -> bytes:
    """An image with two frames in three fragments, which need not decode: they are copied as they are."""
    ds = dicom.image(NumberOfFrames=2, BitsAllocated=8, BitsStored=8, HighBit=7, **values)
    ds.PixelData = encapsulate([b"\xff\xd8first\xff\xd9", b"\xff\xd8second\xff\xd9\0"], fragments_per_frame=1)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return dicom.encoded(ds, JPEGBaseline8Bit)


def test_fragments_are_copied_up_to_their_end(reader: LimitedReader, tmp_path: Path) -> None:
    content = jpeg()
    behind = struct.pack("<HH2sHI", 0xFFFC, 0xFFFC, b"OB", 0, 8) + b"PLANTED!"
    _, copied = copy(reader, written(tmp_path, content + behind))
    assert b"PLANTED" not in copied
    assert read(copied).PixelData == read(content).PixelData
    assert copied.endswith(b"\xfe\xff\xdd\xe0\0\0\0\0")


def test_a_file_cut_short_in_its_fragments_gives_a_copy_that_ends(
    reader: LimitedReader, tmp_path: Path
) -> None:
    content = jpeg()
    _, copied = copy(reader, written(tmp_path, content[:-14]))
    assert copied.endswith(b"\xfe\xff\xdd\xe0\0\0\0\0")
    assert b"first" in read(copied).PixelData


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"BurnedInAnnotation": "YES"}, Held.BURNED_IN),
        ({"Modality": "US"}, Held.MODALITY),
        ({"ImageType": ["DERIVED", "SECONDARY"]}, Held.DERIVED),
    ],
)
def test_pixels_at_risk_wait_until_they_are_cleared(
    reader: LimitedReader, tmp_path: Path, values: dict[str, object], why: Held
) -> None:
    path = written(tmp_path, dicom.encoded(dicom.image(**values)))
    assert reader.copy(path, OUTSIDE) == KeptBack(why)
    assert isinstance(reader.copy(path, OUTSIDE, cleared=True), Copied)
    assert isinstance(reader.copy(path, SERVED), Copied)


def test_drawings_inside_the_pixels_are_never_copied(reader: LimitedReader, tmp_path: Path) -> None:
    ds = dicom.image()
    ds.add_new(0x60000010, "US", 4)
    ds.add_new(0x60000100, "US", 16)
    ds.add_new(0x60000102, "US", 15)
    path = written(tmp_path, dicom.encoded(ds))
    assert reader.copy(path, OUTSIDE, cleared=True) == KeptBack(Held.OVERLAY)


def test_labels_of_slides_are_for_nobody_but_as_received(reader: LimitedReader, tmp_path: Path) -> None:
    slide = dicom.image(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.77.1.6",
        Modality="SM",
        ImageType=["ORIGINAL", "PRIMARY", "LABEL"],
    )
    path = written(tmp_path, dicom.encoded(slide))
    assert reader.copy(path, OUTSIDE, cleared=True) == KeptBack(Held.SLIDE_LABEL)
    assert reader.copy(path, SERVED) == KeptBack(Held.SLIDE_LABEL)
    assert isinstance(reader.copy(path, CopyOrder(Form.RECEIVED, PATIENT)), Copied)


# Bad input


@pytest.mark.parametrize(
    "content",
    [b"", b"no image at all", dicom.nested(3000), dicom.encoded(dicom.image())[:300]],
    ids=["empty", "words", "deep", "cut in the header"],
)
def test_what_cannot_be_read_is_refused(reader: LimitedReader, tmp_path: Path, content: bytes) -> None:
    made = reader.copy(written(tmp_path, content), OUTSIDE, cleared=True)
    assert isinstance(made, Refusal)
    assert made.reason.text.en


def test_a_bomb_ends_the_child_and_nothing_else(reader: LimitedReader, tmp_path: Path) -> None:
    assert isinstance(reader.copy(written(tmp_path, dicom.deflated_bomb(1500)), OUTSIDE), Refusal)
    assert isinstance(reader.copy(written(tmp_path, dicom.encoded(dicom.image()), "b"), OUTSIDE), Copied)


# Every real file


def real_files() -> list[Path]:
    folder = dicom.SHARED / "dicom"
    if not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".md", ".txt", ".json")
    ]


@READS_WITH_REMARKS
@pytest.mark.parametrize("order", [OUTSIDE, SERVED], ids=["deidentified", "served"])
def test_every_real_file_survives_with_equal_pixels(reader: LimitedReader, order: CopyOrder) -> None:
    dicom.shared_folder("dicom")
    copies, decoded, refused = 0, 0, []
    for path in real_files():
        made = reader.copy(path, order, cleared=True)
        if not isinstance(made, Copied):
            refused.append((path.name, made))
            continue
        copies += 1
        content = path.read_bytes()
        copied = made.head + content[made.start : made.end] + made.tail
        found = read(copied)
        for element in found.iterall():
            assert element.tag.element != 0 or element.tag.group == 2
        _check_identity(found, order)
        decoded += _same_pixels(path, copied)
    assert copies > 420
    assert decoded > 250
    unreadable = {name for name, made in refused if isinstance(made, Refusal)}
    assert unreadable <= NOT_INSTANCES, unreadable - NOT_INSTANCES


NOT_INSTANCES = {  # indexes of discs, and what lacks the UIDs without which intake files nothing
    *(
        f"DICOMDIR{end}"
        for end in ("", "-bigEnd", "-empty.dcm", "-implicit", "-nooffset", "-nopatient", "-reordered")
    ),
    *(
        "chrSQEncoding.dcm",
        "chrSQEncoding1.dcm",
        "JLSL_RGB_ILV0.dcm",
        "UN_sequence.dcm",
        "empty_charset_LEI.dcm",
    ),
    *("meta_missing_tsyntax.dcm", "nested_priv_SQ.dcm", "no_meta.dcm", "no_meta_group_length.dcm"),
}


def _check_identity(ds: Dataset, order: CopyOrder) -> None:
    if order.form is Form.SERVED:
        assert (str(ds.PatientName), ds.PatientID) == (PATIENT.pseudonym, PATIENT.case_no)
    else:
        assert ds.PatientID == KEY.subject
        assert ds.PatientIdentityRemoved == "YES"
        assert {element.VR for element in ds.iterall()}.isdisjoint({"UN"})


def _same_pixels(path: Path, copied: bytes) -> bool:
    """Whether the first frame decodes; then it is the same in the copy."""
    try:
        before = pixel_array(path, index=0)
    except Exception:  # noqa: BLE001  what this machine cannot decode says nothing about the copy
        return False
    assert np.array_equal(before, pixel_array(io.BytesIO(copied), index=0)), path.name
    return True


def test_without_a_file_meta_the_copy_has_one(reader: LimitedReader, tmp_path: Path) -> None:
    """Retired files begin with the data set itself."""
    ds = dicom.image()
    ds.file_meta = FileMetaDataset()
    out = io.BytesIO()
    pydicom.dcmwrite(out, ds, implicit_vr=True, little_endian=True, enforce_file_format=False)
    _, copied = copy(reader, written(tmp_path, out.getvalue()))
    assert read(copied).file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert read(copied).PixelData == bytes(range(32))
