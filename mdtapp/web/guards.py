"""Closed by default: a route answers only when it carries `requires` or `public`.

The guard that stands on a view is kept on the function (`view.guard`), so that a test
can read every route's rule from the running application.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound, Unauthenticated
from mdtapp.people.access import check_permission
from mdtapp.people.roles import Permission
from mdtapp.web.login import signed_in

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
SIGN_IN = Bitext("Please sign in to continue.", "请先登录。")


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may call a route at all: anyone, or a role with `permission`.

    `records`: a reading that is recorded. `body`: the most bytes a request may bring, where that is more than
    a form's worth.
    """

    permission: Permission | None
    records: bool = False
    body: int | None = None


def requires(
    permission: Permission, *, records: bool = False, body: int | None = None
) -> Callable[[View], View]:
    """The route answers people whose role includes `permission`."""
    return _stand(Guard(permission, records, body))


def public(view: View) -> View:
    """The route answers anybody; say why in its docstring or name."""
    return _stand(Guard(None))(view)


def public_upload(body: int) -> Callable[[View], View]:
    """The route answers anybody and takes up to so many bytes."""
    return _stand(Guard(None, body=body))


def _stand(guard: Guard) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            if guard.permission is not None:
                user = signed_in(optional=True)
                if user is None:
                    raise Unauthenticated(SIGN_IN)
                check_permission(user, guard.permission)
            return view(*args, **kwargs)

        guarded.guard = guard  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def guard_of(endpoint: str | None) -> Guard | None:
    """The guard of an endpoint of the running application; None when it carries none."""
    view = current_app.view_functions.get(endpoint or "")
    found: Guard | None = getattr(view, "guard", None)
    return found


def init_app(app: Flask) -> None:
    @app.before_request
    def _refuse_unguarded() -> None:
        """A route that forgot its guard does not exist for anyone."""
        if request.endpoint not in {None, "static"} and guard_of(request.endpoint) is None:
            raise NotFound(Bitext("There is no such page.", "页面不存在。"))
        g.guard = guard_of(request.endpoint)
