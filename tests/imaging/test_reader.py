"""The limited reader: what it says of sound, broken and hostile files, and that it survives them."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from mdtapp.imaging.header import DiscIndex, InstanceHeader, Refusal
from mdtapp.imaging.limited import LimitedReader
from tests.imaging import dicom


def header(reader: LimitedReader, tmp_path: Path, content: bytes) -> InstanceHeader | DiscIndex | Refusal:
    path = tmp_path / "file"
    path.write_bytes(content)
    return reader.header(path)


def sound(reader: LimitedReader, tmp_path: Path, content: bytes) -> InstanceHeader:
    found = header(reader, tmp_path, content)
    assert isinstance(found, InstanceHeader)
    return found


def test_a_sound_image(reader: LimitedReader, tmp_path: Path) -> None:
    found = sound(reader, tmp_path, dicom.encoded(dicom.image(WindowCenter="40", WindowWidth="400")))
    assert (found.study_instance_uid, found.series_instance_uid, found.sop_instance_uid) == (
        "1.2.3",
        "1.2.3.1",
        "1.2.3.4",
    )
    assert (found.patient_name, found.patient_id, found.birth_date, found.sex) == (
        "Zhang^Wei=张^伟",
        "H-4471",
        "19670314",
        "M",
    )
    assert (found.modality, found.rows, found.columns, found.frames) == ("CT", 4, 4, 1)
    assert found.has_pixels
    assert not found.cut_short
    assert found.attributes["WindowCenter"] == 40
    assert len(found.dataset_sha256) == 64


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_other_encodings(reader: LimitedReader, tmp_path: Path, syntax: str) -> None:
    ds = dicom.image(PixelData=None) if syntax == ExplicitVRBigEndian else dicom.image()
    found = sound(reader, tmp_path, dicom.encoded(ds, syntax))
    assert (found.patient_name, found.transfer_syntax_uid) == ("Zhang^Wei=张^伟", syntax)


def test_without_preamble_and_meta(reader: LimitedReader, tmp_path: Path) -> None:
    content = dicom.encoded(dicom.image())
    bare = content[content.index(b"\x08\x00\x05\x00CS") :]
    assert sound(reader, tmp_path, bare).sop_instance_uid == "1.2.3.4"


def test_the_data_set_hash_does_not_see_the_meta(reader: LimitedReader, tmp_path: Path) -> None:
    content = dicom.encoded(dicom.image())
    other = content.replace(b"PYDICOM", b"SOMEONE")
    assert other != content
    first, second = (sound(reader, tmp_path, one).dataset_sha256 for one in (content, other))
    assert first == second


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ((0x0020, 0x000D), b"../../../../tmp/evil"),
        ((0x0020, 0x000E), b"1.2.3 4"),
        ((0x0008, 0x0018), b"1" * 65),
        ((0x0008, 0x0018), b"1.2\\1.3"),
        ((0x0008, 0x0018), b"1.2.3\x00; DROP TABLE"),
        ((0x0020, 0x000D), "１.２".encode()),
    ],
)
def test_hostile_uids(reader: LimitedReader, tmp_path: Path, tag: tuple[int, int], value: bytes) -> None:
    found = header(reader, tmp_path, dicom.with_raw_uid(tag, value))
    assert isinstance(found, Refusal)
    assert found.reason.code == "uid_improper"


@pytest.mark.parametrize("uid", ["1.2.3", "1", "1..2", "0.00.1", "1." * 31 + "11"])
def test_uids_of_digits_and_dots_are_taken_as_they_are(
    reader: LimitedReader, tmp_path: Path, uid: str
) -> None:
    content = dicom.with_raw_uid((0x0008, 0x0018), uid.encode())
    assert sound(reader, tmp_path, content).sop_instance_uid == uid


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
@pytest.mark.parametrize("value", [None, ""])
def test_missing_uids(reader: LimitedReader, tmp_path: Path, keyword: str, value: str | None) -> None:
    found = header(reader, tmp_path, dicom.encoded(dicom.image(**{keyword: value})))
    assert isinstance(found, Refusal)
    assert found.reason.code == "uid_missing"


@pytest.mark.parametrize("length", [150, 200, 400, 600])
def test_cut_anywhere_it_answers(reader: LimitedReader, tmp_path: Path, length: int) -> None:
    found = header(reader, tmp_path, dicom.encoded(dicom.image())[:length])
    assert isinstance(found, Refusal) or found.cut_short  # type: ignore[union-attr]


def test_pixels_cut_short_are_noticed(reader: LimitedReader, tmp_path: Path) -> None:
    assert sound(reader, tmp_path, dicom.encoded(dicom.image())[:-1]).cut_short


def test_deep_nesting_is_contained(reader: LimitedReader, tmp_path: Path) -> None:
    found = header(reader, tmp_path, dicom.nested(5000))
    assert isinstance(found, Refusal)
    assert found.reason.code == "dicom_too_deep"
    assert isinstance(header(reader, tmp_path, dicom.nested(20)), InstanceHeader)


def test_a_deflated_bomb_is_contained(reader: LimitedReader, tmp_path: Path) -> None:
    bomb = dicom.deflated_bomb(1500)
    assert len(bomb) < 3_000_000
    found = header(reader, tmp_path, bomb)
    assert isinstance(found, Refusal)
    assert found.reason.code == "dicom_too_hungry"
    assert isinstance(header(reader, tmp_path, dicom.encoded(dicom.image())), InstanceHeader)


@pytest.mark.parametrize(
    "content", [b"DICM", b"\0" * 132, b"\0" * 128 + b"DICM" + b"\xff" * 4000, os.urandom(5000)]
)
def test_rubbish_is_refused(reader: LimitedReader, tmp_path: Path, content: bytes) -> None:
    assert isinstance(header(reader, tmp_path, content), Refusal)


@pytest.mark.parametrize(
    ("charset", "raw", "name"),
    [
        (None, "王^小明".encode("gb18030"), "王^小明"),
        ("ISO_IR 100", "王^小明".encode("gb18030"), "王^小明"),
        ("ISO_IR 100", "王^小明".encode(), "王^小明"),
        ("GB18030", "Wang^Xiao=王^小明".encode("gb18030"), "Wang^Xiao=王^小明"),
        ("GBK", "欧阳^晓明".encode("gbk"), "欧阳^晓明"),
        ("ISO_IR 192", "𠮷^喆".encode(), "𠮷^喆"),
        ("ISO_IR 100", "Müller^Jörg".encode("latin-1"), "Müller^Jörg"),
        ("ISO_IR 100", "Äßer^Ölü".encode("latin-1"), "Äßer^Ölü"),
        ("ISO_IR 144", "Люк".encode("iso8859_5"), "Люк"),
    ],
)
def test_names_in_their_own_script(
    reader: LimitedReader, tmp_path: Path, charset: str | None, raw: bytes, name: str
) -> None:
    ds = dicom.image(PatientName="XXXX^XXXX")
    content = dicom.encoded(ds)
    label = (charset or "").encode()
    label += b" " * (len(label) % 2)
    start = content.index(b"\x08\x00\x05\x00CS")
    end = content.index(b"\x08\x00\x16\x00UI")
    said = b"\x08\x00\x05\x00CS" + len(label).to_bytes(2, "little") + label
    content = content[:start] + said + content[end:]
    padded = raw + b" " * (len(raw) % 2)
    at = content.index(b"\x10\x00\x10\x00PN")
    old = int.from_bytes(content[at + 6 : at + 8], "little")
    content = content[: at + 6] + len(padded).to_bytes(2, "little") + padded + content[at + 8 + old :]
    assert sound(reader, tmp_path, content).patient_name == name


# The child itself


def test_the_child_is_limited(reader: LimitedReader, tmp_path: Path) -> None:
    header(reader, tmp_path, dicom.encoded(dicom.image()))
    limits = Path(f"/proc/{reader.pid}/limits").read_text()
    assert f"Max address space {1 << 30}" in " ".join(limits.split())
    assert "Max file size 0 0" in " ".join(limits.split())
    environment = Path(f"/proc/{reader.pid}/environ").read_bytes()
    assert b"MDTAPP_" not in environment


def test_a_file_that_kills_the_child_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    """kill -9 while the child works: that file has its reason, a new child takes the next one."""
    fifo, path = tmp_path / "slow", tmp_path / "sound"
    os.mkfifo(fifo)
    path.write_bytes(dicom.encoded(dicom.image()))
    with LimitedReader() as reader:
        assert isinstance(reader.header(path), InstanceHeader)
        first = reader.pid
        assert first is not None
        threading.Timer(0.3, os.kill, (first, signal.SIGSEGV)).start()
        found = reader.header(fifo)  # opening a pipe nobody writes to waits for ever
        assert isinstance(found, Refusal)
        assert found.reason.code == "reader_died"
        assert isinstance(reader.header(path), InstanceHeader)
        assert reader.pid != first


def test_a_file_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    fifo, path = tmp_path / "slow", tmp_path / "sound"
    os.mkfifo(fifo)
    path.write_bytes(dicom.encoded(dicom.image()))
    with LimitedReader(timeout=3) as reader:
        reader.header(path)
        started = time.monotonic()
        found = reader.header(fifo)
        assert isinstance(found, Refusal)
        assert found.reason.code == "dicom_too_hungry"
        assert time.monotonic() - started < 6
        assert isinstance(reader.header(path), InstanceHeader)


def test_a_missing_file_is_refused(reader: LimitedReader, tmp_path: Path) -> None:
    found = reader.header(tmp_path / "nothing")
    assert isinstance(found, Refusal)
    assert found.reason.code == "unreadable"


def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "sound"
    path.write_bytes(dicom.encoded(dicom.image()))
    reader = LimitedReader()
    reader.header(path)
    pid = reader.pid
    reader.close()
    assert not Path(f"/proc/{pid}").exists()
