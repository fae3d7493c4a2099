"""Whose signatures an opinion needs: the core disciplines' authors and the chair."""

from __future__ import annotations

from dataclasses import dataclass

from mdtapp.cases.models import Case, MemberRole
from mdtapp.disciplines import catalogue
from mdtapp.opinions.models import Opinion, OpinionVersion, VersionKind
from mdtapp.people.models import User

CHAIR = "chair"
AUTHOR = "author"


@dataclass(frozen=True, slots=True)
class Signer:
    """One person who signs, for which discipline, as chair or author."""

    user: User
    discipline: str
    role: str


def required_signers(opinion: Opinion) -> list[Signer]:
    """The chair first, then the authors: of the core disciplines, or for an addendum of those it rests on."""
    case = opinion.case
    wanted = _core() if opinion.kind == VersionKind.OPINION else _touched(opinion)
    return _signers(case, wanted)


def possible_signers(opinion: Opinion) -> list[Signer]:
    """Everybody of the panel may sign; the required ones must."""
    return _signers(opinion.case, set(catalogue().disciplines))


def missing_signers(opinion: Opinion, version: OpinionVersion) -> list[Signer]:
    """Required people whose signature is not on this version yet."""
    signed = {signature.user_id for signature in version.signatures}
    return [signer for signer in required_signers(opinion) if signer.user.id not in signed]


def _signers(case: Case, disciplines: set[str]) -> list[Signer]:
    order = list(catalogue().disciplines)
    signers: dict[int, Signer] = {}
    authors = sorted(
        (m for m in case.members if m.role == MemberRole.AUTHOR and m.discipline in order),
        key=lambda m: order.index(str(m.discipline)),
    )
    disciplines_of = {m.user_id: str(m.discipline) for m in reversed(authors)}
    for member in case.members:
        if member.role == MemberRole.CHAIR:
            signers[member.user_id] = Signer(member.user, disciplines_of.get(member.user_id, ""), CHAIR)
    for member in authors:
        if member.discipline in disciplines:
            signers.setdefault(member.user_id, Signer(member.user, str(member.discipline), AUTHOR))
    return list(signers.values())


def _core() -> set[str]:
    return {key for key, discipline in catalogue().disciplines.items() if discipline.core}


def _touched(opinion: Opinion) -> set[str]:
    return {str(p["discipline"]) for row in opinion.statements for p in row.provenance if p.get("discipline")}
