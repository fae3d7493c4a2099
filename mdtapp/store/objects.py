"""Content-addressed files: named by SHA-256, written once, durable before they are named."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20
PART_LIFETIME = timedelta(hours=1)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What was stored: hexadecimal SHA-256 and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class NotAsNamed:
    """The bytes of a file are not those whose SHA-256 was recorded."""


class ObjectStore:
    """Files under `root/ab/abcdef…`; the same bytes are kept once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Where the bytes lie; ValueError for anything that is not a SHA-256."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError("not a SHA-256")
        return self.root / sha256[:2] / sha256

    def exists(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def open(self, sha256: str) -> BinaryIO:
        return self.path(sha256).open("rb")

    def read(self, sha256: str) -> bytes:
        return self.path(sha256).read_bytes()

    def put_bytes(self, content: bytes) -> StoredObject:
        return self.put_stream(io.BytesIO(content))

    def put_stream(self, stream: BinaryIO) -> StoredObject:
        """Copies `stream` in: write, fsync, rename, fsync of the folder. Returns after all four."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self.root / f".{secrets.token_hex(8)}.part"
        digest, size = hashlib.sha256(), 0
        try:
            with temporary.open("xb") as file:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            stored = StoredObject(digest.hexdigest(), size)
            self._place(temporary, self.path(stored.sha256))
        finally:
            temporary.unlink(missing_ok=True)
        return stored

    def adopt(self, files: Sequence[tuple[Path, str]]) -> list[StoredObject | NotAsNamed]:
        """Takes in files (path, SHA-256) under a second name, or as copies from another file system.

        Returns after all are durable, with NotAsNamed for each whose bytes have another SHA-256. They
        must not be written to any more. Flushes asked for at once cost the disk about as much as one.
        """
        with ThreadPoolExecutor(min(8, len(files) or 1)) as threads:
            taken = list(threads.map(lambda file: self._adopt(*file), files))
            folders = {self.path(one.sha256).parent for one in taken if isinstance(one, StoredObject)}
            for _ in threads.map(sync_folder, folders):
                pass
        return taken

    def _adopt(self, path: Path, sha256: str) -> StoredObject | NotAsNamed:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                return NotAsNamed()
            final = self.path(sha256)
            if not final.exists():
                self._make_folder(final.parent)
                os.fdatasync(file.fileno())
                try:
                    os.link(path, final)
                except FileExistsError:
                    pass
                except OSError:
                    file.seek(0)
                    return self.put_stream(file)
            return StoredObject(sha256, os.fstat(file.fileno()).st_size)

    def clean(self, now: datetime) -> int:
        """Removes what a process that died was still writing, once it is over an hour old; returns how many."""
        oldest, removed = (now - PART_LIFETIME).timestamp(), 0
        for path in self.root.glob(".*.part"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
                    removed += 1
        return removed

    def _place(self, temporary: Path, final: Path) -> None:
        if final.exists():
            return
        self._make_folder(final.parent)
        temporary.rename(final)
        sync_folder(final.parent)

    def _make_folder(self, folder: Path) -> None:
        if not folder.exists():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self.root)


def sync_folder(folder: Path) -> None:
    """Makes a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
