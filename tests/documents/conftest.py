"""Two frozen opinions of invented patients, and ways to read a rendered PDF back."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from mdtapp.documents.opinion import opinion_html
from mdtapp.documents.renderer import Renderer

HERE = Path(__file__).parent
SIGNED_AT = "2026-11-17T10:20:00+08:00"


def frozen_opinion(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((HERE / f"frozen_{name}.json").read_text("utf-8"))
    return content


@pytest.fixture
def breast() -> dict[str, Any]:
    """A demonstration case: unanimous, one outside opinion, everything filled in."""
    return frozen_opinion("breast")


@pytest.fixture
def lung() -> dict[str, Any]:
    """A named patient, two outside opinions, a red flag and a dissent."""
    return frozen_opinion("lung")


@pytest.fixture
def signatures(breast: dict[str, Any]) -> list[dict[str, Any]]:
    """The chair and one author have signed."""
    given = {"meaning": "agree", "licence_no": "310-MO-0032", "at": SIGNED_AT, "content_hash": "ab" * 32}
    return [signer | given for signer in breast["signers"][:2]]


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    with Renderer() as warm:
        yield warm


@pytest.fixture
def text_of() -> Callable[..., str]:
    """What an opinion says, from its HTML (which is quick), without white space."""

    def said(frozen: dict[str, Any], **options: Any) -> str:
        page = opinion_html(frozen, **{"signatures": [], **options})
        return bare(unescape(re.sub(r"<[^>]*>", "", page)))

    return said


def bare_text(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return bare("".join(page.extract_text() for page in pages))


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def statements(frozen: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for section in frozen["sections"]:
        yield from section["statements"]


def section(frozen: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(one["statements"] for one in frozen["sections"] if one["key"] == key)
    return found
