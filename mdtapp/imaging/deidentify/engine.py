"""The de-identified form of a data set (PS3.15 Annex E, Basic Profile). Runs in the limited child only.

Every element at every level is met once: the table decides; what the table does not name stays only
where a dictionary knows it, its bytes are what its VR says, and nothing known of the patient is in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from pydicom import Dataset
from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID_dictionary

from mdtapp.imaging.deidentify.keys import CaseKey
from mdtapp.imaging.deidentify.known_identifiers import KnownIdentifiers
from mdtapp.imaging.deidentify.private_elements import is_moment, is_safe
from mdtapp.imaging.deidentify.table import EDITION, Action, rule_for
from mdtapp.imaging.text import ODD_VALUE

Done = Counter[tuple[str, str, str]]  # (tag, keyword, action) and how often

REMOVED = "REMOVED"
METHOD = [
    f"DICOM {EDITION} Annex E Basic Profile",
    "Options as in the code sequence",
    "Table and key of mdtapp",
]
OPTIONS = {
    "113100": "Basic Application Confidentiality Profile",
    "113103": "Clean Graphics Option",
    "113104": "Clean Structured Content Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
    "113111": "Retain Safe Private Option",
}

_TEXT = {"AE", "AS", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}
_FREE_TEXT = {"LT", "ST", "UT", "UR"}
_BYTES = {"OB", "OD", "OF", "OL", "OV", "OW"}
_FORMS = {
    "AS": re.compile(r"\d{1,3}[DWMY]?"),
    "TM": re.compile(r"[0-9:]{2,8}(\.\d{1,6})?"),
}
_DUMMIES: dict[str, Any] = {
    **dict.fromkeys(_TEXT, REMOVED),
    **dict.fromkeys(_BYTES, b"\0\0"),
    **dict.fromkeys(("DS", "IS"), "0"),
    **dict.fromkeys(("FL", "FD", "SL", "SS", "UL", "US", "SV", "UV"), 0),
    "AS": "000Y",
    "TM": "000000",
}
_MOMENTS = {"DA", "DT"}
_CLASSES = {  # UIDs that say what a thing is, not which one: kept, also where no dictionary knows them yet
    Tag(0x00080016),
    Tag(0x0008001A),
    Tag(0x00081150),
    Tag(0x00041510),
    Tag(0x00041512),
    Tag(0x00080062),
    Tag(0x0008010C),
    Tag(0x00080118),
}
_STRUCTURAL = {  # words of the standard by which a data set is read: a name that looks alike changes nothing
    Tag(0x00080005),
    Tag(0x00080008),
    Tag(0x00080060),
    Tag(0x00089007),
    Tag(0x00280004),
    Tag(0x0040A040),
}
_CODES = {Tag(0x00080100), Tag(0x00080102), Tag(0x00080104), Tag(0x00080119), Tag(0x00080120)}
"""Codes are looked through for the patient only: a word of theirs may well be somebody's name."""
_NUMBERS = [
    "PatientID",
    "OtherPatientIDs",
    "AccessionNumber",
    "AdmissionID",
    "MedicalRecordLocator",
    "InsurancePlanIdentification",
    "ServiceEpisodeID",
    "ClinicalTrialSubjectID",
    "PlacerOrderNumberImagingServiceRequest",
    "FillerOrderNumberImagingServiceRequest",
    "SpecimenIdentifier",
    "ContainerIdentifier",
    "DeviceSerialNumber",
    "PatientTelephoneNumbers",
]
_PHRASES = [
    "InstitutionName",
    "InstitutionAddress",
    "PatientAddress",
    "ReferringPhysicianAddress",
    "StationName",
]


