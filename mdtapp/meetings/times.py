"""Local times: which moment a date and a clock time mean, and whether there is one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid


def moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The moment in UTC; Invalid where the clocks skip that time or show it twice (PEP 495)."""
    first = datetime.combine(day, clock, zone)
    second = first.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == first.replace(tzinfo=None):
        sentence = Bitext(
            f"The clocks go back that night, so {clock:%H:%M} comes twice. Choose another time.",
            f"当晚时钟回拨，{clock:%H:%M}会出现两次，请另选时间。",
        )
    else:
        sentence = Bitext(
            f"The clocks go forward that night, so {clock:%H:%M} does not exist. Choose another time.",
            f"当晚时钟拨快，{clock:%H:%M}不存在，请另选时间。",
        )
    raise Invalid(sentence, fields={"time": sentence})


def overlap(start: datetime, minutes: int, other_start: datetime, other_minutes: int) -> bool:
    """Whether two meetings share a minute; one may begin when the other ends."""
    return start < other_start + timedelta(minutes=other_minutes) and other_start < start + timedelta(
        minutes=minutes
    )
