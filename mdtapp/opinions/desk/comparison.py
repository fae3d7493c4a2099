"""Two versions of a text side by side: what was added, dropped, moved, said otherwise, word by word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal

from mdtapp.clinical.bitext import LANGUAGES, Bitext, Language

Change = Literal["added", "dropped", "reworded", "moved", "other"]
Piece = tuple[Literal["same", "old", "new"], str]

_TOKEN: Final = re.compile(r"[\u3400-\u9fff]|\w+|\s+|[^\w\s]")
"""A Chinese character, a word, white space, a mark: what a reader sees as one."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One sentence that differs; `pieces` tells how, in each language, `reason` why it was dropped."""

    section: str
    change: Change
    before: Bitext
    after: Bitext
    pieces: Mapping[Language, Sequence[Piece]]
    reason: str = ""


def compare(before: Mapping[str, Any], after: Mapping[str, Any], order: Sequence[str]) -> list[Compared]:
    """The sentences that differ between two states of a text (`mdtapp.opinions.history`), in the order of the sections."""
    found: list[tuple[tuple[int, int], Compared]] = []
    moved = _moved(before, after)
    for key in (before.keys() | after.keys()) - {"result"}:
        old, new = _kept(before.get(key)), _kept(after.get(key))
        if old is None and new is None:
            continue
        change = _change(old, new, key in moved)
        if change is None:
            continue
        row = new or old
        assert row is not None
        one, two = Bitext.of(old and old["text"]), Bitext.of(new and new["text"])
        pieces = {
            language: word_by_word(getattr(one, language), getattr(two, language)) for language in LANGUAGES
        }
        reason = str((after.get(key) or {}).get("dropped_reason") or "") if new is None else ""
        place = (order.index(row["section"]) if row["section"] in order else len(order), int(row["position"]))
        found.append((place, Compared(row["section"], change, one, two, pieces, reason)))
    return [one for _place, one in sorted(found, key=lambda pair: pair[0])]


def word_by_word(before: str, after: str) -> list[Piece]:
    """The text in pieces that stayed, went and came, in reading order."""
    one, two = _TOKEN.findall(before), _TOKEN.findall(after)
    pieces: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(("same", "".join(one[a:b])))
            continue
        if a < b:
            pieces.append(("old", "".join(one[a:b])))
        if c < d:
            pieces.append(("new", "".join(two[c:d])))
    return pieces


def _kept(row: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return None if row is None or row["dropped_reason"] else row


def _change(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, moved: bool) -> Change | None:
    if old is None:
        return "added"
    if new is None:
        return "dropped"
    if old["text"] != new["text"]:
        return "reworded"
    if moved:
        return "moved"
    quiet = {"position", "needs_translation"}
    return "other" if any(old[key] != new[key] for key in old.keys() - quiet) else None


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    """Sentences of both versions that changed their section, or their place among those that stayed in it."""
    one, two = _order(before), _order(after)
    both = {key for row in one.values() for key in row} & {key for row in two.values() for key in row}
    stayed: set[str] = set()
    for section, row in one.items():
        was = [key for key in row if key in both]
        now = [key for key in two.get(section, ()) if key in both]
        for block in SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks():
            stayed.update(was[block.a : block.a + block.size])
    return frozenset(both - stayed)


def _order(state: Mapping[str, Any]) -> dict[str, list[str]]:
    """The sentences that stand in each section, in their order."""
    found: dict[str, list[str]] = {}
    kept = [(row["position"], int(key), key, row["section"]) for key, row in state.items() if key != "result"]
    for _position, _id, key, section in sorted(kept):
        if _kept(state[key]):
            found.setdefault(section, []).append(key)
    return found
