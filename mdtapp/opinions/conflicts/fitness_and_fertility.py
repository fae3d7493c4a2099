"""General condition, age, pregnancy and fertility against the treatment advised."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.conflicts.rule import STEPS_OF_ANY, Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts


@rule(
    "X37",
    Severity.CRITICAL,
    title=Bitext(
        "Performance status 3-4 with intensive or curative treatment preferred",
        "ECOG 3-4却首选高强度/根治性治疗",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.RECORD_DISSENT, Resolution.ACCEPT_WITH_REASON),
    inputs=("medical_oncology.ecog", STEPS_OF_ANY),
)
def x37(facts: CaseFacts) -> bool:
    """Intensive treatment is preferred for a person in poor general condition, or drugs for one in bed."""
    limits, ecog = facts.thresholds, "medical_oncology.ecog"
    intensive = facts.plan.prefers_intent("curative") or facts.plan.prefers("surgery", "chemoradiation")
    return (facts.is_at_least(ecog, limits.ecog_limited) and intensive) or (
        facts.is_at_least(ecog, limits.ecog_bedbound) and facts.plan.advises_cytotoxic
    )


@rule(
    "X38",
    Severity.MINOR,
    title=Bitext("G8 is 14 or less and no geriatric assessment is advised", "G8≤14未建议老年评估"),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.ACCEPT_WITH_REASON),
    inputs=("medical_oncology.g8_score", STEPS_OF_ANY),
)
def x38(facts: CaseFacts) -> bool:
    """The geriatric screen is low, treatment is advised, and no step speaks of a geriatric assessment."""
    frail = facts.is_at_most("medical_oncology.g8_score", facts.thresholds.g8_score)
    treated = facts.plan.advises("systemic", "chemoradiation") or facts.plan.prefers("surgery")
    return frail and treated and not facts.plan.mentions("geriatric")


@rule(
    "X41",
    Severity.CRITICAL,
    title=Bitext(
        "Pregnant, or pregnancy unknown (female under 50), with drugs, radiotherapy or radionuclides",
        "妊娠，或妊娠状态不明（女性<50岁），却建议药物/放疗/核素治疗",
    ),
    section="recommendation",
    resolutions=(Resolution.REQUEST_MATERIAL, Resolution.REWORD),
    inputs=("medical_oncology.pregnancy", "radiation_oncology.pregnancy", STEPS_OF_ANY),
    confirmed_by=("medical_oncology",),
)
def x41(facts: CaseFacts) -> bool:
    """Drugs or radiation in pregnancy, or while nobody knows about one.

    A woman of unknown age counts as one who can be pregnant.
    """
    pregnant = "pregnant" in (
        facts.text("medical_oncology.pregnancy"),
        facts.text("radiation_oncology.pregnancy"),
    )
    not_known = (
        facts.text("patient.sex") == "female"
        and not facts.is_aged(facts.thresholds.pregnancy_until_years)
        and facts.text("medical_oncology.pregnancy") == "unknown"
    )
    harmful = facts.plan.advises("systemic", "radiotherapy", "chemoradiation", "radionuclide", "tace_haic")
    return (pregnant or not_known) and harmful


@rule(
    "X42",
    Severity.MAJOR,
    title=Bitext(
        "Fertility not discussed before treatment that harms fertility (under 45)",
        "<45岁性腺毒性治疗前未讨论生育力",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.ACCEPT_WITH_REASON),
    inputs=("medical_oncology.fertility", STEPS_OF_ANY),
)
def x42(facts: CaseFacts) -> bool:
    """Treatment that harms fertility for a person under 45, or of unknown age, with whom nobody spoke of it."""
    concerned = not facts.is_aged(facts.thresholds.fertility_until_years)
    not_discussed = facts.text("medical_oncology.fertility") == "not_discussed"
    harmful = facts.plan.advises_cytotoxic or facts.plan.advises(
        "radiotherapy", "chemoradiation", "radionuclide", "transplant", "adt", "endocrine"
    )
    return concerned and not_discussed and harmful and not facts.plan.advises("fertility")


@rule(
    "X48",
    Severity.CRITICAL,
    title=Bitext("Surgery preferred although the patient is marked not fit", "标注不能耐受手术却首选手术"),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=("surgical_oncology.operable", "surgical_oncology.asa_class", STEPS_OF_ANY),
)
def x48(facts: CaseFacts) -> bool:
    """Surgery is preferred for a person marked as not fit for it."""
    unfit = facts.text("surgical_oncology.operable") == "no" or facts.text("surgical_oncology.asa_class") in (
        "4",
        "5",
    )
    return facts.plan.prefers("surgery") and unfit
