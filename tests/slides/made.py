"""Slides made here: tiled TIFF files and a MIRAX slide, sound, cut short and hostile."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

TILE = 256
ASCII, SHORT, LONG, RATIONAL, SLONG, FLOAT = 2, 3, 4, 5, 9, 11


def tissue(width: int, height: int) -> Image.Image:
    """A picture in which every place differs from its neighbours, and no half is a mirror of the other."""
    picture = Image.new("RGB", (width, height))
    picture.putdata(
        [
            (x * 255 // width, y * 255 // height, (x * 7 + y * 3) % 256)
            for y in range(height)
            for x in range(width)
        ]
    )
    return picture


def tiff(
    path: Path,
    pictures: Sequence[Image.Image],
    *,
    micrometres: float | None = None,
    label: Image.Image | None = None,
) -> Path:
    """A pyramid of uncompressed tiles; `micrometres` a pixel of the first level, or no spacing at all.

    With a `label` it is written as an Aperio scanner writes: that picture as one strip, told by its description.
    """
    out = io.BytesIO()
    out.write(b"II*\0\0\0\0\0")
    link = 4
    for at, picture in enumerate(pictures):
        offsets, counts = [], []
        for top in range(0, picture.height, TILE):
            for left in range(0, picture.width, TILE):
                tile = picture.crop((left, top, left + TILE, top + TILE)).tobytes()
                offsets.append(out.tell())
                counts.append(len(tile))
                out.write(tile)
        tags = _tags(picture, offsets, counts, reduced=at > 0, micrometres=micrometres)
        link = _directory(out, link, [*tags, *_described(f"|AppMag = 20|MPP = {micrometres}", label)])
    if label is not None:
        at = out.tell()
        out.write(label.tobytes())
        strip = [(273, LONG, [at]), (278, LONG, [label.height]), (279, LONG, [len(label.tobytes())])]
        name = _described(f"\nlabel {label.width}x{label.height}", label)
        _directory(out, link, [*_tags(label, [], [], reduced=True, micrometres=None)[:7], *strip, *name])
    path.write_bytes(out.getvalue())
    return path


def _described(text: str, label: Image.Image | None) -> list[Tag]:
    return [(270, ASCII, list(f"Aperio Image Library{text}\0".encode()))] if label is not None else []


SIZES = {ASCII: "B", SHORT: "H", LONG: "I", RATIONAL: "I", SLONG: "i", FLOAT: "f"}
Tag = tuple[int, int, list[int]] | tuple[int, int, list[float]]


def _tags(
    picture: Image.Image, offsets: list[int], counts: list[int], *, reduced: bool, micrometres: float | None
) -> list[Tag]:
    tags: list[Tag] = [
        (254, LONG, [int(reduced)]),
        (256, LONG, [picture.width]),
        (257, LONG, [picture.height]),
        (258, SHORT, [8, 8, 8]),
        (259, SHORT, [1]),
        (262, SHORT, [2]),
        (277, SHORT, [3]),
    ]
    if micrometres is not None:
        per_cm = [round(10_000_000 / micrometres), 1000]
        tags += [(282, RATIONAL, per_cm), (283, RATIONAL, per_cm), (296, SHORT, [3])]
    return [*tags, (322, LONG, [TILE]), (323, LONG, [TILE]), (324, LONG, offsets), (325, LONG, counts)]


def _directory(out: io.BytesIO, link: int, tags: list[Tag], *, pointer: str = "<I") -> int:
    """Writes one directory and points `link` at it; returns where the next one is to be pointed to."""
    entries = []
    for tag, kind, values in sorted(tags):
        packed = struct.pack(f"<{len(values)}{SIZES[kind]}", *values)
        count = len(values) // 2 if kind == RATIONAL else len(values)
        if len(packed) > 4:
            at = out.tell()
            out.write(packed + b"\0" * (len(packed) % 2))
            packed = struct.pack("<I", at)
        entries.append(struct.pack("<HHI", tag, kind, count) + packed.ljust(4, b"\0"))
    here = out.tell()
    out.write(struct.pack("<H", len(entries)) + b"".join(entries))
    following = out.tell()
    out.write(bytes(struct.calcsize(pointer)))
    out.seek(link)
    out.write(struct.pack(pointer, here))
    out.seek(0, io.SEEK_END)
    return following


def ndpi(path: Path, levels: Sequence[tuple[Image.Image, float]], *, micrometres: float = 0.5) -> Path:
    """As a Hamamatsu scanner writes: each picture one JPEG strip with its lens, the glass with lens -1.

    Pointers from directory to directory have eight bytes (https://openslide.org/formats/hamamatsu/).
    """
    out = io.BytesIO()
    out.write(b"II*\0" + bytes(8))
    link = 4
    for picture, lens in levels:
        packed = io.BytesIO()
        picture.save(packed, "JPEG", quality=95, subsampling=0)
        at, length = out.tell(), len(packed.getvalue())
        out.write(packed.getvalue() + bytes(length % 2))
        basis = _tags(picture, [], [], reduced=False, micrometres=micrometres)
        tags: list[Tag] = [tag for tag in basis if tag[0] not in {259, 262, 322, 323, 324, 325}]
        tags += [(259, SHORT, [7]), (262, SHORT, [6]), (271, ASCII, list(b"Hamamatsu\0"))]
        tags += [(273, LONG, [at]), (278, LONG, [picture.height]), (279, LONG, [length])]
        # what the file is, the lens, and the focal plane
        scanned: list[Tag] = [(65420, LONG, [1]), (65421, FLOAT, [lens]), (65424, SLONG, [0])]
        link = _directory(out, link, [*tags, *scanned], pointer="<Q")
    path.write_bytes(out.getvalue())
    return path


def lacking(path: Path) -> Path:
    """A pyramid whose last full-size tile lies behind the end of the file."""
    tiff(path, [tissue(600, 400), tissue(300, 200)])
    content = bytearray(path.read_bytes())
    offsets = content.find(struct.pack("<HHI", 324, LONG, 6)) + 8
    array = int.from_bytes(content[offsets : offsets + 4], "little")
    content[array + 20 : array + 24] = struct.pack("<I", len(content) + 4096)
    path.write_bytes(bytes(content))
    return path


def huge(path: Path) -> Path:
    """A tiled TIFF that claims two thousand million pixels in each direction."""
    out = io.BytesIO()
    out.write(b"II*\0\0\0\0\0" + b"\0" * 16)
    picture = Image.new("RGB", (1, 1))
    tags = [
        tag
        for tag in _tags(picture, [8], [16], reduced=False, micrometres=0.5)
        if tag[0] not in {256, 257, 322, 323}
    ]
    sizes: list[Tag] = [
        (256, LONG, [2**31 - 16]),
        (257, LONG, [2**31 - 16]),
        (322, LONG, [2**24]),
        (323, LONG, [2**24]),
    ]
    _directory(out, 4, [*tags, *sizes])
    path.write_bytes(out.getvalue())
    return path


def endless(path: Path) -> Path:
    """A pyramid whose last directory points back to its first."""
    tiff(path, [tissue(600, 400), tissue(300, 200)])
    content = bytearray(path.read_bytes())
    first = int.from_bytes(content[4:8], "little")
    content[-4:] = struct.pack("<I", first)
    path.write_bytes(bytes(content))
    return path


SLIDE_ID = "0123456789ABCDEF0123456789ABCDEF"
MIRAX_INI = f"""[GENERAL]
SLIDE_VERSION = 01.02
SLIDE_ID = {SLIDE_ID}
IMAGENUMBER_X = 2
IMAGENUMBER_Y = 2
OBJECTIVE_MAGNIFICATION = 40

[HIERARCHICAL]
HIER_COUNT = 1
NONHIER_COUNT = 0
INDEXFILE = Index.dat
HIER_0_NAME = Slide zoom level
HIER_0_COUNT = 1
HIER_0_VAL_0_SECTION = LAYER_0_LEVEL_0_SECTION

[DATAFILE]
FILE_COUNT = 2
FILE_0 = Data0000.dat
FILE_1 = Data0001.dat

[LAYER_0_LEVEL_0_SECTION]
IMAGE_CONCAT_FACTOR = 0
OVERLAP_X = 0
OVERLAP_Y = 0
MICROMETER_PER_PIXEL_X = 0.25
MICROMETER_PER_PIXEL_Y = 0.25
IMAGE_FILL_COLOR_BGR = 16777215
DIGITIZER_WIDTH = 256
DIGITIZER_HEIGHT = 256
IMAGE_FORMAT = JPEG
"""


def mirax(folder: Path, name: str = "core", ini: str = MIRAX_INI) -> Path:
    """`core.mrxs` and its folder: four JPEG pictures of 256 pixels in two data files, one level."""
    pieces = folder / name
    pieces.mkdir(parents=True)
    picture = tissue(512, 512)
    head = f"01.02{SLIDE_ID}".encode()
    data, entries = [bytearray(head + b"  0" + b"\0" * 256) for _ in range(2)], []
    for number in range(4):
        left, top = number % 2 * 256, number // 2 * 256
        stream = io.BytesIO()
        picture.crop((left, top, left + 256, top + 256)).save(stream, "JPEG", quality=95)
        file = data[number // 2]
        entries.append(struct.pack("<4i", number, len(file), len(stream.getvalue()), number // 2))
        file += stream.getvalue()
    at = len(head)
    roots = struct.pack("<2i", at + 8, at + 8)
    index = head + roots + struct.pack("<i", at + 12) + struct.pack("<2i", 0, at + 20)
    index += struct.pack("<2i", len(entries), 0) + b"".join(entries)
    (pieces / "Slidedat.ini").write_text(ini, "utf-8")
    (pieces / "Index.dat").write_bytes(index)
    for number, content in enumerate(data):
        (pieces / f"Data000{number}.dat").write_bytes(bytes(content))
    preview = io.BytesIO()
    picture.resize((64, 64)).save(preview, "JPEG")
    (folder / f"{name}.mrxs").write_bytes(preview.getvalue())
    return folder / f"{name}.mrxs"
