"""Other illnesses and earlier treatment against the treatment advised."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.conflicts.rule import STEPS_OF_ANY, Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts

COMORBIDITIES = "medical_oncology.comorbidities"
CHEST_SITES = ("lung", "breast", "oesophagus", "thymus", "pleura")


def _has_illness(facts: CaseFacts, *codes: str) -> bool:
    return not facts.codes(COMORBIDITIES).isdisjoint(codes)


def _advises_radiotherapy(facts: CaseFacts) -> bool:
    return facts.plan.advises("radiotherapy", "chemoradiation")


@rule(
    "X36",
    Severity.CRITICAL,
    title=Bitext(
        "Hepatitis B carrier (or unknown) on drug therapy without prophylaxis advice",
        "乙肝携带/未知者用药未建议预防",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.REQUEST_MATERIAL),
    inputs=("medical_oncology.hbv_status", "medical_oncology.hbv_prophylaxis", STEPS_OF_ANY),
    confirmed_by=("medical_oncology",),
)
def x36(facts: CaseFacts) -> bool:
    """Drugs for a hepatitis B carrier without protection.

    Past or unknown infection counts where the treatment removes B or T cells.
    """
    status = facts.text("medical_oncology.hbv_status")
    depleting = facts.plan.advises("anti_cd20", "bispecific_t", "car_t", "transplant")
    at_risk = status == "carrier" or (status in ("resolved", "unknown") and depleting)
    treated = facts.plan.advises("systemic", "chemoradiation", "tace_haic", "transplant")
    protected = facts.text("medical_oncology.hbv_prophylaxis") == "yes" or facts.plan.advises("antiviral")
    return at_risk and treated and not protected


@rule(
    "X39",
    Severity.CRITICAL,
    title=Bitext(
        "Checkpoint inhibitor with active autoimmune disease, transplant or lung fibrosis",
        "活动性自身免疫病/移植/间质性肺病却建议免疫治疗",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=("medical_oncology.comorbidities", STEPS_OF_ANY),
    confirmed_by=("medical_oncology",),
)
def x39(facts: CaseFacts) -> bool:
    """A checkpoint inhibitor with an illness it can turn dangerous."""
    return facts.plan.advises("ici", "ctla4") and _has_illness(facts, "autoimmune", "transplant", "ild")


@rule(
    "X40",
    Severity.CRITICAL,
    title=Bitext(
        "Anti-VEGF with recent bleeding, stroke or squamous lung cancer, or surgery preferred within 28 days of an anti-VEGF dose (counted to the meeting)",
        "近期出血/卒中/肺鳞癌使用抗VEGF，或末次抗VEGF距会诊不足28天而首选手术",
    ),
    section="recommendation",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=(
        "medical_oncology.comorbidities",
        "surgical_oncology.last_antivegf_date",
        "pathology.histology_group",
        STEPS_OF_ANY,
    ),
    confirmed_by=("medical_oncology",),
)
def x40(facts: CaseFacts) -> bool:
    """An anti-VEGF drug after bleeding or stroke or in squamous lung cancer, or surgery too soon after one.

    The interval is counted to the meeting, the earliest day surgery can follow.
    """
    squamous_lung = (
        facts.text("case.primary_site") == "lung" and facts.text("pathology.histology_group") == "squamous"
    )
    bleeds = _has_illness(facts, "bleeding", "stroke")
    return (
        (facts.plan.advises("anti_vegf", "multikinase") and bleeds)
        or (facts.plan.advises("anti_vegf") and squamous_lung)
        or _operates_soon_after_antivegf(facts)
    )


def _operates_soon_after_antivegf(facts: CaseFacts) -> bool:
    last_dose = "surgical_oncology.last_antivegf_date"
    waited = facts.is_older_than(last_dose, facts.thresholds.antivegf_to_surgery_days)
    return facts.plan.prefers("surgery") and facts.has(last_dose) and not waited


@rule(
    "X49",
    Severity.CRITICAL,
    title=Bitext(
        "Radiotherapy recommended on an area treated before, or the earlier dose is not known",
        "既往照射野重叠或剂量不明却建议放疗",
    ),
    section="recommendation",
    resolutions=(Resolution.REQUEST_MATERIAL, Resolution.REWORD, Resolution.RECORD_DISSENT),
    inputs=("radiation_oncology.prior_rt", STEPS_OF_ANY),
    confirmed_by=("radiation_oncology",),
)
def x49(facts: CaseFacts) -> bool:
    """Radiotherapy over an area treated before without a plan for it, or with the earlier dose unknown."""
    earlier = facts.text("radiation_oncology.prior_rt")
    unplanned = earlier == "overlap" and not facts.has("radiation_oncology.reirradiation_plan")
    return _advises_radiotherapy(facts) and (earlier == "unknown" or unplanned)


@rule(
    "X71",
    Severity.MAJOR,
    title=Bitext(
        "Hepatitis B not tested before drug treatment that can reactivate it",
        "未检测乙肝即建议可致再激活的药物治疗",
    ),
    section="missing_information",
    resolutions=(Resolution.REQUEST_MATERIAL, Resolution.REWORD),
    inputs=("medical_oncology.hbv_status", STEPS_OF_ANY),
)
def x71(facts: CaseFacts) -> bool:
    """Drugs that can wake hepatitis B before anyone tested for it; anti-CD20 is the subject of X36."""
    can_reactivate = facts.plan.advises_cytotoxic or facts.plan.advises(
        "ici", "multikinase", "steroid", "tace_haic"
    )
    untested = facts.text("medical_oncology.hbv_status") == "unknown"
    return untested and can_reactivate and not facts.plan.advises("anti_cd20")


@rule(
    "X72",
    Severity.CRITICAL,
    title=Bitext(
        "Interstitial lung disease with a drug or chest radiotherapy that can harm the lung",
        "间质性肺病却建议有肺毒性的药物或胸部放疗",
    ),
    section="recommendation",
    resolutions=(
        Resolution.REWORD,
        Resolution.CHOOSE_INPUT,
        Resolution.ACCEPT_WITH_REASON,
        Resolution.RECORD_DISSENT,
    ),
    inputs=("medical_oncology.comorbidities", "radiation_oncology.target_site", STEPS_OF_ANY),
    confirmed_by=("medical_oncology",),
    also_confirmed_by={"radiation_oncology": _advises_radiotherapy},
)
def x72(facts: CaseFacts) -> bool:
    """Fibrosis of the lung and a drug or chest radiotherapy that can harm it further."""
    harmful_drug = facts.plan.advises("her2_adc", "trop2_adc", "egfr_tki", "bleomycin")
    to_the_chest = facts.text("radiation_oncology.target_site") in CHEST_SITES
    return _has_illness(facts, "ild") and (harmful_drug or (_advises_radiotherapy(facts) and to_the_chest))


@rule(
    "X73",
    Severity.MAJOR,
    title=Bitext(
        "Pacemaker or active connective tissue disease recorded but not considered in the radiotherapy advice",
        "有起搏器或活动性结缔组织病而放疗意见未考虑",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.ACCEPT_WITH_REASON, Resolution.RECORD_DISSENT),
    inputs=(
        "medical_oncology.comorbidities",
        "radiation_oncology.device_plan",
        "radiation_oncology.contraindications",
        STEPS_OF_ANY,
    ),
)
def x73(facts: CaseFacts) -> bool:
    """A pacemaker or connective tissue disease that the radiotherapy advice does not speak of."""
    device = _has_illness(facts, "pacemaker") and not facts.has("radiation_oncology.device_plan")
    considered = "scleroderma" in facts.codes("radiation_oncology.contraindications")
    connective_tissue = _has_illness(facts, "scleroderma") and not considered
    return (device or connective_tissue) and _advises_radiotherapy(facts)


@rule(
    "X75",
    Severity.MAJOR,
    title=Bitext(
        "Anticoagulant or antiplatelet drug with surgery or biopsy and no word on stopping it",
        "使用抗凝/抗血小板药而建议手术或活检，未说明停药",
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.ACCEPT_WITH_REASON),
    inputs=("surgical_oncology.anticoagulant", STEPS_OF_ANY),
)
def x75(facts: CaseFacts) -> bool:
    """Surgery or a biopsy under a blood thinner, and no step says when to stop it."""
    thinned = facts.text("surgical_oncology.anticoagulant") == "yes"
    cuts = facts.plan.prefers("surgery") or facts.plan.advises("biopsy")
    spoken_of = facts.plan.mentions(
        "anticoag", "antiplatelet", "bridg", "heparin", "warfarin", "aspirin", "clopidogrel"
    )
    return thinned and cuts and not spoken_of
