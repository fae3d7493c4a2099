"""Whose specimen it is, where the disease sits, and whether the dates can be true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.dates import RecordDate, read_date
from mdtapp.opinions.conflicts.rule import Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts, Row

SIDES = ("outside.laterality", "pathology.laterality", "radiology.laterality", "surgical_oncology.laterality")
SINGLE_DATES = (
    "pathology.specimen_date",
    "radiology.latest_staging_date",
    "nuclear_medicine.study_date",
    "medical_oncology.ecog_date",
    "medical_oncology.labs_date",
    "surgical_oncology.last_antivegf_date",
)
DATE_TABLES = {
    "radiology.studies": ("date",),
    "medical_oncology.prior_lines": ("start", "end"),
    "radiation_oncology.prior_rt_courses": ("end",),
}


@rule(
    "X01",
    Severity.CRITICAL,
    title=Bitext("Specimen identity not confirmed", "标本身份未确认"),
    section="diagnosis_verification",
    resolutions=(Resolution.BLOCK_UNTIL_FIXED, Resolution.REQUEST_MATERIAL),
    inputs=("pathology.identity_verified",),
    only_by_data=True,
)
def x01(facts: CaseFacts) -> bool:
    """The pathologist could not match the specimen to the patient."""
    return facts.value("pathology.identity_verified") is False


@rule(
    "X02",
    Severity.CRITICAL,
    title=Bitext("Side of disease differs between sources", "病变侧别不一致"),
    section="diagnosis_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REQUEST_MATERIAL),
    inputs=(
        "*.laterality",
        "surgical_oncology.procedure_laterality",
        "radiation_oncology.target_laterality",
        "radiation_oncology.target_site",
    ),
)
def x02(facts: CaseFacts) -> bool:
    """The sides named differ, or surgery or radiotherapy is planned on another side.

    Disease on both sides excuses the planned side; a target outside the primary site has its own side.
    """
    if facts.differ(*SIDES):
        return True
    if "bilateral" in (facts.text("radiology.laterality"), facts.text("surgical_oncology.laterality")):
        return False
    return _operates_on_other_side(facts) or _irradiates_other_side(facts)


def _operates_on_other_side(facts: CaseFacts) -> bool:
    planned = "surgical_oncology.procedure_laterality"
    return facts.text(planned) != "bilateral" and facts.differ(*SIDES, planned)


def _irradiates_other_side(facts: CaseFacts) -> bool:
    aims_elsewhere = facts.differ("radiation_oncology.target_site", "case.primary_site")
    return not aims_elsewhere and facts.differ(*SIDES, "radiation_oncology.target_laterality")


@rule(
    "X03",
    Severity.MAJOR,
    title=Bitext("Primary site differs between disciplines", "原发部位不一致"),
    section="diagnosis_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=("*.primary_site",),
)
def x03(facts: CaseFacts) -> bool:
    """The home hospital, pathology, radiology and surgery name different primary sites."""
    return facts.differ(
        "outside.primary_site",
        "pathology.primary_site",
        "radiology.primary_site",
        "surgical_oncology.primary_site",
    )


@rule(
    "X63",
    Severity.MAJOR,
    title=Bitext("Dates are out of order", "日期顺序错误"),
    section="missing_information",
    resolutions=(Resolution.REWORD, Resolution.REQUEST_MATERIAL),
    inputs=(
        "history",
        "*.specimen_date",
        "*.latest_staging_date",
        "*.studies",
        "*.study_date",
        "*.ecog_date",
        "*.labs_date",
        "*.last_antivegf_date",
        "*.prior_lines",
        "*.prior_rt_courses",
    ),
)
def x63(facts: CaseFacts) -> bool:
    """A date cannot be true: after the meeting, before birth, or against the order of treatment.

    A treatment line that ends before it starts counts, and so does a specimen called untreated
    that was taken after treatment had begun.
    """
    dates = [known for written in _written_dates(facts) if (known := read_date(written))]
    return (
        any(_cannot_be(known, facts) for known in dates)
        or any(_ends_before_start(line) for line in facts.rows("medical_oncology.prior_lines"))
        or _untreated_specimen_after_treatment(facts)
    )


def _written_dates(facts: CaseFacts) -> Iterator[Any]:
    """Dates of history, specimen, studies, ECOG, laboratory and treatment."""
    yield from (event.get("date") for event in facts.history)
    yield from (facts.value(path) for path in SINGLE_DATES)
    for table, columns in DATE_TABLES.items():
        yield from (row.get(column) for row in facts.rows(table) for column in columns)


def _cannot_be(known: RecordDate, facts: CaseFacts) -> bool:
    born = facts.number("patient.birth_year")
    after_meeting = facts.meeting_on is not None and known.first > facts.meeting_on
    return after_meeting or (born is not None and known.last.year < born)


def _ends_before_start(line: Row) -> bool:
    start, end = read_date(line.get("start")), read_date(line.get("end"))
    return start is not None and end is not None and end.last < start.first


def _untreated_specimen_after_treatment(facts: CaseFacts) -> bool:
    specimen = read_date(facts.value("pathology.specimen_date"))
    lines = facts.rows("medical_oncology.prior_lines")
    starts = [start.last for line in lines if (start := read_date(line.get("start")))]
    untreated = facts.text("pathology.neoadjuvant_before") == "no"
    return untreated and specimen is not None and bool(starts) and specimen.first > min(starts)
