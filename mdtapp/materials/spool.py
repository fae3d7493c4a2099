"""The write-ahead spool: nothing is acknowledged before it lies here durably.

A single file is written to `ID.part` and synced, its record `ID.json` likewise, then the
content is renamed to `ID.ready` and the folder is synced. Only `.ready` counts as arrived.

Files that come in a batch (one DICOM association) share the record `TOKEN.batch`, which is
synced before the first of them; what is each one's own stands in its name,
`ID-SHA256-NAME.ready`, and ID ends in TOKEN. So two syncs are left, content and folder, and they
run side by side: a power cut may leave a name whose content is not whole, which was not
acknowledged, and whoever takes an entry out compares it with the SHA-256 first.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import DomainError, Invalid, TooLarge
from mdtapp.materials.status import Source
from mdtapp.store.objects import CHUNK, sync_folder

CEILING = 4 * 1024**3
PART_LIFETIME = timedelta(hours=1)
_READY = ".ready"
_ENTRY_NAME = re.compile(r"[0-9A-Za-z._]{1,100}")


class SpoolFull(DomainError):
    """The disk took no more; nothing was acknowledged."""

    status = 507


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """One arrival that lies durably in the spool. `received_at` is ISO text in UTC.

    `entry` is the name of its content in the folder where that is not `ID.ready`.
    """

    id: str
    name: str
    source: Source
    actor: str
    case_no: str | None
    batch: str
    peer: str
    sha256: str
    size: int
    received_at: str
    entry: str = ""

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.received_at)


class Spool:
    """The folder `root`; any number of processes may write to it and drain it."""

    def __init__(self, root: Path, ceiling: int = CEILING) -> None:
        self.root = root
        self.ceiling = ceiling

    def receive(
        self,
        stream: BinaryIO,
        *,
        name: str,
        source: Source,
        actor: str,
        at: datetime,
        case_no: str | None = None,
        batch: str = "",
        peer: str = "",
        expected_size: int | None = None,
    ) -> SpooledFile:
        """Takes `stream` in and returns once it is durable.

        `actor` is an actor reference (`user:3`, `system:gateway`). TooLarge above the ceiling,
        Invalid when fewer or more bytes came than `expected_size` announced.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        arrival = f"{time.time_ns():016x}{secrets.token_hex(8)}"
        part = self.root / f"{arrival}.part"
        sidecar = self.root / f"{arrival}.json"
        try:
            sha256, size = self._write(stream, part, expected_size)
            spooled = SpooledFile(
                id=arrival,
                name=name,
                source=source,
                actor=actor,
                case_no=case_no,
                batch=batch or arrival,
                peer=peer,
                sha256=sha256,
                size=size,
                received_at=at.isoformat(),
            )
            _write_durably(sidecar, json.dumps(asdict(spooled), ensure_ascii=False).encode())
            part.rename(self._ready(arrival))
            sync_folder(self.root)
        except OSError as error:
            self._drop(arrival)
            raise _as_refusal(error) from error
        except BaseException:
            self._drop(arrival)
            raise
        return spooled

    def open_batch(self, *, source: Source, actor: str, peer: str) -> Batch:
        """A batch that takes one file after another; close it when its sender has gone."""
        return Batch(self, source, actor, peer)

    @property
    def incoming(self) -> Path:
        """Where parts of a larger message grow until they are complete."""
        return self.root / "incoming"

    def path(self, spooled: SpooledFile) -> Path:
        """Where the bytes of an arrival lie until it is discarded."""
        return self.root / (spooled.entry or f"{spooled.id}{_READY}")

    def ready(self, most: int | None = None, without: Collection[str] = ()) -> list[SpooledFile]:
        """Arrivals that wait to be processed, oldest first; not more than `most`, none whose id is in `without`."""
        names = sorted(path.name for path in self.root.glob(f"*{_READY}"))
        wanted = [name for name in names if _arrival_of(name) not in without][:most]
        batches: dict[str, dict[str, Any]] = {}
        found = (self._read(name, batches) for name in wanted)
        return [spooled for spooled in found if spooled is not None]

    def find(self, arrival: str) -> SpooledFile | None:
        """An arrival by its id, while it waits."""
        name = next((path.name for path in self.root.glob(f"{arrival}*{_READY}")), None)
        return self._read(name, {}) if name else None

    @contextlib.contextmanager
    def claim(self, spooled: SpooledFile, *, wait: bool = False) -> Iterator[bool]:
        """Whether this process may process the arrival now; the claim dies with the process.

        False when another process holds it (without `wait`) or has finished it.
        """
        path = self.path(spooled)
        try:
            lock = path.open("rb")
        except FileNotFoundError:
            yield False
            return
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield path.exists()

    def discard(self, spooled: SpooledFile) -> None:
        """Forgets an arrival whose fate is recorded: the content first, so that a rest is recognisable.

        Not synced: an arrival that a power cut brings back is found recorded and discarded again.
        """
        self.path(spooled).unlink(missing_ok=True)
        (self.root / f"{spooled.id}.json").unlink(missing_ok=True)

    def set_aside(self, spooled: SpooledFile) -> None:
        """Keeps an entry that is not what its SHA-256 says out of the way; nobody removes it but a person."""
        path = self.path(spooled)
        path.rename(path.with_suffix(".unsound"))

    def clean(self, now: datetime) -> list[str]:
        """Removes what was never acknowledged and is over an hour old, and records of batches
        that are over; returns the ids."""
        oldest = (now - PART_LIFETIME).timestamp()
        removed = []
        leavings = [path for kind in ("part", "json", "batch") for path in self.root.glob(f"*.{kind}")]
        for path in sorted([*leavings, *self.incoming.glob("*")]):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest and not self._is_needed(path):
                    path.unlink()
                    removed.append(path.stem)
        return sorted(set(removed))

    def copy_to(self, target: Path) -> None:
        """Copies what waits, records included. What is taken out meanwhile is left out."""
        target.mkdir(mode=0o700)
        for spooled in self.ready():
            content = self.path(spooled)
            record = self._batch_record(spooled.id) if spooled.entry else content.with_suffix(".json")
            try:
                shutil.copy2(record, target / record.name)
                shutil.copy2(content, target / content.name)
            except FileNotFoundError:
                (target / content.name).unlink(missing_ok=True)
                if not spooled.entry:
                    (target / record.name).unlink(missing_ok=True)

    def _is_needed(self, path: Path) -> bool:
        """Whether a rest belongs to something that waits, or to a batch whose sender may still be there."""
        if path.suffix != ".batch":
            return (self.root / f"{path.stem}{_READY}").exists()
        return _is_locked(path) or any(self.root.glob(f"????????????????{path.stem}-*{_READY}"))

    def _write(self, stream: BinaryIO, part: Path, expected_size: int | None) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with part.open("xb") as file:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > self.ceiling:
                    raise _too_large(self.ceiling)
                digest.update(chunk)
                file.write(chunk)
            if expected_size is not None and size != expected_size:
                raise Invalid(
                    Bitext(
                        "The transfer stopped before the file was complete, so nothing was kept. Send it again.",
                        "传输中断，文件不完整，未保存。请重新发送。",
                    )
                )
            file.flush()
            os.fsync(file.fileno())
        return digest.hexdigest(), size

    def _read(self, name: str, batches: dict[str, dict[str, Any]]) -> SpooledFile | None:
        """The arrival behind an entry of the folder; None when it has just been taken out."""
        arrival, *own = name.removesuffix(_READY).split("-", 2)
        try:
            if not own:
                values = json.loads((self.root / f"{arrival}.json").read_bytes())
                return SpooledFile(**{**values, "source": Source(values["source"])})
            record = self._batch_record(arrival)
            if record.name not in batches:
                batches[record.name] = json.loads(record.read_bytes())
            return _of_batch(name, (self.root / name).stat().st_size, batches[record.name])
        except FileNotFoundError:
            return None

    def _batch_record(self, arrival: str) -> Path:
        return self.root / f"{arrival[16:]}.batch"

    def _ready(self, arrival: str) -> Path:
        return self.root / f"{arrival}{_READY}"

    def _drop(self, arrival: str) -> None:
        for suffix in ("part", "json"):
            with contextlib.suppress(OSError):
                (self.root / f"{arrival}.{suffix}").unlink(missing_ok=True)


