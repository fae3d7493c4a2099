"""Shared: each recommended step says what it needs to be acted on."""

from __future__ import annotations

from collections import Counter

from mdtapp.clinical.treatment import DRUG_MODALITIES, TREATMENT_MODALITIES
from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import ANY, check

STEPS = "recommendation_steps"
GRADES = ("csco_grade", "csco_evidence", "nccn_category", "esmo_level", "esmo_grade")


@check(
    "STP-1",
    "error",
    ANY,
    (STEPS,),
    en="Each step needs its own order number.",
    zh="步骤顺序号不可重复。",
)
def order_number_twice(answers: Answers) -> bool:
    numbers = Counter(row.get("seq") for row in answers.rows(STEPS) if row.get("seq") is not None)
    return any(times > 1 for times in numbers.values())


@check(
    "STP-2",
    "error",
    ANY,
    ("condition",),
    table=STEPS,
    en="A conditional step needs its condition.",
    zh="有条件的步骤须填写条件。",
)
def condition_not_named(step: Answers) -> bool:
    return step.is_one_of("preference", "conditional") and not step.has("condition")


@check(
    "STP-3",
    "error",
    ANY,
    ("guideline_ref", "rationale"),
    table=STEPS,
    en="A preferred treatment needs a guideline or a reason.",
    zh="首选治疗须注明指南依据或理由。",
)
def preferred_without_ground(step: Answers) -> bool:
    preferred = step.is_one_of("preference", "preferred") and step.is_one_of(
        "modality", *TREATMENT_MODALITIES
    )
    return preferred and not step.has("guideline_ref") and not step.has("rationale")


@check(
    "STP-4",
    "error",
    ANY,
    ("drug_classes",),
    table=STEPS,
    en="Tick the drug classes of every drug step: the safety checks need them.",
    zh="药物治疗步骤须勾选药物类别，以便安全性核对。",
)
def drug_class_not_named(step: Answers) -> bool:
    return step.is_one_of("modality", *DRUG_MODALITIES) and not step.has("drug_classes")


@check(
    "STP-5",
    "warning",
    ANY,
    ("guideline_ref",),
    table=STEPS,
    en="Name the guideline and its year.",
    zh="须注明指南名称与年份。",
)
def grade_without_guideline(step: Answers) -> bool:
    graded = any(step.has(grade) and not step.is_one_of(grade, "none") for grade in GRADES)
    return graded and not step.has("guideline_ref")
