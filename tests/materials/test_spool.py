"""The spool: what is acknowledged lies there durably, what is not leaves no trace."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from mdtapp.errors import Invalid, TooLarge
from mdtapp.materials import spool as module
from mdtapp.materials.spool import Batch, Spool, SpooledFile, SpoolFull
from mdtapp.materials.status import Source

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def receive(spool: Spool, content: bytes = b"content", **options: Any) -> SpooledFile:
    values = {"name": "a.dcm", "source": Source.UPLOAD, "actor": "user:1", "at": AT, **options}
    return spool.receive(io.BytesIO(content), **values)


def test_what_was_received_waits_with_its_sidecar(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    kept = receive(spool, case_no="MDT-2026-0001", batch="drop", peer="PACS@10.0.0.5")
    assert spool.path(kept).read_bytes() == b"content"
    assert (kept.sha256, kept.size, kept.at) == (hashlib.sha256(b"content").hexdigest(), 7, AT)
    assert spool.ready() == [kept]
    assert spool.find(kept.id) == kept


def test_arrivals_come_in_their_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    kept = [receive(spool, str(number).encode()) for number in range(20)]
    assert spool.ready() == kept


def test_an_empty_file_is_an_arrival_too(tmp_path: Path) -> None:
    assert receive(Spool(tmp_path), b"").size == 0


def test_written_synced_renamed_synced(tmp_path: Path) -> None:
    """The order that makes "received" true: content, sidecar, rename, folder."""
    steps: list[str] = []
    real_sync, real_rename = os.fsync, Path.rename

    def sync(descriptor: int) -> None:
        steps.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().suffix or 'folder'}")
        real_sync(descriptor)

    def rename(path: Path, target: Path) -> Path:
        steps.append(f"rename {path.suffix} {target.suffix}")
        return real_rename(path, target)

    with mock.patch.object(os, "fsync", sync), mock.patch.object(Path, "rename", rename):
        receive(Spool(tmp_path / "spool"))
    assert steps == ["sync .part", "sync .json", "rename .part .ready", "sync folder"]


@pytest.mark.parametrize("expected", [6, 8])
def test_a_transfer_that_stops_early_is_refused(tmp_path: Path, expected: int) -> None:
    spool = Spool(tmp_path)
    with pytest.raises(Invalid, match="stopped before"):
        receive(spool, expected_size=expected)
    assert list(tmp_path.iterdir()) == []


def test_the_ceiling_holds_while_bytes_arrive(tmp_path: Path) -> None:
    spool = Spool(tmp_path, ceiling=4)
    with pytest.raises(TooLarge):
        receive(spool)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_failing_disk_is_never_an_acknowledgement(tmp_path: Path, step: str) -> None:
    spool = Spool(tmp_path)
    owner = os if step == "fsync" else Path
    with mock.patch.object(owner, step, side_effect=OSError(5, "I/O error")), pytest.raises(SpoolFull):
        receive(spool)
    assert spool.ready() == []


def test_a_sender_who_goes_away_leaves_nothing(tmp_path: Path) -> None:
    stream = mock.Mock()
    stream.read.side_effect = [b"half", ConnectionError("gone")]
    with pytest.raises(SpoolFull):
        Spool(tmp_path).receive(stream, name="a", source=Source.UPLOAD, actor="user:1", at=AT)
    assert list(tmp_path.iterdir()) == []


def test_one_arrival_is_claimed_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    kept = receive(spool)
    with spool.claim(kept) as mine, Spool(tmp_path).claim(kept) as theirs:
        assert (mine, theirs) == (True, False)
    with spool.claim(kept) as mine:
        assert mine
        spool.discard(kept)
    with spool.claim(kept) as mine:
        assert not mine


def test_only_old_leavings_are_cleaned(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    kept = receive(spool)
    (tmp_path / "dead.part").write_bytes(b"half")
    (tmp_path / "dead.json").write_text("{}")
    spool.incoming.mkdir()
    (spool.incoming / "aborted.dcm").write_bytes(b"half")
    assert spool.clean(datetime.now(UTC)) == []
    late = datetime.now(UTC) + module.PART_LIFETIME + timedelta(minutes=1)
    assert spool.clean(late) == ["aborted", "dead"]
    assert spool.ready() == [kept]


# Batches


def brought(spool: Spool, batch: Batch, content: bytes = b"content", name: str = "1.2.3.dcm") -> SpooledFile:
    incoming = batch.begin(b"head ")
    incoming.write(content)
    return incoming.keep(name)


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Batch]:
    opened = Spool(tmp_path / "spool").open_batch(
        source=Source.DICOM, actor="system:gateway", peer="PACS@10.0.0.5"
    )
    yield opened
    opened.close()


def test_files_of_a_batch_share_its_record(batch: Batch) -> None:
    spool = batch.spool
    kept = [brought(spool, batch, str(number).encode(), f"1.{number}.dcm") for number in range(20)]
    assert spool.ready() == kept
    assert spool.ready(3, without={kept[0].id, kept[2].id}) == [kept[1], kept[3], kept[4]]
    assert spool.find(kept[7].id) == kept[7]
    one = kept[5]
    assert (one.name, one.source, one.actor, one.case_no) == (
        "1.5.dcm",
        Source.DICOM,
        "system:gateway",
        None,
    )
    assert (one.peer, one.batch, one.size) == ("PACS@10.0.0.5", batch.token, 6)
    assert spool.path(one).read_bytes() == b"head 5"
    assert one.sha256 == hashlib.sha256(b"head 5").hexdigest()
    assert len(list(spool.root.glob("*.batch"))) == 1


def test_a_batch_is_kept_after_both_syncs(batch: Batch) -> None:
    """Its record is synced before the first file; content and folder of a file before it is answered."""
    steps: list[str] = []

    def noting(real: Callable[[int], None]) -> Callable[[int], None]:
        def sync(descriptor: int) -> None:
            steps.append(Path(f"/proc/self/fd/{descriptor}").readlink().suffix or "folder")
            real(descriptor)

        return sync

    with (
        mock.patch.object(os, "fsync", noting(os.fsync)),
        mock.patch.object(os, "fdatasync", noting(os.fdatasync)),
    ):
        incoming = batch.begin()
        assert steps == [".batch"]
        incoming.write(b"content")
        incoming.keep("1.2.3.dcm")
    assert sorted(steps[1:]) == [".ready", "folder"]


@pytest.mark.parametrize("name", ["", "../a", "a/b", "a-b", "x" * 101, "a\0"])
def test_a_name_is_never_a_path(batch: Batch, name: str) -> None:
    incoming = batch.begin()
    with pytest.raises(ValueError, match="not a name"):
        incoming.keep(name)
    incoming.drop()
    assert [path.suffix for path in batch.spool.root.iterdir()] == [".batch"]


@pytest.mark.parametrize("step", ["fsync", "fdatasync"])
def test_a_batch_on_a_failing_disk_keeps_nothing(batch: Batch, step: str) -> None:
    incoming = batch.begin()
    with mock.patch.object(os, step, side_effect=OSError(5, "I/O error")), pytest.raises(SpoolFull):
        incoming.keep("1.2.3.dcm")
    incoming.drop()
    assert [path.suffix for path in batch.spool.root.iterdir()] == [".batch"]


def test_the_record_of_a_batch_stays_as_long_as_it_is_needed(batch: Batch) -> None:
    spool, late = batch.spool, datetime.now(UTC) + module.PART_LIFETIME + timedelta(minutes=1)
    kept = brought(spool, batch)
    spool.discard(kept)
    assert spool.clean(late) == []  # the sender is still there
    kept = brought(spool, batch)
    batch.close()
    assert spool.clean(late) == []  # a file waits
    assert spool.ready() == [kept]
    spool.discard(kept)
    assert spool.clean(datetime.now(UTC)) == []
    assert spool.clean(late) == [batch.token]
    assert list(spool.root.iterdir()) == []


def test_a_copy_of_the_spool_holds_what_waits(tmp_path: Path, batch: Batch) -> None:
    spool = batch.spool
    kept = [receive(spool), brought(spool, batch), brought(spool, batch, b"other")]
    (spool.root / "half.part").write_bytes(b"half")
    spool.copy_to(tmp_path / "copy")
    copy = Spool(tmp_path / "copy")
    assert copy.ready() == kept
    assert [copy.path(one).read_bytes() for one in kept] == [b"content", b"head content", b"head other"]


RECEIVER = """
    import io, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from mdtapp.materials.spool import Spool
    from mdtapp.materials.status import Source
    spool = Spool(Path(sys.argv[1]))
    for number in range(100_000):
        content = str(number).encode() * 5000
        kept = spool.receive(
            io.BytesIO(content), name="a", source=Source.UPLOAD, actor="user:1", at=datetime.now(UTC)
        )
        print(kept.id, kept.sha256, flush=True)
"""


@pytest.mark.sweep
def test_killed_while_receiving(tmp_path: Path, sweep_count: int, sweep_random: random.Random) -> None:
    """kill -9 at a random moment: all that was acknowledged is whole, and nothing else counts."""
    for attempt in range(sweep_count):
        folder = tmp_path / str(attempt)
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(RECEIVER), str(folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(sweep_random.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        lines = [line.split() for line in [first, *process.stdout] if line.endswith("\n")]
        acknowledged = dict(parts for parts in lines if len(parts) == 2)  # the last line may be torn
        process.stdout.close()
        process.wait()
        spool = Spool(folder)
        waiting = {kept.id: kept for kept in spool.ready()}
        assert acknowledged.keys() <= waiting.keys()
        for kept in waiting.values():
            assert hashlib.sha256(spool.path(kept).read_bytes()).hexdigest() == kept.sha256
            assert json.loads((folder / f"{kept.id}.json").read_text())["size"] == kept.size
