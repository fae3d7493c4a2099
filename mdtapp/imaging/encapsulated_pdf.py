"""A PDF as a DICOM object: Encapsulated PDF Storage, PS3.3 A.45.1."""

from __future__ import annotations

import io
import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime

from pydicom import Dataset, FileMetaDataset, uid
from pydicom.sequence import Sequence

SOP_CLASS = str(uid.EncapsulatedPDFStorage)
TRANSFER_SYNTAX = str(uid.ExplicitVRLittleEndian)
SERIES_NUMBER = 9001  # above what devices number; the attribute is required
_NAMESPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")  # RFC 9562, name space of OIDs


@dataclass(frozen=True, slots=True)
class SourceStudy:
    """Patient and study as the PACS knows them: the values of the images it sent, unchanged."""

    study_instance_uid: str
    patient_name: str
    patient_id: str
    birth_date: str
    sex: str
    study_date: date | None
    study_time: str
    accession_number: str
    description: str

    def as_json(self) -> dict[str, str]:
        day = self.study_date.isoformat() if self.study_date else ""
        return {**asdict(self), "study_date": day}

    @classmethod
    def of(cls, values: dict[str, str]) -> SourceStudy:
        day = values["study_date"]
        return cls(**{**values, "study_date": date.fromisoformat(day) if day else None})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """The document: `key` is the same for all versions of it, `content` names this one (a hash)."""

    key: str
    content: str
    version: int
    title: str
    institution: str
    made_at: datetime


def series_uid(source: SourceStudy, document: DocumentFacts) -> str:
    """One series in the study for all versions of a document."""
    return _uid(f"{source.study_instance_uid}/{document.key}")


def instance_uid(source: SourceStudy, document: DocumentFacts) -> str:
    """An instance of its own for each version: sending it again overwrites nothing."""
    return _uid(f"{source.study_instance_uid}/{document.key}/{document.version}/{document.content}")


def encapsulate(pdf: bytes, source: SourceStudy, document: DocumentFacts) -> bytes:
    """The DICOM file (PS3.10) that holds `pdf` in the source's study, in a series of its own.

    The same arguments always give the same bytes. ValueError when `pdf` is no PDF.
    """
    if not pdf.startswith(b"%PDF-"):
        raise ValueError("not a PDF")
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = SOP_CLASS
    ds.SOPInstanceUID = instance_uid(source, document)
    describe_study(ds, source)
    _describe_document(ds, source, document)
    ds.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    ds.EncapsulatedDocumentLength = len(pdf)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = uid.UID(SOP_CLASS)
    ds.file_meta.MediaStorageSOPInstanceUID = uid.UID(ds.SOPInstanceUID)
    ds.file_meta.TransferSyntaxUID = uid.UID(TRANSFER_SYNTAX)
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def describe_study(ds: Dataset, source: SourceStudy) -> None:
    """Patient (C.7.1.1) and General Study (C.7.2.1) as they came."""
    ds.PatientName = source.patient_name
    ds.PatientID = source.patient_id
    ds.PatientBirthDate = source.birth_date
    ds.PatientSex = source.sex
    ds.StudyInstanceUID = source.study_instance_uid
    ds.StudyDate = f"{source.study_date:%Y%m%d}" if source.study_date else ""
    ds.StudyTime = source.study_time
    ds.AccessionNumber = source.accession_number
    ds.StudyDescription = source.description
    ds.ReferringPhysicianName = ""
    ds.StudyID = ""


def _describe_document(ds: Dataset, source: SourceStudy, document: DocumentFacts) -> None:
    """Encapsulated Document Series (C.24.1), SC Equipment (C.8.6.1), Encapsulated Document (C.24.2)."""
    made = document.made_at
    ds.Modality = "DOC"
    ds.SeriesInstanceUID = series_uid(source, document)
    ds.SeriesNumber = SERIES_NUMBER
    ds.SeriesDescription = document.title[:64]
    ds.Manufacturer = "mdtapp"
    ds.InstitutionName = document.institution[:64]
    ds.ConversionType = "WSD"
    ds.InstanceNumber = document.version
    ds.ContentDate = f"{made:%Y%m%d}"
    ds.ContentTime = f"{made:%H%M%S}"
    ds.AcquisitionDateTime = ""
    ds.BurnedInAnnotation = "YES"  # the document names the patient
    ds.DocumentTitle = document.title
    ds.VerificationFlag = "VERIFIED"
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "11488-4", "LN", "Consult note"
    ds.ConceptNameCodeSequence = Sequence([code])


def _uid(name: str) -> str:
    """A UUID-derived UID (PS3.5 B.2) that the name alone decides."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, name).int}"
