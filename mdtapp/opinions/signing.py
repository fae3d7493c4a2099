"""Freezing the text, signatures on its hash, release: each one transaction."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, lock_head, record
from mdtapp.cases.identity import unseal
from mdtapp.cases.models import Case
from mdtapp.cases.operations import move as move_case
from mdtapp.cases.status import CaseStatus
from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.disciplines import catalogue
from mdtapp.documents.printable import check_printable
from mdtapp.errors import Conflict, Invalid, InvalidTransition, NotAllowed
from mdtapp.opinions import access, findings
from mdtapp.opinions.freezing import content_hash, freeze
from mdtapp.opinions.models import Opinion, OpinionVersion, Signature, SignatureMeaning, VersionKind
from mdtapp.opinions.operations import gaps_before_review, gaps_in_language, refuse_gaps
from mdtapp.opinions.queries import running_version, signed_version
from mdtapp.opinions.signers import Signer, core_without_signer, missing_signers, possible_signers
from mdtapp.opinions.status import OPINION_LIFECYCLE, OpinionStatus
from mdtapp.people.access import check_permission
from mdtapp.people.models import User
from mdtapp.people.operations import check_reauthentication
from mdtapp.people.roles import Permission
from mdtapp.store.db import session
from mdtapp.store.objects import ObjectStore
from mdtapp.store.types import canonical_json

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
TEXT_CHANGED = Bitext(
    "The text is not the one you read. Reload the page, read it, then sign.",
    "文本与您阅读的版本不同。请刷新页面，重新阅读后再签署。",
)
NO_DISSENT = Bitext(
    "The text holds no dissent of yours. Sign without one, or send the text back so that yours is written into it.",
    "该文本中没有您的不同意见。请直接签署，或退回文本以写入您的意见。",
)

Maker = Callable[[OpinionVersion, Language], bytes]
"""Makes the final document of a version, one language leading."""


@dataclass(frozen=True, slots=True)
class House:
    """What freezing needs of the installation: the hospital's name, the identity key, the date there."""

    hospital: Bitext
    identity_key: str
    today: date


def finalise(
    *, actor: User, at: datetime, opinion: Opinion, row_version: int, password: str, house: House
) -> OpinionVersion:
    """One transaction: checks everything again, freezes the text under its hash, opens it for signatures."""
    access.check_can_edit(actor, opinion.case)
    access.check_is_running(opinion.case)
    if row_version != opinion.row_version:
        raise Conflict(TEXT_CHANGED)
    target = OPINION_LIFECYCLE.target(opinion.status, "finalise")
    findings.refresh(actor=actor, at=at, case=opinion.case)
    _check_complete(opinion)
    check_reauthentication(actor, password)
    return freeze_version(actor=actor, frozen_by=actor, at=at, opinion=opinion, house=house, target=target)


def freeze_version(
    *,
    actor: Actor,
    frozen_by: User,
    at: datetime,
    opinion: Opinion,
    house: House,
    target: OpinionStatus,
) -> OpinionVersion:
    """Writes the frozen version; the caller has checked that the text is complete."""
    sealed = opinion.case.patient.identity
    identity = unseal(sealed.sealed, house.identity_key) if sealed else None
    number = len(opinion.versions) + 1
    frozen = canonical_json(
        freeze(
            opinion,
            version=number,
            on=house.today,
            hospital=house.hospital,
            identity=identity,
            key=house.identity_key,
        )
    )
    # What cannot be printed later must not be signed now; the name is printed from the sealed identity.
    check_printable(json.loads(frozen) | {"name": (identity or {}).get("name")}, [], None)
    version = OpinionVersion(
        version=number,
        frozen=frozen,
        content_hash=content_hash(frozen),
        frozen_at=at,
        frozen_by_id=frozen_by.id,
        verify_code=_code(),
    )
    opinion.versions.append(version)
    opinion.status = target
    session.flush()
    record(
        EventType.OPINION_FINALISED,
        actor=actor,
        at=at,
        subject=f"version:{version.id}",
        case_id=opinion.case_id,
        content_hash=version.content_hash,
        version=number,
    )
    return version


