"""STOW-RS (PS3.18 10.5): a body of DICOM files taken apart while it arrives, and the answer for each of them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid, TooLarge
from mdtapp.imaging.header import InstanceHeader

CHUNK: Final = 1 << 18
MOST_PARTS: Final = 20_000
_BOUNDARY: Final = re.compile(r'multipart/related\b.*?\bboundary="?([^";,\s]{1,70})"?', re.IGNORECASE)

# Table I.2-2 of PS3.18 and PS3.4 table B.2-1
NOT_AUTHORIZED: Final = 0x0124
PROCESSING_FAILURE: Final = 0x0110
CANNOT_UNDERSTAND: Final = 0xC000
STUDY_MISMATCH: Final = 0xC409

NOT_MULTIPART = Bitext(
    'Send the files as multipart/related with type="application/dicom".',
    "请以 multipart/related、type=“application/dicom” 的形式发送文件。",
)
BROKEN_BODY = Bitext(
    "The request ended early or its parts cannot be told apart. Send it again.",
    "请求不完整或无法分段，请重新发送。",
)
TOO_MANY_PARTS = Bitext("Send at most 20,000 files at once.", "一次最多发送 20000 个文件。")


def boundary_of(content_type: str) -> bytes:
    """Invalid when the body is no multipart/related."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Invalid(NOT_MULTIPART, fields={})
    return found[1].encode("latin-1", "replace")


def parts(stream: BinaryIO, boundary: bytes, folder: Path, ceiling: int) -> Iterator[IO[bytes]]:
    """Each part of the body as a file that is gone once the next one is asked for. Memory stays bounded.

    Invalid for a body that breaks off, TooLarge for a part above `ceiling` bytes.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    taken = _Taken(folder, ceiling)
    parser = MultipartParser(boundary, taken.callbacks())
    try:
        while chunk := stream.read(CHUNK):
            parser.write(chunk)
            yield from taken.finished()
        if not taken.ended or not taken.count:
            raise Invalid(BROKEN_BODY, fields={})
    except MultipartParseError as error:
        raise Invalid(BROKEN_BODY, fields={}) from error
    finally:
        taken.close()


class _Taken:
    """Collects the callbacks of the parser into files."""

    def __init__(self, folder: Path, ceiling: int) -> None:
        self.folder = folder
        self.ceiling = ceiling
        self.ended = False
        self._open: IO[bytes] | None = None
        self._ready: list[IO[bytes]] = []
        self.count = 0

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def finished(self) -> Iterator[IO[bytes]]:
        while self._ready:
            with self._ready.pop(0) as part:
                part.seek(0)
                yield part

    def close(self) -> None:
        for part in (*self._ready, self._open):
            if part is not None:
                part.close()

    def _begin(self) -> None:
        self.count += 1
        if self.count > MOST_PARTS:
            raise TooLarge(TOO_MANY_PARTS)
        self._open = tempfile.NamedTemporaryFile(dir=self.folder)  # noqa: SIM115  closed in `finished`

    def _data(self, data: bytes, start: int, end: int) -> None:
        assert self._open is not None
        self._open.write(data[start:end])
        if self._open.tell() > self.ceiling:
            raise TooLarge(Bitext("One of the files is too large.", "其中一个文件过大。"))

    def _end(self) -> None:
        assert self._open is not None
        self._ready.append(self._open)
        self._open = None

    def _finish(self) -> None:
        self.ended = True


# The answer


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one part: `failure` is a status of table I.2-2, None when it is stored."""

    header: InstanceHeader | None
    failure: int | None = None
    address: str = ""


def answer(stored: list[Stored], root: str, study_instance_uid: str = "") -> dict[str, Any]:
    """Store Instances Response Payload (PS3.18 table 10.5.3-3)."""
    referenced = [
        _item(one.header) | {"00081190": {"vr": "UR", "Value": [one.address]}}
        for one in stored
        if one.failure is None and one.header is not None
    ]
    failed = [
        _item(one.header) | {"00081197": {"vr": "US", "Value": [one.failure]}}
        for one in stored
        if one.failure is not None
    ]
    found: dict[str, Any] = {}
    if study_instance_uid and referenced:
        found["00081190"] = {"vr": "UR", "Value": [f"{root}/studies/{study_instance_uid}"]}
    if referenced:
        found["00081199"] = {"vr": "SQ", "Value": referenced}
    if failed:
        found["00081198"] = {"vr": "SQ", "Value": failed}
    return found


def status_of(stored: list[Stored]) -> int:
    """200 all stored, 202 some, 409 none (PS3.18 table 10.5.3-2)."""
    failed = sum(one.failure is not None for one in stored)
    if not failed:
        return 200
    return 202 if failed < len(stored) else 409


def _item(header: InstanceHeader | None) -> dict[str, Any]:
    if header is None:
        return {}
    return {
        "00081150": {"vr": "UI", "Value": [header.sop_class_uid]},
        "00081155": {"vr": "UI", "Value": [header.sop_instance_uid]},
    }
