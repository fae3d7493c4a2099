"""Which language of a free text is still to be written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mdtapp.clinical.bitext import LANGUAGES, Bitext, Language
from mdtapp.disciplines.definitions import Field, FieldType

NAMES = frozenset(
    {
        "clone", "escat", "gene", "germline_gene", "guideline_ref", "hgvs", "icdo_morphology", "latin", "lesion_id",
        "marker", "name_zh", "pinyin", "registry_id",
    }
)  # fmt: skip
"""Fields that hold a name or a code: it stays as it is in every language."""

_HAN = re.compile("[\u3400-\u9fff]")
_ENGLISH_WORD = re.compile(r"[A-Za-z][a-z]{3,}")


def untranslated(field: Field, value: Any, language: Language) -> bool:
    """Whether the value, printed in a sentence of `language`, would be in other words than that language's."""
    if field.type == FieldType.BITEXT:
        return language in Bitext.of(value).missing() if isinstance(value, Mapping | str) else False
    if field.type not in (FieldType.TEXT, FieldType.LONGTEXT) or field.pattern or field.key in NAMES:
        return False
    return isinstance(value, str) and is_foreign(value, language)


def is_foreign(text: str, language: Language) -> bool:
    """Whether a text without a language of its own has words of the other one only. Codes and numbers have none."""
    chinese, english = bool(_HAN.search(text)), bool(_ENGLISH_WORD.search(text))
    return english and not chinese if language == "zh" else chinese and not english


def in_order(languages: Iterable[Language]) -> tuple[Language, ...]:
    """Each once, English first."""
    found = set(languages)
    return tuple(language for language in LANGUAGES if language in found)


def missing(*texts: Bitext) -> tuple[Language, ...]:
    """The languages that any of the texts lacks."""
    return in_order(language for text in texts for language in text.missing())
