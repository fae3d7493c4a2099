"""Integrative traditional Chinese medicine: beside cancer treatment, never instead, with named herbs."""

from __future__ import annotations

from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import check

HERE = "tcm_integrative"


@check(
    "TC-1",
    "error",
    HERE,
    ("role",),
    en="Supportive medicine cannot replace cancer treatment.",
    zh="中医药不得替代抗肿瘤治疗。",
)
def replaces_treatment(answers: Answers) -> bool:
    return answers.is_one_of("role", "replacement")


@check(
    "TC-2",
    "error",
    HERE,
    ("interaction_check", "herbs"),
    en="Check interactions before advising herbs.",
    zh="建议中药前须核对相互作用。",
)
def herbs_unchecked(answers: Answers) -> bool:
    return answers.has("herbs") and answers.is_one_of("interaction_check", "not_checked")


@check(
    "TC-3",
    "error",
    HERE,
    ("herbs", "interaction_check"),
    en="Remove herbs with a significant interaction.",
    zh="存在显著相互作用的中药须删除。",
)
def herbs_that_interact(answers: Answers) -> bool:
    return answers.has("herbs") and answers.is_one_of("interaction_check", "significant")


@check(
    "TC-4",
    "error",
    HERE,
    ("herbs", "interventions"),
    en="List the herbs: an unnamed formula cannot be checked.",
    zh="须列出药味；未列明组成的方药无法核对相互作用。",
)
def formula_without_herbs(answers: Answers) -> bool:
    return answers.holds_any("interventions.type", "herbal", "topical") and not answers.has("herbs")
