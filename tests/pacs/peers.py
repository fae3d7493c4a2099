"""Real PACS beside us: Debian's Orthanc and DCMTK's dcmqrscp, each on a free port, and killed on demand."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mdtapp.gateway.scu import Peer
from tests.gateway.conftest import dcmtk, run
from tests.server import _die_with_us as die_with_us
from tests.server import free_port

ORTHANC = ("Orthanc", "/usr/sbin/Orthanc")
DICOMWEB = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
START_SECONDS = 60


def orthanc_program() -> str:
    """Orthanc, or the test is skipped; in `make test` its absence is a failure."""
    for name in ORTHANC:
        found = shutil.which(name)
        if found:
            return found
    message = "Orthanc is missing: apt-get install orthanc"
    if os.environ.get("MDTAPP_TESTS_COMPLETE"):
        pytest.fail(message)
    pytest.skip(message)


def dicomweb_plugin() -> str:
    """Orthanc's DICOMweb, or the test is skipped; in `make test` its absence is a failure."""
    if Path(DICOMWEB).exists():
        return DICOMWEB
    message = "Orthanc's DICOMweb is missing: apt-get install orthanc-dicomweb"
    if os.environ.get("MDTAPP_TESTS_COMPLETE"):
        pytest.fail(message)
    pytest.skip(message)


@dataclass
class Process:
    """One program that listens on `port`."""

    command: Sequence[str]
    port: int
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*die_with_us(), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.listens():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"{self.command[0]} did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class Orthanc(Process):
    """An Orthanc; `http` is the port of its REST interface, for looking only."""

    http: int = 0
    title: str = "ORTHANC"
    authorization: str = ""

    @property
    def peer(self) -> Peer:
        return Peer(self.title, "127.0.0.1", self.port, "MDTAPP")

    @property
    def dicomweb(self) -> str:
        return f"http://127.0.0.1:{self.http}/dicom-web"

    def ask(self, path: str) -> Any:
        return json.loads(self._get(path))

    def file(self, instance: str) -> bytes:
        return self._get(f"/instances/{instance}/file")

    def _get(self, path: str) -> bytes:
        headers = {"Authorization": self.authorization} if self.authorization else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())

    def take(self, files: Sequence[Path]) -> None:
        store(self.title, self.port, files)

    def put(self, file: Path) -> bool:
        """The file as it is, through REST; False when Orthanc does not take it."""
        address = f"http://127.0.0.1:{self.http}/instances"
        request = urllib.request.Request(address, data=file.read_bytes(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10):
                return True
        except urllib.error.HTTPError:
            return False


@contextmanager
def running_orthanc(
    folder: Path, *, our_port: int = 11112, knows_us: bool = True, **options: Any
) -> Iterator[Orthanc]:
    """An empty Orthanc that knows our listener as MDTAPP on `our_port`."""
    program = orthanc_program()
    folder.mkdir(parents=True, exist_ok=True)
    port, http = free_port(), free_port()
    configuration: Mapping[str, Any] = {
        "Name": "Test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "DicomAet": "ORTHANC",
        "DicomPort": port,
        "HttpPort": http,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomCheckCalledAet": True,
        "DicomModalities": {"us": ["MDTAPP", "127.0.0.1", our_port]} if knows_us else {},
        "Plugins": [],
        "StorageAccessOnFind": "Never",
        **options,
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(configuration))
    orthanc = Orthanc([program, str(path)], port, folder / "orthanc.log", http)
    orthanc.start()
    try:
        yield orthanc
    finally:
        orthanc.kill()


@dataclass
class QueryServer(Process):
    """DCMTK's dcmqrscp: a second PACS of another make."""

    title: str = "QRSCP"

    @property
    def peer(self) -> Peer:
        return Peer(self.title, "127.0.0.1", self.port, "MDTAPP")

    def take(self, files: Sequence[Path]) -> None:
        store(self.title, self.port, files)


@contextmanager
def running_dcmqrscp(folder: Path, *, our_port: int = 11112, knows_us: bool = True) -> Iterator[QueryServer]:
    program = dcmtk("dcmqrscp")
    port, area = free_port(), folder / "area"
    area.mkdir(parents=True)
    host = f"us = (MDTAPP, 127.0.0.1, {our_port})" if knows_us else "us = (OTHER, 127.0.0.1, 1)"
    path = folder / "dcmqrscp.cfg"
    path.write_text(
        f"MaxPDUSize = 16384\nMaxAssociations = 64\n"
        f"HostTable BEGIN\n{host}\nHostTable END\n"
        f"VendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nQRSCP {area} RW (200, 1024mb) ANY\nAETable END\n"
    )
    server = QueryServer([program, "-c", str(path), str(port)], port, folder / "dcmqrscp.log")
    server.start()
    try:
        yield server
    finally:
        server.kill()


def store(title: str, port: int, files: Sequence[Path]) -> None:
    """The files into a PACS, with DCMTK's storescu."""
    done = run(dcmtk("storescu"), "-aec", title, "-R", "-xs", "127.0.0.1", str(port), *files)
    assert done.returncode == 0, done.stderr[-2000:]
