"""The administrator's view of the trail. Reading it is itself recorded nowhere but here: it holds no clinical text."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from mdtapp.audit import queries, trail
from mdtapp.people.roles import Permission
from mdtapp.store.numbers import whole_number
from mdtapp.web.guards import requires

audit = Blueprint("audit", __name__)


@audit.get("/audit")
@requires(Permission.AUDIT_READ)
def events() -> ResponseReturnValue:
    before = whole_number(request.args.get("before"))
    return render_template("audit/events.html", page=queries.page_of_events(before), check=trail.verify())
