"""What the tumour is: pathology on review against the home report and the treatment advised."""

from __future__ import annotations

from mdtapp.clinical.agreement import VERDICTS
from mdtapp.clinical.biomarkers import grade_risk_class
from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.tnm import is_invasive_t
from mdtapp.clinical.treatment import TREATMENT_MODALITIES
from mdtapp.opinions.conflicts.rule import STEPS_OF_ANY, Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts


@rule(
    "X04",
    Severity.MAJOR,
    title=Bitext("Pathology review changes the tumour type", "病理复核改变组织学类型"),
    section="diagnosis_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.RECORD_DISSENT, Resolution.REQUEST_MATERIAL),
    inputs=("outside.histology_group", "pathology.histology_group"),
)
def x04(facts: CaseFacts) -> bool:
    """Pathology names another tumour type than the home hospital."""
    return facts.differ("outside.histology_group", "pathology.histology_group")


@rule(
    "X05",
    Severity.CRITICAL,
    title=Bitext("In-situ on review but treated or staged as invasive", "复核为原位病变但按浸润癌分期或治疗"),
    section="diagnosis_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.RECORD_DISSENT),
    inputs=("pathology.behaviour", "outside.behaviour", "*.t_category", STEPS_OF_ANY),
)
def x05(facts: CaseFacts) -> bool:
    """In situ on review, yet called invasive outside, given an invasive T category or treated as invasive.

    Bladder and skin are excused from the last: their in-situ disease is treated with drugs.
    """
    if facts.text("pathology.behaviour") != "in_situ":
        return False
    treated_in_place = facts.text("case.primary_site") in ("bladder", "skin")
    treated_as_invasive = facts.plan.advises_cytotoxic or facts.plan.advises("anti_her2", "chemoradiation")
    return (
        facts.text("outside.behaviour") == "invasive"
        or _has_invasive_t(facts)
        or (treated_as_invasive and not treated_in_place)
    )


def _has_invasive_t(facts: CaseFacts) -> bool:
    of_inputs = (facts.text(f"{discipline}.t_category") for discipline in facts.inputs)
    return is_invasive_t(facts.text("outside.t_category")) or any(map(is_invasive_t, of_inputs))


@rule(
    "X06",
    Severity.CRITICAL,
    title=Bitext(
        "Benign or uncertain on review but cancer treatment is recommended",
        "复核为良性/交界性却建议抗肿瘤治疗",
    ),
    section="recommendation",
    resolutions=(
        Resolution.CHOOSE_INPUT,
        Resolution.REQUEST_MATERIAL,
        Resolution.RECORD_DISSENT,
        Resolution.ACCEPT_WITH_REASON,
    ),
    inputs=("pathology.behaviour", STEPS_OF_ANY),
)
def x06(facts: CaseFacts) -> bool:
    """Benign or of uncertain behaviour, yet a treatment for cancer other than surgery is advised."""
    return facts.text("pathology.behaviour") in ("benign", "uncertain") and facts.plan.advises(
        "systemic", "radiotherapy", "chemoradiation", "tace_haic", "radionuclide", "transplant"
    )


@rule(
    "X07",
    Severity.CRITICAL,
    title=Bitext(
        "Pathology is provisional or inadequate but irreversible treatment is preferred",
        "病理未明确/材料不足却首选不可逆治疗",
    ),
    section="recommendation",
    resolutions=(
        Resolution.REWORD,
        Resolution.REQUEST_MATERIAL,
        Resolution.RECORD_DISSENT,
        Resolution.ACCEPT_WITH_REASON,
    ),
    inputs=("pathology.diagnosis_status", "pathology.adequacy", STEPS_OF_ANY),
)
def x07(facts: CaseFacts) -> bool:
    """The diagnosis is open or the material too poor, yet a treatment that cannot be undone is preferred."""
    is_open = facts.text("pathology.diagnosis_status") in ("provisional", "not_possible")
    too_little = facts.text("pathology.adequacy") == "inadequate"
    return (is_open or too_little) and facts.plan.prefers(*TREATMENT_MODALITIES)


@rule(
    "X08",
    Severity.MAJOR,
    title=Bitext("No slides were seen (report only)", "未见病理切片（仅有报告）"),
    section="missing_information",
    resolutions=(Resolution.REWORD, Resolution.REQUEST_MATERIAL),
    inputs=("pathology.slide_format",),
)
def x08(facts: CaseFacts) -> bool:
    """A verdict on the diagnosis was given from a report or photographs alone."""
    without_slides = facts.text("pathology.slide_format") in ("report_only", "photos")
    return without_slides and facts.text("pathology.agree_diagnosis") in VERDICTS


@rule(
    "X28",
    Severity.MAJOR,
    title=Bitext("Mismatch-repair staining and MSI test disagree", "MMR免疫组化与MSI检测不一致"),
    section="diagnosis_verification",
    resolutions=(Resolution.REQUEST_MATERIAL, Resolution.CHOOSE_INPUT),
    inputs=("pathology.mmr_status", "pathology.msi", "genetics_molecular.msi"),
)
def x28(facts: CaseFacts) -> bool:
    """Two of the three tests for deficient mismatch repair (stain, pathology's MSI, the panel's MSI) disagree."""
    stain, own_msi = facts.text("pathology.mmr_status"), facts.text("pathology.msi")
    msi_tests = {own_msi, facts.text("genetics_molecular.msi")}
    return (
        (stain == "dMMR" and "MSS" in msi_tests)
        or (stain == "pMMR" and "MSI_H" in msi_tests)
        or {"MSS", "MSI_H"} <= msi_tests
    )


@rule(
    "X30",
    Severity.MAJOR,
    title=Bitext(
        "Grade group on review crosses a risk group compared with outside", "复核分级组改变风险分层"
    ),
    section="diagnosis_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.RECORD_DISSENT),
    inputs=("pathology.grade_group", "outside.grade_group"),
)
def x30(facts: CaseFacts) -> bool:
    """The grade group on review falls in another risk class: 1, 2, 3, or 4 and 5 together."""
    return grade_risk_changes(facts)


def grade_risk_changes(facts: CaseFacts) -> bool:
    """Whether both grade groups are known and lie in different risk classes."""
    here, there = facts.number("pathology.grade_group"), facts.number("outside.grade_group")
    return here is not None and there is not None and grade_risk_class(here) != grade_risk_class(there)
