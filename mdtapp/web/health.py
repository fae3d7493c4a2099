"""`/healthz`: the process answers and the database can be read."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from mdtapp.store.db import session
from mdtapp.web.guards import public

health = Blueprint("health", __name__)


@health.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    session.execute(text("SELECT 1"))
    return jsonify(status="ok")
