"""Argon2id hashes, and one-time tokens kept as SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid

MINIMUM_LENGTH = 12
_hasher = PasswordHasher()
_at_once = BoundedSemaphore(4)  # one hash takes 64 MiB


def hash_password(password: str) -> str:
    """The Argon2id hash of a password that is long enough; Invalid otherwise."""
    if len(password) < MINIMUM_LENGTH or len(password) > 256:
        sentence = Bitext(
            f"Choose a password of {MINIMUM_LENGTH} to 256 characters; a short sentence works well.",
            f"请设置{MINIMUM_LENGTH}至256个字符的密码，可使用一句短语。",
        )
        raise Invalid(sentence, fields={"password": sentence})
    with _at_once:
        return _hasher.hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether the password is right; takes as long for a person who does not exist."""
    with _at_once:
        try:
            return _hasher.verify(password_hash or _nobody(), password[:256]) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))


def new_token() -> tuple[str, str]:
    """A token of 256 bits to hand out once, and the hash to keep."""
    token = secrets.token_urlsafe(32)
    return token, token_hash(token)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
