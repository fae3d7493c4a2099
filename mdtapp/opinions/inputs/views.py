"""The workbench."""

from __future__ import annotations

from flask import Blueprint

inputs = Blueprint("inputs", __name__)
