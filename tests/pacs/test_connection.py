"""The connection test and the other side's answers: each step that can fail, and the sentence it gives."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from pydicom.uid import CTImageStorage
from pynetdicom import AE, evt
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from mdtapp.clinical.bitext import Bitext
from mdtapp.gateway import retrieve, storage_classes
from mdtapp.gateway.connection_test import Check, run_checks
from mdtapp.gateway.query import find_studies
from mdtapp.gateway.scu import Peer, PeerFailed, Step, associated
from tests.pacs.peers import Orthanc, QueryServer, running_orthanc
from tests.server import free_port

FIND = StudyRootQueryRetrieveInformationModelFind
GET = StudyRootQueryRetrieveInformationModelGet
MOVE = StudyRootQueryRetrieveInformationModelMove
ALL = (Verification, FIND, GET, MOVE)


@contextmanager
def listening(*contexts: str, storage: bool = True, handlers: Any = (), **settings: Any) -> Iterator[Peer]:
    """A peer that offers exactly these contexts."""
    entity = AE(ae_title="ODD")
    for context in contexts:
        entity.add_supported_context(context)
    if storage:
        entity.add_supported_context(CTImageStorage, scu_role=True, scp_role=True)
    for name, value in settings.items():
        setattr(entity, name, value)
    port = free_port()
    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=list(handlers))
    assert server is not None
    try:
        yield Peer("ODD", "127.0.0.1", port, "MDTAPP")
    finally:
        server.shutdown()


def failing(checks: list[Check]) -> tuple[Step, str] | None:
    """The step that fails and its sentence; what stands behind it was not tried."""
    failed = [check for check in checks if check.passed is False]
    assert len(failed) <= 1
    if not failed:
        assert all(check.passed for check in checks)
        return None
    behind = checks[checks.index(failed[0]) + 1 :]
    assert [check.passed for check in behind] == [None] * len(behind)
    assert failed[0].sentence.missing() == []
    return failed[0].step, failed[0].sentence.en


@pytest.mark.parametrize("destination", [None, "MDTAPP"])
def test_orthanc_and_dcmqrscp_pass(orthanc: Orthanc, dcmqrscp: QueryServer, destination: str | None) -> None:
    for pacs in (orthanc, dcmqrscp):
        assert failing(run_checks(pacs.peer, destination=destination)) is None


def test_orthanc_that_does_not_know_our_listener(tmp_path: Any) -> None:
    with running_orthanc(tmp_path, knows_us=False) as orthanc:
        step, sentence = failing(run_checks(orthanc.peer, destination="MDTAPP")) or (None, "")
    assert step is Step.RETRIEVE
    assert "whether MDTAPP is entered there as a destination" in sentence


def test_a_wrong_title_for_orthanc(orthanc: Orthanc) -> None:
    wrong = replace(orthanc.peer, ae_title="SOMEONE")
    step, sentence = failing(run_checks(wrong, destination=None)) or (None, "")
    assert step is Step.ASSOCIATE
    assert "does not call itself SOMEONE" in sentence


def test_a_rejection_is_understood_however_quickly_it_comes(orthanc: Orthanc) -> None:
    """The whole exchange, connection closed, is over before the thread that asked looks at it."""
    wrong = replace(orthanc.peer, ae_title="SOMEONE")
    over = [(evt.EVT_REQUESTED, lambda event: event.assoc.dul.join(10))]
    context = [build_context(Verification)]
    with (
        pytest.raises(PeerFailed, match="does not call itself SOMEONE"),
        associated(wrong, context, handlers=over),
    ):
        pass


def test_a_name_nobody_knows() -> None:
    peer = Peer("ODD", "no-such-machine.invalid", 104, "MDTAPP")
    step, sentence = failing(run_checks(peer, destination=None)) or (None, "")
    assert step is Step.RESOLVE
    assert "no-such-machine.invalid is not known" in sentence


def test_a_port_nobody_listens_on() -> None:
    peer = Peer("ODD", "127.0.0.1", free_port(), "MDTAPP")
    step, sentence = failing(run_checks(peer, destination=None)) or (None, "")
    assert step is Step.REACH
    assert "takes no connection" in sentence
    with pytest.raises(PeerFailed) as failure:
        find_studies(peer, {"PatientID": "1"})
    assert failure.value.step is Step.REACH


def test_a_port_that_speaks_something_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_hang_up, args=(server, 4), daemon=True)
        thread.start()
        peer = Peer("ODD", "127.0.0.1", server.getsockname()[1], "MDTAPP")
        step, sentence = failing(run_checks(peer, destination=None)) or (None, "")
    assert step is Step.ASSOCIATE
    assert "ends the connection" in sentence


def _hang_up(server: socket.socket, times: int) -> None:
    for _ in range(times):
        try:
            connection, _address = server.accept()
        except OSError:
            return
        connection.close()


def test_our_title_is_not_known() -> None:
    with listening(*ALL, require_calling_aet=["ANOTHER"]) as peer:
        step, sentence = failing(run_checks(peer, destination=None)) or (None, "")
    assert step is Step.ASSOCIATE
    assert "enter our AE title MDTAPP" in sentence


def test_a_full_house() -> None:
    with listening(*ALL, maximum_associations=1) as peer:
        entity = AE(ae_title="OTHER")
        entity.add_requested_context(Verification)
        other = entity.associate(peer.host, peer.port, ae_title="ODD")
        assert other.is_established
        with pytest.raises(PeerFailed, match="busy"):
            find_studies(peer, {"PatientID": "1"})
        other.release()


def test_each_context_that_can_be_refused() -> None:
    cases: list[tuple[tuple[str, ...], bool, str | None, Step, str]] = [
        ((FIND, GET), True, None, Step.ECHO, "does not answer C-ECHO"),
        ((Verification, GET), True, None, Step.FIND, "does not let us search"),
        ((Verification, FIND, MOVE), True, None, Step.RETRIEVE, "does not offer C-GET"),
        ((Verification, FIND, GET), False, None, Step.RETRIEVE, "would send no image over it"),
        ((Verification, FIND, GET), True, "MDTAPP", Step.RETRIEVE, "does not offer C-MOVE"),
    ]
    for contexts, storage, destination, step, words in cases:
        with listening(*contexts, storage=storage) as peer:
            found = failing(run_checks(peer, destination=destination))
        assert found is not None
        assert (found[0], words in found[1]) == (step, True), found


def test_an_unknown_destination_is_named() -> None:
    def unknown(_event: evt.Event) -> Iterator[Any]:
        yield None, None

    with listening(*ALL, handlers=[(evt.EVT_C_MOVE, unknown)]) as peer:
        step, sentence = failing(run_checks(peer, destination="MDTAPP")) or (None, "")
    assert step is Step.RETRIEVE
    assert "(A801)" in sentence
    assert "enter MDTAPP as a destination" in sentence


def test_a_refused_search_says_its_status() -> None:
    def refuse(_event: evt.Event) -> Iterator[Any]:
        yield 0xA700, None

    with (
        listening(*ALL, handlers=[(evt.EVT_C_FIND, refuse)]) as peer,
        pytest.raises(PeerFailed, match="status A700"),
    ):
        find_studies(peer, {"PatientID": "1"})


def test_a_list_without_end_is_cut() -> None:
    def many(event: evt.Event) -> Iterator[Any]:
        for number in range(10_000):
            if event.is_cancelled:
                yield 0xFE00, None
                return
            row = event.identifier
            row.StudyInstanceUID = f"1.2.{number + 1}"
            yield 0xFF00, row

    with listening(*ALL, handlers=[(evt.EVT_C_FIND, many)]) as peer:
        assert len(find_studies(peer, {"PatientID": "1"})) == 200


@pytest.mark.filterwarnings("ignore:Invalid value for VR")
def test_hostile_answers_become_plain_text() -> None:
    def answer(event: evt.Event) -> Iterator[Any]:
        row = event.identifier
        row.StudyInstanceUID = "../../etc/passwd"
        yield 0xFF00, row
        row.StudyInstanceUID = "1.2.3"
        row.StudyDescription = "CT\x07 \u202eevil"
        row.add_new(0x00201208, "LO", "many")
        yield 0xFF00, row

    with listening(*ALL, handlers=[(evt.EVT_C_FIND, answer)]) as peer:
        (study,) = find_studies(peer, {"PatientID": "1"})
    assert (study.study_instance_uid, study.description, study.instances) == ("1.2.3", "CT evil", None)


def test_contexts_stay_below_the_limit() -> None:
    one = retrieve.storage_contexts([CTImageStorage])
    assert len(one) == len(storage_classes.TRANSFER_SYNTAXES)
    assert all(len(context.transfer_syntax) == 1 for context in one)
    common = retrieve.storage_contexts([])
    assert {context.abstract_syntax for context in common} == set(storage_classes.COMMON_CLASSES)
    many = retrieve.storage_contexts(f"1.2.{number}" for number in range(1, 500))
    assert len(many) == 127
    assert len(retrieve.storage_contexts(["not a uid", ""])) == len(common)


def test_wanted_images_are_asked_for_in_lists() -> None:
    images = tuple(f"1.2.3.{number}" for number in range(150))
    asked = [
        (ds.QueryRetrieveLevel, len(ds.SOPInstanceUID))
        for ds in retrieve.identifiers("1.2", retrieve.Wanted("1.2.3", images))
    ]
    assert asked == [("IMAGE", 64), ("IMAGE", 64), ("IMAGE", 22)]
    (whole,) = retrieve.identifiers("1.2", retrieve.Wanted("1.2.3"))
    assert whole.QueryRetrieveLevel == "SERIES"


def test_an_association_is_given_back_whatever_happens(orthanc: Orthanc) -> None:
    from pynetdicom.presentation import build_context

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), associated(orthanc.peer, [build_context(Verification)]):
        raise ZeroDivisionError
    assert threading.active_count() == before


def test_every_sentence_has_both_languages() -> None:
    """Those that stand in the modules; the others are made in the tests above."""
    from mdtapp.gateway import connection_test, query, sending

    found: list[Callable[[], Any] | Bitext] = [
        value
        for module in (connection_test, query, retrieve, sending)
        for value in vars(module).values()
        if isinstance(value, Bitext)
    ]
    assert found
    assert [value for value in found if isinstance(value, Bitext) and value.missing()] == []
