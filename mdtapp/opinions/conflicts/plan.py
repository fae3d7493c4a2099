"""The plan itself: goal, order, what one discipline advises and another refuses, guidelines, access."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.treatment import ACCEPTABLE, AVAILABLE_AT_HOME, NOT_RECOMMENDED, TREATMENT_MODALITIES
from mdtapp.opinions.conflicts.rule import STEPS_OF_ANY, Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts

RESECTABILITY_CLASSES = {
    "resectable": "resectable",
    "borderline": "resectable",
    "potentially_convertible": "convertible",
    "unresectable_local": "unresectable",
    "unresectable_metastatic": "unresectable",
}


@rule(
    "X16",
    Severity.MAJOR,
    title=Bitext(
        "A possible metastasis decides the goal but has no tissue proof", "可疑转移决定治疗目标但无病理证实"
    ),
    section="recommendation",
    resolutions=(Resolution.REWORD, Resolution.REQUEST_MATERIAL, Resolution.RECORD_DISSENT),
    inputs=("radiology.metastases", STEPS_OF_ANY),
)
def x16(facts: CaseFacts) -> bool:
    """The goal of treatment hangs on a metastasis that should be biopsied, and no biopsy is planned."""
    unproven = any(
        row.get("certainty") in ("possible", "probable") and row.get("biopsy_advised") == "yes"
        for row in facts.rows("radiology.metastases")
    )
    goal_set = facts.plan.prefers_intent("palliative", "curative")
    planned = facts.plan.prefers("biopsy") or facts.plan.mentions("biopsy", "needle")
    return unproven and goal_set and not planned


@rule(
    "X45",
    Severity.MAJOR,
    title=Bitext("Disciplines disagree on the first step", "各学科首选步骤不一致"),
    section="recommendation",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.RECORD_DISSENT),
    inputs=("*.first_step",),
)
def x45(facts: CaseFacts) -> bool:
    """The treating disciplines would begin with different steps."""
    return facts.differ(
        "medical_oncology.first_step", "surgical_oncology.first_step", "radiation_oncology.first_step"
    )


@rule(
    "X46",
    Severity.MAJOR,
    title=Bitext("Disciplines disagree on the overall goal (cure or control)", "各学科治疗目标不一致"),
    section="recommendation",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.RECORD_DISSENT),
    inputs=("*.overall_intent",),
)
def x46(facts: CaseFacts) -> bool:
    """Cure for one discipline, control or comfort for another."""
    return facts.differ(
        "medical_oncology.overall_intent",
        "surgical_oncology.overall_intent",
        "radiation_oncology.overall_intent",
        "palliative_supportive.overall_intent",
    )


@rule(
    "X47",
    Severity.CRITICAL,
    title=Bitext("Surgeon and radiologist disagree on resectability", "外科与影像对可切除性意见不一"),
    section="treatment_evaluation",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.REQUEST_MATERIAL, Resolution.RECORD_DISSENT),
    inputs=("surgical_oncology.resectability", "radiology.imaging_resectability"),
)
def x47(facts: CaseFacts) -> bool:
    """Surgeon and radiologist place the tumour in different classes of resectability.

    Resectable and borderline are one class, both kinds of unresectable another.
    """
    surgeon = RESECTABILITY_CLASSES.get(facts.text("surgical_oncology.resectability"))
    radiologist = RESECTABILITY_CLASSES.get(facts.text("radiology.imaging_resectability"))
    return surgeon is not None and radiologist is not None and surgeon != radiologist


@rule(
    "X50",
    Severity.MAJOR,
    title=Bitext(
        "One discipline recommends what another marks as not recommended", "一学科推荐而另一学科不推荐"
    ),
    section="options_compared",
    resolutions=(
        Resolution.CHOOSE_INPUT,
        Resolution.REWORD,
        Resolution.ACCEPT_WITH_REASON,
        Resolution.RECORD_DISSENT,
    ),
    inputs=(STEPS_OF_ANY,),
)
def x50(facts: CaseFacts) -> bool:
    """A step that one discipline prefers is refused by another."""
    refused = [step for step in facts.plan.steps if step.preference == NOT_RECOMMENDED]
    return any(
        preferred.author != other.author and preferred.contradicts(other)
        for preferred in facts.plan.preferred_steps
        for other in refused
    )


@rule(
    "X51",
    Severity.MAJOR,
    title=Bitext(
        "Radiology and medical oncology disagree on progression", "影像科与肿瘤内科对是否进展意见不一"
    ),
    section="treatment_evaluation",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.RECORD_DISSENT, Resolution.ACCEPT_WITH_REASON),
    inputs=("radiology.overall_response", "medical_oncology.current_regimen_response"),
)
def x51(facts: CaseFacts) -> bool:
    """Images show progression where medical oncology sees control, or the reverse."""
    controlled, progressed = ("CR", "PR", "SD"), ("PD", "iCPD")
    images = facts.text("radiology.overall_response")
    clinic = facts.text("medical_oncology.current_regimen_response")
    return (images in progressed and clinic in controlled) or (images in controlled and clinic in progressed)


@rule(
    "X53",
    Severity.MAJOR,
    title=Bitext("Disciplines give different verdicts on the outside plan", "各学科对外院方案评价不一"),
    section="treatment_evaluation",
    resolutions=(Resolution.CHOOSE_INPUT, Resolution.RECORD_DISSENT),
    inputs=("*.agree_plan",),
)
def x53(facts: CaseFacts) -> bool:
    """One discipline calls the home plan majorly wrong where another accepts it."""
    verdicts = {verdict for _, verdict in facts.in_all_inputs("agree_plan")}
    return "major" in verdicts and not verdicts.isdisjoint({"agree", "minor"})


@rule(
    "X57",
    Severity.MINOR,
    title=Bitext(
        "Preferred treatment without a named guideline (reason only)", "首选治疗未注明指南（仅有理由）"
    ),
    section="guideline_basis",
    resolutions=(Resolution.REWORD, Resolution.ACCEPT_WITH_REASON),
    inputs=(STEPS_OF_ANY,),
)
def x57(facts: CaseFacts) -> bool:
    """A preferred treatment rests on a reason alone and names no guideline."""
    return any(
        step.modality in TREATMENT_MODALITIES and not step.guideline_ref
        for step in facts.plan.preferred_steps
    )


@rule(
    "X58",
    Severity.MINOR,
    title=Bitext(
        "China and home guidelines differ: the bridge text is required", "中外指南不同：须写明对照说明"
    ),
    section="guideline_basis",
    resolutions=(Resolution.REWORD, Resolution.ACCEPT_WITH_REASON),
    inputs=(STEPS_OF_ANY,),
)
def x58(facts: CaseFacts) -> bool:
    """A step stands apart from the guidelines at home or goes beyond them, which has to be explained."""
    return any(step.guideline_relation in ("differs", "beyond") for step in facts.plan.steps)


@rule(
    "X59",
    Severity.MAJOR,
    title=Bitext(
        "Preferred treatment is not available at home and no available alternative is given",
        "首选治疗居住国不可及且无可及的替代方案",
    ),
    section="availability_home",
    resolutions=(Resolution.REWORD, Resolution.ACCEPT_WITH_REASON),
    inputs=(STEPS_OF_ANY,),
)
def x59(facts: CaseFacts) -> bool:
    """What is preferred cannot be had at home, and no acceptable step can."""
    out_of_reach = any(step.home_availability == "not_available" for step in facts.plan.preferred_steps)
    within_reach = any(
        step.preference == ACCEPTABLE and step.home_availability in AVAILABLE_AT_HOME
        for step in facts.plan.steps
    )
    return out_of_reach and not within_reach
