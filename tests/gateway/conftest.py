"""A gateway on a free port, and the DICOM tools of DCMTK to speak to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdtapp.gateway.server import Gateway
from mdtapp.materials.spool import Spool
from tests.imaging.conftest import new_case, pipeline, reader
from tests.server import free_port

if TYPE_CHECKING:
    from mdtapp.config import DicomTls, Settings

__all__ = ["new_case", "pipeline", "reader"]


@dataclass
class Listening:
    """A running gateway: its spool, its port, and the associations it refused."""

    gateway: Gateway
    spool: Spool
    port: int
    refused: list[tuple[str, str, str]] = field(default_factory=list)


@pytest.fixture
def listen(settings: Settings) -> Iterator[Callable[..., Listening]]:
    """`listen(peers=…, ceiling=…)` starts a gateway that ends with the test."""
    running: list[Listening] = []

    def start(
        peers: tuple[tuple[str, str], ...] = (), ceiling: int = 1 << 30, tls: DicomTls | None = None
    ) -> Listening:
        port = free_port()
        own = replace(settings, dicom_port=port, dicom_peers=peers, dicom_tls=tls)
        spool = Spool(own.instance / "spool", ceiling)
        refused: list[tuple[str, str, str]] = []
        gateway = Gateway(own, spool, lambda why, title, address: refused.append((why.code, title, address)))
        gateway.start()
        running.append(Listening(gateway, spool, port, refused))
        return running[-1]

    yield start
    for one in running:
        one.gateway.stop()


@pytest.fixture
def listening(listen: Callable[..., Listening]) -> Listening:
    return listen()


def dcmtk(name: str) -> str:
    """DCMTK's own program: pynetdicom installs others of the same names beside Python."""
    beside = Path(sys.executable).parent
    for folder in map(Path, os.environ.get("PATH", "").split(os.pathsep)):
        program = folder / name
        if folder.resolve() != beside.resolve() and os.access(program, os.X_OK):
            said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
            if "dcmtk" in said.stdout:
                return str(program)
    if os.environ.get("MDTAPP_TESTS_COMPLETE"):
        pytest.fail(f"DCMTK's {name} is missing: apt-get install dcmtk")
    pytest.skip(f"DCMTK's {name} is missing: apt-get install dcmtk")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=120
    )
