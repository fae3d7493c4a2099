"""Places in the material that an input cites: beside a claim of the home hospital, and beside an answer.

A place is an object: `{"material": "M3", "series": 4, "instance": 27}`, `{"material": "M2", "page": 3}`,
`{"material": "M5", "region": 1, "note": "Invasive front"}`. The places beside answers are kept together,
`cited: {question: [place, …]}`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.checks.finding import Finding
from mdtapp.disciplines.checks.single import LONGEST_LINE, characters

CITED: Final = "cited"
MOST_ANCHORS = 20
ANCHOR_KEYS = (
    "material", "page", "study", "series", "instance", "frame", "slide", "region", "x", "y", "width", "height",
    "note",
)  # fmt: skip
"""Where in the material: a page, an image, a kept region of a slide, or a rectangle in its pixels at full size."""
UNREADABLE = Bitext(
    "A citation cannot be read. Remove it and cite the place again.", "引用无法读取，请移除后重新引用。"
)
NOT_ASKED = Bitext(
    "A citation stands beside a question this form does not ask. Reload the page and cite again.",
    "引用所附的问题不在此表单中，请刷新页面后重新引用。",
)


def are_anchors(value: Any) -> bool:
    """Whether this is a list of at most twenty places of the known shape."""
    return isinstance(value, list) and len(value) <= MOST_ANCHORS and all(map(_is_anchor, value))


def check_cited(cited: Any, questions: Collection[str]) -> Iterator[Finding]:
    """Findings about the places beside answers; whether such a material is there is for the case to say."""
    if cited is None:
        return
    if not isinstance(cited, Mapping):
        yield Finding("type", "error", UNREADABLE, (CITED,))
        return
    for key, places in cited.items():
        if key not in questions:
            yield Finding("unknown", "error", NOT_ASKED, (CITED,))
        elif not are_anchors(places):
            yield Finding("type", "error", UNREADABLE, (key,))


def _is_anchor(value: Any) -> bool:
    if not isinstance(value, Mapping) or not set(value) <= set(ANCHOR_KEYS):
        return False
    return all(_is_anchor_part(part) for part in value.values())


def _is_anchor_part(part: Any) -> bool:
    if isinstance(part, str):
        return len(part) <= LONGEST_LINE and not list(characters(part))
    return isinstance(part, int | float) and not isinstance(part, bool) and abs(part) < 1e12
