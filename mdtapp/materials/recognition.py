"""What the bytes of a file are. The name is only heard as a second witness."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from mdtapp.materials.reasons import (
    ARCHIVE_METHOD,
    CUT_SHORT,
    DICOM_PREAMBLE_PROGRAM,
    EMPTY,
    MISLABELLED,
    PROGRAM,
    UNKNOWN_TYPE,
    Reason,
)
from mdtapp.materials.status import FileKind

HEAD = 8192
TIFF = "image/tiff"
MIRAX = "application/x-mirax"
_TAIL = 2048


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is. `contained` keeps it aside; `note` accompanies an accepted file."""

    kind: FileKind
    media_type: str
    contained: Reason | None = None
    note: Reason | None = None


def recognise(path: Path, name: str) -> Recognised:
    """Looks at the first (and for PDF the last) bytes of `path`; `name` is the sender's file name."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, size - _TAIL))
        tail = file.read(_TAIL)
    if not head:
        return Recognised(FileKind.UNKNOWN, "application/octet-stream", contained=EMPTY)
    found = _piece_of_mirax(head, name) or _by_content(head)
    if found.contained or found.note or found.kind is FileKind.SLIDE_PART:
        return found
    return Recognised(found.kind, found.media_type, note=_note(found, name, tail))


def _by_content(head: bytes) -> Recognised:
    if is_dicom(head):
        program = head.startswith((b"MZ", b"\x7fELF"))
        return Recognised(
            FileKind.DICOM, "application/dicom", contained=DICOM_PREAMBLE_PROGRAM if program else None
        )
    for signature, kind, media_type in _SIGNATURES:
        if signature.match(head):
            return Recognised(kind, media_type, contained=_contained(kind, media_type))
    if looks_like_bare_dicom(head):
        return Recognised(FileKind.DICOM, "application/dicom")
    return _text(head)


_MIRAX_DATA = re.compile(r"Data\d{1,6}\.dat", re.IGNORECASE)
_MIRAX_INDEX = re.compile(rb"\d\d\.\d\d[0-9A-Za-z]{3}")
_MIRAX_INI = re.compile(
    rb"(\xef\xbb\xbf)?\s*\[GENERAL\]\s.*?^SLIDE_(ID|VERSION)\s*=", re.DOTALL | re.MULTILINE
)


def _piece_of_mirax(head: bytes, name: str) -> Recognised | None:
    """A MIRAX slide is a small picture named `x.mrxs` and a folder `x` of pieces, told by their names.

    OpenSlide goes by the same names; what the bytes are is heard where they say anything.
    """
    own = PurePosixPath(name.replace("\\", "/")).name
    if own.lower().endswith(".mrxs") and head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"BM")):
        return Recognised(FileKind.SLIDE, MIRAX)
    described = own.lower() == "slidedat.ini" and _MIRAX_INI.match(head)
    index = own.lower() == "index.dat" and _MIRAX_INDEX.match(head)
    data = _MIRAX_DATA.fullmatch(own) and _by_content(head).contained in (None, UNKNOWN_TYPE)
    if described or index or data:
        return Recognised(FileKind.SLIDE_PART, "application/octet-stream")
    return None


def is_dicom(head: bytes) -> bool:
    """A DICOM file by its prefix after the 128 byte preamble (PS3.10 7.1)."""
    return head[128:132] == b"DICM"


def looks_like_bare_dicom(head: bytes) -> bool:
    """A data set without preamble: its first element lies in group 0002 or 0008, in either byte order."""
    if len(head) < 16:
        return False
    order: Literal["little", "big"] = "little" if head[1] == 0 else "big"
    group, element = int.from_bytes(head[0:2], order), int.from_bytes(head[2:4], order)
    if group not in (0x0002, 0x0008) or element > 0x0060:
        return False
    explicit = re.fullmatch(rb"[A-Z]{2}", head[4:6]) is not None
    return explicit or int.from_bytes(head[4:8], order) <= 128


def _signature(pattern: bytes, kind: FileKind, media_type: str) -> tuple[re.Pattern[bytes], FileKind, str]:
    return re.compile(pattern, re.DOTALL), kind, media_type


_SIGNATURES = [
    _signature(rb"\s*%PDF-", FileKind.PDF, "application/pdf"),
    _signature(rb"\x89PNG\r\n\x1a\n", FileKind.PICTURE, "image/png"),
    _signature(rb"\xff\xd8\xff", FileKind.PICTURE, "image/jpeg"),
    _signature(rb"II[*+]\x00|MM\x00[*+]", FileKind.PICTURE, TIFF),
    _signature(rb"GIF8[79]a", FileKind.PICTURE, "image/gif"),
    _signature(rb"BM.{8}[\x0e-\xff]\x00", FileKind.PICTURE, "image/bmp"),
    _signature(rb"RIFF....WEBP", FileKind.PICTURE, "image/webp"),
    _signature(
        rb"PK\x03\x04.{26,120}?(\[Content_Types\]\.xml|_rels/|word/|xl/|ppt/|docProps/|mimetypeapplication/vnd\.oasis)",
        FileKind.OFFICE,
        "application/octet-stream",
    ),
    _signature(rb"PK(\x03\x04|\x05\x06)", FileKind.ARCHIVE, "application/zip"),
    _signature(
        rb"\x1f\x8b|7z\xbc\xaf\x27\x1c|Rar!\x1a|BZh\d|\xfd7zXZ\x00",
        FileKind.ARCHIVE,
        "application/octet-stream",
    ),
    _signature(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|\{\\rtf", FileKind.OFFICE, "application/octet-stream"),
    _signature(
        rb"MZ|\x7fELF|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|#!", FileKind.PROGRAM, "application/octet-stream"
    ),
    _signature(rb".{0,1019}?%PDF-", FileKind.PDF, "application/pdf"),  # viewers look that far for a header
]


def _contained(kind: FileKind, media_type: str) -> Reason | None:
    if kind is FileKind.PROGRAM:
        return PROGRAM
    if kind is FileKind.ARCHIVE and media_type != "application/zip":
        return ARCHIVE_METHOD
    return None


# Text

_MARKUP = re.compile(r"<\s*(!doctype|html|head|body|svg|script|iframe|\?xml|[a-z]+:?svg)\b", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]")
_COMMON_CHINESE = re.compile(
    rb"[\xb0-\xd7][\xa1-\xfe]|[\xa1-\xa3][\xa1-\xfe]"
)  # GB 2312: usual characters, signs


def decode_text(content: bytes) -> str | None:
    """The text of `content`, or None when it is not text.

    UTF-8 first. Otherwise the high bytes of Chinese text mostly pair into usual characters
    (GB18030), those of Western 8-bit text do not.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(content, "utf-16")
    paired = 2 * len(_COMMON_CHINESE.findall(content))
    chinese = paired > 0.6 * len(_HIGH_BYTES.findall(content))
    encodings = ("utf-8-sig", "gb18030") if chinese else ("utf-8-sig", "cp1252", "latin-1")
    return next((text for text in (_decoded(content, name) for name in encodings) if text is not None), None)


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(content) - 4:  # a character cut at the end of the sample is no objection
            return None
        text = content[: error.start].decode(encoding, errors="ignore")
    return None if _CONTROL.search(text) else text


