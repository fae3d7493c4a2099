"""Labels of the catalogue for templates: choices, disciplines, sections, result classes."""

from __future__ import annotations

from flask import Flask

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue


def choice_label(choice_set: str, code: str | None) -> Bitext:
    """The label of a stored code; empty for no code."""
    return catalogue().label(choice_set, code) if code else Bitext()


def discipline_label(key: str) -> Bitext:
    """The name of a discipline; a key nobody defines any more speaks for itself."""
    found = catalogue().disciplines.get(key)
    return found.label if found else Bitext(key, key)


def discipline_short(key: str) -> str:
    """The two letters of a discipline's badge."""
    found = catalogue().disciplines.get(key)
    return found.short if found else key[:2].upper()


def discipline_field(discipline: str, key: str) -> Bitext:
    """The label of a field of a discipline; the key itself when nobody defines it any more."""
    found = catalogue().disciplines.get(discipline)
    return found.field(key).label if found and found.has(key) else Bitext(key, key)


def section_label(key: str) -> Bitext:
    """The heading of an opinion's section."""
    return next((section.label for section in catalogue().sections if section.key == key), Bitext(key, key))


def result_label(code: str) -> Bitext:
    """The words of a result class; empty for none."""
    found = catalogue().result_classes.get(code)
    return found.label if found else Bitext()


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        choice_label=choice_label,
        discipline_field=discipline_field,
        discipline_label=discipline_label,
        discipline_short=discipline_short,
        section_label=section_label,
        result_label=result_label,
    )
