"""Throttling, in memory for one process or in Redis for several."""

from __future__ import annotations

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user

from mdtapp.config import Settings

limiter = Limiter(get_remote_address, strategy="moving-window")


def was_refused(response: Response) -> bool:
    """For limits that count wrong tries only."""
    return response.status_code in {401, 404, 422}


def _person() -> str:
    return f"user:{current_user.get_id()}"


password_again = limiter.shared_limit(
    "10 per 5 minutes", scope="password_again", key_func=_person, deduct_when=was_refused
)
"""For every route that asks a signed-in person for the password: an unattended screen is no place for guessing."""


def init_app(app: Flask, settings: Settings) -> None:
    app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url or "memory://"
    app.config.setdefault("RATELIMIT_ENABLED", True)
    limiter.init_app(app)
