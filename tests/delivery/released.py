"""A released opinion to deliver: frozen text, stored document, case signed, consents given."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from tests.conftest import START
from tests.meetings.board import Board

if TYPE_CHECKING:
    from mdtapp.cases.models import Case
    from mdtapp.delivery.models import Recipient
    from mdtapp.delivery.operations import Handover
    from mdtapp.opinions.models import OpinionVersion

DOCUMENT = b"%PDF-1.7 the signed document"


def said(text: str, zh: str, **more: Any) -> dict[str, Any]:
    return {"text": {"en": text, "zh": zh}, "mark": None, "question": None, **more}


SECTIONS = [
    {
        "key": "result_class",
        "statements": [said("Another order of treatment is advised.", "建议调整治疗顺序。")],
    },
    {"key": "summary_patient", "statements": [said("Medicine first, then surgery.", "先用药，再手术。")]},
    {"key": "questions_answered", "statements": [said("Probably not.", "可能不必。", question="Q1")]},
    {
        "key": "staging_verification",
        "statements": [
            said("The type of cancer is right.", "癌症类型无误。", mark="confirmed"),
            said("One node may be involved.", "一枚淋巴结可能受累。", mark="changed"),
            said("A heart scan.", "心脏检查。", mark="needed"),
        ],
    },
]


def released(board: Board, pseudonym: str = "AMBER-417", *, demonstration: bool = False) -> OpinionVersion:
    """The version of a released opinion; needs a running transaction."""
    from mdtapp.cases import operations as cases
    from mdtapp.cases.models import ConsentPurpose
    from mdtapp.opinions.models import Opinion
    from mdtapp.opinions.status import OpinionStatus
    from mdtapp.store.db import session

    coordinator = board.user("coordinator")
    case = board.case_in_review(pseudonym)
    case.demonstration = demonstration
    for action in ("schedule", "discuss", "start_drafting", "sign"):
        cases.move(actor=coordinator, at=START, case=case, action=action)
    for purpose in ConsentPurpose:
        cases.record_consent(
            actor=coordinator,
            at=START,
            case=case,
            purpose=purpose,
            given=True,
            given_on=date(2026, 3, 1),
        )
    opinion = Opinion(
        case=case, status=OpinionStatus.RELEASED, result_class="modified_treatment", created_at=START
    )
    session.add(opinion)
    return next_version(board, opinion)


def next_version(board: Board, opinion: Any) -> OpinionVersion:
    """One more frozen text of the opinion, with its stored document."""
    from mdtapp.opinions.models import OpinionVersion
    from mdtapp.store.db import session

    number = len(opinion.versions) + 1
    stored = board.app.extensions["mdtapp.objects"].put_bytes(DOCUMENT + bytes([number]))
    version = OpinionVersion(
        version=number,
        frozen=json.dumps(frozen(opinion.case, number), ensure_ascii=False),
        content_hash=f"{opinion.case.id:063d}{number}",
        frozen_at=START,
        frozen_by_id=board.people["chair"],
        verify_code=f"CODE-{opinion.case.id}-{number}",
        pdf_sha256=stored.sha256,
    )
    opinion.versions.append(version)
    session.flush()
    return version


def frozen(case: Case, version: int) -> dict[str, Any]:
    return {
        "schema": "mdtapp.opinion/1",
        "kind": "opinion",
        "number": 0,
        "version": version,
        "date": "2026-03-02",
        "hospital": {"name": {"en": "Qingyuan", "zh": "清源"}},
        "patient": {"pseudonym": case.patient.pseudonym, "name": None},
        "result_class": "modified_treatment",
        "also": [],
        "questions": [{"id": "Q1", "text": {"en": "Must I lose my breast?", "zh": "必须切除乳房吗？"}}],
        "sections": SECTIONS,
        "signers": [{"name": f"Dr {number}"} for number in range(6)],
    }


def recipient(
    board: Board, case: Case, kind: str = "patient", *, language: str = "en", **contact: str
) -> Recipient:
    from mdtapp.delivery import operations
    from mdtapp.delivery.models import RecipientKind

    return operations.add_recipient(
        actor=board.user("coordinator"),
        at=START,
        case=case,
        kind=RecipientKind(kind),
        contact=operations.Contact(**({"name": "Amina N.", "email": "amina@mail.example"} | contact)),
        language=language,
        key=board.app.extensions["mdtapp.identity_key"],
    )


def sent(board: Board, *, kind: str = "patient", language: str = "en") -> Handover:
    """A fresh case, its opinion released and sent to one recipient."""
    from mdtapp.delivery import operations

    version = released(board)
    to = recipient(board, version.opinion.case, kind, language=language)
    return operations.send(actor=board.user("coordinator"), at=START, recipient=to, version=version)
