"""Sending a released opinion by a one-time link, taking it back, and what its reader does."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, SystemActor, record
from mdtapp.cases.identity import seal
from mdtapp.cases.models import Case
from mdtapp.cases.operations import move
from mdtapp.cases.status import CaseStatus
from mdtapp.clinical.bitext import LANGUAGES, Bitext
from mdtapp.delivery import access, queries
from mdtapp.delivery.codes import hash_code, is_right, new_code
from mdtapp.delivery.link import TRIES, LinkState
from mdtapp.delivery.models import Delivery, DeliveryAttempt, Recipient, RecipientKind
from mdtapp.delivery.status import DELIVERY_LIFECYCLE, DeliveryStatus
from mdtapp.errors import Conflict, Invalid, InvalidTransition
from mdtapp.opinions.models import OpinionVersion
from mdtapp.people.models import User
from mdtapp.people.passwords import new_token
from mdtapp.store.db import session

LIFETIME = timedelta(days=30)
REPLACED = "replaced"
READERS = (RecipientKind.PATIENT, RecipientKind.HOME_PHYSICIAN)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
CHANGED_MEANWHILE = Bitext(
    "This delivery changed in between, so nothing was done. Reload the page and look at it again.",
    "该送达记录期间已有变化，未作更改。请刷新页面后查看。",
)


@dataclass(frozen=True, slots=True)
class Contact:
    """How a recipient is called and reached; sealed like the patient's identity."""

    name: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Handover:
    """What the coordinator hands over, shown once: link token and code go by different ways."""

    delivery: Delivery
    token: str
    code: str


# --- the coordinator ----------------------------------------------------------------------------


def add_recipient(
    *, actor: User, at: datetime, case: Case, kind: RecipientKind, contact: Contact, language: str, key: str
) -> Recipient:
    """A person who is to receive the opinion; `key` seals name and contact, `language` is en or zh."""
    access.check_can_send(actor, case)
    _check_contact(contact, language)
    recipient = Recipient(
        case=case,
        kind=kind,
        sealed_contact=seal(asdict(contact), key),
        language=language,
        created_at=at,
    )
    session.add(recipient)
    session.flush()
    record(
        EventType.RECIPIENT_ADDED,
        actor=actor,
        at=at,
        subject=f"recipient:{recipient.id}",
        case_id=case.id,
        kind=str(kind),
        language=language,
    )
    return recipient


def note_contact_shown(*, actor: User, at: datetime, recipient: Recipient) -> None:
    """Looking at a sealed contact is recorded."""
    access.check_can_send(actor, recipient.case)
    record(
        EventType.IDENTITY_SHOWN,
        actor=actor,
        at=at,
        subject=f"recipient:{recipient.id}",
        case_id=recipient.case_id,
    )


def send(*, actor: User, at: datetime, recipient: Recipient, version: OpinionVersion) -> Handover:
    """A link to one released version for one recipient, valid for thirty days, and its code."""
    access.check_can_send(actor, recipient.case)
    _check_sendable(recipient, version)
    # A second press of the button queues here and is then refused.
    session.execute(select(Recipient.id).where(Recipient.id == recipient.id).with_for_update())
    if queries.find_open_delivery(recipient, version, at) is not None:
        raise Conflict(
            Bitext(
                "This recipient has a link that works. Make a new link there if it is lost; the old one then closes.",
                "该接收人已有可用链接。如已遗失，请在该处生成新链接，旧链接将失效。",
            )
        )
    return _hand_over(actor, at, recipient, version)


def resend(*, actor: User, at: datetime, delivery: Delivery, row_version: int) -> Handover:
    """A new link and code in place of one that was lost; the old link closes at once."""
    recipient = delivery.recipient
    access.check_can_send(actor, recipient.case)
    _check_fresh(delivery, row_version)
    version = next(
        (
            row
            for row in queries.released_versions(recipient.case)
            if row.opinion_id == delivery.version.opinion_id
        ),
        None,
    )
    if version is None:
        raise InvalidTransition(
            Bitext(
                "This opinion is not released any more, so it is not sent.", "该意见书已不再发布，不能发送。"
            )
        )
    _check_sendable(recipient, version)
    _revoke(actor, at, delivery, REPLACED)
    return _hand_over(actor, at, recipient, version)


