"""Short keys for where statements come from ("PA-3", "M2", "X14"), and the list that explains them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.documents.wording import Wording

LONGEST_VALUE = 24


@dataclass(frozen=True)
class Origin:
    """The key as printed behind statements, and the field, row, value and revision it stands for."""

    key: str
    detail: str


@dataclass(frozen=True)
class Group:
    """The origins of one source: a discipline's input, the records, the rules, what has no field."""

    heading: Bitext
    origins: tuple[Origin, ...]


class Origins:
    """Gives each distinct provenance entry its key, in the order the document first needs it."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._known: dict[str, Origin] = {}
        self._groups: dict[str, tuple[Bitext, list[Origin]]] = {}

    def keys(self, provenance: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
        """The keys of a statement's provenance, each once, in order."""
        return tuple(dict.fromkeys(self._origin(entry).key for entry in provenance))

    def groups(self) -> tuple[Group, ...]:
        """All keys given so far, groups in the order they first appeared."""
        return tuple(Group(heading, tuple(origins)) for heading, origins in self._groups.values())

    def _origin(self, entry: Mapping[str, Any]) -> Origin:
        identity = json.dumps(entry, sort_keys=True, ensure_ascii=False, default=str)
        if identity not in self._known:
            self._known[identity] = self._named(entry)
        return self._known[identity]

    def _named(self, entry: Mapping[str, Any]) -> Origin:
        page = self._wording.page
        if entry.get("discipline"):
            prefix = self._wording.short_key(entry["discipline"])
            heading = self._wording.label("disciplines", entry["discipline"])
            number = len(self._groups.get(prefix, (heading, []))[1]) + 1
            return self._kept(prefix, heading, Origin(f"{prefix}-{number}", _field(entry)))
        if entry.get("material"):
            material, leaf = str(entry["material"]), entry.get("page")
            key = material if leaf is None else f"{material}:{leaf}"
            return self._kept("M", page("materials"), Origin(key, "" if leaf is None else f"p. {leaf}"))
        key = str(entry["rule"]) if entry.get("rule") else "CH" if entry.get("chair") else "TX"
        return self._kept("X", page("origin_decided"), Origin(key, ""))

    def _kept(self, group: str, heading: Bitext, origin: Origin) -> Origin:
        """The origin, listed once even when several entries (two statements of the chair) share its key."""
        listed = self._groups.setdefault(group, (heading, []))[1]
        if origin not in listed:
            listed.append(origin)
        return origin


def _field(entry: Mapping[str, Any]) -> str:
    """ "er_pct = 80 · r1", "answers[1] · r2": rows count from 1, r is the revision of the input."""
    field, row, value, revision = (entry.get(key) for key in ("field", "row", "value", "revision"))
    detail = str(field or "")
    if isinstance(row, int):
        detail += f"[{row + 1}]"
    if isinstance(value, (str, int, float)) and value != "" and len(str(value)) <= LONGEST_VALUE:
        detail += f" = {value}"
    if revision is not None:
        detail += f" · r{revision}"
    return detail.strip(" ·")


def words_joined(parts: Iterable[Bitext], separator: str | None = None) -> Bitext:
    """Texts in a row; without a separator a comma of each language stands between them."""
    present = list(parts)
    english, chinese = (", ", "，") if separator is None else (separator, separator)
    return Bitext(
        english.join(part.en for part in present if part.en),
        chinese.join(part.zh for part in present if part.zh),
    )
