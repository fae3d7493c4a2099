"""The index of an instance: its frames as stored, its data set without the patient; for every file there is."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
)

from mdtapp.errors import NotFound
from mdtapp.imaging.frames import DEFLATED_FRAMES, FrameLayout, count_frames, read_frame
from mdtapp.imaging.header import InstanceHeader, InstanceIndex, Part, Refusal
from mdtapp.imaging.instance_index import make
from mdtapp.imaging.reader import read
from mdtapp.imaging.retrieval import bulk, decoded
from mdtapp.imaging.served_patient import ServedPatient
from tests.imaging import dicom

ADDRESS = "/dicomweb/studies/1/series/2/instances/3"
PATIENT = ServedPatient("AMBER-417", "MDT-2026-0001", 1967)
BROKEN = {"badVR.dcm"}  # NumberOfFrames is no number
CUT_SHORT = {"emri_small_jpeg_2k_lossless_too_short.dcm"}  # pydicom gives up on the whole data set
NATIVE = {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian}
FOLDERS = sorted({path.parent.name for path in (dicom.SHARED / "dicom").glob("*/SOURCE.md")}) or [
    "petct-lung"
]


def indexed(path: Path) -> InstanceIndex:
    found = make(path, ADDRESS)
    assert isinstance(found, InstanceIndex), found
    return found


def frames_of(path: Path, folder: Path) -> list[bytes]:
    table = folder / "table"
    table.write_bytes(indexed(path).frames)
    return [read_frame(table, path, number) for number in range(1, count_frames(table) + 1)]


def written(folder: Path, ds: Dataset, syntax: str | None = None) -> Path:
    path = folder / "image.dcm"
    path.write_bytes(dicom.encoded(ds, syntax) if syntax else dicom.encoded(ds))
    return path


def instances(name: str) -> list[tuple[Path, Dataset]]:
    """The files of a shared folder that the intake takes as images, with their data sets."""
    files = [path for path in sorted(dicom.shared_folder(f"dicom/{name}").rglob("*")) if path.is_file()]
    return [
        (path, pydicom.dcmread(path, force=True)) for path in files if isinstance(read(path), InstanceHeader)
    ]


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.filterwarnings("ignore")
def test_frames_of_shared_files_are_those_in_the_file(name: str, tmp_path: Path) -> None:
    """What pydicom cuts out of the pixel data is what is sent, byte for byte."""
    compared = 0
    for path, ds in instances(name):
        syntax = ds.file_meta.get("TransferSyntaxUID")
        if "PixelData" not in ds or not syntax or path.name in BROKEN:
            continue
        count = int(ds.get("NumberOfFrames") or 1)
        if syntax not in NATIVE:
            offsets = ds.get("ExtendedOffsetTable"), ds.get("ExtendedOffsetTableLengths")
            extended = offsets if all(offsets) else None
            expected = list(generate_frames(ds.PixelData, number_of_frames=count, extended_offsets=extended))
            if syntax == DEFLATED_FRAMES:
                expected = [zlib.decompress(frame, -zlib.MAX_WBITS) for frame in expected]
        else:
            allocated = ds.BitsAllocated
            samples = 2 if ds.PhotometricInterpretation == "YBR_FULL_422" else ds.SamplesPerPixel
            bits = ds.Rows * ds.Columns * samples * allocated
            if bits % 8:
                continue
            size, pixels = bits // 8, ds.PixelData
            if syntax == ExplicitVRBigEndian and allocated > 8:
                pixels = np.frombuffer(pixels, f">u{allocated // 8}").astype(f"<u{allocated // 8}").tobytes()
            whole = min(count, len(pixels) // size)
            expected = [pixels[n * size : (n + 1) * size] for n in range(whole)]
        assert frames_of(path, tmp_path) == expected, path
        compared += 1
    assert compared or name in {"cd-dicomdir", "charset", "encapsulated-pdf", "sr", "waveform"}


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.filterwarnings("ignore")
def test_the_json_of_shared_files_names_no_patient(name: str) -> None:
    for path, ds in instances(name):
        found = indexed(path)
        values = json.loads(found.json)
        assert not {"00100010", "00100020", "00100030"} & values.keys(), path
        for part in str(ds.get("PatientName", "")).replace("=", "^").split("^"):
            assert len(part) < 4 or part.lower() not in found.json.lower(), path
        header = read(path)
        assert isinstance(header, InstanceHeader)
        assert values["00080018"]["Value"] == [header.sop_instance_uid], path


# --- frames -------------------------------------------------------------------------------------


def cine(count: int, **values: Any) -> Dataset:
    ds = dicom.image(NumberOfFrames=count, **values)
    ds.PixelData = bytes(range(32)) * count
    return ds


FRAGMENTS = [b"\xff\xd8first", b"second part!", b"\xff\xd8third."]


def in_fragments(fragments: list[bytes], offsets: bytes = b"") -> bytes:
    item = b"\xfe\xff\x00\xe0"
    return b"".join(item + struct.pack("<I", len(part)) + part for part in (offsets, *fragments))


def test_native_frames_lie_one_behind_another(tmp_path: Path) -> None:
    assert frames_of(written(tmp_path, cine(3)), tmp_path) == [bytes(range(32))] * 3


def test_big_endian_samples_are_turned_round(tmp_path: Path) -> None:
    path = written(tmp_path, cine(2), ExplicitVRBigEndian)
    assert path.read_bytes().endswith(bytes(range(32)))
    turned = np.frombuffer(bytes(range(32)), ">u2").astype("<u2").tobytes()
    assert frames_of(path, tmp_path) == [turned] * 2


def test_frames_of_a_deflated_data_set_are_found(tmp_path: Path) -> None:
    path = written(tmp_path, cine(2), DeflatedExplicitVRLittleEndian)
    assert frames_of(path, tmp_path) == [bytes(range(32))] * 2


@pytest.mark.parametrize(
    ("said", "found"), [(0, b"\x05\x11"), (1, b"\x05\0"), (2, b"\0\0"), (3, b"\xff\xff")]
)
def test_frames_that_are_deflated_one_by_one_are_read_inflated(
    tmp_path: Path, said: int, found: bytes
) -> None:
    """Whole, cut short, no deflated data at all, and more than a frame takes."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = packer.compress(b"\xff" * 10_000_000) + packer.flush()
    packed = [deflated(b"\x05\x11"), deflated(b"\x05"), b"\xff" * 9, bomb][said]
    ds = dicom.image(Rows=5, Columns=3, BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=2)
    path = tmp_path / "image.dcm"
    path.write_bytes(dicom.deflated_frames(ds, [packed, deflated(b"\x7f\x7f")]))
    assert frames_of(path, tmp_path) == [found, b"\x7f\x7f"]


