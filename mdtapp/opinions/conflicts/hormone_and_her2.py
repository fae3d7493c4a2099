"""Hormone receptors and HER2 against the drugs that need them."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.conflicts.rule import STEPS_OF_ANY, Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts

GASTRIC_SITES = ("stomach", "gej")
ADVANCED_SETTINGS = ("new_metastatic", "distant_recurrence", "progression")


def _is_her2_positive(facts: CaseFacts) -> bool:
    return facts.text("pathology.her2_ihc") == "3+" or facts.text("pathology.her2_ish") == "positive"


@rule(
    "X20",
    Severity.CRITICAL,
    title=Bitext("Endocrine therapy recommended but ER and PR are negative", "ER/PR阴性却建议内分泌治疗"),
    section="recommendation",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=("pathology.er_pct", "pathology.pr_pct", STEPS_OF_ANY),
)
def x20(facts: CaseFacts) -> bool:
    """Endocrine treatment of a tumour without ER, and without PR as far as is known."""
    negative_below = facts.thresholds.er_positive_pct
    er_negative = facts.is_below("pathology.er_pct", negative_below)
    pr_positive = facts.is_at_least("pathology.pr_pct", negative_below)
    return facts.plan.advises("endocrine") and er_negative and not pr_positive


@rule(
    "X21",
    Severity.MAJOR,
    title=Bitext(
        "ER positive breast cancer without any endocrine therapy in the plan",
        "ER阳性乳腺癌方案未含内分泌治疗",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=("pathology.er_pct", "pathology.behaviour", STEPS_OF_ANY),
)
def x21(facts: CaseFacts) -> bool:
    """Treatment of an ER-positive invasive breast cancer in which endocrine treatment does not occur."""
    sensitive = (
        facts.text("case.primary_site") == "breast"
        and facts.text("pathology.behaviour") in ("invasive", "metastatic")
        and facts.is_at_least("pathology.er_pct", facts.thresholds.er_endocrine_pct)
    )
    treated = facts.plan.advises("systemic") or facts.plan.prefers("surgery", "radiotherapy")
    return sensitive and treated and not facts.plan.advises("endocrine")


@rule(
    "X22",
    Severity.CRITICAL,
    title=Bitext(
        "Anti-HER2 treatment recommended but HER2 is not positive or not known",
        "HER2非阳性或未知却建议抗HER2治疗",
    ),
    section="recommendation",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REQUEST_MATERIAL, Resolution.RECORD_DISSENT),
    inputs=(
        "pathology.her2_ihc",
        "pathology.her2_ish",
        "pathology.driver_alterations",
        "genetics_molecular.variants",
        STEPS_OF_ANY,
    ),
    confirmed_by=("medical_oncology",),
)
def x22(facts: CaseFacts) -> bool:
    """An anti-HER2 drug without a positive HER2 test and without a HER2 mutation."""
    supported = _is_her2_positive(facts) or "her2_mut" in facts.drivers
    return facts.plan.advises("anti_her2") and not supported


@rule(
    "X23",
    Severity.CRITICAL,
    title=Bitext(
        "HER2 positive on review but no anti-HER2 treatment in the plan", "复核HER2阳性但方案无抗HER2治疗"
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=(
        "pathology.her2_ihc",
        "pathology.her2_ish",
        "pathology.behaviour",
        "medical_oncology.setting",
        STEPS_OF_ANY,
    ),
    confirmed_by=("medical_oncology",),
)
def x23(facts: CaseFacts) -> bool:
    """Drugs for a HER2-positive breast or advanced gastric cancer, none of them against HER2."""
    site = facts.text("case.primary_site")
    breast = site == "breast" and facts.text("pathology.behaviour") != "in_situ"
    gastric = site in GASTRIC_SITES and facts.text("medical_oncology.setting") in ADVANCED_SETTINGS
    left_out = facts.plan.advises("systemic") and not facts.plan.advises("anti_her2", "her2_adc")
    return (breast or gastric) and _is_her2_positive(facts) and left_out


@rule(
    "X29",
    Severity.MAJOR,
    title=Bitext("HER2 2+ without ISH while treatment depends on it", "HER2 2+未做ISH而治疗取决于此"),
    section="missing_information",
    resolutions=(Resolution.REQUEST_MATERIAL, Resolution.REWORD),
    inputs=("pathology.her2_ihc", "pathology.her2_ish"),
)
def x29(facts: CaseFacts) -> bool:
    """HER2 2+ was never settled by ISH in a tumour whose treatment depends on it."""
    settled = facts.text("pathology.her2_ish") in ("positive", "negative")
    depends = facts.text("case.primary_site") in ("breast", *GASTRIC_SITES)
    return facts.text("pathology.her2_ihc") == "2+" and depends and not settled


@rule(
    "X66",
    Severity.CRITICAL,
    title=Bitext(
        "HER2-directed antibody-drug conjugate recommended without a HER2 result that supports it",
        "无支持性HER2结果却建议抗HER2 ADC",
    ),
    section="recommendation",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REQUEST_MATERIAL, Resolution.RECORD_DISSENT),
    inputs=(
        "pathology.her2_ihc",
        "pathology.her2_ish",
        "pathology.driver_alterations",
        "genetics_molecular.variants",
        STEPS_OF_ANY,
    ),
    confirmed_by=("medical_oncology",),
)
def x66(facts: CaseFacts) -> bool:
    """A HER2-directed antibody-drug conjugate without the HER2 level it needs: lower in breast than elsewhere."""
    in_breast = facts.text("case.primary_site") == "breast"
    enough = ("ultralow", "1+", "2+", "3+") if in_breast else ("2+", "3+")
    supported = (
        facts.text("pathology.her2_ihc") in enough
        or facts.text("pathology.her2_ish") == "positive"
        or "her2_mut" in facts.drivers
    )
    return facts.plan.advises("her2_adc") and not supported
