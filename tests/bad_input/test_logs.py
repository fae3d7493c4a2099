"""What the server writes for its operator holds no token, password or name, even when something is refused."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from tests.server import running_server

SECRETS = (
    "token-of-a-link-4711",
    "token-of-a-reset-4712",
    "a secret password 4713",
    "MAPLE-4714",
    "CODE4715",
)


def test_the_log_of_the_server(tmp_path: Path):
    link, reset, password, pseudonym, code = SECRETS
    with running_server(tmp_path, part="web") as server:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

        def ask(path: str, form: dict[str, str] | None = None) -> str:
            body = urllib.parse.urlencode(form).encode() if form else None
            try:
                with browser.open(server.base_url + path, body, timeout=20) as answer:
                    return str(answer.read().decode())
            except urllib.error.HTTPError as refused:
                return refused.read().decode()

        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', ask("/sign-in"))
        assert found
        token = {"csrf_token": found[1]}
        ask(f"/r/{link}")
        ask(f"/r/{link}", token | {"code": code})
        ask(f"/password/{reset}")
        ask(f"/password/{reset}", token | {"password": password})
        ask(f"/sign-in?next=/cases/{pseudonym}", token | {"email": "a@b.example", "password": password})
        ask(f"/cases?q={pseudonym}")
        ask(f"/no/such/{link}")
        ask("/language", {"csrf_token": "forged", "password": password})
        said = server.said(1_000_000)
        assert "Traceback" not in said
        assert [secret for secret in (*SECRETS, found[1]) if secret in said] == []
        written = [path for path in server.instance.rglob("*") if path.is_file()]
        assert [
            path for path in written if any(secret.encode() in path.read_bytes() for secret in SECRETS)
        ] == []
