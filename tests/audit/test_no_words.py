"""The event log names rows, codes and hashes: no name, no clinical word, no token, whatever was done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Flask

from tests.architecture.two_cases import Press, deliver, take_images
from tests.conftest import PASSWORD, START, Visitor
from tests.situations import events, tell
from tests.situations_opinion import demo

STEPS = (
    *("review", "agenda", "meeting", "decision", "desk", "settled"),
    *("reading", "language_check", "signing", "signed", "release"),
)


def texts(value: Any) -> Iterator[str]:
    """Every free text inside a JSON value: what has a space, or is in another script."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str) and (" " in value.strip() or not value.isascii()):
        yield value


def test_a_case_walked_to_its_end_leaves_no_word_of_it_in_the_log(app: Flask, tmp_path, client: Visitor):
    app.extensions["mdtapp.press"] = Press(app.extensions["mdtapp.objects"])
    told = tell(app, tmp_path, "MAPLE-11")
    for step in STEPS:
        getattr(told, f"to_{step}")()
    take_images(told, number=1)
    handed = deliver(told, START)
    client.get(f"/r/{handed['token']}")
    client.post(f"/r/{handed['token']}", data={"code": "WRONGONE", "csrf_token": client.csrf_token()})
    client.submit("/sign-in", {"email": told.email("chair"), "password": "not the password"})

    log = json.dumps(
        [[row.event, row.actor, row.subject, row.detail] for row in events(app)], ensure_ascii=False
    )
    assert len(events(app)) > 60
    planted = [told.mark, told.pseudonym, told.domain, PASSWORD, "not the password", "One more sentence"]
    secrets = [handed["token"], handed["code"], *handed["opened"], "WRONGONE", "a@b.example"]
    clinical = set(texts(demo(told.source_id)))
    assert len(clinical) > 100
    assert [word for word in (*planted, *secrets, *clinical) if word in log] == []
