"""What a viewer asks through DICOMweb, of this program and of Debian's Orthanc with its DICOMweb plugin, taking turns.

    .venv/bin/python bench/dicomweb.py [--studies 10000] [--instances 500] [--rounds 30]

Both hold the same number of studies and one CT series of `--instances` images of 512 KiB. Ours is asked with
a bearer token, so sign-in and the check whose images these are are part of every request; Orthanc is asked
without any. Printed are medians in milliseconds at one connection, their ratio, and our own search at 100
studies beside the one at `--studies`.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import invented_case
from invented_case import PATIENT
from orthanc import free_port, running, version, wait_for_port
from receive import make_series

from mdtapp.app import create_app
from mdtapp.clock import SystemClock
from mdtapp.config import Settings
from mdtapp.imaging.header import InstanceHeader
from mdtapp.imaging.operations import file_instance
from mdtapp.materials.identity import Identity
from mdtapp.materials.operations import Arrived, open_batch
from mdtapp.materials.status import FileKind, Source
from mdtapp.people import operations as people
from mdtapp.people.roles import Role
from mdtapp.schema import migrate
from mdtapp.store.db import unit_of_work

ROOT = Path(__file__).resolve().parent.parent
STORESCU = "/usr/bin/storescu"
PLUGINS = "/usr/share/orthanc/plugins"
STUDY = "1.2.826.0.1.3680043.10.77"
OCTETS = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
JSON = "application/dicom+json"
AT_ONCE = 500


@dataclass
class Peer:
    """A server to ask, over one connection that is kept."""

    port: int
    root: str
    headers: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def ask(self, path: str, accept: str) -> bytes:
        """The body of a good answer; SystemExit for any other."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            self._connection.request("GET", self.root + path, headers={**self.headers, "Accept": accept})
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection = None  # the server closed an idle connection
            return self.ask(path, accept)
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
        if answer.headers.get("Connection") == "close":
            self._connection = None
        return body


