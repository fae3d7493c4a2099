"""Driver alterations, RAS, mismatch repair and germline findings against the advice."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.conflicts.rule import STEPS_OF_ANY, Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts


@rule(
    "X24",
    Severity.CRITICAL,
    title=Bitext(
        "Targeted EGFR, ALK or ROS1 drug recommended without the alteration",
        "无相应变异却建议EGFR/ALK/ROS1靶向药",
    ),
    section="recommendation",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REQUEST_MATERIAL, Resolution.RECORD_DISSENT),
    inputs=("pathology.driver_alterations", "genetics_molecular.variants", STEPS_OF_ANY),
    confirmed_by=("medical_oncology",),
)
def x24(facts: CaseFacts) -> bool:
    """An EGFR, ALK or ROS1 drug without the alteration it acts on."""
    egfr = not facts.drivers.isdisjoint({"egfr_common", "egfr_ex20", "egfr_other"})
    fusion = not facts.drivers.isdisjoint({"alk", "ros1"})
    return (facts.plan.advises("egfr_tki") and not egfr) or (facts.plan.advises("alk_tki") and not fusion)


@rule(
    "X25",
    Severity.CRITICAL,
    title=Bitext(
        "EGFR or ALK alteration present and an immune checkpoint inhibitor is preferred",
        "存在EGFR/ALK变异却首选免疫检查点抑制剂",
    ),
    section="recommendation",
    resolutions=(
        Resolution.CHOOSE_INPUT,
        Resolution.REWORD,
        Resolution.RECORD_DISSENT,
        Resolution.ACCEPT_WITH_REASON,
    ),
    inputs=("pathology.driver_alterations", "genetics_molecular.variants", STEPS_OF_ANY),
    confirmed_by=("medical_oncology",),
)
def x25(facts: CaseFacts) -> bool:
    """A checkpoint inhibitor is preferred although an EGFR or ALK alteration is present."""
    altered = not facts.drivers.isdisjoint({"egfr_common", "egfr_other", "alk"})
    return altered and facts.plan.prefers("ici")


@rule(
    "X26",
    Severity.CRITICAL,
    title=Bitext(
        "Anti-EGFR antibody recommended with RAS or BRAF mutation, or RAS not tested",
        "RAS/BRAF突变或未检测RAS却建议抗EGFR单抗",
    ),
    section="recommendation",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REQUEST_MATERIAL, Resolution.RECORD_DISSENT),
    inputs=(
        "pathology.kras",
        "pathology.nras",
        "pathology.braf",
        "pathology.driver_alterations",
        "genetics_molecular.variants",
        STEPS_OF_ANY,
    ),
    confirmed_by=("medical_oncology",),
)
def x26(facts: CaseFacts) -> bool:
    """An anti-EGFR antibody in bowel cancer without proof of wild-type RAS, or with mutated BRAF.

    Together with a matched inhibitor it is accepted: KRAS G12C and BRAF have such pairs.
    """
    if not facts.plan.advises("anti_egfr_mab") or facts.text("case.site_family") != "colorectal":
        return False
    matched = facts.plan.advises("other_targeted")
    ras_wild = facts.text("pathology.kras") == facts.text("pathology.nras") == "wild_type"
    paired_g12c = "kras_g12c" in facts.drivers and matched
    braf_alone = facts.text("pathology.braf") == "mutated" and not matched
    return (not ras_wild and not paired_g12c) or braf_alone


@rule(
    "X27",
    Severity.MAJOR,
    title=Bitext(
        "dMMR or MSI-H colorectal or gastric cancer without immunotherapy considered",
        "dMMR/MSI-H肠癌或胃癌未考虑免疫治疗",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.ACCEPT_WITH_REASON, Resolution.RECORD_DISSENT),
    inputs=("pathology.mmr_status", "pathology.msi", STEPS_OF_ANY),
)
def x27(facts: CaseFacts) -> bool:
    """Drugs for a bowel or gastric cancer with deficient mismatch repair, and immunotherapy does not occur."""
    family = facts.text("case.site_family") in ("colorectal", "gastric")
    deficient = facts.text("pathology.mmr_status") == "dMMR" or facts.text("pathology.msi") == "MSI_H"
    return family and deficient and facts.plan.advises("systemic") and not facts.plan.advises("ici")


@rule(
    "X61",
    Severity.MAJOR,
    title=Bitext(
        "Germline finding, tumour BRCA variant or dMMR bowel cancer without counselling advice",
        "胚系变异/肿瘤BRCA变异/dMMR肠癌未建议遗传咨询",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.REQUEST_MATERIAL),
    inputs=(
        "genetics_molecular.germline",
        "genetics_molecular.counselling",
        "pathology.brca_tumour",
        "pathology.mmr_status",
        "pathology.braf",
        STEPS_OF_ANY,
    ),
)
def x61(facts: CaseFacts) -> bool:
    """A finding that concerns the family, and no word of genetic counselling."""
    bowel = (
        facts.text("case.site_family") == "colorectal"
        and facts.text("pathology.mmr_status") == "dMMR"
        and facts.text("pathology.braf") != "mutated"
    )
    germline = facts.text("genetics_molecular.germline") == "pathogenic"
    tumour_brca = facts.text("pathology.brca_tumour") == "mutated"
    advised = (
        facts.plan.advises("genetic_counselling") or facts.text("genetics_molecular.counselling") == "yes"
    )
    return (germline or tumour_brca or bowel) and not advised


@rule(
    "X67",
    Severity.MAJOR,
    title=Bitext(
        "EGFR exon 20 insertion with an EGFR inhibitor: only exon-20-active drugs work",
        "EGFR 20号外显子插入却建议EGFR-TKI：仅限对20号外显子插入有效的药物",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.ACCEPT_WITH_REASON, Resolution.RECORD_DISSENT),
    inputs=("pathology.driver_alterations", "genetics_molecular.variants", STEPS_OF_ANY),
)
def x67(facts: CaseFacts) -> bool:
    """An EGFR inhibitor for an exon 20 insertion, on which most of them do not act."""
    only_exon_20 = "egfr_ex20" in facts.drivers and "egfr_common" not in facts.drivers
    return facts.plan.advises("egfr_tki") and only_exon_20


@rule(
    "X68",
    Severity.MAJOR,
    title=Bitext(
        "CLDN18.2, IDH or PARP drug recommended without its marker", "无相应标志物却建议CLDN18.2/IDH/PARP药物"
    ),
    section="recommendation",
    resolutions=(
        Resolution.CHOOSE_INPUT,
        Resolution.REQUEST_MATERIAL,
        Resolution.ACCEPT_WITH_REASON,
        Resolution.RECORD_DISSENT,
    ),
    inputs=(
        "pathology.cldn18_pct",
        "pathology.idh",
        "pathology.brca_tumour",
        "genetics_molecular.germline",
        "genetics_molecular.hrd",
        STEPS_OF_ANY,
    ),
)
def x68(facts: CaseFacts) -> bool:
    """A CLDN18.2, IDH or PARP drug without the marker it needs."""
    claudin = facts.is_at_least("pathology.cldn18_pct", facts.thresholds.cldn18_pct)
    idh = facts.text("pathology.idh") == "mutated"
    repair = (
        facts.text("pathology.brca_tumour") == "mutated"
        or facts.text("genetics_molecular.germline") == "pathogenic"
        or facts.text("genetics_molecular.hrd") == "present"
    )
    advises = facts.plan.advises
    return (
        (advises("cldn18") and not claudin)
        or (advises("idh_inhibitor") and not idh)
        or (advises("parp") and not repair)
    )
