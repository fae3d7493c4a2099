"""Finding people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.people.models import ApiToken, DisciplineMembership, PasswordReset, User
from mdtapp.people.passwords import token_hash
from mdtapp.people.roles import Role
from mdtapp.store.db import session
from mdtapp.store.numbers import whole_number

NO_SUCH_PERSON = Bitext(
    "There is no such person. Go back to the list of people.", "无此人员，请返回人员列表。"
)


def find_by_email(email: str) -> User | None:
    return session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()


def find_signed_in(session_id: str) -> User | None:
    """The user of a session cookie, or None once the password or the account changed."""
    number, _, epoch = session_id.partition(".")
    key = whole_number(number)
    user = session.get(User, key) if key else None
    return user if user and user.active and str(user.session_epoch) == epoch else None


def get_person(user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(NO_SUCH_PERSON)
    return user


def list_people() -> Sequence[User]:
    return session.scalars(select(User).order_by(User.active.desc(), User.name, User.id)).all()


def list_by_role(*roles: Role) -> Sequence[User]:
    """Active people of these roles, by name."""
    return session.scalars(
        select(User).where(User.role.in_(roles), User.active).order_by(User.name, User.id)
    ).all()


def list_by_discipline(discipline: str) -> Sequence[User]:
    """Active people who may write for the discipline, by name."""
    return session.scalars(
        select(User)
        .join(DisciplineMembership)
        .where(DisciplineMembership.discipline == discipline, User.active)
        .order_by(User.name, User.id)
    ).all()


def find_reset(token: str, at: datetime) -> PasswordReset | None:
    """The unused, unexpired reset of this token."""
    reset = session.scalars(
        select(PasswordReset).where(PasswordReset.token_hash == token_hash(token))
    ).one_or_none()
    return reset if reset and reset.used_at is None and reset.expires_at > at else None


def open_resets(user: User, at: datetime) -> Sequence[PasswordReset]:
    """Resets of the person that would still work."""
    return session.scalars(
        select(PasswordReset).where(
            PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None), PasswordReset.expires_at > at
        )
    ).all()


def find_token_owner(token: str, at: datetime) -> User | None:
    """The active user of an unexpired, unrevoked bearer token."""
    row = session.scalars(select(ApiToken).where(ApiToken.token_hash == token_hash(token))).one_or_none()
    valid = row and row.revoked_at is None and row.expires_at > at and row.user.active
    return row.user if row and valid else None
