"""The rail: who sees which page, and where one is."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from flask import Blueprint, Flask

from mdtapp.people.roles import Role
from mdtapp.web import navigation


@pytest.fixture
def site() -> Iterator[Flask]:
    """An application in which every page of the rail exists but the opinions' list."""
    app = Flask("mdtapp")
    blueprints: dict[str, Blueprint] = {}
    for entry in navigation.RAIL:
        section, page = entry.endpoint.split(".")
        blueprint = blueprints.setdefault(section, Blueprint(section, __name__))
        if entry.key != "opinions":
            blueprint.add_url_rule(f"/{section}/{page}", page, lambda: "")
    blueprints["cases"].add_url_rule("/cases/one", "overview", lambda: "")
    for blueprint in blueprints.values():
        app.register_blueprint(blueprint)
    return app  # type: ignore[return-value]


def rail(
    site: Flask, monkeypatch: pytest.MonkeyPatch, role: Role | None, path: str = "/"
) -> list[navigation.Link]:
    person = SimpleNamespace(role=role) if role else None
    monkeypatch.setattr(navigation, "signed_in", lambda optional: person)
    with site.test_request_context(path):
        return navigation.navigation()


@pytest.mark.parametrize(
    ("role", "keys"),
    [
        (Role.SPECIALIST, ["inputs", "cases", "meetings", "account"]),
        (Role.CHAIR, ["inputs", "cases", "meetings", "account"]),
        (Role.COORDINATOR, ["cases", "tray", "meetings", "delivery", "account"]),
        (Role.TRANSLATOR, ["cases", "account"]),
        (Role.ADMIN, ["people", "nodes", "audit", "account"]),
        (None, []),
    ],
)
def test_shows_what_the_role_may_use_and_what_exists(
    site: Flask, monkeypatch: pytest.MonkeyPatch, role: Role | None, keys: list[str]
) -> None:
    assert [link.key for link in rail(site, monkeypatch, role)] == keys


def test_marks_where_one_is(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def current(path: str) -> list[tuple[str, bool]]:
        links = rail(site, monkeypatch, Role.COORDINATOR, path)
        return [(link.key, link.exact) for link in links if link.current]

    assert current("/cases/case_list") == [("cases", True)]
    assert current("/cases/one") == [("cases", False)]
    assert current("/nowhere") == []


def test_a_page_that_does_not_exist_has_no_address(site: Flask) -> None:
    with site.test_request_context("/"):
        assert navigation.endpoint_url("no.such") is None
        assert navigation.home_url() == "/"
