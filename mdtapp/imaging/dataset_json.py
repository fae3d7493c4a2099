"""A data set as DICOM JSON (PS3.18 annex F). Runs in the limited child only.

It is given without the patient (`mdtapp.imaging.deidentify.pseudonymise`), so what is stored names nobody;
whoever asks gets the patient of the case written in (`mdtapp.imaging.served_patient`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydicom import DataElement, Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.tag import BaseTag

from mdtapp.imaging.text import ODD_VALUE, text, texts

BULK: Final = 1 << 16
"""Bytes from which a value is named by its address instead of being sent along."""

_WRITTEN_IN: Final = frozenset({0x00100010, 0x00100020, 0x00100030})
"""Patient's Name, ID and Birth Date: those of the case, for whoever asks."""
_PADDING: Final = 0xFFFCFFFC
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


def described(ds: Dataset, names: NamesOfPatient) -> dict[str, str]:
    """Descriptions by tag, wrongly labelled ones as they evidently are, one that names the patient empty.

    Asked before the data set is converted: the bytes tell what the label does not.
    """
    return {f"{tag_for_keyword(keyword):08X}": names.left_out(text(ds, keyword)) for keyword in _DESCRIBED}


def dataset_json(ds: Dataset, address: str, names: NamesOfPatient, descriptions: Mapping[str, str]) -> str:
    """A data set without its patient, before its pixels, as one JSON object.

    `address` is where its bulk data is found. Whoever else is named like the patient is left out too.
    """
    found = _object(ds, f"{address}/bulkdata/", names)
    for tag, words in descriptions.items():
        if words and "Value" in found.get(tag, {}):
            found[tag]["Value"] = [words]
    syntax = text(ds.file_meta, "TransferSyntaxUID")
    if syntax:
        found["00083002"] = {"vr": "UI", "Value": [syntax]}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _object(ds: Dataset, bulk: str, names: NamesOfPatient) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag in sorted(ds.keys()):
        if tag in _WRITTEN_IN or tag.element == 0 or tag == _PADDING:
            continue
        try:
            found[f"{tag:08X}"] = _element(ds[tag], tag, bulk, names)
        except (*ODD_VALUE, RecursionError):
            continue
    return found


def _element(element: DataElement, tag: BaseTag, bulk: str, names: NamesOfPatient) -> dict[str, Any]:
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
