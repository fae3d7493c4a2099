"""Radiology: lesions, response by RECIST 1.1, metastases against M."""

from __future__ import annotations

from mdtapp.clinical import recist
from mdtapp.clinical.tnm import is_m0
from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import check
from mdtapp.disciplines.checks.sides import is_paired_organ_without_side

HERE = "radiology"
RECIST = ("recist11",)
RECIST_TARGETS = ("recist11", "irecist")
NOT_A_RESPONSE = ("", "baseline", "not_applicable")


@check(
    "RA-1",
    "error",
    HERE,
    ("lesions",),
    en="RECIST 1.1 allows at most 5 target lesions, 2 per organ.",
    zh="RECIST 1.1最多5个靶病灶，每器官最多2个。",
)
def too_many_targets(answers: Answers) -> bool:
    return answers.is_one_of("criteria", *RECIST_TARGETS) and recist.has_too_many_targets(
        answers.rows("lesions")
    )


@check(
    "RA-2",
    "error",
    HERE,
    ("lesions",),
    en="A target lesion needs at least 10 mm (node: 15 mm short axis) at baseline.",
    zh="靶病灶基线≥10 mm（淋巴结短径≥15 mm）。",
)
def target_too_small(answers: Answers) -> bool:
    return answers.is_one_of("criteria", *RECIST_TARGETS) and bool(
        recist.unmeasurable_targets(answers.rows("lesions"))
    )


@check(
    "RA-3",
    "error",
    HERE,
    ("target_response", "lesions"),
    en="The target response does not follow from the measurements.",
    zh="靶病灶疗效与测量不符。",
)
def response_against_measurements(answers: Answers) -> bool:
    given = answers.text("target_response")
    if not answers.is_one_of("criteria", *RECIST) or given in NOT_A_RESPONSE:
        return False
    measured = recist.target_response(answers.rows("lesions"), answers.number("sum_nadir_mm"))
    return measured not in (None, given)


@check(
    "RA-4",
    "error",
    HERE,
    ("overall_response", "new_lesion"),
    en="A new lesion means progression in RECIST 1.1.",
    zh="RECIST 1.1中出现新病灶即为PD。",
)
def new_lesion_without_progression(answers: Answers) -> bool:
    new = answers.is_one_of("criteria", *RECIST) and answers.is_one_of("new_lesion", "yes")
    return new and answers.is_one_of("overall_response", "CR", "PR", "SD")


@check(
    "RA-5",
    "error",
    HERE,
    ("overall_response", "target_response", "non_target_response", "new_lesion"),
    en="The overall response does not follow the RECIST table.",
    zh="总疗效与RECIST表不符。",
)
def overall_against_table(answers: Answers) -> bool:
    """A response in spite of a new lesion is RA-4's to report. Without target lesions the others decide."""
    if not answers.is_one_of("criteria", *RECIST) or new_lesion_without_progression(answers):
        return False
    overall = answers.text("overall_response")
    if overall in NOT_A_RESPONSE:
        return False
    target = answers.text("target_response") or "not_applicable"
    expected = recist.overall_response(
        target, answers.text("non_target_response"), answers.text("new_lesion")
    )
    return expected not in (None, overall)


@check(
    "RA-6",
    "error",
    HERE,
    ("baseline_date", "current_date"),
    table="lesions",
    en="The current measurement is before the baseline.",
    zh="当前测量日期早于基线。",
)
def measured_before_baseline(lesion: Answers) -> bool:
    baseline, current = lesion.text("baseline_date"), lesion.text("current_date")
    return bool(baseline and current) and current < baseline


@check(
    "RA-7",
    "error",
    HERE,
    ("m_category", "metastases"),
    en="A definite metastasis is listed but M is M0.",
    zh="已列出明确转移灶但M为M0。",
)
def m0_with_definite_metastasis(answers: Answers) -> bool:
    return is_m0(answers.text("m_category")) and answers.holds_any("metastases.certainty", "definite")


check(
    "RA-8",
    "error",
    HERE,
    ("laterality",),
    en="A paired organ needs a side.",
    zh="成对器官须填写侧别。",
)(is_paired_organ_without_side)


@check(
    "RA-9",
    "warning",
    HERE,
    ("m_category", "metastases"),
    en="A probable metastasis with M0: confirm, and say what would prove it.",
    zh="有很可能的转移灶而M为M0，请确认并说明如何证实。",
)
def m0_with_probable_metastasis(answers: Answers) -> bool:
    return is_m0(answers.text("m_category")) and answers.holds_any("metastases.certainty", "probable")
