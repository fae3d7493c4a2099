"""C-STORE of a synthetic CT from DCMTK's storescu, to this program and to Debian's Orthanc, taking turns.

    .venv/bin/python bench/receive.py [--rounds 3] [--instances 300] [--memory 8000]

Every run begins with an empty store and freshly started processes. "acknowledged" ends when the last
sender has its last success, "indexed" when the row of the last instance is committed; Orthanc indexes
before it acknowledges. Both sides sync their files (Orthanc: SyncStorageArea, its default). With TCP_NODELAY
sender and Orthanc have it set, without it neither has. Medians, ratios and the spread are printed; on a
machine that does other work only the ratios mean something.

`--memory N` instead sends N instances from 4 senders, then the first study twice: how much memory the
listener and the worker take over idle, and what a resend adds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from orthanc import free_port, running, version, wait_for_port
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

ROOT = Path(__file__).resolve().parent.parent
STORESCU = "/usr/bin/storescu"  # by its path: pynetdicom installs another of this name beside Python
SENDERS = (1, 4)
INDEXED_WITHIN = 600.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send: port, AE title, and the database whose rows tell when all is indexed."""

    port: int
    ae_title: str
    database: Path | None = None
    pids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """Instances in a second, until acknowledged and (None where it is the same) until indexed."""

    acknowledged: float
    indexed: float | None = None


def make_series(folder: Path, study_instance_uid: str, number: int, count: int) -> None:
    """A series of `count` axial CT images of 512 × 512 noise, 512 KiB of pixels each."""
    folder.mkdir(parents=True)
    noise, series_instance_uid = np.random.default_rng(number), generate_uid()
    for position in range(count):
        ds = Dataset()
        ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, generate_uid()
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study_instance_uid, series_instance_uid
        ds.StudyDate, ds.Modality, ds.StudyDescription = "20260301", "CT", "Synthetic"
        ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = (
            "Bench^Mark",
            "B-1",
            "19700101",
            "O",
        )
        ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "1", number, position + 1
        ds.Rows = ds.Columns = 512
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        ds.PixelSpacing, ds.SliceThickness = [0.7, 0.7], 1.0
        ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, position], [1, 0, 0, 0, 1, 0]
        ds.PixelData = noise.integers(0, 4096, 512 * 512, dtype=np.uint16).tobytes()
        ds["PixelData"].VR = "OW"
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.save_as(folder / f"{position:04}.dcm", enforce_file_format=True)


def send(target: Target, folders: list[Path], *, nodelay: bool, options: tuple[str, ...] = ()) -> float:
    """Seconds until every sender has sent its folder; SystemExit when one of them failed."""
    environ = {name: value for name, value in os.environ.items() if name != "TCP_NODELAY"}
    if nodelay:
        environ["TCP_NODELAY"] = "1"
    command = [STORESCU, "-aec", target.ae_title, *options, "+sd", "127.0.0.1", str(target.port)]
    started = time.perf_counter()
    senders = [subprocess.Popen([*command, str(folder)], env=environ) for folder in folders]
    if max(sender.wait() for sender in senders) != 0:
        raise SystemExit("a sender failed")
    return time.perf_counter() - started


