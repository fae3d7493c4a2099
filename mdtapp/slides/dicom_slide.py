"""A DICOM slide: several instances that are the levels of one pyramid, each a grid of frames (PS3.3 A.32.8).

A tile is the frame as stored, found by its offset. Only what browsers do not show (anything but baseline
JPEG) is decoded, in the limited child.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.imaging.derived import DerivedStore, Indexed
from mdtapp.imaging.header import Picture, Refusal
from mdtapp.imaging.limited import LimitedReader
from mdtapp.imaging.slide_pyramid import Level, SlideDescription, believable_mpp, believable_objective
from mdtapp.materials.reasons import SLIDE_TILE_UNREADABLE, SLIDE_UNREADABLE, Reason
from mdtapp.slides.source import JPEG, Tile

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
MAX_TILES = 4_000_000
PICTURES = {"LABEL": "label", "OVERVIEW": "macro"}
"""Third value of Image Type, and what OpenSlide calls the same picture."""

_NEEDED = {
    "00280010": "Rows",
    "00280011": "Columns",
    "00480006": "TotalPixelMatrixColumns",
    "00480007": "TotalPixelMatrixRows",
}
_ADOBE_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"  # APP14, transform 0: the samples are RGB


@dataclass(frozen=True, slots=True)
class Stored:
    """An instance as the database knows it."""

    indexed: Indexed
    transfer_syntax_uid: str
    flavour: str
    """Third value of Image Type: VOLUME, THUMBNAIL, LABEL, OVERVIEW."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The tiles of one instance. `places` gives the frame (from 1) at (column, row) where they are not in order."""

    stored: Stored
    width: int
    height: int
    tile_width: int
    tile_height: int
    rgb: bool
    concatenation: str
    first: int
    frames: int
    places: Mapping[tuple[int, int], int] | None
    mpp_x: float | None
    mpp_y: float | None
    objective: float | None

    @property
    def columns(self) -> int:
        return math.ceil(self.width / self.tile_width)

    @property
    def rows(self) -> int:
        return math.ceil(self.height / self.tile_height)

    def frame(self, column: int, row: int) -> int | None:
        """The frame of this instance that is the tile; None when another instance holds it, or nobody."""
        if self.places is not None:
            return self.places.get((column, row))
        frame = row * self.columns + column + 1 - self.first
        return frame if 1 <= frame <= self.frames else None


@dataclass(frozen=True, slots=True)
class DicomSlide:
    """The whole-slide instances of one series."""

    instances: tuple[Stored, ...]
    derived: DerivedStore
    reader: LimitedReader

    @property
    def version(self) -> str:
        return "-".join(sorted({one.indexed.sha256[:16] for one in self.instances}))

    def describe(self) -> SlideDescription | Refusal:
        levels = self._levels()
        if isinstance(levels, Reason):
            return Refusal(levels)
        largest = levels[-1][0]
        return SlideDescription(
            width=largest.width,
            height=largest.height,
            levels=tuple(
                Level(part.width, part.height, part.width / largest.width, part.tile_width, part.tile_height)
                for part, *_ in levels
            ),
            mpp_x=largest.mpp_x,
            mpp_y=largest.mpp_y,
            objective=next((part.objective for part, *_ in levels if part.objective), None),
            pictures=tuple(PICTURES[one.flavour] for one in self.instances if one.flavour in PICTURES),
            cut_short=any(self._lacks_frames(parts) for parts in levels),
        )

    def tile(self, level: int, column: int, row: int) -> Tile | Refusal:
        levels = self._levels()
        if isinstance(levels, Reason) or not 0 <= level < len(levels):
            return Refusal(SLIDE_TILE_UNREADABLE)
        if not (0 <= column < levels[level][0].columns and 0 <= row < levels[level][0].rows):
            return Refusal(SLIDE_TILE_UNREADABLE)
        for part in levels[level]:
            frame = part.frame(column, row)
            if frame is not None:
                return self._picture(part.stored, frame, rgb=part.rgb)
        return Refusal(SLIDE_TILE_UNREADABLE)

    def thumbnail(self) -> Tile | Refusal:
        """The picture made for it by the scanner, else the smallest level where that is one tile."""
        made = self.picture("THUMBNAIL")
        return made if isinstance(made, Tile) else self._smallest()

    def picture(self, name: str) -> Tile | Refusal:
        """`label`, `macro`, or a flavour of Image Type."""
        for one in self.instances:
            if name in (one.flavour, PICTURES.get(one.flavour)):
                grid = _grid(self.derived, one)
                return self._picture(one, 1, rgb=isinstance(grid, Grid) and grid.rgb)
        return Refusal(SLIDE_TILE_UNREADABLE)

    def _smallest(self) -> Tile | Refusal:
        levels = self._levels()
        if isinstance(levels, Reason) or levels[0][0].columns * levels[0][0].rows > 1:
            return Refusal(SLIDE_TILE_UNREADABLE)
        return self.tile(0, 0, 0)

    def _levels(self) -> list[list[Grid]] | Reason:
        """From small to large; several instances are one level where they are parts of one (concatenations)."""
        grids = [_grid(self.derived, one) for one in self.instances if one.flavour == "VOLUME"]
        fit = [grid for grid in grids if isinstance(grid, Grid)]
        if not fit:
            return next((grid for grid in grids if isinstance(grid, Reason)), NO_VOLUME)
        sizes: dict[tuple[int, int], dict[str, list[Grid]]] = {}
        for grid in fit:
            own = grid.concatenation or grid.stored.indexed.sha256
            sizes.setdefault((grid.width, grid.height), {}).setdefault(own, []).append(grid)
        # Two instances of one size are focal planes or optical paths; the first is shown.
        return [next(iter(sizes[size].values())) for size in sorted(sizes)]

    def _lacks_frames(self, parts: Sequence[Grid]) -> bool:
        there = sum(self.derived.count_frames(part.stored.indexed) for part in parts)
        sparse = any(part.places is not None for part in parts)
        return there < (sum(part.frames for part in parts) if sparse else parts[0].columns * parts[0].rows)

    def _picture(self, stored: Stored, frame: int, *, rgb: bool) -> Tile | Refusal:
        if stored.transfer_syntax_uid == JPEG_BASELINE:
            try:
                jpeg = self.derived.frame(stored.indexed, frame)
            except NotFound:
                return Refusal(SLIDE_TILE_UNREADABLE)
            return Tile(said_to_be_rgb(jpeg) if rgb else jpeg, JPEG)
        made = self.reader.preview(self.derived.objects.path(stored.indexed.sha256), frame - 1)
        return Tile(made.png, "image/png") if isinstance(made, Picture) else made


