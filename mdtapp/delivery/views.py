"""Pages of delivery."""

from __future__ import annotations

from flask import Blueprint

delivery = Blueprint("delivery", __name__)
