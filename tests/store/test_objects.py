"""Files by their hash: written, synced, renamed, folder synced, in this order, before anybody is told."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

from mdtapp.store.objects import CHUNK, NotAsNamed, ObjectStore, StoredObject

CONTENT = b"first page\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "objects")


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What is done to the disk, in order: `sync NAME SIZE`, `rename FROM TO`, `sync FOLDER`."""
    done: list[str] = []
    fsync, rename = os.fsync, os.rename

    def note_fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        done.append(f"sync {_named(path, tmp_path)}" + (f" {path.stat().st_size}" if path.is_file() else ""))
        fsync(descriptor)

    def note_rename(source: object, target: object, **more: object) -> None:
        done.append(f"rename {_named(Path(str(source)), tmp_path)} {_named(Path(str(target)), tmp_path)}")
        rename(str(source), str(target))

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "rename", note_rename)
    return done


def _named(path: Path, root: Path) -> str:
    return re.sub(r"\.[0-9a-f]{16}\.part", "PART", str(path.relative_to(root)))


def test_bytes_are_found_again_under_their_hash(store: ObjectStore):
    stored = store.put_bytes(CONTENT)
    assert (stored.sha256, stored.size) == (SHA256, len(CONTENT))
    assert store.path(SHA256) == store.root / SHA256[:2] / SHA256
    assert store.exists(SHA256)
    assert store.read(SHA256) == CONTENT
    with store.open(SHA256) as file:
        assert file.read() == CONTENT


def test_the_order_of_a_durable_write(store: ObjectStore, steps: list[str]):
    store.put_bytes(CONTENT)
    folder = f"objects/{SHA256[:2]}"
    assert steps == [
        f"sync objects/PART {len(CONTENT)}",  # whole before it is synced
        "sync objects",  # the new folder is in its parent
        f"rename objects/PART {folder}/{SHA256}",
        f"sync {folder}",
    ]


