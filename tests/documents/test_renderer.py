"""The rendering process: same bytes as in the application, limits kept, replaced when it fails."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.documents.opinion import render_opinion
from mdtapp.documents.renderer import Renderer
from mdtapp.errors import Invalid, TooLarge
from tests.documents.conftest import section


def worker_of(renderer: Renderer) -> int:
    assert renderer._worker is not None
    return renderer._worker._process.pid


def test_gives_the_bytes_the_function_gives(
    renderer: Renderer, breast: dict[str, Any], signatures: list[dict[str, Any]]
) -> None:
    options: dict[str, Any] = {
        "signatures": signatures, "lang": "zh", "watermark": Bitext("DRAFT", "草稿"), "code": "7Q4K",
    }  # fmt: skip
    assert renderer.render_opinion(breast, **options) == render_opinion(breast, **options)


def test_one_process_serves_many_documents(renderer: Renderer, lung: dict[str, Any]) -> None:
    renderer.render_opinion(lung, signatures=[])
    first = worker_of(renderer)
    renderer.render_opinion(lung, signatures=[])
    assert worker_of(renderer) == first


def test_a_refusal_comes_through_with_its_sentence(renderer: Renderer, breast: dict[str, Any]) -> None:
    section(breast, "follow_up")[0]["text"]["en"] = "\U0001f600"
    with pytest.raises(Invalid) as refusal:
        renderer.render_opinion(breast, signatures=[])
    assert "14.1" in refusal.value.sentence.zh
    section(breast, "follow_up")[0]["text"]["en"] = "x" * 1_000_000
    with pytest.raises(TooLarge):
        renderer.render_opinion(breast, signatures=[])


def test_threads_share_it(renderer: Renderer, lung: dict[str, Any]) -> None:
    with ThreadPoolExecutor(4) as pool:
        documents = list(pool.map(lambda _: renderer.render_opinion(lung, signatures=[]), range(4)))
    assert len(set(documents)) == 1


def test_too_slow_is_stopped_and_says_what_to_do(breast: dict[str, Any]) -> None:
    with Renderer(seconds=0.2) as hasty:
        started = time.monotonic()
        with pytest.raises(Invalid, match="Shorten its longest statements"):
            hasty.render_opinion(breast, signatures=[])
        assert time.monotonic() - started < 3
        assert hasty._worker is None


def test_too_hungry_is_stopped_and_says_what_to_do(breast: dict[str, Any]) -> None:
    section(breast, "diagnosis_verification")[1]["text"]["en"] = "1 " * 9_000
    with Renderer(memory=110 * 1024 * 1024) as small, pytest.raises(Invalid, match="110 MB"):
        small.render_opinion(breast, signatures=[])


def test_a_killed_process_is_replaced(renderer: Renderer, lung: dict[str, Any]) -> None:
    before = renderer.render_opinion(lung, signatures=[])
    os.kill(worker_of(renderer), signal.SIGKILL)
    time.sleep(0.2)
    assert renderer.render_opinion(lung, signatures=[]) == before


def test_is_replaced_after_so_many_documents(lung: dict[str, Any]) -> None:
    with Renderer(documents_per_worker=1) as renderer:
        renderer.render_opinion(lung, signatures=[])
        assert renderer._worker is None


def test_what_goes_wrong_inside_names_no_clinical_text(renderer: Renderer, lung: dict[str, Any]) -> None:
    lung["sections"] = [{"key": "follow_up", "statements": ["not a statement"]}]
    with pytest.raises(Invalid, match=r"could not be produced \(AttributeError\)"):
        renderer.render_opinion(lung, signatures=[])


def test_the_process_is_given_no_secret(
    renderer: Renderer, lung: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDTAPP_DATABASE_URL", "postgresql://secret")
    with Renderer() as fresh:
        fresh.render_opinion(lung, signatures=[])
        environment = Path(f"/proc/{worker_of(fresh)}/environ").read_bytes()
    assert b"MDTAPP" not in environment
