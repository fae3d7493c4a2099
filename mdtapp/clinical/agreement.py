"""How far a reviewer agrees with what the home hospital said, per object and per claim."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

AssessedObject = Literal["diagnosis", "stage", "report", "plan"]

VERDICTS: Final = ("agree", "minor", "major")
"""From best to worst. `not_assessable` and `not_applicable` are no verdicts and never lower one."""

IMPACTS: Final = ("none", "prognosis", "treatment_possible", "treatment_definite", "safety")
CHANGES_TREATMENT: Final = frozenset({"treatment_possible", "treatment_definite", "safety"})

_STAGE_CLAIMS = frozenset(
    {
        "stage",
        "stage_text",
        "stage_prefix",
        "stage_system",
        "stage_group",
        "t_category",
        "n_category",
        "m_category",
    }
)
_WHOLE_OBJECTS = frozenset(
    {"diagnosis", "diagnosis_text", "stage", "stage_text", "report", "imaging_report", "plan"}
)
_PLAN_CLAIMS = frozenset({"plan", "steps", "step", "treatment"})
_REPORT_CLAIMS = frozenset({"report", "imaging_report", "rads_category", "rads_system", "primary_size_mm"})


def worst_verdict(given: Iterable[str]) -> str:
    """The worst verdict given; without any, `not_assessable` if somebody tried, else the empty text."""
    known = list(given)
    ranked = [VERDICTS.index(verdict) for verdict in known if verdict in VERDICTS]
    if ranked:
        return VERDICTS[max(ranked)]
    for silent in ("not_assessable", "not_applicable"):
        if silent in known:
            return silent
    return ""


def worst_impact(given: Iterable[str]) -> str:
    """The gravest impact named; empty when none is."""
    ranked = [IMPACTS.index(impact) for impact in given if impact in IMPACTS]
    return IMPACTS[max(ranked)] if ranked else ""


def claim_object(claim: str) -> AssessedObject:
    """The object a claim of the home hospital belongs to: `outside.t_category` is part of the stage.

    Markers, grades and all other keys of the outside opinion belong to the diagnosis.
    """
    parts = set(claim.replace("[", ".").replace(":", ".").split("."))
    if parts & _PLAN_CLAIMS:
        return "plan"
    if parts & _STAGE_CLAIMS:
        return "stage"
    return "report" if parts & _REPORT_CLAIMS else "diagnosis"


def names_whole_object(claim: str) -> bool:
    """Whether the claim is all that was said about its object: `outside.plan`, not `outside.plan.steps.0`."""
    return claim.removeprefix("outside.") in _WHOLE_OBJECTS
