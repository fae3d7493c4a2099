"""A case, a PACS beside it, and the worker that carries between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mdtapp.clock import SystemClock
from mdtapp.demo.synthetic_dicom import ct_chest, write
from tests.gateway.conftest import listen, listening
from tests.imaging import dicom
from tests.imaging.conftest import new_case, reader, spool
from tests.pacs.peers import QueryServer, running_dcmqrscp, running_orthanc

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.imaging.intake import Intake
    from mdtapp.materials.spool import Spool
    from mdtapp.pacs.fetching import Fetcher
    from tests.conftest import Person
    from tests.pacs.peers import Orthanc, Process

__all__ = ["listen", "listening", "new_case", "reader", "spool"]

SLICES = 12


@pytest.fixture
def study(tmp_path: Path) -> list[Path]:
    """A CT of twelve images of the patient of the case."""
    return write(ct_chest(dicom.chest(seed="pacs"), slices=SLICES, size=32), tmp_path / "study")


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path / "orthanc") as running:
        yield running


@pytest.fixture
def dcmqrscp(tmp_path: Path) -> Iterator[QueryServer]:
    with running_dcmqrscp(tmp_path / "dcmqrscp") as running:
        yield running


class Case:
    """One case with a sealed identity, its coordinator, and what stands in the database about it."""

    def __init__(self, app: Flask, spool: Spool, case_no: str, coordinator: Person, reader: Any) -> None:
        self.app, self.spool, self.case_no = app, spool, case_no
        self.coordinator, self.reader = coordinator, reader
        self.clock = SystemClock()

    def pipeline(self) -> Intake:
        from mdtapp.imaging.intake import Intake
        from mdtapp.pacs.queries import who_asked

        found = self.app.extensions
        return Intake(
            found["mdtapp.objects"], self.reader, found["mdtapp.identity_key"], self.clock, who_asked
        )

    def fetcher(self, **settings: Any) -> Fetcher:
        from dataclasses import replace

        from mdtapp.pacs.fetching import Fetcher

        return Fetcher(self.app, replace(self.app.config["MDTAPP"], **settings), self.spool, self.clock)

    def add_node(self, pacs: Process, retrieve: str = "get", **values: Any) -> int:
        """The PACS as an administrator enters it; returns its id."""
        from mdtapp.pacs.models import PacsNode
        from mdtapp.pacs.status import Retrieve
        from mdtapp.store.db import session, unit_of_work

        peer = pacs.peer  # type: ignore[attr-defined]
        facts = {"name": f"PACS {pacs.port} {retrieve}", "ae_title": peer.ae_title, "host": "127.0.0.1"}
        with self.app.app_context(), unit_of_work():
            node = PacsNode(
                **{**facts, "port": pacs.port, **values},
                retrieve=Retrieve(retrieve),
                created_at=self.clock.now(),
            )
            session.add(node)
            session.flush()
            return node.id

    def ask(self, node_id: int, study_instance_uid: str) -> int:
        """The coordinator presses the button; returns the id of the fetch."""
        from mdtapp.cases.queries import find_case
        from mdtapp.pacs import operations, queries
        from mdtapp.people.queries import get_person
        from mdtapp.store.db import unit_of_work

        with self.app.app_context(), unit_of_work():
            case = find_case(self.case_no)
            assert case is not None
            fetch = operations.ask_fetch(
                actor=get_person(self.coordinator.user_id),
                at=self.clock.now(),
                case=case,
                node=queries.get_active_node(node_id),
                study_instance_uid=study_instance_uid,
            )
            return fetch.id

    def fetch(self, fetch_id: int) -> dict[str, Any]:
        """The row, and how many images of it the case holds."""
        from mdtapp.pacs import queries
        from mdtapp.pacs.models import PacsFetch
        from mdtapp.store.db import session, unit_of_work

        with self.app.app_context(), unit_of_work(writing=False):
            row = session.get_one(PacsFetch, fetch_id)
            return {
                "state": str(row.state),
                "expected": row.expected,
                "received": row.received,
                "failure": row.failure.en,
                "tries": row.tries,
                "here": queries.count_here(row.case, row.study_instance_uid),
                "series": row.series,
            }

    def due_now(self) -> None:
        """The pause before the next try, and the lease of a worker that died, are over."""
        from sqlalchemy import update

        from mdtapp.pacs.models import PacsFetch, PacsSending
        from mdtapp.store.db import session, unit_of_work

        now = self.clock.now()
        with self.app.app_context(), unit_of_work():
            for kind in (PacsFetch, PacsSending):
                session.execute(update(kind).values(next_try_at=now))
                session.execute(update(kind).where(kind.lease_until.is_not(None)).values(lease_until=now))

    def drain(self) -> None:
        from mdtapp.imaging.worker import Worker

        with self.app.app_context():
            worker = Worker(self.pipeline(), self.spool)
            while worker.turn():
                pass


@pytest.fixture
def case(
    app: Flask,
    spool: Spool,
    coordinator: Person,
    new_case: Callable[..., str],
    reader: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Case:
    from mdtapp.pacs import fetching

    monkeypatch.setattr(fetching, "LOOK_AGAIN", 0.05)
    case_no = new_case(dicom.ZHANG_RECORD, coordinator=coordinator.user_id)
    return Case(app, spool, case_no, coordinator, reader)


@pytest.fixture
def filing(case: Case) -> Iterator[None]:
    """The worker's main thread: files what the spool holds while a fetch runs."""
    import threading

    from mdtapp.imaging.worker import Worker

    stop = threading.Event()

    def work() -> None:
        with case.app.app_context():
            Worker(case.pipeline(), case.spool).run(stop, pause=0.05)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()
