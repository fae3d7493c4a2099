"""Walking a folder, a disc or a zip: every entry counts, none leads out, none unpacks without end."""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from mdtapp.materials.reasons import (
    ARCHIVE_BROKEN,
    ARCHIVE_COUNT,
    ARCHIVE_DEPTH,
    ARCHIVE_ENCRYPTED,
    ARCHIVE_METHOD,
    ARCHIVE_RATIO,
    ARCHIVE_SIZE,
    PATH_CLIMBS,
    SPECIAL_FILE,
    SYMLINK,
    TOO_LARGE,
    UNREADABLE,
    Reason,
)

MAX_ENTRIES = 20_000
MAX_UNPACKED = 8 * 1024**3
MAX_FILE = 4 * 1024**3
MAX_DEPTH = 2
MAX_INDEX = 32 * 1024**2  # bytes of the central directory; zipfile reads it whole
RATIO = 200
RATIO_FREE = 64 * 1024**2  # below this size no ratio is suspicious: empty pictures pack to nothing

# What reading a damaged member may raise; zipfile passes zlib's and struct's errors through.
BROKEN_MEMBER = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_DRIVE = re.compile(r"^[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a folder or archive: either it can be opened, or `refusal` says why not."""

    path: str
    size: int
    open: Callable[[], BinaryIO] | None
    refusal: Reason | None = None
    on_disk: bool = True


@dataclass(slots=True)
class Budget:
    """What one arrival may unpack to, nested archives included."""

    entries: int = MAX_ENTRIES
    size: int = MAX_UNPACKED
    file_size: int = MAX_FILE


def walk_folder(root: Path, shown: str) -> Iterator[Entry]:
    """Every file below `root` in a fixed order; links are named, never followed.

    `shown` is the text each path begins with. What heads a slide of several files comes behind its pieces.
    """
    heads: list[tuple[Path, str]] = []
    for folder, folders, files in os.walk(root, followlinks=False):
        folders.sort()
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in sorted([*files, *links]):
            path = Path(folder) / name
            relative = path.relative_to(root).as_posix()
            given = path, f"{shown}/{relative}" if shown else relative
            if _heads_a_slide(name):
                heads.append(given)
            else:
                yield _on_disk(*given)
    yield from (_on_disk(*given) for given in heads)


def _heads_a_slide(name: str) -> bool:
    """A MIRAX slide can be opened only when the pieces of its folder are there."""
    return name.lower().endswith(".mrxs")


def file_entry(path: Path, shown: str) -> Entry:
    """One file given by itself."""
    return _on_disk(path, shown)


def _on_disk(path: Path, shown: str) -> Entry:
    shown = readable_path(shown)
    try:
        status = path.lstat()
    except OSError:
        return Entry(shown, 0, None, UNREADABLE)
    if stat.S_ISLNK(status.st_mode):
        return Entry(shown, 0, None, SYMLINK)
    if not stat.S_ISREG(status.st_mode):
        return Entry(shown, 0, None, SPECIAL_FILE)
    if status.st_size > MAX_FILE:
        return Entry(shown, status.st_size, None, TOO_LARGE)
    return Entry(shown, status.st_size, lambda: path.open("rb"))


def walk_zip(path: Path, shown: str, budget: Budget, depth: int = 1) -> Iterator[Entry]:
    """Every file of a zip, under the archive's own shown path; `depth` is 1 for an outermost zip.

    A fault of the whole archive (damaged, locked, too large, too deep) is one refused entry
    that carries the archive's path. Sizes are those declared: zipfile never yields more.
    """
    if depth > MAX_DEPTH:
        yield Entry(shown, 0, None, ARCHIVE_DEPTH)
        return
    if _index_size(path) > MAX_INDEX:
        yield Entry(shown, 0, None, ARCHIVE_COUNT)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (*BROKEN_MEMBER, OSError):
        yield Entry(shown, 0, None, ARCHIVE_BROKEN)
        return
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        refusal = _whole(members, path.stat().st_size, budget)
        if refusal:
            yield Entry(shown, 0, None, refusal)
            return
        budget.entries -= len(members)
        budget.size -= sum(member.file_size for member in members)
        for member in sorted(members, key=lambda member: _heads_a_slide(member.filename)):
            yield _member(archive, member, shown, budget.file_size)


def _index_size(path: Path) -> int:
    """Declared size of the central directory in bytes (APPNOTE 4.3.14 and 4.3.16); 0 when none is found."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 16) - 128))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        return 0
    size = int.from_bytes(tail[end + 12 : end + 16], "little")
    large = tail.rfind(b"PK\x06\x06")
    return (
        int.from_bytes(tail[large + 40 : large + 48], "little") if size == 0xFFFFFFFF and large >= 0 else size
    )


def _whole(members: list[zipfile.ZipInfo], packed: int, budget: Budget) -> Reason | None:
    unpacked = sum(member.file_size for member in members)
    if len(members) > budget.entries:
        return ARCHIVE_COUNT
    if unpacked > budget.size:
        return ARCHIVE_SIZE
    if unpacked > RATIO_FREE and unpacked > RATIO * max(packed, 1):
        return ARCHIVE_RATIO
    if members and all(member.flag_bits & 0x1 for member in members):
        return ARCHIVE_ENCRYPTED
    return None


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str, ceiling: int) -> Entry:
    name = _name(member)
    path = f"{shown}/{readable_path(name)}"
    refusal = _refuse(member, name, ceiling)
    if refusal:
        return Entry(path, member.file_size, None, refusal)
    return Entry(path, member.file_size, lambda: archive.open(member), on_disk=False)  # type: ignore[return-value,arg-type]


def _refuse(member: zipfile.ZipInfo, name: str, ceiling: int) -> Reason | None:
    if climbs(name):
        return PATH_CLIMBS
    if stat.S_ISLNK(member.external_attr >> 16):
        return SYMLINK
    if member.flag_bits & 0x1:
        return ARCHIVE_ENCRYPTED
    if member.compress_type not in (
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
        zipfile.ZIP_BZIP2,
        zipfile.ZIP_LZMA,
    ):
        return ARCHIVE_METHOD
    if member.file_size > ceiling:
        return TOO_LARGE
    swollen = member.file_size > RATIO_FREE and member.file_size > RATIO * max(member.compress_size, 1)
    return ARCHIVE_RATIO if swollen else None


def climbs(name: str) -> bool:
    """Whether a path inside an archive is absolute, names a drive, or leads upwards."""
    path = name.replace("\\", "/")
    return path.startswith("/") or _DRIVE.match(path) is not None or ".." in PurePosixPath(path).parts


def _name(member: zipfile.ZipInfo) -> str:
    """The member's name; without the UTF-8 flag it may be UTF-8 or GB18030 all the same."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def readable_path(path: str) -> str:
    """A path fit to be stored and shown: marks that hide or turn text are written as codes."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text if len(text) <= 1000 else f"{text[:400]}…{text[-599:]}"
