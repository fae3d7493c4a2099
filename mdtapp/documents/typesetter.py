"""HTML to PDF/A-3a bytes. Fonts and style sheet are read once and serve every document of the process."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from mdtapp.documents.assets import own_assets, stylesheet
from mdtapp.documents.fetcher import OwnAssets
from mdtapp.documents.finish import finished
from mdtapp.documents.tagging import speak_every_language

VARIANT = "pdf/a-3a"
# Its warnings quote the text they stumble over, and clinical text does not belong in a log.
logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
logging.getLogger("fontTools").setLevel(logging.ERROR)


class Typesetter:
    """One font configuration and one parsed style sheet."""

    def __init__(self) -> None:
        speak_every_language()
        self._fonts = FontConfiguration()
        self._style = CSS(string=stylesheet(), font_config=self._fonts, url_fetcher=OwnAssets(own_assets()))

    def pdf(
        self, html: str, *, identifier: bytes, assets: Mapping[str, tuple[bytes, str]] | None = None
    ) -> bytes:
        """The document as PDF/A-3a and PDF/UA-1. `assets` are served beside our own, as `asset:NAME`."""
        fetcher = OwnAssets(own_assets() | dict(assets or {}))
        document = HTML(string=html, url_fetcher=fetcher).render(
            font_config=self._fonts, stylesheets=[self._style], **self._options(identifier)
        )
        with warnings.catch_warnings():
            # WeasyPrint leaves the closing of its colour profile to the interpreter.
            warnings.simplefilter("ignore", ResourceWarning)
            pdf: bytes = document.write_pdf(**self._options(identifier))
        return finished(pdf)

    @staticmethod
    def _options(identifier: bytes) -> dict[str, Any]:
        return {"pdf_variant": VARIANT, "pdf_identifier": identifier, "presentational_hints": False}


@cache
def typesetter() -> Typesetter:
    return Typesetter()
