"""Fetching from real PACS: complete, resumed after either side was killed, and through the identity gate."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.uid import HTJ2K, HTJ2KLossless

from mdtapp.demo.synthetic_dicom import ct_chest, write
from tests.imaging import dicom
from tests.pacs.conftest import SLICES, Case
from tests.pacs.peers import Process, running_dcmqrscp, running_orthanc

if TYPE_CHECKING:
    from tests.gateway.conftest import Listening

ROOT = Path(__file__).resolve().parents[2]
# Newer than Debian's Orthanc: it stores them and cannot send them.
UNKNOWN_TO_ORTHANC = {"1.2.840.10008.1.2.8.1", HTJ2K, HTJ2KLossless}
MAKES = {"orthanc": running_orthanc, "dcmqrscp": running_dcmqrscp}


@pytest.fixture(params=sorted(MAKES))
def make(request: pytest.FixtureRequest) -> Any:
    """Starts a PACS of each make."""
    return MAKES[request.param]


@pytest.fixture
def pacs(make: Any, tmp_path: Path, study: list[Path]) -> Iterator[Process]:
    """A PACS that holds the study."""
    with make(tmp_path / "pacs") as running:
        running.take(study)
        yield running


def study_uid(files: list[Path]) -> str:
    return str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)


def run_until_settled(case: Case, fetch_id: int, fetcher: Any) -> dict[str, Any]:
    """Turns until the fetch has ended, without its pauses."""
    for _ in range(12):
        case.due_now()
        with case.app.app_context():
            fetcher.turn()
        found = case.fetch(fetch_id)
        if found["state"] not in {"waiting", "running"}:
            return found
    raise AssertionError(found)


def test_a_study_is_got_whole(case: Case, pacs: Process, study: list[Path], filing: None) -> None:
    fetch = case.ask(case.add_node(pacs), study_uid(study))
    found = run_until_settled(case, fetch, case.fetcher())
    assert (found["state"], found["expected"], found["received"], found["here"]) == (
        "done",
        SLICES,
        SLICES,
        SLICES,
    )
    assert sum(series["instances"] for series in found["series"]) == SLICES
    page = case.coordinator.get(f"/cases/{case.case_no}/materials").text
    assert f"{SLICES} images" in page
    assert case.spool.ready() == []


def test_a_study_is_moved_to_our_listener_and_filed_in_the_case(
    case: Case, make: Any, tmp_path: Path, study: list[Path], listen: Callable[..., Listening], filing: None
) -> None:
    listening = listen()
    with make(tmp_path / "pacs", our_port=listening.port) as pacs:
        pacs.take(study)
        fetch = case.ask(case.add_node(pacs, "move"), study_uid(study))
        found = run_until_settled(case, fetch, case.fetcher())
    assert (found["state"], found["received"], found["here"]) == ("done", SLICES, SLICES)
    assert "The tray is empty" in case.coordinator.get("/tray").text


def test_what_is_here_is_not_asked_for_again(
    case: Case, pacs: Process, study: list[Path], filing: None
) -> None:
    """Three images came by upload: only the others come over the network."""
    with case.app.app_context():
        from mdtapp.audit.trail import SystemActor
        from mdtapp.materials.status import Source

        case.pipeline().import_path(
            study[:3], case_no=case.case_no, actor=SystemActor("tests"), source=Source.UPLOAD
        )
    fetch = case.ask(case.add_node(pacs), study_uid(study))
    found = run_until_settled(case, fetch, case.fetcher())
    assert (found["state"], found["here"]) == ("done", SLICES)
    assert arrivals(case) == {"upload": 3, "dicom": SLICES - 3}


def arrivals(case: Case) -> dict[str, int]:
    from sqlalchemy import func, select

    from mdtapp.materials.models import IntakeBatch, IntakeFile
    from mdtapp.store.db import session, unit_of_work

    query = select(IntakeBatch.source, func.count(IntakeFile.id)).join(IntakeBatch.files)
    with case.app.app_context(), unit_of_work(writing=False):
        return {str(row[0]): row[1] for row in session.execute(query.group_by(IntakeBatch.source))}


def test_another_patient_waits_for_a_decision_and_counts_as_arrived(
    case: Case, make: Any, tmp_path: Path, filing: None
) -> None:
    theirs = write(ct_chest(dicom.chest(dicom.AMINA, "other"), slices=4, size=32), tmp_path / "theirs")
    with make(tmp_path / "pacs") as pacs:
        pacs.take(theirs)
        fetch = case.ask(case.add_node(pacs), study_uid(theirs))
        found = run_until_settled(case, fetch, case.fetcher())
    assert (found["state"], found["here"]) == ("done", 4)
    page = case.coordinator.get(f"/cases/{case.case_no}/materials").text
    assert "Identity, field by field" in page
    assert "4 images" in page


def test_the_pacs_is_killed_in_the_middle(case: Case, pacs: Process, study: list[Path], filing: None) -> None:
    """It dies after the fifth image: the try says so, and the next one asks for the rest."""
    fetch = case.ask(case.add_node(pacs), study_uid(study))
    fetcher = case.fetcher()
    real, kept = case.spool.receive, []

    def receive(*arguments: Any, **named: Any) -> Any:
        spooled = real(*arguments, **named)
        kept.append(spooled)
        if len(kept) == 5:
            pacs.kill()
        return spooled

    fetcher.spool = Forwarding(case.spool, receive)  # type: ignore[assignment]
    with case.app.app_context():
        fetcher.turn()
    found = case.fetch(fetch)
    assert found["state"] == "waiting"
    assert 5 <= found["received"] < SLICES
    assert "tried again by itself" in found["failure"]
    case.due_now()
    with case.app.app_context():
        fetcher.turn()
    again = case.fetch(fetch)
    assert "takes no connection" in again["failure"]
    assert again["received"] == found["received"]  # nothing was counted, so the last figure stands
    pacs.start()
    found = run_until_settled(case, fetch, case.fetcher())
    assert (found["state"], found["here"], found["failure"]) == ("done", SLICES, "")
    assert arrivals(case)["dicom"] < SLICES + 5


class Forwarding:
    """The spool with another way to receive."""

    def __init__(self, spool: Any, receive: Any) -> None:
        self.receive, self._spool = receive, spool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._spool, name)


WORKER = """
    import os, signal
    from mdtapp.app import create_app
    from mdtapp.clock import SystemClock
    from mdtapp.config import Settings
    from mdtapp.materials.spool import Spool
    from mdtapp.pacs.fetching import Fetcher
    settings = Settings.from_environment()
    app = create_app(settings)
    spool = Spool(settings.instance / "spool")
    real, kept = spool.receive, []
    def receive(*arguments, **named):
        kept.append(real(*arguments, **named))
        if len(kept) == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return kept[-1]
    spool.receive = receive
    with app.app_context():
        Fetcher(app, settings, spool, SystemClock()).turn()
