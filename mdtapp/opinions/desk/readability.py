"""How hard a text is to read: pure functions, no dictionary.

English: Flesch-Kincaid grade level, 0.39 words/sentences + 11.8 syllables/words - 15.59 (Kincaid, Fishburne, Rogers,
Chissom: Derivation of new readability formulas for Navy enlisted personnel, Research Branch Report 8-75, 1975).
Syllables are counted by rule, which is right for about nine words in ten.
中文: the median number of characters of a sentence.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable
from typing import Final

LARGEST_GRADE: Final = 6.0
"""For the patient part (model.md section 5)."""
LONGEST_SENTENCE_ZH: Final = 40

_WORD: Final = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
_SENTENCE_END: Final = re.compile(r"[.!?;:]+(?:\s|$)|\n+")
_VOWELS: Final = re.compile(r"[aeiouy]+")
_SILENT: Final = re.compile(
    r"(?<![^aeiouy]l)e$|(?<![sxzcg])(?<![cs]h)(?<![^aeiouy]l)es$|(?<![dt])(?<![^aeiouy]l)ed$"
)
_TWO_VOWELS: Final = re.compile(r"(?<![tsc])i[ao]")
_SENTENCE_END_ZH: Final = re.compile(r"[。！？；!?;\n]+")
_COUNTED_ZH: Final = re.compile(r"[\u3400-\u9fff]|[A-Za-z0-9]+")


def reading_grade(text: str) -> float | None:
    """The school grade that reads the English text with ease, at least 0; None for a text without words."""
    sentences = [words for part in _SENTENCE_END.split(text) if (words := _WORD.findall(part))]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return None
    syllables = sum(map(syllables_of, words))
    grade = 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
    return max(0.0, round(grade, 1))


def syllables_of(word: str) -> int:
    """Syllables of an English word: groups of vowels, less a silent e, and one more for the io of radio; an abbreviation is spelt letter by letter."""
    if len(word) > 1 and word.isupper():
        return len(word)
    plain = re.sub(r"['’]", "", word.lower())
    count = len(_VOWELS.findall(plain)) + len(_TWO_VOWELS.findall(plain))
    if count > 1 and _SILENT.search(plain):
        count -= 1
    return max(1, count)


def sentence_length_zh(text: str) -> int | None:
    """The median length of the Chinese sentences; a word or number in Latin script counts as one. None without any."""
    lengths = [len(found) for part in _SENTENCE_END_ZH.split(text) if (found := _COUNTED_ZH.findall(part))]
    return round(statistics.median(lengths)) if lengths else None


def together(texts: Iterable[str]) -> str:
    """Sentences of their own as one text."""
    return "\n".join(texts)
