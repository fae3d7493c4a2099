"""How far the disease has spread: T, N, M, stage group and the imaging they rest on."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.tnm import (
    is_m0,
    is_m1,
    is_node_negative,
    is_node_positive,
    stage_groups_differ,
    stage_number,
    t_differs,
)
from mdtapp.opinions.conflicts.rule import Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts

TREATING_M = ("medical_oncology.m_category", "surgical_oncology.m_category", "radiation_oncology.m_category")


def _any_m0(facts: CaseFacts, *paths: str) -> bool:
    return any(is_m0(facts.text(path)) for path in paths)


@rule(
    "X09",
    Severity.CRITICAL,
    title=Bitext(
        "Imaging or pathology shows M1 while another input or the outside stage says M0",
        "影像或病理为M1，而其他学科/外院为M0",
    ),
    section="staging_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REQUEST_MATERIAL, Resolution.RECORD_DISSENT),
    inputs=("radiology.m_category", "pathology.m_category", "*.m_category"),
)
def x09(facts: CaseFacts) -> bool:
    """Imaging or pathology found distant disease that another input or the home hospital excludes."""
    others = ("outside.m_category", *TREATING_M)
    seen_on_images = is_m1(facts.text("radiology.m_category")) and _any_m0(facts, *others)
    proven = is_m1(facts.text("pathology.m_category")) and _any_m0(facts, *others, "radiology.m_category")
    return seen_on_images or proven


@rule(
    "X10",
    Severity.CRITICAL,
    title=Bitext(
        "A definite or probable metastasis is not in the outside report", "明确/很可能的转移灶未见于外院报告"
    ),
    section="staging_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REQUEST_MATERIAL, Resolution.RECORD_DISSENT),
    inputs=("radiology.metastases",),
)
def x10(facts: CaseFacts) -> bool:
    """The radiologist sees a definite or probable metastasis that the home report does not mention."""
    return any(
        row.get("certainty") in ("definite", "probable") and row.get("in_outside_report") == "no"
        for row in facts.rows("radiology.metastases")
    )


@rule(
    "X11",
    Severity.MAJOR,
    title=Bitext(
        "Nuclear medicine and radiology disagree on distant disease", "核医学与放射科远处转移意见不一"
    ),
    section="staging_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REQUEST_MATERIAL, Resolution.RECORD_DISSENT),
    inputs=("nuclear_medicine.m_opinion", "radiology.m_category"),
)
def x11(facts: CaseFacts) -> bool:
    """Nuclear medicine and radiology judge distant disease differently; an open judgement is not compared."""
    nuclear, imaging = facts.text("nuclear_medicine.m_opinion"), facts.text("radiology.m_category")
    return (nuclear == "M1" and is_m0(imaging)) or (nuclear == "M0" and is_m1(imaging))


@rule(
    "X12",
    Severity.MINOR,
    title=Bitext(
        "T category differs by one step or more between pathology and clinical inputs (no treatment before)",
        "病理T与临床T相差≥1级（未经新辅助）",
    ),
    section="staging_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REWORD, Resolution.ACCEPT_WITH_REASON),
    inputs=("pathology.t_category", "radiology.t_category", "surgical_oncology.t_category"),
)
def x12(facts: CaseFacts) -> bool:
    """The pathological T lies a step or more from the clinical one, without treatment in between."""
    untreated = facts.text("pathology.neoadjuvant_before") != "yes"
    if not untreated or facts.text("pathology.stage_prefix") != "p":
        return False
    found = facts.text("pathology.t_category")
    clinical = (facts.text("radiology.t_category"), facts.text("surgical_oncology.t_category"))
    return any(t_differs(found, seen) for seen in clinical)


@rule(
    "X13",
    Severity.MAJOR,
    title=Bitext("Node status differs: pathology versus imaging", "淋巴结状态：病理与影像不一致"),
    section="staging_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REWORD),
    inputs=("pathology.n_category", "radiology.n_category"),
)
def x13(facts: CaseFacts) -> bool:
    """Pathology found nodes that imaging calls clear, or cleared nodes that imaging calls involved.

    Clear nodes count only from a resection (prefix p): a biopsy that missed proves nothing.
    """
    found, seen = facts.text("pathology.n_category"), facts.text("radiology.n_category")
    missed = is_node_positive(found) and is_node_negative(seen)
    cleared = is_node_negative(found) and is_node_positive(seen)
    return missed or (cleared and facts.text("pathology.stage_prefix") == "p")


@rule(
    "X14",
    Severity.MAJOR,
    title=Bitext(
        "Stage group differs between disciplines or from the outside stage", "各学科或与外院总分期不一致"
    ),
    section="staging_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=("*.stage_group",),
)
def x14(facts: CaseFacts) -> bool:
    """Stage groups differ in number or letter between the clinical inputs and the home hospital.

    The pathological stage is held against medical oncology's where both stage at the same point.
    """
    clinical = ("outside", "radiology", "medical_oncology", "surgical_oncology", "radiation_oncology")
    if stage_groups_differ(facts.text(f"{source}.stage_group") for source in clinical):
        return True
    resected = facts.text("pathology.stage_prefix") in ("p", "yp")
    comparable = not facts.differ("pathology.stage_prefix", "medical_oncology.stage_prefix")
    pathological = (facts.text("pathology.stage_group"), facts.text("medical_oncology.stage_group"))
    return resected and comparable and stage_groups_differ(pathological)


@rule(
    "X15",
    Severity.MINOR,
    title=Bitext("Different staging systems or editions are mixed", "混用不同分期系统或版本"),
    section="staging_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REWORD, Resolution.ACCEPT_WITH_REASON),
    inputs=("*.stage_system",),
)
def x15(facts: CaseFacts) -> bool:
    """Stages were given in different systems or editions, so their letters cannot be compared."""
    return facts.differ(
        "outside.stage_system",
        "radiology.stage_system",
        "pathology.stage_system",
        "medical_oncology.stage_system",
        "surgical_oncology.stage_system",
        "radiation_oncology.stage_system",
    )


@rule(
    "X17",
    Severity.MAJOR,
    title=Bitext("M0 without adequate imaging", "影像不足却判定M0"),
    section="staging_verification",
    resolutions=(Resolution.REWORD, Resolution.REQUEST_MATERIAL),
    inputs=("radiology.studies", "radiology.sufficiency", "nuclear_medicine.quality", "*.m_category"),
)
def x17(facts: CaseFacts) -> bool:
    """No distant disease, said without images that could show it."""
    if not _any_m0(facts, *TREATING_M, "radiology.m_category"):
        return False
    usable = ("diagnostic", "limited")
    no_study = not any(study.get("quality") in usable for study in facts.rows("radiology.studies"))
    no_nuclear_study = facts.text("nuclear_medicine.quality") not in usable
    return facts.text("radiology.sufficiency") == "insufficient" or (no_study and no_nuclear_study)


@rule(
    "X18",
    Severity.MINOR,
    title=Bitext(
        "Staging imaging is older than the limit at the meeting (42 days; breast 60, prostate 180)",
        "分期影像距会诊超过时限（42天；乳腺60天，前列腺180天）",
    ),
    section="missing_information",
    resolutions=(Resolution.ACCEPT_WITH_REASON, Resolution.REQUEST_MATERIAL),
    inputs=("radiology.latest_staging_date",),
)
def x18(facts: CaseFacts) -> bool:
    """The newest staging images are older at the meeting than this tumour allows."""
    limits = facts.thresholds
    own = {"breast": limits.imaging_days_breast, "prostate": limits.imaging_days_prostate}
    days = own.get(facts.text("case.site_family"), limits.imaging_days)
    return facts.is_older_than("radiology.latest_staging_date", days)


@rule(
    "X19",
    Severity.MAJOR,
    title=Bitext(
        "Lung cancer of stage II or more, or small cell, without brain imaging",
        "肺癌II期以上或小细胞癌未做脑部检查",
    ),
    section="missing_information",
    resolutions=(Resolution.REQUEST_MATERIAL, Resolution.ACCEPT_WITH_REASON),
    inputs=(
        "radiology.brain_imaged",
        "radiology.stage_group",
        "medical_oncology.stage_group",
        "pathology.histology_group",
    ),
)
def x19(facts: CaseFacts) -> bool:
    """Lung cancer of stage II or more, or of small cells, and the brain was not imaged."""
    if facts.text("case.primary_site") != "lung" or facts.text("radiology.brain_imaged") == "yes":
        return False
    groups = (facts.text("radiology.stage_group"), facts.text("medical_oncology.stage_group"))
    small_cell = facts.text("pathology.histology_group") == "small_cell"
    return small_cell or any((stage_number(group) or 0) >= 2 for group in groups)


@rule(
    "X65",
    Severity.MAJOR,
    title=Bitext(
        "Imaging review shows M0 while the outside stage or another input says M1",
        "影像复核为M0，而外院或其他学科为M1",
    ),
    section="staging_verification",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REQUEST_MATERIAL, Resolution.RECORD_DISSENT),
    inputs=("radiology.m_category", "outside.m_category", "*.m_category"),
)
def x65(facts: CaseFacts) -> bool:
    """Imaging on review is clear where the home hospital or a treating discipline sees distant disease."""
    others = ("outside.m_category", *TREATING_M)
    return is_m0(facts.text("radiology.m_category")) and any(is_m1(facts.text(path)) for path in others)
