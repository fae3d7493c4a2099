"""Dates of a record, which may be known to the day, the month or only the year."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

_WRITTEN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T.*)?")


@dataclass(frozen=True, slots=True)
class RecordDate:
    """The first and the last day a written date can mean; equal when the day is known."""

    first: date
    last: date


def read_date(written: object) -> RecordDate | None:
    """`2026-10-12`, `2026-10` or `2026`; None for anything else, impossible days included."""
    match = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        return _span(year or 0, month, day)
    except ValueError:
        return None


def _span(year: int, month: int | None, day: int | None) -> RecordDate:
    first = date(year, month or 1, day or 1)
    last_month = month or 12
    last = date(year, last_month, day or calendar.monthrange(year, last_month)[1])
    return RecordDate(first, last)


def is_older_than(written: object, days: int, meeting_on: date | None) -> bool:
    """Whether a date lies more than `days` before the meeting; False when either is not known."""
    known = read_date(written)
    if known is None or meeting_on is None:
        return False
    return (meeting_on - known.last).days > days
