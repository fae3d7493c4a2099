"""The fixtures of the imaging tests: materials and images come through one pipeline."""

from __future__ import annotations

from tests.imaging.conftest import new_case, pipeline, reader, spool

__all__ = ["new_case", "pipeline", "reader", "spool"]
