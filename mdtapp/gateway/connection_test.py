"""The connection test: each step of speaking to a PACS, and where it stops, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pynetdicom import build_role
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from mdtapp.clinical.bitext import Bitext
from mdtapp.gateway.query import FIND, querying
from mdtapp.gateway.retrieve import (
    DESTINATION_UNKNOWN,
    GET,
    MOVE,
    NO_GET,
    Wanted,
    broke_off_at_destination,
    check_get,
    destination_unknown,
    identifiers,
    moving,
)
from mdtapp.gateway.scu import Peer, PeerFailed, Step, associated, broken_off, reach, resolve, status_of
from mdtapp.gateway.storage_classes import COMMON_CLASSES, TRANSFER_SYNTAXES
from mdtapp.gateway.stow import StowPlace, probe

NOWHERE = "2.25.1"  # a study nobody has: asking for it moves nothing


@dataclass(frozen=True, slots=True)
class Check:
    """One step: what was tried, whether it went well, and if not, what to do. `passed` None: not tried."""

    step: Step
    what: Bitext
    passed: bool | None
    sentence: Bitext


def run_checks(peer: Peer, *, destination: str | None, place: StowPlace | None = None) -> list[Check]:
    """Every step in order, none after the first that fails; sending by STOW-RS to `place` is tried by itself.

    `destination` is our own AE title when the PACS is to send by C-MOVE, None for C-GET.
    """
    retrieve = _retrieve_by_move(destination) if destination else _retrieve_by_get
    steps: Sequence[tuple[Step, Bitext, Callable[[Peer], object]]] = (
        (Step.RESOLVE, Bitext("Name found", "解析主机名"), resolve),
        (Step.REACH, Bitext("Port reachable", "端口可达"), reach),
        (Step.ASSOCIATE, Bitext("Association accepted", "建立关联"), _associate),
        (Step.ECHO, Bitext("Answers C-ECHO", "C-ECHO 应答"), _echo),
        (Step.FIND, Bitext("Can be searched (C-FIND)", "可查询（C-FIND）"), _find),
        (
            Step.RETRIEVE,
            Bitext("Sends to us (C-MOVE)", "可发送给我方（C-MOVE）")
            if destination
            else Bitext("Gives images (C-GET)", "可取回影像（C-GET）"),
            retrieve,
        ),
    )
    checks: list[Check] = []
    failed = False
    for step, what, try_it in steps:
        sentence = Bitext()
        passed: bool | None = None
        if not failed:
            try:
                try_it(peer)
                passed = True
            except PeerFailed as failure:
                passed, failed, sentence = False, True, failure.sentence
        checks.append(Check(step, what, passed, sentence))
    return [*checks, _stow_check(place)] if place is not None else checks


def _stow_check(place: StowPlace) -> Check:
    what = Bitext("DICOMweb address answers (STOW-RS)", "DICOMweb 地址应答（STOW-RS）")
    try:
        probe(place)
    except PeerFailed as failure:
        return Check(Step.STOW, what, False, failure.sentence)
    return Check(Step.STOW, what, True, Bitext())


def _associate(peer: Peer) -> None:
    with associated(peer, [build_context(Verification), build_context(FIND)]):
        pass


def _echo(peer: Peer) -> None:
    with associated(peer, [build_context(Verification)], refused=(Step.ECHO, NO_ECHO)) as association:
        status = status_of(association.send_c_echo())
        if status is None:
            raise broken_off(Step.ECHO)
        if status != 0x0000:
            raise PeerFailed(Step.ECHO, NO_ECHO)


NO_ECHO = Bitext(
    "The PACS accepts the connection but does not answer C-ECHO. Ask its administrator whether our AE title has any rights.",
    "PACS 接受连接，但不应答 C-ECHO。请联系其管理员确认我方 AE 名称的权限。",
)


def _find(peer: Peer) -> None:
    with querying(peer):
        pass


def _retrieve_by_get(peer: Peer) -> None:
    contexts = [build_context(uid, list(TRANSFER_SYNTAXES)) for uid in COMMON_CLASSES]
    roles = [build_role(uid, scp_role=True) for uid in COMMON_CLASSES]
    refused = (Step.RETRIEVE, NO_GET)
    with associated(peer, [build_context(GET), *contexts], roles=roles, refused=refused) as association:
        check_get(association)


def _retrieve_by_move(destination: str) -> Callable[[Peer], None]:
    def check(peer: Peer) -> None:
        with moving(peer) as association:
            (asked,) = identifiers(NOWHERE, Wanted(f"{NOWHERE}.1"))
            for answer, _ in association.send_c_move(asked, destination, MOVE):
                status = status_of(answer)
                if status is None:
                    raise broke_off_at_destination(destination)
                if status == DESTINATION_UNKNOWN:
                    raise destination_unknown(destination)

    return check