def _text(head: bytes) -> Recognised:
    text = decode_text(head)
    if text is None:
        return Recognised(FileKind.UNKNOWN, "application/octet-stream", contained=UNKNOWN_TYPE)
    if _MARKUP.search(text):
        return Recognised(FileKind.MARKUP, "application/octet-stream")
    return Recognised(FileKind.TEXT, "text/plain")


# The second witness

SLIDE_ENDINGS = ("svs", "ndpi", "scn", "bif")
_EXTENSIONS = {
    FileKind.DICOM: {"dcm", "dicom", "ima", "img"},
    FileKind.PDF: {"pdf"},
    FileKind.PICTURE: {
        "png",
        "jpg",
        "jpeg",
        "jpe",
        "tif",
        "tiff",
        "gif",
        "bmp",
        "webp",
        *SLIDE_ENDINGS,
    },
    FileKind.SLIDE: {"mrxs"},
    FileKind.TEXT: {"txt", "md", "csv", "json", "ndjson", "log", "inf", "ini", "yaml", "yml", "tsv"},
    FileKind.MARKUP: {"html", "htm", "xhtml", "svg", "xml", "md"},
    FileKind.OFFICE: {"doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "rtf"},
    FileKind.ARCHIVE: {"zip"},
}
_KNOWN = set().union(*_EXTENSIONS.values())


def named_as_slide(name: str) -> bool:
    """Whether the name says that a TIFF file is a slide."""
    return name.lower().endswith(tuple(f".{ending}" for ending in SLIDE_ENDINGS))


def _note(found: Recognised, name: str, tail: bytes) -> Reason | None:
    extension = PurePosixPath(name.replace("\\", "/")).suffix.lower().lstrip(".")
    if extension in _KNOWN and extension not in _EXTENSIONS.get(found.kind, set()):
        return MISLABELLED
    if found.kind is FileKind.PDF and b"%%EOF" not in tail:
        return CUT_SHORT
    return None
