"""Starts the real program as its own process, so that a test can drive it from outside or kill it."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120
STOP_SECONDS = 20

Part = Literal["run", "web", "gateway", "worker"]


def free_port() -> int:
    """A TCP port on loopback that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def instance_environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of one installation below `folder`: nothing of the caller's `MDTAPP_*` remains."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MDTAPP_")}
    own = {
        "MDTAPP_INSTANCE": str(folder / "instance"),
        "MDTAPP_PORT": str(free_port()),
        "MDTAPP_DICOM_PORT": str(free_port()),
    }
    return inherited | own | more


def mdtapp(
    environ: Mapping[str, str], *arguments: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Runs `mdtapp …` to its end; with `check`, fails the test with what it wrote when its status is not 0."""
    done = subprocess.run(
        [sys.executable, "-m", "mdtapp", *arguments],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(
            f"mdtapp {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done


@dataclass
class Server:
    """One running `mdtapp` and all the processes it started."""

    environ: dict[str, str]
    part: Part
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.environ['MDTAPP_PORT']}"

    @property
    def dicom_port(self) -> int:
        return int(self.environ["MDTAPP_DICOM_PORT"])

    @property
    def instance(self) -> Path:
        return Path(self.environ["MDTAPP_INSTANCE"])

    def start(self) -> None:
        """Starts and returns when it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*_die_with_us(), sys.executable, "-m", "mdtapp", self.part],
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"mdtapp {self.part} did not start:\n{self.said()}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether every part that was started takes connections."""
        if self.part in {"run", "web"} and not self._is_healthy():
            return False
        return self.part not in {"run", "gateway"} or self._listens(self.dicom_port)

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _listens(self, port: int) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def mdtapp(self, *arguments: str) -> str:
        """What `mdtapp …` prints in the same installation."""
        return mdtapp(self.environ, *arguments).stdout

    def kill(self) -> None:
        """kill -9 on the program and everything it started, as a power cut would."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Asks it to end, as an operator would."""
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=STOP_SECONDS)
        self.kill()

    def restart(self) -> None:
        """kill -9, then start again on the same installation and ports."""
        self.kill()
        self.start()

    def said(self, characters: int = 6000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-characters:]

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


@contextmanager
def running_server(
    folder: Path, env: Mapping[str, str] | None = None, *, part: Part = "run", upgrade: bool = True
) -> Iterator[Server]:
    """`mdtapp run` (or one `part`) on an installation below `folder`, migrated, on free ports."""
    environ = instance_environment(folder, **(env or {}))
    instance = Path(environ["MDTAPP_INSTANCE"])
    if upgrade and "MDTAPP_DATABASE_URL" not in environ and not instance.exists():
        shutil.copytree(_migrated(), instance)
    elif upgrade:
        mdtapp(environ, "upgrade")
    server = Server(environ=environ, part=part, log=folder / "server.log")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@cache
def _migrated() -> Path:
    """An installation with an empty, migrated database, made once for this process."""
    folder = Path(tempfile.mkdtemp(prefix="mdtapp-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    environ = instance_environment(folder)
    mdtapp(environ, "upgrade")
    return Path(environ["MDTAPP_INSTANCE"])


def _die_with_us() -> list[str]:
    """A prefix that has the kernel kill the server when the test process dies, where there is one."""
    return ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
