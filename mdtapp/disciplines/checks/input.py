"""The whole check of one input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mdtapp.disciplines.checks.anchors import CITED, check_cited
from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.claim_rows import check_claims, explained_by_claims
from mdtapp.disciplines.checks.finding import Finding, checks_for
from mdtapp.disciplines.checks.single import check_fields, unknown_keys
from mdtapp.disciplines.conditions import Context
from mdtapp.disciplines.definitions import Discipline
from mdtapp.disciplines.entered import ENTERED

# A draft may be incomplete and may contradict itself, but not hold what cannot be stored or shown.
NOT_EVEN_IN_A_DRAFT = frozenset({"unknown", "type", "characters", "length", "rows"})


def check_input(
    discipline: Discipline, data: Mapping[str, Any], context: Context | None = None
) -> list[Finding]:
    """Everything wrong with the answers, in the order of the form, then what contradicts between them.

    `data` is the stored shape; the context's own `values` are replaced by it. A rule between answers looks only
    at answers that are right by themselves.
    """
    around = replace(context or Context(), values=data)
    known = [field.key for field in discipline.fields()]
    findings = list(unknown_keys(data, [*known, "claims", CITED, ENTERED]))
    found, sound = check_fields(tuple(discipline.fields()), data, around, discipline.choices)
    findings += (finding for finding in found if not explained_by_claims(finding, data.get("claims")))
    findings += check_claims(data.get("claims"))
    findings += check_cited(data.get(CITED), known)
    answers = Answers(around.with_values(sound))
    for check in checks_for(discipline):
        findings += check.findings(answers)
    return findings


def stops_saving(finding: Finding) -> bool:
    """Whether not even a draft can be kept with this: the rest only stops signing."""
    return finding.id in NOT_EVEN_IN_A_DRAFT
