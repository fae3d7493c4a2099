"""The documentation says what the code says."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest

from tools import lifecycles

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs" / "adr"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def test_lifecycles_page_is_what_the_tables_say() -> None:
    assert lifecycles.PAGE.read_text("utf-8") == lifecycles.render(), "run `make lifecycles`"


def test_decision_records_are_numbered_once_and_without_gaps() -> None:
    names = sorted(path.name for path in DECISIONS.glob("*.md") if path.name != "README.md")
    assert names, "no decision records in docs/adr"
    assert [name for name in names if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name)] == []
    numbers = Counter(int(name[:4]) for name in names)
    assert sorted(numbers.elements()) == list(range(1, len(names) + 1))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_exist(page: Path) -> None:
    targets = [match.split("#")[0] for match in LINK.findall(FENCE.sub("", page.read_text("utf-8")))]
    local = [target for target in targets if target and not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (page.parent / unquote(target)).exists()] == []
