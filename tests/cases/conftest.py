"""Coordinators and their cases."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.situations_opinion import Desk


@pytest.fixture
def desk(app: Flask) -> Desk:
    """People who can sign in; its methods need a running transaction."""
    return Desk.ready(app)
