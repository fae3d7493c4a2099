"""Naming a PACS, asking for a fetch or a sending, and what the worker notes on the way: check, change, record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, SystemActor, lock_head, record
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid
from mdtapp.opinions.models import OpinionVersion
from mdtapp.pacs import access, queries
from mdtapp.pacs.models import PacsFetch, PacsNode, PacsSending
from mdtapp.pacs.status import ACTIVE, TRANSFER_LIFECYCLE, Retrieve, TransferState
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
_UID = re.compile(r"[0-9.]{1,64}")
CHANGED_MEANWHILE = Bitext(
    "Somebody changed this PACS in between. Reload the page and change it again.",
    "期间他人已修改该 PACS，请刷新页面后重新修改。",
)


# --- the administrator --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """How a PACS is called and reached."""

    name: str
    ae_title: str
    host: str
    port: int
    calling_ae: str
    retrieve: Retrieve
    active: bool = True


def add_node(*, actor: User, at: datetime, facts: NodeFacts) -> PacsNode:
    """A PACS that coordinators may search. Invalid names what is wrong."""
    access.check_can_manage(actor)
    node = PacsNode(created_at=at)
    _describe(node, facts)
    session.add(node)
    session.flush()
    _note_node(EventType.PACS_NODE_ADDED, actor, at, node)
    return node


def amend_node(*, actor: User, at: datetime, node: PacsNode, facts: NodeFacts, row_version: int) -> PacsNode:
    """Corrects a PACS; one that is not active is offered no more, what runs is not touched."""
    access.check_can_manage(actor)
    if row_version != node.row_version:
        raise Conflict(CHANGED_MEANWHILE)
    _describe(node, facts)
    session.flush()
    _note_node(EventType.PACS_NODE_AMENDED, actor, at, node)
    return node


def _describe(node: PacsNode, facts: NodeFacts) -> None:
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
    if faults:
        raise Invalid(Bitext("Some answers are missing or wrong.", "部分内容缺失或有误。"), fields=faults)
    node.name, node.ae_title, node.host = name, facts.ae_title.strip(), facts.host.strip()
    node.port, node.calling_ae = facts.port, facts.calling_ae.strip()
    node.retrieve, node.active = facts.retrieve, facts.active


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
) -> PacsSending:
    """Puts stored DICOM objects into the queue for one PACS."""
    access.check_can_send(actor, case)
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
            case=case, node=node, version=version, title=title[:200], state=TransferState.WAITING
        )
        session.add(sending)
    else:
        sending.state = TRANSFER_LIFECYCLE.target(sending.state, "resume")
    sending.objects, sending.sent = list(objects), 0
    _queue(sending, actor, at)
    session.flush()
    _note(EventType.PACS_SENDING_ASKED, actor, at, sending, version=version.id if version else None)
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
