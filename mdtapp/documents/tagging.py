"""What WeasyPrint's structure tree leaves out: the language of each element, the scope of header cells.

A screen reader would read Chinese as English without the first, and PDF/UA asks for the second. WeasyPrint
has no hook for it, so its (private) tree builder is wrapped; the version is pinned and a test reads the
result, so that an upgrade cannot lose it in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pydyf
from weasyprint.layout.absolute import AbsolutePlaceholder
from weasyprint.pdf import tags

# Their own elements are left out of the tree; the catalogue already names the document's language.
UNTAGGED = ("html", "body")
SCOPES = {"row": "/Row", "col": "/Column"}


def _with_language(build: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def build_box_tree(box: Any, *rest: Any) -> Iterator[Any]:
        if isinstance(box, AbsolutePlaceholder):
            box = box._box
        element = getattr(box, "element", None)
        language = scope = None
        if element is not None and box.element_tag not in UNTAGGED:
            language = element.get("lang")
            scope = SCOPES.get(element.get("scope"))
        for structure in build(box, *rest):
            if language:
                structure["Lang"] = pydyf.String(language)
            if scope and structure["S"] == "/TH":
                structure["A"]["Scope"] = scope
            yield structure

    return build_box_tree


def speak_every_language() -> None:
    """Make WeasyPrint write `Lang` and `Scope`; calling it again changes nothing."""
    if tags._build_box_tree.__name__ != "build_box_tree":
        tags._build_box_tree = _with_language(tags._build_box_tree)
