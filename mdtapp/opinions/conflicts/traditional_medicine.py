"""Traditional Chinese medicine: a support that must not harm and never replaces."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.conflicts.rule import STEPS_OF_ANY, Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts

HERBS = "tcm_integrative.herbs"


def _herb_is(facts: CaseFacts, risk: str) -> bool:
    return any(herb.get(risk) is True for herb in facts.rows(HERBS))


@rule(
    "X54",
    Severity.CRITICAL,
    title=Bitext(
        "Herbal medicine with a significant or unchecked interaction",
        "中药与治疗药物存在显著或未核对的相互作用",
    ),
    section="supportive_tcm",
    resolutions=(Resolution.REWORD, Resolution.BLOCK_UNTIL_FIXED),
    inputs=("tcm_integrative.interaction_check", "tcm_integrative.herbs"),
)
def x54(facts: CaseFacts) -> bool:
    """Herbs whose interaction with the drugs is significant or was not looked up, as a whole or one by one."""
    unsafe = ("significant", "not_checked")
    as_a_whole = facts.text("tcm_integrative.interaction_check") in unsafe and facts.has(HERBS)
    return as_a_whole or any(herb.get("cyp3a4") in unsafe for herb in facts.rows(HERBS))


@rule(
    "X55",
    Severity.MAJOR,
    title=Bitext(
        "Herb with liver, bleeding or kidney risk together with a drug or illness that shares the risk",
        "肝毒性/出血/肾毒性风险中药与同类风险药物或疾病并存",
    ),
    section="supportive_tcm",
    resolutions=(Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=(
        "tcm_integrative.herbs",
        "medical_oncology.alt_xuln",
        "medical_oncology.comorbidities",
        "medical_oncology.platelets_10e9_l",
        "medical_oncology.crcl_ml_min",
        "surgical_oncology.anticoagulant",
        STEPS_OF_ANY,
    ),
)
def x55(facts: CaseFacts) -> bool:
    """A herb that strains liver, bleeding or kidney, beside a drug, illness or value that strains the same."""
    return (
        (_herb_is(facts, "hepatotoxic") and _liver_is_strained(facts))
        or (_herb_is(facts, "bleeding") and _bleeding_is_likely(facts))
        or (_herb_is(facts, "nephrotoxic") and _kidney_is_strained(facts))
    )


def _liver_is_strained(facts: CaseFacts) -> bool:
    return (
        facts.is_above("medical_oncology.alt_xuln", facts.thresholds.alt_xuln)
        or "liver" in facts.codes("medical_oncology.comorbidities")
        or facts.plan.advises("ici", "multikinase")
    )


def _bleeding_is_likely(facts: CaseFacts) -> bool:
    few_platelets = facts.is_below(
        "medical_oncology.platelets_10e9_l", facts.thresholds.bleeding_herb_platelets_10e9_l
    )
    return (
        few_platelets
        or facts.plan.advises("anti_vegf", "multikinase")
        or facts.plan.prefers("surgery")
        or facts.text("surgical_oncology.anticoagulant") == "yes"
    )


def _kidney_is_strained(facts: CaseFacts) -> bool:
    low = facts.is_below("medical_oncology.crcl_ml_min", facts.thresholds.nephrotoxic_herb_ml_min)
    return low or facts.plan.advises("cisplatin", "methotrexate_hd")


@rule(
    "X56",
    Severity.CRITICAL,
    title=Bitext("Traditional medicine offered in place of cancer treatment", "以中医药替代抗肿瘤治疗"),
    section="supportive_tcm",
    resolutions=(Resolution.BLOCK_UNTIL_FIXED,),
    inputs=("tcm_integrative.role",),
    only_by_data=True,
)
def x56(facts: CaseFacts) -> bool:
    """Traditional medicine is offered instead of cancer treatment."""
    return facts.text("tcm_integrative.role") == "replacement"


@rule(
    "X76",
    Severity.MAJOR,
    title=Bitext("Acupuncture with low neutrophils or platelets", "中性粒细胞或血小板偏低却建议针刺"),
    section="supportive_tcm",
    resolutions=(Resolution.REWORD, Resolution.ACCEPT_WITH_REASON),
    inputs=(
        "tcm_integrative.interventions",
        "medical_oncology.anc_10e9_l",
        "medical_oncology.platelets_10e9_l",
    ),
)
def x76(facts: CaseFacts) -> bool:
    """Needles with too few neutrophils or platelets."""
    limits = facts.thresholds
    offered = any(row.get("type") == "acupuncture" for row in facts.rows("tcm_integrative.interventions"))
    low_counts = facts.is_below(
        "medical_oncology.anc_10e9_l", limits.acupuncture_neutrophils_10e9_l
    ) or facts.is_below("medical_oncology.platelets_10e9_l", limits.acupuncture_platelets_10e9_l)
    return offered and low_counts
