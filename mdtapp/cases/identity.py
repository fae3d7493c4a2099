"""The sealed identity: encrypted at rest, opened for coordinators and for the signed document only."""

from __future__ import annotations

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import DomainError


class IdentityKeyLost(DomainError):
    """The key of the sealed identities does not fit; nothing can be opened."""

    status = 503


def seal(identity: dict[str, Any], key: str) -> str:
    """`{name, birth_date, sex, patient_ids, contact, …}` as an authenticated ciphertext."""
    return Fernet(key.encode()).encrypt(json.dumps(identity, ensure_ascii=False).encode()).decode()


def unseal(sealed: str, key: str) -> dict[str, Any]:
    """The identity back; IdentityKeyLost when the key is not the one it was sealed with."""
    try:
        opened: dict[str, Any] = json.loads(Fernet(key.encode()).decrypt(sealed.encode()))
    except InvalidToken as error:
        raise IdentityKeyLost(
            Bitext(
                "The key of the sealed identities does not fit. Restore identity.key from the backup.",
                "身份密钥不匹配，请从备份恢复 identity.key。",
            )
        ) from error
    return opened
