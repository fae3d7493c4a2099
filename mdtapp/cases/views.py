"""Pages of cases."""

from __future__ import annotations

from flask import Blueprint

cases = Blueprint("cases", __name__)
