"""Shared: the verdict on the outside opinion, how sure the author is, interests."""

from __future__ import annotations

from functools import partial

from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import ANY, check


def _major_without_impact(assessed: str, answers: Answers) -> bool:
    if not answers.is_one_of(f"agree_{assessed}", "major"):
        return False
    return not answers.has(f"impact_{assessed}") or answers.is_one_of(f"impact_{assessed}", "none")


for _assessed in ("diagnosis", "stage", "report", "plan"):
    check(
        "COM-1",
        "error",
        ANY,
        (f"impact_{_assessed}",),
        en="A major discordance needs a clinical impact other than “no effect”.",
        zh="重大不一致必须填写临床影响，且不能为“无影响”。",
    )(partial(_major_without_impact, _assessed))


@check(
    "COM-2",
    "error",
    ANY,
    ("confidence", "sufficiency"),
    en="Confidence cannot be high when the materials are insufficient.",
    zh="资料不足时把握程度不能为高。",
)
def sure_without_material(answers: Answers) -> bool:
    return answers.is_one_of("sufficiency", "insufficient") and answers.is_one_of("confidence", "high")


@check(
    "COM-3",
    "error",
    ANY,
    ("coi",),
    en="A chair with a conflict of interest hands the chair over before signing.",
    zh="存在利益冲突的主席须先移交主席职责，方可签署。",
)
def chair_with_interest(answers: Answers) -> bool:
    return answers.is_one_of("coi", True) and answers.context.role == "chair"
