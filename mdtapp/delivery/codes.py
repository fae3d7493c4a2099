"""The second factor of a link: eight characters, said or written another way than the link."""

from __future__ import annotations

import secrets

from mdtapp.people.passwords import hash_password, verify_password

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is read as another one
LENGTH = 8
PURPOSE = "recipient-code:"


def new_code() -> str:
    """A code such as `7KQM-XW3P`; about 39 bits, behind five tries."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def normalised(code: str) -> str:
    """The code as it is compared: capitals, without the spaces and hyphens people add."""
    return "".join(character for character in code.upper() if character.isalnum())[:64]


def hash_code(code: str) -> str:
    """The Argon2id hash to keep."""
    return hash_password(PURPOSE + normalised(code))


def is_right(code: str, code_hash: str | None) -> bool:
    """Whether the code fits; takes as long where there is nothing to compare with."""
    return verify_password(PURPOSE + normalised(code), code_hash)
