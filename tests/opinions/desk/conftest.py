"""The chair's desk and the panel around it."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.situations_opinion import Desk


@pytest.fixture
def desk(app: Flask) -> Desk:
    """People who can sign in; its methods take a case through a running transaction."""
    return Desk.ready(app)
