"""What was computed from an instance at intake and is read at every request: its JSON and its frame table.

Files beside the object store, named by the SHA-256 of the instance they were made from. They can always
be made again from the bytes, so a missing or damaged one is simply made anew.
"""

from __future__ import annotations

import gzip
import hashlib
import secrets
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mdtapp.errors import NotFound
from mdtapp.imaging.frames import NO_SUCH_FRAME, FrameLayout, count_frames, read_frame
from mdtapp.imaging.header import InstanceIndex
from mdtapp.imaging.limited import LimitedReader
from mdtapp.store.objects import ObjectStore

Value = TypeVar("Value")
ROOT = "/dicomweb"
_DAMAGED = (OSError, ValueError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Indexed:
    """An instance as the index knows it: the hash of its bytes, and the address of its own resources."""

    sha256: str
    address: str

    @classmethod
    def of(
        cls, sha256: str, study_instance_uid: str, series_instance_uid: str, sop_instance_uid: str
    ) -> Indexed:
        """The resource of WADO-RS (PS3.18 10.4) below the root of this site."""
        series = f"{ROOT}/studies/{study_instance_uid}/series/{series_instance_uid}"
        return cls(sha256, f"{series}/instances/{sop_instance_uid}")


class DerivedStore:
    """Files under `root`; `reader` makes what is missing from `objects`."""

    def __init__(self, root: Path, objects: ObjectStore, reader: LimitedReader) -> None:
        self.root = root
        self.objects = objects
        self.reader = reader

    @classmethod
    def beside(cls, objects: ObjectStore, reader: LimitedReader) -> DerivedStore:
        """The store that belongs to these objects."""
        return cls(objects.root.with_name("derived"), objects, reader)

    def make(self, instance: Indexed) -> bool:
        """Makes both files from the bytes; False when the bytes give nothing (the reason stands in the intake)."""
        index = self.reader.index(self.objects.path(instance.sha256), instance.address)
        if not isinstance(index, InstanceIndex):
            index = InstanceIndex("{}", FrameLayout([]).as_bytes())
        self._write(self._path(instance.sha256, "json.gz"), gzip.compress(index.json.encode(), 6, mtime=0))
        self._write(self._path(instance.sha256, "frames"), index.frames)
        return index.json != "{}"

    def json_of(self, instance: Indexed) -> str:
        """The data set as one JSON object without the patient."""
        path = self._path(instance.sha256, "json.gz")
        return self._read(instance, lambda: _object(path))

    def count_frames(self, instance: Indexed) -> int:
        """How many frames the file holds whole."""
        table = self._path(instance.sha256, "frames")
        try:
            return self._read(instance, lambda: count_frames(table))
        except _DAMAGED:
            return 0

    def frame(self, instance: Indexed, number: int) -> bytes:
        """Frame `number` (from 1) as stored; NotFound when it is not there."""
        table, content = self._path(instance.sha256, "frames"), self.objects.path(instance.sha256)
        try:
            return self._read(instance, lambda: read_frame(table, content, number))
        except _DAMAGED as error:
            raise NotFound(NO_SUCH_FRAME) from error

    def composed(self, key: Sequence[object], compose: Callable[[], str]) -> bytes:
        """Gzipped text that is put together once for a key; another key when anything in it changes."""
        name = hashlib.sha256("\0".join(map(str, key)).encode()).hexdigest()
        path = self._path(name, "series.gz")
        try:
            packed = path.read_bytes()
            if packed.endswith(_END):
                return packed[: -len(_END)]
        except OSError:
            pass
        packed = gzip.compress(compose().encode(), 6, mtime=0)
        self._write(path, packed + _END)
        return packed

    def _read(self, instance: Indexed, read: Callable[[], Value]) -> Value:
        try:
            return read()
        except _DAMAGED:
            self.make(instance)
            return read()

    def _path(self, name: str, suffix: str) -> Path:
        return self.root / name[:2] / f"{name}.{suffix}"

    def _write(self, path: Path, content: bytes) -> None:
        """Whole or not at all; not synced, since it can be made again."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        temporary.write_bytes(content)
        temporary.replace(path)


def _object(path: Path) -> str:
    written = gzip.decompress(path.read_bytes()).decode()
    if not written.startswith("{"):  # an empty file gives an empty text
        raise ValueError("not a data set")
    return written


_END = b"mdtapp"  # a file cut short by a power cut does not end so
