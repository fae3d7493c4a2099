"""How one text in two languages becomes HTML: each part with its language, values isolated, order chosen."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.documents.typography import breakable, isolate, printed_date, printed_moment

HTML_LANGUAGE = {"en": "en", "zh": "zh-CN"}


@dataclass(frozen=True)
class Voices:
    """The language that leads on this paper and the one that follows."""

    first: Language
    second: Language

    @classmethod
    def leading(cls, language: Language) -> Voices:
        return cls(language, "zh" if language == "en" else "en")

    def said(self, text: Bitext | None, language: Language, cls: str = "") -> Markup:
        """The text in exactly this language as a span; nothing when it is missing."""
        words = getattr(text, language) if text else ""
        if not words.strip():
            return Markup("")
        attribute = Markup(' class="{}"').format(cls) if cls else Markup("")
        return Markup('<span lang="{}"{}>{}</span>').format(
            HTML_LANGUAGE[language], attribute, isolate(words)
        )

    def lead(self, text: Bitext | None) -> Markup:
        """In the leading language, or in the other where that one is missing."""
        return self.said(text, self.first) or self.said(text, self.second)

    def follow(self, text: Bitext | None) -> Markup:
        """In the following language; nothing when it is missing, already led, or the same."""
        if text is None or not getattr(text, self.first).strip() or text.en == text.zh:
            return Markup("")
        return self.said(text, self.second, "second")

    def inline(self, text: Bitext | None) -> Markup:
        """Both on one line, the following one quieter."""
        lead, follow = self.lead(text), self.follow(text)
        return Markup("{} {}").format(lead, follow) if follow else lead

    def stacked(self, text: Bitext | None) -> Markup:
        """Both, one under the other, for narrow cells."""
        lead, follow = self.lead(text), self.follow(text)
        return Markup("{}<br>{}").format(lead, follow) if follow else lead

    def date(self, written: object) -> Markup:
        """A date in both languages, side by side."""
        return self.inline(Bitext(printed_date(written, "en"), printed_date(written, "zh")))

    def day(self, written: object) -> str:
        """A date in the leading language only."""
        return printed_date(written, self.first)

    def moment(self, written: object) -> str:
        return printed_moment(written, self.first)

    def tag(self, language: Language) -> str:
        return HTML_LANGUAGE[language]


def name_of(person: dict[str, object]) -> Markup:
    """A person's name in Latin and in Chinese letters, each kept from turning the other round."""
    latin, chinese = str(person.get("name") or ""), str(person.get("name_zh") or "")
    parts = [named(latin)] if latin else []
    if chinese and chinese != latin:
        parts.append(Markup('<span lang="zh-CN">{}</span>').format(chinese))
    return Markup(" ").join(parts)


def named(name: object) -> Markup:
    """A name as it is written, in its own direction."""
    return Markup('<bdi class="long">{}</bdi>').format(breakable(str(name or "")))
