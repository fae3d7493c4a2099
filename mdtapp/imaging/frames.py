"""Where the frames of an instance lie in its file, so that they are sent as stored, without a parser.

A table is a small binary file: a header, for each frame the number of its first piece, and the pieces
as (offset, length) in bytes. Only the rows of the frame that is asked for are read, so a slide of
100,000 tiles costs no more than a CT image.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound

MAGIC: Final = b"MFT1"
MAX_INFLATED: Final = 1 << 29
_HEADER: Final = struct.Struct("<4sB3xIIQQ")  # magic, word, frames, pieces, bits of a frame, deflated from
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
    """

    frames: Sequence[Sequence[Piece]]
    word: int = 1
    bits: int = 0
    count: int = 0
    deflated_from: int = 0

    def __len__(self) -> int:
        return self.count if self.bits else len(self.frames)

    def as_bytes(self) -> bytes:
        pieces = [piece for frame in self.frames for piece in frame]
        starts, first = [], 0
        for frame in self.frames:
            starts.append(first)
            first += len(frame)
        starts.append(first)
        head = _HEADER.pack(MAGIC, self.word, len(self), len(pieces), self.bits, self.deflated_from)
        table = struct.pack(f"<{len(starts)}I", *starts)
        return (
            head + table + struct.pack(f"<{2 * len(pieces)}Q", *(part for piece in pieces for part in piece))
        )


def count_frames(table: Path) -> int:
    """How many frames are there whole. ValueError when the file is no table."""
    with table.open("rb") as file:
        return _head(file)[1]


def read_frame(table: Path, content: Path, number: int) -> bytes:
    """Frame `number` (from 1) of the instance at `content`, as stored; big endian samples are turned round.

    NotFound for a frame that is not there; ValueError when the file is no table.
    """
    with table.open("rb") as file:
        word, frames, pieces, bits, deflated_from = _head(file)
        if not 1 <= number <= frames:
            raise NotFound(NO_SUCH_FRAME)
        found = _pieces(file, frames if not bits else 1, 0 if bits else number - 1, pieces)
    data = _read(content, found, deflated_from)
    if bits:
        return _cut_bits(data, (number - 1) * bits, bits)
    return _turned(data, word) if word > 1 else data


def _head(file: BinaryIO) -> tuple[int, int, int, int, int]:
    head = file.read(_HEADER.size)
    if len(head) != _HEADER.size or not head.startswith(MAGIC):
        raise ValueError("not a frame table")
    _, word, frames, pieces, bits, deflated_from = _HEADER.unpack(head)
    return word, frames, pieces, bits, deflated_from


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
