"""The first frame of an instance, taken through /frames/ and decoded, beside what the file itself gives."""

from __future__ import annotations

from email import message_from_bytes
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from mdtapp.imaging.intake import Taken
    from tests.dicomweb.conftest import Archive

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'


def parts(answer: TestResponse) -> list[tuple[str, bytes]]:
    """Content type and content of each part."""
    assert answer.mimetype == "multipart/related"
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    whole: Any = message_from_bytes(head + answer.data)
    return [(str(part["Content-Type"]), part.get_payload(decode=True)) for part in whole.get_payload()]


def body(answer: TestResponse) -> bytes:
    """The one part, cut at the boundary: the parser of e-mails changes bytes that look like line ends."""
    boundary = answer.headers["Content-Type"].partition("boundary=")[2].encode()
    _, _, rest = answer.data.partition(b"\r\n\r\n")
    content: bytes = rest[: -len(b"\r\n--" + boundary + b"--\r\n")]
    return content


def compare(archive: Archive, taken: Taken, who: str = "radiologist") -> bool:
    """Whether the first frame could be decoded from the file; then it is equal through /frames/."""
    header = taken.header
    if header is None or not header.has_pixels or taken.outcome != "accepted":
        return False
    path = archive.intake.objects.path(taken.sha256 or "")
    ds = pydicom.dcmread(path, force=True)
    try:
        expected = pixel_array(ds, index=0, raw=True)
    except Exception:  # noqa: BLE001  what cannot be decoded cannot be compared
        return False
    address = f"/studies/{header.study_instance_uid}/series/{header.series_instance_uid}"
    answer = archive.get(f"{address}/instances/{header.sop_instance_uid}/frames/1", who, Accept=STORED)
    assert answer.status_code == 200, (taken.path, answer.text)
    ((media, _),) = parts(answer)
    ds.file_meta.TransferSyntaxUID = UID(media.partition("transfer-syntax=")[2])
    encapsulated = ds.file_meta.TransferSyntaxUID.is_encapsulated
    element = next(keyword for keyword in PIXELS if keyword in ds)
    ds.NumberOfFrames = 1
    setattr(ds, element, encapsulate([body(answer)]) if encapsulated else body(answer))
    ds[element].is_undefined_length = encapsulated
    assert np.array_equal(pixel_array(ds, index=0, raw=True), expected), taken.path
    return True
