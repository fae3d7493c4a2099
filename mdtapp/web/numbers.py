"""Numbers in addresses: `<int:…>` matches what a key can be, so that a larger one is simply no page."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from mdtapp.store.numbers import LARGEST


class KeyConverter(IntegerConverter):
    """The integer converter with the largest key as its limit."""

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int = LARGEST) -> None:  # noqa: A002  the library's names
        super().__init__(map, fixed_digits, min, max)


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = KeyConverter