def sign(
    *,
    actor: User,
    at: datetime,
    opinion: Opinion,
    expected_hash: str,
    meaning: SignatureMeaning,
    password: str,
) -> Signature:
    """One member's signature on the frozen hash; when the last required one is there, the opinion is signed."""
    check_permission(actor, Permission.OPINION_SIGN)
    access.check_is_running(opinion.case)
    _queue()
    version = awaiting_version(opinion)
    signer = _signer(actor, opinion)
    if expected_hash != version.content_hash:
        raise Conflict(TEXT_CHANGED)
    if any(signature.user_id == actor.id for signature in version.signatures):
        raise InvalidTransition(Bitext("You have signed this text already.", "您已签署此文本。"))
    if meaning == SignatureMeaning.AGREE_WITH_DISSENT and not holds_dissent(version, signer.user):
        raise Invalid(NO_DISSENT, fields={"meaning": NO_DISSENT})
    check_reauthentication(actor, password)
    return put_signature(at=at, opinion=opinion, version=version, signer=signer, meaning=meaning, actor=actor)


def holds_dissent(version: OpinionVersion, user: User) -> bool:
    """Whether the frozen text says what this person sees differently: recorded in the meeting, or written by the chair.

    What the chair writes into the section names nobody in data, so it counts for every signer.
    """
    frozen = frozen_of(version)
    sections = {section["key"]: section["statements"] for section in frozen["sections"]}
    written = any({"chair": "dissent"} not in row["provenance"] for row in sections.get("dissent", []))
    return written or any(row["name"] == user.name for row in frozen["dissent"])


def put_signature(
    *,
    actor: Actor,
    at: datetime,
    opinion: Opinion,
    version: OpinionVersion,
    signer: Signer,
    meaning: SignatureMeaning,
    imported: bool = False,
) -> Signature:
    """Stores a signature; the caller has checked the person."""
    signature = Signature(
        user=signer.user,
        discipline=signer.discipline,
        role=signer.role,
        meaning=meaning,
        licence_no=signer.user.licence_no,
        content_hash=version.content_hash,
        at=at,
        imported=imported,
    )
    version.signatures.append(signature)
    session.flush()
    record(
        EventType.OPINION_SIGNED,
        actor=actor,
        at=at,
        subject=f"version:{version.id}",
        case_id=opinion.case_id,
        content_hash=version.content_hash,
        meaning=str(meaning),
        signer=signer.user.actor_ref,
    )
    if not missing_signers(version):
        _all_signed(opinion, actor, at)
    return signature


def refuse(*, actor: User, at: datetime, opinion: Opinion, reason: str) -> Opinion:
    """A signer sends the text back with a reason, which stays with it; every signature on it is void.

    Also after the last signature, as long as nothing is released: a mistake seen late still goes nowhere.
    """
    check_permission(actor, Permission.OPINION_SIGN)
    access.check_is_running(opinion.case)
    _queue()
    target = OPINION_LIFECYCLE.target(opinion.status, "refuse")
    version = running_version(opinion)
    assert version is not None
    _signer(actor, opinion)
    if not reason.strip():
        sentence = Bitext("Say what must change.", "请说明需要修改的内容。")
        raise Invalid(sentence, fields={"reason": sentence})
    version.void, version.void_reason, version.voided_by = True, reason.strip(), actor.name
    opinion.status = target
    if opinion.kind == VersionKind.OPINION and opinion.case.status == CaseStatus.SIGNED:
        move_case(actor=actor, at=at, case=opinion.case, action="send_back")
    opinion.language_checked_by_id = opinion.language_checked_at = None
    session.flush()
    record(
        EventType.OPINION_SIGN_REFUSED,
        actor=actor,
        at=at,
        subject=f"version:{version.id}",
        case_id=opinion.case_id,
    )
    return opinion


def release(
    *,
    actor: User,
    at: datetime,
    opinion: Opinion,
    store: ObjectStore,
    make: Maker,
) -> OpinionVersion:
    """Makes the final document, keeps its bytes, and lets it be sent."""
    access.check_can_release(actor, opinion.case)
    access.check_is_running(opinion.case)
    return release_version(actor=actor, at=at, opinion=opinion, store=store, make=make)


