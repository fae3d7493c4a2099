"""What every limited child does: answer one JSON line for each request line, within limits of its own.

Memory, processor time for each request, open files and written bytes are limited by the
operating system, so that a hostile file ends this process and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

MEMORY = 1 << 30
SECONDS = 15


def serve(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Serves requests from standard input until it ends."""
    _limit()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with Path(os.devnull).open("w") as nothing, contextlib.redirect_stdout(nothing):  # a print is no answer
        for line in sys.stdin:
            _allow_seconds(SECONDS)
            _reply(answers, answer(json.loads(line)))


def _reply(answers: TextIO, given: dict[str, Any]) -> None:
    answers.write(json.dumps(given) + "\n")
    answers.flush()


def _limit() -> None:
    """Sets the limits that hold for the whole life of the process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes our input


def _allow_seconds(seconds: int) -> None:
    """Gives the coming request `seconds` of processor time beyond what is used already."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
