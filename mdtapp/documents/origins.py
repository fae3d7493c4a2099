"""Short keys for where statements come from ("PA-3", "M2", "X14"), and the list that explains them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.documents.wording import Wording

LONGEST_VALUE = 40


@dataclass(frozen=True)
class Origin:
    """One entry of the list: the key as printed behind statements, and what it stands for."""

    key: str
    source: Bitext
    detail: str
    group: str


class Origins:
    """Gives each distinct provenance entry its key, in the order the document first needs it."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._known: dict[str, Origin] = {}
        self._counts: dict[str, int] = {}

    def keys(self, provenance: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
        """The keys of a statement's provenance, each once, in order."""
        return tuple(dict.fromkeys(self._origin(entry).key for entry in provenance))

    def listed(self) -> list[Origin]:
        """Grouped by what stands before the number, groups in the order they first appear."""
        groups: dict[str, list[Origin]] = {}
        for origin in dict.fromkeys(self._known.values()):
            groups.setdefault(origin.group, []).append(origin)
        return [origin for group in groups.values() for origin in group]

    def _origin(self, entry: Mapping[str, Any]) -> Origin:
        identity = json.dumps(entry, sort_keys=True, ensure_ascii=False, default=str)
        if identity not in self._known:
            self._known[identity] = self._named(entry)
        return self._known[identity]

    def _named(self, entry: Mapping[str, Any]) -> Origin:
        words = self._wording
        if entry.get("discipline"):
            return self._field(entry)
        if entry.get("material"):
            material, page = str(entry["material"]), entry.get("page")
            detail = "" if page is None else f"p. {page}"
            return Origin(
                f"{material}:{page}" if page else material,
                words.page("origin_record"),
                f"{material} {detail}",
                "M",
            )
        if entry.get("rule"):
            return Origin(str(entry["rule"]), words.page("origin_rule"), str(entry["rule"]), "X")
        if entry.get("chair"):
            return Origin("CH", words.page("origin_chair"), "", "CH")
        return Origin("TX", words.page("origin_template"), "", "TX")

    def _field(self, entry: Mapping[str, Any]) -> Origin:
        """ "PA-5": "Pathology 病理科", "er_pct = 80 · r1"; rows count from 1, r is the revision of the input."""
        prefix = self._wording.short_key(entry["discipline"])
        self._counts[prefix] = self._counts.get(prefix, 0) + 1
        field, row, value, revision = (entry.get(key) for key in ("field", "row", "value", "revision"))
        detail = str(field or "")
        if isinstance(row, int):
            detail += f"[{row + 1}]"
        if isinstance(value, (str, int, float)) and value != "" and len(str(value)) <= LONGEST_VALUE:
            detail += f" = {value}"
        if revision is not None:
            detail += f" · r{revision}"
        label = self._wording.label("disciplines", entry["discipline"])
        return Origin(f"{prefix}-{self._counts[prefix]}", label, detail.strip(" ·"), prefix)


def words_joined(parts: Iterable[Bitext], separator: str | None = None) -> Bitext:
    """Texts in a row; without a separator a comma of each language stands between them."""
    present = list(parts)
    english, chinese = (", ", "，") if separator is None else (separator, separator)
    return Bitext(
        english.join(part.en for part in present if part.en),
        chinese.join(part.zh for part in present if part.zh),
    )
