"""Radiation oncology: dose and contraindications."""

from __future__ import annotations

from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import check

HERE = "radiation_oncology"
LARGE_FRACTION_GY = 6
TECHNIQUES_OF_LARGE_FRACTIONS = ("sbrt", "srs", "brachy", "proton", "iort")


@check(
    "RO-1",
    "warning",
    HERE,
    ("dose_gy", "fractions"),
    en="More than 6 Gy a fraction without a stereotactic technique: check dose and fractions.",
    zh="单次剂量>6 Gy但非立体定向技术，请核对剂量与次数。",
)
def large_fraction(answers: Answers) -> bool:
    dose, fractions = answers.number("dose_gy"), answers.number("fractions")
    if dose is None or not fractions or dose <= LARGE_FRACTION_GY * fractions:
        return False
    meant = answers.is_one_of("technique", *TECHNIQUES_OF_LARGE_FRACTIONS)
    return not meant and not answers.is_one_of("rt_intent", "palliative")


@check(
    "RO-2",
    "error",
    HERE,
    ("dose_gy", "rt_role"),
    en="A dose is given although radiotherapy is contraindicated.",
    zh="放疗禁忌却填写了剂量。",
)
def dose_though_contraindicated(answers: Answers) -> bool:
    return answers.is_one_of("rt_role", "contraindicated") and answers.has("dose_gy")


@check(
    "RO-3",
    "error",
    HERE,
    ("rt_role", "pregnancy", "comment_plan"),
    en="Radiotherapy in pregnancy needs a written reason in the comment on the plan.",
    zh="妊娠期放疗须在方案意见中说明理由。",
)
def pregnancy_without_reason(answers: Answers) -> bool:
    irradiated = answers.is_one_of("pregnancy", "pregnant") and answers.is_one_of("rt_role", "recommended")
    return irradiated and not answers.has("comment_plan")
