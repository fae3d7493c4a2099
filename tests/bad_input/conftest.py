"""Two cases to be harmed: one's own, and one that nothing may reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import PASSWORD, Person
from tests.situations import Told, tell

Stage = Callable[..., Told]
SignIn = Callable[[Told, str], Person]


@pytest.fixture
def told(app: Flask, tmp_path: Path, unlimited: None) -> Stage:
    """`told("to_review", "to_agenda")` takes a case up to there; each further call takes another one."""
    names = iter(("MAPLE-11", "OLIVE-22", "ROWAN-33"))

    def begin(*steps: str) -> Told:
        case = tell(app, tmp_path, next(names))
        for step in steps:
            getattr(case, step)()
        return case

    return begin


@pytest.fixture
def player(app: Flask) -> SignIn:
    """A signed-in member of the team of a case: `player(case, "chair")`."""

    def sign_in(case: Told, who: str) -> Person:
        person = Person(app, app.response_class, use_cookies=True)
        person.user_id, person.email, person.password = case.people[who], case.email(who), PASSWORD
        answer = person.submit("/sign-in", {"email": person.email, "password": person.password})
        assert answer.status_code == 302
        return person

    return sign_in


@pytest.fixture
def unlimited() -> Iterator[None]:
    """Without the limit on tries, which counts refused forms of one address of the network."""
    from mdtapp.web.limits import limiter

    limiter.enabled = False
    yield
    limiter.enabled = True
