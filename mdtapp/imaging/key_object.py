"""A Key Object Selection Document (PS3.3 A.35.4, PS3.16 TID 2010) that names one image for the conference."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydicom import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, KeyObjectSelectionDocumentStorage, generate_uid

from mdtapp.imaging.served_patient import ServedPatient

FOR_CONFERENCE: Final = ("113005", "DCM", "For Conference")
SERIES_DESCRIPTION: Final = "Key image for the conference"
DESCRIPTION: Final = ("113012", "DCM", "Key Object Description")


@dataclass(frozen=True, slots=True)
class NamedImage:
    """The image that is named; `frame` from 1, None for an image of one frame."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    frame: int | None = None


def key_object(image: NamedImage, patient: ServedPatient, note: str, at: datetime) -> tuple[str, bytes]:
    """SOP Instance UID and file of a new document in the study of the image, in a series of its own."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = KeyObjectSelectionDocumentStorage, generate_uid(prefix=None)
    ds.StudyInstanceUID, ds.SeriesInstanceUID = image.study_instance_uid, generate_uid(prefix=None)
    ds.PatientName, ds.PatientID = patient.pseudonym, patient.case_no
    ds.PatientBirthDate, ds.PatientSex = patient.birth_date, ""
    ds.StudyDate = ds.StudyTime = ds.ReferringPhysicianName = ds.StudyID = ds.AccessionNumber = ""
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "KO", 9000, 1
    ds.SeriesDescription = SERIES_DESCRIPTION
    ds.Manufacturer = "mdtapp"
    ds.ContentDate, ds.ContentTime = at.strftime("%Y%m%d"), at.strftime("%H%M%S")
    ds.ReferencedPerformedProcedureStepSequence = []
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = [_code(*FOR_CONFERENCE)]
    ds.ContentTemplateSequence = [_template()]
    ds.CurrentRequestedProcedureEvidenceSequence = [_evidence(image)]
    ds.ContentSequence = [*([_described(note)] if note else []), _named(image)]
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return str(ds.SOPInstanceUID), stream.getvalue()


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, scheme, meaning
    return ds


def _template() -> Dataset:
    ds = Dataset()
    ds.MappingResource, ds.TemplateIdentifier = "DCMR", "2010"
    return ds


def _reference(image: NamedImage) -> Dataset:
    ds = Dataset()
    ds.ReferencedSOPClassUID, ds.ReferencedSOPInstanceUID = image.sop_class_uid, image.sop_instance_uid
    return ds


def _evidence(image: NamedImage) -> Dataset:
    study, series = Dataset(), Dataset()
    series.SeriesInstanceUID, series.ReferencedSOPSequence = image.series_instance_uid, [_reference(image)]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = image.study_instance_uid, [series]
    return study


def _described(note: str) -> Dataset:
    ds = Dataset()
    ds.RelationshipType, ds.ValueType = "CONTAINS", "TEXT"
    ds.ConceptNameCodeSequence, ds.TextValue = [_code(*DESCRIPTION)], note
    return ds


def _named(image: NamedImage) -> Dataset:
    ds, reference = Dataset(), _reference(image)
    if image.frame is not None:
        reference.ReferencedFrameNumber = image.frame
    ds.RelationshipType, ds.ValueType, ds.ReferencedSOPSequence = "CONTAINS", "IMAGE", [reference]
    return ds