class Batch:
    """Files that one sender brings in one go, as over a DICOM association; used by one thread."""

    def __init__(self, spool: Spool, source: Source, actor: str, peer: str) -> None:
        self.spool = spool
        self.token = secrets.token_hex(8)
        self._values = {"source": source, "actor": actor, "batch": self.token, "peer": peer}
        self._record: BinaryIO | None = None
        self._folder: FolderSync | None = None
        self._last = 0

    def begin(self, head: bytes = b"") -> Incoming:
        """A file that is about to come, with what stands before its content. SpoolFull when the disk refuses."""
        with refused_by_the_disk():
            folder = self._folder or self._open()
            self._last = max(self._last + 1, time.time_ns())  # ids of a batch are in the order of arrival
            incoming = Incoming(self.spool, f"{self._last:016x}{self.token}", folder, self._values)
        try:
            incoming.write(head)
        except BaseException:
            incoming.drop()
            raise
        return incoming

    def close(self) -> None:
        """The sender has gone; its record stays as long as a file of it waits."""
        if self._record is not None:
            self._record.close()
            self._record = None
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    def _open(self) -> FolderSync:
        """The record, synced and locked for as long as files may still come (see `Spool.clean`)."""
        self.spool.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.spool.root / f"{self.token}.batch"
        _write_durably(path, json.dumps(self._values, ensure_ascii=False).encode())
        self._record = path.open("rb")
        fcntl.flock(self._record, fcntl.LOCK_SH)
        self._folder = FolderSync(self.spool.root)
        return self._folder


