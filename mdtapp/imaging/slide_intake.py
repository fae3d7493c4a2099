"""What an arriving file is when it may be a slide: a slide, whole or not, or no slide at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mdtapp.imaging.header import Refusal
from mdtapp.imaging.slide_reader import SlidePool, missing_pieces, together
from mdtapp.materials.reasons import CUT_SHORT, SLIDE_UNREADABLE, Reason, slide_incomplete
from mdtapp.materials.recognition import named_as_slide
from mdtapp.store.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Slide:
    """A slide that is kept; `note` says what is wrong with it, if anything."""

    note: Reason | None = None


def read_slide(pool: SlidePool, path: Path, name: str) -> Slide | Refusal | None:
    """A TIFF file as a slide; None when it is a picture, which is looked at as one."""
    found = pool.ask(lambda reader: reader.describe(path))
    if found is None:
        return Refusal(SLIDE_UNREADABLE) if named_as_slide(name) else None
    if isinstance(found, Refusal):
        return found
    return Slide(CUT_SHORT if found.cut_short else None)


def read_mirax(
    pool: SlidePool, objects: ObjectStore, sha256: str, pieces: Mapping[str, str]
) -> Slide | Refusal:
    """A slide of several files; one that lacks some is kept all the same, with their names in the note."""
    missing = missing_pieces(pool, objects, pieces)
    if isinstance(missing, Refusal):
        return missing
    if missing:
        return Slide(slide_incomplete(missing))
    found = pool.ask(lambda reader: reader.describe(together(objects, sha256, pieces)))
    if found is None or isinstance(found, Refusal):
        return Refusal(SLIDE_UNREADABLE) if found is None else found
    return Slide(CUT_SHORT if found.cut_short else None)
