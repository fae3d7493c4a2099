"""The outline of a region as a browser sends it, read with suspicion."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid

MOST_CORNERS = 500
MISSHAPEN = Bitext(
    "The outline of the region could not be read. Draw it again.", "区域轮廓无法识别，请重新绘制。"
)


@dataclass(frozen=True, slots=True)
class Outline:
    """Corners (x, y) in whole pixels of level 0, at least three; the last one joins the first."""

    corners: tuple[tuple[int, int], ...]

    def inside(self, width: int, height: int) -> bool:
        """Whether every corner lies on the slide and the outline encloses anything."""
        fits = all(0 <= x <= width and 0 <= y <= height for x, y in self.corners)
        return fits and self.area >= 1

    @property
    def area(self) -> float:
        """In pixels of level 0, by the shoelace formula."""
        pairs = zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True)
        return abs(sum(x * v - u * y for (x, y), (u, v) in pairs)) / 2


def read_outline(text: str) -> Outline:
    """From `[[x, y], …]`; Invalid for anything else."""
    try:
        values: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(MISSHAPEN, fields={"outline": MISSHAPEN}) from error
    if (
        not isinstance(values, list)
        or not 3 <= len(values) <= MOST_CORNERS
        or not all(map(_is_corner, values))
    ):
        raise Invalid(MISSHAPEN, fields={"outline": MISSHAPEN})
    return Outline(tuple((x, y) for x, y in values))


def _is_corner(value: Any) -> bool:
    whole = isinstance(value, list) and len(value) == 2 and all(type(part) is int for part in value)
    return whole and all(abs(part) < 2**31 for part in value)