def revoke(*, actor: User, at: datetime, delivery: Delivery, row_version: int, reason: str) -> Delivery:
    """The link opens nothing from now on; whoever has it open loses it at the next step."""
    access.check_can_revoke(actor, delivery.recipient.case)
    _check_fresh(delivery, row_version)
    if not reason.strip():
        sentence = Bitext("Say why in one sentence.", "请用一句话说明原因。")
        raise Invalid(sentence, fields={"reason": sentence})
    return _revoke(actor, at, delivery, reason.strip())


def fail(*, actor: User, at: datetime, delivery: Delivery, row_version: int) -> Delivery:
    """The message came back or was never opened: the link closes, the recipient is called."""
    access.check_can_send(actor, delivery.recipient.case)
    _check_fresh(delivery, row_version)
    delivery.status = DELIVERY_LIFECYCLE.target(delivery.status, "fail")
    session.flush()
    _note(EventType.DELIVERY_FAILED, actor, at, delivery)
    return delivery


# --- whoever holds the link ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unlocking:
    """What came of a code: `delivery` only when it was right. The caller commits whatever the answer."""

    state: LinkState
    delivery: Delivery | None = None
    tries_left: int = 0


def unlock(*, token: str, code: str, at: datetime) -> Unlocking:
    """Tries a code at a link. Wrong ones are counted, the fifth locks; a right one opens it."""
    delivery = queries.find_by_token(token, to_write=True)
    right = is_right(code, delivery.code_hash if delivery else None)
    if delivery is None:
        subject, reader = "link:unknown", SystemActor("recipient")
        record(EventType.LINK_REFUSED, actor=reader, at=at, subject=subject)
        return Unlocking(LinkState.UNKNOWN)
    state = queries.state_of(delivery, at)
    if state != LinkState.OPEN:
        _deny(delivery, at, "closed" if state == LinkState.UNKNOWN else str(state))
        return Unlocking(state)
    if not right:
        return _wrong_code(delivery, at)
    delivery.wrong_codes = 0
    if delivery.status == DeliveryStatus.SENT:
        delivery.status = DELIVERY_LIFECYCLE.target(delivery.status, "open")
        delivery.opened_at = at
    delivery.attempts.append(DeliveryAttempt(at=at, outcome="opened"))
    session.flush()
    _note(EventType.DELIVERY_OPENED, _reader(delivery), at, delivery)
    return Unlocking(LinkState.OPEN, delivery, TRIES)


def note_download(*, at: datetime, delivery: Delivery) -> None:
    """The reader fetched the document."""
    delivery.attempts.append(DeliveryAttempt(at=at, outcome="downloaded"))
    session.flush()
    _note(EventType.DOCUMENT_DOWNLOADED, _reader(delivery), at, delivery)


def acknowledge(*, at: datetime, delivery: Delivery) -> Delivery:
    """The reader confirms receipt; the first one of patient or home doctor makes the case delivered."""
    if delivery.status == DeliveryStatus.ACKNOWLEDGED:
        return delivery
    delivery.status = DELIVERY_LIFECYCLE.target(delivery.status, "acknowledge")
    delivery.acknowledged_at = at
    delivery.attempts.append(DeliveryAttempt(at=at, outcome="acknowledged"))
    session.flush()
    _note(EventType.DELIVERY_ACKNOWLEDGED, _reader(delivery), at, delivery)
    case = delivery.recipient.case
    if delivery.recipient.kind in READERS and case.status == CaseStatus.SIGNED:
        move(actor=_reader(delivery), at=at, case=case, action="deliver")
    return delivery


# --- checks and changes -------------------------------------------------------------------------


