"""The key of a case: new UIDs, the shift of its dates and its code, the same in every copy.

Whoever has the copies but not the installation's key can neither find the original UIDs nor
tell which of two copies came from which case. Nothing is stored: all follows from the key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

_ROOT = "2.25."
_YEAR = 365


@dataclass(frozen=True, slots=True)
class CaseKey:
    """`secret` is 32 bytes."""

    secret: bytes

    @classmethod
    def of(cls, installation_key: str, case_no: str) -> CaseKey:
        """The key of one case of this installation."""
        return cls(_mac(installation_key.encode(), "mdtapp de-identified copies", case_no))

    def uid(self, uid: str) -> str:
        """A UID below 2.25 (PS3.5 B.2) in place of `uid`; one that is a replacement already stays.

        96 bits name the original, 32 bits prove that the key made them.
        """
        if self._made(uid):
            return uid
        name = _mac(self.secret, "uid", uid)[:12]
        return _ROOT + str(int.from_bytes(name + self._proof(name), "big"))

    @property
    def days(self) -> int:
        """By how many whole days the dates of the case are shifted: one to ten years back."""
        return -(_YEAR + int.from_bytes(_mac(self.secret, "days")[:8], "big") % (9 * _YEAR))

    @property
    def subject(self) -> str:
        """What the patient is called in the copies."""
        return "S" + base64.b32encode(_mac(self.secret, "subject")[:8]).decode().rstrip("=")

    def _made(self, uid: str) -> bool:
        digits = uid.removeprefix(_ROOT)
        if digits == uid or not digits.isdigit() or len(digits) > 39 or int(digits) >= 1 << 128:
            return False
        whole = int(digits).to_bytes(16, "big")
        return hmac.compare_digest(whole[12:], self._proof(whole[:12]))

    def _proof(self, name: bytes) -> bytes:
        return hmac.digest(self.secret, b"made\0" + name, hashlib.sha256)[:4]


def _mac(key: bytes, *parts: str) -> bytes:
    return hmac.digest(key, "\0".join(parts).encode(), hashlib.sha256)
