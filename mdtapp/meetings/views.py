"""Pages of meetings."""

from __future__ import annotations

from flask import Blueprint

meetings = Blueprint("meetings", __name__)
