"""The pyramid of a slide as pages are told of it: levels from small to large, each a grid of tiles."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

TILE = 256
MAX_SHRINK = 16  # a tile is made of at most so many times its own width and height of stored pixels


@dataclass(frozen=True, slots=True)
class Level:
    """`scale` is its width over that of level 0; sizes in pixels, tiles at the right and lower edge may be cut."""

    width: int
    height: int
    scale: float
    tile_width: int
    tile_height: int

    @property
    def columns(self) -> int:
        return math.ceil(self.width / self.tile_width)

    @property
    def rows(self) -> int:
        return math.ceil(self.height / self.tile_height)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "columns": self.columns, "rows": self.rows}


@dataclass(frozen=True, slots=True)
class SlideDescription:
    """A slide as read: size in pixels at level 0, µm a pixel and objective where the file says them believably.

    `pictures` names what else it holds (`label`, `macro`).
    """

    width: int
    height: int
    levels: tuple[Level, ...]
    mpp_x: float | None = None
    mpp_y: float | None = None
    objective: float | None = None
    pictures: tuple[str, ...] = ()
    cut_short: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "width": self.width,
            "height": self.height,
            "levels": [level.as_json() for level in self.levels],
            "mpp_x": self.mpp_x,
            "mpp_y": self.mpp_y,
            "objective": self.objective,
        }


def halved(width: int, height: int, coarsest: float) -> tuple[Level, ...]:
    """Levels each half as wide as the next, down to one tile.

    `coarsest` is the downsample of the smallest stored level: what lies too far below it is left out,
    because one such tile would mean decoding a whole slide.
    """
    levels = []
    for power in range(max(width, height).bit_length() + 1):
        downsample = 2**power
        if downsample > MAX_SHRINK * coarsest:
            break
        level = Level(
            math.ceil(width / downsample), math.ceil(height / downsample), 1 / downsample, TILE, TILE
        )
        levels.append(level)
        if level.columns == level.rows == 1:
            break
    return tuple(reversed(levels))


def believable_mpp(value: float | None) -> float | None:
    """µm a pixel as microscopes scan; what a camera or a printer wrote is no spacing."""
    return value if value is not None and math.isfinite(value) and 0.02 <= value <= 25 else None


def believable_objective(value: float | None) -> float | None:
    """The power of an objective, 1 to 200 times."""
    return value if value is not None and math.isfinite(value) and 1 <= value <= 200 else None
