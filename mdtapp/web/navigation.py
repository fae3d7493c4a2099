"""What the menu shows to whom, declared as data.

An entry appears when the person's role includes its permission and its page exists in
this installation; a page of the same blueprint counts as "you are here".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from werkzeug.routing import BuildError

from mdtapp.clinical.bitext import Bitext
from mdtapp.people.roles import ROLE_PERMISSIONS, Permission
from mdtapp.web.login import signed_in


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the rail. `icon` is a symbol of static/icons.svg; `sections` are endpoints' first words."""

    key: str
    label: Bitext
    icon: str
    endpoint: str
    permission: Permission
    sections: tuple[str, ...] = ()
    at_foot: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as the template draws it; `exact` when the page itself is open, not one below it."""

    key: str
    label: Bitext
    icon: str
    url: str
    current: bool
    exact: bool
    at_foot: bool


RAIL = (
    Entry(
        "inputs",
        Bitext("Inputs", "会诊意见"),
        "writing",
        "inputs.my_inputs",
        Permission.INPUT_WRITE,
        ("inputs",),
    ),
    Entry(
        "cases",
        Bitext("Cases", "病例"),
        "layout-kanban",
        "cases.case_list",
        Permission.CASE_READ,
        ("cases", "materials", "imaging", "pacs"),
    ),
    Entry("tray", Bitext("Tray", "待归档"), "inbox", "materials.tray", Permission.TRAY_USE),
    Entry(
        "meetings",
        Bitext("Meetings", "会诊会议"),
        "users-group",
        "meetings.meeting_list",
        Permission.MEETING_READ,
        ("meetings",),
    ),
    Entry(
        "opinions",
        Bitext("Opinions", "意见书"),
        "file-certificate",
        "opinions.opinion_list",
        Permission.OPINION_READ,
        ("opinions",),
    ),
    Entry(
        "delivery",
        Bitext("Deliver", "送达"),
        "send",
        "delivery.delivery_list",
        Permission.DELIVERY_SEND,
        ("delivery",),
    ),
    Entry(
        "people",
        Bitext("People", "人员"),
        "users",
        "people.people_list",
        Permission.PERSON_MANAGE,
        ("people",),
    ),
    Entry("nodes", Bitext("PACS", "PACS"), "server", "nodes.node_list", Permission.NODE_MANAGE, ("nodes",)),
    Entry("audit", Bitext("History", "审计"), "history", "audit.events", Permission.AUDIT_READ, ("audit",)),
    Entry(
        "account",
        Bitext("Account", "账户"),
        "settings",
        "people.account",
        Permission.ACCOUNT_USE,
        at_foot=True,
    ),
)


def navigation() -> list[Link]:
    """The rail of the signed-in person, in order; empty for anybody else."""
    user = signed_in(optional=True)
    if user is None:
        return []
    allowed = ROLE_PERMISSIONS[user.role]
    here = _current_entry()
    links = []
    for entry in RAIL:
        url = endpoint_url(entry.endpoint)
        if url is not None and entry.permission in allowed:
            exact = request.endpoint == entry.endpoint
            links.append(
                Link(entry.key, entry.label, entry.icon, url, entry.key == here, exact, entry.at_foot)
            )
    return links


def _current_entry() -> str | None:
    """The key of the entry whose page this is, else of the one whose blueprint it belongs to."""
    for entry in RAIL:
        if request.endpoint == entry.endpoint:
            return entry.key
    for entry in RAIL:
        if request.blueprint in entry.sections:
            return entry.key
    return None


def endpoint_url(endpoint: str, **values: Any) -> str | None:
    """The address of a page, or None when this installation does not have it."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None


def home_url() -> str:
    """Where a person starts."""
    return endpoint_url("cases.home") or "/"
