"""What archives and screen readers ask of the PDF, and that the same opinion gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from mdtapp.documents.assets import stylesheet
from mdtapp.documents.opinion import opinion_html, render_opinion
from mdtapp.documents.verify import content_hash, embedded_identifier, frozen_hash
from mdtapp.store.types import canonical_json
from tests.documents.conftest import frozen_opinion

ROOT = Path(__file__).resolve().parents[2]
IN_ANOTHER_PROCESS = """
import json, sys
from mdtapp.documents.assets import stylesheet
from mdtapp.documents.opinion import render_opinion
frozen = json.load(open(sys.argv[1], encoding="utf-8"))
sys.stdout.buffer.write(render_opinion(frozen, signatures=[], code="7Q4K"))
"""


@pytest.fixture(scope="module")
def document() -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(
        io.BytesIO(render_opinion(frozen_opinion("breast"), signatures=[], code="7Q4K"))
    ) as opened:
        yield opened


def elements(node: Any) -> Iterator[Any]:
    """Every structure element below a node."""
    children = node.get("/K", [])
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary) and child.get("/Type") == "/StructElem":
            yield child
            yield from elements(child)


def test_metadata_names_both_standards(document: pikepdf.Pdf) -> None:
    metadata = document.Root.Metadata.read_bytes().decode()
    assert 'pdfaid:part="3"' in metadata
    assert 'pdfaid:conformance="A"' in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert "<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>" in metadata


def test_document_is_tagged_titled_and_has_a_language(document: pikepdf.Pdf) -> None:
    assert document.Root.MarkInfo.Marked
    assert document.Root.ViewerPreferences.DisplayDocTitle
    assert str(document.Root.Lang) == "en"
    assert "SO-2026-0417" in str(document.docinfo["/Title"])


def test_chinese_elements_say_that_they_are_chinese(document: pikepdf.Pdf) -> None:
    languages = {str(one.Lang) for one in elements(document.Root.StructTreeRoot) if "/Lang" in one}
    assert languages == {"en", "zh-CN"}


def test_header_cells_have_a_scope(document: pikepdf.Pdf) -> None:
    scopes = [str(one.A.get("/Scope")) for one in elements(document.Root.StructTreeRoot) if one.S == "/TH"]
    assert set(scopes) == {"/Row", "/Column"}


def test_all_rows_of_a_table_have_as_many_cells(document: pikepdf.Pdf) -> None:
    for table in (one for one in elements(document.Root.StructTreeRoot) if one.S == "/Table"):
        rows = [one for one in elements(table) if one.S == "/TR"]
        widths = {
            sum(int(cell.A.get("/ColSpan", 1)) for cell in row.K if cell.S in ("/TD", "/TH")) for row in rows
        }
        assert len(widths) == 1


def test_pictures_have_words(document: pikepdf.Pdf) -> None:
    figures = [one for one in elements(document.Root.StructTreeRoot) if one.S == "/Figure"]
    assert [str(one.Alt) for one in figures] == ["Qinglan Cancer Hospital", "7Q4K"]


def test_all_fonts_are_embedded_and_our_own(document: pikepdf.Pdf) -> None:
    fonts = [
        one
        for one in document.objects
        if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor"
    ]
    assert {str(font.FontName).split("+")[1] for font in fonts} == {"MDT-Sans-SC", "MDT-Sans-SC-Bold"}
    assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)


def test_headings_descend_one_level_at_a_time(breast: dict[str, Any]) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", opinion_html(breast, signatures=[]))]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_same_input_gives_same_bytes(breast: dict[str, Any]) -> None:
    first = render_opinion(breast, signatures=[], code="7Q4K")
    assert render_opinion(breast, signatures=[], code="7Q4K") == first


@pytest.mark.parametrize("seed", ["1", "2"])
def test_same_bytes_in_another_process(seed: str, breast: dict[str, Any]) -> None:
    here = render_opinion(breast, signatures=[], code="7Q4K")
    frozen = ROOT / "tests" / "documents" / "frozen_breast.json"
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "TZ": "Pacific/Auckland"}
    there = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, str(frozen)],
        env=environment,
        capture_output=True,
        check=True,
    )
    assert content_hash(there.stdout) == content_hash(here)


def test_identifier_follows_the_content(breast: dict[str, Any], signatures: list[dict[str, Any]]) -> None:
    plain, signed = (render_opinion(breast, signatures=given) for given in ([], signatures))
    assert embedded_identifier(plain) == embedded_identifier(render_opinion(breast, signatures=[]))
    assert embedded_identifier(plain) != embedded_identifier(signed)


def test_identifier_of_what_is_no_pdf() -> None:
    assert embedded_identifier(b"not a PDF") is None


def test_printed_hash_is_the_one_that_is_signed(breast: dict[str, Any]) -> None:
    signed = frozen_hash(breast)
    assert signed == hashlib.sha256(canonical_json(breast).encode()).hexdigest()
    breast["patient"]["name"] = "Amina Wanjiru"
    assert frozen_hash(breast) == signed


def test_nothing_is_drawn_as_a_transparent_group() -> None:
    # Marked content inside such a group is not part of the structure tree: PDF/UA 7.1-3 fails.
    assert not re.search(r"\bopacity\s*:", stylesheet())


def test_hash_of_a_frozen_version_does_not_depend_on_key_order(breast: dict[str, Any]) -> None:
    assert frozen_hash(dict(reversed(breast.items()))) == frozen_hash(breast)


@pytest.mark.parametrize("name", ["breast", "lung"])
def test_an_ordinary_opinion_is_small(name: str) -> None:
    assert len(render_opinion(frozen_opinion(name), signatures=[], code="7Q4K")) <= 250_000
