"""Addresses for programs: they get JSON and 401, never a page or a way to one, and may bring a bearer token."""

from __future__ import annotations

from typing import Final

from flask import Request

ROOTS: Final = ("/dicomweb/", "/fhir/")
SCHEME: Final = "Bearer "


def is_for_programs(path: str) -> bool:
    return path.startswith(ROOTS)


def bearer_of(request: Request) -> str | None:
    """The token a program brings, where one is taken at all."""
    header = request.headers.get("Authorization", "")
    if not is_for_programs(request.path) or not header.startswith(SCHEME):
        return None
    return header.removeprefix(SCHEME).strip()