class Deidentifier:
    """One case's copies: `patient` is what the case knows of the person; `run` changes a data set in place."""

    def __init__(self, key: CaseKey, patient: KnownIdentifiers) -> None:
        self.key = key
        self.patient = patient
        self.done: Done = Counter()
        self._own = self._known = patient
        self._days = key.days

    def run(self, ds: Dataset) -> Done:
        """De-identifies `ds` (read without its pixels) and returns what was done."""
        self.done = Counter()
        own, others = _identifiers_of(ds, self.key.subject)
        self._own = self.patient.joined(own)
        self._known = self._own.joined(others)
        again = _text(ds, "PatientID") == self.key.subject and _text(ds, "PatientIdentityRemoved") == "YES"
        self._days = 0 if again else self.key.days
        self._dataset(ds)
        self._say_what_was_done(ds)
        return self.done

    # Walking

    def _dataset(self, ds: Dataset, *, dummy: bool = False) -> None:
        safe = _safe_private(ds)
        for tag in list(ds.keys()):
            self._element(ds, tag, safe, dummy)

    def _element(self, ds: Dataset, tag: BaseTag, safe: set[BaseTag], dummy: bool) -> None:
        if tag.element == 0 or tag.group < 0x0008:
            del ds[tag]
        elif tag.is_private:
            self._private(ds, tag, safe)
        else:
            raw = ds.get_item(tag)
            try:
                element = ds[tag]
            except ODD_VALUE:
                self._drop(ds, tag)
                return
            rule = rule_for(tag)
            if rule is not None:
                self._apply(ds, element, rule.action, _bytes_of(raw))
            else:
                self._unlisted(ds, element, _bytes_of(raw), dummy)

    def _private(self, ds: Dataset, tag: BaseTag, safe: set[BaseTag]) -> None:
        if tag not in safe:
            self._drop(ds, tag)
        elif is_moment(ds[tag]):
            self._shift(ds, ds[tag])
        else:
            self._count(tag, Action.KEEP)

    def _apply(self, ds: Dataset, element: DataElement, action: Action, raw: bytes) -> None:
        tag = element.tag
        match action:
            case Action.REMOVE:
                self._drop(ds, tag)
            case Action.EMPTY:
                self._count(tag, action)
                ds[tag] = DataElement(tag, element.VR, Sequence() if element.VR == "SQ" else "")
            case Action.DUMMY:
                self._dummy(ds, element)
            case Action.UID:
                self._uids(ds, element)
            case Action.CLEAN:
                self._clean(ds, element)
            case Action.KEEP:
                self._keep(ds, element, raw)

    def _unlisted(self, ds: Dataset, element: DataElement, raw: bytes, dummy: bool) -> None:
        tag, vr = element.tag, element.VR
        if not dictionary_has_tag(tag) or vr == "UN" or _disguised(tag, vr):
            self._drop(ds, tag)
        elif vr == "SQ":
            for item in element.value:
                self._dataset(item, dummy=dummy)
        elif vr in _MOMENTS:
            self._shift(ds, element)
        elif vr == "UI":
            self._uids(ds, element)
        elif vr == "PN" or (dummy and vr in _TEXT - {"CS", "AS"}):
            self._dummy(ds, element)
        elif vr in _FREE_TEXT:
            self._drop(ds, tag)
        else:
            self._keep(ds, element, raw)

    # Actions

    def _keep(self, ds: Dataset, element: DataElement, raw: bytes) -> None:
        """Keeps a value that is what its VR says and holds nothing known of the patient."""
        tag, vr = element.tag, element.VR
        if not _is_formed(element):
            self._drop(ds, tag)
        elif vr in _BYTES:
            if isinstance(element.value, bytes) and self._known.found_in_bytes(element.value):
                self._drop(ds, tag)
        elif vr in _TEXT and tag not in _STRUCTURAL:
            known = self._own if tag in _CODES else self._known
            if any(map(known.found_in, _readings(element, raw, ds))):
                self._dummy(ds, element)
        elif vr in ("DS", "IS") and any(map(self._known.is_number_of, _strings(element))):
            self._drop(ds, tag)
        if tag in ds and rule_for(tag) is not None:
            self._count(tag, Action.KEEP)

    def _drop(self, ds: Dataset, tag: BaseTag) -> None:
        self._count(tag, Action.REMOVE)
        del ds[tag]

    def _dummy(self, ds: Dataset, element: DataElement) -> None:
        """A value without meaning; what was empty stays empty, items lose their texts but not their numbers."""
        tag, vr = element.tag, element.VR
        if vr in _MOMENTS:
            self._shift(ds, element)
            return
        if vr == "UI":
            self._uids(ds, element)
            return
        self._count(tag, Action.DUMMY)
        if vr == "SQ":
            for item in element.value:
                self._dataset(item, dummy=True)
        elif vr not in _DUMMIES:
            del ds[tag]
        elif element.value not in (None, "", b""):
            ds[tag] = DataElement(tag, vr, _DUMMIES[vr])

    def _clean(self, ds: Dataset, element: DataElement) -> None:
        if element.VR == "SQ":
            self._count(element.tag, Action.CLEAN)
            for item in element.value:
                self._dataset(item)
        elif element.VR in _MOMENTS:
            self._shift(ds, element)
        elif element.VR == "TM":
            self._keep_time(ds, element)
        else:
            self._drop(ds, element.tag)

    def _keep_time(self, ds: Dataset, element: DataElement) -> None:
        if _is_formed(element):
            self._count(element.tag, Action.CLEAN)
        else:
            self._drop(ds, element.tag)

    def _shift(self, ds: Dataset, element: DataElement) -> None:
        """Moves DA and DT values by the days of the case; what is no date goes."""
        try:
            moved = [_moved(value, self._days) if value else "" for value in _strings(element)]
        except (ValueError, OverflowError):
            self._drop(ds, element.tag)
            return
        self._count(element.tag, Action.CLEAN)
        ds[element.tag] = DataElement(element.tag, element.VR, moved if len(moved) > 1 else "".join(moved))

    def _uids(self, ds: Dataset, element: DataElement) -> None:
        tag = element.tag
        if element.VR == "SQ":
            self._count(tag, Action.UID)
            for item in element.value:
                self._dataset(item)
            return
        if element.VR != "UI":
            self._drop(ds, tag)
            return
        values = [self._uid(tag, value) for value in _strings(element)]
        if values != _strings(element):
            self._count(tag, Action.UID)
            ds[tag] = DataElement(tag, "UI", values if len(values) > 1 else "".join(values))

    def _uid(self, tag: BaseTag, value: str) -> str:
        if not value or value in UID_dictionary:
            return value
        if tag in _CLASSES and re.fullmatch(r"[0-9.]{1,64}", value) and not self._known.found_in(value):
            return value
        return self.key.uid(value)

    def _count(self, tag: BaseTag, action: Action) -> None:
        name = "private" if tag.is_private else keyword_for_tag(tag)
        self.done[f"{tag:08X}" if not tag.is_private else f"{tag.group:04X}xxxx", name, str(action)] += 1

    # What the copy says of itself

    def _say_what_was_done(self, ds: Dataset) -> None:
        """The attributes by which a copy tells that it is one (PS3.15 E.1.1, PS3.16 CID 7050)."""
        ds.PatientName = ds.PatientID = self.key.subject
        ds.PatientBirthDate = ""
        ds.PatientIdentityRemoved = "YES"
        ds.DeidentificationMethod = METHOD
        ds.DeidentificationMethodCodeSequence = Sequence(map(_option, OPTIONS))
        ds.LongitudinalTemporalInformationModified = "MODIFIED"


