"""Pages of imaging."""

from __future__ import annotations

from flask import Blueprint

imaging = Blueprint("imaging", __name__)
