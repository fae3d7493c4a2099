"""Surgical oncology: side, resectability, risk."""

from __future__ import annotations

from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import check
from mdtapp.disciplines.checks.sides import is_paired_organ_without_side

HERE = "surgical_oncology"


@check(
    "SO-1",
    "warning",
    HERE,
    ("procedure_laterality", "laterality"),
    en="The side of the operation differs from the side of the tumour: confirm or correct.",
    zh="手术侧别与肿瘤侧别不一致，请确认或更正。",
)
def operation_on_other_side(answers: Answers) -> bool:
    sides = {answers.text("procedure_laterality"), answers.text("laterality")}
    known = sides - {"", "unknown", "not_applicable"}
    return len(known) > 1 and "bilateral" not in known


@check(
    "SO-2",
    "error",
    HERE,
    ("surgery_role", "resectability", "overall_intent"),
    en="Curative surgery is advised but the tumour is marked unresectable.",
    zh="标注不可切除却建议根治手术。",
)
def curative_surgery_of_unresectable(answers: Answers) -> bool:
    unresectable = answers.is_one_of("resectability", "unresectable_local", "unresectable_metastatic")
    curative = answers.is_one_of("overall_intent", "curative")
    return unresectable and curative and answers.is_one_of("surgery_role", "recommended")


@check(
    "SO-3",
    "error",
    HERE,
    ("mortality_90d_pct", "major_complication_pct"),
    en="The mortality exceeds the complication risk.",
    zh="死亡率不应高于并发症率。",
)
def mortality_above_complications(answers: Answers) -> bool:
    mortality, complications = answers.number("mortality_90d_pct"), answers.number("major_complication_pct")
    return mortality is not None and complications is not None and mortality > complications


check(
    "SO-4",
    "error",
    HERE,
    ("laterality",),
    en="A paired organ needs a side.",
    zh="成对器官须填写侧别。",
)(is_paired_organ_without_side)
