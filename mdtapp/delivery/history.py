"""The ledger of a case: its events on the way out, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mdtapp.audit.events import EventType
from mdtapp.audit.models import Event
from mdtapp.clinical.bitext import Bitext
from mdtapp.people.models import User
from mdtapp.store.db import session

WHAT = {
    EventType.RECIPIENT_ADDED: (Bitext("Recipient added", "已添加接收人"), "neutral"),
    EventType.DELIVERY_PREPARED: (Bitext("Link made", "已生成链接"), "neutral"),
    EventType.DELIVERY_SENT: (Bitext("Sent", "已发送"), "accent"),
    EventType.DELIVERY_OPENED: (Bitext("Opened with the right code", "输入正确代码并打开"), "ok"),
    EventType.DELIVERY_DENIED: (Bitext("Refused", "已拒绝"), "warn"),
    EventType.DELIVERY_FAILED: (Bitext("Not reached", "未送达"), "bad"),
    EventType.DELIVERY_REVOKED: (Bitext("Link revoked", "链接已撤销"), "neutral"),
    EventType.DELIVERY_ACKNOWLEDGED: (Bitext("Receipt confirmed", "已确认收到"), "ok"),
    EventType.DOCUMENT_DOWNLOADED: (Bitext("Document fetched", "已下载文件"), "ok"),
    EventType.OPINION_RELEASED: (Bitext("Opinion released", "意见书已发布"), "accent"),
    EventType.OPINION_SIGNED: (Bitext("Signature", "签署"), "neutral"),
}
REFUSED = {
    "wrong_code": Bitext("Wrong code", "代码错误"),
    "locked": Bitext("Locked after five wrong codes", "五次代码错误后锁定"),
    "expired": Bitext("Tried after it had expired", "过期后尝试打开"),
    "closed": Bitext("Tried after it was closed", "关闭后尝试打开"),
}
RECIPIENT = Bitext("the recipient", "接收人")
_PERSON = re.compile(r"user:(\d+)")
_HIDDEN = {"delivery:prepared"}


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of what, one of when and who, as components/timeline.html draws it."""

    what: Bitext
    when: datetime
    how: Bitext
    tone: str
    hollow: bool = False
    href: str = ""


def ledger_entries(events: Iterable[Event]) -> list[LedgerEntry]:
    """The events in their order; a link's making is one with its sending and is left out."""
    shown = [event for event in events if event.event not in _HIDDEN]
    names = _names(shown)
    return [_entry(event, names) for event in shown]


def _entry(event: Event, names: dict[int, str]) -> LedgerEntry:
    what, tone = WHAT[EventType(event.event)]
    if event.event == EventType.DELIVERY_DENIED:
        what = REFUSED.get(str(event.detail.get("outcome")), what)
    return LedgerEntry(what, event.at, _who(event.actor, names), tone, hollow=tone == "neutral")


def _who(actor: str, names: dict[int, str]) -> Bitext:
    person = _PERSON.fullmatch(actor)
    if person:
        return Bitext(names.get(int(person[1]), actor))
    return RECIPIENT if actor.startswith("system:recipient") else Bitext(actor)


def _names(events: Sequence[Event]) -> dict[int, str]:
    numbers = {int(found[1]) for event in events if (found := _PERSON.fullmatch(event.actor))}
    people = (session.get(User, number) for number in sorted(numbers))
    return {person.id: person.name for person in people if person}
