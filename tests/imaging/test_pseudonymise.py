"""The served form: nothing of the patient is left at any depth, everything of the examination is."""

from __future__ import annotations

import io
from typing import Any

import pydicom
import pytest
from pydicom import Dataset
from pydicom.datadict import keyword_for_tag
from pydicom.sequence import Sequence

from mdtapp.imaging.deidentify.pseudonymise import identifying_tags, pseudonymise
from mdtapp.imaging.served_patient import ServedPatient
from tests.imaging import dicom

AS_SERVED = ServedPatient("CEDAR-7", "MDT-2026-0007", 1967)
PLANTED = ("Zhang", "张伟", "H-4471", "19670314", "PLANTED")


def planted() -> Dataset:
    """A CT image that names its patient in nested items, private elements, former values and comments."""
    ds = dicom.image(
        PatientAge="058Y",
        PatientSize="1.71",
        PatientWeight="68",
        StudyDate="20260201",
        InstitutionName="City Hospital",
        OtherPatientNames="PLANTED^Born",
        PatientComments="PLANTED comment",
        AdditionalPatientHistory="PLANTED history",
        ResponsiblePerson="PLANTED^Mother",
        PatientTelephoneNumbers="PLANTED 555",
        ContentCreatorName=dicom.ZHANG.name,
        StudyDescription="CT of Zhang",
        SeriesDescription="Axial",
    )
    other, request, former = Dataset(), Dataset(), Dataset()
    other.PatientID, other.TypeOfPatientID = "PLANTED-2", "TEXT"
    ds.OtherPatientIDsSequence = Sequence([other])
    request.PatientName, request.PatientID, request.PatientBirthDate = "Zhang^Wei", "H-4471", "19670314"
    request.RequestedProcedureID = "RP1"
    ds.RequestAttributesSequence = Sequence([request])
    former.PatientName = "PLANTED^Former"
    ds.OriginalAttributesSequence = Sequence([former])
    block = ds.private_block(0x0011, "SOME VENDOR", create=True)
    block.add_new(0x10, "LO", "PLANTED private")
    suv = ds.private_block(0x7053, "Philips PET Private Group", create=True)
    suv.add_new(0x00, "DS", "0.000551")
    suv.add_new(0x03, "ST", "PLANTED file name")
    return ds


def served(ds: Dataset, patient: ServedPatient = AS_SERVED) -> tuple[Dataset, bytes]:
    read = pydicom.dcmread(io.BytesIO(dicom.encoded(ds)))
    pseudonymise(read, patient)
    out = io.BytesIO()
    read.save_as(out)
    return pydicom.dcmread(io.BytesIO(out.getvalue())), out.getvalue()


def test_the_patient_is_gone_at_every_depth() -> None:
    ds, content = served(planted())
    assert [word for word in PLANTED if word.encode() in content] == []
    assert (str(ds.PatientName), ds.PatientID, ds.PatientBirthDate) == (
        "CEDAR-7",
        "MDT-2026-0007",
        "19670101",
    )
    item = ds.RequestAttributesSequence[0]
    assert (str(item.PatientName), item.PatientID, item.PatientBirthDate) == (
        "CEDAR-7",
        "MDT-2026-0007",
        "19670101",
    )
    assert str(ds.ContentCreatorName) == "CEDAR-7"
    assert ds.StudyDescription == ""


def test_the_examination_stays_as_it_is() -> None:
    before = planted()
    ds, _ = served(before)
    for keyword in (
        "StudyInstanceUID",
        "SOPInstanceUID",
        "StudyDate",
        "InstitutionName",
        "PixelData",
        "Rows",
    ):
        assert ds[keyword].value == before[keyword].value
    assert (ds.PatientAge, ds.PatientSex, ds.PatientWeight) == ("058Y", "M", 68)
    assert ds.RequestAttributesSequence[0].RequestedProcedureID == "RP1"
    assert ds[0x7053, 0x1000].value == pytest.approx(0.000551)
    assert [element.tag for element in ds if element.tag.is_private] == [0x70530010, 0x70531000]


@pytest.mark.parametrize(
    ("born", "seen", "said", "age"),
    [
        ("19670314", "20260201", "", "058Y"),
        ("19670201", "20260201", "", "059Y"),
        ("19670202", "20260201", "", "058Y"),
        ("20250310", "20260201", "", "010M"),
        ("19670314", "20260201", "057Y", "057Y"),
        ("19670314", "", "", ""),
        ("", "20260201", "", ""),
        ("1967", "20260201", "", ""),
        ("20270101", "20260201", "", ""),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_the_age_is_that_of_the_dates_as_sent(born: str, seen: str, said: str, age: str) -> None:
    """A birth date that is served as 1 January would make most people a year older."""
    ds = dicom.image(PatientBirthDate=born, StudyDate=seen, PatientAge=said)
    pseudonymise(ds, AS_SERVED)
    assert (ds.PatientBirthDate, ds.get("PatientAge") or "") == ("19670101", age)


@pytest.mark.parametrize("tag", sorted(identifying_tags()))
def test_every_identifying_attribute_in_an_item(tag: int) -> None:
    ds, item = dicom.image(), Dataset()
    vr = pydicom.datadict.dictionary_VR(tag) if pydicom.datadict.dictionary_has_tag(tag) else "LO"
    inner = Dataset()
    inner.CodeMeaning = "PLANTED"
    values: dict[str, Any] = {"SQ": Sequence([inner]), "DA": "19670314", "TM": "060504", "CS": "PLANTED"}
    item.add_new(tag, vr, values.get(vr, "PLANTED"))
    ds.ReferencedStudySequence = Sequence([item])
    _, content = served(ds)
    assert not any(word.encode() in content for word in (*PLANTED, "060504")), keyword_for_tag(tag)


def test_without_a_year_the_birth_date_is_empty() -> None:
    ds, _ = served(planted(), ServedPatient("CEDAR-7", "MDT-2026-0007"))
    assert ds.PatientBirthDate == ""


@pytest.mark.parametrize("pseudonym", ["雪松-7", "A^B", "A\\B"])
def test_a_pseudonym_no_name_can_hold_gives_the_case_number(pseudonym: str) -> None:
    ds, _ = served(planted(), ServedPatient(pseudonym, "MDT-2026-0007", 1967))
    assert str(ds.PatientName) == "MDT-2026-0007"


def test_an_image_that_names_nobody_gets_the_pseudonym() -> None:
    ds, _ = served(dicom.image(PatientName=None, PatientID=None, PatientBirthDate=None))
    assert (str(ds.PatientName), ds.PatientID) == ("CEDAR-7", "MDT-2026-0007")


def test_twice_is_once() -> None:
    once, content = served(planted())
    pseudonymise(once, AS_SERVED)
    out = io.BytesIO()
    once.save_as(out)
    assert out.getvalue() == content
