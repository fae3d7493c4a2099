"""A text in English and Chinese, as every clinical label and statement is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Bitext:
    """One meaning in two languages; an empty string means "not written yet"."""

    en: str = ""
    zh: str = ""

    @classmethod
    def of(cls, value: Mapping[str, Any] | str | None) -> Bitext:
        """From stored JSON `{"en": …, "zh": …}`; a bare string is taken as English."""
        if value is None:
            return cls()
        if isinstance(value, str):
            return cls(en=value)
        return cls(en=str(value.get("en") or ""), zh=str(value.get("zh") or ""))

    def in_language(self, language: Language) -> str:
        """The text in `language`, or the other one where it is missing: never silently empty."""
        first, second = (self.en, self.zh) if language == "en" else (self.zh, self.en)
        return first or second

    def other(self, language: Language) -> str:
        """The text in the language that is not `language`; empty when that one is missing."""
        return self.zh if language == "en" else self.en

    def missing(self) -> list[Language]:
        """Languages still to be written; empty when there is no text at all."""
        if not self:
            return []
        return [language for language in LANGUAGES if not getattr(self, language).strip()]

    def as_json(self) -> dict[str, str]:
        return {"en": self.en, "zh": self.zh}

    def __bool__(self) -> bool:
        return bool(self.en.strip() or self.zh.strip())

    def __str__(self) -> str:
        return self.en or self.zh