class FolderSync:
    """Syncs one folder in a thread of its own, while the caller syncs what lies in it.

    Two flushes asked for at once cost the disk about as much as one.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._thread = ThreadPoolExecutor(1, "folder-sync")

    def begin(self) -> Future[None]:
        """Asks for the sync; it is done when the future has its result, OSError when it failed."""
        return self._thread.submit(os.fsync, self._descriptor)

    def close(self) -> None:
        self._thread.shutdown()
        os.close(self._descriptor)


class Incoming:
    """One file of a batch while it comes: bytes go to the disk as they arrive."""

    def __init__(self, spool: Spool, arrival: str, folder: FolderSync, batch: dict[str, Any]) -> None:
        self.spool = spool
        self.arrival = arrival
        self.size = 0
        self._folder = folder
        self._batch = batch
        self._part = spool.root / f"{arrival}.part"
        self._file = self._part.open("xb", buffering=0)
        self._digest = hashlib.sha256()

    def write(self, chunk: bytes | memoryview) -> None:
        """The next bytes. TooLarge above the ceiling, SpoolFull when the disk refuses; then drop it."""
        self.size += len(chunk)
        if self.size > self.spool.ceiling:
            raise _too_large(self.spool.ceiling)
        self._digest.update(chunk)
        with refused_by_the_disk():
            while chunk:
                chunk = chunk[self._file.write(chunk) :]

    def keep(self, name: str) -> SpooledFile:
        """Returns once the file, its name and its batch's record are durable. ValueError for an odd name."""
        if not _ENTRY_NAME.fullmatch(name):
            raise ValueError("not a name for an entry")
        entry = f"{self.arrival}-{self._digest.hexdigest()}-{name}{_READY}"
        try:
            self._part.rename(self.spool.root / entry)
            folder = self._folder.begin()
            os.fdatasync(self._file.fileno())
            self._file.close()
            folder.result()
        except OSError as error:
            (self.spool.root / entry).unlink(missing_ok=True)
            raise _as_refusal(error) from error
        return _of_batch(entry, self.size, self._batch)

    def drop(self) -> None:
        """Forgets what came; nothing of it was acknowledged. Does nothing after `keep`."""
        self._file.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)


def _of_batch(entry: str, size: int, batch: dict[str, Any]) -> SpooledFile:
    """The arrival whose own values stand in its name, `ID-SHA256-NAME.ready`."""
    arrival, sha256, name = entry.removesuffix(_READY).split("-", 2)
    return SpooledFile(
        **{**batch, "source": Source(batch["source"])},
        id=arrival,
        name=name,
        case_no=None,
        sha256=sha256,
        size=size,
        received_at=datetime.fromtimestamp(int(arrival[:16], 16) / 1e9, UTC).isoformat(),
        entry=entry,
    )


def _arrival_of(name: str) -> str:
    return name.removesuffix(_READY).split("-", 1)[0]


def _is_locked(path: Path) -> bool:
    with path.open("rb") as record:
        try:
            fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _too_large(ceiling: int) -> TooLarge:
    limit = f"{ceiling / 1024**3:g} GiB"
    return TooLarge(
        Bitext(
            f"The file is over {limit} and was not taken. Send large studies over DICOM or in parts.",
            f"文件超过 {limit}，未接收。大型检查请通过 DICOM 发送或分批上传。",
        )
    )


@contextlib.contextmanager
def refused_by_the_disk() -> Iterator[None]:
    """An error of the disk becomes SpoolFull: nothing was acknowledged."""
    try:
        yield
    except OSError as error:
        raise _as_refusal(error) from error


def _as_refusal(error: OSError) -> DomainError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SpoolFull(
            Bitext(
                "The disk is full, so the file was not taken. Tell the administrator, then send it again.",
                "磁盘已满，文件未保存。请通知管理员后重新发送。",
            )
        )
    return SpoolFull(
        Bitext(
            "The file could not be written safely, so it was not taken. Tell the administrator, then send it again.",
            "文件无法安全写入，未保存。请通知管理员后重新发送。",
        )
    )
