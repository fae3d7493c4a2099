"""Asking another application entity: opening an association, and saying which step failed in plain words."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE, SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext

from mdtapp.clinical.bitext import Bitext

CONNECT_SECONDS = 8
ACSE_SECONDS = 15
QUERY_SECONDS = 30
RETRIEVE_SECONDS = 120  # a PACS may have to bring a study back from slow storage before it answers

# What is asked and answered names patients; it stays out of every log.
_config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False

Opened = Callable[[Association], None]


class Step(StrEnum):
    """The steps of speaking to a PACS, in their order."""

    RESOLVE = "resolve"
    REACH = "reach"
    ASSOCIATE = "associate"
    ECHO = "echo"
    FIND = "find"
    RETRIEVE = "retrieve"
    STORE = "store"
    STOW = "stow"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another application entity, and the title under which we call it."""

    ae_title: str
    host: str
    port: int
    calling_ae: str


class PeerFailed(Exception):
    """Speaking to the peer failed at `step`; `sentence` says how and what to do next."""

    def __init__(self, step: Step, sentence: Bitext) -> None:
        super().__init__(sentence.en)
        self.step = step
        self.sentence = sentence


@contextmanager
def associated(
    peer: Peer,
    contexts: Sequence[PresentationContext],
    *,
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
    handlers: Sequence[evt.EventHandlerType] = (),
    answer_within: float = QUERY_SECONDS,
    opened: Opened = lambda _association: None,
    refused: tuple[Step, Bitext] | None = None,
) -> Iterator[Association]:
    """An association with `peer` (at most 128 contexts, PS3.8 9.3.2.2); PeerFailed when it is not accepted.

    `opened` is told the association, so that another thread can abort it. `refused` says what it means when
    the peer accepts none of the contexts.
    """
    reach(peer)  # first by itself: then the step that fails is known, and pynetdicom leaves no socket open
    entity = AE(ae_title=peer.calling_ae)
    entity.connection_timeout = CONNECT_SECONDS
    entity.acse_timeout = ACSE_SECONDS
    entity.dimse_timeout = answer_within
    entity.network_timeout = answer_within + ACSE_SECONDS
    association = entity.associate(
        _address(peer),
        peer.port,
        contexts=list(contexts),
        ae_title=peer.ae_title,
        ext_neg=list(roles),
        evt_handlers=list(handlers),
    )
    if not association.is_established:
        failure = _not_accepted(peer, association, refused or (Step.ASSOCIATE, NOTHING_ALLOWED))
        _let_go(association)
        raise failure
    try:
        opened(association)
        yield association
        if association.is_established:
            association.release()
    finally:
        if association.is_established:
            association.abort()
        _let_go(association)


def resolve(peer: Peer) -> str:
    """The address behind the peer's host name; PeerFailed when there is none."""
    return _address(peer)


def reach(peer: Peer) -> None:
    """Opens and closes a TCP connection; PeerFailed when nobody takes it."""
    try:
        socket.create_connection((_address(peer), peer.port), timeout=CONNECT_SECONDS).close()
    except TimeoutError:
        raise PeerFailed(Step.REACH, _no_answer(peer)) from None
    except OSError:
        raise PeerFailed(Step.REACH, _refused(peer)) from None


def break_off(association: Association) -> None:
    """Aborts from another thread, and wakes whoever waits for an answer, who would wait for the time-out."""
    association.abort()
    association.dimse.msg_queue.put((None, None))


def broken_off(step: Step) -> PeerFailed:
    """The connection ended, or no answer came in time, after the association was accepted."""
    return PeerFailed(
        step,
        Bitext(
            "The connection to the PACS broke off, or it did not answer in time. What has come is kept; it is tried again by itself.",
            "与 PACS 的连接中断或超时。已收到的内容已保存，系统将自动重试。",
        ),
    )


def status_of(answer: object) -> int | None:
    """The status of a DIMSE answer; None when the connection broke before it came."""
    found = getattr(answer, "Status", None)
    return None if found is None else int(found)


def _address(peer: Peer) -> str:
    try:
        found = socket.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise PeerFailed(Step.RESOLVE, not_known(peer.host)) from None
    return str(found[0][4][0])


