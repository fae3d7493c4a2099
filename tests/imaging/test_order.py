"""Missing numbers, lossy images, the wrong side, and how old images are."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mdtapp.imaging.order import ImageFacts, age, gaps, remarks

NATIVE, BASELINE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"
MET, TODAY = date(2026, 11, 17), date(2026, 11, 1)


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ([], []),
        ([7], []),
        ([None, None], []),
        ([1, 2, 3], []),
        ([3, 1, 2, 2], []),
        ([1, 2, 5, 6], [(3, 4)]),
        ([1, 3, 4, 9], [(2, 2), (5, 8)]),
        ([2, 4, 6, 8], []),  # every second by habit
        ([2, 4, 8, 10], [(6, 6)]),
        ([None, 10, 12, 11, 15], [(13, 14)]),
    ],
)
def test_gaps(numbers: list[int | None], missing: list[tuple[int, int]]) -> None:
    assert gaps(numbers) == missing


def image(number: int = 1, syntax: str = NATIVE, **attributes: Any) -> ImageFacts:
    return ImageFacts(number, syntax, attributes)


@pytest.mark.parametrize(
    ("images", "series_side", "case_side", "said"),
    [
        ([image(1), image(2)], "", "left", []),
        ([image(1), image(2), image(5)], "", "left", ["Numbers are missing: 3–4."]),
        ([image(1, BASELINE), image(2)], "", "left", ["Lossy compression: 1 of 2 images."]),
        ([image(1, LossyImageCompression="01")], "", "left", ["Lossy compression: 1 of 1 images."]),
        ([image(1, LossyImageCompression="00")], "", "left", []),
        ([image()], "R", "left", ["Side: these images say right, the case says left."]),
        ([image()], "L", "left", []),
        ([image()], "R", "bilateral", []),
        ([image()], "U", "left", []),
        ([], "", "", []),
    ],
)
def test_remarks(images: list[ImageFacts], series_side: str, case_side: str, said: list[str]) -> None:
    found = remarks(images, series_side, case_side)
    assert [words.en for words in found] == said
    assert not any(words.missing() for words in found)


def test_many_gaps_are_not_all_named() -> None:
    numbers = [n for n in range(100) if n % 5]
    (words,) = remarks([image(n) for n in numbers], "", "")
    assert words.en == "Numbers are missing: 5, 10, 15, 20, 25 …."


@pytest.mark.parametrize(
    ("examined", "met", "said"),
    [
        (date(2026, 9, 1), MET, "77 days old at the meeting"),
        (date(2026, 10, 30), None, "2 days old today"),
        (date(2026, 12, 1), MET, "The examination is dated after the meeting."),
        (None, MET, ""),
    ],
)
def test_age(examined: date | None, met: date | None, said: str) -> None:
    assert age(examined, met, TODAY).en == said
