"""A PDF as a DICOM object (PS3.3 A.45.1): whole, in the source's study, one instance for each version."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pydicom
import pytest
from pydicom.uid import EncapsulatedPDFStorage

from mdtapp.imaging.encapsulated_pdf import DocumentFacts, SourceStudy, encapsulate, instance_uid, series_uid

SOURCE = SourceStudy(
    "1.2.3", "Zhang^Wei=张^伟", "H-4471", "19670314", "M", date(2026, 2, 1), "081500", "A-17", "CT chest"
)
FACTS = DocumentFacts(
    "opinion/1/en",
    "a" * 64,
    1,
    "MDT second opinion, version 1",
    "Qingyuan",
    datetime(2026, 3, 2, 1, 30, tzinfo=UTC),
)
PDF = b"%PDF-1.7\nodd"

# PS3.3 tables C.7-1, C.7-3, C.24-1, C.8-24, C.24-2, C.12-1: types 1 and 2 of the modules that are mandatory
REQUIRED = [
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
    "Modality",
    "SeriesInstanceUID",
    "SeriesNumber",
    "Manufacturer",
    "ConversionType",
    "InstanceNumber",
    "ContentDate",
    "ContentTime",
    "AcquisitionDateTime",
    "BurnedInAnnotation",
    "DocumentTitle",
    "ConceptNameCodeSequence",
    "MIMETypeOfEncapsulatedDocument",
    "EncapsulatedDocument",
    "SOPClassUID",
    "SOPInstanceUID",
]


def test_it_is_whole_and_in_the_study() -> None:
    ds = pydicom.dcmread(io.BytesIO(encapsulate(PDF, SOURCE, FACTS)))
    assert [keyword for keyword in REQUIRED if keyword not in ds] == []
    assert ds.SOPClassUID == EncapsulatedPDFStorage == ds.file_meta.MediaStorageSOPClassUID
    assert (ds.StudyInstanceUID, ds.PatientID, ds.AccessionNumber) == ("1.2.3", "H-4471", "A-17")
    assert str(ds.PatientName) == SOURCE.patient_name
    assert ds.SeriesInstanceUID == series_uid(SOURCE, FACTS) != SOURCE.study_instance_uid
    assert len(ds.SOPInstanceUID) <= 64


def test_the_document_comes_out_as_it_went_in() -> None:
    """The value is padded to an even length (PS3.5 7.1.1); the length says where the document ends."""
    ds = pydicom.dcmread(io.BytesIO(encapsulate(PDF, SOURCE, FACTS)))
    assert len(ds.EncapsulatedDocument) % 2 == 0
    assert ds.EncapsulatedDocument[: ds.EncapsulatedDocumentLength] == PDF


def test_the_same_version_is_the_same_instance_byte_for_byte() -> None:
    assert encapsulate(PDF, SOURCE, FACTS) == encapsulate(PDF, SOURCE, FACTS)


def test_another_version_is_another_instance_of_the_same_series() -> None:
    second = replace(FACTS, version=2, content="b" * 64)
    assert instance_uid(SOURCE, second) != instance_uid(SOURCE, FACTS)
    assert series_uid(SOURCE, second) == series_uid(SOURCE, FACTS)
    elsewhere = replace(SOURCE, study_instance_uid="1.2.4")
    assert series_uid(elsewhere, FACTS) != series_uid(SOURCE, FACTS)


def test_nothing_but_a_pdf_is_packed() -> None:
    with pytest.raises(ValueError, match="not a PDF"):
        encapsulate(b"<html>", SOURCE, FACTS)


def test_a_study_that_says_little() -> None:
    bare = SourceStudy("1.2.3", "", "", "", "", None, "", "", "")
    ds = pydicom.dcmread(io.BytesIO(encapsulate(PDF, bare, FACTS)))
    assert ds.PatientName == ""
    assert ds.StudyDate == ""
