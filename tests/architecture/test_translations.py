"""Every page text has its Chinese, and the compiled catalogue is what the source says."""

from __future__ import annotations

import re

from tools import translations

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")


def test_every_text_is_translated() -> None:
    assert translations.missing(translations.merged()) == [], "run `make translations`, then fill messages.po"


def test_catalogue_is_written_and_compiled_anew() -> None:
    source = translations.as_source(translations.merged())
    assert translations.SOURCE.read_bytes() == source, "run `make translations`"
    assert translations.COMPILED.read_bytes() == translations.as_compiled(source), "run `make translations`"


def test_translations_keep_the_placeholders() -> None:
    wrong = [
        message.id
        for message in translations.committed()
        if isinstance(message.id, str)
        and message.string
        and sorted(PLACEHOLDER.findall(message.id)) != sorted(PLACEHOLDER.findall(str(message.string)))
    ]
    assert wrong == []
