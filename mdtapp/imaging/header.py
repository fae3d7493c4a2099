"""What the rules know of a DICOM instance: its header as plain values, or why there is none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from mdtapp.materials.identity import Identity
from mdtapp.materials.reasons import REASONS, Reason


@dataclass(frozen=True, slots=True)
class InstanceHeader:
    """The header of one instance. Texts are decoded, dates are as sent, UIDs are valid.

    `patient_name` is a DICOM PN with its groups (`Zhang^Wei=张^伟`). `attributes` holds what a
    viewer needs besides: window, rescale, spacing, position, orientation, image type.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str = ""
    transfer_syntax_uid: str = ""
    patient_name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""
    other_names: tuple[str, ...] = ()
    other_patient_ids: tuple[str, ...] = ()
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    accession_number: str = ""
    modality: str = ""
    series_number: int | None = None
    series_description: str = ""
    body_part: str = ""
    laterality: str = ""
    frame_of_reference_uid: str = ""
    instance_number: int | None = None
    rows: int | None = None
    columns: int | None = None
    frames: int = 1
    has_pixels: bool = False
    cut_short: bool = False
    dataset_sha256: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> Identity:
        """The patient as this instance names them, for the comparison with the case."""
        ids = (self.patient_id, *self.other_patient_ids)
        return Identity(
            names=(self.patient_name,) if self.patient_name else (),
            birth_date=self.birth_date,
            sex=self.sex,
            patient_ids=tuple(value for value in ids if value),
        )

    @property
    def identity_fingerprint(self) -> str:
        """SHA-256 over the identity as sent: instances with the same one share a decision."""
        values = [
            self.patient_name,
            self.patient_id,
            self.birth_date,
            self.sex,
            list(self.other_names),
            list(self.other_patient_ids),
        ]
        return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, values: dict[str, Any]) -> InstanceHeader:
        """From the reader's answer; lists become tuples, unknown keys are an error."""
        tuples = {"other_names", "other_patient_ids"}
        unknown = values.keys() - {entry.name for entry in fields(cls)}
        if unknown:
            raise ValueError(f"unknown header keys {sorted(unknown)}")
        given: dict[str, Any] = {
            key: tuple(value) if key in tuples else value for key, value in values.items()
        }
        return cls(**given)


@dataclass(frozen=True, slots=True)
class DiscIndex:
    """A DICOMDIR: the index of a disc, which describes no image itself."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file has no header, or a series no picture."""

    reason: Reason

    @classmethod
    def of(cls, code: str) -> Refusal:
        return cls(REASONS[code])


@dataclass(frozen=True, slots=True)
class Picture:
    """A preview as PNG bytes, at most 512 pixels wide and high."""

    png: bytes


@dataclass(frozen=True, slots=True)
class InstanceIndex:
    """What viewers ask of an instance: its data set as DICOM JSON without the patient, and its frame table."""

    json: str
    frames: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes taken out of an instance."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured value. `unit` is a UCUM code; the image is empty where the report names none."""

    label: str
    quantity: str
    value: float
    unit: str
    sop_instance_uid: str = ""
    frame: int = 1


@dataclass(frozen=True, slots=True)
class Measurements:
    """The measurements of one report, in its order."""

    rows: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class PictureSize:
    """Width and height of an ordinary picture in pixels; `cut_short` when its data end too early."""

    width: int
    height: int
    cut_short: bool = False
