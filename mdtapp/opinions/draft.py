"""The draft of the opinion: what follows from the signed inputs, sentence by sentence, each with its sources.

No step is left to chance or to a language model: the same inputs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mdtapp.disciplines import catalogue
from mdtapp.disciplines.definitions import Catalogue
from mdtapp.opinions.drafting import advising, findings, gaps, patient, record, stages, verdicts
from mdtapp.opinions.drafting.inputs import Signed
from mdtapp.opinions.drafting.statement import Draft, DraftSection, Statement
from mdtapp.opinions.drafting.steps import advice
from mdtapp.opinions.facts import CaseFacts

__all__ = ["Draft", "build_draft"]


def build_draft(
    facts: CaseFacts,
    revisions: Mapping[str, int],
    materials: Sequence[Mapping[str, Any]],
    panel: Sequence[Mapping[str, Any]],
    decision: Mapping[str, Any] | None,
    *,
    forms: Catalogue | None = None,
) -> Draft:
    """Every section of the catalogue in its order, empty ones too.

    `revisions` are those of the signed inputs by discipline; `materials` rows `{id, kind, title,
    date, language, status}`; `panel` rows `{name, name_zh, discipline, chair, mode, …}`; `decision`
    the meeting's `{result_class, also, summary, dissent: [{discipline, text}]}` and `sequence`, the
    discipline whose order of steps the chair chose. `forms` is the catalogue the inputs were written with.
    """
    signed = Signed.of(facts, revisions, forms or catalogue())
    result_class, also, class_lines = verdicts.result(signed, decision)
    written = _sections(signed, materials, panel, decision) | {"result_class": class_lines}
    sections = tuple(
        DraftSection(section.key, tuple(written.get(section.key, ())))
        for section in signed.catalogue.sections
    )
    return Draft(result_class, also, sections)


def _sections(
    signed: Signed,
    materials: Sequence[Mapping[str, Any]],
    panel: Sequence[Mapping[str, Any]],
    decision: Mapping[str, Any] | None,
) -> dict[str, list[Statement]]:
    steps = advice(signed, str((decision or {}).get("sequence") or ""))
    needed = gaps.gaps(signed)
    opening = {
        "summary_patient": patient.summary(signed, decision),
        "questions_answered": patient.answers(signed),
        "red_flags": patient.red_flags(signed),
        "options_compared": advising.options(signed, steps),
        "recommendation": advising.recommendation(signed, steps),
        "guideline_basis": advising.guidelines(signed, steps),
        "availability_home": advising.availability(signed, steps),
        "missing_information": gaps.missing_information(signed, needed),
        "questions_home_doctor": gaps.questions_home_doctor(signed, steps, needed),
        "dissent": record.dissent(signed, decision),
        "methods_materials": [*record.materials(signed, materials), *record.people(signed, panel, decision)],
        "disclaimer": record.disclaimer(),
    }
    closing = {
        "follow_up": gaps.follow_up(needed),
        "methods_materials": [*record.certainty(signed), *record.interests(signed)],
    }
    parts = [opening, verdicts.verdicts(signed), {"staging_verification": stages.stages(signed)}]
    return _one_behind_the_other([*parts, findings.findings(signed), closing])


def _one_behind_the_other(parts: Sequence[Mapping[str, Sequence[Statement]]]) -> dict[str, list[Statement]]:
    together: dict[str, list[Statement]] = {}
    for part in parts:
        for section, statements in part.items():
            together.setdefault(section, []).extend(statements)
    return together
