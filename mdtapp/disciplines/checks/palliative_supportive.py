"""Palliative and supportive care: what cannot wait, what needs a plan."""

from __future__ import annotations

from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import check

HERE = "palliative_supportive"
SEVERE_PAIN = 7
NUTRITIONAL_RISK = 3


@check(
    "PS-1",
    "warning",
    HERE,
    ("red_flag", "pain_score"),
    en="Pain of 7 or more: raise an urgent message.",
    zh="疼痛≥7分须发出紧急提示。",
)
def severe_pain_without_message(answers: Answers) -> bool:
    return answers.at_least("pain_score", SEVERE_PAIN) and not answers.is_one_of("red_flag", True)


@check(
    "PS-2",
    "error",
    HERE,
    ("supportive_plan", "nutrition_nrs2002"),
    en="Nutritional risk needs a plan.",
    zh="营养风险须有方案。",
)
def nutritional_risk_without_plan(answers: Answers) -> bool:
    return answers.at_least("nutrition_nrs2002", NUTRITIONAL_RISK) and not answers.has("supportive_plan")
