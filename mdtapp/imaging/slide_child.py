"""The limited child of slides: `python -m mdtapp.imaging.slide_child` reads them through OpenSlide.

Requests name what to `do` ("describe", "tile", "thumbnail", "picture", "pieces") and a `path`. OpenSlide
(LGPL 2.1) is loaded as a shared library and can be replaced. Limits are those of `mdtapp.imaging.serving`.
"""

from __future__ import annotations

import base64
import io
import re
from collections import OrderedDict
from pathlib import Path
from typing import Any

import openslide
from openslide.deepzoom import DeepZoomGenerator
from PIL import Image

from mdtapp.imaging.serving import serve
from mdtapp.imaging.slide_pyramid import (
    TILE,
    SlideDescription,
    believable_mpp,
    believable_objective,
    halved,
)
from mdtapp.materials.reasons import PIXEL_FLOOD, SLIDE_TILE_UNREADABLE, SLIDE_TOO_HUNGRY, SLIDE_UNREADABLE

QUALITY = 85
THUMBNAIL = 512
OPEN = 4  # slides kept open, each with OpenSlide's own cache of 32 MiB
PICTURES = ("label", "macro")
MANY_PIXELS = 64_000_000
MANY_TILES = 4096  # of the smallest level, which a viewer loads whole
PICTURE_EDGE = 8192  # a tiled TIFF of one level and below this size is a picture, not a slide
MAX_INI = 1 << 20
_NAMES_A_FILE = re.compile(r"\s*(INDEXFILE|FILE_\d{1,6})\s*=\s*(.*?)\s*")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,120}")

_open: OrderedDict[str, Slide] = OrderedDict()


class Flood(Exception):
    """A slide that claims more pixels than its smaller versions could show."""