def release_version(
    *,
    actor: Actor,
    at: datetime,
    opinion: Opinion,
    store: ObjectStore,
    make: Maker,
) -> OpinionVersion:
    """As `release`, for a caller that has checked who may."""
    version = signed_version(opinion)
    target = OPINION_LIFECYCLE.target(opinion.status, "release")
    version.pdf_sha256 = store.put_bytes(make(version, "en")).sha256
    version.pdf_zh_sha256 = store.put_bytes(make(version, "zh")).sha256
    opinion.status = target
    session.flush()
    record(
        EventType.OPINION_RELEASED,
        actor=actor,
        at=at,
        subject=f"version:{version.id}",
        case_id=opinion.case_id,
        pdf_sha256=version.pdf_sha256,
        pdf_zh_sha256=version.pdf_zh_sha256,
    )
    return version


def awaiting_version(opinion: Opinion) -> OpinionVersion:
    """The frozen text that is open for signatures."""
    version = running_version(opinion)
    if opinion.status != OpinionStatus.AWAITING_SIGNATURE or version is None:
        raise InvalidTransition(
            Bitext("This opinion is not open for signatures now.", "目前不可签署此意见书。")
        )
    return version


def may_refuse(user: User, opinion: Opinion) -> bool:
    """Whether this person can still send the text back."""
    return "refuse" in OPINION_LIFECYCLE.actions_from(opinion.status) and any(
        signer.user.id == user.id for signer in possible_signers(opinion)
    )


def may_sign(user: User, opinion: Opinion) -> bool:
    """Whether this person's signature is possible and not there yet."""
    version = running_version(opinion)
    return (
        opinion.status == OpinionStatus.AWAITING_SIGNATURE
        and version is not None
        and any(signer.user.id == user.id for signer in possible_signers(opinion))
        and all(signature.user_id != user.id for signature in version.signatures)
    )


def signatures_of(version: OpinionVersion) -> list[dict[str, Any]]:
    """The signatures as the document prints them."""
    return [
        {
            "name": row.user.name,
            "name_zh": row.user.name_zh,
            "discipline": row.discipline,
            "role": row.role,
            "meaning": str(row.meaning),
            "licence_no": row.licence_no,
            "at": row.at.isoformat(),
            "content_hash": row.content_hash,
        }
        for row in version.signatures
    ]


def is_intact(version: OpinionVersion) -> bool:
    """Whether the frozen text still has the hash that was signed, and every signature is on it."""
    return content_hash(version.frozen) == version.content_hash and all(
        signature.content_hash == version.content_hash for signature in version.signatures
    )


def frozen_of(version: OpinionVersion) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(version.frozen)
    return loaded


def _check_complete(opinion: Opinion) -> None:
    gaps = [*gaps_before_review(opinion), *gaps_in_language(opinion)]
    if opinion.language_checked_by_id is None:
        gaps.append(Bitext("Nobody has checked the language yet.", "尚未完成语言核对。"))
    if opinion.kind == VersionKind.OPINION:
        labels = [catalogue().disciplines[key].label for key in core_without_signer(opinion)]
        gaps += [
            Bitext(
                f"Nobody on the panel can sign for {label.en.lower()}.", f"会诊组中无人可为{label.zh}签署。"
            )
            for label in labels
        ]
    refuse_gaps(gaps)


def _queue() -> None:
    """From here on this transaction is alone with the signatures: what was read before is read again.

    Else the last two signers at once would each miss the other's signature, and nobody would be the last.
    """
    session.flush()
    lock_head()
    session.expire_all()


def _signer(actor: User, opinion: Opinion) -> Signer:
    for signer in possible_signers(opinion):
        if signer.user.id == actor.id:
            return signer
    raise NotAllowed(Bitext("Only members of this panel sign this opinion.", "仅本会诊组成员可以签署。"))


def _all_signed(opinion: Opinion, actor: Actor, at: datetime) -> None:
    opinion.status = OPINION_LIFECYCLE.target(opinion.status, "sign")
    case: Case = opinion.case
    if case.status in (CaseStatus.DRAFTING, CaseStatus.REOPENED):
        move_case(actor=actor, at=at, case=case, action="sign")
    session.flush()


def _code() -> str:
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"
