"""How long a document takes, warm, beside a freshly started headless Chromium printing the same HTML.

    .venv/bin/python bench/render.py [ROUNDS]

Prints the median (p50) and p95 of the warm renderer, Chromium's median, and their ratio. Both take turns,
so that what else the machine does falls on both.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mdtapp.documents.assets import own_assets, stylesheet
from mdtapp.documents.opinion import opinion_html
from mdtapp.documents.renderer import Renderer

FROZEN = Path(__file__).resolve().parents[1] / "tests" / "documents" / "frozen_lung.json"
OPTIONS: dict[str, Any] = {"signatures": [], "lang": "en"}


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def standalone(frozen: dict[str, Any], folder: Path) -> Path:
    """The same HTML with its style sheet and assets as files a browser can open."""
    style = stylesheet()
    page = opinion_html(frozen, **OPTIONS)
    for address, (content, _type) in own_assets().items():
        name = address.removeprefix("asset:")
        (folder / name).write_bytes(content)
        style, page = style.replace(address, name), page.replace(address, name)
    target = folder / "opinion.html"
    target.write_text(page.replace("</head>", f"<style>{style}</style></head>"), encoding="utf-8")
    return target


def chromium(page: Path) -> None:
    target = page.with_suffix(".pdf")
    command = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--print-to-pdf={target}",
        page.as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    frozen = json.loads(FROZEN.read_text("utf-8"))
    ours: list[float] = []
    theirs: list[float] = []
    with Renderer() as renderer, tempfile.TemporaryDirectory() as folder:
        page = standalone(frozen, Path(folder))
        cold = seconds(lambda: renderer.render_opinion(frozen, **OPTIONS))
        for _ in range(rounds):
            ours.append(seconds(lambda: renderer.render_opinion(frozen, **OPTIONS)))
            theirs.append(seconds(lambda: chromium(page)))
        size = len(renderer.render_opinion(frozen, **OPTIONS))
    p50, p95 = statistics.median(ours), sorted(ours)[int(0.95 * (rounds - 1))]
    browser = statistics.median(theirs)
    sys.stdout.write(
        f"first document from a cold start {cold:.2f} s\n"
        f"warm p50 {p50:.2f} s, p95 {p95:.2f} s, {size / 1000:.0f} kB\n"
        f"fresh Chromium p50 {browser:.2f} s; warm renderer takes {p50 / browser:.2f} of it\n"
    )


if __name__ == "__main__":
    main()
