"""C-STORE as a sender (PS3.4 annex B): stored files to a PACS, as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pynetdicom import _config
from pynetdicom.association import Association
from pynetdicom.presentation import build_context

from mdtapp.clinical.bitext import Bitext
from mdtapp.gateway.retrieve import MOST_CONTEXTS
from mdtapp.gateway.scu import Opened, Peer, PeerFailed, Step, associated, broken_off, status_of

STORE_SECONDS = 120
OUT_OF_RESOURCES = range(0xA700, 0xA800)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One DICOM file to send."""

    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


def send(
    peer: Peer,
    files: Sequence[Outgoing],
    sent: Callable[[Outgoing], None],
    *,
    opened: Opened = lambda _a: None,
) -> None:
    """Sends the files over one association; `sent` is told each that the PACS has taken. PeerFailed."""
    pairs = dict.fromkeys((file.sop_class_uid, file.transfer_syntax_uid) for file in files)
    contexts = [build_context(sop_class, syntax) for sop_class, syntax in list(pairs)[:MOST_CONTEXTS]]
    _config.STORE_SEND_CHUNKED_DATASET = True
    with associated(
        peer, contexts, answer_within=STORE_SECONDS, opened=opened, refused=(Step.STORE, NO_STORE)
    ) as association:
        for file in files:
            _send_one(association, file)
            sent(file)


def _send_one(association: Association, file: Outgoing) -> None:
    if not association.is_established:
        raise broken_off(Step.STORE)
    try:
        answer = association.send_c_store(file.path)
    except (ValueError, AttributeError):
        raise PeerFailed(Step.STORE, _kind_refused(file)) from None
    except (RuntimeError, OSError):
        raise broken_off(Step.STORE) from None
    status = status_of(answer)
    if status is None:
        raise broken_off(Step.STORE)
    if status in OUT_OF_RESOURCES:
        raise PeerFailed(Step.STORE, FULL)
    if status != 0x0000 and not 0xB000 <= status <= 0xBFFF:
        raise PeerFailed(Step.STORE, _not_taken(status))


NO_STORE = Bitext(
    "The PACS takes nothing of this kind from us. Ask its administrator to allow storage from our AE title.",
    "PACS 不接收我方发送的此类内容。请联系其管理员允许我方 AE 名称存储。",
)
FULL = Bitext(
    "The PACS has no room or is too busy. It is tried again by itself; if it stays so, tell the administrator of the PACS.",
    "PACS 空间不足或过于繁忙。系统将自动重试；如仍失败，请告知 PACS 管理员。",
)


def _kind_refused(file: Outgoing) -> Bitext:
    return Bitext(
        f"The PACS does not take this kind of file ({file.sop_class_uid}). Ask its administrator to allow storage of it from our AE title.",
        f"PACS 不接收此类文件（{file.sop_class_uid}）。请联系其管理员允许我方 AE 名称存储该类文件。",
    )


def _not_taken(status: int) -> Bitext:
    return Bitext(
        f"The PACS did not take the file (status {status:04X}). Tell the administrator of the PACS this number.",
        f"PACS 未接收该文件（状态 {status:04X}）。请将该状态码告知 PACS 管理员。",
    )
