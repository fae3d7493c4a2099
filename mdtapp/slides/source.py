"""Where the pixels of a slide come from: a file that OpenSlide reads, or frames of DICOM instances."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mdtapp.imaging.header import Refusal
from mdtapp.imaging.slide_pyramid import SlideDescription
from mdtapp.imaging.slide_reader import SlidePool
from mdtapp.materials.reasons import SLIDE_UNREADABLE, Reason

JPEG = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture ready to be sent."""

    content: bytes
    media_type: str = JPEG


class SlideSource(Protocol):
    """`version` changes with the bytes, so that what was sent may be kept by the browser."""

    @property
    def version(self) -> str: ...

    def describe(self) -> SlideDescription | Refusal: ...

    def tile(self, level: int, column: int, row: int) -> Tile | Refusal: ...

    def thumbnail(self) -> Tile | Refusal: ...

    def picture(self, name: str) -> Tile | Refusal: ...


@dataclass(frozen=True, slots=True)
class FileSlide:
    """A slide file; `path` is where OpenSlide finds it, with its pieces if it has any."""

    pool: SlidePool
    path: Path
    version: str

    def describe(self) -> SlideDescription | Refusal:
        found = self.pool.ask(lambda reader: reader.describe(self.path))
        return Refusal(SLIDE_UNREADABLE) if found is None else found

    def tile(self, level: int, column: int, row: int) -> Tile | Refusal:
        return _tile(self.pool.ask(lambda reader: reader.tile(self.path, level, column, row)))

    def thumbnail(self) -> Tile | Refusal:
        return _tile(self.pool.ask(lambda reader: reader.thumbnail(self.path)))

    def picture(self, name: str) -> Tile | Refusal:
        return _tile(self.pool.ask(lambda reader: reader.picture(self.path, name)))


@dataclass(frozen=True, slots=True)
class MissingSlide:
    """A slide that lacks pieces: every question is answered with their names."""

    reason: Reason
    version: str = ""

    def describe(self) -> Refusal:
        return Refusal(self.reason)

    def tile(self, level: int, column: int, row: int) -> Refusal:
        return Refusal(self.reason)

    def thumbnail(self) -> Refusal:
        return Refusal(self.reason)

    def picture(self, name: str) -> Refusal:
        return Refusal(self.reason)


def _tile(given: bytes | Refusal) -> Tile | Refusal:
    return given if isinstance(given, Refusal) else Tile(given)
