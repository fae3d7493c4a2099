"""The parent's side of slides: two limited children kept warm, and the place where a slide's pieces lie together."""

from __future__ import annotations

import atexit
import base64
import contextlib
import hashlib
import json
import queue
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from mdtapp.imaging.header import Refusal
from mdtapp.imaging.limited import LimitedReader
from mdtapp.imaging.slide_pyramid import Level, SlideDescription
from mdtapp.materials.reasons import SLIDE_TILE_UNREADABLE, SLIDE_TOO_HUNGRY
from mdtapp.store.objects import ObjectStore

CHILDREN = 2
INDEX = "Slidedat.ini"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,120}")
T = TypeVar("T")


class SlideReader(LimitedReader):
    """One child of `mdtapp.imaging.slide_child`, used by one thread at a time."""

    module = "mdtapp.imaging.slide_child"
    too_hungry = SLIDE_TOO_HUNGRY

    def describe(self, path: Path) -> SlideDescription | Refusal | None:
        """The slide at `path`; None when it is none."""
        answer = self._ask({"do": "describe", "path": str(path)})
        if isinstance(answer, Refusal):
            return answer
        return _description(answer["slide"]) if answer["slide"] else None

    def tile(self, path: Path, level: int, column: int, row: int) -> bytes | Refusal:
        """A tile as JPEG; `level` counts from the smallest."""
        return self._jpeg({"do": "tile", "path": str(path), "level": level, "column": column, "row": row})

    def thumbnail(self, path: Path) -> bytes | Refusal:
        """The slide in at most 512 by 512 pixels, as JPEG."""
        return self._jpeg({"do": "thumbnail", "path": str(path)})

    def picture(self, path: Path, name: str) -> bytes | Refusal:
        """The slide's label or the overview of its glass (`macro`), as JPEG."""
        return self._jpeg({"do": "picture", "path": str(path), "name": name})

    def pieces(self, index: Path) -> list[str] | Refusal:
        """The names of the files that a `Slidedat.ini` says belong together."""
        answer = self._ask({"do": "pieces", "path": str(index)})
        return answer if isinstance(answer, Refusal) else list(answer["pieces"])

    def _jpeg(self, request: dict[str, Any]) -> bytes | Refusal:
        answer = self._ask(request)
        if isinstance(answer, Refusal):
            return answer
        return base64.b64decode(answer["jpeg"]) if answer["jpeg"] else Refusal(SLIDE_TILE_UNREADABLE)


class SlidePool:
    """Some readers; whoever asks takes a free one, the last used first, because it is warm."""

    def __init__(self, children: int = CHILDREN) -> None:
        self._readers = [SlideReader() for _ in range(children)]
        self._free: queue.LifoQueue[SlideReader] = queue.LifoQueue()
        for reader in self._readers:
            self._free.put(reader)

    def ask(self, question: Callable[[SlideReader], T]) -> T:
        """What a free reader answers: `pool.ask(lambda reader: reader.thumbnail(path))`."""
        with self._lent() as reader:
            return question(reader)

    def close(self) -> None:
        for reader in self._readers:
            reader.close()

    @contextlib.contextmanager
    def _lent(self) -> Iterator[SlideReader]:
        reader = self._free.get()
        try:
            yield reader
        finally:
            self._free.put(reader)


_shared = SlidePool()
atexit.register(_shared.close)


def shared_slides() -> SlidePool:
    """The readers of this process; their children start at the first question."""
    return _shared


# A slide of several files (MIRAX)


def missing_pieces(pool: SlidePool, objects: ObjectStore, pieces: Mapping[str, str]) -> list[str] | Refusal:
    """Names of files a MIRAX slide needs and does not have; `pieces` are SHA-256 by file name.

    A refusal when the slide's own index makes no sense or names files outside its folder.
    """
    if INDEX not in pieces:
        return [INDEX]
    wanted = pool.ask(lambda reader: reader.pieces(objects.path(pieces[INDEX])))
    return wanted if isinstance(wanted, Refusal) else [name for name in wanted if name not in pieces]


def together(objects: ObjectStore, sha256: str, pieces: Mapping[str, str]) -> Path:
    """Where a slide of several files can be opened: links to the stored bytes under the names it knows.

    They lie in `derived/slides/` of the instance, can be made again at any time, and name no patient.
    """
    named = {name: pieces[name] for name in sorted(pieces) if _PLAIN.fullmatch(name)}
    key = hashlib.sha256(json.dumps([sha256, named]).encode()).hexdigest()
    folder = objects.root.parent / "derived" / "slides" / key
    if not folder.is_dir():
        _link(objects, folder, sha256, named)
    return folder / "slide.mrxs"


def _link(objects: ObjectStore, folder: Path, sha256: str, named: Mapping[str, str]) -> None:
    making = folder.with_name(f".{secrets.token_hex(8)}.part")
    (making / "slide").mkdir(mode=0o700, parents=True)
    (making / "slide.mrxs").symlink_to(objects.path(sha256).resolve())
    for name, piece in named.items():
        (making / "slide" / name).symlink_to(objects.path(piece).resolve())
    try:
        making.rename(folder)
    except OSError:  # another request was quicker
        shutil.rmtree(making)


def _description(values: Mapping[str, Any]) -> SlideDescription:
    """From the child's answer."""
    known: Sequence[Mapping[str, Any]] = values["levels"]
    levels = tuple(
        Level(one["width"], one["height"], one["scale"], one["tile_width"], one["tile_height"])
        for one in known
    )
    return SlideDescription(
        width=values["width"],
        height=values["height"],
        levels=levels,
        mpp_x=values["mpp_x"],
        mpp_y=values["mpp_y"],
        objective=values["objective"],
        pictures=tuple(values["pictures"]),
        cut_short=values["cut_short"],
    )