def rows(database: Path) -> int:
    """Instances that are indexed."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return int(connection.execute("SELECT count(*) FROM imaging_instance").fetchone()[0])


@contextmanager
def ours(template: Path, folder: Path, *, worker: bool) -> Iterator[Target]:
    """The listener, with or without the worker behind it, on a copy of an empty installation."""
    shutil.copytree(template, folder)
    port = free_port()
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MDTAPP_")},
        "MDTAPP_INSTANCE": str(folder),
        "MDTAPP_DICOM_PORT": str(port),
    }
    with ExitStack() as started:
        processes = []
        for part in ["gateway", "worker"] if worker else ["gateway"]:
            process = subprocess.Popen([sys.executable, "-m", "mdtapp", part], cwd=ROOT, env=environ)
            started.callback(process.wait)
            started.callback(process.terminate)
            processes.append(process)
        wait_for_port(port, processes[0])
        time.sleep(2)  # the worker has nothing that says when it is ready
        database = folder / "mdtapp.sqlite" if worker else None
        yield Target(port, "MDTAPP", database, tuple(process.pid for process in processes))


def prepared(folder: Path) -> Path:
    """An installation with its schema and nothing in it."""
    environ = {**os.environ, "MDTAPP_INSTANCE": str(folder)}
    subprocess.run(
        [sys.executable, "-m", "mdtapp", "upgrade"], cwd=ROOT, env=environ, check=True, capture_output=True
    )
    return folder


def one_run(target: Target, folders: list[Path], count: int, *, nodelay: bool) -> Run:
    started = time.perf_counter()
    acknowledged = count / send(target, folders, nodelay=nodelay)
    if target.database is None:
        return Run(acknowledged)
    while rows(target.database) < count:
        if time.perf_counter() - started > INDEXED_WITHIN:
            raise SystemExit("the worker did not keep up")
        time.sleep(0.05)
    return Run(acknowledged, count / (time.perf_counter() - started))


def compare(scratch: Path, rounds: int, instances: int) -> None:
    """Alternates the receivers and prints medians, ratios and spread."""
    folders = _studies(scratch, instances)
    template = prepared(scratch / "template")
    found: dict[tuple[str, int, bool], list[Run]] = {}
    for turn in range(rounds):
        for senders in SENDERS:
            for nodelay in (True, False):
                sent, count = folders[:senders], senders * instances
                if not nodelay and senders > 1:
                    continue
                runs = scratch / f"run{turn}-{senders}-{nodelay}"
                with running(runs / "orthanc", nodelay=nodelay) as peer:
                    run = one_run(Target(peer.dicom_port, "ORTHANC"), sent, count, nodelay=nodelay)
                    found.setdefault(("Orthanc", senders, nodelay), []).append(run)
                for worker in (False, True):
                    with ours(template, runs / f"ours{worker}", worker=worker) as target:
                        run = one_run(target, sent, count, nodelay=nodelay)
                    name = "ours, worker indexing" if worker else "ours, listener alone"
                    found.setdefault((name, senders, nodelay), []).append(run)
                shutil.rmtree(runs)
    _print(found)


def _print(found: dict[tuple[str, int, bool], list[Run]]) -> None:
    sys.stdout.write(f"beside {version()}; instances of 512 KiB in a second, median (lowest to highest)\n")
    for (name, senders, nodelay), results in found.items():
        theirs = statistics.median(run.acknowledged for run in found["Orthanc", senders, nodelay])
        figures = {"acknowledged": [run.acknowledged for run in results]}
        if results[0].indexed is not None:
            figures["indexed"] = [run.indexed for run in results if run.indexed is not None]
        for what, values in figures.items():
            median = statistics.median(values)
            sys.stdout.write(
                f"{senders} sender{'s' * (senders > 1)}, {'TCP_NODELAY' if nodelay else 'Nagle'}, {name}, {what}: "
                f"{median:.0f} ({min(values):.0f} to {max(values):.0f}), {median / theirs:.2f} × Orthanc\n"
            )


def _studies(scratch: Path, instances: int) -> list[Path]:
    """One folder for each of the four senders: the series of one study."""
    study_instance_uid = generate_uid()
    folders = [scratch / "study" / str(number) for number in range(max(SENDERS))]
    for number, folder in enumerate(folders):
        make_series(folder, study_instance_uid, number + 1, instances)
    return folders


class Memory:
    """The most that some processes and their children hold together (proportional set size), in MB."""

    def __init__(self, pids: tuple[int, ...]) -> None:
        self.pids = pids
        self.idle = self.most = self._now()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            self.most = max(self.most, self._now())

    def _now(self) -> float:
        return sum(_proportional_set_size(pid) for pid in _with_children(self.pids)) / 1000


def _with_children(pids: tuple[int, ...]) -> list[int]:
    found = list(pids)
    for pid in found:
        with suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _proportional_set_size(pid: int) -> int:
    """In kB; 0 for a process that has just ended."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return 0


def memory(scratch: Path, instances: int) -> None:
    """Sends many instances and one study twice; prints memory over idle and what the resend adds."""
    repeats, each = divmod(instances, 4 * 100)
    if each or not repeats:
        raise SystemExit("--memory takes a multiple of 400")
    folders = _studies(scratch, 100)
    with ours(prepared(scratch / "template"), scratch / "ours", worker=True) as target:
        assert target.database is not None
        objects = scratch / "ours" / "objects"
        watched = Memory(target.pids)
        one_run(target, folders[:1], 100, nodelay=True)
        send(target, folders[:1], nodelay=True)
        while list((scratch / "ours" / "spool").glob("*.ready")):
            time.sleep(0.1)
        kept = sum(1 for path in objects.glob("??/*") if path.stat().st_size > 500_000)
        sys.stdout.write(f"100 instances sent twice: {rows(target.database)} rows, {kept} files\n")
        before = rows(target.database)
        with watched:
            started = time.perf_counter()
            seconds = send(target, folders, nodelay=True, options=("--repeat", str(repeats), "+II"))
            while rows(target.database) < before + instances:
                time.sleep(0.5)
            indexed = time.perf_counter() - started
        sys.stdout.write(
            f"{instances} instances from 4 senders: {instances / seconds:.0f} a second acknowledged, "
            f"{instances / indexed:.0f} indexed\n"
            f"memory {watched.idle:.0f} MB idle, {watched.most:.0f} MB at most: {watched.most - watched.idle:.0f} MB over idle\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--instances", type=int, default=300)
    parser.add_argument("--memory", type=int, metavar="N")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.memory:
            memory(Path(folder), given.memory)
        else:
            compare(Path(folder), given.rounds, given.instances)


if __name__ == "__main__":
    main()