def not_known(host: str) -> Bitext:
    """What to say of a host name that has no address."""
    return Bitext(
        f"The name {host} is not known in this network. Check the spelling, or enter the IP address.",
        f"网络中找不到主机名 {host}。请检查拼写，或填写 IP 地址。",
    )


def _no_answer(peer: Peer) -> Bitext:
    return Bitext(
        f"{peer.host} does not answer on port {peer.port}. Ask the network administrator whether the machine is on and a firewall lets this server through.",
        f"{peer.host} 的端口 {peer.port} 无应答。请联系网络管理员，确认主机已开机且防火墙允许本服务器访问。",
    )


def _refused(peer: Peer) -> Bitext:
    return Bitext(
        f"{peer.host} takes no connection on port {peer.port}. Check the port number, and whether the PACS is running.",
        f"{peer.host} 的端口 {peer.port} 拒绝连接。请检查端口号，并确认 PACS 正在运行。",
    )


# PS3.8 7.1.1.7: the result; table 9-21: (source, diagnostic)
_ACCEPTED = 0
_CALLED_UNKNOWN, _CALLING_UNKNOWN = (1, 7), (1, 3)
_BUSY = {(3, 1), (3, 2)}


NOTHING_ALLOWED = Bitext(
    "The PACS accepts the connection and nothing of what we ask it for. Ask its administrator what our AE title is allowed to do.",
    "PACS 接受连接，但拒绝我方的全部请求。请联系其管理员确认我方 AE 名称的权限。",
)


def _not_accepted(peer: Peer, association: Association, refused: tuple[Step, Bitext]) -> PeerFailed:
    """Why there is no association although somebody listens."""
    # pynetdicom takes a rejection that came before it looked for a connection that failed, and leaves it unread
    answer = association.acceptor.primitive or association.dul.receive_pdu()
    if isinstance(answer, A_ASSOCIATE) and answer.result != _ACCEPTED:
        return PeerFailed(Step.ASSOCIATE, _rejection(peer, (answer.result_source, answer.diagnostic)))
    if association.rejected_contexts:
        return PeerFailed(*refused)
    return PeerFailed(
        Step.ASSOCIATE,
        Bitext(
            f"Something answers at {peer.host}:{peer.port} but ends the connection. Check that this is the DICOM port of the PACS, and that the PACS knows us as {peer.calling_ae}.",
            f"{peer.host}:{peer.port} 有应答但随即断开连接。请确认该端口为 PACS 的 DICOM 端口，且 PACS 已登记我方 AE 名称 {peer.calling_ae}。",
        ),
    )


def _rejection(peer: Peer, reason: tuple[int | None, int | None]) -> Bitext:
    if reason == _CALLED_UNKNOWN:
        return Bitext(
            f"The PACS does not call itself {peer.ae_title}. Ask its administrator for its AE title; capital letters count.",
            f"PACS 的 AE 名称不是 {peer.ae_title}。请向其管理员索取正确的 AE 名称（区分大小写）。",
        )
    if reason == _CALLING_UNKNOWN:
        return Bitext(
            f"The PACS does not know us. Ask its administrator to enter our AE title {peer.calling_ae} with the address of this server.",
            f"PACS 不认识我方。请联系其管理员登记我方 AE 名称 {peer.calling_ae} 及本服务器地址。",
        )
    if reason in _BUSY:
        return Bitext(
            "The PACS is busy and takes no more connections now. Try again in a few minutes.",
            "PACS 繁忙，暂不接受连接。请几分钟后重试。",
        )
    return Bitext(
        f"The PACS refuses the connection without saying why. Ask its administrator whether our AE title {peer.calling_ae} may connect.",
        f"PACS 拒绝连接且未说明原因。请联系其管理员，确认允许我方 AE 名称 {peer.calling_ae} 连接。",
    )


def _let_go(association: Association) -> None:
    """Ends the threads and the socket of an association whose peer may have died."""
    if association.is_alive():
        association.join(2)
    transport = association.dul.socket
    if transport is not None and transport.socket is not None:
        transport.socket.close()
