"""Reads the specified conditions and works them out on a fragment, apart from the rules under test.

A condition is a Python expression of `and`, `or`, `not` and calls of the names below with constant
arguments; anything else is refused. The calls are written plainly from their description.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

CONDITIONS = yaml.safe_load(Path(__file__).with_name("conditions.yaml").read_text(encoding="utf-8"))
WHEN: dict[str, str] = {row["id"]: row["when"] for row in CONDITIONS}

CYTOTOXIC = [
    "cisplatin",
    "carboplatin",
    "oxaliplatin",
    "taxane",
    "anthracycline",
    "fluoropyrimidine",
    "irinotecan",
    "gemcitabine",
    "pemetrexed",
    "etoposide",
    "alkylator",
    "methotrexate_hd",
    "temozolomide",
    "vinca",
    "bleomycin",
    "other_cytotoxic",
    "her2_adc",
    "trop2_adc",
    "adc_cd79b",
    "other_adc",
]
TREATMENTS = [
    "surgery",
    "systemic",
    "radiotherapy",
    "chemoradiation",
    "ablation",
    "tace_haic",
    "radionuclide",
    "transplant",
]
RESECTABLE = {
    "resectable": 1, "borderline": 1, "potentially_convertible": 2, "unresectable_local": 3, "unresectable_metastatic": 3,
}  # fmt: skip


def parse(expression: str) -> ast.expr:
    """The expression, once nothing but logic and calls with constants is found in it."""
    tree = ast.parse(expression, mode="eval").body
    allowed = (
        ast.BoolOp,
        ast.And,
        ast.Or,
        ast.UnaryOp,
        ast.Not,
        ast.Call,
        ast.Name,
        ast.Load,
        ast.Constant,
        ast.List,
    )
    for node in ast.walk(tree):
        if not isinstance(node, allowed):
            raise ValueError(f"{type(node).__name__} in {expression}")
    return tree


def holds(rule_id: str, fragment: dict[str, Any]) -> bool:
    """Whether the specified condition of the rule is true of the fragment."""
    return _work_out(parse(WHEN[rule_id]), Names(fragment))


def _work_out(node: ast.expr, names: Names) -> bool:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_work_out(part, names) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return any(_work_out(part, names) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return not _work_out(part, names)
        case ast.Call(func=ast.Name(id=name), args=args):
            call: Callable[..., bool] = getattr(names, name)
            return bool(call(*(ast.literal_eval(arg) for arg in args)))
    raise ValueError(ast.dump(node))


class Names:
    """The calls a condition may make. A missing value equals nothing and is neither above nor below anything."""

    def __init__(self, fragment: dict[str, Any]) -> None:
        self.fragment = fragment
        self.inputs: dict[str, Any] = fragment.get("inputs", {})
        self.steps = [
            {"by": discipline} | step
            for discipline, entered in self.inputs.items()
            for step in entered.get("recommendation_steps", [])
        ]

    def get(self, path: str) -> Any:
        part, key = path.split(".")
        of = self.fragment if part in ("case", "outside", "patient") else self.inputs
        return of.get(part, {}).get(key)

    def eq(self, path: str, value: Any) -> bool:
        found = self.get(path)
        return type(found) is type(value) and found == value

    def ne(self, path: str, value: Any) -> bool:
        return not self.eq(path, value)

    def has(self, path: str) -> bool:
        return self.get(path) not in (None, "", [], {})

    def isin(self, path: str, values: list[Any]) -> bool:
        return self.get(path) in values

    def starts(self, path: str, text: str) -> bool:
        return (self.get(path) or "")[: len(text)] == text

    def any_starts(self, paths: list[str], text: str) -> bool:
        return any(self.starts(path, text) for path in paths)

    def lt(self, path: str, limit: float) -> bool:
        return self.get(path) is not None and self.get(path) < limit

    def le(self, path: str, limit: float) -> bool:
        return self.get(path) is not None and self.get(path) <= limit

    def gt(self, path: str, limit: float) -> bool:
        return self.get(path) is not None and self.get(path) > limit

    def ge(self, path: str, limit: float) -> bool:
        return self.get(path) is not None and self.get(path) >= limit

    def lab_lt(self, key: str, limit: float) -> bool:
        return self.lt(f"medical_oncology.{key}", limit)

    def any_in(self, path: str, values: list[str]) -> bool:
        return any(code in values for code in self.get(path) or [])

    def differ(self, *paths: str) -> bool:
        seen = [self.get(path) for path in paths]
        known = [value for value in seen if value not in (None, "", "unknown", "not_applicable")]
        return any(one != other for one, other in combinations(known, 2))

    def rec(self, token: str) -> bool:
        return any(token in _tokens(step) for step in self.steps if step.get("preference") in _ACTIVE)

    def pref(self, token: str) -> bool:
        return any(token in _tokens(step) for step in self.steps if step.get("preference") == "preferred")

    def pref_intent(self, intent: str) -> bool:
        return any(
            step.get("intent") == intent for step in self.steps if step.get("preference") == "preferred"
        )

    def rec_cytotoxic(self) -> bool:
        return any(self.rec(drug) for drug in CYTOTOXIC)

    def step_text(self, words: list[str]) -> bool:
        columns = ("description", "timing", "condition", "rationale")
        texts = [(step.get(key) or {}).get("en", "").lower() for step in self.steps for key in columns]
        return any(word in text for text in texts for word in words)

    def step_any(self, column: str, values: list[str]) -> bool:
        return any(step.get(column) in values for step in self.steps)

    def pref_vs_not(self) -> bool:
        return any(
            one["preference"] == "preferred"
            and other["preference"] == "not_recommended"
            and one["by"] != other["by"]
            and one["modality"] == other["modality"]
            and _same_drugs(one, other)
            for one in self.steps
            for other in self.steps
        )

    def pref_without_guideline(self) -> bool:
        return any(
            step["preference"] == "preferred"
            and step["modality"] in TREATMENTS
            and not step.get("guideline_ref")
            for step in self.steps
        )

    def pref_unavailable_without_alternative(self) -> bool:
        missing = [s for s in self.steps if s["preference"] == "preferred"]
        wanted = any(step.get("home_availability") == "not_available" for step in missing)
        reachable = ("available", "available_private")
        return wanted and not any(
            step["preference"] == "acceptable" and step.get("home_availability") in reachable
            for step in self.steps
        )

    def tdiff(self, one: str, other: str, steps: int) -> bool:
        digits = [re.findall(r"^T(\d)", self.get(path) or "") for path in (one, other)]
        return all(digits) and abs(int(digits[0][0]) - int(digits[1][0])) >= steps

    def any_t_invasive(self) -> bool:
        written = [
            self.get("outside.t_category"),
            *[entered.get("t_category") for entered in self.inputs.values()],
        ]
        return any((text or "")[:2] in ("T1", "T2", "T3", "T4") for text in written)

    def node_pos(self, path: str) -> bool:
        return (self.get(path) or "")[:2] in ("N1", "N2", "N3")

    def stage_ge(self, path: str, number: int) -> bool:
        parsed = _stage(self.get(path) or "")
        return parsed is not None and parsed[0] >= number

    def stage_differ(self, *paths: str) -> bool:
        groups = [self.get(path) or "" for path in paths]
        return any(_stages_differ(one, other) for one, other in combinations(groups, 2))

    def resect_differ(self, one: str, other: str) -> bool:
        classes = {RESECTABLE.get(self.get(path) or "") for path in (one, other)} - {None}
        return len(classes) == 2

    def grade_group_shift(self) -> bool:
        groups = [self.get("pathology.grade_group"), self.get("outside.grade_group")]
        if None in groups:
            return False
        here, there = groups
        return here != there and {here, there} != {4, 5}

    def verdict_spread(self, key: str) -> bool:
        marks = [entered.get(key) for entered in self.inputs.values()]
        return "major" in marks and ("agree" in marks or "minor" in marks)

    def table_match(
        self, table: str, column: str, values: list[str], column2: str, values2: list[str]
    ) -> bool:
        return any(row.get(column) in values and row.get(column2) in values2 for row in self.get(table) or [])

    def table_any(self, table: str, column: str, values: list[str]) -> bool:
        return any(row.get(column) in values for row in self.get(table) or [])

    def table_text(self, table: str, column: str, words: list[str]) -> bool:
        return any(word in row.get(column, "").lower() for row in self.get(table) or [] for word in words)

    def herb(self, risk: str) -> bool:
        return any(row.get(risk) is True for row in self.get("tcm_integrative.herbs") or [])

    def no_diagnostic_study(self) -> bool:
        qualities = [row.get("quality") for row in self.get("radiology.studies") or []]
        return "diagnostic" not in qualities and "limited" not in qualities

    def older_than(self, path: str, days: int) -> bool:
        written, meeting = self.get(path), self.get("case.meeting_on")
        if not written or not meeting:
            return False
        return date.fromisoformat(written) + timedelta(days=days) < date.fromisoformat(meeting)

    def driver(self, codes: list[str]) -> bool:
        reported = self.get("pathology.driver_alterations") or []
        variants = [
            VARIANTS[row["gene"], row["hgvs"]] for row in self.get("genetics_molecular.variants") or []
        ]
        return any(code in codes for code in [*reported, *variants])

    def age_ge(self, years: int) -> bool:
        age, born, meeting = (
            self.get("patient.age"),
            self.get("patient.birth_year"),
            self.get("case.meeting_on"),
        )
        if age is None and born and meeting:
            age = int(meeting[:4]) - born
        return age is not None and age >= years

    def case_female(self) -> bool:
        return self.eq("patient.sex", "female")

    def any_red_flag(self) -> bool:
        return any(entered.get("red_flag") is True for entered in self.inputs.values())

    def any_sufficiency(self, value: str) -> bool:
        return any(entered.get("sufficiency") == value for entered in self.inputs.values())

    def opinion_has(self, section: str) -> bool:
        return section in self.fragment.get("draft", {}).get("sections", [])

    def result_class(self, value: str) -> bool:
        """Only ever asked for insufficient_information: the draft's, else a core discipline that cannot judge."""
        assert value == "insufficient_information"
        if "draft" in self.fragment:
            return bool(self.fragment["draft"].get("result_class") == value)
        core = ("pathology", "radiology", "medical_oncology", "surgical_oncology", "radiation_oncology")
        return any(self.get(f"{discipline}.sufficiency") == "insufficient" for discipline in core)

    def unanswered_questions(self) -> bool:
        rows = [row for entered in self.inputs.values() for row in entered.get("answers", [])]
        answered = {row["question_id"] for row in rows if any((row.get("answer") or {}).values())}
        answered |= set(self.fragment.get("draft", {}).get("answered", []))
        return any(question["id"] not in answered for question in self.fragment.get("questions", []))

    def dates_out_of_order(self) -> bool:
        meeting, born = self.get("case.meeting_on"), self.get("patient.birth_year")
        for written in self._dates():
            if meeting and written > meeting:
                return True
            if born and int(written[:4]) < born:
                return True
        lines = self.get("medical_oncology.prior_lines") or []
        if any(line.get("start") and line.get("end") and line["end"] < line["start"] for line in lines):
            return True
        starts = sorted(line["start"] for line in lines if line.get("start"))
        taken = self.get("pathology.specimen_date")
        untreated = self.get("pathology.neoadjuvant_before") == "no"
        return bool(untreated and taken and starts and taken > starts[0])

    def _dates(self) -> Iterator[str]:
        single = [
            "pathology.specimen_date",
            "radiology.latest_staging_date",
            "nuclear_medicine.study_date",
            "medical_oncology.ecog_date",
            "medical_oncology.labs_date",
            "surgical_oncology.last_antivegf_date",
        ]
        rows = [
            *[(row, "date") for row in self.fragment.get("history", [])],
            *[(row, "date") for row in self.get("radiology.studies") or []],
            *[(row, "start") for row in self.get("medical_oncology.prior_lines") or []],
            *[(row, "end") for row in self.get("medical_oncology.prior_lines") or []],
            *[(row, "end") for row in self.get("radiation_oncology.prior_rt_courses") or []],
        ]
        yield from filter(None, (self.get(path) for path in single))
        yield from (row[key] for row, key in rows if row.get(key))