"""


def test_our_worker_is_killed_in_the_middle(
    case: Case, environ: dict[str, str], pacs: Process, study: list[Path]
) -> None:
    """kill -9 behind the fifth image: nothing acknowledged is lost, the next worker takes over and completes."""
    fetch = case.ask(case.add_node(pacs), study_uid(study))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WORKER)], cwd=ROOT, env=environ, check=False, timeout=120
    )
    assert done.returncode == -signal.SIGKILL
    assert len(case.spool.ready()) == 5
    assert case.fetch(fetch)["state"] == "running"
    with case.app.app_context():
        assert not case.fetcher().turn()  # it is held until the lease has run out
    case.drain()
    stop = threading.Event()
    filing = threading.Thread(target=_file, args=(case, stop))
    filing.start()
    try:
        found = run_until_settled(case, fetch, case.fetcher())
    finally:
        stop.set()
        filing.join()
    assert (found["state"], found["here"]) == ("done", SLICES)
    assert arrivals(case) == {"dicom": SLICES}


def _file(case: Case, stop: threading.Event) -> None:
    from mdtapp.imaging.worker import Worker

    with case.app.app_context():
        Worker(case.pipeline(), case.spool).run(stop, pause=0.05)


def test_cancelling_ends_what_runs(case: Case, pacs: Process, study: list[Path], filing: None) -> None:
    fetch = case.ask(case.add_node(pacs), study_uid(study))
    fetcher = case.fetcher()
    real = case.spool.receive

    def receive(*arguments: Any, **named: Any) -> Any:
        spooled = real(*arguments, **named)
        press(case, fetch, "cancel")
        time.sleep(3)  # longer than the pause between two signs of life
        return spooled

    fetcher.spool = Forwarding(case.spool, receive)  # type: ignore[assignment]
    started = time.monotonic()
    with case.app.app_context():
        fetcher.turn()
    assert time.monotonic() - started < 30
    assert case.fetch(fetch)["state"] == "cancelled"
    press(case, fetch, "resume")
    found = run_until_settled(case, fetch, case.fetcher())
    assert (found["state"], found["here"]) == ("done", SLICES)


def press(case: Case, fetch_id: int, verb: str) -> None:
    from mdtapp.errors import InvalidTransition
    from mdtapp.pacs import operations
    from mdtapp.pacs.models import PacsFetch
    from mdtapp.people.queries import get_person
    from mdtapp.store.db import session, unit_of_work

    with case.app.app_context():
        try:
            with unit_of_work():
                getattr(operations, verb)(
                    actor=get_person(case.coordinator.user_id),
                    at=case.clock.now(),
                    transfer=session.get_one(PacsFetch, fetch_id),
                )
        except InvalidTransition:
            assert verb == "cancel"  # the second image that came meanwhile presses again


def test_a_study_that_is_gone_ends_the_fetch_with_a_sentence(case: Case, pacs: Process) -> None:
    fetch = case.ask(case.add_node(pacs), "1.2.3.4.5")
    with case.app.app_context():
        case.fetcher().turn()
    found = case.fetch(fetch)
    assert found["state"] == "failed"
    assert "does not hold this study" in found["failure"]


def test_tries_without_result_end(case: Case, pacs: Process, study: list[Path]) -> None:
    from mdtapp.pacs.operations import MOST_TRIES

    fetch = case.ask(case.add_node(pacs, ae_title="WRONG"), study_uid(study))
    for _ in range(MOST_TRIES):
        assert case.fetch(fetch)["state"] == "waiting"
        case.due_now()
        with case.app.app_context():
            case.fetcher().turn()
    found = case.fetch(fetch)
    assert found["state"] == "failed"
    assert "does not call itself WRONG" in found["failure"]


def test_images_nobody_asked_for_still_wait_in_the_tray(
    case: Case, listening: Listening, study: list[Path]
) -> None:
    from tests.pacs.peers import store

    store("MDTAPP", listening.port, study)
    case.drain()
    assert f"{SLICES} images" in case.coordinator.get("/tray").text


@pytest.mark.parametrize("way", ["get", "move"])
def test_every_image_comes_as_it_is_stored(
    case: Case, tmp_path: Path, listen: Callable[..., Listening], filing: None, way: str
) -> None:
    """Real studies in nine transfer syntaxes, some mixed within a study: data sets and syntaxes are unchanged."""
    folders = (
        "dicom/compressed",
        "dicom/transfer-syntax-basics",
        "dicom/ultrasound-colour",
        "dicom/petct-lung",
    )
    files = sendable([path for name in folders for path in sorted(dicom.shared_folder(name).rglob("*.dcm"))])
    listening = listen()
    with running_orthanc(
        tmp_path / "pacs", our_port=listening.port, StorageAccessOnFind="Always", TranscodeDicomProtocol=False
    ) as pacs:
        assert [path.name for path in files.values() if not pacs.put(path)] == []
        node = case.add_node(pacs, way)
        studies = {str(header(path).StudyInstanceUID) for path in files.values()}
        fetcher = case.fetcher()
        for uid in sorted(studies):
            found = run_until_settled(case, case.ask(node, uid), fetcher)
            assert found["state"] == "done", (uid, found)
    kept = kept_files(case)
    assert kept.keys() == files.keys()
    syntaxes = set()
    for uid, path in files.items():
        sent, came = pydicom.dcmread(path), pydicom.dcmread(kept[uid])
        assert came.file_meta.TransferSyntaxUID == sent.file_meta.TransferSyntaxUID
        assert came.get("PixelData") == sent.get("PixelData")
        syntaxes.add(came.file_meta.TransferSyntaxUID)
    assert len(syntaxes) >= 9


def header(path: Path) -> pydicom.Dataset:
    return pydicom.dcmread(path, stop_before_pixels=True)


def sendable(paths: list[Path]) -> dict[str, Path]:
    """Files by their SOP Instance UID, the first of each, that say which study they belong to."""
    found: dict[str, Path] = {}
    for path in paths:
        read = header(path)
        if read.get("StudyInstanceUID") and read.file_meta.TransferSyntaxUID not in UNKNOWN_TO_ORTHANC:
            found.setdefault(str(read.SOPInstanceUID), path)
    return found


def kept_files(case: Case) -> dict[str, Path]:
    from sqlalchemy import select

    from mdtapp.imaging.models import ImagingInstance
    from mdtapp.store.db import session, unit_of_work

    objects = case.app.extensions["mdtapp.objects"]
    with case.app.app_context(), unit_of_work(writing=False):
        query = select(ImagingInstance.sop_instance_uid, ImagingInstance.sha256)
        return {uid: objects.path(sha256) for uid, sha256 in session.execute(query)}
