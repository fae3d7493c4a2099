"""Verdicts on the home hospital's record, and what that record said when they were given.

The record may be corrected afterwards. A verdict then says something about words that are gone: it is asked again,
until the author judges the claim anew or says that the verdict stands. Nothing given is overwritten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import record
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.definitions import Discipline
from mdtapp.errors import Conflict
from mdtapp.opinions.case_facts import outside_part
from mdtapp.opinions.inputs.claims import claims_for, said_at, verdicts_in, without_verdicts
from mdtapp.opinions.inputs.models import DisciplineInput, JudgedClaim
from mdtapp.people.models import User
from mdtapp.store.db import session
from mdtapp.store.types import canonical_json

NOT_ASKED = Bitext(
    "This verdict is not asked again. Reload the page and look at the record as it is now.",
    "此项意见无需再次确认，请刷新页面查看当前记录。",
)


@dataclass(frozen=True, slots=True)
class Outdated:
    """A verdict on words that are gone: `then` is what the record said, `now` what it says (empty: nothing)."""

    claim: str
    label: Bitext
    verdict: str
    then: Bitext
    now: Bitext


def fingerprint(said: Any) -> str:
    """Tells apart what the record said at two times; a page sends it back with the verdicts it shows."""
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()[:16]


def fingerprints(discipline: Discipline, outside: Mapping[str, Any]) -> dict[str, str]:
    """Of every claim the discipline can judge, by its key."""
    return {claim.key: fingerprint(said_at(claim.key, outside)) for claim in claims_for(discipline, outside)}


def note_verdicts(
    row: DisciplineInput, *, by_id: int, at: datetime, outside: Mapping[str, Any], seen: Mapping[str, str]
) -> None:
    """Keeps with each verdict what it was given on.

    `seen` are the fingerprints the author's page showed: a verdict sent again by a page that showed the record as
    it is now was given on that, one sent by a page opened before stays with the words shown there. Where a claim
    is not in it, a new verdict counts as given on the record as it is.
    """
    words = _words(catalogue().disciplines[row.discipline], outside)
    known = _known(session.scalars(_of_discipline(row)))
    for claim, verdict in verdicts_in(row.data).items():
        now = fingerprint(said_at(claim, outside))
        before = known.get((claim, verdict))
        said = seen.get(claim, before.said if before is not None else now)
        if before is None or before.said != said:
            text = words.get(claim, (Bitext(), Bitext()))[1] if said == now else Bitext()
            session.add(
                JudgedClaim(
                    input_id=row.id,
                    claim=claim,
                    verdict=verdict,
                    said=said,
                    words=text,
                    judged_by_id=by_id,
                    at=at,
                )
            )
    session.flush()


def outdated(row: DisciplineInput, outside: Mapping[str, Any]) -> dict[str, Outdated]:
    """The verdicts of this revision that were given on other words than the record holds now, by claim."""
    return _outdated(row, session.scalars(_of_discipline(row)), outside)


def outdated_in(
    case: Case, rows: Mapping[str, DisciplineInput], outside: Mapping[str, Any] | None = None
) -> dict[str, dict[str, Outdated]]:
    """The same for one revision of each discipline, in one read; disciplines without any are left out."""
    known = outside_part(case) if outside is None else outside
    query = (
        select(JudgedClaim, DisciplineInput.discipline, DisciplineInput.revision)
        .join(DisciplineInput)
        .where(DisciplineInput.case_id == case.id)
        .order_by(JudgedClaim.id)
    )
    kept: dict[str, list[tuple[JudgedClaim, int]]] = {}
    for judged, discipline, revision in session.execute(query):
        kept.setdefault(discipline, []).append((judged, revision))
    found = {
        key: _outdated(row, (judged for judged, at in kept.get(key, ()) if at <= row.revision), known)
        for key, row in rows.items()
    }
    return {key: claims for key, claims in found.items() if claims}


def standing_answers(
    case: Case, rows: Mapping[str, DisciplineInput], outside: Mapping[str, Any] | None = None
) -> dict[str, Mapping[str, Any]]:
    """The answers by discipline without the verdicts that are asked again: nothing is said on words that are gone."""
    asked_again = outdated_in(case, rows, outside)
    return {
        key: without_verdicts(row.data, asked_again[key]) if key in asked_again else row.data
        for key, row in rows.items()
    }


def uphold(*, actor: User, at: datetime, row: DisciplineInput, claim: str) -> None:
    """The author says that a verdict holds of the corrected record too; the signed text stays as it was."""
    outside = outside_part(row.case)
    asked = outdated(row, outside).get(claim)
    if asked is None:
        raise Conflict(NOT_ASKED)
    session.add(
        JudgedClaim(
            input_id=row.id,
            claim=claim,
            verdict=asked.verdict,
            said=fingerprint(said_at(claim, outside)),
            words=asked.now,
            judged_by_id=actor.id,
            at=at,
        )
    )
    session.flush()
    record(
        EventType.INPUT_VERDICT_UPHELD,
        actor=actor,
        at=at,
        subject=f"input:{row.id}",
        case_id=row.case_id,
        discipline=row.discipline,
        claim=claim,
        verdict=asked.verdict,
    )


def _of_discipline(row: DisciplineInput) -> Any:
    """What the discipline judged up to this revision: an amendment takes over the verdicts before it."""
    return (
        select(JudgedClaim)
        .join(DisciplineInput)
        .where(
            DisciplineInput.case_id == row.case_id,
            DisciplineInput.discipline == row.discipline,
            DisciplineInput.revision <= row.revision,
        )
        .order_by(JudgedClaim.id)
    )


def _known(rows: Iterable[JudgedClaim]) -> dict[tuple[str, str], JudgedClaim]:
    """The latest word on each claim and verdict."""
    return {(judged.claim, judged.verdict): judged for judged in rows}


def _outdated(
    row: DisciplineInput, judged: Iterable[JudgedClaim], outside: Mapping[str, Any]
) -> dict[str, Outdated]:
    form = catalogue().disciplines.get(row.discipline)
    known = _known(judged)
    return {one.claim: one for one in _all_outdated(row, known, outside, form)} if form and known else {}


def _all_outdated(
    row: DisciplineInput,
    known: Mapping[tuple[str, str], JudgedClaim],
    outside: Mapping[str, Any],
    form: Discipline,
) -> Iterator[Outdated]:
    words = _words(form, outside)
    for claim, verdict in verdicts_in(row.data).items():
        given = known.get((claim, verdict))
        if given is not None and given.said != fingerprint(said_at(claim, outside)):
            name = claim.rpartition(".")[2].replace("_", " ")
            label, now = words.get(claim, (Bitext(name, name), Bitext()))
            yield Outdated(claim, label, verdict, given.words, now)


def _words(discipline: Discipline, outside: Mapping[str, Any]) -> dict[str, tuple[Bitext, Bitext]]:
    """The name of each claim and what it says."""
    return {
        claim.key: (
            claim.label,
            claim.theirs if isinstance(claim.theirs, Bitext) else Bitext(claim.theirs, claim.theirs),
        )
        for claim in claims_for(discipline, outside)
    }
