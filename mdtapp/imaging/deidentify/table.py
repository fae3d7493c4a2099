"""What becomes of each attribute: PS3.15 Table E.1-1 with the options this product takes.

`basic_profile.csv` holds the table of the 2022 edition (rows `E.1-1`) and rows of our own (`own`)
for what later editions add or the table leaves to the reader. Options, as columns: Retain
Longitudinal Temporal Information with Modified Dates (`modified_dates`), Retain Patient
Characteristics (`characteristics`; where that option says "clean", the text goes), Clean
Structured Content (`structured`). Descriptors are not cleaned but removed, as the Basic Profile says.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

EDITION = "PS3.15 2022"
_FILE = Path(__file__).with_name("basic_profile.csv")


class Action(StrEnum):
    """PS3.15 Table E.1-1a."""

    DUMMY = "D"
    EMPTY = "Z"
    REMOVE = "X"
    KEEP = "K"
    CLEAN = "C"
    UID = "U"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `basic` is the action of the Basic Profile as printed, `action` what is done."""

    keyword: str
    basic: str
    action: Action
    source: str


def rule_for(tag: int) -> Rule | None:
    """The row for a tag; curves (50xx) and overlays (60xx) are found by their group."""
    found = rules().get(f"{tag:08X}")
    if found is None and tag >> 24 == 0x50:
        return rules()["50XXXXXX"]
    if found is None and tag >> 24 == 0x60:  # what is left of a plane without its data is of no use
        return rules()["60XX4000" if tag & 0xFFFF == 0x4000 else "60XX3000"]
    return found


@cache
def rules() -> dict[str, Rule]:
    """Every row by its tag, eight hexadecimal digits (or X) without a comma."""
    with _FILE.open(newline="", encoding="utf-8") as file:
        return {row["tag"]: _rule(row) for row in csv.DictReader(file)}


def _rule(row: dict[str, str]) -> Rule:
    option = row["characteristics"] or row["modified_dates"] or row["structured"]
    return Rule(row["keyword"], row["basic"], Action(option or _surest(row["basic"])), row["source"])


def _surest(basic: str) -> str:
    """Of `X/Z/D` the last: it conforms whatever type the attribute has in the object (PS3.15 E.3)."""
    return basic.rstrip("*").split("/")[-1]
