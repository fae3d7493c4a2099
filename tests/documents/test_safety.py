"""Hostile text is printed as it stands: nothing is fetched, attached, linked or hidden."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pytest
from weasyprint import HTML
from weasyprint.urls import URLFetcher

from mdtapp.clinical.bitext import Bitext
from mdtapp.documents.assets import own_assets
from mdtapp.documents.fetcher import OwnAssets, RefusedAddress
from mdtapp.documents.opinion import render_opinion
from mdtapp.documents.printable import LONGEST_TEXT, check_printable
from mdtapp.errors import Invalid, TooLarge
from tests.documents.conftest import bare, bare_text, section

HOSTILE = [
    '<img src="file:///etc/passwd">',
    '<img src="http://127.0.0.1:9/x.png">',
    '<a rel="attachment" href="file:///etc/hostname">letter</a>',
    '<link rel="attachment" href="data:text/plain,hello">',
    "<style>* { background: url(http://127.0.0.1:9/) }</style>",
    "<script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</div></body></html>",
    "&lt;b&gt; &amp; &#60;",
]


@pytest.fixture
def hostile(breast: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> bytes:
    """An opinion with each of these texts as a statement, and one as every other kind of text."""
    monkeypatch.setattr(URLFetcher, "open", lambda self, url, *rest: pytest.fail(f"fetched {url}"))
    model = section(breast, "diagnosis_verification")[1]
    texts = [{"en": text, "zh": text + "。"} for text in HOSTILE]
    section(breast, "diagnosis_verification").extend(model | {"text": text} for text in texts)
    for step in (one["step"] for one in section(breast, "recommendation")):
        step |= {
            "timing": texts[2],
            "condition": texts[5],
            "guideline_ref": HOSTILE[0],
            "preference": HOSTILE[6],
        }
    breast["hospital"]["name"] = texts[2]
    breast["case_no"] = breast["patient"]["name"] = breast["panel"][0]["name"] = breast["materials"][0][
        "title"
    ] = HOSTILE[2]
    return render_opinion(
        breast, signatures=[{"name": HOSTILE[2], "discipline": HOSTILE[0], "at": HOSTILE[5]}], code=HOSTILE[2]
    )


def test_markup_in_texts_is_printed_literally(hostile: bytes) -> None:
    printed = bare_text(hostile)
    assert [text for text in HOSTILE if bare(text + "。") not in printed] == []


def test_texts_attach_nothing_and_link_nowhere(hostile: bytes) -> None:
    with pikepdf.open(io.BytesIO(hostile)) as document:
        assert len(document.attachments) == 0
        assert "/AF" not in document.Root
        assert all("/Annots" not in page for page in document.pages)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "http://127.0.0.1/",
        "https://hospital.example/",
        "data:text/plain,x",
        "ftp://x/",
        "asset:../x",
        "asset:",
    ],
)
def test_the_fetcher_serves_nothing_but_our_own(address: str) -> None:
    fetcher = OwnAssets(own_assets())
    with pytest.raises(RefusedAddress):
        fetcher.fetch(address)
    assert fetcher.refused == [address]


def test_the_fetcher_refuses_what_a_page_asks_for() -> None:
    fetcher = OwnAssets({})
    page = '<img src="file:///etc/passwd" alt=""><link rel="stylesheet" href="http://127.0.0.1:9/a.css"><p>text</p>'
    HTML(string=page, url_fetcher=fetcher).render()
    assert sorted(fetcher.refused) == ["file:///etc/passwd", "http://127.0.0.1:9/a.css"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Tumour \U0001f600", "U+1F600"),
        ("safe\u202etxt", "U+202E"),
        ("a\x00b", "U+0000"),
        ("\ue000", "U+E000"),
    ],
)
def test_a_character_that_cannot_be_shown_is_refused_by_statement(
    text: str, reason: str, breast: dict[str, Any]
) -> None:
    section(breast, "staging_verification")[1]["text"]["zh"] = text
    with pytest.raises(Invalid) as refusal:
        render_opinion(breast, signatures=[])
    assert "Statement 5.2" in refusal.value.sentence.en
    assert "第5.2条" in refusal.value.sentence.zh
    assert reason in refusal.value.sentence.en


def test_rare_characters_of_the_fallback_font_are_printed(breast: dict[str, Any]) -> None:
    breast["panel"][0]["name_zh"] = "陳𠮷喆"
    assert "陳𠮷喆" in bare_text(render_opinion(breast, signatures=[]))


def test_a_text_nobody_can_read_is_refused_at_once(breast: dict[str, Any]) -> None:
    section(breast, "follow_up")[0]["text"]["en"] = "word " * (LONGEST_TEXT // 4)
    with pytest.raises(TooLarge, match=r"Statement 14\.1"):
        check_printable(breast, [], None)


def test_an_opinion_nobody_can_read_is_refused_at_once(breast: dict[str, Any]) -> None:
    line = section(breast, "follow_up")[0]
    section(breast, "follow_up").extend(line | {"text": {"en": "word " * 3000, "zh": ""}} for _ in range(30))
    with pytest.raises(TooLarge, match="The opinion is too long"):
        check_printable(breast, [], None)


def test_the_watermark_is_checked_too(breast: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="The watermark"):
        check_printable(breast, [], Bitext("\U0001f600"))
