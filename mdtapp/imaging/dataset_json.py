"""A data set as DICOM JSON (PS3.18 annex F) without the patient. Runs in the limited child only.

What is stored names nobody: group 0010 keeps what reading the images needs, private elements are left
out but for the factors SUV rests on, and original values kept by an earlier change of the data set go.
Whoever asks gets the patient of the case written in (`mdtapp.imaging.served_patient`).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Final

from pydicom import DataElement, Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.tag import BaseTag

from mdtapp.imaging.text import ODD_VALUE, text, texts

BULK: Final = 1 << 16
"""Bytes from which a value is named by its address instead of being sent along."""

_KEPT_OF_PATIENT: Final = frozenset(
    {
        0x00100040,  # sex
        0x00101010,  # age
        0x00101020,  # size
        0x00101030,  # weight
        0x00102000,  # medical alerts
        0x00102110,  # allergies
        0x001021C0,  # pregnancy status
        0x00102201,  # species
        0x00102202,  # species code
    }
)
_KEPT_PRIVATE: Final = frozenset(
    {
        0x70530010, 0x70531000, 0x70531009,  # Philips: SUV and activity concentration factors
        0x00090010, 0x0009100D,  # GE: post-injection time
    }
)  # fmt: skip
_LEFT_OUT: Final = frozenset(
    {
        0x04000550,  # modified attributes
        0x04000561,  # original attributes
        0x00880200,  # icon image
        0xFFFCFFFC,  # trailing padding
    }
)
_DESCRIBED: Final = ("StudyDescription", "SeriesDescription", "ProtocolName")
_NAMING: Final = ("PatientName", "PatientID", "OtherPatientNames", "OtherPatientIDs", "PatientBirthName")
_TEXTS: Final = frozenset({"LO", "SH", "ST", "LT", "UT", "UC", "PN", "CS", "AE"})
_HAN: Final = re.compile(r"[\u3400-\u9fff]{2}")
_TEXT_BYTES = (bytes, bytearray)
_FLOATS: Final = {"FL", "FD", "DS"}


@dataclass(frozen=True, slots=True)
class NamesOfPatient:
    """Parts of the patient's names and numbers as the data set gives them, in small letters.

    Devices and people write them into descriptions and comments too. Parts of three characters and fewer
    are in too many ordinary words to be looked for.
    """

    parts: tuple[str, ...]

    @classmethod
    def of(cls, ds: Dataset) -> NamesOfPatient:
        values = [value for keyword in _NAMING for value in texts(ds, keyword)]
        parts = {part.lower() for value in values for part in re.split(r"[\^=\s,]+", value)}
        return cls(tuple(sorted(part for part in parts if len(part) > 3 or _HAN.search(part))))

    def stand_in(self, element: DataElement) -> bool:
        """Whether a text element repeats one of them."""
        return bool(self.parts) and element.VR in _TEXTS and not self.left_out(f"{element.value} ")

    def left_out(self, words: str) -> str:
        """The words, or nothing when one of the names stands in them."""
        lowered = words.lower()
        return "" if any(part in lowered for part in self.parts) else words


def dataset_json(ds: Dataset, address: str) -> str:
    """The data set before its pixels as one JSON object; `address` is where its bulk data is found."""
    found = _object(ds, f"{address}/bulkdata/", NamesOfPatient.of(ds))
    for keyword in _DESCRIBED:  # wrongly labelled texts as they evidently are
        known, tag = text(ds, keyword), f"{tag_for_keyword(keyword):08X}"
        if known and "Value" in found.get(tag, {}):
            found[tag]["Value"] = [known]
    syntax = text(ds.file_meta, "TransferSyntaxUID")
    if syntax:
        found["00083002"] = {"vr": "UI", "Value": [syntax]}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def is_served(tag: int) -> bool:
    """Whether specialists are sent this element: nothing that names the patient, nothing private but what SUV needs."""
    group = tag >> 16
    if group % 2:
        return tag in _KEPT_PRIVATE
    if group == 0x0010:
        return tag in _KEPT_OF_PATIENT
    return tag not in _LEFT_OUT and tag & 0xFFFF != 0  # no group lengths


def _object(ds: Dataset, bulk: str, names: NamesOfPatient) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag in sorted(ds.keys()):
        if not is_served(tag):
            continue
        try:
            written = _element(ds[tag], tag, bulk, names)
        except (*ODD_VALUE, RecursionError):
            continue
        if written is not None:
            found[f"{tag:08X}"] = written
    return found


def _element(element: DataElement, tag: BaseTag, bulk: str, names: NamesOfPatient) -> dict[str, Any] | None:
    if element.VR == "SQ":
        items = [
            _object(item, f"{bulk}{tag:08X}.{place}.", names)
            for place, item in enumerate(element.value, start=1)
        ]
        return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
    if names.stand_in(element):
        return {"vr": element.VR}
    value = element.value
    if isinstance(value, _TEXT_BYTES) and len(value) >= BULK:
        return {"vr": element.VR, "BulkDataURI": f"{bulk}{tag:08X}"}
    written: dict[str, Any] = element.to_json_dict(None, BULK * 64)
    if element.VR in _FLOATS and not all(map(_is_finite, written.get("Value", []))):
        return {"vr": element.VR}
    return written


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