def _option(code: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", OPTIONS[code]
    return item


def _safe_private(ds: Dataset) -> set[BaseTag]:
    """Private elements of this level that stay; asked before any of them goes."""
    safe = set()
    for tag in list(ds.keys()):
        if tag.is_private:
            try:
                if is_safe(ds, ds[tag]):
                    safe.add(tag)
            except ODD_VALUE:
                continue
    return safe


def _identifiers_of(ds: Dataset, subject: str) -> tuple[KnownIdentifiers, KnownIdentifiers]:
    """What the data set says, at every level, of the patient; and of the other people and places around."""
    own: dict[str, set[str]] = {"names": set(), "numbers": set(), "birth_dates": set()}
    others: dict[str, set[str]] = {"names": set(), "phrases": set()}
    for item in _items(ds):
        for element in _elements(item):
            found = _kept_as(element)
            if found is not None:
                whose, kind = found
                values = {
                    value for value in _readings(element, b"", item) if value not in ("", subject, REMOVED)
                }
                (own if whose == "own" else others)[kind] |= values
    return (
        KnownIdentifiers(**{kind: frozenset(values) for kind, values in own.items()}),
        KnownIdentifiers(**{kind: frozenset(values) for kind, values in others.items()}),
    )


def _kept_as(element: DataElement) -> tuple[str, str] | None:
    """Whose identifier an element is and of which kind, None when it is none."""
    keyword = element.keyword
    if element.VR == "PN":
        return ("own" if element.tag.group == 0x0010 else "others"), "names"
    if keyword in _NUMBERS:
        return "own", "numbers"
    if keyword == "PatientBirthDate":
        return "own", "birth_dates"
    return ("others", "phrases") if keyword in _PHRASES else None


def _items(ds: Dataset) -> Iterator[Dataset]:
    yield ds
    for element in _elements(ds):
        if element.VR == "SQ":
            for item in element.value:
                yield from _items(item)


def _elements(ds: Dataset) -> Iterator[DataElement]:
    for tag in list(ds.keys()):
        if tag.is_private:
            continue
        try:
            yield ds[tag]
        except ODD_VALUE:
            continue


def _disguised(tag: BaseTag, vr: str) -> bool:
    """Whether an attribute that holds numbers by the dictionary comes as text or as bytes."""
    expected = set(dictionary_VR(tag).split(" or "))
    return vr in _TEXT | _BYTES and not expected & (_TEXT | _BYTES)


def _is_formed(element: DataElement) -> bool:
    """Whether every value of an age or a time looks like one; empty ones do."""
    form = _FORMS.get(element.VR)
    return form is None or all(not value or form.fullmatch(value) for value in _strings(element))


def _strings(element: DataElement) -> list[str]:
    value = element.value
    values = list(value) if isinstance(value, MultiValue | list | tuple) else [value]
    return ["" if entry is None else str(entry).strip(" \0") for entry in values]


def _readings(element: DataElement, raw: bytes, ds: Dataset) -> list[str]:
    """The value as declared, and its bytes read as the encodings devices use without saying so."""
    if element.VR == "SQ" or element.VR in _BYTES:
        return []
    found = _strings(element)
    if not raw:
        raw = "\\".join(found).encode("latin-1", "ignore")
    if any(byte > 0x7F or byte == 0x1B for byte in raw):
        for encoding in ("utf-8", "gb18030"):
            try:
                found.append(raw.decode(encoding))
            except UnicodeDecodeError:
                continue
        found.append(_declared(raw, ds))
    return found


def _declared(raw: bytes, ds: Dataset) -> str:
    labels: Callable[[Any], list[str]] = convert_encodings
    try:
        return decode_bytes(raw, labels(ds.get("SpecificCharacterSet") or "ISO_IR 6"), set())
    except (*ODD_VALUE, UnicodeError):
        return ""


def _bytes_of(raw: Any) -> bytes:
    return raw.value if isinstance(raw, RawDataElement) and isinstance(raw.value, bytes) else b""


def _text(ds: Dataset, keyword: str) -> str:
    try:
        return str(ds.get(keyword) or "")
    except ODD_VALUE:
        return ""


_MOMENT = re.compile(r"(\d{4})[.-]?(\d{2})?[.-]?(\d{2})?(.*)", re.DOTALL)
_REST = re.compile(r"(\d{0,6}(\.\d{1,6})?)?([+-]\d{4})?")


def _moved(value: str, days: int) -> str:
    """A DA or DT with its day moved; one that says less than a day moves from the middle of what it says."""
    parts = _MOMENT.fullmatch(value)
    if parts is None or not _REST.fullmatch(parts[4]):
        raise ValueError("no date")
    year, month, day, rest = parts.groups()
    moved = date(int(year), int(month or 7), int(day or (15 if month else 1))) + timedelta(days=days)
    said = 8 if day else 6 if month else 4
    return f"{moved.year:04d}{moved.month:02d}{moved.day:02d}"[:said] + rest
