"""kill -9 while instances arrive and while they are taken in: nothing acknowledged is lost, nothing is half."""

from __future__ import annotations

import hashlib
import io
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage  # type: ignore[attr-defined]
from sqlalchemy import func, select

from mdtapp.materials.spool import Spool
from mdtapp.materials.status import Source
from tests.gateway.test_gateway import instance
from tests.imaging import dicom
from tests.server import free_port

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.imaging.intake import Intake

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = """
    import signal
    from mdtapp.config import Settings
    from mdtapp.gateway.server import Gateway
    from mdtapp.materials.spool import Spool
    settings = Settings.from_environment()
    Gateway(settings, Spool(settings.instance / "spool")).start()
    print("listening", flush=True)
    signal.pause()
"""
WORKER = """
    import threading
    from mdtapp.app import create_app
    from mdtapp.config import Settings
    from mdtapp.imaging.intake import Intake
    from mdtapp.imaging.limited import shared_reader
    from mdtapp.imaging.worker import Worker
    from mdtapp.materials.spool import Spool
    settings = Settings.from_environment()
    app = create_app(settings)
    with app.app_context():
        found = app.extensions
        intake = Intake(found["mdtapp.objects"], shared_reader(), found["mdtapp.identity_key"], found["mdtapp.clock"])
        print("working", flush=True)
        Worker(intake, Spool(settings.instance / "spool")).run(threading.Event())
"""


def start(script: str, environ: Mapping[str, str]) -> subprocess.Popen[str]:
    """A process that has said that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.sweep
def test_the_gateway_is_killed_while_it_receives(
    tmp_path: Path, environ: dict[str, str], sweep_count: int, sweep_random: random.Random
) -> None:
    instances = {number: instance(f"1.2.3.{number}") for number in range(200)}
    for attempt in range(sweep_count):
        port = free_port()
        folder = tmp_path / f"attempt{attempt}"
        process = start(GATEWAY, {**environ, "MDTAPP_INSTANCE": str(folder), "MDTAPP_DICOM_PORT": str(port)})
        timer = threading.Timer(sweep_random.uniform(0.05, 0.6), kill, (process,))
        timer.start()
        acknowledged = _send_until_it_dies(port, instances)
        timer.join()
        spool = Spool(folder / "spool")
        kept = {one.name for one in spool.ready()}
        assert {f"1.2.3.{number}.dcm" for number in acknowledged} <= kept
        for one in spool.ready():
            assert hashlib.sha256(spool.path(one).read_bytes()).hexdigest() == one.sha256


def _send_until_it_dies(port: int, instances: Mapping[int, object]) -> list[int]:
    entity = AE(ae_title="TESTER")
    entity.add_requested_context(CTImageStorage)
    entity.dimse_timeout = 5
    association = entity.associate("127.0.0.1", port, ae_title="MDTAPP")
    acknowledged = []
    try:
        for number, ds in instances.items():
            if association.send_c_store(ds).get("Status") != 0x0000:  # type: ignore[arg-type]
                break
            acknowledged.append(number)
    except RuntimeError:  # the association is gone
        pass
    finally:
        association.abort()
        association.join(5)
        connection = association.dul.socket
        if connection is not None and connection.socket is not None:
            connection.socket.close()  # pynetdicom leaves the socket to a peer that died
    return acknowledged


@pytest.mark.sweep
def test_the_worker_is_killed_while_it_takes_in(
    app: Flask,
    environ: dict[str, str],
    pipeline: Intake,
    new_case: Callable[..., str],
    sweep_count: int,
    sweep_random: random.Random,
) -> None:
    """However often it is killed, each arrival has one record and one event, and the spool runs empty."""
    from mdtapp.audit.models import Event
    from mdtapp.audit.trail import verify
    from mdtapp.imaging.models import ImagingInstance
    from mdtapp.imaging.worker import Worker
    from mdtapp.materials.models import IntakeFile
    from mdtapp.store.db import session, unit_of_work

    spool = Spool(app.config["MDTAPP"].instance / "spool")
    case_no = new_case(dicom.ZHANG_RECORD)
    _fill(spool, case_no, 40)
    for _ in range(sweep_count):
        process = start(WORKER, environ)
        time.sleep(sweep_random.uniform(0, 0.4))
        kill(process)
    with app.app_context():
        worker = Worker(pipeline, spool)
        while worker.turn():
            pass
        with unit_of_work(writing=False):
            assert session.scalar(select(func.count(IntakeFile.id))) == 40
            assert session.scalar(select(func.count(ImagingInstance.id))) == 40
            arrivals = select(func.count(Event.seq)).where(Event.event == "intake:accepted")
            assert session.scalar(arrivals) == 40
            assert verify().whole
            for row in session.scalars(select(ImagingInstance)):
                content = pipeline.objects.read(row.sha256)
                assert hashlib.sha256(content).hexdigest() == row.sha256
    assert spool.ready() == []


def _fill(spool: Spool, case_no: str, count: int) -> None:
    for number in range(count):
        content = dicom.encoded(dicom.image(SOPInstanceUID=f"1.2.3.{number}"))
        spool.receive(
            io.BytesIO(content),
            name=f"{number}.dcm",
            source=Source.UPLOAD,
            actor="user:1",
            at=datetime.now(UTC),
            case_no=case_no,
        )
