"""A study full of a person: identifying values in every kind of place a DICOM file has for them.

Each value is planted once, with what it is and where it stands, so that a test can say which was left.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence

from tests.imaging import dicom

ENCODINGS = (
    "ascii",
    "utf-8",
    "gb18030",
    "utf-16-le",
    "utf-16-be",
    "euc_kr",
    "shift_jis",
    "iso2022_jp",
    "iso8859-5",
)
NAME = "Zhang^Wei=张^伟"


@dataclass
class Planted:
    """The data set, and what stands where (`place` → text)."""

    ds: Dataset
    values: dict[str, str] = field(default_factory=dict)

    def plant(self, place: str, value: str) -> str:
        assert place not in self.values
        self.values[place] = value
        return value

    def left_in(self, content: bytes) -> dict[str, str]:
        """Planted values that a file still holds, in any encoding, whatever the capitals."""
        lowered = content.lower()
        return {
            place: value
            for place, value in self.values.items()
            if any(form in lowered for form in _encoded(value))
        }


def _encoded(value: str) -> set[bytes]:
    forms = set()
    for encoding in ENCODINGS:
        try:
            forms.add(value.encode(encoding).lower())
        except UnicodeEncodeError:
            continue
    return forms


# keyword → VR-fitting value; each is unique, so that one that is left is recognised
PLAIN: dict[str, str] = {
    "AccessionNumber": "ACC778812",
    "InstitutionName": "Almaty Onco Kabylov",
    "InstitutionAddress": "7 Tole Bi Street Almaty",
    "ReferringPhysicianName": "Referrer^Rosa",
    "ReferringPhysicianAddress": "Refstreet 12",
    "ReferringPhysicianTelephoneNumbers": "77270001",
    "StationName": "STATIONKZ7",
    "StudyDescription": "Thorax of Mr Zhang, room R77",
    "SeriesDescription": "Seriesword Quux",
    "InstitutionalDepartmentName": "Departmentword",
    "PhysiciansOfRecord": "Recorder^Rita",
    "PerformingPhysicianName": "Performer^Paul",
    "NameOfPhysiciansReadingStudy": "Reader^Rob",
    "OperatorsName": "Operator^Olga",
    "AdmittingDiagnosesDescription": "Diagnosisword",
    "DerivationDescription": "Derivationword",
    "OtherPatientNames": "Chang^Uey",
    "PatientBirthName": "Birthname^Bela",
    "PatientMotherBirthName": "Mother^Mira",
    "PatientAddress": "5 Abai Avenue",
    "OtherPatientIDs": "OID55112",
    "MedicalRecordLocator": "MRL90211",
    "PatientTelephoneNumbers": "77015550101",
    "Occupation": "Beekeeperword",
    "EthnicGroup": "",
    "AdditionalPatientHistory": "Historyword of the family",
    "PatientComments": "Commentword for the patient",
    "PatientReligiousPreference": "Religionword",
    "ResponsiblePerson": "Guardian^Gala",
    "ResponsibleOrganization": "Guardianship Org",
    "CountryOfResidence": "Kazakhstanword",
    "RegionOfResidence": "Zhetysuword",
    "MilitaryRank": "Colonelword",
    "InsurancePlanIdentification": "INS441199",
    "DeviceSerialNumber": "SERIAL88123",
    "ProtocolName": "Protocolword Zhang",
    "PlateID": "PLATE4411",
    "DetectorID": "DETECT4411",
    "GantryID": "GANTRY4411",
    "CassetteID": "CASS4411",
    "StudyID": "STUDYID77",
    "ImageComments": "Imagecommentword",
    "FrameComments": "Framecommentword",
    "RequestingPhysician": "Requester^Rene",
    "RequestingService": "Serviceword",
    "RequestedProcedureDescription": "Procedureword",
    "StudyComments": "Studycommentword",
    "AdmissionID": "ADM11223",
    "CurrentPatientLocation": "Wardword 7B",
    "PerformedProcedureStepDescription": "Stepword",
    "PerformedProcedureStepID": "PPS99887",
    "CommentsOnThePerformedProcedureStep": "Stepcommentword",
    "ScheduledPerformingPhysicianName": "Scheduler^Sue",
    "NamesOfIntendedRecipientsOfResults": "Recipient^Ron",
    "OrderEnteredBy": "Orderer^Ola",
    "OrderCallbackPhoneNumber": "77019990",
    "PlacerOrderNumberImagingServiceRequest": "PLACER5512",
    "FillerOrderNumberImagingServiceRequest": "FILLER5513",
    "TextComments": "Textcommentword",
    "IdentifyingComments": "Identifyingword",
    "ClinicalTrialSubjectID": "TRIAL00771",
    "ClinicalTrialSiteName": "Trialsiteword",
    "ContrastBolusAgent": "Agentword for Zhang",
    "ContentCreatorName": "Creator^Carla",
    "SpecimenIdentifier": "SPEC771",
    "ContainerIdentifier": "CONT771",
    "RouteOfAdmissions": "Admitted as H-4471",
    "TimezoneOffsetFromUTC": "",
}


def study() -> Planted:
    """One CT image of the patient of `dicom.ZHANG` with everything planted."""
    made = Planted(dicom.image(PatientName=NAME, PatientID="H-4471"))
    ds = made.ds
    for place, value in {"family name": "Zhang", "name in characters": "张", "given name": "伟"}.items():
        made.plant(place, value)
    made.plant("PatientID", "H-4471")
    made.plant("PatientBirthDate", "19670314")
    for keyword, value in PLAIN.items():
        if value:
            setattr(ds, keyword, value)
            for number, part in enumerate(value.split("^")):
                made.plant(f"{keyword} {number}", part)
    _identifiers(made)
    _dates(made)
    _sequences(made)
    _text(made)
    _private(made)
    _planes(made)
    _codes_that_name(made)
    return made


def _identifiers(made: Planted) -> None:
    uids = {
        "StudyInstanceUID": "1.2.826.77.4471.1",
        "SeriesInstanceUID": "1.2.826.77.4471.1.1",
        "SOPInstanceUID": "1.2.826.77.4471.1.1.1",
        "FrameOfReferenceUID": "1.2.826.77.4471.9",
        "InstanceCreatorUID": "1.2.826.77.4471.10",
        "DeviceUID": "1.2.826.77.4471.11",
        "IrradiationEventUID": "1.2.826.77.4471.12",
        "SynchronizationFrameOfReferenceUID": "1.2.826.77.4471.13",
    }
    for keyword, uid in uids.items():
        setattr(made.ds, keyword, made.plant(keyword, uid))


def _dates(made: Planted) -> None:
    made.ds.PatientBirthDate = "19670314"
    for keyword, day in {
        "StudyDate": "20260211",
        "SeriesDate": "20260212",
        "AcquisitionDate": "20260213",
        "ContentDate": "20260214",
        "InstanceCreationDate": "20260215",
        "PerformedProcedureStepStartDate": "20260216",
        "AdmittingDate": "20260217",
        "LastMenstrualDate": "20260218",
        "DateOfLastCalibration": "20260219",
    }.items():
        setattr(made.ds, keyword, made.plant(keyword, day))
    made.ds.AcquisitionDateTime = f"{made.plant('AcquisitionDateTime', '20260220')}101112+0500"


def _sequences(made: Planted) -> None:
    ds = made.ds
    inner = Dataset()
    inner.PatientName = made.plant("name three levels down", "Innermostword") + "^X"
    inner.InstitutionName = made.plant("institution three levels down", "Deepclinicword")
    inner.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    inner.ReferencedSOPInstanceUID = made.plant("reference three levels down", "1.2.826.77.4471.1.1.2")
    middle = Dataset()
    middle.PurposeOfReferenceCodeSequence = Sequence([_code("121311", "DCM", "Localizer")])
    middle.ReferencedImageSequence = Sequence([inner])
    middle.StudyDescription = made.plant("description two levels down", "Middledescriptionword")
    outer = Dataset()
    outer.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    outer.ReferencedSOPInstanceUID = made.plant("referenced image", "1.2.826.77.4471.1.1.3")
    outer.SourceImageSequence = Sequence([middle])
    ds.ReferencedImageSequence = Sequence([outer])
    former = Dataset()
    former.ModifiedAttributesSequence = Sequence([Dataset()])
    former.ModifiedAttributesSequence[0].PatientName = made.plant("former name", "Formerword") + "^F"
    former.ModifyingSystem = made.plant("modifying system", "Modifierword")
    ds.OriginalAttributesSequence = Sequence([former])
    other = Dataset()
    other.PatientID, other.IssuerOfPatientID = (
        made.plant("other id", "OTHER-99120"),
        made.plant("issuer", "ISSUERKZ"),
    )
    ds.OtherPatientIDsSequence = Sequence([other])
    request = Dataset()
    request.RequestedProcedureID = made.plant("requested procedure", "RPID6612")
    request.ScheduledProcedureStepDescription = made.plant("step description", "Scheduledstepword")
    ds.RequestAttributesSequence = Sequence([request])
    person = Dataset()
    person.PersonIdentificationCodeSequence = Sequence(
        [_code(made.plant("staff number", "STAFF7712"), "99HOSP", made.plant("staff name", "Dr Staffword"))]
    )
    person.InstitutionName = made.plant("institution of a person", "Personclinicword")
    ds.OperatorIdentificationSequence = Sequence([person])
    aperture = Dataset()
    aperture.AdmittingDate = made.plant("date in a sequence", "20260221")
    ds.ProcedureCodeSequence = Sequence([_code("P5-09051", "SRT", "Computed tomography")])
    ds.ReferencedPatientSequence = Sequence([aperture])


def _text(made: Planted) -> None:
    """A structured report's tree, as secondary content of the image."""
    ds = made.ds
    finding = Dataset()
    finding.RelationshipType, finding.ValueType = "CONTAINS", "TEXT"
    finding.ConceptNameCodeSequence = Sequence([_code("121071", "DCM", "Finding")])
    finding.TextValue = made.plant("report text", "Nodule in Mr Reportword")
    observer = Dataset()
    observer.RelationshipType, observer.ValueType = "HAS OBS CONTEXT", "PNAME"
    observer.ConceptNameCodeSequence = Sequence([_code("121008", "DCM", "Person Observer Name")])
    observer.PersonName = made.plant("observer", "Observerword") + "^O"
    when = Dataset()
    when.RelationshipType, when.ValueType = "CONTAINS", "DATETIME"
    when.ConceptNameCodeSequence = Sequence([_code("111526", "DCM", "DateTime Started")])
    when.DateTime = made.plant("moment in a report", "20260222") + "1200"
    which = Dataset()
    which.RelationshipType, which.ValueType = "CONTAINS", "UIDREF"
    which.ConceptNameCodeSequence = Sequence([_code("112039", "DCM", "Tracking Identifier")])
    which.UID = made.plant("uid in a report", "1.2.826.77.4471.20")
    named = Dataset()
    named.RelationshipType, named.ValueType = "CONTAINS", "CODE"
    named.ConceptNameCodeSequence = Sequence([_code("C1", "99HOSP", "List of Zhang Wei")])
    finding.ContentSequence = Sequence([when, named])
    ds.ContentSequence = Sequence([finding, observer, which])
    verifier = Dataset()
    verifier.VerifyingObserverName = made.plant("verifier", "Verifierword") + "^V"
    verifier.VerifyingOrganization = made.plant("verifying organisation", "Verifyorgword")
    verifier.VerificationDateTime = made.plant("verification", "20260223") + "1200"
    ds.VerifyingObserverSequence = Sequence([verifier])
    note = Dataset()
    note.UnformattedTextValue = made.plant("text of a drawing", "Drawnword Zhang")
    note.AnchorPoint, note.AnchorPointVisibility, note.AnchorPointAnnotationUnits = [1, 1], "N", "PIXEL"
    layer = Dataset()
    layer.GraphicLayer = "L1"
    layer.TextObjectSequence = Sequence([note])
    ds.GraphicAnnotationSequence = Sequence([layer])


