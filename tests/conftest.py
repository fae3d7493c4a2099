"""Fixtures: an application on a fresh database, on either engine, and the people who use it."""

from __future__ import annotations

import os
import random
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from tests import scratch
from tests.postgres import PostgresMissing, PostgresServer, running_postgres
from tests.server import instance_environment

# The application is imported where a fixture needs it, so that a test of a pure rule starts at once.
if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from mdtapp.clock import FixedClock
    from mdtapp.config import Settings

pytest_plugins = ["tests.browser"]
scratch.use_for_all()

PASSWORD = "a long sentence for tests"
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)  # a Monday, 09:30 in Shanghai
_numbers = count(1)


# --- which tests run where --------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked `both_databases` runs on each; one marked `postgres` on PostgreSQL alone."""
    if "database_kind" not in metafunc.fixturenames:
        return
    if metafunc.definition.get_closest_marker("both_databases"):
        kinds = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
        metafunc.parametrize("database_kind", kinds, indirect=True)
    elif metafunc.definition.get_closest_marker("postgres"):
        metafunc.parametrize("database_kind", ["postgresql"], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start servers and browsers come first: they wait a lot, and short ones fill the gaps at the end."""
    long = {item.path for item in items if any(map(item.get_closest_marker, ("browser", "sweep")))}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def _cheap_password_hashes() -> Iterator[None]:
    """The same hash function with the least cost; what people get is tested in tests/people."""
    from argon2 import PasswordHasher

    from mdtapp.people import passwords

    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with mock.patch.object(passwords, "_hasher", cheap):
        yield


@pytest.fixture(scope="session")
def _templates_compiled_once() -> Iterator[None]:
    """Each application compiles its templates; the applications of one process share what came out."""
    from jinja2 import BytecodeCache
    from jinja2.bccache import Bucket

    from mdtapp.web.transactions import TransactionalFlask

    class Shared(BytecodeCache):
        compiled: dict[str, bytes] = {}

        def load_bytecode(self, bucket: Bucket) -> None:
            if bucket.key in self.compiled:
                bucket.bytecode_from_string(self.compiled[bucket.key])

        def dump_bytecode(self, bucket: Bucket) -> None:
            self.compiled[bucket.key] = bucket.bytecode_to_string()

    with mock.patch.object(TransactionalFlask, "jinja_options", {"bytecode_cache": Shared()}):
        yield


# --- databases --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for this process, started at its first use."""
    try:
        server = running_postgres()
        running = server.__enter__()
    except PostgresMissing as missing:
        if os.environ.get("MDTAPP_TESTS_COMPLETE"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    yield running
    server.__exit__(None, None, None)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database to copy."""
    from mdtapp.config import Settings

    folder = tmp_path_factory.mktemp("template")
    settings = Settings.from_environment(instance_environment(folder))
    _migrate(settings)
    return settings.instance / "mdtapp.sqlite"


@pytest.fixture(scope="session")
def _postgres_template(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated, empty PostgreSQL database to copy."""
    from mdtapp.config import Settings

    url = postgres.create("migrated")
    folder = tmp_path_factory.mktemp("template")
    _migrate(Settings.from_environment(instance_environment(folder, MDTAPP_DATABASE_URL=url)))
    return "migrated"


def _migrate(settings: Settings) -> None:
    from mdtapp.app import create_app
    from mdtapp.schema import migrate

    app = create_app(settings)
    migrate.upgrade(app)
    close(app)


def close(app: Flask) -> None:
    """Lets go of every database connection of the application."""
    from mdtapp.store.db import db

    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def empty_database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without any table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"empty_{next(_numbers)}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a migrated, empty database of this test's own."""
    if database_kind == "sqlite":
        target = tmp_path / "instance" / "mdtapp.sqlite"
        copy_sqlite(request.getfixturevalue("_sqlite_template"), target)
        yield f"sqlite:///{target}"
        return
    template: str = request.getfixturevalue("_postgres_template")
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    yield server.create(name, template)
    server.drop(name)


def copy_sqlite(source: Path, target: Path) -> None:
    """A consistent copy, whatever lies in the write-ahead log."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    original, copy = sqlite3.connect(source), sqlite3.connect(target)
    copy.execute("PRAGMA synchronous=OFF")  # while it is copied; the application sets its own
    original.backup(copy)
    original.close()
    copy.close()


# --- the application --------------------------------------------------------------------------


@pytest.fixture
def environ(tmp_path: Path, database_url: str) -> dict[str, str]:
    """The environment of this test's installation, also for `tests.server.mdtapp`."""
    return instance_environment(tmp_path, MDTAPP_DATABASE_URL=database_url)


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    from mdtapp.config import Settings

    return Settings.from_environment(environ)


@pytest.fixture
def clock() -> FixedClock:
    """The time of the application; `clock.advance(hours=1)` moves it."""
    from mdtapp.clock import FixedClock

    return FixedClock(START)


@pytest.fixture
def app(
    settings: Settings, clock: FixedClock, _cheap_password_hashes: None, _templates_compiled_once: None
) -> Iterator[Flask]:
    """The application on a migrated, empty database."""
    from mdtapp.app import create_app

    app = create_app(settings, clock)
    yield app
    close(app)


@pytest.fixture
def transaction(app: Flask) -> Callable[[], AbstractContextManager[None]]:
    """`with transaction():` calls operations and queries directly and commits at its end."""

    from mdtapp.store.db import unit_of_work

    @contextmanager
    def begin() -> Iterator[None]:
        with app.app_context(), unit_of_work():
            yield

    return begin


# --- people -----------------------------------------------------------------------------------


class _Forms(HTMLParser):
    """The forms of a page that post: their address and the fields a browser would send untouched."""

    def __init__(self, html: str, address: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._address = address
        self.csrf_token = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            posts = values.get("method", "").lower() == "post"
            self.forms.append(((values.get("action") or self._address) if posts else "", {}))
        elif tag == "input" and values.get("type") == "hidden" and values.get("name"):
            if values["name"] == "csrf_token":
                self.csrf_token = values.get("value", "")
            if self.forms:
                self.forms[-1][1][values["name"]] = values.get("value", "")
        elif tag == "meta" and values.get("name") == "csrf-token":
            self.csrf_token = values.get("content", "")


class Visitor(FlaskClient):
    """A browser without scripts: it follows forms as they stand on the page."""

    def submit(
        self, page: str, data: dict[str, Any] | None = None, *, action: str | None = None, **options: Any
    ) -> TestResponse:
        """Opens `page` and sends its form (the one to `action`) with its hidden fields and `data`."""
        opened = self.get(page)
        assert opened.status_code == 200, f"{page} answered {opened.status_code}"
        parsed = _Forms(opened.text, page)
        wanted = urlsplit(action or page).path
        matching = [form for form in parsed.forms if urlsplit(form[0]).path == wanted]
        assert matching, f"{page} has no form to {wanted}; it has {[form[0] for form in parsed.forms]}"
        address, hidden = matching[-1]
        return self.post(address, data={**hidden, **(data or {})}, **options)

    def csrf_token(self, page: str = "/sign-in") -> str:
        """The token of any page with a form, for requests that no form sends."""
        return _Forms(self.get(page).text, page).csrf_token


@dataclass(frozen=True)
class Identity:
    """Who a test person is."""

    name: str
    name_zh: str
    role: str
    disciplines: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        return re.sub(r"[^a-z]+", ".", self.name.lower().removeprefix("dr ")) + "@qingyuan.example"


PEOPLE = {
    "coordinator": Identity("Lin Xia", "林夏", "coordinator"),
    "other_coordinator": Identity("He Jun", "何军", "coordinator"),
    "radiologist": Identity("Dr Tang Wei", "唐伟", "specialist", ("radiology",)),
    "pathologist": Identity("Dr Shen Lan", "沈兰", "specialist", ("pathology",)),
    "surgeon": Identity("Dr Guo Feng", "郭峰", "specialist", ("surgical_oncology",)),
    "medical_oncologist": Identity("Dr Xu Min", "徐敏", "specialist", ("medical_oncology",)),
    "radiation_oncologist": Identity("Dr Fang Jie", "方洁", "specialist", ("radiation_oncology",)),
    "chair": Identity("Dr Zhou Ping", "周平", "chair"),
    "translator": Identity("Yu Qing", "于青", "translator"),
    "admin": Identity("Bai Lu", "白露", "admin"),
}


class Person(Visitor):
    """A signed-in person."""

    user_id: int
    email: str
    password: str


def add_person(app: Flask, who: str, *, at: datetime = START) -> int:
    """Adds one of PEOPLE; returns their id."""
    from mdtapp.audit.trail import SystemActor
    from mdtapp.people import operations
    from mdtapp.people.roles import Role
    from mdtapp.store.db import unit_of_work

    identity = PEOPLE[who]
    with app.app_context(), unit_of_work():
        user = operations.add_person(
            actor=SystemActor("tests"),
            at=at,
            email=identity.email,
            name=identity.name,
            name_zh=identity.name_zh,
            role=Role(identity.role),
            disciplines=identity.disciplines,
            password=PASSWORD,
        )
        return user.id


def sign_in(app: Flask, who: str, user_id: int) -> Person:
    """A browser in which the person has signed in through the form, at an address of their own."""
    identity = PEOPLE[who]
    client = Person(app, app.response_class, use_cookies=True)
    client.user_id, client.email, client.password = user_id, identity.email, PASSWORD
    client.environ_base["REMOTE_ADDR"] = f"10.0.0.{10 + list(PEOPLE).index(who)}"
    answer = client.submit("/sign-in", {"email": identity.email, "password": PASSWORD})
    assert answer.status_code == 302, f"{who} could not sign in: {answer.status_code}"
    return client


def _person_fixture(who: str) -> Any:
    @pytest.fixture(name=who)
    def person(app: Flask, clock: FixedClock) -> Person:
        return sign_in(app, who, add_person(app, who, at=clock.now()))

    person.__doc__ = f"{PEOPLE[who].name}, signed in."
    return person


coordinator = _person_fixture("coordinator")
other_coordinator = _person_fixture("other_coordinator")
radiologist = _person_fixture("radiologist")
pathologist = _person_fixture("pathologist")
surgeon = _person_fixture("surgeon")
medical_oncologist = _person_fixture("medical_oncologist")
radiation_oncologist = _person_fixture("radiation_oncologist")
chair = _person_fixture("chair")
translator = _person_fixture("translator")
admin = _person_fixture("admin")


@pytest.fixture
def client(app: Flask) -> Visitor:
    """A visitor who has not signed in."""
    return Visitor(app, app.response_class, use_cookies=True)


# --- crash and race tests ---------------------------------------------------------------------


@pytest.fixture
def sweep_count() -> int:
    """How often a crash or race is tried: few in `make test`, MDTAPP_SWEEP_COUNT in `make sweep`."""
    return int(os.environ.get("MDTAPP_SWEEP_COUNT", "3"))


@pytest.fixture
def sweep_random() -> random.Random:
    """Where the moments of the crashes come from; pytest shows the seed with a test that fails."""
    wanted = os.environ.get("MDTAPP_SWEEP_SEED", "20260302")
    seed = random.SystemRandom().randrange(10**9) if wanted == "random" else int(wanted)
    print(f"MDTAPP_SWEEP_SEED={seed}")  # noqa: T201  captured, shown on failure
    return random.Random(seed)
