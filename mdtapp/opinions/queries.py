"""Reading opinions, their versions and the conflicts of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from mdtapp.cases.models import Case
from mdtapp.cases.queries import visible_to
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.opinions.case_facts import facts_of
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.inputs.judged import standing_answers
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.queries import signed_inputs
from mdtapp.opinions.models import (
    ConflictFinding,
    Opinion,
    OpinionVersion,
    Statement,
    VersionKind,
)
from mdtapp.opinions.status import OPINION_LIFECYCLE, FindingStatus, OpinionStatus
from mdtapp.people.models import User
from mdtapp.store.db import session

NO_SUCH_OPINION = Bitext("There is no such opinion yet.", "尚无此意见书。")


def find_opinion(case_id: int, number: int = 0) -> Opinion | None:
    """The opinion of a case (`number` 0) or one of its addenda."""
    return session.scalars(
        select(Opinion)
        .where(Opinion.case_id == case_id, Opinion.number == number)
        .options(selectinload(Opinion.statements), selectinload(Opinion.versions))
    ).one_or_none()


def get_opinion(case_id: int, number: int = 0) -> Opinion:
    opinion = find_opinion(case_id, number)
    if opinion is None:
        raise NotFound(NO_SUCH_OPINION)
    return opinion


def addenda(case_id: int) -> Sequence[Opinion]:
    return session.scalars(
        select(Opinion)
        .where(Opinion.case_id == case_id, Opinion.kind == VersionKind.ADDENDUM)
        .order_by(Opinion.number)
    ).all()


def get_statement(opinion: Opinion, statement_id: int) -> Statement:
    found = next((row for row in opinion.statements if row.id == statement_id), None)
    if found is None:
        raise NotFound(Bitext("There is no such statement in this opinion.", "此意见书中无该条内容。"))
    return found


def kept_statements(opinion: Opinion) -> list[Statement]:
    """The statements that stand in the opinion, without the dropped ones, each section in its order."""
    kept = (row for row in opinion.statements if not row.dropped_reason)
    return sorted(kept, key=lambda row: (row.section, row.position, row.id or 0))


def running_version(opinion: Opinion) -> OpinionVersion | None:
    """The frozen text that is being signed or is signed; None while the text is edited."""
    versions = [version for version in opinion.versions if not version.void]
    return versions[-1] if versions else None


def signed_version(opinion: Opinion) -> OpinionVersion:
    """The frozen text whose documents can be made; InvalidTransition unless it is signed and not released."""
    OPINION_LIFECYCLE.target(opinion.status, "release")
    version = running_version(opinion)
    assert version is not None
    return version


def is_current(version: OpinionVersion) -> bool:
    """Whether this text stands as released: not replaced and not withdrawn."""
    opinion = version.opinion
    return opinion.status == OpinionStatus.RELEASED and running_version(opinion) is version


def sent_back(opinion: Opinion) -> OpinionVersion | None:
    """The last frozen text, when a signer sent it back and nothing was frozen since."""
    last = opinion.versions[-1] if opinion.versions else None
    return last if last is not None and last.void else None


def find_version_by_document(sha256: str) -> OpinionVersion | None:
    """The version one of whose released documents has these bytes."""
    known = or_(OpinionVersion.pdf_sha256 == sha256, OpinionVersion.pdf_zh_sha256 == sha256)
    return session.scalars(select(OpinionVersion).where(known)).first()


def find_version_by_code(code: str) -> OpinionVersion | None:
    wanted = code.replace("\0", "").strip().upper()
    return session.scalars(select(OpinionVersion).where(OpinionVersion.verify_code == wanted)).first()


def findings(case_id: int, *, with_obsolete: bool = False) -> Sequence[ConflictFinding]:
    """The running finding of each rule; with obsolete ones, the latest of those that no longer hold too."""
    rows = session.scalars(
        select(ConflictFinding).where(ConflictFinding.case_id == case_id).order_by(ConflictFinding.id)
    ).all()
    latest = {row.rule: row for row in rows}
    shown = [row for row in latest.values() if with_obsolete or row.status != FindingStatus.OBSOLETE]
    return sorted(shown, key=lambda row: row.rule)


def settlements(case_id: int) -> Sequence[ConflictFinding]:
    """Every settlement there was, oldest first, also of findings whose values changed since."""
    return session.scalars(
        select(ConflictFinding)
        .where(ConflictFinding.case_id == case_id, ConflictFinding.resolution != "")
        .order_by(ConflictFinding.id)
    ).all()


def get_finding(case_id: int, rule: str) -> ConflictFinding:
    found = next((row for row in findings(case_id) if row.rule == rule), None)
    if found is None:
        raise NotFound(
            Bitext("This conflict does not stand any more. Reload the page.", "该矛盾已不存在，请刷新页面。")
        )
    return found


def case_facts(case: Case, signed: Mapping[str, DisciplineInput] | None = None) -> CaseFacts:
    """The signed inputs and, once the chair has started it, what the opinion says.

    A verdict on words the home hospital's record does not hold any more counts as not given. `signed` spares
    reading the inputs where the caller has them.
    """
    opinion = find_opinion(case.id)
    answers = standing_answers(case, signed_inputs(case.id) if signed is None else signed)
    return facts_of(case, answers, draft_part(opinion) if opinion else None)


def draft_part(opinion: Opinion) -> Mapping[str, Any]:
    """What the rules look at of the chair's opinion."""
    kept = kept_statements(opinion)
    return {
        "result_class": opinion.result_class,
        "sections": sorted({row.section for row in kept}),
        "answered": sorted({row.question for row in kept if row.question}),
    }


def opinions_for(user: User) -> Sequence[Opinion]:
    """Opinions of the cases this person sees, newest first."""
    seen = select(Opinion).join(Opinion.case).where(visible_to(user)).order_by(Opinion.id.desc()).limit(200)
    return session.scalars(seen.options(selectinload(Opinion.case))).unique().all()
