"""multipart/related as DICOMweb sends it (PS3.18 8.6.1, RFC 2387)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator

Body = Iterable[bytes]


def boundary() -> str:
    """A line no content can be mistaken for: 128 random bits."""
    return f"mdtapp-{secrets.token_hex(16)}"


def written(parts: Iterable[tuple[str, Body]], line: str) -> Iterator[bytes]:
    """The parts, each with its content type, one behind another."""
    for content_type, body in parts:
        yield f"--{line}\r\nContent-Type: {content_type}\r\n\r\n".encode()
        yield from body
        yield b"\r\n"
    yield f"--{line}--\r\n".encode()
