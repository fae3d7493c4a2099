"""A site's own licensed staging tables: what stage group T, N and M make by them. None is delivered.

One file a table in the folder `staging` of the instance. The group is shown as a check beside the author's value
and never fills it in. Whatever a table leaves open (no table, a type of staging it is not for, a missing or unlisted
category) gives nothing, and nothing is said.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from mdtapp.disciplines import yaml_source
from mdtapp.disciplines.definitions import ChoiceSet
from mdtapp.disciplines.loader import catalogue
from mdtapp.disciplines.yaml_source import Entries

ANY: Final = "any"
AXES: Final = ("T", "N", "M")
REMARK = re.compile(r"\([^()]*\)")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; an axis without categories takes any."""

    categories: Mapping[str, frozenset[str] | None]
    group: str

    def holds(self, found: Mapping[str, str]) -> bool:
        return all(listed is None or found[axis] in listed for axis, listed in self.categories.items())


@dataclass(frozen=True, slots=True)
class StagingTable:
    """The table of one system for some sites and types of staging; the first matching row counts."""

    file: str
    sha256: str
    label: str
    system: str
    sites: frozenset[str]
    prefixes: frozenset[str]
    rows: tuple[Row, ...]
    listed: Mapping[str, frozenset[str]]

    def derive(self, categories: Mapping[str, str]) -> Derived | None:
        """`T1c2` is looked up as such, then as `T1c`, then as `T1`: the finest the table knows."""
        found = {axis: self._known(axis, categories[axis]) for axis in AXES}
        if None in found.values():
            return None
        exact = {axis: category for axis, category in found.items() if category is not None}
        for number, row in enumerate(self.rows, start=1):
            if row.holds(exact):
                return Derived(row.group, number, self.file, self.sha256)
        return None

    def _known(self, axis: str, category: str) -> str | None:
        if not category or category.endswith("X"):
            return None
        written = REMARK.sub("", category)
        finer = [written[:end] for end in range(len(written), 1, -1)]
        return next((one for one in finer if one in self.listed[axis]), written)


@dataclass(frozen=True, slots=True)
class Derived:
    """The group, the row it stands in (from 1), and the file with its hash."""

    group: str
    row: int
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class StagingTables:
    """All tables of the site."""

    tables: tuple[StagingTable, ...] = field(default_factory=tuple)

    def derive(self, site: str, system: str, prefix: str, t: str, n: str, m: str) -> Derived | None:
        """The group by the table for this site, system and type of staging; None when there is none."""
        for table in self.tables:
            if table.system == system and site in table.sites and prefix in table.prefixes:
                return table.derive({"T": t, "N": n, "M": m})
        return None

    def group_of(self, site: str, system: str, prefix: str, t: str, n: str, m: str) -> str | None:
        derived = self.derive(site, system, prefix, t, n, m)
        return derived.group if derived else None


_folder: Path | None = None


def use_staging_tables(folder: Path) -> StagingTables:
    """Makes a site's tables count for the whole process. FaultyDefinition, and nothing changes, when one cannot be used."""
    global _folder
    known = read_tables(folder)
    _folder = folder
    return known


def staging_tables() -> StagingTables:
    """The tables in use."""
    return read_tables(_folder)


@cache
def read_tables(folder: Path | None) -> StagingTables:
    """Every `.yaml` file of the folder. A missing folder holds no table."""
    if folder is None or not folder.is_dir():
        return StagingTables()
    yaml_source.refuse_other_endings(folder)
    tables: list[StagingTable] = []
    for path in sorted(folder.glob("*.yaml")):
        source = yaml_source.read(path)
        table = _table(path, source)
        for other in tables:
            doubled = other.sites & table.sites and other.prefixes & table.prefixes
            if other.system == table.system and doubled:
                source.fault(f"{other.file} is a table for the same system, site and type already", "site")
        tables.append(table)
    return StagingTables(tuple(tables))


def _table(path: Path, source: Entries) -> StagingTable:
    source.only("system", "site", "edition_label", "source", "prefixes", "rows")
    choices = catalogue().choices
    _where_from(source.mapping("source"))
    rows = tuple(_row(entry, choices["stage_group"]) for entry in source.mappings("rows"))
    if not rows:
        source.fault("a table needs rows", "rows")
    return StagingTable(
        file=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        label=source.text("edition_label"),
        system=_code(source, "system", source.get("system"), choices["stage_system"]),
        sites=_codes(source, "site", choices["site"]),
        prefixes=_codes(source, "prefixes", choices["stage_prefix"]),
        rows=rows,
        listed={axis: _listed(axis, rows) for axis in AXES},
    )


def _where_from(source: Entries) -> None:
    """Whose table this is and under which licence: nothing unnamed is used."""
    source.only("title", "licence", "loaded_by", "loaded_on")
    for key in ("title", "licence"):
        source.text(key)


def _row(entry: Entries, groups: ChoiceSet) -> Row:
    entry.only(*AXES, "group")
    return Row(
        {axis: _categories(entry, axis) for axis in AXES},
        _code(entry, "group", entry.get("group"), groups),
    )


def _categories(entry: Entries, axis: str) -> frozenset[str] | None:
    value = entry.get(axis)
    if value == ANY:
        return None
    if not isinstance(value, list) or not value:
        entry.fault(f"“{axis}” must be a list of categories, or any", axis)
    for one in value:
        if not isinstance(one, str) or not one.startswith(axis):
            entry.fault(f"“{one}” is no {axis} category; write it with its letter and without prefix", axis)
    return frozenset(value)


def _listed(axis: str, rows: Iterable[Row]) -> frozenset[str]:
    named = (row.categories[axis] for row in rows)
    return frozenset(one for categories in named if categories for one in categories)


def _codes(entry: Entries, key: str, choices: ChoiceSet) -> frozenset[str]:
    value = entry.get(key)
    codes = value if isinstance(value, list) and value else [value]
    return frozenset(_code(entry, key, one, choices) for one in codes)


def _code(entry: Entries, key: str, value: Any, choices: ChoiceSet) -> str:
    if not isinstance(value, str) or value not in choices:
        entry.fault(f"“{value}” is not possible for “{key}”; use a code of “{choices.key}”", key)
    return value
