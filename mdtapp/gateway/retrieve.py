"""C-GET and C-MOVE in the Study Root model (PS3.4 C.4.2, C.4.3): bringing images here."""

from __future__ import annotations

import contextlib
import logging
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom import _config, build_role, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from mdtapp.clinical.bitext import Bitext
from mdtapp.gateway.query import PENDING
from mdtapp.gateway.scu import (
    RETRIEVE_SECONDS,
    Opened,
    Peer,
    PeerFailed,
    Step,
    associated,
    broken_off,
    status_of,
)
from mdtapp.gateway.storage_classes import COMMON_CLASSES, TRANSFER_SYNTAXES

log = logging.getLogger(__name__)

GET = StudyRootQueryRetrieveInformationModelGet
MOVE = StudyRootQueryRetrieveInformationModelMove
MOST_CONTEXTS = 127  # of 128 (PS3.8 9.3.2.2), one is the retrieval itself
MOST_UIDS = 64  # in one identifier: the value stays far below what any PACS takes
LEFT_SECONDS = 3600
DESTINATION_UNKNOWN = 0xA801  # PS3.4 table C.4-2
NOT_TAKEN = 0xA700
UID_REFUSED = 0x0117
_UID = re.compile(r"[0-9.]{1,64}")

Take = Callable[[Path, str], None]
Arrived = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Images of one series that are still to come; the whole series when `images` is empty."""

    series_instance_uid: str
    images: tuple[str, ...] = ()


@contextmanager
def getting(
    peer: Peer, sop_classes: Iterable[str], take: Take, *, opened: Opened = lambda _a: None
) -> Iterator[Association]:
    """An association for C-GET. `take(file, SOP Instance UID)` keeps one image durably or raises.

    Storage contexts are those of `sop_classes`, or a common list where the PACS named none.
    """
    _config.STORE_RECV_CHUNKED_DATASET = True
    contexts = storage_contexts(sop_classes)
    roles = [build_role(uid, scp_role=True) for uid in _classes_of(contexts)]
    with associated(
        peer,
        [build_context(GET), *contexts],
        roles=roles,
        handlers=[(evt.EVT_C_STORE, _Taker(take))],
        answer_within=RETRIEVE_SECONDS,
        opened=opened,
        refused=(Step.RETRIEVE, NO_GET),
    ) as association:
        check_get(association)
        yield association


def get(association: Association, study_instance_uid: str, wanted: Wanted) -> None:
    """Brings the wanted images over the association itself; PeerFailed when it breaks off or is refused."""
    for asked in identifiers(study_instance_uid, wanted):
        if not association.is_established:
            raise broken_off(Step.RETRIEVE)
        for answer, _ in association.send_c_get(asked, GET):
            _check(status_of(answer), "C-GET")


@contextmanager
def moving(peer: Peer, *, opened: Opened = lambda _a: None) -> Iterator[Association]:
    """An association for C-MOVE."""
    with associated(
        peer,
        [build_context(MOVE)],
        answer_within=RETRIEVE_SECONDS,
        opened=opened,
        refused=(Step.RETRIEVE, NO_MOVE),
    ) as association:
        check_move(association)
        yield association


def move(
    association: Association,
    study_instance_uid: str,
    wanted: Wanted,
    destination: str,
    progress: Callable[[int], None],
) -> None:
    """Has the PACS send the wanted images to `destination`; `progress` is told how many it has sent."""
    sent = 0
    for asked in identifiers(study_instance_uid, wanted):
        if not association.is_established:
            raise broken_off(Step.RETRIEVE)
        done = 0
        for answer, _ in association.send_c_move(asked, destination, MOVE):
            if status_of(answer) is None and sent + done == 0:
                raise broke_off_at_destination(destination)
            _check(status_of(answer), "C-MOVE", destination)
            done = int(getattr(answer, "NumberOfCompletedSuboperations", None) or done)
            progress(sent + done)
        sent += done


def identifiers(study_instance_uid: str, wanted: Wanted) -> Iterator[Dataset]:
    """The identifiers (PS3.4 C.4.3.1.3) that ask for the wanted images: the series, or lists of images."""
    asked = Dataset()
    asked.StudyInstanceUID = study_instance_uid
    asked.SeriesInstanceUID = wanted.series_instance_uid
    if not wanted.images:
        asked.QueryRetrieveLevel = "SERIES"
        yield asked
        return
    asked.QueryRetrieveLevel = "IMAGE"
    for start in range(0, len(wanted.images), MOST_UIDS):
        asked.SOPInstanceUID = list(wanted.images[start : start + MOST_UIDS])
        yield asked


def storage_contexts(sop_classes: Iterable[str]) -> list[PresentationContext]:
    """At most 127 contexts. With few classes each transfer syntax has one of its own.

    The acceptor picks one syntax of a context, so only separate contexts let a PACS send each image
    as it is stored.
    """
    classes = [uid for uid in dict.fromkeys(sop_classes) if _is_class(uid)] or list(COMMON_CLASSES)
    classes = classes[:MOST_CONTEXTS]
    if len(classes) * len(TRANSFER_SYNTAXES) <= MOST_CONTEXTS:
        return [build_context(uid, syntax) for uid in classes for syntax in TRANSFER_SYNTAXES]
    return [build_context(uid, list(TRANSFER_SYNTAXES)) for uid in classes]


def _is_class(uid: str) -> bool:
    return len(uid) <= 64 and re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+", uid) is not None


def check_get(association: Association) -> None:
    """PeerFailed when the PACS does not offer C-GET, or would not send one kind of image by it."""
    accepted = association.accepted_contexts
    if not any(context.abstract_syntax == GET for context in accepted):
        raise PeerFailed(Step.RETRIEVE, NO_GET)
    if not any(context.as_scp for context in accepted if context.abstract_syntax != GET):
        raise PeerFailed(Step.RETRIEVE, NO_STORAGE)


def check_move(association: Association) -> None:
    """PeerFailed when the PACS does not offer C-MOVE."""
    if not any(context.abstract_syntax == MOVE for context in association.accepted_contexts):
        raise PeerFailed(Step.RETRIEVE, NO_MOVE)


def accepts_class(association: Association, sop_class_uid: str) -> bool:
    """Whether images of this class can come over a C-GET association."""
    return any(
        context.as_scp and context.abstract_syntax == sop_class_uid
        for context in association.accepted_contexts
    )


def receive_into(folder: Path) -> None:
    """Messages that grow while they come are kept below the instance folder, not in the machine's own.

    What an earlier process left there was never acknowledged; after an hour nobody writes to it any more.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > LEFT_SECONDS:
                path.unlink()
    tempfile.tempdir = str(folder)