_ACTIVE = ("preferred", "acceptable", "conditional")

VARIANTS = {
    ("EGFR", "p.L858R"): "egfr_common",
    ("EGFR", "p.E746_A750del"): "egfr_common",
    ("EGFR", "p.D770_N771insSVD"): "egfr_ex20",
    ("EGFR", "p.G719S"): "egfr_other",
    ("ALK", "EML4::ALK fusion"): "alk",
    ("ROS1", "CD74::ROS1 fusion"): "ros1",
    ("KRAS", "p.G12C"): "kras_g12c",
    ("KRAS", "p.G12D"): "kras_other",
    ("ERBB2", "p.Y772_A775dup"): "her2_mut",
    ("ERBB2", "amplification"): "",
    ("MET", "amplification"): "met_amp",
    ("TP53", "p.R175H"): "",
}


def _tokens(step: dict[str, Any]) -> list[str]:
    return [step.get("modality", ""), *step.get("drug_classes", [])]


def _same_drugs(one: dict[str, Any], other: dict[str, Any]) -> bool:
    first, second = set(one.get("drug_classes", [])), set(other.get("drug_classes", []))
    if first and second:
        return bool(first & second)
    return first == second or one["modality"] not in ("systemic", "chemoradiation")


def _stage(group: str) -> tuple[int, str] | None:
    for number, roman in ((4, "IV"), (3, "III"), (2, "II"), (1, "I"), (0, "0")):
        if group.startswith(roman):
            return number, group[len(roman) :].rstrip("123")
    return None


def _stages_differ(one: str, other: str) -> bool:
    if one.startswith("BCLC") or other.startswith("BCLC"):
        return one.startswith("BCLC") and other.startswith("BCLC") and one != other
    if "limited" in (one, other) or "extensive" in (one, other):
        pair = {one, other}
        numbers = {parsed[0] for group in pair if (parsed := _stage(group))}
        return (
            pair == {"limited", "extensive"}
            or ("limited" in pair and 4 in numbers)
            or ("extensive" in pair and bool(numbers & {0, 1, 2, 3}))
        )
    first, second = _stage(one), _stage(other)
    return first is not None and second is not None and first != second
