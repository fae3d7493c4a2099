"""QIDO-RS (PS3.18 10.6): what a query string asks for, and the rows of the answer as DICOM JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from mdtapp.clinical.bitext import Bitext
from mdtapp.dicomweb.queries import Counted, Match, ServedSeries, ServedStudy
from mdtapp.errors import Invalid
from mdtapp.imaging.models import ImagingInstance, ImagingSeries
from mdtapp.imaging.operations import as_date

LARGEST_PAGE: Final = 5_000
FIRST_PAGE: Final = 100
UID: Final = re.compile(r"[0-9.]{1,64}")

_KEYS: Final = {
    "0020000D": "study_instance_uid", "StudyInstanceUID": "study_instance_uid",
    "0020000E": "series_instance_uid", "SeriesInstanceUID": "series_instance_uid",
    "00080018": "sop_instance_uid", "SOPInstanceUID": "sop_instance_uid",
    "00080016": "sop_class_uid", "SOPClassUID": "sop_class_uid",
    "00100010": "patient_name", "PatientName": "patient_name",
    "00100020": "patient_id", "PatientID": "patient_id",
    "00080050": "accession_number", "AccessionNumber": "accession_number",
    "00081030": "study_description", "StudyDescription": "study_description",
    "0008103E": "series_description", "SeriesDescription": "series_description",
    "00080060": "modality", "Modality": "modality",
    "00080061": "modality", "ModalitiesInStudy": "modality",
    "00200011": "series_number", "SeriesNumber": "series_number",
    "00200013": "instance_number", "InstanceNumber": "instance_number",
    "00080020": "study_dates", "StudyDate": "study_dates",
}  # fmt: skip
_UIDS: Final = {"study_instance_uid", "series_instance_uid", "sop_instance_uid", "sop_class_uid"}
_CONTROLS: Final = {"limit", "offset", "fuzzymatching", "includefield", "accept"}


@dataclass(frozen=True, slots=True)
class Search:
    """A query string as understood. `ignored` names what this server does not search by (PS3.18 8.3.4)."""

    match: Match
    case_no: str = ""
    ignored: tuple[str, ...] = ()


def search_of(arguments: Iterable[tuple[str, str]]) -> Search:
    """Invalid for a UID, date, number or page that is none; unknown keys are ignored and named."""
    given: dict[str, Any] = {"limit": FIRST_PAGE, "offset": 0}
    ignored = []
    for key, value in arguments:
        field = _KEYS.get(key)
        if key in {"limit", "offset"}:
            given[key] = min(_number(key, value), LARGEST_PAGE if key == "limit" else 2**31)
        elif key == "fuzzymatching" and value == "true":
            ignored.append(key)
        elif field is None:
            ignored += [key] if key.lower() not in _CONTROLS else []
        elif value.strip():
            given[field] = _value(key, field, value.strip())
    case_no = str(given.pop("patient_id", ""))
    return Search(Match(**given), case_no, tuple(ignored))


def _value(key: str, field: str, value: str) -> Any:
    if field in _UIDS:
        if not UID.fullmatch(value):
            raise _wrong(key)
        return value
    if field == "study_dates":
        return _dates(key, value)
    if field in {"series_number", "instance_number"}:
        return _number(key, value)
    return value.replace("\0", "")[:200]


def _dates(key: str, value: str) -> tuple[date | None, date | None]:
    first, dash, last = value.partition("-")
    parsed = as_date(first), as_date(last) if dash else as_date(first)
    if (first and parsed[0] is None) or (dash and last and parsed[1] is None) or not (first or last):
        raise _wrong(key)
    return parsed


def _number(key: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise _wrong(key)
    return int(value)


def _wrong(key: str) -> Invalid:
    shown = re.sub(r"[^0-9A-Za-z]", "", key)[:40]
    return Invalid(
        Bitext(
            f"The value of {shown} cannot be searched for. Write a UID, a number, or a date as YYYYMMDD-YYYYMMDD.",
            f"{shown} 的取值无法用于检索。请填写 UID、数字或 YYYYMMDD-YYYYMMDD 格式的日期。",
        ),
        fields={},
    )


# The answers


def study_row(served: ServedStudy, counted: Counted, root: str) -> dict[str, Any]:
    """Table 10.6.3-3, with counts of what this person may see."""
    study = served.study
    return {
        **_attributes(
            ("00080020", "DA", _da(study.study_date)),
            ("00080030", "TM", study.study_time),
            ("00080050", "SH", study.accession_number),
            ("00080056", "CS", "ONLINE"),
            ("00080061", "CS", counted.modalities),
            ("00081030", "LO", study.description),
            ("00081190", "UR", f"{root}/studies/{study.study_instance_uid}"),
            ("0020000D", "UI", study.study_instance_uid),
            ("00200010", "SH", ""),
            ("00201206", "IS", counted.series),
            ("00201208", "IS", counted.instances),
        ),
        **served.patient.as_dicom_json(),
        "00100040": {"vr": "CS", "Value": [served.sex]},
    }


def series_row(study: ServedStudy, served: ServedSeries, root: str) -> dict[str, Any]:
    """Table 10.6.3-4."""
    series = served.series
    return {
        **_attributes(
            ("00080060", "CS", series.modality),
            ("0008103E", "LO", series.description),
            ("00081190", "UR", _series_address(study, series, root)),
            ("00180015", "CS", series.body_part),
            ("0020000D", "UI", study.study.study_instance_uid),
            ("0020000E", "UI", series.series_instance_uid),
            ("00200011", "IS", series.number),
            ("00200060", "CS", series.laterality),
            ("00201209", "IS", served.instances),
        ),
        **study.patient.as_dicom_json(),
    }


def instance_row(study: ServedStudy, instance: ImagingInstance, root: str) -> dict[str, Any]:
    """Table 10.6.3-5."""
    address = f"{_series_address(study, instance.series, root)}/instances/{instance.sop_instance_uid}"
    return {
        **_attributes(
            ("00080016", "UI", instance.sop_class_uid),
            ("00080018", "UI", instance.sop_instance_uid),
            ("00080056", "CS", "ONLINE"),
            ("00081190", "UR", address),
            ("00083002", "UI", instance.transfer_syntax_uid),
            ("0020000D", "UI", study.study.study_instance_uid),
            ("0020000E", "UI", instance.series.series_instance_uid),
            ("00200013", "IS", instance.instance_number),
            ("00280008", "IS", instance.frames if instance.has_pixels else None),
            ("00280010", "US", instance.rows),
            ("00280011", "US", instance.columns),
        ),
        **study.patient.as_dicom_json(),
    }


def _series_address(study: ServedStudy, series: ImagingSeries, root: str) -> str:
    return f"{root}/studies/{study.study.study_instance_uid}/series/{series.series_instance_uid}"


def _attributes(*rows: tuple[str, str, Any]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for tag, vr, value in rows:
        values = list(value) if isinstance(value, tuple) else [value]
        values = [entry for entry in values if entry not in (None, "")]
        found[tag] = {"vr": vr, "Value": values} if values else {"vr": vr}
    return found


def _da(day: date | None) -> str:
    return day.strftime("%Y%m%d") if day else ""