def test_a_second_file_of_a_folder_syncs_the_folder_again(store: ObjectStore, steps: list[str]):
    (store.root / SHA256[:2]).mkdir(parents=True)
    store.put_bytes(CONTENT)
    assert [step.split()[0] for step in steps] == ["sync", "rename", "sync"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_kernel_sees_the_same_order(tmp_path: Path):
    """Write, fsync of the file, rename, fsync of its folder, as system calls of a process of its own."""
    code = (
        "from pathlib import Path; from mdtapp.store.objects import ObjectStore; "
        f"ObjectStore(Path({str(tmp_path / 'objects')!r})).put_bytes({CONTENT[:11]!r} * 1000)"
    )
    trace = tmp_path / "trace"
    command = [
        "strace",
        "-f",
        "-y",
        "-e",
        "trace=write,fsync,fdatasync,rename,renameat,renameat2",
        "-o",
        str(trace),
    ]
    done = subprocess.run([*command, sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode and "ptrace" in done.stderr:
        pytest.skip("this machine does not let processes be traced")
    assert done.returncode == 0, done.stderr
    ours = [line.split(" ", 1)[1].strip() for line in trace.read_text().splitlines() if "objects" in line]
    called = [re.match(r"\w+", call).group() for call in ours]  # type: ignore[union-attr]
    assert called[0] == "write"
    assert called[-3:] in (["fsync", "rename", "fsync"], ["fsync", "renameat2", "fsync"])
    assert ".part>" in ours[0]
    assert f"objects/{SHA256[:2]}>" in ours[-1]


def test_the_same_bytes_are_kept_once(store: ObjectStore, steps: list[str]):
    store.put_bytes(CONTENT)
    inode = store.path(SHA256).stat().st_ino
    store.put_bytes(CONTENT)
    assert store.path(SHA256).stat().st_ino == inode
    assert sum(step.startswith("rename") for step in steps) == 1
    assert [path.name for path in store.root.rglob("*") if path.is_file()] == [SHA256]


def test_many_writers_of_the_same_bytes(store: ObjectStore):
    with ThreadPoolExecutor(8) as threads:
        stored = list(threads.map(store.put_bytes, [CONTENT] * 32))
    assert {one.sha256 for one in stored} == {SHA256}
    assert [path.name for path in store.root.rglob("*") if path.is_file()] == [SHA256]


def test_a_stream_larger_than_one_read(store: ObjectStore):
    content = os.urandom(CHUNK * 2 + 17)
    stored = store.put_stream(io.BytesIO(content))
    assert (stored.size, store.read(stored.sha256)) == (len(content), content)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_failed_sync_is_an_error_and_leaves_nothing_half(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, failing: int, number: int
):
    """Never retried into success; either the whole file is there or none."""
    fsync, count = os.fsync, iter(range(1, 100))

    def fails(descriptor: int) -> None:
        if next(count) == failing:
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match=os.strerror(number)):
        store.put_bytes(CONTENT)
    assert list(store.root.rglob("*.part")) == []
    if store.exists(SHA256):
        assert store.read(SHA256) == CONTENT


def test_a_stream_that_breaks_leaves_nothing(store: ObjectStore):
    class Breaks(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(10)
            if not found:
                raise ConnectionResetError
            return found

    with pytest.raises(ConnectionResetError):
        store.put_stream(Breaks(CONTENT[:100]))
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_what_a_killed_process_left_is_removed_after_an_hour(store: ObjectStore):
    store.put_bytes(CONTENT)
    leftover = store.root / ".0123456789abcdef.part"
    leftover.write_bytes(CONTENT[:10])
    assert store.clean(datetime.now(UTC)) == 0
    assert store.clean(datetime.now(UTC) + timedelta(hours=2)) == 1
    assert [path.name for path in store.root.rglob("*") if path.is_file()] == [SHA256]


@pytest.mark.parametrize(
    "name", ["", "abc", "../../etc/passwd", "G" * 64, SHA256.upper(), f"{SHA256}\n", f"{SHA256[:63]}/"]
)
def test_only_a_hash_is_a_name(store: ObjectStore, name: str):
    with pytest.raises(ValueError, match="not a SHA-256"):
        store.path(name)


def test_nobody_else_on_the_machine_can_list_the_files(store: ObjectStore):
    store.put_bytes(CONTENT)
    assert store.root.stat().st_mode & 0o077 == 0
    assert store.path(SHA256).parent.stat().st_mode & 0o077 == 0


# Files that are durable already


def test_a_durable_file_gets_a_second_name(tmp_path: Path, store: ObjectStore) -> None:
    path = tmp_path / "arrival"
    path.write_bytes(CONTENT)
    assert store.adopt([(path, SHA256)]) == [StoredObject(SHA256, len(CONTENT))]
    assert store.path(SHA256).samefile(path)
    path.unlink()
    assert store.read(SHA256) == CONTENT


def test_adopted_files_and_their_folders_are_synced(tmp_path: Path, store: ObjectStore) -> None:
    paths = [tmp_path / f"arrival{number}" for number in range(20)]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * 1000)
    synced: set[str] = set()
    real_file, real_folder = os.fdatasync, os.fsync

    def note(real: Callable[[int], None], descriptor: int) -> None:
        synced.add(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    with (
        mock.patch.object(os, "fdatasync", lambda descriptor: note(real_file, descriptor)),
        mock.patch.object(os, "fsync", lambda descriptor: note(real_folder, descriptor)),
    ):
        store.adopt(list(zip(paths, hashes, strict=True)))
    assert {path.name for path in paths} <= synced
    assert {sha256[:2] for sha256 in hashes} | {"objects"} <= synced


def test_a_file_that_is_not_as_named_is_not_adopted(tmp_path: Path, store: ObjectStore) -> None:
    torn, whole = tmp_path / "torn", tmp_path / "whole"
    torn.write_bytes(CONTENT[:-1])
    whole.write_bytes(CONTENT)
    assert store.adopt([(torn, SHA256)]) == [NotAsNamed()]
    assert not store.exists(SHA256)
    assert store.adopt([(torn, SHA256), (whole, SHA256)])[1] == StoredObject(SHA256, len(CONTENT))


def test_a_file_of_another_file_system_is_copied(tmp_path: Path, store: ObjectStore) -> None:
    path = tmp_path / "arrival"
    path.write_bytes(CONTENT)
    with mock.patch.object(os, "link", side_effect=OSError(errno.EXDEV, "Invalid cross-device link")):
        assert store.adopt([(path, SHA256)]) == [StoredObject(SHA256, len(CONTENT))]
    assert store.read(SHA256) == CONTENT
    assert not store.path(SHA256).samefile(path)


def test_adopting_the_same_bytes_again_changes_nothing(tmp_path: Path, store: ObjectStore) -> None:
    stored = store.put_bytes(CONTENT)
    before = store.path(SHA256).stat()
    path = tmp_path / "arrival"
    path.write_bytes(CONTENT)
    assert store.adopt([(path, SHA256), (path, SHA256)]) == [stored, stored]
    assert store.path(SHA256).stat().st_ino == before.st_ino
    assert store.adopt([]) == []
