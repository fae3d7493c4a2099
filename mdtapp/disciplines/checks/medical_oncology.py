"""Medical oncology: fitness, setting, earlier treatment."""

from __future__ import annotations

from mdtapp.clinical.tnm import is_m1
from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import check

HERE = "medical_oncology"
# Karnofsky scores that usually go with an ECOG score, both ends included.
KARNOFSKY_OF_ECOG = {0: (90, 100), 1: (70, 90), 2: (50, 70), 3: (30, 50), 4: (10, 30)}
G8_FROM_AGE = 70


@check(
    "MO-1",
    "warning",
    HERE,
    ("ecog", "kps"),
    en="ECOG and Karnofsky do not match: confirm or correct.",
    zh="ECOG与KPS不符，请确认或更正。",
)
def ecog_and_karnofsky_apart(answers: Answers) -> bool:
    ecog, karnofsky = answers.number("ecog"), answers.number("kps")
    usual = KARNOFSKY_OF_ECOG.get(int(ecog)) if ecog is not None else None
    return usual is not None and karnofsky is not None and not usual[0] <= karnofsky <= usual[1]


@check(
    "MO-2",
    "error",
    HERE,
    ("setting", "m_category"),
    en="Localised or locally advanced setting with M1.",
    zh="疾病状态为局限期/局部晚期但M为M1。",
)
def localised_with_metastasis(answers: Answers) -> bool:
    localised = answers.is_one_of("setting", "new_localised", "new_locally_advanced")
    return localised and is_m1(answers.text("m_category"))


@check(
    "MO-3",
    "error",
    HERE,
    ("start", "end"),
    table="prior_lines",
    en="The end of a treatment line is before its start.",
    zh="治疗结束日期早于开始日期。",
)
def line_ends_before_start(line: Answers) -> bool:
    start, end = line.text("start"), line.text("end")
    return bool(start and end) and end < start


@check(
    "MO-4",
    "warning",
    HERE,
    ("g8_score",),
    en="Record G8 at 70 years and over.",
    zh="≥70岁请填写G8。",
)
def old_age_without_g8(answers: Answers) -> bool:
    age = answers.age()
    return age is not None and age >= G8_FROM_AGE and not answers.has("g8_score")


@check(
    "MO-5",
    "error",
    HERE,
    ("pregnancy",),
    en="Pregnancy does not fit the recorded sex.",
    zh="妊娠与性别不符。",
)
def pregnant_man(answers: Answers) -> bool:
    return answers.is_one_of("patient.sex", "male") and answers.is_one_of("pregnancy", "pregnant")


@check(
    "MO-6",
    "error",
    HERE,
    ("comorbidities",),
    en="“None” stands together with an illness.",
    zh="已勾选合并症，不能同时选“无”。",
)
def none_with_illness(answers: Answers) -> bool:
    illnesses = set(answers.get("comorbidities") or ())
    return "none" in illnesses and bool(illnesses - {"none", "unknown"})
