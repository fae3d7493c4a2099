"""The opinion against the inputs: marks that fit the values, answers, warnings, the result class."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.tnm import is_m0, is_m1, stage_groups_differ
from mdtapp.opinions.conflicts.diagnosis import grade_risk_changes
from mdtapp.opinions.conflicts.rule import Resolution, Severity, rule
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.result_class import propose


@rule(
    "X52",
    Severity.MAJOR,
    title=Bitext("The agreement mark does not match the values entered", "一致性标记与所填数值不符"),
    section="diagnosis_verification",
    resolutions=(Resolution.REWORD,),
    inputs=(
        "outside.histology_group",
        "outside.grade_group",
        "outside.m_category",
        "outside.stage_group",
        "pathology.agree_diagnosis",
        "pathology.histology_group",
        "pathology.grade_group",
        "radiology.agree_stage",
        "radiology.m_category",
        "radiology.stage_group",
    ),
)
def x52(facts: CaseFacts) -> bool:
    """An author agrees with the home hospital while the values entered say otherwise."""
    return (facts.text("pathology.agree_diagnosis") == "agree" and _diagnosis_changed(facts)) or (
        facts.text("radiology.agree_stage") == "agree" and _stage_changed(facts)
    )


def _diagnosis_changed(facts: CaseFacts) -> bool:
    return facts.differ("outside.histology_group", "pathology.histology_group") or grade_risk_changes(facts)


def _stage_changed(facts: CaseFacts) -> bool:
    there, here = facts.text("outside.m_category"), facts.text("radiology.m_category")
    spread_differs = (is_m0(there) and is_m1(here)) or (is_m1(there) and is_m0(here))
    groups = (facts.text("outside.stage_group"), facts.text("radiology.stage_group"))
    return spread_differs or stage_groups_differ(groups)


@rule(
    "X60",
    Severity.MAJOR,
    title=Bitext("A question of the patient has no answer", "患者问题未获解答"),
    section="questions_answered",
    resolutions=(Resolution.REWORD,),
    inputs=("questions", "*.answers"),
)
def x60(facts: CaseFacts) -> bool:
    """A question of the patient is answered neither in an input nor in the opinion."""
    return any(question.get("id") not in facts.answered_questions for question in facts.questions)


@rule(
    "X62",
    Severity.CRITICAL,
    title=Bitext(
        "Safety message raised but no red-flag text in the opinion", "已提出安全警示但意见书未写明警示内容"
    ),
    section="red_flags",
    resolutions=(Resolution.REWORD,),
    inputs=("*.red_flag",),
)
def x62(facts: CaseFacts) -> bool:
    """A discipline raised an urgent warning that the opinion does not carry."""
    raised = any(flag is True for _, flag in facts.in_all_inputs("red_flag"))
    return raised and not (facts.draft is not None and "red_flags" in facts.draft.sections)


@rule(
    "X64",
    Severity.MAJOR,
    title=Bitext(
        "A discipline says materials are insufficient but the result class is a verdict",
        "有学科认为资料不足但已给出结论分类",
    ),
    section="result_class",
    resolutions=(Resolution.REWORD, Resolution.RECORD_DISSENT, Resolution.REQUEST_MATERIAL),
    inputs=("*.sufficiency",),
)
def x64(facts: CaseFacts) -> bool:
    """A discipline could not judge, yet the opinion gives a verdict.

    Before the chair has begun, the class proposed from the inputs stands in.
    """
    if not any(value == "insufficient" for _, value in facts.in_all_inputs("sufficiency")):
        return False
    given = facts.draft.result_class if facts.draft is not None else propose(facts).result_class
    return given != "insufficient_information"
