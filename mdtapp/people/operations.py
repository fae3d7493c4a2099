"""Adding people, signing in, passwords and tokens; each act writes one event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, SystemActor, record
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid, NotFound, Unauthenticated
from mdtapp.people import queries
from mdtapp.people.models import ApiToken, DisciplineMembership, PasswordReset, User
from mdtapp.people.passwords import hash_password, new_token, verify_password
from mdtapp.people.roles import Role
from mdtapp.store.db import session

RESET_LIFETIME = timedelta(hours=24)
WRONG_SIGN_IN = Bitext(
    "E-mail or password is wrong. Check both, or ask an administrator for a reset link.",
    "邮箱或密码不正确。请核对，或请管理员发送重置链接。",
)


def add_person(
    *,
    actor: Actor,
    at: datetime,
    email: str,
    name: str,
    role: Role,
    disciplines: Sequence[str] = (),
    password: str | None = None,
    name_zh: str = "",
    title: str = "",
    licence_no: str = "",
    practice_since: date | None = None,
    institution: str = "",
    demonstration: bool = False,
) -> User:
    """A new person. Without a password they cannot sign in until a reset link is used."""
    email = email.strip().lower()
    _check_email_free(email)
    user = User(
        email=email,
        name=name.strip(),
        name_zh=name_zh.strip(),
        role=role,
        title=title,
        licence_no=licence_no,
        practice_since=practice_since,
        institution=institution,
        password_hash=hash_password(password) if password else None,
        demonstration=demonstration,
        created_at=at,
        memberships=[DisciplineMembership(discipline=key) for key in sorted(set(disciplines))],
    )
    session.add(user)
    session.flush()
    record(EventType.PERSON_ADDED, actor=actor, at=at, subject=f"user:{user.id}", role=str(role))
    return user


def amend_person(
    *,
    actor: Actor,
    at: datetime,
    user: User,
    name: str,
    name_zh: str,
    role: Role,
    disciplines: Sequence[str],
    title: str,
    licence_no: str,
    active: bool,
) -> User:
    """Changes a person; a changed role, discipline or suspension ends their sessions at once."""
    wanted = sorted(set(disciplines))
    if (role, wanted, active) != (user.role, user.disciplines, user.active):
        user.session_epoch += 1
    suspended = user.active and not active
    user.name, user.name_zh, user.role = name.strip(), name_zh.strip(), role
    user.title, user.licence_no, user.active = title, licence_no, active
    if wanted != user.disciplines:
        user.memberships.clear()
        session.flush()
        user.memberships = [DisciplineMembership(discipline=key) for key in wanted]
    session.flush()
    event = EventType.PERSON_SUSPENDED if suspended else EventType.PERSON_AMENDED
    record(event, actor=actor, at=at, subject=f"user:{user.id}", role=str(role), disciplines=wanted)
    return user


def sign_in(*, email: str, password: str, at: datetime) -> User:
    """The person of this e-mail and password; Unauthenticated with the same words whatever is wrong."""
    user = queries.find_by_email(email)
    if not verify_password(password, user.password_hash if user and user.active else None) or user is None:
        raise Unauthenticated(WRONG_SIGN_IN)
    record(EventType.PERSON_SIGNED_IN, actor=user, at=at, subject=f"user:{user.id}")
    return user


def note_failed_sign_in(*, email: str, at: datetime) -> None:
    """Records a failed sign-in; of an unknown address nothing but that it was unknown."""
    user = queries.find_by_email(email)
    subject = f"user:{user.id}" if user else "user:unknown"
    record(EventType.PERSON_SIGN_IN_FAILED, actor=SystemActor("sign-in"), at=at, subject=subject)


def sign_out(*, actor: User, at: datetime) -> None:
    """Ends every session of the person: a copied cookie must not outlive the sign-out (ASVS 5.0, 7.4.1)."""
    actor.session_epoch += 1
    session.flush()
    record(EventType.PERSON_SIGNED_OUT, actor=actor, at=at, subject=f"user:{actor.id}")


def check_reauthentication(user: User, password: str) -> None:
    """Asked again before every signature; Invalid, on the password field, when it is wrong."""
    if not verify_password(password, user.password_hash):
        sentence = Bitext(
            "The password is wrong, so nothing was signed. Type it again.",
            "密码不正确，尚未签署。请重新输入。",
        )
        raise Invalid(sentence, fields={"password": sentence})


def issue_reset(*, actor: Actor, at: datetime, user: User) -> str:
    """A one-time token for a new password, valid for a day; only its hash is kept."""
    token, kept = new_token()
    session.add(PasswordReset(user_id=user.id, token_hash=kept, expires_at=at + RESET_LIFETIME))
    session.flush()
    record(EventType.PERSON_PASSWORD_RESET, actor=actor, at=at, subject=f"user:{user.id}")
    return token


def set_password(*, token: str, password: str, at: datetime) -> User:
    """Uses up a reset token and every other one of the person; every session of theirs ends."""
    reset = queries.find_reset(token, at)
    if reset is None:
        raise NotFound(
            Bitext(
                "This link was used or has expired. Ask an administrator for a new one.",
                "此链接已使用或已过期，请向管理员索取新链接。",
            )
        )
    return _change_password(actor=reset.user, user=reset.user, password=password, at=at)


def change_own_password(*, actor: User, at: datetime, current: str, password: str) -> User:
    check_reauthentication(actor, current)
    return _change_password(actor=actor, user=actor, password=password, at=at)


def _change_password(*, actor: Actor, user: User, password: str, at: datetime) -> User:
    user.password_hash = hash_password(password)
    user.session_epoch += 1
    for reset in queries.open_resets(user, at):
        reset.used_at = at
    session.flush()
    record(EventType.PERSON_PASSWORD_SET, actor=actor, at=at, subject=f"user:{user.id}")
    return user


def issue_token(*, actor: Actor, at: datetime, user: User, days: int = 30) -> str:
    """A bearer token for scripts; shown once, kept as a hash."""
    token, kept = new_token()
    session.add(
        ApiToken(user_id=user.id, token_hash=kept, created_at=at, expires_at=at + timedelta(days=days))
    )
    session.flush()
    record(EventType.TOKEN_ISSUED, actor=actor, at=at, subject=f"user:{user.id}", days=days)
    return token


def choose_language(*, actor: User, language: str) -> None:
    """The page language of a person; a preference, not an event."""
    actor.language = language
    session.flush()


def _check_email_free(email: str) -> None:
    if "@" not in email or any(character.isspace() for character in email):
        sentence = Bitext(
            "This is not an e-mail address. Write it as name@hospital.example.", "邮箱格式不正确。"
        )
        raise Invalid(sentence, fields={"email": sentence})
    if queries.find_by_email(email):
        sentence = Bitext("Somebody has this e-mail already. Use another one.", "该邮箱已被使用，请换一个。")
        raise Invalid(sentence, fields={"email": sentence})
