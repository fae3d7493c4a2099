"""The committed fonts hold what an opinion is written with, in both weights, under their own name."""

from __future__ import annotations

from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from mdtapp.documents.assets import FONTS, own_assets

ALPHABETS = "AZaz09 Łódź Šğışžñßéü Нгуен Қасымов Сәбитұлы Ελλάδα Nguyễn Thị Hường"
SIGNS = "≤≥±×°%µμ·–—…“”‘’«»•●○→←↑↓✓²³⁹₂½℃№①Ⅱ（），。；：、《》？！～"


def gb2312() -> set[str]:
    pairs = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    return {pair.decode("gb2312", "ignore") for pair in pairs} - {""}


def font(name: str) -> TTFont:
    return TTFont(BytesIO(own_assets()[f"asset:{name}"][0]))


@pytest.mark.parametrize("name", FONTS)
def test_characters(name: str) -> None:
    held = set(map(chr, font(name).getBestCmap()))
    assert (gb2312() | set(ALPHABETS) | set(SIGNS)) - held == set()
    assert len(gb2312()) == 6763


@pytest.mark.parametrize(("name", "weight"), list(zip(FONTS, (400, 700), strict=True)))
def test_is_ours_by_name_and_small(name: str, weight: int) -> None:
    opened = font(name)
    assert opened["name"].getDebugName(1) == "MDT Sans SC"
    assert "Open Font License" in opened["name"].getDebugName(13)
    assert opened["OS/2"].usWeightClass == weight
    assert len(own_assets()[f"asset:{name}"][0]) < 2_600_000
