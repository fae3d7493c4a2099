"""WADO-RS (PS3.18 10.4): metadata put together from the index, frames and instances as parts of an answer."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotAcceptable, NotFound
from mdtapp.imaging.copy_order import Copied, CopyOrder, Form
from mdtapp.imaging.derived import DerivedStore, Indexed
from mdtapp.imaging.frames import DEFLATED_FRAMES
from mdtapp.imaging.header import Refusal
from mdtapp.imaging.models import ImagingInstance
from mdtapp.imaging.served_patient import ServedPatient
from mdtapp.materials.reasons import NO_PICTURE

NATIVE: Final = "1.2.840.10008.1.2.1"  # Explicit VR Little Endian, in which frames travel
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
UNCOMPRESSED: Final = {
    "",
    "1.2.840.10008.1.2",
    NATIVE,
    "1.2.840.10008.1.2.2",
    DEFLATED,
    DEFLATED_FRAMES,
}
OCTETS: Final = "application/octet-stream"
ELEMENT: Final = re.compile(r"[0-9A-Fa-f]{8}(\.[1-9][0-9]{0,5}\.[0-9A-Fa-f]{8}){0,8}")
ENCAPSULATED_PDF: Final = "1.2.840.10008.5.1.4.1.1.104.1"
NO_SUCH_FORM = Bitext(
    "The image cannot be sent in the form asked for. Ask for application/octet-stream with transfer-syntax=*.",
    "无法以所请求的形式发送该影像。请使用 application/octet-stream 且 transfer-syntax=*。",
)


@dataclass(frozen=True, slots=True)
class Held:
    """An instance as far as an answer needs it; usable when the database is no longer held."""

    indexed: Indexed
    syntax: str

    @classmethod
    def of(cls, instance: ImagingInstance, study_instance_uid: str) -> Held:
        uids = study_instance_uid, instance.series.series_instance_uid, instance.sop_instance_uid
        return cls(Indexed.of(instance.sha256, *uids), instance.transfer_syntax_uid)


def metadata(derived: DerivedStore, held: Iterable[Held], patient: ServedPatient) -> str:
    """The data sets as one JSON array, each with the patient of the case written in."""
    named = json.dumps(patient.as_dicom_json(), ensure_ascii=False, separators=(",", ":"))[1:-1]
    return "[" + ",".join(_with_patient(derived.json_of(each.indexed), named) for each in held) + "]"


def _with_patient(written: str, named: str) -> str:
    return "{" + named + ("," if written != "{}" else "") + written[1:]


def composed_metadata(
    derived: DerivedStore,
    held: Callable[[], Sequence[Held]],
    patient: ServedPatient,
    series: Sequence[object],
) -> bytes:
    """The same, gzipped and kept until the series or the patient changes; `held` is asked only then."""
    key = ("metadata", *series, *asdict(patient).values())
    return derived.composed(key, lambda: metadata(derived, held(), patient))


def join(packed: Iterable[bytes]) -> str:
    """Several gzipped arrays as one array."""
    inner = (gzip.decompress(each).decode()[1:-1] for each in packed)
    return "[" + ",".join(part for part in inner if part) + "]"


def frame(derived: DerivedStore, held: Held, number: int, accepted: Accepted) -> tuple[str, bytes]:
    """The content type and bytes of frame `number` (from 1): as stored where the caller takes that, else decoded.

    NotAcceptable when it can be had in no form asked for.
    """
    native = held.syntax in UNCOMPRESSED
    syntax = NATIVE if native else held.syntax
    if accepted.takes(syntax):
        return f"{OCTETS}; transfer-syntax={syntax}", derived.frame(held.indexed, number)
    if native or not accepted.takes(NATIVE):
        raise NotAcceptable(NO_SUCH_FORM)
    if not 1 <= number <= derived.count_frames(held.indexed):
        raise NotFound(NO_PICTURE.text)
    part = derived.reader.decoded(derived.objects.path(held.indexed.sha256), number)
    if isinstance(part, Refusal):
        raise NotAcceptable(part.reason.text)
    return f"{OCTETS}; transfer-syntax={NATIVE}", part.content


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an Accept header takes of pixel data: any transfer syntax, or these. `single` is one bare part."""

    syntaxes: frozenset[str]
    single: bool

    def takes(self, syntax: str) -> bool:
        return "*" in self.syntaxes or syntax in self.syntaxes

    @classmethod
    def of(cls, header: str) -> Accepted:
        """PS3.18 8.7.3: without a transfer syntax a caller takes the native one; `*` takes what is stored.

        A caller who names no media type of pixel data at all takes anything.
        """
        syntaxes: set[str] = set()
        single = False
        for offer in (part.strip() for part in header.split(",")):
            media, *parameters = (piece.strip() for piece in offer.split(";"))
            named = dict(part.partition("=")[::2] for part in parameters)
            kind = named.get("type", "").strip('"') if media == "multipart/related" else media
            if kind not in {OCTETS, "*/*", ""} and not kind.startswith("image/"):
                continue
            bare = media == OCTETS
            single = single or bare
            default = "*" if kind != OCTETS else NATIVE
            syntaxes.add(named.get("transfer-syntax", default).strip('"'))
        return cls(frozenset(syntaxes or {"*"}), single and "multipart/related" not in header)


def instance_parts(
    derived: DerivedStore, held: Iterable[Held], patient: ServedPatient
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Each instance with the patient of the case; one that cannot be written anew is left out."""
    for each in held:
        path = derived.objects.path(each.indexed.sha256)
        copy = derived.reader.copy(path, CopyOrder(Form.SERVED, patient, readable=True))
        if isinstance(copy, Copied):
            syntax = NATIVE if each.syntax in {DEFLATED, DEFLATED_FRAMES} else each.syntax
            named = f"; transfer-syntax={syntax}" if syntax else ""
            yield f"application/dicom{named}", whole(path, copy)


def whole(path: Path, copy: Copied) -> Iterator[bytes]:
    with path.open("rb") as source:
        yield from copy.pieces(source)


def window_of(text: str) -> dict[str, Any]:
    """`center,width,function` of a rendered image (PS3.18 8.3.5.1.4); empty for anything else."""
    parts = text.split(",")
    try:
        centre, width = float(parts[0]), float(parts[1])
    except (ValueError, IndexError):
        return {}
    return {"window": [centre, width]} if 1e-6 <= width <= 1e9 and abs(centre) <= 1e9 else {}