class Slide:
    """An open slide with its pyramid."""

    def __init__(self, path: str) -> None:
        self.file = openslide.OpenSlide(path)
        width, height = self.file.dimensions
        self.levels = halved(width, height, self.file.level_downsamples[-1])
        self.tiles = DeepZoomGenerator(self.file, tile_size=TILE, overlap=0, limit_bounds=False)

    def describe(self) -> SlideDescription:
        """What pages need to know; nothing of the label's texts."""
        width, height = self.file.dimensions
        properties = self.file.properties
        return SlideDescription(
            width=width,
            height=height,
            levels=self.levels,
            mpp_x=believable_mpp(_number(properties.get(openslide.PROPERTY_NAME_MPP_X))),
            mpp_y=believable_mpp(_number(properties.get(openslide.PROPERTY_NAME_MPP_Y))),
            objective=believable_objective(_number(properties.get(openslide.PROPERTY_NAME_OBJECTIVE_POWER))),
            pictures=tuple(name for name in PICTURES if f"openslide.associated.{name}.width" in properties),
        )

    def tile(self, level: int, column: int, row: int) -> Image.Image | None:
        """A tile of our own numbering of levels, None outside the slide."""
        if not 0 <= level < len(self.levels):
            return None
        if not (0 <= column < self.levels[level].columns and 0 <= row < self.levels[level].rows):
            return None
        own = self.tiles.level_count - len(self.levels) + level
        return self.tiles.get_tile(own, (column, row))

    def last_tiles_are_there(self) -> bool:
        """Whether the lower right corner of each stored level can be read: files are written in this order."""
        try:
            for level, (width, height) in enumerate(self.file.level_dimensions):
                downsample = self.file.level_downsamples[level]
                corner = int(max(0, width - 16) * downsample), int(max(0, height - 16) * downsample)
                self.file.read_region(corner, level, (min(16, width), min(16, height)))
        except openslide.OpenSlideError:
            return False
        return True


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Does what the request says; a slide that failed once is closed, as OpenSlide asks."""
    path = request["path"]
    try:
        return _answer(request, path)
    except (openslide.OpenSlideError, OSError, ValueError, KeyError):
        _open.pop(path, None)
        reason = SLIDE_TILE_UNREADABLE if request["do"] in {"tile", "picture"} else SLIDE_UNREADABLE
        return {"refused": reason.code}
    except Flood:
        return {"refused": PIXEL_FLOOD.code}
    except MemoryError:
        return {"refused": SLIDE_TOO_HUNGRY.code}


def _answer(request: dict[str, Any], path: str) -> dict[str, Any]:
    match request["do"]:
        case "describe":
            return {"slide": _described(path)}
        case "tile":
            return _jpeg(_slide(path).tile(request["level"], request["column"], request["row"]))
        case "thumbnail":
            return _jpeg(_thumbnail(_slide(path)))
        case "picture":
            return _jpeg(_picture(_slide(path), request["name"]))
        case "pieces":
            return {"pieces": _pieces(Path(path))}
    raise ValueError("unknown request")


def _slide(path: str) -> Slide:
    found = _open.pop(path, None)
    _open[path] = found or Slide(path)
    while len(_open) > OPEN:
        _open.popitem(last=False)[1].file.close()
    return _open[path]


def _described(path: str) -> dict[str, Any] | None:
    """None for what OpenSlide does not take for a slide, and for an ordinary tiled picture."""
    vendor = openslide.OpenSlide.detect_format(path)
    if vendor is None:
        return None
    slide = _slide(path)
    plain = vendor == "generic-tiff" and slide.file.level_count == 1
    if plain and max(slide.file.dimensions) < PICTURE_EDGE:
        return None
    if slide.levels[0].columns * slide.levels[0].rows > MANY_TILES:
        raise Flood
    described = slide.describe()
    cut_short = not slide.last_tiles_are_there()
    if cut_short:
        del _open[path]  # a slide that failed once answers nothing any more
    return {**described.as_json(), "pictures": described.pictures, "cut_short": cut_short}


def _thumbnail(slide: Slide) -> Image.Image | None:
    level = slide.file.get_best_level_for_downsample(max(slide.file.dimensions) / THUMBNAIL)
    width, height = slide.file.level_dimensions[level]
    if width * height > MANY_PIXELS:
        return None
    return slide.file.get_thumbnail((THUMBNAIL, THUMBNAIL))


def _picture(slide: Slide, name: str) -> Image.Image | None:
    """The label or the overview of the glass."""
    width = _number(slide.file.properties.get(f"openslide.associated.{name}.width"))
    height = _number(slide.file.properties.get(f"openslide.associated.{name}.height"))
    if name not in PICTURES or width is None or height is None or width * height > MANY_PIXELS:
        return None
    return slide.file.associated_images[name].convert("RGB")


def _jpeg(image: Image.Image | None) -> dict[str, Any]:
    if image is None:
        return {"jpeg": None}
    image.info.pop("icc_profile", None)  # Pillow would repeat it in every tile
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY)
    return {"jpeg": base64.b64encode(stream.getvalue()).decode()}


def _pieces(path: Path) -> list[str]:
    """The files a Slidedat.ini names, itself first. ValueError when one of them would lie elsewhere.

    Every line that could name a file is looked at, whatever its section: OpenSlide opens what stands there.
    """
    if path.stat().st_size > MAX_INI:
        raise ValueError("larger than any index of a slide")
    lines = path.read_bytes().decode("utf-8-sig", "replace").splitlines()
    named = {found[1]: found[2] for found in map(_NAMES_A_FILE.fullmatch, lines) if found}
    if "INDEXFILE" not in named or not all(map(_PLAIN.fullmatch, named.values())):
        raise ValueError("not the index of a slide")
    return ["Slidedat.ini", *dict.fromkeys(named.values())]


def _number(value: str | None) -> float | None:
    try:
        return float(value) if value is not None else None
    except ValueError:
        return None


if __name__ == "__main__":
    serve(answer)
