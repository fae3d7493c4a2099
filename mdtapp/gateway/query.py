"""C-FIND in the Study Root model (PS3.4 C.6.2): studies, their series, their images."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydicom import Dataset
from pynetdicom.association import Association
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind  # type: ignore[attr-defined]

from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.plain_text import forbidden_characters
from mdtapp.gateway.scu import Peer, PeerFailed, Step, associated, broken_off, status_of

MOST_STUDIES = 200
PENDING = (0xFF00, 0xFF01)
FIND = StudyRootQueryRetrieveInformationModelFind
UTF_8 = "ISO_IR 192"
_UID = re.compile(r"[0-9.]{1,64}")

_STUDY_KEYS = (
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "AccessionNumber",
    "ModalitiesInStudy",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
)
_SERIES_KEYS = (
    "SeriesInstanceUID",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "NumberOfSeriesRelatedInstances",
)
_IMAGE_KEYS = ("SOPInstanceUID", "SOPClassUID")


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """One study as the PACS lists it. Counts are None where it does not say."""

    study_instance_uid: str
    study_date: str
    description: str
    modalities: tuple[str, ...]
    series: int | None
    instances: int | None
    patient_name: str
    patient_id: str
    birth_date: str
    sex: str


@dataclass(frozen=True, slots=True)
class FoundSeries:
    """One series of a study."""

    series_instance_uid: str
    modality: str
    number: int | None
    description: str
    instances: int | None


@dataclass(frozen=True, slots=True)
class FoundImage:
    """One instance of a series; the class is empty where the PACS does not say."""

    sop_instance_uid: str
    sop_class_uid: str


def find_studies(peer: Peer, keys: Mapping[str, str]) -> list[FoundStudy]:
    """Studies that match `keys` (DICOM keyword to matching text, PS3.4 C.2.2.2); at most 200. PeerFailed."""
    with querying(peer) as association:
        return studies(association, keys)


def querying(peer: Peer) -> Any:
    """An association on which studies, series and images are asked for."""
    return associated(peer, [build_context(FIND)], refused=(Step.FIND, NO_QUERY))


def studies(association: Association, keys: Mapping[str, str]) -> list[FoundStudy]:
    rows = _find(association, "STUDY", _STUDY_KEYS, keys, most=MOST_STUDIES)
    return [_study(row) for row in rows if _uid(row, "StudyInstanceUID")]


def series_of(association: Association, study_instance_uid: str) -> list[FoundSeries]:
    rows = _find(association, "SERIES", _SERIES_KEYS, {"StudyInstanceUID": study_instance_uid})
    return [
        FoundSeries(
            _uid(row, "SeriesInstanceUID"),
            _text(row, "Modality")[:16],
            _number(row, "SeriesNumber"),
            _text(row, "SeriesDescription")[:200],
            _number(row, "NumberOfSeriesRelatedInstances"),
        )
        for row in rows
        if _uid(row, "SeriesInstanceUID")
    ]


def images_of(association: Association, study_instance_uid: str, series_uid: str) -> list[FoundImage]:
    keys = {"StudyInstanceUID": study_instance_uid, "SeriesInstanceUID": series_uid}
    rows = _find(association, "IMAGE", _IMAGE_KEYS, keys)
    return [
        FoundImage(_uid(row, "SOPInstanceUID"), _uid(row, "SOPClassUID"))
        for row in rows
        if _uid(row, "SOPInstanceUID")
    ]


def exact(value: str) -> str:
    """A value as a matching key that means itself: wildcards (PS3.4 C.2.2.2.4) and separators become `?`."""
    return re.sub(r"[*?\\]", "?", value)


def date_range(first: date | None, last: date | None) -> str:
    """A range matching key (PS3.4 C.2.2.2.5); one day when only `first` is given."""
    if first is None and last is None:
        return ""
    start = f"{first:%Y%m%d}" if first else ""
    if last is None:
        return start
    return start if first == last else f"{start}-{last:%Y%m%d}"


def _find(
    association: Association, level: str, wanted: tuple[str, ...], keys: Mapping[str, str], most: int = 0
) -> list[Dataset]:
    found: list[Dataset] = []
    for row in _answers(association, _identifier(level, wanted, keys)):
        found.append(row)
        if most and len(found) >= most:
            association.send_c_cancel(1, query_model=FIND)
            break
    return found


def _identifier(level: str, wanted: tuple[str, ...], keys: Mapping[str, str]) -> Dataset:
    asked = Dataset()
    asked.SpecificCharacterSet = UTF_8
    asked.QueryRetrieveLevel = level
    for keyword in wanted:
        setattr(asked, keyword, "")
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    return asked


def _answers(association: Association, asked: Dataset) -> Iterator[Dataset]:
    if not any(context.abstract_syntax == FIND for context in association.accepted_contexts):
        raise PeerFailed(Step.FIND, NO_QUERY)
    if not association.is_established:
        raise broken_off(Step.FIND)
    for answer, row in association.send_c_find(asked, FIND):
        status = status_of(answer)
        if status is None:
            raise broken_off(Step.FIND)
        if status in PENDING:
            if row is not None:
                yield row
        elif status != 0x0000:
            raise PeerFailed(Step.FIND, _refused_query(status))


NO_QUERY = Bitext(
    "The PACS does not let us search (C-FIND). Ask its administrator to allow query and retrieve for our AE title.",
    "PACS 不允许我方查询（C-FIND）。请联系其管理员为我方 AE 名称开放查询与取回权限。",
)


def _refused_query(status: int) -> Bitext:
    return Bitext(
        f"The PACS could not carry out the search (status {status:04X}). Try a narrower search; if it stays so, tell the administrator of the PACS this number.",
        f"PACS 无法完成查询（状态 {status:04X}）。请缩小查询范围；如仍失败，请将该状态码告知 PACS 管理员。",
    )


def _study(row: Dataset) -> FoundStudy:
    return FoundStudy(
        study_instance_uid=_uid(row, "StudyInstanceUID"),
        study_date=_text(row, "StudyDate")[:16],
        description=_text(row, "StudyDescription")[:200],
        modalities=tuple(sorted(_listed(row, "ModalitiesInStudy"))),
        series=_number(row, "NumberOfStudyRelatedSeries"),
        instances=_number(row, "NumberOfStudyRelatedInstances"),
        patient_name=_text(row, "PatientName")[:400],
        patient_id=_text(row, "PatientID")[:200],
        birth_date=_text(row, "PatientBirthDate")[:40],
        sex=_text(row, "PatientSex")[:16],
    )


def _value(row: Dataset, keyword: str) -> Any:
    """The value as pydicom reads it; None where it cannot be read: one odd value is no reason to lose a list."""
    try:
        return row.get(keyword)
    except (ValueError, TypeError, AttributeError, KeyError, ArithmeticError, NotImplementedError):
        return None


def _text(row: Dataset, keyword: str) -> str:
    """The value as plain text: what a PACS answers is data of others, also in its characters."""
    text = str(_value(row, keyword) or "").strip()
    return "".join(character for character in text if not forbidden_characters(character))


def _listed(row: Dataset, keyword: str) -> set[str]:
    value = _value(row, keyword) or []
    values = [value] if isinstance(value, str) else list(value)
    return {str(one).strip()[:16] for one in values if str(one).strip()}


def _number(row: Dataset, keyword: str) -> int | None:
    text = _text(row, keyword)
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None


def _uid(row: Dataset, keyword: str) -> str:
    text = str(_value(row, keyword) or "").strip()
    return text if _UID.fullmatch(text) else ""
