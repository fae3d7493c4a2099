"""Finds the frames in the bytes of one instance. Runs in the limited child only (`mdtapp.imaging.child`).

Native pixels are cut by their size (PS3.5 8.1.1), encapsulated ones by the extended or basic offset
table, or without one by what the fragments themselves show (PS3.5 A.4).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from pydicom import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian

from mdtapp.imaging.frames import DEFLATED_FRAMES, MAX_FRAME, MAX_INFLATED, FrameLayout, Piece
from mdtapp.imaging.text import ODD_VALUE, text

PIXEL_ELEMENTS = {0x7FE00008: 32, 0x7FE00009: 64, 0x7FE00010: 0}
"""Float, double and integer pixels, with the bits of a sample where the element fixes them."""
MAX_FRAMES = 1_000_000
_UNDEFINED = 0xFFFFFFFF
_ITEM = struct.Struct("<HHI")
_ITEM_TAG, _DELIMITER = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_CODESTREAM_STARTS = (b"\xff\xd8", b"\xff\x4f")  # JPEG and JPEG-LS, JPEG 2000


def layout(file: BinaryIO, ds: Dataset, at: int, size: int) -> FrameLayout:
    """The frames of an instance whose header was read up to `at`; a layout without any when there is none.

    `ds` is the data set before its pixels, `size` that of the file. Frames the file does not hold whole
    are left out.
    """
    syntax = text(ds.file_meta, "TransferSyntaxUID")
    if syntax == DeflatedExplicitVRLittleEndian:
        return _deflated(file, ds)
    big = syntax == ExplicitVRBigEndian or (not syntax and not ds.original_encoding[1])
    return _found(file, ds, at, size, "big" if big else "little")


def _deflated(file: BinaryIO, ds: Dataset) -> FrameLayout:
    """Offsets in the inflated data set, and where the deflated one begins (PS3.5 A.5)."""
    start = 128 + 4 + 12 + int(str(ds.file_meta.FileMetaInformationGroupLength))
    file.seek(start)
    inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(file.read(), MAX_INFLATED)
    stream = io.BytesIO(inflated)
    read_dataset(stream, False, True, stop_when=lambda tag, _vr, _length: int(tag) in PIXEL_ELEMENTS)
    found = _found(stream, ds, stream.tell(), len(inflated), "little")
    return FrameLayout(found.frames, found.word, found.bits, found.count, start)


def _found(file: BinaryIO, ds: Dataset, at: int, size: int, order: Any) -> FrameLayout:
    file.seek(at)
    head = file.read(12)
    if len(head) < 8:
        return FrameLayout([])
    tag = int.from_bytes(head[0:2], order) << 16 | int.from_bytes(head[2:4], order)
    if tag not in PIXEL_ELEMENTS:
        return FrameLayout([])
    explicit = head[4:6].isalpha()
    length = int.from_bytes(head[8:12] if explicit else head[4:8], order)
    start = at + (12 if explicit else 8)
    if length == _UNDEFINED:
        frames = _encapsulated(file, ds, start)
        if text(ds.file_meta, "TransferSyntaxUID") == DEFLATED_FRAMES:
            bits = _bits(ds, _whole(ds, "BitsAllocated"))
            return FrameLayout(frames if bits <= MAX_FRAME * 8 else [], bits=bits, deflated=True)
        return FrameLayout(frames)
    return _native(ds, start, min(length, size - start), PIXEL_ELEMENTS[tag], order == "big")


def _native(ds: Dataset, start: int, length: int, fixed_bits: int, big: bool) -> FrameLayout:
    allocated = fixed_bits or _whole(ds, "BitsAllocated")
    bits = _bits(ds, allocated)
    if bits <= 0:
        return FrameLayout([])
    count = min(_whole(ds, "NumberOfFrames", 1) or 1, length * 8 // bits, MAX_FRAMES)
    if bits % 8:
        return FrameLayout([[(start, length)]], bits=bits, count=count)
    word = allocated // 8 if big and allocated > 8 else 1
    return FrameLayout([[(start + n * bits // 8, bits // 8)] for n in range(count)], word)


def _bits(ds: Dataset, allocated: int) -> int:
    """Bits of a frame of native pixels."""
    pixels = _whole(ds, "Rows") * _whole(ds, "Columns")
    if text(ds, "PhotometricInterpretation") == "YBR_FULL_422":
        return pixels * 2 * allocated  # two chroma samples for two pixels (PS3.3 C.7.6.3.1.2)
    return pixels * _whole(ds, "SamplesPerPixel", 1) * allocated


def _encapsulated(file: BinaryIO, ds: Dataset, start: int) -> Sequence[Sequence[Piece]]:
    items = list(_items(file, start))
    if not items:
        return []
    table, fragments = items[0], items[1:]
    file.seek(table[0])
    basic = _whole_numbers(file.read(table[1]), 4)
    first_item = table[0] + table[1]
    count = max(1, _whole(ds, "NumberOfFrames", 1))
    extended = _whole_numbers(_bytes(ds, "ExtendedOffsetTable"), 8)
    for offsets in (extended, basic):
        grouped = _by_offsets(fragments, [first_item + offset for offset in offsets])
        if len(grouped) == count:
            return grouped
    if len(fragments) == count:
        return [[fragment] for fragment in fragments]
    if count == 1:
        return [fragments] if fragments else []
    return _by_codestream(file, fragments)[:count]


def _items(file: BinaryIO, at: int) -> Iterator[Piece]:
    """Offset table and fragments as (offset, length) of their values, as far as the file holds them whole."""
    file.seek(0, io.SEEK_END)
    size = file.tell()
    while at + _ITEM.size <= size:
        file.seek(at)
        group, element, length = _ITEM.unpack(file.read(_ITEM.size))
        at += _ITEM.size
        if (group, element) != _ITEM_TAG or length == _UNDEFINED or at + length > size:
            return
        yield at, length
        at += length


def _by_offsets(fragments: Sequence[Piece], starts: Sequence[int]) -> list[list[Piece]]:
    """Fragments by the frame in which they begin; empty when a frame begins at no fragment."""
    known = {offset - _ITEM.size for offset, _ in fragments}
    if not starts or any(start not in known for start in starts) or list(starts) != sorted(set(starts)):
        return []
    grouped: list[list[Piece]] = []
    upcoming = iter([*starts[1:], None])
    following: int | None = None
    for fragment in fragments:
        if not grouped or fragment[0] - _ITEM.size == following:
            grouped.append([])
            following = next(upcoming)
        grouped[-1].append(fragment)
    return grouped


def _by_codestream(file: BinaryIO, fragments: Sequence[Piece]) -> list[list[Piece]]:
    """A frame begins with each fragment that begins a code stream; what precedes the first one is dropped."""
    grouped: list[list[Piece]] = []
    for offset, length in fragments:
        file.seek(offset)
        if file.read(2) in _CODESTREAM_STARTS:
            grouped.append([])
        if grouped:
            grouped[-1].append((offset, length))
    return grouped


def _whole_numbers(data: bytes, width: int) -> list[int]:
    kind = {4: "I", 8: "Q"}[width]
    return list(struct.unpack(f"<{len(data) // width}{kind}", data[: len(data) // width * width]))


def _bytes(ds: Dataset, keyword: str) -> bytes:
    try:
        value = ds.get(keyword)
    except ODD_VALUE:
        return b""
    return value if isinstance(value, bytes) else b""


def _whole(ds: Dataset, keyword: str, default: int = 0) -> int:
    try:
        return int(str(ds.get(keyword, default)).strip())
    except ODD_VALUE:
        return default
