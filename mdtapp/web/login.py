"""Flask-Login, behind one module: who is signed in, and when an idle session ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, overload

from flask import Flask, Request, Response, g
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, current_user

from mdtapp.clinical.bitext import Bitext
from mdtapp.config import Settings
from mdtapp.errors import Unauthenticated
from mdtapp.people.models import User
from mdtapp.people.queries import find_signed_in, find_token_owner
from mdtapp.web.clock import now
from mdtapp.web.interfaces import bearer_of


@overload
def signed_in() -> User: ...
@overload
def signed_in(*, optional: Literal[True]) -> User | None: ...
def signed_in(*, optional: bool = False) -> User | None:
    """The person who is signed in; Unauthenticated (or None when `optional`) otherwise."""
    user = current_user._get_current_object()
    if isinstance(user, User):
        return user
    if optional:
        return None
    raise Unauthenticated(Bitext("Please sign in to continue.", "请先登录。"))


def _by_token(request: Request) -> User | None:
    token = bearer_of(request)
    return find_token_owner(token, now()) if token else None


class CookieSessions(SecureCookieSessionInterface):
    """The session in a signed cookie; a file that never changes neither renews it nor depends on it.

    A page that asks by itself (`g.polled`) does not renew it either, else nobody would ever be signed out.

    With `Vary: Cookie`, and a cookie that is new with every answer, a browser would ask again for each file it keeps.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not response.cache_control.immutable and not g.get("polled"):
            super().save_session(app, session, response)


def init_app(app: Flask, settings: Settings) -> None:
    app.session_interface = CookieSessions()
    manager = LoginManager(app)
    manager.user_loader(find_signed_in)
    manager.request_loader(_by_token)
    manager.session_protection = None  # the cookie is bound to the password's epoch instead
    app.config.update(
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=settings.idle_minutes),
        SESSION_REFRESH_EACH_REQUEST=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_NAME="mdtapp",
    )