NO_VOLUME = Reason(
    "slide_no_volume",
    Bitext(
        "The picture of the tissue itself is missing from this DICOM slide. Ask the sender for its VOLUME instances.",
        "该 DICOM 切片缺少组织图像，请发送方提供 VOLUME 实例。",
    ),
)


def tags_missing(names: Iterable[str]) -> Reason:
    """A DICOM slide that does not say how its tiles lie, with the names of what is missing."""
    named = ", ".join(names)
    return Reason(
        "slide_tags_missing",
        Bitext(
            f"This DICOM slide does not say {named}, so its tiles cannot be put together. Ask for a new export.",
            f"该 DICOM 切片缺少 {named}，无法拼接图块。请重新导出。",
        ),
    )


def said_to_be_rgb(jpeg: bytes) -> bytes:
    """The same JPEG with the mark by which browsers know that its samples are RGB.

    One that says itself what its samples are is left: Adobe's mark does, and JFIF is YCbCr whatever the header says.
    """
    head = jpeg[:4096]
    if not jpeg.startswith(b"\xff\xd8") or b"Adobe\x00" in head or b"JFIF\x00" in head:
        return jpeg
    return jpeg[:2] + _ADOBE_RGB + jpeg[2:]


@lru_cache(maxsize=512)
def _grid(derived: DerivedStore, stored: Stored) -> Grid | Reason:
    """How the tiles of an instance lie; read once, since a large slide names the place of each of its tiles."""
    try:
        return _laid_out(stored, json.loads(derived.json_of(stored.indexed)))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return SLIDE_UNREADABLE


def _laid_out(stored: Stored, values: Mapping[str, Any]) -> Grid | Reason:
    sizes = {tag: _number(values, tag) for tag in _NEEDED}
    missing = [_NEEDED[tag] for tag, size in sizes.items() if size is None or size < 1]
    if missing:
        return tags_missing(missing)
    rows, columns, width, height = (int(size or 0) for size in sizes.values())
    if math.ceil(width / columns) * math.ceil(height / rows) > MAX_TILES:
        return SLIDE_UNREADABLE
    shared = _item(values, "52009229")
    spacing = _all(_item(shared, "00289110"), "00280030")  # mm between rows, mm between columns
    sparse = _first(values, "00209311") != "TILED_FULL" and "52009230" in values
    return Grid(
        stored=stored,
        width=width,
        height=height,
        tile_width=columns,
        tile_height=rows,
        rgb=_first(values, "00280004") == "RGB",
        concatenation=str(_first(values, "00209161") or ""),
        first=int(_number(values, "00209228") or 0),
        frames=int(_number(values, "00280008") or 1),
        places=_places(values["52009230"]["Value"], columns, rows) if sparse else None,
        mpp_x=believable_mpp(float(spacing[1]) * 1000) if len(spacing) == 2 else None,
        mpp_y=believable_mpp(float(spacing[0]) * 1000) if len(spacing) == 2 else None,
        objective=believable_objective(_number(_item(values, "00480105"), "00480112")),
    )


def _places(frames: Sequence[Mapping[str, Any]], columns: int, rows: int) -> dict[tuple[int, int], int]:
    """The frame (from 1) at each (column, row) by Plane Position (Slide) (PS3.3 C.8.12.6.1); positions count from 1."""
    found: dict[tuple[int, int], int] = {}
    for number, frame in enumerate(frames, start=1):
        position = _item(frame, "0048021A")
        x, y = _number(position, "0048021E"), _number(position, "0048021F")
        if x is not None and y is not None:
            found.setdefault((int(x - 1) // columns, int(y - 1) // rows), number)
    return found


def _all(values: Mapping[str, Any], tag: str) -> list[Any]:
    found = values.get(tag, {}).get("Value")
    return found if isinstance(found, list) else []


def _first(values: Mapping[str, Any], tag: str) -> Any:
    found = _all(values, tag)
    return found[0] if found else None


def _item(values: Mapping[str, Any], tag: str) -> Mapping[str, Any]:
    found = _first(values, tag)
    return found if isinstance(found, Mapping) else {}


def _number(values: Mapping[str, Any], tag: str) -> float | None:
    found = _first(values, tag)
    try:
        number = float(found) if found is not None else None
    except (TypeError, ValueError):
        return None
    return number if number is not None and math.isfinite(number) else None
