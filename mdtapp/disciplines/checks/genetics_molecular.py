"""Genetics and molecular: counselling, adequacy of the sample."""

from __future__ import annotations

from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import check

HERE = "genetics_molecular"
LOW_TUMOUR_CONTENT_PCT = 20


@check(
    "GE-1",
    "error",
    HERE,
    ("counselling", "germline"),
    en="A pathogenic germline result needs counselling.",
    zh="胚系致病变异须建议遗传咨询。",
)
def germline_without_counselling(answers: Answers) -> bool:
    return answers.is_one_of("germline", "pathogenic") and not answers.is_one_of("counselling", "yes")


@check(
    "GE-2",
    "warning",
    HERE,
    ("tumour_content_pct", "adequacy"),
    en="Below 20% tumour cells: justify the adequacy.",
    zh="肿瘤细胞<20%，请说明充分性。",
)
def few_tumour_cells(answers: Answers) -> bool:
    content = answers.number("tumour_content_pct")
    return (
        content is not None and content < LOW_TUMOUR_CONTENT_PCT and answers.is_one_of("adequacy", "adequate")
    )
