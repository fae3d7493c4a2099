"""The rendering process: `python -m mdtapp.documents.worker MEMORY_BYTES SECONDS`.

It reads requests from standard input and answers on standard output until the input ends. It may use so
much memory and processor time and no more; it is given no secret, opens no connection and writes no file
but the temporary copies of its own fonts.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import resource
import sys
import time
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.documents.frames import PeerGone, receive, send
from mdtapp.documents.opinion import render_opinion
from mdtapp.documents.typesetter import typesetter
from mdtapp.errors import DomainError

DAY = 86_400.0


def main() -> None:
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    # Address space also counts mapped font files, which take no memory of their own.
    resource.setrlimit(resource.RLIMIT_AS, (2 * memory, 2 * memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = _own_output()
    typesetter()
    # What is loaded now stays for the life of the process; the collector need not walk it each time.
    gc.collect()
    gc.freeze()
    gc.disable()
    while True:
        try:
            request = receive(sys.stdin.fileno(), time.monotonic() + DAY)
        except PeerGone:
            return
        _allow_processor_time(seconds)
        _answer(answers, request)
        gc.collect()


def _own_output() -> int:
    """Keep standard output for answers alone: whatever a library prints goes where errors go."""
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _allow_processor_time(seconds: int) -> None:
    """From now; the kernel ends the process when it is used up, whatever loop it is in."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _answer(answers: int, request: bytes) -> None:
    """Two frames: what happened as JSON, and the document (empty when there is none)."""
    document = b""
    try:
        document = _render(json.loads(request))
        report: dict[str, Any] = {"outcome": "rendered"}
    except DomainError as error:
        report = {"outcome": "refused", "kind": type(error).__name__, "sentence": error.sentence.as_json()}
    except Exception as error:  # noqa: BLE001 - the process must answer for every document and live on
        report = {"outcome": "failed", "kind": type(error).__name__}
    deadline = time.monotonic() + DAY
    send(answers, json.dumps(report).encode(), deadline)
    send(answers, document, deadline)


def _render(request: dict[str, Any]) -> bytes:
    watermark = request["watermark"]
    return render_opinion(
        request["frozen"],
        signatures=request["signatures"],
        pictures={name: base64.b64decode(content) for name, content in request["pictures"].items()},
        lang=request["lang"],
        watermark=None if watermark is None else Bitext.of(watermark),
        code=request["code"],
        verify_url=request["verify_url"],
    )


if __name__ == "__main__":
    main()
