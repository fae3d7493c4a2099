"""Where a PACS takes what is sent by STOW-RS, and how we make ourselves known there."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from mdtapp.cases.identity import seal, unseal
from mdtapp.clinical.bitext import Bitext
from mdtapp.gateway.stow import LOOPBACK, StowPlace, basic, bearer
from mdtapp.pacs.models import PacsNode
from mdtapp.pacs.status import StowAuth

NOT_AN_ADDRESS = Bitext(
    "Write the address of the DICOMweb, such as https://pacs.hospital.example/dicom-web, without name, question mark or #.",
    "请填写 DICOMweb 地址，例如 https://pacs.hospital.example/dicom-web，不含用户名、问号或 #。",
)
PLAIN = Bitext(
    "Over http everybody in the network can read the patient’s images. Write https, or tick that http is allowed here.",
    "使用 http 时，网络中任何人都能读取患者影像。请填写 https，或勾选允许 http。",
)
_SECRET: Final = re.compile(r"[\x21-\x7e]{1,4000}")


def root_of(address: str) -> str:
    """The address as it is kept: without the slash and the `/studies` that the standard puts behind it."""
    return address.strip().rstrip("/").removesuffix("/studies")


def fault_in(address: str, *, plain: bool) -> Bitext | None:
    """What is wrong with the address, if anything; http only to this machine unless `plain` allows it."""
    if not re.fullmatch(r"[\x21-\x7e]{1,300}", address):
        return NOT_AN_ADDRESS
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return NOT_AN_ADDRESS
    odd = "@" in parts.netloc or parts.query or parts.fragment or "?" in address or "#" in address
    if parts.scheme not in ("https", "http") or not parts.hostname or odd:
        return NOT_AN_ADDRESS
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not plain:
        return PLAIN
    return None


def origin_of(address: str) -> tuple[str, str, int | None]:
    """Who gets the secret: scheme, host and port."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port


def is_sendable(secret: str) -> bool:
    """Whether it can stand in a header: visible ASCII, no spaces."""
    return bool(_SECRET.fullmatch(secret))


def sealed(user: str, secret: str, key: str) -> str:
    return seal({"user": user, "secret": secret}, key)


def place_of(node: PacsNode, key: str) -> StowPlace:
    """The address with the header that makes us known; IdentityKeyLost when the key does not fit."""
    if node.stow_auth is StowAuth.NONE or not node.stow_sealed:
        return StowPlace(node.stow_url)
    opened = unseal(node.stow_sealed, key)
    if node.stow_auth is StowAuth.BASIC:
        return StowPlace(node.stow_url, basic(opened["user"], opened["secret"]))
    return StowPlace(node.stow_url, bearer(opened["secret"]))
