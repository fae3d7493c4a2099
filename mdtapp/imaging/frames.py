"""Where the frames of an instance lie in its file, so that they are sent as stored, without a parser.

A table is a small binary file: a header, for each frame the number of its first piece, and the pieces
as (offset, length) in bytes. Only the rows of the frame that is asked for are read, so a slide of
100,000 tiles costs no more than a CT image.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound

MAGIC: Final = b"MFT1"
MAX_INFLATED: Final = 1 << 29
MAX_FRAME: Final = 1 << 28
"""Bytes of a frame that is inflated where it is sent; what claims more is not offered."""
DEFLATED_FRAMES: Final = "1.2.840.10008.1.2.8.1"  # Deflated Image Frame Compression (PS3.5 A.4.13)
# magic, word, whether each frame is deflated, frames, pieces, bits of a frame, deflated from
_HEADER: Final = struct.Struct("<4sB?2xIIQQ")
_START: Final = struct.Struct("<II")
_PIECE: Final = struct.Struct("<QQ")

NO_SUCH_FRAME = Bitext("This image has no such frame.", "该影像没有此帧。")

Piece = tuple[int, int]


@dataclass(frozen=True, slots=True)
class FrameLayout:
    """The pieces of each frame, in order.

    `word`: bytes of a sample that has to be turned round, since frames travel little endian (1: nothing to turn).
    `bits`: bits of a frame where frames do not begin at a byte (PS3.5 8.1.1); then there is one piece, all pixels.
    `deflated_from`: where the deflated data set begins; offsets then count in the inflated one. 0: not deflated.
    `deflated`: each frame is deflated by itself and holds `bits` bits; it is read inflated.
    """

    frames: Sequence[Sequence[Piece]]
    word: int = 1
    bits: int = 0
    count: int = 0
    deflated_from: int = 0
    deflated: bool = False

    def __len__(self) -> int:
        return self.count if self.bits and not self.deflated else len(self.frames)

    def as_bytes(self) -> bytes:
        pieces = [piece for frame in self.frames for piece in frame]
        starts, first = [], 0
        for frame in self.frames:
            starts.append(first)
            first += len(frame)
        starts.append(first)
        head = _HEADER.pack(
            MAGIC, self.word, self.deflated, len(self), len(pieces), self.bits, self.deflated_from
        )
        table = struct.pack(f"<{len(starts)}I", *starts)
        return (
            head + table + struct.pack(f"<{2 * len(pieces)}Q", *(part for piece in pieces for part in piece))
        )


def count_frames(table: Path) -> int:
    """How many frames are there whole. ValueError when the file is no table."""
    with table.open("rb") as file:
        return _head(file)[2]


def read_frame(table: Path, content: Path, number: int) -> bytes:
    """Frame `number` (from 1) of the instance at `content`, as stored; big endian samples are turned round.

    NotFound for a frame that is not there; ValueError when the file is no table.
    """
    with table.open("rb") as file:
        word, deflated, frames, pieces, bits, deflated_from = _head(file)
        if not 1 <= number <= frames:
            raise NotFound(NO_SUCH_FRAME)
        together = bits and not deflated
        found = _pieces(file, 1 if together else frames, 0 if together else number - 1, pieces)
    data = _read(content, found, deflated_from)
    if deflated:
        return inflated(data, bits)
    if bits:
        return _cut_bits(data, (number - 1) * bits, bits)
    return _turned(data, word) if word > 1 else data


def inflated(data: bytes, bits: int) -> bytes:
    """A frame that was deflated by itself, in the bytes that `bits` bits take; what it lacks is zero."""
    length = -(-bits // 8)
    try:
        found = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, length) if length else b""
    except zlib.error:
        found = b""
    return found.ljust(length, b"\0")


def joined(frames: Iterable[bytes], bits: int) -> Iterator[bytes]:
    """Frames of `bits` bits, each beginning at a byte, as native pixels: one behind the other to the bit (PS3.5 8.1.1)."""
    held, length = 0, 0
    for frame in frames:
        held |= (int.from_bytes(frame, "little") & ((1 << bits) - 1)) << length
        whole, length = divmod(length + bits, 8)
        yield (held & ((1 << whole * 8) - 1)).to_bytes(whole, "little")
        held >>= whole * 8
    if length:
        yield held.to_bytes(1, "little")


def _head(file: BinaryIO) -> tuple[int, bool, int, int, int, int]:
    head = file.read(_HEADER.size)
    if len(head) != _HEADER.size or not head.startswith(MAGIC):
        raise ValueError("not a frame table")
    _, word, deflated, frames, pieces, bits, deflated_from = _HEADER.unpack(head)
    return word, deflated, frames, pieces, bits, deflated_from


def _pieces(file: BinaryIO, rows: int, row: int, pieces: int) -> list[Piece]:
    file.seek(_HEADER.size + 4 * row)
    first, end = _START.unpack(file.read(_START.size))
    if not first <= end <= pieces:
        raise ValueError("not a frame table")
    file.seek(_HEADER.size + 4 * (rows + 1) + _PIECE.size * first)
    return list(_PIECE.iter_unpack(file.read(_PIECE.size * (end - first))))


def _read(content: Path, pieces: Sequence[Piece], deflated_from: int) -> bytes:
    with content.open("rb") as file:
        if deflated_from:
            file.seek(deflated_from)
            inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(file.read(), MAX_INFLATED)
            return b"".join(inflated[offset : offset + length] for offset, length in pieces)
        parts = []
        for offset, length in pieces:
            file.seek(offset)
            parts.append(file.read(length))
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _turned(data: bytes, word: int) -> bytes:
    turned = bytearray(len(data))
    for place in range(word):
        turned[place::word] = data[word - 1 - place :: word]
    return bytes(turned)


def _cut_bits(data: bytes, start: int, bits: int) -> bytes:
    """`bits` bits from bit `start`; the first pixel is the lowest bit of a byte (PS3.5 8.1.1)."""
    end = start + bits
    whole = int.from_bytes(data[start // 8 : -(-end // 8)], "little")
    return ((whole >> start % 8) & ((1 << bits) - 1)).to_bytes(-(-bits // 8), "little")
