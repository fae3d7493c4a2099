"""What is missing or unsafe in an installation."""

from __future__ import annotations

import ctypes.util
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

from mdtapp.app import create_app
from mdtapp.audit.trail import verify
from mdtapp.config import Settings, UnsafeSettings
from mdtapp.operate.processes import check_fit_to_serve
from mdtapp.schema import migrate
from mdtapp.store.db import unit_of_work
from mdtapp.web.filters import vendored

LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}
LEAST_FREE_BYTES = 5 << 30
FRONT_END = ("tabler.css", "htmx.js", "inter/inter.css", "noto-sans-sc/noto-sans-sc.css")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `detail` says what to do when it is not fine."""

    what: str
    fine: bool
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """Everything worth looking at, fine or not."""
    return [*_system(settings), *_database(settings)]


def _system(settings: Settings) -> Iterator[Finding]:
    for library, package in LIBRARIES.items():
        found = ctypes.util.find_library(library) is not None
        yield Finding(f"library {library}", found, "found" if found else f"install the package {package}")
    settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.instance).free
    yield Finding("free disk", free >= LEAST_FREE_BYTES, f"{free >> 30} GiB free; at least 5 GiB are needed")
    private = not settings.instance.stat().st_mode & 0o077
    yield Finding("instance folder", private, "private" if private else f"run: chmod 700 {settings.instance}")


def _database(settings: Settings) -> Iterator[Finding]:
    app = create_app(settings)
    current = migrate.is_current(app)
    yield Finding("database schema", current, "current" if current else "run: mdtapp upgrade")
    with app.test_request_context():
        missing = [name for name in FRONT_END if vendored(name) is None]
    told = f"run: make setup ({', '.join(missing)})" if missing else "in place"
    yield Finding("front-end files", not missing, told)
    if current:
        yield _fit_to_serve(app)
        with app.app_context(), unit_of_work(writing=False):
            chain = verify()
        told = f"{chain.events} events intact" if chain.whole else f"broken at event {chain.bad_seq}"
        yield Finding("event chain", chain.whole, told)


def _fit_to_serve(app: Flask) -> Finding:
    """The same that `mdtapp run` refuses."""
    try:
        check_fit_to_serve(app)
    except UnsafeSettings as refusal:
        return Finding("address", False, str(refusal))
    return Finding("address", True, "nothing with a known password is served to others")