def _private(made: Planted) -> None:
    ds = made.ds
    block = ds.private_block(0x0011, made.plant("private creator", "VENDORWORD 1.0"), create=True)
    block.add_new(0x01, "LO", made.plant("private text", "Privateword"))
    block.add_new(0x02, "OB", made.plant("private bytes", "Privatebytes").encode())
    item = Dataset()
    item.PatientName = made.plant("name in a private sequence", "Privatename") + "^P"
    block.add_new(0x03, "SQ", Sequence([item]))
    suv = ds.private_block(0x7053, "Philips PET Private Group", create=True)
    suv.add_new(0x00, "DS", "0.000551")
    suv.add_new(0x03, "ST", made.plant("file name in a PET block", "Zhangfile.img"))
    ds.add_new(0x00111200, "UN", made.plant("private without creator", "Orphanword").encode())
    ds.add_new(0x00221999, "UN", made.plant("unknown element", "Unknownword").encode())


def _planes(made: Planted) -> None:
    ds = made.ds
    ds.add_new(0x50000005, "US", 1)
    ds.add_new(0x50000022, "LO", made.plant("curve description", "Curveword"))
    ds.add_new(0x50003000, "OW", made.plant("curve data", "Curvedata1").encode())
    ds.add_new(0x60000010, "US", 4)
    ds.add_new(0x60000011, "US", 4)
    ds.add_new(0x60000022, "LO", made.plant("overlay description", "Overlayword"))
    ds.add_new(0x60000040, "CS", "G")
    ds.add_new(0x60000050, "SS", [1, 1])
    ds.add_new(0x60000100, "US", 1)
    ds.add_new(0x60000102, "US", 0)
    ds.add_new(0x60003000, "OW", made.plant("overlay data", "Overlaydata1").encode())
    ds.add_new(0x60004000, "LT", made.plant("overlay comments", "Overlaycomment"))
    icon = Dataset()
    icon.Rows = icon.Columns = 4
    icon.PixelData = made.plant("icon", "Iconpixelword123").encode()
    icon["PixelData"].VR = "OB"
    ds.IconImageSequence = Sequence([icon])
    table = (
        np.zeros(8, "<u2").tobytes()
        + made.plant("lookup table data", "H-4471 Zhang Wei tabl").encode()
        + b"\0"
    )
    ds.add_new(0x00281201, "OW", table)
    ds.add_new(0xFFFCFFFC, "OB", made.plant("trailing padding", "Paddingword1").encode())


