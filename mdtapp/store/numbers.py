"""Numbers as requests bring them: keys and versions that a database can hold, or nothing."""

from __future__ import annotations

LARGEST = 2**31 - 1  # INTEGER on PostgreSQL


def whole_number(text: str | None) -> int | None:
    """`"12"` as 12; None for anything else, `"²"` and a number of a hundred digits included."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    number = int(text)
    return number if number <= LARGEST else None
