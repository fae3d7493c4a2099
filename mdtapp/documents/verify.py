"""Hashes by which an opinion and its PDF are known again, and the identifier a PDF carries."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

import pikepdf


def content_hash(content: bytes) -> str:
    """SHA-256 of the bytes of a document, in hexadecimal: the hash a verify page compares."""
    return hashlib.sha256(content).hexdigest()


def frozen_hash(frozen: Mapping[str, Any]) -> str:
    """SHA-256 of a frozen opinion as canonical JSON: what is signed, and printed in short on every page.

    The patient's name is joined from the sealed identity only for printing and is no part of it.
    """
    patient = frozen.get("patient")
    signed = {**frozen, "patient": {**patient, "name": None}} if patient else frozen
    canonical = json.dumps(signed, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def embedded_identifier(pdf: bytes) -> str | None:
    """The identifier written at rendering (32 hexadecimal characters), kept through later signatures.

    None when the bytes are no readable PDF or carry no identifier.
    """
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            identifiers = document.trailer.get("/ID")
            return None if identifiers is None else bytes(identifiers[0]).hex()
    except pikepdf.PdfError:
        return None
