"""The board whose opinions are delivered."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.meetings.board import EVERYBODY, Board


@pytest.fixture
def board(app: Flask) -> Board:
    """A coordinator, a chair and the five core disciplines."""
    return Board(app).add(*EVERYBODY)
