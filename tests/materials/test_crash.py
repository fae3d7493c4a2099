"""kill -9 of the web server during uploads: every acknowledged file is there after the restart, whole, once."""

from __future__ import annotations

import hashlib
import http.client
import random
import re
import threading
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from tests.conftest import PASSWORD, PEOPLE, add_person
from tests.server import Server

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.imaging.intake import Intake
    from mdtapp.materials.spool import Spool


class Sender:
    """A browser of few words: one connection, one cookie, files one after another."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection(
            urllib.parse.urlsplit(server.base_url).netloc, timeout=10
        )
        self.cookie = ""
        page = self.ask("GET", "/sign-in")
        form = {"email": PEOPLE["coordinator"].email, "password": PASSWORD, "csrf_token": _token(page)}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self.ask("POST", "/sign-in", urllib.parse.urlencode(form).encode(), headers)
        self.token = _token(self.ask("GET", "/tray"))

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> str:
        self.connection.request(method, path, body, {"Cookie": self.cookie, **(headers or {})})
        answer = self.connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            self.cookie = cookie.split(";")[0]
        self.status = answer.status
        return answer.read().decode()

    def send(self, case_no: str, content: bytes) -> bool:
        """Whether the file was acknowledged."""
        headers = {
            "Content-Type": "application/octet-stream",
            "X-CSRFToken": self.token,
            "X-File-Name": "a.txt",
        }
        self.ask("POST", f"/cases/{case_no}/materials/files", content, headers)
        return self.status in {201, 202}


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


@pytest.mark.sweep
def test_the_web_server_is_killed_while_files_are_sent(
    app: Flask,
    environ: dict[str, str],
    tmp_path: Path,
    pipeline: Intake,
    spool: Spool,
    new_case: Callable[..., str],
    sweep_count: int,
    sweep_random: random.Random,
) -> None:
    from mdtapp.audit.trail import verify
    from mdtapp.imaging.worker import Worker
    from mdtapp.materials.models import IntakeFile, Material
    from mdtapp.store.db import session, unit_of_work

    case_no = new_case(coordinator=add_person(app, "coordinator"))
    acknowledged: set[str] = set()
    server = Server(environ=environ, part="web", log=tmp_path / "web.log")
    for attempt in range(sweep_count):
        server.start()
        sender = Sender(server)
        timer = threading.Timer(sweep_random.uniform(0.02, 0.4), server.kill)
        timer.start()
        deadline = time.monotonic() + 10
        try:
            for number in range(10_000):
                content = f"{attempt}/{number}".encode() * 2000
                if time.monotonic() > deadline or not sender.send(case_no, content):
                    break
                acknowledged.add(hashlib.sha256(content).hexdigest())
        except (OSError, http.client.HTTPException):
            pass
        finally:
            timer.join()
            sender.connection.close()
    with app.app_context():
        worker = Worker(pipeline, spool)
        while worker.turn():
            pass
        with unit_of_work(writing=False):
            kept = session.scalars(select(IntakeFile.sha256)).all()
            materials = session.scalars(select(Material.sha256)).all()
            assert verify().whole
    assert acknowledged
    assert acknowledged <= set(kept)
    assert len(kept) == len(set(kept)) == len(materials)
    for sha256 in acknowledged:
        assert hashlib.sha256(pipeline.objects.read(sha256)).hexdigest() == sha256
    assert spool.ready() == []
