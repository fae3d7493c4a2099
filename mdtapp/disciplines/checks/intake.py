"""Coordinator and nursing: consent and completeness."""

from __future__ import annotations

from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import check

HERE = "coordinator_nursing"
NOT_RECEIVED = ("requested", "not_available")


@check(
    "CO-1",
    "error",
    HERE,
    ("consent_review",),
    en="No review without consent.",
    zh="未取得知情同意不得会诊。",
)
def review_without_consent(answers: Answers) -> bool:
    return not answers.is_one_of("consent_review", "yes")


@check(
    "CO-2",
    "warning",
    HERE,
    ("checklist",),
    en="A blocking item is missing: the case stays incomplete.",
    zh="缺少必需资料，病例保持不完整状态。",
)
def blocking_item_missing(answers: Answers) -> bool:
    return any(
        row.get("criticality") == "blocking" and row.get("status") in NOT_RECEIVED
        for row in answers.rows("checklist")
    )
