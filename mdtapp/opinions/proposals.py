"""The sentences that follow from the signed inputs now, beside what became of them in the chair's text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.drafting.statement import Draft
from mdtapp.opinions.models import Opinion, Statement
from mdtapp.store.types import canonical_json


@dataclass(frozen=True, slots=True)
class Proposal:
    """A drafted sentence; `row` is the statement made of it, dropped or not, None when the text has none."""

    key: str
    section: str
    drafted: Mapping[str, Any]
    row: Statement | None

    @property
    def text(self) -> Bitext:
        return Bitext.of(self.drafted["text"])

    @property
    def provenance(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.drafted["provenance"]
        return found

    @property
    def used(self) -> bool:
        return self.row is not None and not self.row.dropped_reason


def proposals(opinion: Opinion, draft: Draft) -> dict[str, list[Proposal]]:
    """Every drafted sentence by section, in the draft's order."""
    rows: dict[str, Statement] = {}
    for row in opinion.statements:
        key = key_of(row.original.as_json(), row.provenance)
        if key not in rows or rows[key].dropped_reason:
            rows[key] = row
    found: dict[str, list[Proposal]] = {}
    for section in draft.as_json()["sections"]:
        for drafted in section["statements"]:
            key = key_of(drafted["text"], drafted["provenance"])
            proposal = Proposal(key, section["key"], drafted, rows.get(key))
            found.setdefault(section["key"], []).append(proposal)
    return found


def find_proposal(opinion: Opinion, draft: Draft, key: str) -> Proposal | None:
    """The drafted sentence of that key; None when the inputs do not say it any more."""
    every = (one for row in proposals(opinion, draft).values() for one in row)
    return next((one for one in every if one.key == key), None)


def key_of(text: Mapping[str, str], provenance: list[Any]) -> str:
    """Names a sentence by what it says and what it rests on."""
    return hashlib.sha256(canonical_json([text, provenance]).encode()).hexdigest()[:20]
