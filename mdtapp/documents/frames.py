"""Length-prefixed messages between the application and the rendering process, with a deadline on both sides."""

from __future__ import annotations

import os
import select
import time

HEADER = 4
LARGEST = 64 * 1024 * 1024


class PeerGone(Exception):
    """The other process has closed its end or has died."""


class TooSlow(Exception):
    """The deadline passed first."""


def send(descriptor: int, content: bytes, deadline: float) -> None:
    """Write one frame; `deadline` is a value of `time.monotonic()`."""
    rest = memoryview(len(content).to_bytes(HEADER, "big") + content)
    while rest:
        _wait([], [descriptor], deadline)
        try:
            written = os.write(descriptor, rest[: select.PIPE_BUF])
        except BrokenPipeError as error:
            raise PeerGone from error
        rest = rest[written:]


def receive(descriptor: int, deadline: float) -> bytes:
    """Read one frame."""
    size = int.from_bytes(_exactly(descriptor, HEADER, deadline), "big")
    if size > LARGEST:
        raise PeerGone
    return _exactly(descriptor, size, deadline)


def _exactly(descriptor: int, size: int, deadline: float) -> bytes:
    parts, missing = [], size
    while missing:
        _wait([descriptor], [], deadline)
        part = os.read(descriptor, min(missing, 1 << 20))
        if not part:
            raise PeerGone
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _wait(readable: list[int], writable: list[int], deadline: float) -> None:
    """Until the descriptor is ready; a pipe that is writable takes PIPE_BUF bytes without blocking."""
    left = deadline - time.monotonic()
    if left <= 0 or not any(select.select(readable, writable, [], left)):
        raise TooSlow
