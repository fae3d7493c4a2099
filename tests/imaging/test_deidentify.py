"""The engine of de-identified copies: the table, each action, keys, dates, what is known of a person."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from mdtapp.imaging.deidentify.engine import OPTIONS, Deidentifier
from mdtapp.imaging.deidentify.keys import CaseKey
from mdtapp.imaging.deidentify.known_identifiers import KnownIdentifiers
from mdtapp.imaging.deidentify.pixel_risk import HELD_WORDS, Held, why_held
from mdtapp.imaging.deidentify.table import Action, rule_for, rules
from tests.imaging import dicom

KEY = CaseKey.of("installation", "MDT-2026-0001")
MOVED = date.fromordinal(date(2026, 2, 11).toordinal() + KEY.days).strftime("%Y%m%d")
ZHANG = KnownIdentifiers(
    names=frozenset({"Zhang Wei", "张伟"}),
    numbers=frozenset({"H-4471", "77810"}),
    birth_dates=frozenset({"1967-03-14"}),
    phrases=frozenset({"12 Long Lane"}),
)


def copied(ds: Dataset, known: KnownIdentifiers = KnownIdentifiers(), key: CaseKey = KEY) -> Dataset:  # noqa: B008
    Deidentifier(key, known).run(ds)
    return ds


# The table


def test_the_table_is_the_whole_basic_profile() -> None:
    printed = [rule for rule in rules().values() if rule.source == "E.1-1"]
    assert len(printed) > 450
    assert {rule.basic for rule in printed} == {
        *("D", "Z", "X", "U", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U*")  # PS3.15 Table E.1-1a
    }


def test_tags_and_keywords_of_the_table_belong_together() -> None:
    rows = {tag: rule for tag, rule in rules().items() if "X" not in tag}
    wrong = {
        tag: rule.keyword
        for tag, rule in rows.items()
        if dictionary_has_tag(int(tag, 16)) and dictionary_keyword(int(tag, 16)) != rule.keyword
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("keyword", "action"),
    [
        ("PatientName", Action.EMPTY),
        ("PatientBirthDate", Action.EMPTY),
        ("PatientSex", Action.KEEP),
        ("PatientAge", Action.KEEP),
        ("PatientWeight", Action.KEEP),
        ("StudyDate", Action.CLEAN),
        ("AcquisitionTime", Action.CLEAN),
        ("LastMenstrualDate", Action.CLEAN),
        ("ContentSequence", Action.CLEAN),
        ("AcquisitionContextSequence", Action.CLEAN),
        ("StudyDescription", Action.REMOVE),
        ("SeriesDescription", Action.REMOVE),
        ("Allergies", Action.REMOVE),
        ("InstitutionName", Action.DUMMY),
        ("ContrastBolusAgent", Action.DUMMY),
        ("ReferencedImageSequence", Action.UID),
        ("SOPInstanceUID", Action.UID),
        ("DeviceSerialNumber", Action.DUMMY),
    ],
)
def test_what_the_options_make_of_the_profile(keyword: str, action: Action) -> None:
    rule = rule_for(Tag(keyword))
    assert rule is not None
    assert (rule.keyword, rule.action) == (keyword, action)


@pytest.mark.parametrize(
    ("tag", "keyword"),
    [
        (0x50003000, "CurveData"),
        (0x501E0022, "CurveData"),
        (0x60003000, "OverlayData"),
        (0x60020010, "OverlayData"),
        (0x60024000, "OverlayComments"),
    ],
)
def test_ranges_of_groups(tag: int, keyword: str) -> None:
    rule = rule_for(tag)
    assert rule is not None
    assert (rule.keyword, rule.action) == (keyword, Action.REMOVE)


SAMPLES: dict[str, Any] = {
    "AE": "PLANTED",
    "AS": "058Y",
    "CS": "PLANTED",
    "DA": "20260211",
    "DS": "77.25",
    "DT": "20260211101112",
    "FD": 77.25,
    "FL": 77.25,
    "IS": "7725",
    "LO": "PLANTED",
    "LT": "PLANTED",
    "OB": b"PLANTED!",
    "OW": b"PLANTED!",
    "PN": "PLANTED^P",
    "SH": "PLANTED",
    "SL": 7725,
    "SS": 7725,
    "ST": "PLANTED",
    "TM": "101112",
    "UC": "PLANTED",
    "UI": "1.2.826.77.1",
    "UL": 7725,
    "UR": "http://planted",
    "US": 7725,
    "UT": "PLANTED",
    "UN": b"PLANTED!",
}
ROWS = sorted(tag for tag in rules() if "X" not in tag and int(tag, 16) >= 0x00080000)


@pytest.mark.parametrize("tag", ROWS)
@pytest.mark.parametrize("depth", [0, 2])
def test_every_row_does_what_it_says(tag: str, depth: int) -> None:
    """Each attribute alone in an image, at the top and two sequences down."""
    number, rule = int(tag, 16), rules()[tag]
    vr = dictionary_VR(number).split(" or ")[0] if dictionary_has_tag(number) else "LO"
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "C1", "99X", "PLANTED"
    value: Any = Sequence([item]) if vr == "SQ" else SAMPLES[vr]
    holder = ds = dicom.image()
    for _ in range(depth):
        inner = Dataset()
        holder.SourceIrradiationEventSequence = Sequence([inner])
        holder = inner
    holder.add_new(number, vr, value)
    copied(ds)
    at_the_top = depth == 0 and rule.keyword in ("PatientName", "PatientID", "DeidentificationMethod")
    after = holder.get(number)
    match rule.action:
        case Action.REMOVE:
            assert after is None
        case Action.EMPTY:
            assert at_the_top or not after.value
        case Action.KEEP:
            assert str(after.value) == str(value)
        case Action.UID:
            assert after.value == value if vr == "SQ" else after.value == KEY.uid(value)
        case Action.CLEAN if vr == "OB":  # a moment as bytes: it cannot be moved, so it goes
            assert after is None
        case Action.CLEAN:
            kept = {"TM": value, "DA": MOVED, "DT": f"{MOVED}101112"}
            assert after.value == kept.get(vr, value)
        case Action.DUMMY:
            assert after is None or "PLANTED" not in str(after.value)
            assert after is None or str(after.value) != str(value) or vr == "SQ"


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("Rows", "LO", "PLANTED"),  # a number by the dictionary, sent as text
        ("WindowCenter", "UT", "PLANTED"),
        ("BranchOfService", "LO", "PLANTED"),
        ("AcquisitionContextDescription", "ST", "PLANTED"),  # free text the table does not name
        ("ScheduledStudyStopTime", "TM", "PLANTED"),  # no time
        ("PatientAge", "AS", "PLAN"),
        ("StudyDate", "DA", "PLANTED"),
    ],
)
def test_values_that_are_not_what_their_attribute_says_go(keyword: str, vr: str, value: str) -> None:
    ds = dicom.image()
    ds[keyword] = DataElement(Tag(keyword), vr, value, validation_mode=IGNORE)
    assert Tag(keyword) not in copied(ds) or "PLAN" not in str(ds[keyword].value)


def test_a_copy_says_that_it_is_one() -> None:
    ds = copied(dicom.image())
    assert ds.PatientIdentityRemoved == "YES"
    assert ds.LongitudinalTemporalInformationModified == "MODIFIED"
    assert [item.CodeValue for item in ds.DeidentificationMethodCodeSequence] == list(OPTIONS)
    assert all(item.CodingSchemeDesignator == "DCM" for item in ds.DeidentificationMethodCodeSequence)
    assert str(ds.PatientName) == ds.PatientID == KEY.subject
    assert all(len(value) <= 64 for value in ds.DeidentificationMethod)


def test_safe_private_elements_stay_and_their_dates_move() -> None:
    ds = dicom.image()
    ds.private_block(0x7053, "Philips PET Private Group", create=True).add_new(0x00, "DS", "0.00055")
    ge = ds.private_block(0x0009, "GEMS_PETD_01", create=True)
    ge.add_new(0x0D, "DT", "20260211101112.00")
    ge.add_new(0x05, "LO", "PLANTED exam")
    ds.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", "1000")
    ds.private_block(0x0021, "GEMS_ACQU_01", create=True).add_new(0x23, "DS", "5")  # another group's number
    copied(ds)
    assert ds[0x7053, 0x1000].value == pytest.approx(0.00055)
    assert str(ds[0x0009, 0x100D].value) == f"{MOVED}101112.00"
    assert ds[0x0019, 0x100C].value == 1000
    private = [element.tag for element in ds if element.tag.is_private]
    assert private == [0x00090010, 0x0009100D, 0x00190010, 0x0019100C, 0x70530010, 0x70531000]


# Keys


def test_new_uids_are_valid_keyed_and_stable() -> None:
    uid = KEY.uid("1.2.826.77.1")
    assert re.fullmatch(r"2\.25\.[1-9]\d{0,38}", uid)
    assert uid == CaseKey.of("installation", "MDT-2026-0001").uid("1.2.826.77.1")
    others = [
        CaseKey.of("installation", "MDT-2026-0002").uid("1.2.826.77.1"),
        CaseKey.of("another", "MDT-2026-0001").uid("1.2.826.77.1"),
        KEY.uid("1.2.826.77.10"),
    ]
    assert len({uid, *others}) == 4


def test_a_new_uid_is_not_replaced_again_and_a_foreign_one_like_it_is() -> None:
    uid = KEY.uid("1.2.3")
    assert KEY.uid(uid) == uid
    foreign = "2.25.329800735698586629295641978511506172918"
    assert KEY.uid(foreign) != foreign
    assert KEY.uid("2.25.0") != "2.25.0"


def test_days_lie_between_one_and_ten_years_back_and_differ_by_case() -> None:
    days = {CaseKey.of("installation", f"MDT-2026-{number:04d}").days for number in range(200)}
    assert len(days) > 180
    assert min(days) > -3651
    assert max(days) <= -365


# Dates


@pytest.mark.parametrize(
    ("vr", "before"),
    [
        ("DA", "20240229"),
        ("DA", "2024.02.29"),
        ("DT", "20240229101112.123456+0800"),
        ("DT", "202402"),
        ("DT", "2024"),
    ],
)
def test_dates_move_by_the_same_days_and_keep_what_else_they_say(vr: str, before: str) -> None:
    ds = dicom.image()
    ds.ContentDate = "20240229"
    keyword = "SeriesDate" if vr == "DA" else "AcquisitionDateTime"
    ds[keyword] = DataElement(Tag(keyword), vr, before, validation_mode=IGNORE)
    copied(ds)
    after = str(ds[keyword].value)
    moved = date(2024, 2, 29).toordinal() + KEY.days
    assert ds.ContentDate == date.fromordinal(moved).strftime("%Y%m%d")
    assert len(after) == len(before.replace(".", "", 2) if vr == "DA" else before)
    if len(before) >= 8:
        assert after[:8] == ds.ContentDate
        assert after[8:] == ("" if vr == "DA" else before[8:])


def test_distances_between_dates_are_kept() -> None:
    ds = dicom.image()
    ds.StudyDate, ds.SeriesDate, ds.AcquisitionDate = "20240101", "20240301", "20260101"
    copied(ds)
    days = [
        date.fromisoformat(f"{v[:4]}-{v[4:6]}-{v[6:]}")
        for v in (ds.StudyDate, ds.SeriesDate, ds.AcquisitionDate)
    ]
    assert [(days[1] - days[0]).days, (days[2] - days[0]).days] == [60, 731]


@pytest.mark.parametrize("value", ["00010101", "20261399", "19670314Zhang"])
def test_what_is_no_date_that_can_move_goes(value: str) -> None:
    ds = dicom.image()
    ds["StudyDate"] = DataElement(Tag("StudyDate"), "DA", value, validation_mode=IGNORE)
    assert "StudyDate" not in copied(ds)


# What is known of a person


@pytest.mark.parametrize(
    "text",
    [
        "CT of ZHANG",
        "zhang,wei",
        "pat. 张伟 胸部",
        "ＺＨＡＮＧ wide letters",
        "H-4471",
        "id:h4471.",
        "No 77810/2",
        "b. 1967-03-14",
        "14.3.1967",
        "born 19670314x",
        "1967年3月14日",
        "03/14/1967",
        "lives at 12 LONG LANE",
        "ZhangWei",
    ],
)
def test_a_known_identifier_is_found(text: str) -> None:
    assert ZHANG.found_in(text)


@pytest.mark.parametrize(
    "text", ["CHEST", "weight", "Zhangjiakou", "177810", "1967", "LANE", "", "张", "20260314"]
)
def test_what_only_looks_alike_is_not(text: str) -> None:
    assert not ZHANG.found_in(text)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_known_identifiers_in_bytes(encoding: str) -> None:
    assert ZHANG.found_in_bytes(b"\x01\x02" + "张伟".encode(encoding) + b"\x03") == (
        len("张伟".encode(encoding)) > 4
    )
    assert ZHANG.found_in_bytes(b"\xff" * 40 + "ZHANG WEI".encode(encoding))
    assert not ZHANG.found_in_bytes(bytes(range(256)) * 8)


def test_names_within_a_data_set_are_known_without_being_told() -> None:
    ds = dicom.image(ManufacturerModelName="Scanner of Kasymova", ConvolutionKernel="B30f")
    item = Dataset()
    item.ReferringPhysicianName = "Kasymova^Dina"
    ds.ReferencedStudySequence = Sequence([item])
    copied(ds)
    assert (ds.ManufacturerModelName, ds.ConvolutionKernel) == ("REMOVED", "B30f")


def test_a_measure_stays_whatever_the_patient_s_number_is() -> None:
    ds = dicom.image(
        PatientID="1024", RescaleIntercept="-1024", RescaleSlope="1", ManufacturerModelName="No 1024"
    )
    copied(ds)
    assert (ds.RescaleIntercept, ds.ManufacturerModelName) == (-1024, "REMOVED")


def test_a_long_number_of_the_patient_is_found_among_measures() -> None:
    ds = dicom.image(PatientID="9912345", RescaleIntercept="9912345", RescaleSlope="1")
    copied(ds)
    assert "RescaleIntercept" not in ds


def test_sequences_and_elements_no_dictionary_knows_go() -> None:
    ds, item = dicom.image(), Dataset()
    item.CodeMeaning = "PLANTED"
    ds.add_new(0x00221998, "SQ", Sequence([item]))
    ds.add_new(0x00221999, "LO", "PLANTED")
    copied(ds)
    assert "PLANTED" not in str(ds)


def test_schemes_of_codes_keep_their_identifier() -> None:
    ds, scheme = dicom.image(), Dataset()
    scheme.CodingSchemeDesignator, scheme.CodingSchemeUID = "SCT", "2.16.840.1.113883.6.96"
    ds.CodingSchemeIdentificationSequence = Sequence([scheme])
    copied(ds)
    assert ds.CodingSchemeIdentificationSequence[0].CodingSchemeUID == "2.16.840.1.113883.6.96"


def test_codes_are_looked_through_for_the_patient_only() -> None:
    ds = dicom.image(ReferringPhysicianName="Report^Anna", PatientName="Wanjiru^Amina")
    meanings = ("Report of findings", "List of Wanjiru")
    items = [Dataset(), Dataset()]
    for item, meaning in zip(items, meanings, strict=True):
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "1", "99X", meaning
    ds.ProcedureCodeSequence = Sequence(items)
    copied(ds)
    assert [item.CodeMeaning for item in ds.ProcedureCodeSequence] == ["Report of findings", "REMOVED"]


@pytest.mark.parametrize("keyword", ["StudyTime", "StudyDate", "AcquisitionTime", "PatientAge"])
def test_what_is_empty_stays_there_empty(keyword: str) -> None:
    ds = dicom.image(**{keyword: ""})
    copied(ds)
    assert keyword in ds
    assert not ds[keyword].value


# Pixels

CT, SC, US_CLASS = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.6.1"
SM, SEG = "1.2.840.10008.5.1.4.1.1.77.1.6", "1.2.840.10008.5.1.4.1.1.66.4"


@pytest.mark.parametrize(
    ("modality", "sop_class", "image_type", "burned_in", "expected"),
    [
        ("CT", CT, ["ORIGINAL", "PRIMARY", "AXIAL"], "", None),
        ("CT", CT, ["ORIGINAL", "PRIMARY"], "NO", None),
        ("CT", CT, ["ORIGINAL", "PRIMARY"], "YES", Held.BURNED_IN),
        ("CT", CT, ["DERIVED", "PRIMARY"], "", Held.DERIVED),
        ("CT", CT, ["DERIVED", "PRIMARY"], "NO", None),
        ("CT", CT, ["ORIGINAL", "SECONDARY"], "", Held.SECONDARY),
        ("US", US_CLASS, ["ORIGINAL", "PRIMARY"], "", Held.MODALITY),
        ("US", US_CLASS, ["ORIGINAL", "PRIMARY"], "NO", None),
        ("us", US_CLASS, [], "", Held.MODALITY),
        *((kind, "1.2.3", [], "", Held.MODALITY) for kind in ("SC", "XA", "ES", "OT", "XC")),
        ("CT", SC, [], "NO", Held.SECONDARY),
        ("OT", SC + ".2", [], "NO", Held.SECONDARY),
        ("SEG", SEG, ["DERIVED", "PRIMARY"], "", None),
        ("SM", SM, ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"], "", None),
        ("SM", SM, ["ORIGINAL", "PRIMARY", "LABEL", "NONE"], "YES", Held.SLIDE_LABEL),
        ("SM", SM, ["ORIGINAL", "PRIMARY", "OVERVIEW", "NONE"], "NO", Held.SLIDE_LABEL),
        ("DOC", "1.2.840.10008.5.1.4.1.1.104.1", [], "NO", Held.DOCUMENT),
    ],
)
def test_which_pixels_wait_for_a_person(
    modality: str, sop_class: str, image_type: list[str], burned_in: str, expected: Held | None
) -> None:
    found = why_held(
        modality=modality,
        sop_class_uid=sop_class,
        image_type=image_type,
        burned_in=burned_in,
        has_pixels=True,
    )
    assert found is expected


def test_without_pixels_there_is_nothing_to_look_at() -> None:
    assert why_held(modality="US", sop_class_uid="1", image_type=[], burned_in="", has_pixels=False) is None


def test_every_reason_has_words() -> None:
    assert set(HELD_WORDS) == set(Held)
