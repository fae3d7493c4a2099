"""T, N and M categories and stage groups, compared as far as the written text allows.

Categories are stored without prefix (`T2a`, `N1mi`, `M0(i+)`). No staging table is used
here: whether T, N and M add up to the group is a question for the site's own tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

_T_NUMBER = re.compile(r"T([0-4])")
_NODE_POSITIVE = re.compile(r"N[1-3]")
_GROUP = re.compile(r"(?P<number>0|IV|III|II|I)(?P<letter>is|a|[ABCDS])?[1-3]?")
_NUMBERS = {"0": 0, "I": 1, "II": 2, "III": 3, "IV": 4}
_UNSAID_GROUPS = ("not_applicable", "undetermined")


def stage_text(facts: Mapping[str, Any]) -> str:
    """`cT2 N0 M0 · IIA` from the coded parts that are known."""
    tnm = " ".join(str(facts[key]) for key in ("t_category", "n_category", "m_category") if facts.get(key))
    prefix = str(facts.get("stage_prefix") or "") if tnm else ""
    group = str(facts.get("stage_group") or "")
    group = "" if group in _UNSAID_GROUPS else group.replace("_", " ")
    return " · ".join(part for part in (prefix + tnm, group) if part)


def t_number(category: str) -> int | None:
    """0 to 4 for T0 to T4 with any subdivision; None for TX, Tis, Ta and the empty text."""
    match = _T_NUMBER.match(category)
    return int(match.group(1)) if match else None


def is_invasive_t(category: str) -> bool:
    """T1 to T4."""
    return (t_number(category) or 0) >= 1


def t_differs(one: str, other: str, steps: int = 1) -> bool:
    """Whether two numbered T categories lie at least `steps` apart."""
    first, second = t_number(one), t_number(other)
    return first is not None and second is not None and abs(first - second) >= steps


def is_node_positive(category: str) -> bool:
    """N1 to N3, micrometastasis included; isolated tumour cells, N0(i+), are not."""
    return bool(_NODE_POSITIVE.match(category))


def is_node_negative(category: str) -> bool:
    return category.startswith("N0")


def is_m0(category: str) -> bool:
    return category.startswith("M0")


def is_m1(category: str) -> bool:
    return category.startswith("M1")


def stage_number(group: str) -> int | None:
    """0 to 4 of a numbered stage group; None for BCLC, limited, extensive and the unknown ones."""
    parsed = _numbered(group)
    return parsed[0] if parsed else None


def stage_groups_differ(groups: Iterable[str]) -> bool:
    """Whether any two of the stage groups contradict each other."""
    known = sorted({group for group in groups if group})
    return any(_contradict(one, other) for one, other in combinations(known, 2))


def _numbered(group: str) -> tuple[int, str] | None:
    """Number and letter; the digit behind the letter (IA1, IA2) is left aside."""
    match = _GROUP.fullmatch(group)
    if match is None:
        return None
    return _NUMBERS[match["number"]], match["letter"] or ""


def _contradict(one: str, other: str) -> bool:
    """Two groups of one kind are compared; of different kinds only where they exclude each other."""
    if one.startswith("BCLC_") and other.startswith("BCLC_"):
        return one != other
    if {one, other} == {"limited", "extensive"}:
        return True
    for two_stage, numbered in ((one, other), (other, one)):
        if two_stage in ("limited", "extensive"):
            number = stage_number(numbered)
            return number is not None and (number == 4) == (two_stage == "limited")
    first, second = _numbered(one), _numbered(other)
    return first is not None and second is not None and first != second
