"""Documents of an opinion: a marked draft, the frozen text before release, the stored bytes afterwards."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader

from mdtapp.opinions import queries
from mdtapp.opinions.documents import DRAFT, UNRELEASED, UNSIGNED
from mdtapp.opinions.operations import drafted
from tests.situations_opinion import IDENTITY, Desk


def text_of(pdf: bytes) -> str:
    """All words of a document without the breaks of its lines."""
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", "", "".join(pages))


def squeezed(words: str) -> str:
    return re.sub(r"\s+", "", words)


@pytest.fixture
def press(desk: Desk) -> Any:
    return desk.app.extensions["mdtapp.press"]


def test_a_draft_says_so_on_every_page_and_names_nobody(desk: Desk, transaction, press):
    with transaction():
        pdf = press.draft(desk.started("DEMO-06", identity=IDENTITY), desk.house)
    for page in PdfReader(io.BytesIO(pdf)).pages:
        words = squeezed(page.extract_text())
        assert squeezed(DRAFT.en) in words
        assert squeezed(DRAFT.zh) in words
    assert "Beketov" not in text_of(pdf)


def test_the_draft_of_an_opinion_nobody_started_is_the_same_twice(desk: Desk, transaction, press):
    with transaction():
        case = desk.reviewed("DEMO-06")
        one = press.draft(drafted(case), desk.house)
    with transaction():
        from mdtapp.cases.models import Case
        from mdtapp.store.db import session

        case = session.query(Case).one()
        two = press.draft(drafted(case), desk.house)
        assert queries.find_opinion(case.id) is None, "nothing is stored"
    assert one == two


def test_the_frozen_text_is_marked_until_it_is_signed_and_released(desk: Desk, transaction, press):
    with transaction():
        version = desk.frozen(identity=IDENTITY)
        before = text_of(press.document_of(version))
        desk.signed(version.opinion)
        after = text_of(press.document_of(version))
    assert squeezed(UNSIGNED.en) in before
    assert squeezed(UNSIGNED.en) not in after, "everybody has signed"
    assert squeezed(UNRELEASED.en) in after
    assert "Beketov" not in before + after


def test_released_bytes_are_the_stored_bytes_with_name_code_and_hash(desk: Desk, transaction, press):
    with transaction():
        version = desk.frozen(identity=IDENTITY)
        desk.signed(version.opinion)
        desk.release(version.opinion, press)
        english, chinese = press.document_of(version), press.document_of(version, "zh")
        assert english == desk.app.extensions["mdtapp.objects"].read(version.pdf_sha256)
        assert chinese == desk.app.extensions["mdtapp.objects"].read(version.pdf_zh_sha256)
        words, code, content = text_of(english), version.verify_code, version.content_hash
        frozen = [row.text for row in queries.kept_statements(version.opinion)]
    assert "Beketov" in words
    assert code in words
    assert content[:12] in words, "the short hash of the footer is that of the signed text"
    for mark in (DRAFT, UNSIGNED, UNRELEASED):
        assert squeezed(mark.en) not in words
    for lead, pdf in (("en", english), ("zh", chinese)):
        found = text_of(pdf)
        missing = [
            text for text in frozen if squeezed(text.en) not in found or squeezed(text.zh) not in found
        ]
        assert missing == [], f"{lead}: a statement lacks a language"


def test_chinese_first_when_asked(desk: Desk, transaction, press):
    with transaction():
        opinion = desk.started("DEMO-06")
        firsts = {
            lang: PdfReader(io.BytesIO(press.draft(opinion, desk.house, lang))).pages[0].extract_text()
            for lang in ("en", "zh")
        }
        line = next(row.text for row in queries.kept_statements(opinion) if row.section == "result_class")
    places = {lang: (words.find(line.en[:12]), words.find(line.zh[:6])) for lang, words in firsts.items()}
    assert places["en"][0] < places["en"][1]
    assert places["zh"][1] < places["zh"][0]
