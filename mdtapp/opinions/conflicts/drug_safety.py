"""Organ function, blood counts and inherited enzymes against the drugs advised."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.treatment import english
from mdtapp.opinions.conflicts.rule import STEPS_OF_ANY, Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts

CLEARANCE = "medical_oncology.crcl_ml_min"
NEUTROPHILS = "medical_oncology.anc_10e9_l"
PLATELETS = "medical_oncology.platelets_10e9_l"


@rule(
    "X31",
    Severity.CRITICAL,
    title=Bitext("Cisplatin with creatinine clearance below 50 mL/min", "肌酐清除率<50 mL/min却建议顺铂"),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.CHOOSE_INPUT, Resolution.RECORD_DISSENT),
    inputs=("medical_oncology.crcl_ml_min", STEPS_OF_ANY),
    confirmed_by=("medical_oncology",),
)
def x31(facts: CaseFacts) -> bool:
    """Cisplatin with a creatinine clearance that rules it out."""
    too_low = facts.is_below(CLEARANCE, facts.thresholds.cisplatin_contraindicated_ml_min)
    return facts.plan.advises("cisplatin") and too_low


@rule(
    "X32",
    Severity.MAJOR,
    title=Bitext(
        "Cisplatin with creatinine clearance 50-59 or unknown, hearing loss or neuropathy",
        "肌酐清除率50-59或未知、听力下降或周围神经病变却建议顺铂",
    ),
    section="recommendation",
    resolutions=(
        Resolution.REWORD,
        Resolution.REQUEST_MATERIAL,
        Resolution.ACCEPT_WITH_REASON,
        Resolution.RECORD_DISSENT,
    ),
    inputs=(
        "medical_oncology.crcl_ml_min",
        "medical_oncology.comorbidities",
        "medical_oncology.neuropathy_grade",
        STEPS_OF_ANY,
    ),
)
def x32(facts: CaseFacts) -> bool:
    """Cisplatin where kidney, hearing or nerves call for care, or where the clearance is not known."""
    limits = facts.thresholds
    ruled_out = facts.is_below(CLEARANCE, limits.cisplatin_contraindicated_ml_min)
    borderline = facts.is_below(CLEARANCE, limits.cisplatin_caution_ml_min) and not ruled_out
    nerves = not facts.codes("medical_oncology.comorbidities").isdisjoint({"hearing", "neuropathy"})
    neuropathy = facts.is_at_least("medical_oncology.neuropathy_grade", limits.neuropathy_ctcae_grade)
    return facts.plan.advises("cisplatin") and (
        not facts.has(CLEARANCE) or borderline or nerves or neuropathy
    )


@rule(
    "X33",
    Severity.CRITICAL,
    title=Bitext(
        "Anthracycline or anti-HER2 treatment with LVEF below 50%, or LVEF not known",
        "LVEF<50%或未知却建议蒽环/抗HER2",
    ),
    section="recommendation",
    resolutions=(Resolution.REQUEST_MATERIAL, Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=("medical_oncology.lvef_pct", STEPS_OF_ANY),
    confirmed_by=("medical_oncology",),
)
def x33(facts: CaseFacts) -> bool:
    """An anthracycline or an anti-HER2 drug with a weak heart, or a heart nobody has measured."""
    ejection = "medical_oncology.lvef_pct"
    weak_or_unknown = facts.is_below(ejection, facts.thresholds.lvef_pct) or not facts.has(ejection)
    return facts.plan.advises("anthracycline", "anti_her2", "her2_adc") and weak_or_unknown


@rule(
    "X34",
    Severity.MAJOR,
    title=Bitext("Cytotoxic treatment with low blood counts", "血细胞计数偏低却建议细胞毒治疗"),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.REQUEST_MATERIAL),
    inputs=("medical_oncology.anc_10e9_l", "medical_oncology.platelets_10e9_l", STEPS_OF_ANY),
)
def x34(facts: CaseFacts) -> bool:
    """Cytotoxic drugs with too few neutrophils or platelets."""
    limits = facts.thresholds
    low_counts = facts.is_below(NEUTROPHILS, limits.cytotoxic_neutrophils_10e9_l) or facts.is_below(
        PLATELETS, limits.cytotoxic_platelets_10e9_l
    )
    return facts.plan.advises_cytotoxic and low_counts


@rule(
    "X35",
    Severity.MAJOR,
    title=Bitext(
        "Irinotecan, taxane, anthracycline or vinca alkaloid with raised bilirubin",
        "胆红素升高却建议伊立替康/紫杉类/蒽环类/长春碱类",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=("medical_oncology.bilirubin_xuln", STEPS_OF_ANY),
)
def x35(facts: CaseFacts) -> bool:
    """A drug that the liver clears while bilirubin is raised."""
    raised = facts.is_above("medical_oncology.bilirubin_xuln", facts.thresholds.bilirubin_xuln)
    return facts.plan.advises("irinotecan", "taxane", "anthracycline", "vinca") and raised


@rule(
    "X43",
    Severity.MAJOR,
    title=Bitext("Anthracycline near the lifetime dose", "蒽环累积剂量接近上限"),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=("medical_oncology.cumulative_anthracycline", STEPS_OF_ANY),
)
def x43(facts: CaseFacts) -> bool:
    """More anthracycline near the dose a heart takes in a lifetime."""
    near_limit = facts.is_at_least(
        "medical_oncology.cumulative_anthracycline", facts.thresholds.anthracycline_lifetime_mg_m2
    )
    return facts.plan.advises("anthracycline") and near_limit


@rule(
    "X44",
    Severity.CRITICAL,
    title=Bitext(
        "DPYD deficiency with a fluoropyrimidine, or UGT1A1 poor with irinotecan",
        "DPYD缺陷用氟嘧啶/UGT1A1慢代谢用伊立替康",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=("genetics_molecular.dpyd", "genetics_molecular.ugt1a1", STEPS_OF_ANY),
    confirmed_by=("medical_oncology",),
)
def x44(facts: CaseFacts) -> bool:
    """A fluoropyrimidine or irinotecan for a person whose enzyme breaks it down too slowly."""
    slow_dpyd = facts.text("genetics_molecular.dpyd") in ("poor", "intermediate")
    slow_ugt1a1 = facts.text("genetics_molecular.ugt1a1") == "poor"
    return (facts.plan.advises("fluoropyrimidine") and slow_dpyd) or (
        facts.plan.advises("irinotecan") and slow_ugt1a1
    )


@rule(
    "X69",
    Severity.MINOR,
    title=Bitext("Fluoropyrimidine recommended and DPYD not tested", "建议氟嘧啶类而未检测DPYD"),
    section="missing_information",
    resolutions=(Resolution.ACCEPT_WITH_REASON, Resolution.REQUEST_MATERIAL, Resolution.REWORD),
    inputs=("genetics_molecular.dpyd", STEPS_OF_ANY),
)
def x69(facts: CaseFacts) -> bool:
    """A fluoropyrimidine before DPYD was tested."""
    tested = facts.text("genetics_molecular.dpyd") in ("normal", "intermediate", "poor")
    return facts.plan.advises("fluoropyrimidine") and not tested


@rule(
    "X70",
    Severity.CRITICAL,
    title=Bitext(
        "Drug cleared by the kidney with low creatinine clearance", "肌酐清除率偏低却建议经肾排泄药物"
    ),
    section="recommendation",
    resolutions=(
        Resolution.REWORD,
        Resolution.CHOOSE_INPUT,
        Resolution.ACCEPT_WITH_REASON,
        Resolution.RECORD_DISSENT,
    ),
    inputs=("medical_oncology.crcl_ml_min", STEPS_OF_ANY),
    confirmed_by=("medical_oncology",),
)
def x70(facts: CaseFacts) -> bool:
    """A drug that leaves through the kidney, with too little clearance for it."""
    limits, advises = facts.thresholds, facts.plan.advises
    return (
        (advises("methotrexate_hd") and facts.is_below(CLEARANCE, limits.methotrexate_ml_min))
        or (advises("pemetrexed") and facts.is_below(CLEARANCE, limits.pemetrexed_ml_min))
        or (advises("fluoropyrimidine", "bone_agent") and facts.is_below(CLEARANCE, limits.renal_drug_ml_min))
    )


@rule(
    "X74",
    Severity.MAJOR,
    title=Bitext(
        "Contrast imaging advised with creatinine clearance below 30 or an earlier contrast reaction",
        "肌酐清除率<30或既往对比剂不良反应却建议增强检查",
    ),
    section="missing_information",
    resolutions=(Resolution.REWORD, Resolution.ACCEPT_WITH_REASON),
    inputs=(
        "radiology.further_imaging",
        "medical_oncology.crcl_ml_min",
        "coordinator_nursing.contrast_reaction",
        STEPS_OF_ANY,
    ),
)
def x74(facts: CaseFacts) -> bool:
    """Contrast is advised, in a table of images or in a step, to a kidney or a person that does not bear it."""
    further = facts.rows("radiology.further_imaging")
    tests = [english(row.get("test")).lower() for row in further]
    in_images = any(word in test for test in tests for word in ("contrast", "enhanced", "angiogra"))
    advised = in_images or facts.plan.mentions("contrast", "angiogra")
    at_risk = (
        facts.is_below(CLEARANCE, facts.thresholds.contrast_ml_min)
        or facts.text("coordinator_nursing.contrast_reaction") == "yes"
    )
    return advised and at_risk
