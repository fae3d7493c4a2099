"""Local times and what they mean."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from mdtapp.errors import Invalid
from mdtapp.meetings.times import moment, overlap

BERLIN, SHANGHAI, HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai"), ZoneInfo("Australia/Lord_Howe")


@pytest.mark.parametrize(
    ("day", "clock", "zone", "expected"),
    [
        (date(2026, 3, 12), time(14, 0), SHANGHAI, datetime(2026, 3, 12, 6, 0, tzinfo=UTC)),
        (date(2026, 3, 12), time(14, 0), BERLIN, datetime(2026, 3, 12, 13, 0, tzinfo=UTC)),
        (date(2026, 7, 12), time(14, 0), BERLIN, datetime(2026, 7, 12, 12, 0, tzinfo=UTC)),
        (date(2026, 3, 29), time(1, 59), BERLIN, datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (date(2026, 3, 29), time(3, 0), BERLIN, datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (date(2026, 10, 25), time(3, 0), BERLIN, datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
        (date(2026, 10, 25), time(1, 59), BERLIN, datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
    ],
)
def test_moment(day: date, clock: time, zone: ZoneInfo, expected: datetime) -> None:
    assert moment(day, clock, zone) == expected


@pytest.mark.parametrize(
    ("day", "clock", "zone"),
    [
        (date(2026, 3, 29), time(2, 0), BERLIN),
        (date(2026, 3, 29), time(2, 59), BERLIN),
        (date(2026, 10, 4), time(2, 15), HOWE),
    ],
)
def test_a_time_that_the_clocks_skip_is_refused(day: date, clock: time, zone: ZoneInfo) -> None:
    with pytest.raises(Invalid, match="does not exist") as refusal:
        moment(day, clock, zone)
    assert "不存在" in refusal.value.fields["time"].zh


@pytest.mark.parametrize("clock", [time(2, 0), time(2, 59)])
def test_a_time_that_comes_twice_is_refused(clock: time) -> None:
    with pytest.raises(Invalid, match="comes twice"):
        moment(date(2026, 10, 25), clock, BERLIN)


AT_TWO = datetime(2026, 3, 12, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "minute", "minutes", "shared"),
    [
        (14, 0, 60, True),
        (14, 30, 10, True),
        (13, 30, 60, True),
        (13, 0, 180, True),
        (15, 0, 60, False),
        (13, 0, 60, False),
        (14, 59, 5, True),
    ],
)
def test_overlap(hour: int, minute: int, minutes: int, shared: bool) -> None:
    other = AT_TWO.replace(hour=hour, minute=minute)
    assert overlap(AT_TWO, 60, other, minutes) is shared
    assert overlap(other, minutes, AT_TWO, 60) is shared
