"""What is known to identify the patient, and whether a text holds any of it.

Meant to hide: a word too many costs a description, a word too few a person's privacy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

_PARTS = re.compile(r"[\s^=,.;/\\()]+")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
_ENCODINGS = (
    "utf-8",
    "gb18030",
    "utf-16-le",
    "utf-16-be",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "cp1251",
    "iso8859-5",
)
_ORDINARY = frozenset(
    [
        "anonymous",
        "anonymized",
        "anonymised",
        "anon",
        "patient",
        "phantom",
        "unknown",
        "none",
        "name",
        "test",
        "removed",
        "doctor",
        "prof",
        "the",
        "and",
        "von",
        "van",
        "der",
        "den",
        "del",
        "male",
        "female",
        "hospital",
        "clinic",
        "centre",
        "center",
        "image",
        "series",
        "study",
    ]
)


@dataclass(frozen=True)
class KnownIdentifiers:
    """`names` in any spelling, `numbers` (IDs, accession numbers), `birth_dates` as DICOM or ISO, whole `phrases`."""

    names: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    birth_dates: frozenset[str] = frozenset()
    phrases: frozenset[str] = frozenset()

    def joined(self, other: KnownIdentifiers) -> KnownIdentifiers:
        """Everything both know."""
        return KnownIdentifiers(
            self.names | other.names,
            self.numbers | other.numbers,
            self.birth_dates | other.birth_dates,
            self.phrases | other.phrases,
        )

    def found_in(self, text: str) -> bool:
        """Whether the text holds a part of a name, a number, the birth date or a phrase."""
        said = _plain(text)
        if any(word in said for word in self._anywhere):
            return True
        return self._standing_alone is not None and self._standing_alone.search(said) is not None

    def is_number_of(self, value: str) -> bool:
        """Whether a value that should be a measure is a number of the patient or their birth date, whole and long.

        A patient number such as 1024 is a rescale intercept, too, and without that an image says nothing.
        """
        return len(value) > 5 and value in self.numbers | {re.sub(r"\D", "", day) for day in self.birth_dates}

    def found_in_bytes(self, content: bytes) -> bool:
        """The same for bytes of unknown meaning; what is under five bytes long is not looked for there."""
        lowered = content.lower()
        return any(pattern in lowered for pattern in self._patterns)

    @cached_property
    def _words(self) -> frozenset[str]:
        parts = {part for name in self.names for part in _PARTS.split(_plain(name)) if part}
        return frozenset(part for part in parts if part not in _ORDINARY and not part.isdigit())

    @cached_property
    def _anywhere(self) -> frozenset[str]:
        """What counts wherever it stands: names in scripts without spaces, phrases, birth dates, whole names."""
        han = {word for word in self._words if _HAN.search(word) and len(word) > 1}
        han |= {"".join(_PARTS.split(_plain(group))) for name in self.names for group in name.split("=")}
        joined = {word for word in han if len(word) > (1 if _HAN.search(word) else 4)}
        phrases = {_plain(phrase) for phrase in self.phrases}
        return frozenset(
            joined
            | {phrase for phrase in phrases if len(phrase) > 4 and phrase not in _ORDINARY}
            | {form for day in self.birth_dates for form in _written(day)}
        )

    @cached_property
    def _standing_alone(self) -> re.Pattern[str] | None:
        """What counts only between other characters: names in letters, numbers."""
        words = {word for word in self._words if len(word) > 2 and not _HAN.search(word)}
        numbers = {_plain(number) for number in self.numbers}
        bare = {re.sub(r"[\W_]", "", number) for number in numbers}
        wanted = words | {number for number in numbers | bare if len(number) > (3 if number.isdigit() else 2)}
        if not wanted:
            return None
        alternatives = "|".join(sorted(map(re.escape, wanted), key=len, reverse=True))
        return re.compile(rf"(?<![^\W_])(?:{alternatives})(?![^\W_])")

    @cached_property
    def _patterns(self) -> frozenset[bytes]:
        numbers = {_plain(number) for number in self.numbers}
        texts = self._anywhere | self._words | numbers | self.names
        return frozenset(pattern for text in texts for pattern in _encoded(text) if len(pattern) > 4)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _written(day: str) -> Iterable[str]:
    """A date as people write it: 19670314, 1967-03-14, 14.03.1967, 3/14/1967, 1967年3月14日."""
    digits = re.sub(r"\D", "", day)
    if len(digits) != 8:
        return []
    year, month, date = digits[:4], digits[4:6], digits[6:]
    short = month.lstrip("0"), date.lstrip("0")
    forms = {
        digits,
        f"{date}{month}{year}",
        f"{year}年{short[0]}月{short[1]}日",
        f"{year}年{month}月{date}日",
    }
    for mark in "-./ ":
        for m, d in ((month, date), short):
            forms |= {mark.join((year, m, d)), mark.join((d, m, year)), mark.join((m, d, year))}
    return forms


def _encoded(text: str) -> Iterable[bytes]:
    for encoding in _ENCODINGS:
        try:
            yield text.encode(encoding).lower()
        except UnicodeEncodeError:
            continue
