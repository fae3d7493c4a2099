"""Pages of materials."""

from __future__ import annotations

from flask import Blueprint

materials = Blueprint("materials", __name__)
