from datetime import date

import pytest

from mdtapp.clinical.dates import is_older_than, read_date

MEETING = date(2026, 11, 15)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2026-11-15", date(2026, 11, 15), date(2026, 11, 15)),
        ("2026-11-15T09:30:00Z", date(2026, 11, 15), date(2026, 11, 15)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("1979", date(1979, 1, 1), date(1979, 12, 31)),
    ],
)
def test_a_date_is_known_to_the_day_month_or_year(written, first, last):
    known = read_date(written)
    assert known is not None
    assert (known.first, known.last) == (first, last)


@pytest.mark.parametrize(
    "written", ["", "soon", "2026-13-01", "2026-02-30", "20261115", "0000", "15/11/2026", None, 2026]
)
def test_anything_else_is_not_known(written):
    assert read_date(written) is None


def test_older_than_counts_whole_days_to_the_meeting():
    assert is_older_than("2026-10-03", 42, MEETING)
    assert not is_older_than("2026-10-04", 42, MEETING)
    assert not is_older_than("2026-11-20", 42, MEETING)


def test_a_date_known_to_the_month_is_older_only_when_all_of_it_is():
    assert not is_older_than("2026-10", 14, date(2026, 11, 14))
    assert is_older_than("2026-10", 14, date(2026, 11, 15))


def test_without_date_or_meeting_nothing_is_older():
    assert not is_older_than(None, 1, MEETING)
    assert not is_older_than("2020-01-01", 1, None)
