"""People, their disciplines, and the tokens that stand for them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mdtapp.people.roles import ROLE_PERMISSIONS, Permission, Role
from mdtapp.store.db import Base, Keyed
from mdtapp.store.types import EnumText, UTCDateTime


class User(Keyed, Base):
    """A person of the centre. Without a password hash they cannot sign in."""

    __tablename__ = "user"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("length(name) > 0", name="name_given"),
    )

    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120), default="")
    role: Mapped[Role] = mapped_column(EnumText(Role))
    title: Mapped[str] = mapped_column(String(120), default="")
    licence_no: Mapped[str] = mapped_column(String(60), default="")
    practice_since: Mapped[date | None]
    institution: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(5), default="en")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    session_epoch: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    second_factor: Mapped[str | None] = mapped_column(String(200))

    memberships: Mapped[list[DisciplineMembership]] = relationship(
        back_populates="user", cascade="all, delete-orphan", order_by="DisciplineMembership.discipline"
    )

    @property
    def disciplines(self) -> list[str]:
        return [membership.discipline for membership in self.memberships]

    @property
    def actor_ref(self) -> str:
        return f"user:{self.id}"

    @property
    def permissions(self) -> frozenset[Permission]:
        return ROLE_PERMISSIONS[self.role]

    # What Flask-Login asks of a user.
    @property
    def is_active(self) -> bool:
        return self.active

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def is_anonymous(self) -> bool:
        return False

    def get_id(self) -> str:
        """Bound to the password's epoch: a new password or a suspension ends every session."""
        return f"{self.id}.{self.session_epoch}"


class DisciplineMembership(Keyed, Base):
    """One discipline a person may write for; the key is that of the discipline's data file."""

    __tablename__ = "discipline_membership"
    __table_args__ = (UniqueConstraint("user_id", "discipline"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    discipline: Mapped[str] = mapped_column(String(60))

    user: Mapped[User] = relationship(back_populates="memberships")


class PasswordReset(Keyed, Base):
    """An administrator's one-time link; only the hash of its token is kept."""

    __tablename__ = "password_reset"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship()


class ApiToken(Keyed, Base):
    """A bearer token for scripts; works under /dicomweb/ and /fhir/ only, kept as a hash."""

    __tablename__ = "api_token"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship()