def _check_contact(contact: Contact, language: str) -> None:
    faults: dict[str, Bitext] = {}
    if not contact.name.strip():
        faults["name"] = Bitext("Enter the recipient's name.", "请填写接收人姓名。")
    if not contact.email and not contact.phone:
        faults["email"] = Bitext("Enter an e-mail address or a telephone number.", "请填写邮箱或电话。")
    if contact.email and not EMAIL.fullmatch(contact.email):
        faults["email"] = Bitext(
            "This is not an e-mail address. Write it as name@clinic.example.", "邮箱格式不正确。"
        )
    if language not in LANGUAGES:
        faults["language"] = Bitext("Choose English or Chinese.", "请选择英文或中文。")
    if faults:
        raise Invalid(Bitext("Some answers are missing or wrong.", "部分内容缺失或有误。"), fields=faults)


def _check_sendable(recipient: Recipient, version: OpinionVersion) -> None:
    case = recipient.case
    if case.demonstration:
        raise Invalid(
            Bitext(
                "This is a demonstration case. Its opinion cannot be sent to anyone.",
                "此为演示病例，其意见书不能发送给任何人。",
            )
        )
    queries.get_released_version(case, version.id)
    missing = queries.missing_for(recipient)
    if missing:
        raise Invalid(
            Bitext(
                "The patient’s consent for this recipient is not on file. Record it on the page of the case first.",
                "未登记患者对该接收人的同意。请先在病例页面登记。",
            ),
            missing=[str(purpose) for purpose in missing],
        )


def _check_fresh(delivery: Delivery, row_version: int) -> None:
    if row_version != delivery.row_version:
        raise Conflict(CHANGED_MEANWHILE, version=delivery.row_version)


def _hand_over(actor: User, at: datetime, recipient: Recipient, version: OpinionVersion) -> Handover:
    token, kept = new_token()
    code = new_code()
    delivery = Delivery(
        recipient=recipient,
        version=version,
        status=DeliveryStatus.PREPARED,
        token_hash=kept,
        code_hash=hash_code(code),
        prepared_at=at,
        prepared_by_id=actor.id,
        expires_at=at + LIFETIME,
    )
    session.add(delivery)
    session.flush()
    _note(EventType.DELIVERY_PREPARED, actor, at, delivery, version=version.id, content=version.content_hash)
    delivery.status = DELIVERY_LIFECYCLE.target(delivery.status, "send")
    delivery.sent_at = at
    session.flush()
    _note(EventType.DELIVERY_SENT, actor, at, delivery, expires_at=delivery.expires_at.isoformat())
    return Handover(delivery, token, code)


def _revoke(actor: Actor, at: datetime, delivery: Delivery, reason: str) -> Delivery:
    delivery.status = DELIVERY_LIFECYCLE.target(delivery.status, "revoke")
    delivery.revocation_reason = reason
    session.flush()
    _note(EventType.DELIVERY_REVOKED, actor, at, delivery)
    return delivery


def _wrong_code(delivery: Delivery, at: datetime) -> Unlocking:
    delivery.wrong_codes += 1
    locked = delivery.wrong_codes >= TRIES
    _deny(delivery, at, "locked" if locked else "wrong_code")
    if locked:
        return Unlocking(LinkState.LOCKED)
    return Unlocking(LinkState.OPEN, tries_left=TRIES - delivery.wrong_codes)


def _deny(delivery: Delivery, at: datetime, outcome: str) -> None:
    delivery.attempts.append(DeliveryAttempt(at=at, outcome=outcome))
    session.flush()
    _note(EventType.DELIVERY_DENIED, _reader(delivery), at, delivery, outcome=outcome)


def _note(event: EventType, actor: Actor, at: datetime, delivery: Delivery, **detail: Any) -> None:
    record(
        event,
        actor=actor,
        at=at,
        subject=f"delivery:{delivery.id}",
        case_id=delivery.recipient.case_id,
        recipient=delivery.recipient_id,
        **detail,
    )


def _reader(delivery: Delivery) -> SystemActor:
    return SystemActor(f"recipient({delivery.recipient_id})")
