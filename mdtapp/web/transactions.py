"""Commit once after a successful request, roll back otherwise; inside the view's own error handling."""

from __future__ import annotations

from typing import Any

from flask import Flask, make_response, request
from flask.typing import ResponseReturnValue

from mdtapp.store.db import session, unit_of_work
from mdtapp.web.guards import guard_of

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class TransactionalFlask(Flask):
    """Each request is one unit of work: what the answer promises is stored before it is sent."""

    def dispatch_request(self) -> ResponseReturnValue:
        if request.endpoint == "static":
            return super().dispatch_request()
        guard = guard_of(request.endpoint)
        writing = request.method not in SAFE_METHODS or bool(guard and guard.records)
        with unit_of_work(writing=writing):
            response: Any = make_response(super().dispatch_request())
            if response.status_code >= 400 or not writing:
                session.rollback()
            return response  # type: ignore[no-any-return]
