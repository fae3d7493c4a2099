"""The cases tests start from reach the step they promise, by the operations' own checks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask

from tests.builders import CaseBuilder

Transaction = Callable[[], AbstractContextManager[None]]

STEPS = {
    "registered": "new",
    "prepared": "ready",
    "in_review": "in_review",
    "with_signed": "in_review",
    "meeting_held": "discussed",
}
OPINION_STEPS = {
    "opinion_started": "in_edit",
    "awaiting_signature": "awaiting_signature",
    "released": "released",
}


@pytest.fixture
def builder(app: Flask) -> CaseBuilder:
    return CaseBuilder.ready(app)


@pytest.mark.parametrize("source_id", ["DEMO-02", "DEMO-06"])
@pytest.mark.parametrize("step", STEPS)
def test_a_case_reaches_its_step(
    builder: CaseBuilder, transaction: Transaction, step: str, source_id: str
) -> None:
    with transaction():
        assert getattr(builder, step)(source_id).status == STEPS[step]


@pytest.mark.parametrize("step", OPINION_STEPS)
def test_an_opinion_reaches_its_step(builder: CaseBuilder, transaction: Transaction, step: str) -> None:
    with transaction():
        reached = getattr(builder, step)("DEMO-06")
        opinion = getattr(reached, "opinion", reached)
        assert opinion.status == OPINION_STEPS[step]