def test_a_frame_that_claims_more_than_any_image_takes_is_none(tmp_path: Path) -> None:
    """Whoever asks for a frame is answered by the server itself, which would have to hold what the header claims."""
    ds = dicom.image(Rows=65535, Columns=65535, NumberOfFrames=1)
    path = tmp_path / "claims.dcm"
    path.write_bytes(dicom.deflated_frames(ds, [deflated(b"\x05\x11")]))
    assert frames_of(path, tmp_path) == []


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def test_frames_of_single_bits_are_cut_at_the_bit(tmp_path: Path) -> None:
    """Three frames of 3 × 3 pixels lie in 27 bits, one behind another (PS3.5 8.1.1)."""
    frames = [0b1_0101_0101, 0b0_1111_0000, 0b1_1111_1111]
    whole = sum(frame << 9 * place for place, frame in enumerate(frames))
    ds = dicom.image(Rows=3, Columns=3, BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=3)
    ds.PixelData = whole.to_bytes(4, "little")
    assert frames_of(written(tmp_path, ds), tmp_path) == [frame.to_bytes(2, "little") for frame in frames]


@pytest.mark.parametrize(
    ("count", "fragments", "offsets", "expected"),
    [
        (1, FRAGMENTS, b"", [b"".join(FRAGMENTS)]),
        (3, FRAGMENTS, b"", FRAGMENTS),
        (2, FRAGMENTS, b"", [FRAGMENTS[0] + FRAGMENTS[1], FRAGMENTS[2]]),
        (
            2,
            FRAGMENTS,
            struct.pack("<II", 0, 8 + 7 + 8 + 12 + 1),
            [FRAGMENTS[0] + FRAGMENTS[1], FRAGMENTS[2]],
        ),
        (2, FRAGMENTS, struct.pack("<II", 0, 5), [FRAGMENTS[0] + FRAGMENTS[1], FRAGMENTS[2]]),
    ],
    ids=["one frame", "a fragment each", "by code stream", "by basic offsets", "offsets that lie"],
)
def test_fragments_belong_to_their_frame(
    tmp_path: Path, count: int, fragments: list[bytes], offsets: bytes, expected: list[bytes]
) -> None:
    even = [part + b"\0" * (len(part) % 2) for part in fragments]
    ds = dicom.image(NumberOfFrames=count)
    ds.PixelData = in_fragments(even, offsets)
    ds["PixelData"].is_undefined_length = True
    found = frames_of(written(tmp_path, ds, JPEGBaseline8Bit), tmp_path)
    assert [frame.replace(b"\0", b"") for frame in found] == expected


