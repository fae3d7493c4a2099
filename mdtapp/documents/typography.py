"""How values and dates are set: kept in reading order, kept on one line, written as each language writes them."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from mdtapp.clinical.bitext import Language
from mdtapp.clinical.dates import read_date

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")

_DATE = rf"\d{{1,2}} (?:{'|'.join(MONTHS)})[a-z]{{0,6}} \d{{4}}|\d{{4}}-\d{{2}}-\d{{2}}|\d{{4}}年\d{{1,2}}月(?:\d{{1,2}}日)?"
_PREFIX = r"(?:y?[cp]|r|a)?"
_TNM = (
    rf"{_PREFIX}T(?:is|[xX]|[0-4][a-d]?)(?:[ ]?{_PREFIX}N(?:[xX]|[0-3][a-c]?))?(?:[ ]?{_PREFIX}M(?:[xX]|[01][a-d]?))?"
    rf"|{_PREFIX}N(?:[xX]|[0-3][a-c]?)(?:[ ]?{_PREFIX}M(?:[xX]|[01][a-d]?))?"
    rf"|{_PREFIX}M(?:[xX]|[01][a-d]?)"
)
_GROUP = r"(?:IV|II{1,2})[ABC]?\d?|I[ABC]\d?"
_MARKER = r"(?:(?:Ki-67|[A-Z][A-Z0-9]{1,7}(?:-[A-Z0-9]{1,4})?)(?: (?:TPS|CPS|IC))?[ ])?"
_NUMBER = r"\d+(?:[.,]\d+)*"
_UNIT = r"(?:%|\+|°C|℃|(?:[munpµμ]?(?:g|L|l|m|mol)|[ck]?Gy|cm|kg|dL|[MG]?Bq|IU|mIU|U|days?|weeks?|months?|years?)(?:/(?:\d*[A-Za-z]{1,4}[²³23]?|\d+))*)"
_VALUE = rf"{_MARKER}(?:[<>≤≥±~≈＜＞][ ]?)?{_NUMBER}(?:[ ]?[–—−/×x-][ ]?{_NUMBER})*(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]+(?:/L)?)?(?:[ ]?{_UNIT})?"
_TOKEN = re.compile(rf"(?<![A-Za-z0-9.])(?:{_DATE}|(?:{_TNM}|{_GROUP}|{_VALUE})(?![A-Za-z0-9]))")

# A longer value may break over lines, so that it never runs out of its column.
LONGEST_UNBROKEN = 18
_SHORT = Markup('<bdi dir="ltr">{}</bdi>')
# Everything before the East Asian blocks, whose text breaks between any two characters.
_LONG_WORD = re.compile(r"[^\s\u2e80-\uffff]{23,}")
_LONG = Markup('<bdi dir="ltr" class="long">{}</bdi>')


def isolate(text: str) -> Markup:
    """The text as HTML with every value, range, stage, dose and date in a `<bdi>` of its own.

    Without it a right-to-left name or word next to "HER2 3+" or "2.4–3.0" turns the figures round.
    """
    parts: list[Markup] = []
    end = 0
    for token in _TOKEN.finditer(text):
        value = token.group()
        frame = _SHORT if len(value) <= LONGEST_UNBROKEN else _LONG
        parts += [breakable(text[end : token.start()]), frame.format(value)]
        end = token.end()
    return Markup("").join([*parts, breakable(text[end:])])


def breakable(text: str) -> Markup:
    """The text as HTML; a word longer than a column is wide may break anywhere.

    Only such words may: the style sheet cannot allow it everywhere, because WeasyPrint then also breaks
    Chinese before a comma.
    """
    parts: list[Markup] = []
    end = 0
    for word in _LONG_WORD.finditer(text):
        parts += [
            escape(text[end : word.start()]),
            Markup('<span class="word">{}</span>').format(word.group()),
        ]
        end = word.end()
    return Markup("").join([*parts, escape(text[end:])])


def printed_date(written: object, language: Language) -> str:
    """`2026-11-18` as "18 Nov 2026" or "2026年11月18日"; a month or year alone likewise; else as written."""
    if written is None or written == "":
        return ""
    match = _ISO.match(str(written))
    if match is None or read_date(match.group()) is None:
        return str(written)
    year, month, day = match.groups()
    if language == "zh":
        return f"{year}年" + (f"{int(month)}月" if month else "") + (f"{int(day)}日" if day else "")
    return " ".join(
        part for part in (str(int(day)) if day else "", MONTHS[int(month) - 1] if month else "", year) if part
    )


def printed_moment(written: object, language: Language) -> str:
    """`2026-11-18T10:20:00+08:00` as "18 Nov 2026, 10:20 UTC+8"; the zone is the one written."""
    match = re.fullmatch(
        r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?", str(written or "")
    )
    if match is None:
        return printed_date(written, language)
    day, clock, zone = match.groups()
    comma = " " if language == "zh" else ", "
    return f"{printed_date(day, language)}{comma}{clock} {_zone(zone)}".rstrip()


def _zone(offset: str | None) -> str:
    if offset is None:
        return ""
    if offset in ("Z", "+00:00", "-00:00", "+0000"):
        return "UTC"
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    return f"UTC{'−' if offset[0] == '-' else '+'}{hours}" + (f":{minutes:02d}" if minutes else "")


def grouped(hexadecimal: str, groups: int = 3, size: int = 4) -> str:
    """The first characters of a hash, in groups a person can compare: "9f2c 4a7b e01d"."""
    return " ".join(hexadecimal[index * size : (index + 1) * size] for index in range(groups)).strip()
