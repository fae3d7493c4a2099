"""Closed by default: guards, tokens against forgery on every route that changes something, headers of every answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from mdtapp.web.interfaces import is_for_programs
from tests.conftest import PASSWORD, PEOPLE, Person, Visitor, add_person, close
from tests.situations import events


def rules_that_post(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            yield rule


def address(app: Flask, rule: Rule) -> str:
    """The route with some value at every place; it need not exist, the token is looked at first."""
    values: dict[str, object] = {}
    for name, converter in rule._converters.items():
        one_of = getattr(converter, "items", ["x"])
        values[name] = 1 if isinstance(converter, IntegerConverter) else next(iter(one_of))
    built = app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")
    assert isinstance(built, str)
    return built


# --- guards -----------------------------------------------------------------------------------


def test_every_route_says_who_may_call_it(app: Flask):
    from mdtapp.web.guards import guard_of

    with app.app_context():
        open_routes = [
            rule.endpoint
            for rule in app.url_map.iter_rules()
            if rule.endpoint != "static" and guard_of(rule.endpoint) is None
        ]
    assert open_routes == []


def test_a_route_that_forgot_its_guard_does_not_exist(app: Flask, client: Visitor, admin: Person):
    app.view_functions["forgotten"] = lambda: "secret"
    app.url_map.add(Rule("/forgotten", endpoint="forgotten"))
    for browser in (client, admin):
        answer = browser.get("/forgotten")
        assert answer.status_code == 404
        assert "secret" not in answer.text


def test_a_role_without_the_permission_is_told_so_and_the_refusal_is_recorded(
    app: Flask, radiologist: Person
):
    answer = radiologist.get("/people")
    assert answer.status_code == 403
    assert "Your role does not include this" in answer.text
    (event,) = events(app, "access:denied")
    assert event.actor == f"system:guard(user:{radiologist.user_id})"
    assert (event.subject, event.detail) == ("route:people.people_list", {"status": 403})


def test_the_refusal_speaks_json_to_scripts(radiologist: Person, client: Visitor):
    refused = radiologist.get("/people", headers={"Accept": "application/json"})
    assert refused.status_code == 403
    assert refused.json is not None
    assert refused.json["error"].startswith("Your role")
    nobody = client.get("/people", headers={"Accept": "application/json"})
    assert nobody.status_code == 401


def test_an_unknown_address_and_a_method_nobody_expects(client: Visitor):
    assert client.get("/no/such/page").status_code == 404
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = client.open("/sign-in", method=method)
        assert answer.status_code == 405, method
        assert "Traceback" not in answer.text


# --- requests that another site makes ---------------------------------------------------------


def test_no_route_that_changes_something_works_without_a_token(
    app: Flask, coordinator: Person, client: Visitor
):
    recorded = len(events(app))
    for rule in rules_that_post(app):
        target = address(app, rule)
        if is_for_programs(target):
            # A form of another site's page cannot send what is taken there.
            assert coordinator.post(target, data={"file": "x"}).status_code == 422
            continue
        for browser in (client, coordinator):
            answer = browser.post(target, data={})
            assert answer.status_code == 400, f"{target} took a request without a token"
            assert "nothing was saved" in answer.text
    assert len(events(app)) > recorded
    assert {event.event for event in events(app)[recorded:]} == {"access:denied"}


@pytest.mark.parametrize("page", ["/sign-out", "/language", "/account"])
def test_a_token_of_another_session_is_worth_nothing(page: str, coordinator: Person, admin: Person):
    foreign = admin.csrf_token("/account")
    answer = coordinator.post(page, data={"csrf_token": foreign, "language": "zh"})
    assert answer.status_code == 400
    assert coordinator.get("/account").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_a_browser_that_names_another_site_is_refused_whatever_the_token(
    coordinator: Person, headers: dict[str, str]
):
    token = coordinator.csrf_token("/account")
    data = {"csrf_token": token, "language": "zh"}
    assert coordinator.post("/language", data=data, headers=headers).status_code == 400
    assert (
        coordinator.post("/language", data=data, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 302
    )


@pytest.mark.parametrize("origin", ["https://mdt.hospital.example", "null", None])
def test_forms_work_behind_a_proxy_that_speaks_https(environ: dict[str, str], origin: str | None):
    """Browsers send no Referer (our policy asks them not to) and the Origin `null` or the public one."""
    from mdtapp.app import create_app
    from mdtapp.config import Settings

    public = {"MDTAPP_BASE_URL": "https://mdt.hospital.example", "MDTAPP_TRUSTED_PROXIES": "1"}
    app = create_app(Settings.from_environment(environ | public))
    add_person(app, "coordinator")
    client = Visitor(app, app.response_class, use_cookies=True)
    client.environ_base |= {"HTTP_X_FORWARDED_PROTO": "https", "REMOTE_ADDR": "127.0.0.1"}
    answer = client.submit(
        "/sign-in",
        {"email": PEOPLE["coordinator"].email, "password": PASSWORD},
        headers={"Origin": origin} if origin else {},
    )
    assert answer.status_code == 302
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"]
    close(app)


# --- headers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/sign-in", "/no/such/page", "/cases", "/healthz", "/verify"])
def test_every_answer_carries_the_security_headers(client: FlaskClient, path: str):
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_errors_show_no_trace_and_a_number(app: Flask, client: Visitor, monkeypatch: pytest.MonkeyPatch):
    def fails() -> str:
        raise RuntimeError("SELECT secret FROM patient")

    from mdtapp.web.guards import public

    monkeypatch.setitem(app.view_functions, "health.healthz", public(fails))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = client.get("/healthz", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert "Tell the administrator the number" in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
