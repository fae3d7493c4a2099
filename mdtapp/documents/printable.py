"""Whether a text can be printed at all: no hidden characters, a glyph for each one, a length one can read.

A document that lacks a letter is worse than none, so it is refused, and the refusal names the statement.
"""

from __future__ import annotations

import subprocess
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import Any

from fontTools.ttLib import TTFont

from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.plain_text import forbidden_characters
from mdtapp.documents.assets import own_assets
from mdtapp.errors import Invalid, TooLarge

# Named in the style sheet too; asked for in this order where our own font lacks a character.
FALLBACKS = (
    "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Thai", "Noto Sans Devanagari", "Noto Sans Armenian",
    "Noto Sans Georgian", "Noto Sans CJK SC",
)  # fmt: skip
LONGEST_TEXT = 20_000
LONGEST_DOCUMENT = 300_000
# Set by layout, not by a glyph.
WITHOUT_GLYPH = frozenset("\n\r\t")


def check_printable(
    frozen: Mapping[str, Any], signatures: Sequence[Mapping[str, Any]], watermark: Bitext | None
) -> None:
    """Raises `Invalid` or `TooLarge` with the place of the first text that cannot be printed."""
    total = 0
    for place, text in _texts(frozen, signatures, watermark):
        total += len(text)
        _check_length(place, text, total)
        if hidden := forbidden_characters(text):
            raise Invalid(_refusal(place, hidden[0], "is a hidden control character", "是隐藏的控制字符"))
        if missing := _without_glyph(text):
            named = f"“{missing}” (U+{ord(missing):04X})"
            raise Invalid(_refusal(place, named, "is in none of the fonts", "不在任何字体中"))


def _check_length(place: Bitext, text: str, total: int) -> None:
    if len(text) > LONGEST_TEXT:
        raise TooLarge(
            Bitext(
                f"{place.en} is too long to print: {len(text)} characters, at most {LONGEST_TEXT}. Shorten it.",
                f"{place.zh}过长，无法打印：共{len(text)}字，最多{LONGEST_TEXT}字。请缩短。",
            )
        )
    if total > LONGEST_DOCUMENT:
        raise TooLarge(
            Bitext(
                f"The opinion is too long to print: more than {LONGEST_DOCUMENT} characters. Shorten its statements.",
                f"意见书过长，无法打印：超过{LONGEST_DOCUMENT}字。请缩短各条陈述。",
            )
        )


def _refusal(place: Bitext, character: str, why: str, why_zh: str) -> Bitext:
    return Bitext(
        f"{place.en} cannot be printed: {character} {why}. Replace this character.",
        f"{place.zh}无法打印：{character}{why_zh}。请替换该字符。",
    )


def _texts(
    frozen: Mapping[str, Any], signatures: Sequence[Mapping[str, Any]], watermark: Bitext | None
) -> Iterator[tuple[Bitext, str]]:
    """Every string that may reach the page, with the place it comes from."""
    for section in frozen.get("sections") or []:
        for statement in section.get("statements") or []:
            number = statement.get("number") or "?"
            yield from _strings(statement, Bitext(f"Statement {number}", f"第{number}条"))
    for key, value in frozen.items():
        if key != "sections":
            yield from _strings(value, Bitext(f"The part “{key}” of the opinion", f"意见书的“{key}”部分"))
    yield from _strings([dict(signature) for signature in signatures], Bitext("A signature", "签名"))
    if watermark is not None:
        yield from _strings(watermark.as_json(), Bitext("The watermark", "水印"))


def _strings(value: Any, place: Bitext) -> Iterator[tuple[Bitext, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner, place)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _strings(inner, place)


def _without_glyph(text: str) -> str | None:
    """The first character no font can show."""
    for character in sorted(set(text) - WITHOUT_GLYPH - _own_characters()):
        composed = unicodedata.normalize("NFC", character)
        if not (set(composed) <= _own_characters() or character in _fallback_characters()):
            return character
    return None


@cache
def _own_characters() -> frozenset[str]:
    """What both weights of our font hold."""
    weights = [
        _characters(TTFont(BytesIO(content)))
        for name, (content, _) in own_assets().items()
        if name.endswith("ttf")
    ]
    return frozenset.intersection(*weights)


@cache
def _fallback_characters() -> frozenset[str]:
    """What the installed fallback fonts hold beyond ours; read only when a text needs it."""
    found: frozenset[str] = frozenset()
    for family in FALLBACKS:
        file, index, actual = _installed(family)
        if family in actual:
            with TTFont(file, fontNumber=index, lazy=True) as font:
                found |= _characters(font)
    return found


def _installed(family: str) -> tuple[str, int, str]:
    """(file, number inside a collection, family names) of the font fontconfig gives for a family."""
    query = ["fc-match", "--format=%{file}\n%{index}\n%{family}", family]
    answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout.split("\n")
    if len(answer) != 3:
        return "", 0, ""
    return answer[0], int(answer[1]) & 0xFFFF, answer[2]


def _characters(font: TTFont) -> frozenset[str]:
    return frozenset(map(chr, font.getBestCmap()))
