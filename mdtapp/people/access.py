"""The pair every other access module builds on: `check_permission` raises, `may` asks."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotAllowed
from mdtapp.people.models import User
from mdtapp.people.roles import Permission


def may(user: User, permission: Permission) -> bool:
    """Whether the role of `user` includes the act at all."""
    return user.active and permission in user.permissions


def check_permission(user: User, permission: Permission) -> None:
    """NotAllowed, with a sentence, when the role does not include the act."""
    if not may(user, permission):
        raise NotAllowed(
            Bitext(
                "Your role does not include this. Ask an administrator if it should.",
                "您的角色无此权限。如有需要，请联系管理员。",
            ),
            permission=str(permission),
        )
