"""The stage as each discipline reads it; equal readings are one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.drafting.findings import distinct
from mdtapp.opinions.drafting.inputs import Input, Signed
from mdtapp.opinions.drafting.statement import Said, Statement
from mdtapp.opinions.drafting.words import by, fixed, lowered

CATEGORIES: Final = ("t_category", "n_category", "m_category")
FIELDS: Final = ("stage_prefix", "stage_system", *CATEGORIES, "stage_group")
SILENT_GROUPS: Final = frozenset({"", "not_applicable"})


def stages(signed: Signed) -> list[Statement]:
    """One statement for each reading, the disciplines that share it named."""
    readings: dict[tuple[str, ...], list[Input]] = {}
    for one in signed.inputs:
        if _has_reading(one):
            readings.setdefault(tuple(one.code(field) for field in FIELDS), []).append(one)
    return [_reading(signed, group) for group in readings.values()]


def _has_reading(one: Input) -> bool:
    return any(one.has(field) for field in CATEGORIES) or one.code("stage_group") not in SILENT_GROUPS


def _reading(signed: Signed, group: list[Input]) -> Statement:
    who = signed.names([one.key for one in group])
    stage = _described(signed, {field: group[0].code(field) for field in FIELDS})
    number = {1: "one", 2: "two"}.get(len(group), "many")
    text = fixed(f"stage.{number}", who=who, stage=stage) if stage else by(who, fixed("stage.undetermined"))
    sources = distinct(one.source(field) for one in group for field in FIELDS if one.has(field))
    return Statement(Said(text, sources))


def _described(signed: Signed, read: Mapping[str, str]) -> Bitext:
    """ "clinical T2 N1 M0, stage IIB (TNM 8th edition)"; empty when only said to be undetermined."""
    categories = " ".join(read[field] for field in CATEGORIES if read[field])
    prefix = read["stage_prefix"] if categories else ""
    code = read["stage_group"]
    if not categories and code == "undetermined":
        return Bitext()
    parts = [
        part for part in (Bitext(prefix + categories, prefix + categories), _group(signed, code)) if part
    ]
    known = Bitext(", ".join(part.en for part in parts), "，".join(part.zh for part in parts))
    system = read["stage_system"]
    if not system or system == "other":
        return known
    return fixed("stage.with_system", stage=known, system=signed.catalogue.label("stage_system", system))


def _group(signed: Signed, code: str) -> Bitext:
    """ "stage IIB", "limited stage"; empty where there is no group to name."""
    if code in SILENT_GROUPS:
        return Bitext()
    if code == "undetermined":
        return fixed("stage.no_group")
    label = signed.catalogue.label("stage_group", code)
    is_word = label.en[1:2].islower()
    return lowered(label) if is_word else fixed("stage.group", group=label)
