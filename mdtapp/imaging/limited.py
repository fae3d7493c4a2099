"""The parent's side of the limited child: asks, waits so long and no longer, starts it again."""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import mdtapp
from mdtapp.imaging.copy_order import Copied, CopyOrder, KeptBack, request_of
from mdtapp.imaging.deidentify.pixel_risk import Held
from mdtapp.imaging.header import (
    DiscIndex,
    InstanceHeader,
    InstanceIndex,
    Measurement,
    Measurements,
    Part,
    Picture,
    PictureSize,
    Refusal,
)
from mdtapp.materials.reasons import DICOM_TOO_HUNGRY, READER_DIED

if TYPE_CHECKING:
    from mdtapp.imaging.encapsulated_pdf import SourceStudy

TIMEOUT = 20.0
_PACKAGE_HOME = str(Path(mdtapp.__file__).parent.parent)
_MAX_ANSWER = 32 * 1024**2


class LimitedReader:
    """One child process, used by one thread at a time; it starts when first asked."""

    module = "mdtapp.imaging.child"
    too_hungry = DICOM_TOO_HUNGRY

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self.timeout = timeout
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def header(self, path: Path) -> InstanceHeader | DiscIndex | Refusal:
        """The header of a DICOM file, or why there is none."""
        answer = self._ask({"do": "header", "path": str(path)})
        if isinstance(answer, Refusal):
            return answer
        return InstanceHeader.of(answer["header"]) if "header" in answer else DiscIndex()

    def index(self, path: Path, address: str) -> InstanceIndex | Refusal:
        """What viewers ask of an instance; `address` is where its bulk data will be found."""
        answer = self._ask({"do": "index", "path": str(path), "address": address})
        if isinstance(answer, Refusal):
            return answer
        return InstanceIndex(answer["json"], base64.b64decode(answer["frames"]))

    def bulk(self, path: Path, element: str) -> Part | Refusal:
        """The value of one element, named as in the index: `00420011`, or `54000100.1.54001010` inside a sequence."""
        return self._part({"do": "bulk", "path": str(path), "element": element})

    def decoded(self, path: Path, frame: int) -> Part | Refusal:
        """Frame `frame` (from 1) as native little endian samples."""
        return self._part({"do": "decoded", "path": str(path), "frame": frame})

    def preview(self, path: Path, frame: int, **drawn: Any) -> Picture | Refusal:
        """A frame (from 0) of a DICOM file as PNG, or why there is none; `edge` and `window` as `preview.render`."""
        return self._picture({"do": "preview", "path": str(path), "frame": frame, **drawn})

    def key_picture(self, path: Path, frame: int) -> Picture | Refusal:
        """A frame (from 0) as JPEG with its sides and a scale, or why there is none."""
        return self._picture({"do": "key_picture", "path": str(path), "frame": frame})

    def shrink(self, path: Path) -> Picture | Refusal:
        """An ordinary picture as PNG, or why not."""
        return self._picture({"do": "shrink", "path": str(path)})

    def measure(self, path: Path) -> PictureSize | Refusal:
        """The size of an ordinary picture, or why it is kept aside."""
        answer = self._ask({"do": "measure", "path": str(path)})
        return answer if isinstance(answer, Refusal) else PictureSize(*answer["size"])

    def copy(self, path: Path, order: CopyOrder, *, cleared: bool = False) -> Copied | KeptBack | Refusal:
        """A DICOM file in another form, or why there is none (`mdtapp.imaging.copying`)."""
        answer = self._ask(request_of(path, order, cleared=cleared))
        if isinstance(answer, Refusal):
            return answer
        return KeptBack(Held(answer["held"])) if "held" in answer else Copied.of(answer["copy"])

    def give_back(self, path: Path, source: SourceStudy) -> Copied | Refusal:
        """An object made here as those know it who have the images of `source`, or why not."""
        answer = self._ask({"do": "give_back", "path": str(path), "source": source.as_json()})
        return answer if isinstance(answer, Refusal) else Copied.of(answer["copy"])

    def close(self) -> None:
        """Ends the child; the next request would start another."""
        with self._lock:
            self._end()

    @property
    def pid(self) -> int | None:
        """Process id of the running child, if there is one."""
        return self._child.pid if self._child else None

    def measurements(self, path: Path) -> Measurements | Refusal:
        """What a structured report measured."""
        answer = self._ask({"do": "measurements", "path": str(path)})
        if isinstance(answer, Refusal):
            return answer
        return Measurements(tuple(Measurement(**row) for row in answer["measurements"]))

    def _part(self, request: dict[str, Any]) -> Part | Refusal:
        answer = self._ask(request)
        if isinstance(answer, Refusal):
            return answer
        return Part(base64.b64decode(answer["part"]))

    def _picture(self, request: dict[str, Any]) -> Picture | Refusal:
        answer = self._ask(request)
        return answer if isinstance(answer, Refusal) else Picture(base64.b64decode(answer["png"]))

    def _ask(self, request: dict[str, Any]) -> dict[str, Any] | Refusal:
        with self._lock:
            child = self._running()
            try:
                assert child.stdin is not None
                child.stdin.write(json.dumps(request).encode() + b"\n")
                child.stdin.flush()
                line = self._line(child)
            except (BrokenPipeError, EOFError):
                return self._died(child)
            except TimeoutError:
                self._end()
                return Refusal(self.too_hungry)
        answer: dict[str, Any] = json.loads(line)
        if answer.get("refused") == self.too_hungry.code:
            self.close()  # memory that could not be had once is not trusted again
        return Refusal.of(answer["refused"]) if "refused" in answer else answer

    def _line(self, child: subprocess.Popen[bytes]) -> bytes:
        """One line within the time-out; EOFError when the child ends first."""
        assert child.stdout is not None
        descriptor, deadline, line = child.stdout.fileno(), time.monotonic() + self.timeout, bytearray()
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise TimeoutError
            chunk = os.read(descriptor, 1 << 16)
            if not chunk or len(line) > _MAX_ANSWER:
                raise EOFError
            line += chunk
        return bytes(line)

    def _running(self) -> subprocess.Popen[bytes]:
        """The child, started anew when it is gone or belongs to the process we were forked from."""
        if self._child is None or self._owner != os.getpid() or self._child.poll() is not None:
            self._child = subprocess.Popen(
                [sys.executable, "-m", self.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
            )
            self._owner = os.getpid()
        return self._child

    def _died(self, child: subprocess.Popen[bytes]) -> Refusal:
        status = child.wait()
        self._end()
        return Refusal(self.too_hungry if -status in (signal.SIGXCPU, signal.SIGKILL) else READER_DIED)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


def _environment() -> dict[str, str]:
    """No secrets of ours, no worker threads of numerical libraries."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "TZ") if key in os.environ}
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **threads, "PYTHONPATH": _PACKAGE_HOME, "PYTHONDONTWRITEBYTECODE": "1"}


_shared = LimitedReader()
atexit.register(_shared.close)


def shared_reader() -> LimitedReader:
    """The reader of this process; its child starts at the first question and ends with the process."""
    return _shared
