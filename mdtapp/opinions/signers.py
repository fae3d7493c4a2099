"""Whose signatures an opinion needs: the core disciplines' authors and the chair."""

from __future__ import annotations

import json
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


@dataclass(frozen=True, slots=True)
class NamedSigner:
    """A signer as the frozen text names them."""

    name: str
    name_zh: str
    discipline: str
    role: str


def missing_signers(version: OpinionVersion) -> list[NamedSigner]:
    """Whose signature the frozen text asks for and does not have yet, whatever became of the panel since."""
    signed = {(row.user.name, row.discipline, row.role) for row in version.signatures}
    asked = [NamedSigner(**row) for row in json.loads(version.frozen)["signers"]]
    return [one for one in asked if (one.name, one.discipline, one.role) not in signed]


def core_without_signer(opinion: Opinion) -> list[str]:
    """Core disciplines nobody on the panel can sign for."""
    signing = {signer.discipline for signer in required_signers(opinion)}
    return [key for key in catalogue().disciplines if key in _core() - signing]


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
