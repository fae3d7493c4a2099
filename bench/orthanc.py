"""Debian's Orthanc as the one to be measured against: found or installed, started on free ports, ended."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Orthanc:
    """A running Orthanc and its ports."""

    dicom_port: int
    http_port: int
    pid: int


def program() -> str:
    """The program, installed with apt-get where that is allowed; SystemExit with the command otherwise."""
    if shutil.which("Orthanc") is None:
        command = ["apt-get", "install", "-y", "--no-install-recommends", "orthanc", "orthanc-dicomweb"]
        with suppress(OSError):
            subprocess.run(command, check=False, capture_output=True)
    found = shutil.which("Orthanc")
    if found is None:
        raise SystemExit(
            "Orthanc is missing. Install it: apt-get install --no-install-recommends orthanc orthanc-dicomweb"
        )
    return found


def version() -> str:
    """`Orthanc 1.10.1`, as the program says it."""
    said = subprocess.run([program(), "--version"], capture_output=True, text=True, check=True).stdout
    return "Orthanc " + said.split("\n")[0].split()[1]


@contextmanager
def running(folder: Path, *, nodelay: bool = True, **settings: object) -> Iterator[Orthanc]:
    """Orthanc with its defaults, an empty store below `folder`, and `settings` on top.

    `nodelay` sets TCP_NODELAY for its DCMTK, without which Nagle's algorithm slows every answer.
    """
    folder.mkdir(parents=True)
    dicom_port, http_port = free_port(), free_port()
    configuration = {
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "DicomAet": "ORTHANC",
        "DicomPort": dicom_port,
        "HttpPort": http_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        **settings,
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    environ = {name: value for name, value in os.environ.items() if name != "TCP_NODELAY"}
    if nodelay:
        environ["TCP_NODELAY"] = "1"
    with (folder / "orthanc.log").open("wb") as log:
        command = [program(), str(folder / "orthanc.json")]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environ)
    try:
        wait_for_port(dicom_port, process)
        wait_for_port(http_port, process)
        yield Orthanc(dicom_port, http_port, process.pid)
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A TCP port on loopback that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns once something listens; SystemExit when the process ends first."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"{process.args!r} does not listen on port {port}")
