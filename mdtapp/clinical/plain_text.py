"""Which characters a clinical text may not hold: those that hide or reorder what is read."""

from __future__ import annotations

import re

# C0 and C1 controls except tab, line feed and carriage return; bidirectional marks, embeddings,
# overrides and isolates (Unicode UAX #9); line separators; the byte order mark.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff\ufffe\uffff]"
)


def forbidden_characters(text: str) -> list[str]:
    """The forbidden characters of `text` in order, as `U+202E`; empty when it is plain."""
    return [f"U+{ord(character):04X}" for character in _FORBIDDEN.findall(text)]
