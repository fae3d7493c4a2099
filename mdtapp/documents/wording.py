"""The fixed words of a printed opinion, in both languages, from `wording.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from mdtapp.clinical.bitext import Bitext

Labels = dict[str, dict[str, Bitext]]


@dataclass(frozen=True)
class Wording:
    """Labels by group and code, and the two-letter key of each discipline."""

    labels: Labels
    short: dict[str, str] = field(default_factory=dict)

    def label(self, group: str, code: object) -> Bitext:
        """The label of a code; an unknown code prints as itself, readable, rather than vanish."""
        if code is None or code == "":
            return Bitext()
        known = self.labels.get(group, {}).get(str(code))
        readable = str(code).replace("_", " ")
        return known or Bitext(readable, readable)

    def page(self, key: str, **values: Bitext | str | int) -> Bitext:
        """A phrase of the page with its gaps filled; a Bitext value fills each language with its own."""
        phrase = self.labels["page"][key]
        return Bitext(_fill(phrase.en, values, "en"), _fill(phrase.zh, values, "zh"))

    def short_key(self, discipline: str) -> str:
        initials = "".join(word[:1] for word in discipline.split("_"))
        return self.short.get(discipline) or initials.upper()[:3] or "X"

    def with_labels(self, labels: Mapping[str, Any] | None) -> Wording:
        """A copy that also knows the labels `{group: {code: {"en","zh"}}}` a frozen opinion brings."""
        if not labels:
            return self
        added = {
            group: {code: Bitext.of(text) for code, text in codes.items()} for group, codes in labels.items()
        }
        groups = {*self.labels, *added} - {"page"}
        merged = {group: self.labels.get(group, {}) | added.get(group, {}) for group in groups}
        return Wording(merged | {"page": self.labels["page"]}, self.short)


def _fill(phrase: str, values: Mapping[str, Bitext | str | int], language: str) -> str:
    texts = {
        key: getattr(value, language) if isinstance(value, Bitext) else value for key, value in values.items()
    }
    return phrase.format_map(texts) if texts else phrase


@cache
def wording() -> Wording:
    """Read once per process."""
    source = (files("mdtapp.documents") / "wording.yaml").read_text(encoding="utf-8")
    groups: dict[str, dict[str, list[str]]] = yaml.safe_load(source)
    labels = {
        group: {str(code): Bitext(texts[0], texts[1]) for code, texts in codes.items()}
        for group, codes in groups.items()
    }
    short = {code: texts[2] for code, texts in groups["disciplines"].items()}
    return Wording(labels, short)
