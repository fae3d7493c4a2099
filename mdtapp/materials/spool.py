"""The write-ahead spool: nothing is acknowledged before it lies here durably.

An arrival is written to `ID.part` and fsynced, its sidecar `ID.json` likewise, then the
content is renamed to `ID.ready` and the folder is fsynced. Only `.ready` counts as arrived.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import DomainError, Invalid, TooLarge
from mdtapp.materials.status import Source
from mdtapp.store.objects import CHUNK, sync_folder

CEILING = 4 * 1024**3
PART_LIFETIME = timedelta(hours=1)


class SpoolFull(DomainError):
    """The disk took no more; nothing was acknowledged."""

    status = 507


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """One arrival that lies durably in the spool. `received_at` is ISO text in UTC."""

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

    @property
    def incoming(self) -> Path:
        """Where messages of a network peer grow until they are complete."""
        return self.root / "incoming"

    def path(self, spooled: SpooledFile) -> Path:
        """Where the bytes of an arrival lie until it is discarded."""
        return self._ready(spooled.id)

    def ready(self, most: int | None = None) -> list[SpooledFile]:
        """Arrivals that wait to be processed, oldest first; not more than `most`."""
        found = (self._read(path.stem) for path in sorted(self.root.glob("*.ready"))[:most])
        return [spooled for spooled in found if spooled is not None]

    def find(self, arrival: str) -> SpooledFile | None:
        """An arrival by its id, while it waits."""
        return self._read(arrival) if self._ready(arrival).exists() else None

    @contextlib.contextmanager
    def claim(self, spooled: SpooledFile, *, wait: bool = False) -> Iterator[bool]:
        """Whether this process may process the arrival now; the claim dies with the process.

        False when another process holds it (without `wait`) or has finished it.
        """
        try:
            lock = (self.root / f"{spooled.id}.json").open("rb")
        except FileNotFoundError:
            yield False
            return
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield self._ready(spooled.id).exists()

    def discard(self, spooled: SpooledFile) -> None:
        """Forgets an arrival whose fate is recorded: the content first, so that a rest is recognisable."""
        self._ready(spooled.id).unlink(missing_ok=True)
        (self.root / f"{spooled.id}.json").unlink(missing_ok=True)
        sync_folder(self.root)

    def clean(self, now: datetime) -> list[str]:
        """Removes what was never acknowledged and is over an hour old; returns the arrival ids."""
        oldest = (now - PART_LIFETIME).timestamp()
        removed = []
        leavings = [*self.root.glob("*.part"), *self.root.glob("*.json"), *self.incoming.glob("*")]
        for path in sorted(leavings):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest and not self._ready(path.stem).exists():
                    path.unlink()
                    removed.append(path.stem)
        return sorted(set(removed))

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

    def _read(self, arrival: str) -> SpooledFile | None:
        try:
            values = json.loads((self.root / f"{arrival}.json").read_bytes())
        except FileNotFoundError:
            return None
        return SpooledFile(**{**values, "source": Source(values["source"])})

    def _ready(self, arrival: str) -> Path:
        return self.root / f"{arrival}.ready"

    def _drop(self, arrival: str) -> None:
        for suffix in ("part", "json"):
            with contextlib.suppress(OSError):
                (self.root / f"{arrival}.{suffix}").unlink(missing_ok=True)


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
