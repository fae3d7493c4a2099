"""Writes docs/lifecycles.md from the state tables in `mdtapp/**/status.py`.

python tools/lifecycles.py            write it
python tools/lifecycles.py --check    status 1 when the committed page is not what the tables say
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "lifecycles.md"
sys.path.insert(0, str(ROOT))

from mdtapp.lifecycle import Lifecycle  # noqa: E402  the folder must be on the path first

INTRODUCTION = """# Lifecycles

What can happen to a thing next, and who may do it. This page is written by `make lifecycles` from the tables in
`status.py` of each slice; a test fails when it is out of date.
"""


def lifecycles() -> list[tuple[str, Lifecycle[Any]]]:
    """Every lifecycle with the file that holds it, in the order of the files."""
    found: list[tuple[str, Lifecycle[Any]]] = []
    for file in sorted((ROOT / "mdtapp").rglob("status.py")):
        path = file.relative_to(ROOT)
        module = import_module(".".join(path.with_suffix("").parts))
        found += [(str(path), thing) for thing in vars(module).values() if isinstance(thing, Lifecycle)]
    return found


def render() -> str:
    """The whole page; the same tables always give the same text."""
    return "\n".join([INTRODUCTION, *(_section(path, lifecycle) for path, lifecycle in lifecycles())])


def _section(path: str, lifecycle: Lifecycle[Any]) -> str:
    rows = [
        f"| `{t.action}` | {t.source} | {t.target} | {t.who} | {t.guard or '-'} |"
        for t in lifecycle.transitions
    ]
    title = lifecycle.name[0].upper() + lifecycle.name[1:]
    lines = [
        f"## {title}",
        "",
        f"`{path}`",
        "",
        "```mermaid",
        lifecycle.as_mermaid().rstrip(),
        "```",
        "",
        "| action | from | to | who | needs |",
        "|---|---|---|---|---|",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    arguments = argparse.ArgumentParser(description="Write docs/lifecycles.md from the state tables.")
    arguments.add_argument(
        "--check", action="store_true", help="write nothing; status 1 when the page is stale"
    )
    text = render()
    fresh = PAGE.exists() and PAGE.read_text("utf-8") == text
    if arguments.parse_args().check:
        print(
            "docs/lifecycles.md is fresh." if fresh else "docs/lifecycles.md is stale: run `make lifecycles`."
        )
        return 0 if fresh else 1
    if not fresh:
        PAGE.write_text(text, "utf-8")
    print("docs/lifecycles.md is fresh.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
