"""Which language the page speaks: the person's own choice, then the cookie, then the browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request
from flask import session as cookie
from flask_babel import Babel

from mdtapp.clinical.bitext import LANGUAGES, Bitext, Language

COOKIE_KEY = "language"


def current_language() -> Language:
    chosen = cookie.get(COOKIE_KEY)
    if chosen in LANGUAGES:
        return "zh" if chosen == "zh" else "en"
    best = request.accept_languages.best_match(["en", "zh", "zh-CN"], default="en") if request else "en"
    return "zh" if best.startswith("zh") else "en"


def set_cookie_language(language: str) -> None:
    cookie[COOKIE_KEY] = "zh" if language == "zh" else "en"


def sentence(bitext: Bitext) -> str:
    """The sentence in the language of the page."""
    return bitext.in_language(current_language())


def safe_return_path(path: str | None) -> str | None:
    """A path inside this site, or None: an outside address is never followed."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or "\\" in path:
        return None
    parts = urlsplit(path)
    return None if parts.scheme or parts.netloc or any(c in path for c in "\r\n\t") else path


def init_app(app: Flask) -> None:
    Babel(
        app,
        default_locale="en",
        locale_selector=lambda: "zh_Hans" if current_language() == "zh" else "en",
        default_translation_directories="translations",
    )
    app.jinja_env.globals["current_language"] = current_language
