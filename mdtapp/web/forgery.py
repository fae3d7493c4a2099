"""Requests another site makes a browser send: refused without our token, and when the browser names that site."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request
from flask_wtf.csrf import CSRFError, CSRFProtect

from mdtapp.config import Settings
from mdtapp.web.interfaces import is_for_programs
from mdtapp.web.transactions import SAFE_METHODS

OTHER_SITES = {"cross-site", "same-site"}


def init_app(app: Flask, settings: Settings) -> None:
    # The library would ask for a Referer on https, which our own Referrer-Policy keeps from being sent.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # bound to the session, which ends by itself
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    protection = CSRFProtect(app)
    public_origin = _origin(settings.base_url)

    @app.before_request
    def _refuse_other_sites() -> None:
        if request.method in SAFE_METHODS:
            return
        named = request.headers.get("Origin", "null")
        foreign = named != "null" and named not in {public_origin, _origin(request.host_url)}
        if foreign or request.headers.get("Sec-Fetch-Site") in OTHER_SITES:
            raise CSRFError("The request comes from another site.")
        # A program sends no form: what it sends (multipart/related) no page of another site can send unasked.
        if request.endpoint and not is_for_programs(request.path):
            protection.protect()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
