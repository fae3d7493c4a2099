"""Renders documents in a warm process of their own, which may fail, hang or grow without harm to the pages."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import mdtapp
from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.documents.frames import PeerGone, TooSlow, receive, send
from mdtapp.errors import DomainError, Invalid, TooLarge

SECONDS = 30.0
MEMORY = 512 * 1024 * 1024
DOCUMENTS_PER_WORKER = 200
# How long a document may wait for those before it; starting a process is part of it.
QUEUE_SECONDS = 60.0
REFUSALS: dict[str, type[DomainError]] = {"Invalid": Invalid, "TooLarge": TooLarge}

_SHORTEN = Bitext(
    "The document could not be produced within {seconds:g} seconds and {memory} MB. "
    "Shorten its longest statements and try again.",
    "文件未能在{seconds:g}秒和{memory} MB内存内生成。请缩短最长的陈述后重试。",
)
_FAULT = Bitext(
    "The document could not be produced ({kind}). Try again; if it fails once more, tell the administrator.",
    "文件未能生成（{kind}）。请重试；若仍失败，请告知管理员。",
)
_BUSY = Bitext(
    "Other documents are being produced. Try again in a minute.",
    "正在生成其他文件，请一分钟后重试。",
)


class Renderer:
    """One rendering process, started when first needed, replaced when it has served long enough or failed.

    Safe to share between threads: documents are rendered one after another. After a fork each process
    starts its own. There is no rendering inside the application when this fails: the error says what to do.
    """

    def __init__(
        self,
        *,
        seconds: float = SECONDS,
        memory: int = MEMORY,
        documents_per_worker: int = DOCUMENTS_PER_WORKER,
    ) -> None:
        self._seconds = seconds
        self._memory = memory
        self._most = documents_per_worker
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._finalizer: weakref.finalize[Any, Any] | None = None

    def render_opinion(
        self,
        frozen: Mapping[str, Any],
        *,
        signatures: Sequence[Mapping[str, Any]],
        pictures: Mapping[str, bytes] = MappingProxyType({}),
        lang: Language = "en",
        watermark: Bitext | None = None,
        code: str | None = None,
        verify_url: str | None = None,
    ) -> bytes:
        """As `mdtapp.documents.opinion.render_opinion`. Raises `Invalid` or `TooLarge` with a sentence."""
        request = {
            "frozen": frozen,
            "signatures": list(signatures),
            "pictures": {name: base64.b64encode(content).decode() for name, content in pictures.items()},
            "lang": lang,
            "watermark": watermark.as_json() if watermark is not None else None,
            "code": code,
            "verify_url": verify_url,
        }
        return self._ask(json.dumps(request).encode())

    def close(self) -> None:
        """End the process; the next document starts another."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, request: bytes) -> bytes:
        if not self._lock.acquire(timeout=QUEUE_SECONDS):
            raise Invalid(_BUSY)
        try:
            worker = self._ready()
            try:
                report, document = worker.answer(request, self._seconds)
            except (PeerGone, TooSlow) as error:
                self._end()
                raise Invalid(
                    _filled(_SHORTEN, seconds=self._seconds, memory=self._memory // 1024**2)
                ) from error
            if worker.served >= self._most or report["outcome"] == "failed":
                self._end()
        finally:
            self._lock.release()
        if report.get("kind") == "MemoryError":
            raise self._beyond_limits()
        return _document(report, document)

    def _beyond_limits(self) -> Invalid:
        return Invalid(_filled(_SHORTEN, seconds=self._seconds, memory=self._memory // 1024**2))

    def _ready(self) -> _Worker:
        if self._worker is None or not self._worker.usable():
            self._end()
            self._worker = _Worker(self._memory, self._seconds)
            self._finalizer = weakref.finalize(self, self._worker.end)
        return self._worker

    def _end(self) -> None:
        if self._finalizer is not None:
            self._finalizer()
        self._worker = self._finalizer = None


class _Worker:
    """The process and its two pipes."""

    def __init__(self, memory: int, seconds: float) -> None:
        self.served = 0
        self._owner = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mdtapp.documents.worker", str(memory), str(int(seconds) + 1)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_bare_environment(),
            bufsize=0,
        )

    def usable(self) -> bool:
        return self._owner == os.getpid() and self._process.poll() is None

    def answer(self, request: bytes, seconds: float) -> tuple[dict[str, Any], bytes]:
        """The report and the document. The first answer may also take the time the process needs to start."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        deadline = time.monotonic() + seconds
        send(self._process.stdin.fileno(), request, deadline)
        report = json.loads(receive(self._process.stdout.fileno(), deadline))
        document = receive(self._process.stdout.fileno(), deadline)
        self.served += 1
        return report, document

    def end(self) -> None:
        """Close the pipes and kill; after a fork only the copies of the pipes are closed."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        if self._owner == os.getpid():
            self._process.kill()
            self._process.wait()


def _bare_environment() -> dict[str, str]:
    """What Python and fontconfig need; none of the application's settings or secrets."""
    kept = (
        "PATH",
        "HOME",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "FONTCONFIG_PATH",
        "FONTCONFIG_FILE",
        "LD_LIBRARY_PATH",
    )
    package_root = str(Path(mdtapp.__file__).resolve().parent.parent)
    here = {name: os.environ[name] for name in kept if name in os.environ}
    return here | {"PYTHONPATH": package_root, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


def _document(report: Mapping[str, Any], document: bytes) -> bytes:
    if report["outcome"] == "rendered":
        return document
    if report["outcome"] == "refused":
        raise REFUSALS.get(report["kind"], Invalid)(Bitext.of(report["sentence"]))
    raise Invalid(_filled(_FAULT, kind=report["kind"]))


def _filled(sentence: Bitext, **values: object) -> Bitext:
    return Bitext(sentence.en.format(**values), sentence.zh.format(**values))


@cache
def shared_renderer() -> Renderer:
    """The one renderer of this process; its worker ends with the process."""
    return Renderer()
