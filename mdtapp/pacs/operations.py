"""Naming a PACS, asking for a fetch or a sending, and what the worker notes on the way: check, change, record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, SystemActor, lock_head, record
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid
from mdtapp.imaging.models import ImagingSeries
from mdtapp.opinions.models import OpinionVersion
from mdtapp.pacs import access, queries
from mdtapp.pacs.models import PacsFetch, PacsNode, PacsSending
from mdtapp.pacs.status import ACTIVE, TRANSFER_LIFECYCLE, Retrieve, SendBy, StowAuth, TransferState
from mdtapp.pacs.stow_place import fault_in, is_sendable, origin_of, root_of, sealed
from mdtapp.people.models import User
from mdtapp.store.db import session

LEASE = timedelta(seconds=20)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
MOST_TRIES = 8
WORKER = SystemActor("worker")

AnyTransfer = PacsFetch | PacsSending
_HOST = re.compile(r"[0-9A-Za-z._:-]{1,253}")
_AE_TITLE = re.compile(r"[\x20-\x5b\x5d-\x7e]{1,16}")
_USER = re.compile(r"[^:\x00-\x1f\x7f]{1,200}")
_UID = re.compile(r"[0-9.]{1,64}")
CHANGED_MEANWHILE = Bitext(
    "Somebody changed this PACS in between. Reload the page and change it again.",
    "期间他人已修改该 PACS，请刷新页面后重新修改。",
)


# --- the administrator --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """How a PACS is called and reached, and where it takes what is sent.

    An empty `stow_secret` leaves the one that is kept.
    """

    name: str
    ae_title: str
    host: str
    port: int
    calling_ae: str
    retrieve: Retrieve
    active: bool = True
    send_by: SendBy = SendBy.STORE
    stow_url: str = ""
    stow_auth: StowAuth = StowAuth.NONE
    stow_user: str = ""
    stow_secret: str = field(default="", repr=False)
    stow_plain: bool = False


def add_node(*, actor: User, at: datetime, facts: NodeFacts, key: str) -> PacsNode:
    """A PACS that coordinators may search; `key` seals what makes us known there. Invalid names what is wrong."""
    access.check_can_manage(actor)
    node = PacsNode(created_at=at, stow_url="", stow_sealed="")
    _describe(node, facts, key)
    session.add(node)
    session.flush()
    _note_node(EventType.PACS_NODE_ADDED, actor, at, node)
    return node


def amend_node(
    *, actor: User, at: datetime, node: PacsNode, facts: NodeFacts, row_version: int, key: str
) -> PacsNode:
    """Corrects a PACS; one that is not active is offered no more, what runs is not touched."""
    access.check_can_manage(actor)
    if row_version != node.row_version:
        raise Conflict(CHANGED_MEANWHILE)
    _describe(node, facts, key)
    session.flush()
    _note_node(EventType.PACS_NODE_AMENDED, actor, at, node)
    return node


def _describe(node: PacsNode, facts: NodeFacts, key: str) -> None:
    faults = _faults(node, facts)
    faults |= _stow_faults(node, facts)
    if faults:
        raise Invalid(Bitext("Some answers are missing or wrong.", "部分内容缺失或有误。"), fields=faults)
    node.name, node.ae_title = " ".join(facts.name.split()), facts.ae_title.strip()
    node.host, node.port, node.calling_ae = facts.host.strip(), facts.port, facts.calling_ae.strip()
    node.retrieve, node.active = facts.retrieve, facts.active
    node.send_by, node.stow_auth, node.stow_plain = facts.send_by, facts.stow_auth, facts.stow_plain
    node.stow_url = root_of(facts.stow_url)
    if facts.stow_auth is StowAuth.NONE:
        node.stow_sealed = ""
    elif facts.stow_secret:
        node.stow_sealed = sealed(facts.stow_user.strip(), facts.stow_secret, key)


def _faults(node: PacsNode, facts: NodeFacts) -> dict[str, Bitext]:
    faults: dict[str, Bitext] = {}
    name = " ".join(facts.name.split())
    if not name or len(name) > 80:
        faults["name"] = Bitext("Give it a name of at most 80 characters.", "请填写名称（不超过 80 字）。")
    other = queries.find_node_named(name)
    if other is not None and other is not node:
        faults["name"] = Bitext("Another PACS has this name. Choose another one.", "该名称已被使用，请另选。")
    title = Bitext(
        "An AE title has 1 to 16 ASCII characters and no backslash.",
        "AE 名称须为 1 至 16 个 ASCII 字符，不含反斜杠。",
    )
    if not _AE_TITLE.fullmatch(facts.ae_title.strip()):
        faults["ae_title"] = title
    if facts.calling_ae.strip() and not _AE_TITLE.fullmatch(facts.calling_ae.strip()):
        faults["calling_ae"] = title
    if not _HOST.fullmatch(facts.host.strip()):
        faults["host"] = Bitext(
            "Write a host name or an IP address, without http:// and without a port.",
            "请填写主机名或 IP 地址，不含 http:// 和端口。",
        )
    if not 1 <= facts.port <= 65535:
        faults["port"] = Bitext(
            "Write a port from 1 to 65535, often 104 or 11112.", "请填写 1 至 65535 的端口。"
        )
    return faults


def _stow_faults(node: PacsNode, facts: NodeFacts) -> dict[str, Bitext]:
    """Whoever gets the secret is named anew: a changed address does not inherit it."""
    address = root_of(facts.stow_url)
    if not address and facts.send_by is SendBy.STORE:
        return {}
    wrong = fault_in(address, plain=facts.stow_plain)
    if wrong is not None:
        return {"stow_url": wrong}
    if facts.stow_auth is StowAuth.NONE:
        return {}
    moved = origin_of(node.stow_url) != origin_of(address) or node.stow_auth is not facts.stow_auth
    given = facts.stow_secret or (facts.stow_auth is StowAuth.BASIC and facts.stow_user.strip())
    if not given and node.stow_sealed and not moved:
        return {}
    faults: dict[str, Bitext] = {}
    if facts.stow_auth is StowAuth.BASIC and not _USER.fullmatch(facts.stow_user.strip()):
        faults["stow_user"] = Bitext("Write the user name, without a colon.", "请填写用户名，不含冒号。")
    if not facts.stow_secret:
        faults["stow_secret"] = Bitext(
            "Write the password or token. It is asked for again when the address changes.",
            "请填写密码或令牌。地址变更后须重新填写。",
        )
    elif facts.stow_auth is StowAuth.BEARER and not is_sendable(facts.stow_secret):
        faults["stow_secret"] = Bitext(
            "A token has letters, digits and signs without spaces. Copy it again.",
            "令牌只含字母、数字和符号，不含空格。请重新复制。",
        )
    return faults


def _note_node(event: EventType, actor: User, at: datetime, node: PacsNode) -> None:
    record(
        event,
        actor=actor,
        at=at,
        subject=f"pacs_node:{node.id}",
        ae_title=node.ae_title,
        host=node.host,
        port=node.port,
        active=node.active,
        send_by=str(node.send_by),
        stow_url=node.stow_url,
        stow_auth=str(node.stow_auth),
    )


# --- the coordinator ----------------------------------------------------------------------------


def note_search(*, actor: User, at: datetime, case: Case, node: PacsNode) -> None:
    """The sealed identity was opened and given to a PACS as a question: that is recorded."""
    access.check_can_fetch(actor, case)
    record(
        EventType.PACS_SEARCHED,
        actor=actor,
        at=at,
        subject=f"case:{case.id}",
        case_id=case.id,
        node=node.id,
    )


def ask_fetch(
    *,
    actor: User,
    at: datetime,
    case: Case,
    node: PacsNode,
    study_instance_uid: str,
    study_date: date | None = None,
    modalities: str = "",
    description: str = "",
) -> PacsFetch:
    """Puts a study into the queue. One that was asked for before goes on where it stood."""
    access.check_can_fetch(actor, case)
    if not _UID.fullmatch(study_instance_uid):
        raise Invalid(
            Bitext("This is not a study of the list. Search again.", "该检查不在查询结果中，请重新查询。")
        )
    lock_head()  # two presses of the button queue here
    fetch = queries.find_fetch(case, study_instance_uid)
    if fetch is None:
        fetch = PacsFetch(
            case=case,
            study_instance_uid=study_instance_uid,
            state=TransferState.WAITING,
            batch=uuid4().hex,
        )
        session.add(fetch)
    elif fetch.state in ACTIVE:
        raise Conflict(
            Bitext(
                "This study is being fetched already. Its progress stands on this page.",
                "该检查正在取回，进度见本页。",
            )
        )
    else:
        fetch.state = TRANSFER_LIFECYCLE.target(fetch.state, "resume")
    fetch.node = node
    fetch.study_date, fetch.modalities = study_date, modalities[:80]
    fetch.description = description[:200]
    _queue(fetch, actor, at)
    session.flush()
    _note(EventType.PACS_FETCH_ASKED, actor, at, fetch)
    return fetch


def resume(*, actor: User, at: datetime, transfer: AnyTransfer) -> None:
    """Goes on with what is missing; what is here is not asked for again."""
    _check_may(actor, transfer)
    transfer.state = TRANSFER_LIFECYCLE.target(transfer.state, "resume")
    _queue(transfer, actor, at)
    session.flush()
    asked = EventType.PACS_FETCH_ASKED if isinstance(transfer, PacsFetch) else EventType.PACS_SENDING_ASKED
    _note(asked, actor, at, transfer)


def cancel(*, actor: User, at: datetime, transfer: AnyTransfer) -> None:
    """Stops it; what has come or gone stays."""
    _check_may(actor, transfer)
    _end(transfer, "cancel", actor, at)


def ask_sending(
    *,
    actor: User,
    at: datetime,
    case: Case,
    node: PacsNode,
    title: str,
    objects: Sequence[dict[str, str]],
    version: OpinionVersion | None = None,
    series: ImagingSeries | None = None,
) -> PacsSending:
    """Puts stored DICOM objects into the queue for one PACS: the opinion's document, or a `series` made here.

    NotAllowed for a series in which a colleague keeps a reading that is not open to this person yet.
    """
    access.check_can_send(actor, case)
    if series is not None:
        access.check_is_open(actor, case, series)
    if not objects:
        raise Invalid(Bitext("There is nothing to send.", "没有可发送的内容。"))
    if case.demonstration:
        raise Invalid(
            Bitext(
                "This is a demonstration case. Nothing of it is sent to a PACS.",
                "此为演示病例，其内容不会发送至 PACS。",
            )
        )
    lock_head()
    sending = queries.find_sending_of(case, node, objects[0]["sop_instance_uid"])
    if sending is not None and sending.state in ACTIVE:
        raise Conflict(
            Bitext("This is on its way to the PACS already.", "该内容正在发送至 PACS。"), sending=sending.id
        )
    if sending is None:
        sending = PacsSending(
            case=case,
            node=node,
            version=version,
            series_id=series.id if series else None,
            title=title[:200],
            state=TransferState.WAITING,
        )
        session.add(sending)
    else:
        sending.state = TRANSFER_LIFECYCLE.target(sending.state, "resume")
    sending.objects, sending.sent = list(objects), 0
    _queue(sending, actor, at)
    session.flush()
    _note(
        EventType.PACS_SENDING_ASKED,
        actor,
        at,
        sending,
        version=version.id if version else None,
        series=series.id if series else None,
        instances=[one["sop_instance_uid"] for one in objects],
    )
    return sending


def _check_may(actor: User, transfer: AnyTransfer) -> None:
    if isinstance(transfer, PacsFetch):
        access.check_can_fetch(actor, transfer.case)
    else:
        access.check_can_send(actor, transfer.case)


def _queue(transfer: AnyTransfer, actor: Actor, at: datetime) -> None:
    transfer.asked_by, transfer.asked_at = actor.actor_ref, at
    transfer.tries, transfer.next_try_at = 0, at
    transfer.lease_token, transfer.lease_until = "", None
    transfer.failure, transfer.ended_at = Bitext(), None


# --- the worker ---------------------------------------------------------------------------------


def take(*, at: datetime, transfer: AnyTransfer) -> str:
    """Begins a transfer that is due, or takes it over from a worker that died; returns the token it is held by."""
    waiting = transfer.state is TransferState.WAITING
    transfer.state = TRANSFER_LIFECYCLE.target(transfer.state, "start" if waiting else "take over")
    transfer.lease_token, transfer.lease_until = uuid4().hex, at + LEASE
    session.flush()
    return transfer.lease_token


def hold(*, at: datetime, transfer: AnyTransfer) -> None:
    """A sign of life."""
    transfer.lease_until = at + LEASE
    session.flush()


def note_plan(*, fetch: PacsFetch, series: list[dict[str, Any]], patient_key: str) -> None:
    """What the PACS says the study is made of; asked anew at each try, because it may grow."""
    fetch.series, fetch.patient_key = series, patient_key
    fetch.expected = sum(row["instances"] for row in series)
    session.flush()


def finish(*, at: datetime, transfer: AnyTransfer) -> None:
    _end(transfer, "finish", WORKER, at)


def set_back(*, at: datetime, transfer: AnyTransfer, failure: Bitext, progress: bool) -> None:
    """It broke off: again after a pause that doubles, until several tries in a row brought nothing."""
    transfer.failure = failure
    transfer.tries = 1 if progress else transfer.tries + 1
    if transfer.tries >= MOST_TRIES:
        _end(transfer, "fail", WORKER, at)
        return
    transfer.state = TRANSFER_LIFECYCLE.target(transfer.state, "wait")
    transfer.next_try_at = at + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (transfer.tries - 1))
    transfer.lease_token, transfer.lease_until = "", None
    session.flush()


def give_up(*, at: datetime, transfer: AnyTransfer, failure: Bitext) -> None:
    """What another try would not mend."""
    transfer.failure = failure
    _end(transfer, "fail", WORKER, at)


_ENDED = {
    "finish": (EventType.PACS_FETCH_DONE, EventType.PACS_SENDING_DONE),
    "fail": (EventType.PACS_FETCH_FAILED, EventType.PACS_SENDING_FAILED),
    "cancel": (EventType.PACS_FETCH_CANCELLED, EventType.PACS_SENDING_CANCELLED),
}


def _end(transfer: AnyTransfer, action: str, actor: Actor, at: datetime) -> None:
    transfer.state = TRANSFER_LIFECYCLE.target(transfer.state, action)
    transfer.lease_token, transfer.lease_until, transfer.ended_at = "", None, at
    if action == "finish":
        transfer.failure = Bitext()
    session.flush()
    _note(_ENDED[action][not isinstance(transfer, PacsFetch)], actor, at, transfer)


def _note(event: EventType, actor: Actor, at: datetime, transfer: AnyTransfer, **detail: Any) -> None:
    kind = "fetch" if isinstance(transfer, PacsFetch) else "sending"
    record(
        event,
        actor=actor,
        at=at,
        subject=f"pacs_{kind}:{transfer.id}",
        case_id=transfer.case_id,
        node=transfer.node_id,
        **detail,
    )
