"""Nuclear medicine: conditions of the study, opinion on M."""

from __future__ import annotations

from mdtapp.clinical.tnm import is_m0, is_m1
from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import check

HERE = "nuclear_medicine"
HIGH_GLUCOSE_MMOL_L = 11.1


@check(
    "NM-1",
    "warning",
    HERE,
    ("glucose_mmol_l",),
    en="High glucose lowers the sensitivity of FDG: say so in the summary.",
    zh="血糖过高影响FDG敏感性，请在小结中注明。",
)
def high_glucose(answers: Answers) -> bool:
    glucose = answers.number("glucose_mmol_l")
    return answers.is_one_of("tracer", "FDG") and glucose is not None and glucose > HIGH_GLUCOSE_MMOL_L


@check(
    "NM-2",
    "error",
    HERE,
    ("m_opinion", "m_category"),
    en="The opinion on distant disease and the M category disagree.",
    zh="远处转移意见与M分类矛盾。",
)
def opinion_against_category(answers: Answers) -> bool:
    m = answers.text("m_category")
    return (answers.is_one_of("m_opinion", "M0") and is_m1(m)) or (
        answers.is_one_of("m_opinion", "M1") and is_m0(m)
    )


@check(
    "NM-3",
    "error",
    HERE,
    ("radionuclide_suitable", "tracer"),
    en="FDG does not select for radionuclide therapy.",
    zh="FDG不能用于筛选核素治疗。",
)
def radionuclide_chosen_by_fdg(answers: Answers) -> bool:
    return answers.is_one_of("tracer", "FDG") and answers.is_one_of("radionuclide_suitable", "yes")
