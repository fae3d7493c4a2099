"""The processes of an installation: pages, worker, DICOM listener, alone or as one group."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection

import click
from flask import Flask
from sqlalchemy import select

from mdtapp.app import create_app, quiet_libraries
from mdtapp.audit.events import EventType
from mdtapp.audit.trail import SystemActor, record
from mdtapp.config import Settings, UnsafeSettings
from mdtapp.gateway.peers import Rejection
from mdtapp.gateway.retrieve import receive_into
from mdtapp.gateway.server import run_gateway as listen
from mdtapp.imaging.intake import Intake
from mdtapp.imaging.worker import Worker
from mdtapp.materials.spool import Spool
from mdtapp.pacs.courier import couriers
from mdtapp.pacs.fetching import Fetcher
from mdtapp.pacs.sender import Sender
from mdtapp.people.models import User
from mdtapp.schema import migrate
from mdtapp.store.db import WEB_THREADS, session, unit_of_work

BESIDE_WEB = ("worker", "gateway")
GRACE_SECONDS = 10.0
PR_SET_PDEATHSIG = 1


def run_all(settings: Settings) -> None:
    """Starts the three parts; when one ends, the others are ended too and the status is its own."""
    check_fit_to_serve(create_app(settings))
    wanted = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: wanted.set())
    program = [sys.executable, "-m", "mdtapp"]
    children = {
        "web": _start(web_command(settings)),
        **{part: _start([*program, part]) for part in BESIDE_WEB},
    }
    click.echo(
        f"mdtapp: {settings.base_url}  DICOM {settings.dicom_ae_title}@{settings.dicom_host}:{settings.dicom_port}",
    )
    while not wanted.wait(0.3):
        ended = [part for part, child in children.items() if child.poll() is not None]
        if ended:
            click.echo(f"mdtapp: the part '{ended[0]}' ended, so the others are ended too.", err=True)
            _end(children.values())
            sys.exit(children[ended[0]].returncode or 1)
    _end(children.values())


def run_web(settings: Settings) -> None:
    """Becomes the web server."""
    check_fit_to_serve(create_app(settings))
    os.execv(sys.executable, web_command(settings))


def web_command(settings: Settings) -> list[str]:
    """The web server; whoever starts it has checked that the installation is fit to serve."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"{settings.host}:{settings.port}",
        "--worker-class",
        "gthread",
        "--workers",
        str(settings.web_processes),
        "--threads",
        str(WEB_THREADS),
        "--timeout",
        "120",
        "--graceful-timeout",
        "10",
        "--log-level",
        "warning",
        "--no-control-socket",
        "mdtapp.operate.wsgi:application",
    ]


def run_worker(app: Flask) -> None:
    """Works until SIGTERM or SIGINT; receiving and the pages go before it."""
    os.nice(10)
    quiet_libraries()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings, spool, clock = app.config["MDTAPP"], spool_of(app), app.extensions["mdtapp.clock"]
    receive_into(spool.root / "fetching")
    transfers = (
        Fetcher(app, settings, spool, clock),
        Sender(app, settings, app.extensions["mdtapp.objects"], clock),
    )
    with couriers(app, transfers, stop), app.app_context():
        Worker(intake_of(app), spool).run(stop)


def run_gateway(app: Flask) -> None:
    """Listens until SIGTERM or SIGINT; refused associations are recorded."""
    quiet_libraries()
    clock = app.extensions["mdtapp.clock"]

    def note(rejection: Rejection, calling: str, address: str) -> None:
        with app.app_context(), unit_of_work():
            record(
                EventType.ACCESS_DENIED,
                actor=SystemActor("gateway"),
                at=clock.now(),
                subject=f"association:{rejection.code}"[:120],
                calling=calling[:16],
                address=address[:60],
            )

    listen(app.config["MDTAPP"], spool_of(app), note)


def intake_of(app: Flask) -> Intake:
    """The intake pipeline of an application."""
    found: Intake = app.extensions["mdtapp.intake"]
    return found


def spool_of(app: Flask) -> Spool:
    found: Spool = app.extensions["mdtapp.spool"]
    return found


def check_fit_to_serve(app: Flask) -> None:
    """Refuses an old schema, and demonstration accounts on an address others can reach."""
    settings: Settings = app.config["MDTAPP"]
    if not migrate.is_current(app):
        raise UnsafeSettings("The database is not at the current schema. Run: mdtapp upgrade")
    if settings.on_loopback_only and settings.host_is_loopback:
        return
    with app.app_context(), unit_of_work(writing=False):
        demo = session.scalars(select(User.email).where(User.demonstration, User.active)).first()
    if demo:
        raise UnsafeSettings(
            "This installation holds demonstration accounts with a known password, so it is served on this machine only. "
            "Use a fresh instance folder for patients."
        )


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    """A part that is told to end when this process dies, however it dies."""
    return subprocess.Popen(command, preexec_fn=_end_with_parent)


def _end_with_parent() -> None:
    """Linux: SIGTERM on the parent's death (prctl(2), PR_SET_PDEATHSIG)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(children: Collection[subprocess.Popen[bytes]]) -> None:
    running = [child for child in children if child.poll() is None]
    for child in running:
        child.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for child in running:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
