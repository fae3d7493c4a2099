"""What a copy of an instance is to be, and what comes back: plain values between us and the limited child."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from mdtapp.clinical.bitext import Bitext
from mdtapp.imaging.deidentify.known_identifiers import KnownIdentifiers
from mdtapp.imaging.deidentify.pixel_risk import Held
from mdtapp.imaging.frames import inflated, joined
from mdtapp.imaging.served_patient import ServedPatient
from mdtapp.store.objects import CHUNK


class Form(StrEnum):
    """In which form images leave the system."""

    RECEIVED = "received"
    SERVED = "served"
    DEIDENTIFIED = "deidentified"


FORM_LABELS = {
    Form.SERVED: Bitext("With the pseudonym, as the panel sees them", "使用代号，与专家所见一致"),
    Form.DEIDENTIFIED: Bitext("De-identified, for use outside", "去标识化，供院外使用"),
    Form.RECEIVED: Bitext("As received, with the patient's name", "按接收原样，含患者姓名"),
}


@dataclass(frozen=True, slots=True)
class CopyOrder:
    """`secret` is the key of the case. `readable`: frames deflated one by one, which few programs read, are inflated."""

    form: Form
    patient: ServedPatient
    secret: bytes = b""
    known: KnownIdentifiers = field(default_factory=KnownIdentifiers)
    readable: bool = False

    def as_json(self) -> dict[str, Any]:
        patient = self.patient
        return {
            "form": str(self.form),
            "patient": [patient.pseudonym, patient.case_no, patient.birth_year],
            "secret": self.secret.hex(),
            "known": [sorted(values) for values in _parts(self.known)],
            "readable": self.readable,
        }

    @classmethod
    def of(cls, values: dict[str, Any]) -> CopyOrder:
        return cls(
            Form(values["form"]),
            ServedPatient(*values["patient"]),
            bytes.fromhex(values["secret"]),
            KnownIdentifiers(*(frozenset(part) for part in values["known"])),
            values["readable"],
        )


@dataclass(frozen=True, slots=True)
class DeflatedFrames:
    """Frames of a file that a copy holds inflated: the bits of one, and the (offset, length) of the pieces of each."""

    bits: int
    frames: list[list[list[int]]]

    @property
    def length(self) -> int:
        """Bytes they take inflated, an even number (PS3.5 7.1.1)."""
        whole = -(-self.bits * len(self.frames) // 8)
        return whole + whole % 2

    def pieces(self, source: BinaryIO) -> Iterator[bytes]:
        yield from joined(
            (inflated(self._stored(source, frame), self.bits) for frame in self.frames), self.bits
        )
        yield b"\0" * (self.length - -(-self.bits * len(self.frames) // 8))

    def _stored(self, source: BinaryIO, frame: list[list[int]]) -> bytes:
        parts = []
        for offset, length in frame:
            source.seek(offset)
            parts.append(source.read(length))
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy: `head`, then the bytes `start` to `end` of the file it was made from (or `deflated`), then `tail`.

    `record` is what its directory record says (keyword → text), `done` rows of tag, keyword,
    action and count.
    """

    head: bytes
    start: int
    end: int
    tail: bytes
    record: dict[str, str]
    done: list[tuple[str, str, str, int]]
    deflated: DeflatedFrames | None = None

    def pieces(self, source: BinaryIO) -> Iterator[bytes]:
        """The copy a megabyte at a time; `source` is the file it was made from."""
        if self.head:
            yield self.head
        if self.deflated:
            yield from self.deflated.pieces(source)
        source.seek(self.start)
        left = self.end - self.start
        while left > 0 and (piece := source.read(min(CHUNK, left))):
            left -= len(piece)
            yield piece
        if self.tail:
            yield self.tail

    def as_json(self) -> dict[str, Any]:
        return {
            "head": base64.b64encode(self.head).decode(),
            "pixels": [self.start, self.end],
            "tail": self.tail.hex(),
            "record": self.record,
            "done": self.done,
            "deflated": self.deflated and [self.deflated.bits, self.deflated.frames],
        }

    @classmethod
    def of(cls, values: dict[str, Any]) -> Copied:
        start, end = values["pixels"]
        return cls(
            base64.b64decode(values["head"]),
            start,
            end,
            bytes.fromhex(values["tail"]),
            values["record"],
            [(tag, keyword, action, count) for tag, keyword, action, count in values["done"]],
            DeflatedFrames(*values["deflated"]) if values["deflated"] else None,
        )


@dataclass(frozen=True, slots=True)
class KeptBack:
    """No copy, and why."""

    why: Held


def request_of(path: Path, order: CopyOrder, *, cleared: bool) -> dict[str, Any]:
    """The line the child is asked with."""
    return {"do": "copy", "path": str(path), "cleared": cleared, "order": order.as_json()}


def _parts(known: KnownIdentifiers) -> tuple[frozenset[str], ...]:
    return known.names, known.numbers, known.birth_dates, known.phrases
