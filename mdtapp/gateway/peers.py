"""Who may speak to the listener: known application entities from known addresses."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import Enum


class Rejection(Enum):
    """A-ASSOCIATE-RJ as (result, source, reason) of PS3.8 table 9-21."""

    APPLICATION_CONTEXT = (1, 1, 2)

    CALLED_AE_TITLE = (1, 1, 7)
    CALLING_AE_TITLE = (1, 1, 3)
    PROTOCOL_VERSION = (1, 2, 2)
    TOO_MANY = (2, 3, 2)

    @property
    def code(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Peers:
    """Pairs of AE title and address. Without any, whoever calls from this machine itself is known.

    `certificates` pairs AE titles with the SHA-256 of the certificate they show over TLS.
    """

    known: tuple[tuple[str, str], ...] = ()
    certificates: tuple[tuple[str, str], ...] = ()

    def knows(self, ae_title: str, address: str) -> bool:
        """An AE title alone proves nothing: title and address must stand together."""
        if not self.known:
            return _is_loopback(address)
        return any(title == ae_title and _same(peer, address) for title, peer in self.known)

    def knows_certificate(self, ae_title: str, sha256: str) -> bool:
        """A certificate stands in for the address, and belongs to one title."""
        return (ae_title, sha256) in self.certificates


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _same(one: str, other: str) -> bool:
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return False
