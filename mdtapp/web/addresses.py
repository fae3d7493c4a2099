"""What an address may hold: keys a table can have, and no characters a database refuses."""

from __future__ import annotations

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter, Map

from mdtapp.store.numbers import LARGEST


class KeyConverter(IntegerConverter):
    """`<int:…>` as ASCII digits up to the largest key; anything else is simply no page."""

    regex = "[0-9]+"

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int = LARGEST) -> None:  # noqa: A002  the library's names
        super().__init__(map, fixed_digits, min, max)


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = KeyConverter

    @app.before_request
    def _refuse_nul() -> None:
        """PostgreSQL knows no text with NUL, and nobody types one. A token is only ever looked up hashed,
        and every bad link must get the recipient's own page."""
        parts = request.view_args or {}
        if any("\0" in str(value) for name, value in parts.items() if name != "token"):
            abort(404)
        if any("\0" in value for value in request.args.values()):
            abort(400)