NO_GET = Bitext(
    "The PACS does not offer C-GET. Ask its administrator to allow it for our AE title, or set this PACS to C-MOVE.",
    "PACS 不支持 C-GET。请联系其管理员为我方 AE 名称开放，或将此 PACS 改为 C-MOVE。",
)
NO_STORAGE = Bitext(
    "The PACS accepts C-GET but would send no image over it. Set this PACS to C-MOVE, or ask its administrator about role selection for storage.",
    "PACS 接受 C-GET，但不会通过它发送影像。请将此 PACS 改为 C-MOVE，或向其管理员询问存储角色协商（SCP role）。",
)
NO_MOVE = Bitext(
    "The PACS does not offer C-MOVE. Ask its administrator to allow it for our AE title, or set this PACS to C-GET.",
    "PACS 不支持 C-MOVE。请联系其管理员为我方 AE 名称开放，或将此 PACS 改为 C-GET。",
)


def destination_unknown(destination: str) -> PeerFailed:
    return PeerFailed(
        Step.RETRIEVE,
        Bitext(
            f"The PACS does not know where to send images (A801). Ask its administrator to enter {destination} as a destination, with the address and DICOM port of this server.",
            f"PACS 不知道将影像发往何处（A801）。请联系其管理员登记目的地 {destination} 及本服务器的地址和 DICOM 端口。",
        ),
    )


def broke_off_at_destination(destination: str) -> PeerFailed:
    """What Orthanc does instead of A801; also what a PACS does that cannot reach us."""
    return PeerFailed(
        Step.RETRIEVE,
        Bitext(
            f"The PACS broke off when it was asked to send to {destination}. Ask its administrator whether {destination} is entered there as a destination, with the address and DICOM port of this server.",
            f"要求 PACS 向 {destination} 发送时连接中断。请联系其管理员，确认已登记目的地 {destination} 及本服务器的地址和 DICOM 端口。",
        ),
    )


class _Taker:
    """Answers the C-STORE sub-operations of a C-GET: success only after `take` has the image durably."""

    def __init__(self, take: Take) -> None:
        self.take = take

    def __call__(self, event: Event) -> int:
        request = cast(C_STORE, event.request)
        uid, path, file = str(request.AffectedSOPInstanceUID or ""), event.dataset_path, request._dataset_file
        assert file is not None  # messages are received in chunks
        try:
            if not _UID.fullmatch(uid):
                log.warning("refused an image whose identifier is not a UID")
                return UID_REFUSED
            file.file.flush()
            self.take(path, uid)
        except Exception:
            log.exception("could not keep %s", uid)
            return NOT_TAKEN
        finally:
            file.close()
            path.unlink(missing_ok=True)
        return 0x0000


def _check(status: int | None, what: str, destination: str = "") -> None:
    """Success, pending and "some failed" go on: what is missing is counted afterwards, never believed."""
    if status is None:
        raise broken_off(Step.RETRIEVE)
    if status == DESTINATION_UNKNOWN and destination:
        raise destination_unknown(destination)
    if status == 0x0000 or status in PENDING or 0xB000 <= status <= 0xBFFF:
        return
    raise PeerFailed(
        Step.RETRIEVE,
        Bitext(
            f"The PACS could not send the images (status {status:04X}). It is tried again by itself; if it stays so, tell the administrator of the PACS this number.",
            f"PACS 无法发送影像（{what} 状态 {status:04X}）。系统将自动重试；如仍失败，请将该状态码告知 PACS 管理员。",
        ),
    )


def _classes_of(contexts: Sequence[PresentationContext]) -> list[UID]:
    return list(dict.fromkeys(context.abstract_syntax for context in contexts if context.abstract_syntax))
