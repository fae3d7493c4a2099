"""Invented inputs, and short ways to ask what the checks say about some."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from mdtapp.disciplines import catalogue
from mdtapp.disciplines.checks import Finding, check_input
from mdtapp.disciplines.conditions import Context

DEMO_CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data/demo_cases.json").read_text(encoding="utf-8")
)["cases"]
DEMO_INPUTS = [
    (case["id"], discipline, data, case) for case in DEMO_CASES for discipline, data in case["inputs"].items()
]
DEMO_NAMES = [f"{case_id}-{discipline}" for case_id, discipline, _data, _case in DEMO_INPUTS]


def around(case: dict[str, Any]) -> Context:
    """The context of a demo case on the day of its meeting."""
    return Context(
        case=case["case"],
        outside=case["outside"],
        patient=case["patient"],
        today=date.fromisoformat(case["case"]["meeting_on"]),
        references={
            "material": [material["id"] for material in case["materials"]],
            "patient_question": [question["id"] for question in case["questions"]],
        },
    )


def findings(discipline: str, data: dict[str, Any], context: Context | None = None) -> list[Finding]:
    return check_input(catalogue().disciplines[discipline], data, context)


def found(discipline: str, data: dict[str, Any], context: Context | None = None) -> set[str]:
    """The ids of all findings."""
    return {finding.id for finding in findings(discipline, data, context)}