@contextmanager
def ours(folder: Path, studies: int, series: Path | None) -> Iterator[Peer]:
    """The web server of an installation with so many studies in one case."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MDTAPP_")}
    port = free_port()
    environ |= {"MDTAPP_INSTANCE": str(folder), "MDTAPP_PORT": str(port)}
    token = fill(Settings.from_environment(environ), studies, series)
    with (folder / "web.log").open("wb") as log:
        command = [sys.executable, "-m", "mdtapp", "web"]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    try:
        wait_for_port(port, process)
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
        yield Peer(port, "/dicomweb", headers)
    finally:
        process.terminate()
        process.wait()


def fill(settings: Settings, studies: int, series: Path | None) -> str:
    """Registers a case, files `studies` studies of one image in it, and the images of `series`; returns a token."""
    app, actor, at = create_app(settings), invented_case.ACTOR, SystemClock().now()
    migrate.upgrade(app)
    with app.app_context():
        with unit_of_work():
            user = people.add_person(
                actor=actor, at=at, email="c@bench.invalid", name="C", name_zh="", role=Role.COORDINATOR, disciplines=()
            )  # fmt: skip
            token = people.issue_token(actor=actor, at=at, user=user)
            case_no = invented_case.register(app, user, at)
        if series is not None:
            invented_case.take_in(app, case_no, series)
        for first in range(0, studies, AT_ONCE):
            with unit_of_work():
                case = cases_by_number(case_no)
                batch = open_batch(
                    actor=actor, at=at, token=f"b{first}", source=Source.COMMAND_LINE, case=case, peer="", vouch=""
                )  # fmt: skip
                for number in range(first, min(first + AT_ONCE, studies)):
                    file_instance(
                        actor=actor, at=at, batch=batch, case=case, arrived=arrived(first, number),
                        header=header(number), known=Identity.of(PATIENT),
                    )  # fmt: skip
    return token


def cases_by_number(case_no: str) -> Any:
    from mdtapp.cases.queries import find_case

    return find_case(case_no)


def header(number: int) -> InstanceHeader:
    study = f"1.2.826.0.1.3680043.10.99.{number}"
    return InstanceHeader(
        study, f"{study}.1", f"{study}.1.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1",
        "Bench^Mark", "B-1", "19700101", "O", study_date="20260301", modality="CT", instance_number=1,
    )  # fmt: skip


def arrived(first: int, number: int) -> Arrived:
    name = f"{number:064x}"
    return Arrived(
        arrival=f"a{first}", position=number, path=f"{number}.dcm", sha256=name, size=1, kind=FileKind.DICOM,
        media_type="application/dicom",
    )  # fmt: skip


@contextmanager
def theirs(folder: Path, studies: int, series: Path) -> Iterator[Peer]:
    """Orthanc with the same series and as many studies."""
    small = folder / "small"
    make_small(small, studies)
    settings = {"Plugins": [PLUGINS], "DicomWeb": {"Enable": True, "Root": "/dicom-web/"}}
    with running(folder / "orthanc", **settings) as orthanc:
        environ = {**os.environ, "TCP_NODELAY": "1"}
        for sent in (series, small):
            command = [STORESCU, "-aec", "ORTHANC", "+sd", "127.0.0.1", str(orthanc.dicom_port), str(sent)]
            subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
        yield Peer(orthanc.http_port, "/dicom-web")


def make_small(folder: Path, studies: int) -> None:
    """One image of 8 × 8 pixels for each study."""
    import io

    import pydicom

    from mdtapp.demo.synthetic_dicom import Examination, Lesion, Subject, ct_chest, write

    folder.mkdir(parents=True)
    model = folder.parent / "model"
    subject = Subject("Bench^Mark", "B-1", date(1970, 1, 1), "M")
    write(
        ct_chest(Examination(subject, "b", date(2026, 3, 1), "CT", Lesion(0, 0, 0, 0.1)), slices=1, size=8),
        model,
    )
    ds = pydicom.dcmread(next(path for path in model.rglob("*") if path.is_file()))
    for number in range(studies):
        known = header(number)
        ds.StudyInstanceUID, ds.SeriesInstanceUID = known.study_instance_uid, known.series_instance_uid
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = known.sop_instance_uid
        stream = io.BytesIO()
        ds.save_as(stream, enforce_file_format=True)
        (folder / f"{number}.dcm").write_bytes(stream.getvalue())


def milliseconds(peer: Peer, path: str, accept: str) -> float:
    started = time.perf_counter()
    peer.ask(path, accept)
    return (time.perf_counter() - started) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=10_000)
    parser.add_argument("--instances", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as started:
        folder = Path(temporary)
        series = folder / "series"
        make_series(series, STUDY, 1, options.instances)
        few = started.enter_context(ours(folder / "few", 100, None))
        we = started.enter_context(ours(folder / "many", options.studies, series))
        they = started.enter_context(theirs(folder / "theirs", options.studies, series))
        sys.stdout.write(
            f"beside {version()} with DICOMweb, {options.studies} studies, {options.instances} images\n"
        )
        where = series_of(we)
        compare("search studies, limit 100", we, they, "/studies?limit=100", JSON, options.rounds)
        compare("series of a study", we, they, f"/studies/{STUDY}/series", JSON, options.rounds)
        compare("metadata of the series", we, they, f"{where}/metadata", JSON, options.rounds)
        frame = f"{where}/instances/{first_instance(we, where)}/frames/1"
        compare("frame of 512 KiB", we, they, frame, OCTETS, options.rounds)
        at_few, at_many = (
            statistics.median(milliseconds(peer, "/studies?limit=100", JSON) for _ in range(options.rounds))
            for peer in (few, we)
        )
        sys.stdout.write(f"our search at 100 studies {at_few:.1f} ms, at {options.studies} {at_many:.1f} ms: "
              f"{at_many / at_few:.2f} ×\n")  # fmt: skip


def compare(what: str, we: Peer, they: Peer, path: str, accept: str, rounds: int) -> None:
    """Asked in turns, once before the clock runs; what is too slow to be asked often is asked less."""
    we.ask(path, accept)
    they.ask(path, accept)
    mine: list[float] = []
    other: list[float] = []
    deadline = time.monotonic() + 60
    while len(mine) < rounds and time.monotonic() < deadline:
        mine.append(milliseconds(we, path, accept))
        other.append(milliseconds(they, path, accept))
    ours_ms, theirs_ms = statistics.median(mine), statistics.median(other)
    sys.stdout.write(
        f"{what}: {ours_ms:.1f} ms, Orthanc {theirs_ms:.1f} ms, ratio {theirs_ms / ours_ms:.1f} (n={len(mine)})\n"
    )


def series_of(peer: Peer) -> str:
    import json

    (row,) = json.loads(peer.ask(f"/studies/{STUDY}/series", JSON))
    return f"/studies/{STUDY}/series/{row['0020000E']['Value'][0]}"


def first_instance(peer: Peer, where: str) -> str:
    import json

    row = json.loads(peer.ask(f"{where}/instances?limit=1", JSON))[0]
    return str(row["00080018"]["Value"][0])


if __name__ == "__main__":
    main()
