"""How much a request may bring: a form's worth, and more only where files are taken, from those who may send them.

The ceiling is set before anything reads the body, since looking for the token against forgery reads a form.
"""

from __future__ import annotations

from flask import Flask, g, request

from mdtapp.people.access import may
from mdtapp.web.login import signed_in

LARGEST_FORM = 4_000_000


def init_app(app: Flask) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        MAX_FORM_PARTS=5_000,
    )

    @app.before_request
    def _raise_ceiling() -> None:
        guard = g.guard
        if guard is None or guard.body is None:
            return
        user = signed_in(optional=True) if guard.permission else None
        if guard.permission is None or (user is not None and may(user, guard.permission)):
            request.max_content_length = guard.body
