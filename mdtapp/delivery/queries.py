"""Reading recipients and deliveries: for the coordinator, and for whoever holds a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select

from mdtapp.audit.models import Event
from mdtapp.cases.models import Case, ConsentPurpose
from mdtapp.cases.operations import consented
from mdtapp.cases.queries import visible_to
from mdtapp.clinical.bitext import Bitext
from mdtapp.delivery.consent import missing_consents
from mdtapp.delivery.link import LinkState, link_state
from mdtapp.delivery.models import Delivery, Recipient
from mdtapp.errors import NotFound
from mdtapp.opinions.models import Opinion, OpinionVersion
from mdtapp.opinions.queries import running_version
from mdtapp.opinions.status import OpinionStatus
from mdtapp.people.models import User
from mdtapp.people.passwords import token_hash
from mdtapp.store.db import session

NO_SUCH_DELIVERY = Bitext(
    "There is no such recipient or delivery in this case. Reload the page.",
    "本病例中无此接收人或送达记录，请刷新页面。",
)
LEDGER_EVENTS = ("delivery:%", "recipient:%", "opinion:released", "opinion:signed", "document:downloaded")
SENDABLE = (OpinionStatus.SIGNED, OpinionStatus.RELEASED, OpinionStatus.SUPERSEDED, OpinionStatus.WITHDRAWN)


def get_recipient(case: Case, recipient_id: int) -> Recipient:
    recipient = session.get(Recipient, recipient_id)
    if recipient is None or recipient.case_id != case.id:
        raise NotFound(NO_SUCH_DELIVERY)
    return recipient


def get_delivery(case: Case, delivery_id: int) -> Delivery:
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.recipient.case_id != case.id:
        raise NotFound(NO_SUCH_DELIVERY)
    return delivery


def released_versions(case: Case) -> list[OpinionVersion]:
    """What may be sent: the current text of the released opinion and of its released addenda."""
    opinions = session.scalars(
        select(Opinion)
        .where(Opinion.case_id == case.id, Opinion.status == OpinionStatus.RELEASED)
        .order_by(Opinion.number)
    )
    versions = [running_version(opinion) for opinion in opinions]
    return [version for version in versions if version is not None and version.pdf_sha256]


def get_released_version(case: Case, version_id: int) -> OpinionVersion:
    """The released version of this case; whatever else was named is not sent."""
    version = next((row for row in released_versions(case) if row.id == version_id), None)
    if version is None:
        raise NotFound(
            Bitext(
                "Only the current, released text can be sent. Reload the page.",
                "只能发送当前已发布的版本，请刷新页面。",
            )
        )
    return version


def is_withdrawn(version: OpinionVersion) -> bool:
    return version.opinion.status == OpinionStatus.WITHDRAWN


def deliveries_to(recipient: Recipient) -> Sequence[Delivery]:
    """All links ever made for this recipient, newest first."""
    return session.scalars(
        select(Delivery).where(Delivery.recipient_id == recipient.id).order_by(Delivery.id.desc())
    ).all()


def state_of(delivery: Delivery, at: datetime) -> LinkState:
    return link_state(
        status=delivery.status, expires_at=delivery.expires_at, wrong_codes=delivery.wrong_codes, at=at
    )


def find_open_delivery(recipient: Recipient, version: OpinionVersion, at: datetime) -> Delivery | None:
    """The link by which this recipient can open this version now."""
    return next(
        (
            row
            for row in deliveries_to(recipient)
            if row.version_id == version.id and state_of(row, at) == LinkState.OPEN
        ),
        None,
    )


def missing_for(recipient: Recipient) -> list[ConsentPurpose]:
    """The consents that are not on file for this recipient."""
    given = {purpose for purpose in ConsentPurpose if consented(recipient.case, purpose)}
    return missing_consents(recipient.kind, given)


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """One recipient with their links.

    `missing` are consents without which nothing is sent, `unsent` released texts without a link that opens.
    """

    recipient: Recipient
    deliveries: Sequence[Delivery]
    missing: list[ConsentPurpose]
    unsent: list[OpinionVersion]


def recipients_of(case: Case, at: datetime) -> list[RecipientRow]:
    versions = released_versions(case)
    rows = session.scalars(select(Recipient).where(Recipient.case_id == case.id).order_by(Recipient.id))
    return [
        RecipientRow(
            row,
            deliveries_to(row),
            missing_for(row),
            [version for version in versions if find_open_delivery(row, version, at) is None],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case whose opinion is signed, and what happened to each of its links, newest first."""

    case: Case
    released: bool
    deliveries: Sequence[Delivery]


def cases_to_deliver(user: User) -> list[CaseRow]:
    """Cases with a signed opinion this person sees, the earliest due first; at most 200."""
    signed = exists().where(Opinion.case_id == Case.id, Opinion.status.in_(SENDABLE))
    known = exists().where(Recipient.case_id == Case.id)
    cases = session.scalars(
        select(Case)
        .where(visible_to(user), or_(signed, known))
        .order_by(Case.due_on.is_(None), Case.due_on, Case.id)
        .limit(200)
    ).unique()
    return [CaseRow(case, bool(released_versions(case)), _deliveries_of(case)) for case in cases]


def _deliveries_of(case: Case) -> Sequence[Delivery]:
    return session.scalars(
        select(Delivery).join(Recipient).where(Recipient.case_id == case.id).order_by(Delivery.id.desc())
    ).all()


def ledger(case: Case) -> Sequence[Event]:
    """What happened on the way out, newest first, from the trail; a history to look at, nothing decides from it."""
    return session.scalars(
        select(Event)
        .where(Event.case_id == case.id, or_(*(Event.event.like(name) for name in LEDGER_EVENTS)))
        .order_by(Event.seq.desc())
        .limit(100)
    ).all()


def find_by_token(token: str, *, to_write: bool = False) -> Delivery | None:
    """The delivery of a link; `to_write` locks its row so that tries are counted one after another."""
    query = select(Delivery).where(Delivery.token_hash == token_hash(token))
    if to_write:
        query = query.with_for_update(of=Delivery).execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def find_by_pass(delivery_id: int, mark: str) -> Delivery | None:
    """The delivery a pass names, when it is still the same link."""
    delivery = session.get(Delivery, delivery_id)
    return delivery if delivery and delivery.token_hash.startswith(mark) else None
