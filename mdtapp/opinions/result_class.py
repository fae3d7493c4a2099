"""Which class the inputs suggest for the whole opinion. The chair confirms or overrides it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from mdtapp.clinical.agreement import CHANGES_TREATMENT, VERDICTS, worst_verdict
from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.facts import CaseFacts

INSUFFICIENT: Final = "insufficient_information"
CORE_DISCIPLINES: Final = (
    "pathology", "radiology", "medical_oncology", "surgical_oncology", "radiation_oncology"
)  # fmt: skip
_STAGING: Final = (
    "radiology", "nuclear_medicine", "surgical_oncology", "medical_oncology", "radiation_oncology"
)  # fmt: skip
_TREATING: Final = ("medical_oncology", "surgical_oncology", "radiation_oncology")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the panel makes of one object of the outside opinion, and the marks it comes from."""

    value: str
    """agree, minor, major, not_assessable, not_applicable, or empty when nobody gave a mark."""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RollUp:
    """The panel's verdict on each object of the outside opinion."""

    diagnosis: Verdict
    stage: Verdict
    report: Verdict
    plan: Verdict


@dataclass(frozen=True, slots=True)
class Proposal:
    """The main class, further ones that also hold, and why; `paths` are the values it rests on."""

    result_class: str
    also: tuple[str, ...]
    reason: Bitext
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    facts: CaseFacts
    verdicts: RollUp
    blocking_missing: bool


_Paths = tuple[str, ...] | None
"""The paths a class rests on; None when it does not hold."""


def roll_up(facts: CaseFacts) -> RollUp:
    """Diagnosis as pathology sees it, else the worst of the others; stage, report, plan the worst of theirs."""
    others = [discipline for discipline in facts.inputs if discipline != "pathology"]
    by_pathology = _worst(facts, ("pathology",), "diagnosis")
    return RollUp(
        diagnosis=by_pathology if by_pathology.value in VERDICTS else _worst(facts, others, "diagnosis"),
        stage=_worst(facts, _STAGING, "stage"),
        report=_worst(facts, ("radiology",), "report"),
        plan=_worst(facts, _TREATING, "plan"),
    )


def propose(facts: CaseFacts, checklist_blocking_missing: bool = False) -> Proposal:
    """The first class that holds, in order of weight; the modified classes that hold as well go to `also`."""
    case = _Case(facts, roll_up(facts), checklist_blocking_missing)
    holding = {name: paths for name, (finds, _) in _CLASSES.items() if (paths := finds(case)) is not None}
    main = next(iter(holding))
    also = tuple(name for name in holding if name != main and name in _MODIFIED)
    return Proposal(result_class=main, also=also, reason=_CLASSES[main][1], paths=holding[main])


def _worst(facts: CaseFacts, disciplines: Iterable[str], assessed: str) -> Verdict:
    marks = {
        path: facts.text(path)
        for discipline in disciplines
        if facts.has(path := f"{discipline}.agree_{assessed}")
    }
    worst = worst_verdict(marks.values())
    return Verdict(worst, tuple(path for path, mark in marks.items() if mark == worst))


def _insufficient(case: _Case) -> _Paths:
    paths = tuple(
        path
        for discipline in CORE_DISCIPLINES
        if case.facts.text(path := f"{discipline}.sufficiency") == "insufficient"
    )
    return paths if paths or case.blocking_missing else None


def _diagnosis_modified(case: _Case) -> _Paths:
    if case.verdicts.diagnosis.value == "major":
        return case.verdicts.diagnosis.paths
    if not case.facts.differ("outside.histology_group", "pathology.histology_group"):
        return None
    impacts = case.facts.in_all_inputs("impact_diagnosis")
    paths = tuple(
        f"{discipline}.impact_diagnosis" for discipline, impact in impacts if impact in CHANGES_TREATMENT
    )
    return (*paths, "outside.histology_group", "pathology.histology_group") if paths else None


def _stage_modified(case: _Case) -> _Paths:
    return case.verdicts.stage.paths if case.verdicts.stage.value == "major" else None


def _treatment_modified(case: _Case) -> _Paths:
    return case.verdicts.plan.paths if case.verdicts.plan.value == "major" else None


def _added_to(case: _Case) -> _Paths:
    """A minor difference, a corrected imaging report, or a preferred step the home plan does not name."""
    verdicts = case.verdicts
    objects = (verdicts.diagnosis, verdicts.stage, verdicts.report, verdicts.plan)
    differing = tuple(
        path for verdict in objects if verdict.value in ("minor", "major") for path in verdict.paths
    )
    home = case.facts.outside_plan.steps
    new_steps = [step for step in case.facts.plan.preferred_steps if not any(map(step.is_part_of, home))]
    steps = tuple(dict.fromkeys(f"{step.author}.recommendation_steps" for step in new_steps))
    return (*differing, *steps) or None


def _confirmed(case: _Case) -> _Paths:
    verdicts = case.verdicts
    return verdicts.diagnosis.paths + verdicts.stage.paths + verdicts.report.paths + verdicts.plan.paths


_CLASSES: Final[dict[str, tuple[Callable[[_Case], _Paths], Bitext]]] = {
    INSUFFICIENT: (
        _insufficient,
        Bitext(
            "A core discipline cannot judge from the materials, or a blocking item of the checklist is missing.",
            "有核心学科认为现有资料不足以判断，或清单中的必需资料缺失。",
        ),
    ),
    "modified_diagnosis": (
        _diagnosis_modified,
        Bitext(
            "The diagnosis is judged majorly different, or another tumour type changes the treatment.",
            "诊断存在重大不一致，或肿瘤类型改变并影响治疗。",
        ),
    ),
    "modified_stage": (
        _stage_modified,
        Bitext(
            "At least one discipline judges the stage majorly different.",
            "至少一个学科认为分期存在重大不一致。",
        ),
    ),
    "modified_treatment": (
        _treatment_modified,
        Bitext(
            "At least one treating discipline judges the plan majorly different.",
            "至少一个治疗学科认为治疗方案存在重大不一致。",
        ),
    ),
    "confirmed_additions": (
        _added_to,
        Bitext(
            "Nothing is overturned; there are smaller differences, or preferred steps that the home plan does not list.",
            "无重大更改；存在较小差异，或有首选步骤未列入当地方案。",
        ),
    ),
    "confirmed": (
        _confirmed,
        Bitext(
            "No discipline differs, and every preferred step stands in the home plan.",
            "各学科均无不一致，首选步骤均已包含在当地方案中。",
        ),
    ),
}
_MODIFIED: Final = ("modified_diagnosis", "modified_stage", "modified_treatment")
