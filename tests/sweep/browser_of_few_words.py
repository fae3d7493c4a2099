"""A signed-in HTTP client for the crash tests: one connection, one cookie, forms with their token."""

from __future__ import annotations

import http.client
import json
import re
import urllib.parse
from typing import Any

from tests.server import Server


class Client:
    """Signs in on creation; `post` answers the status, and the body of a JSON answer."""

    def __init__(self, server: Server, email: str, password: str) -> None:
        netloc = urllib.parse.urlsplit(server.base_url).netloc
        self.connection = http.client.HTTPConnection(netloc, timeout=20)
        self.cookie = ""
        form = {"email": email, "password": password, "csrf_token": token_of(self.ask("GET", "/sign-in")[1])}
        status, _page = self.ask("POST", "/sign-in", urllib.parse.urlencode(form).encode(), FORM)
        assert status == 302, status

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        self.connection.request(method, path, body, {"Cookie": self.cookie, **(headers or {})})
        answer = self.connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            self.cookie = cookie.split(";")[0]
        return answer.status, answer.read().decode()

    def post(self, path: str, fields: list[tuple[str, str]], *, as_json: bool = False) -> tuple[int, Any]:
        headers = FORM | ({"Accept": "application/json"} if as_json else {})
        status, body = self.ask("POST", path, urllib.parse.urlencode(fields).encode(), headers)
        return status, json.loads(body) if as_json else body

    def close(self) -> None:
        self.connection.close()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def token_of(page: str) -> str:
    """The token against forgery of the first form of a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page[:300]
    return found[1]
