"""Pages of opinions."""

from __future__ import annotations

from flask import Blueprint

opinions = Blueprint("opinions", __name__)