@pytest.mark.parametrize("extended", [False, True])
def test_offset_tables_are_followed(tmp_path: Path, extended: bool) -> None:
    frames = [b"\xff\x4f" + bytes([n]) * 20 for n in range(5)]
    ds = dicom.image(NumberOfFrames=5)
    if extended:
        ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(frames)
    else:
        ds.PixelData = encapsulate(frames, fragments_per_frame=2, has_bot=True)
    assert frames_of(written(tmp_path, ds, JPEG2000Lossless), tmp_path) == frames


@pytest.mark.parametrize("claimed", [2, 5_000, 2**31 - 1])
def test_frames_that_are_not_there_are_not_offered(tmp_path: Path, claimed: int) -> None:
    assert frames_of(written(tmp_path, dicom.image(NumberOfFrames=claimed)), tmp_path) == [bytes(range(32))]


def test_half_a_file_offers_its_whole_frames(tmp_path: Path) -> None:
    path = written(tmp_path, cine(4))
    path.write_bytes(path.read_bytes()[:-40])
    assert frames_of(path, tmp_path) == [bytes(range(32))] * 2


@pytest.mark.parametrize("number", [0, -1, 4, 10**9])
def test_an_unknown_frame_is_not_found(tmp_path: Path, number: int) -> None:
    path, table = written(tmp_path, cine(3)), tmp_path / "table"
    table.write_bytes(indexed(path).frames)
    with pytest.raises(NotFound):
        read_frame(table, path, number)


@pytest.mark.parametrize("content", [b"", b"MFT1", b"x" * 100])
def test_a_damaged_table_is_no_table(tmp_path: Path, content: bytes) -> None:
    table = tmp_path / "table"
    table.write_bytes(content)
    with pytest.raises(ValueError, match="not a frame table"):
        count_frames(table)


def test_a_layout_survives_its_bytes(tmp_path: Path) -> None:
    content, table = tmp_path / "content", tmp_path / "table"
    content.write_bytes(bytes(range(100)))
    table.write_bytes(FrameLayout([[(0, 2), (10, 3)], [], [(50, 1)]]).as_bytes())
    assert [read_frame(table, content, n) for n in (1, 2, 3)] == [b"\x00\x01\x0a\x0b\x0c", b"", b"\x32"]


@pytest.mark.filterwarnings("ignore")
def test_decoded_frames_are_what_pydicom_decodes() -> None:
    for path, ds in instances("ultrasound-colour"):
        if "PixelData" not in ds:
            continue
        part = decoded(path, 1)
        assert isinstance(part, Part), path
        assert part.content == pixel_array(path, index=0, raw=True).tobytes(), path


# --- the data set -------------------------------------------------------------------------------


def test_names_are_left_out_at_every_depth(tmp_path: Path) -> None:
    secret = Dataset()
    secret.PatientName, secret.PatientComments, secret.ReferencedSOPInstanceUID = (
        "Secret^Name",
        "secret",
        "1.2.9",
    )
    ds = dicom.image(OtherPatientIDs="SECRET-1", PatientAddress="Secret Street", PatientWeight="71")
    ds.ReferencedImageSequence = [secret]
    ds.OriginalAttributesSequence = [secret]
    ds.private_block(0x0011, "SECRET", create=True).add_new(0x01, "LO", "secret")
    path = written(tmp_path, ds)
    found = indexed(path).json
    assert "secret" not in found.lower()
    assert "1.2.9" in found
    assert json.loads(found)["00101030"]["Value"] == [71.0]


def test_long_values_are_named_by_their_address(tmp_path: Path) -> None:
    path = written(tmp_path, dicom.image(EncapsulatedDocument=b"%PDF" * 20_000))
    values = json.loads(indexed(path).json)
    assert values["00420011"] == {"vr": "OB", "BulkDataURI": f"{ADDRESS}/bulkdata/00420011"}
    assert bulk(path, "00420011") == Part(b"%PDF" * 20_000)


@pytest.mark.parametrize("element", ["00100010", "00420011.1.00100010", "FFFFFFFF", "54000100.1"])
def test_what_is_not_served_is_no_bulk_data_either(tmp_path: Path, element: str) -> None:
    assert isinstance(bulk(written(tmp_path, dicom.image()), element), Refusal)


def test_values_json_cannot_hold_are_left_empty(tmp_path: Path) -> None:
    ds = dicom.image()
    ds.add_new(0x00189073, "FD", float("nan"))
    assert json.loads(indexed(written(tmp_path, ds)).json)["00189073"] == {"vr": "FD"}
