"""The served form: the patient becomes a pseudonym, everything about the examination stays.

For people who work on the case. It is not a de-identified copy: dates, UIDs, institutions and
doctors are as sent (`mdtapp.imaging.deidentify.engine` makes the copies that may leave the house).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache

from pydicom import Dataset
from pydicom.datadict import dictionary_has_tag, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag

from mdtapp.imaging.dataset_json import NamesOfPatient
from mdtapp.imaging.deidentify.private_elements import is_safe
from mdtapp.imaging.served_patient import ServedPatient
from mdtapp.imaging.text import ODD_VALUE, text

_NAME, _ID, _BIRTH_DATE = Tag(0x00100010), Tag(0x00100020), Tag(0x00100030)
_REPLACED = {_NAME, _ID, _BIRTH_DATE}

# Patient identification, demographic and medical modules (PS3.3 C.2.2 to C.2.4, C.7.1.1), patient of a
# clinical trial (C.7.1.3), visit (C.3.2): what names, numbers or locates the person, not what is known of the body.
_IDENTIFYING = """
    PatientName PatientID IssuerOfPatientID TypeOfPatientID IssuerOfPatientIDQualifiersSequence
    SourcePatientGroupIdentificationSequence GroupOfPatientsIdentificationSequence
    PatientBirthDate PatientBirthTime PatientBirthDateInAlternativeCalendar
    PatientDeathDateInAlternativeCalendar PatientInsurancePlanCodeSequence
    OtherPatientIDs OtherPatientNames OtherPatientIDsSequence PatientBirthName PatientMotherBirthName
    PatientAddress InsurancePlanIdentification MilitaryRank BranchOfService MedicalRecordLocator
    ReferencedPatientPhotoSequence CountryOfResidence RegionOfResidence PatientTelephoneNumbers
    PatientTelecomInformation Occupation PatientReligiousPreference PatientComments
    ResponsiblePerson ResponsiblePersonRole ResponsibleOrganization AdditionalPatientHistory
    ReferencedPatientSequence ReferencedPatientAliasSequence PatientInstitutionResidence
    AdmissionID IssuerOfAdmissionID IssuerOfAdmissionIDSequence
    ServiceEpisodeID IssuerOfServiceEpisodeID IssuerOfServiceEpisodeIDSequence
    ClinicalTrialSubjectID ClinicalTrialSubjectReadingID IssuerOfClinicalTrialSubjectIDSequence
    OriginalAttributesSequence ModifiedAttributesSequence DigitalSignaturesSequence MACParametersSequence
    EncryptedAttributesSequence IconImageSequence
"""
# Newer than the dictionary this may run with: names to use, pronouns, and their comments (PS3.3 C.7.1.1.1.5 f.).
_BY_NUMBER = (0x00100011, 0x00100012, 0x00100013, 0x00100014, 0x00100015, 0x00100016)


@cache
def identifying_tags() -> frozenset[int]:
    """Tags of the attributes that are replaced (name, ID, birth date) or left out, at every level."""
    known = (tag_for_keyword(keyword) for keyword in _IDENTIFYING.split())
    return frozenset({*(tag for tag in known if tag is not None), *_BY_NUMBER})


def pseudonymise(ds: Dataset, patient: ServedPatient) -> None:
    """Puts the pseudonym in place of the patient, in `ds` and in every item of its sequences.

    PatientName, PatientID and PatientBirthDate (`YYYY0101`, or empty) are always there
    afterwards at the top. PatientAge stays as sent; where it is missing it is worked out from the
    dates as sent, since the year alone can be a year off. Other identifying attributes, private elements that are not known to
    be numbers, elements no dictionary knows, signatures, icons and records of former values are left
    out. A person's name elsewhere that is the patient's own becomes the pseudonym; another text that
    repeats the patient's name or number is emptied.
    """
    _keep_age(ds)
    own = {name for item in _items(ds) for name in _patient_names(item)}
    repeated = NamesOfPatient.of(ds)
    for item in _items(ds):
        _clean(item, patient, own, repeated)
    for tag in _REPLACED:
        ds[tag] = _replacement(tag, patient)
    if ds.get("preamble") or getattr(ds, "preamble", None):
        ds.preamble = b"\0" * 128
    meta = getattr(ds, "file_meta", None)
    if meta is not None:
        for keyword in ("PrivateInformation", "PrivateInformationCreatorUID"):
            if keyword in meta:
                delattr(meta, keyword)


def _keep_age(ds: Dataset) -> None:
    """Patient's Age (AS, PS3.5 6.2) at the examination, from the birth date that is about to go."""
    if text(ds, "PatientAge"):
        return
    born = _date(text(ds, "PatientBirthDate"))
    seen = _date(text(ds, "StudyDate") or text(ds, "AcquisitionDate") or text(ds, "ContentDate"))
    if born is None or seen is None or seen < born:
        return
    months = (seen.year - born.year) * 12 + seen.month - born.month - (seen.day < born.day)
    if months < 1000 * 12:  # three digits
        ds.PatientAge = f"{months // 12:03d}Y" if months >= 24 else f"{months:03d}M"