def _codes_that_name(made: Planted) -> None:
    """Attributes no table names, with values that hold what is known of the patient."""
    ds = made.ds
    ds.ManufacturerModelName = "Scanner of 张伟 ward"
    ds.SoftwareVersions = "v1 patient H-4471"
    ds.FilterType = "born 14.03.1967"
    ds.ConvolutionKernel = "ZHANG_WEI"
    ds.ContrastBolusRoute = "acc ACC778812"
    ds["RescaleType"] = DataElement(0x00281054, "LO", "HU zhang")
    made.values |= {"birth date as written": "14.03.1967", "long name": "ZHANG_WEI"}


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def encoded(made: Planted, **meta: Any) -> bytes:
    """The file, with a preamble and a file meta that say who it is, too."""
    content = dicom.encoded(made.ds)
    preamble = made.plant("preamble", "Preambleword").encode().ljust(128, b"\0")
    extra = _meta_element(0x0016, b"AE", made.plant("source title", "SOURCETITLE "))
    extra += _meta_element(0x0102, b"OB", made.plant("private meta", "Metaprivateword "), long=True)
    (length,) = struct.unpack_from("<I", content, 140)
    end = 144 + length
    head = content[128:140] + struct.pack("<I", length + len(extra))
    return preamble + head + content[144:end] + extra + content[end:]


def _meta_element(element: int, vr: bytes, text: str, *, long: bool = False) -> bytes:
    value = text.encode()
    size = b"\0\0" + struct.pack("<I", len(value)) if long else struct.pack("<H", len(value))
    return struct.pack("<HH", 2, element) + vr + size + value