def _date(written: str) -> date | None:
    """A DICOM DA; None for anything else."""
    try:
        return datetime.strptime(written, "%Y%m%d").date()  # noqa: DTZ007  a day, in no time zone
    except ValueError:
        return None


def _items(ds: Dataset) -> Iterator[Dataset]:
    """`ds` and every item within it, the outer before the inner."""
    yield ds
    for tag in list(ds.keys()):
        element = _element(ds, tag)
        if element is not None and element.VR == "SQ":
            for item in element.value:
                yield from _items(item)


def _element(ds: Dataset, tag: BaseTag) -> DataElement | None:
    """The element; None where it is gone, or where its bytes are not what its VR says."""
    try:
        return ds.get(tag)
    except ODD_VALUE:
        return None


def _clean(ds: Dataset, patient: ServedPatient, own: set[str], repeated: NamesOfPatient) -> None:
    tags = list(ds.keys())
    kept_private = {tag for tag in tags if tag.is_private and _is_safe(ds, tag)}
    for tag in tags:
        if tag in _REPLACED:
            ds[tag] = _replacement(tag, patient)
        elif tag in identifying_tags() or (tag.is_private and tag not in kept_private):
            del ds[tag]
        elif not tag.is_private and not dictionary_has_tag(tag):
            if not _is_repeating(tag):
                del ds[tag]
        else:
            _rename(ds, tag, patient, own, repeated)


def _is_safe(ds: Dataset, tag: BaseTag) -> bool:
    element = _element(ds, tag)
    return element is not None and is_safe(ds, element)


def _is_repeating(tag: BaseTag) -> bool:
    """Group lengths, curves and overlays, which a dictionary knows as ranges."""
    return tag.element == 0 or tag.group & 0xFF01 in (0x5000, 0x6000)


def _rename(
    ds: Dataset, tag: BaseTag, patient: ServedPatient, own: set[str], repeated: NamesOfPatient
) -> None:
    element = _element(ds, tag)
    if element is None:
        return
    if element.VR != "PN":
        if repeated.stand_in(element):
            ds[tag] = DataElement(tag, element.VR, "")
        return
    values = list(element.value) if isinstance(element.value, MultiValue | list) else [element.value]
    if any(_forms(str(value)) & own for value in values):
        ds[tag] = DataElement(tag, "PN", _pseudonym(patient))


def _patient_names(ds: Dataset) -> set[str]:
    names: set[str] = set()
    for keyword in ("PatientName", "OtherPatientNames", "PatientBirthName"):
        try:
            value = ds.get(keyword)
        except ODD_VALUE:
            continue
        for name in list(value) if isinstance(value, MultiValue | list) else [value]:
            names |= _forms(str(name or ""))
    return names


def _forms(name: str) -> set[str]:
    """Each script group of a PN, spelled alike whatever stands between its parts."""
    groups = (re.sub(r"[\s^,.]+", " ", group).strip().casefold() for group in name.split("="))
    return {group for group in groups if len(group) > 1}


def _replacement(tag: BaseTag, patient: ServedPatient) -> DataElement:
    if tag == _NAME:
        return DataElement(tag, "PN", _pseudonym(patient))
    if tag == _ID:
        return DataElement(tag, "LO", patient.case_no)
    return DataElement(tag, "DA", patient.birth_date)


def _pseudonym(patient: ServedPatient) -> str:
    """The pseudonym where every character set can write it, else the case number."""
    plain = patient.pseudonym.isascii() and not set("\\=^") & set(patient.pseudonym)
    return patient.pseudonym if plain else patient.case_no
