"""Every claim of the home hospital beside what the panel makes of it: agree, minor, major, cannot judge. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical.agreement import VERDICTS, worst_impact, worst_verdict
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.conditions import is_filled
from mdtapp.disciplines.definitions import Discipline
from mdtapp.disciplines.sentences import shown
from mdtapp.opinions.inputs.claims import OUTSIDE, WHOLE, Claim, claims_for

IN_THEIR_RECORD = Bitext("as in their record", "见外院记录")
"""Of an object that was judged although nothing of it was transcribed, such as the report of images."""

OUTWEIGHS = {"diagnosis": "pathology"}
"""Whose verdict on an object stands before everybody else's."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One discipline's verdict on a claim. `answer` names the place it stands in the input; `asked_again` when the
    record was corrected since."""

    discipline: str
    verdict: str
    ours: Bitext
    impact: str
    why: Bitext
    answer: str
    asked_again: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One claim with everybody's judgement; `verdict` and `impact` are the panel's, empty while nobody judged it."""

    claim: Claim
    judgements: tuple[Judgement, ...]

    @property
    def theirs(self) -> Bitext:
        said = self.claim.theirs
        return said if isinstance(said, Bitext) else Bitext(said, said)

    @property
    def standing(self) -> tuple[Judgement, ...]:
        return tuple(one for one in self.judgements if not one.asked_again)

    @property
    def verdict(self) -> str:
        """The worst, but of a diagnosis that of pathology where it gave one."""
        heavier = OUTWEIGHS.get(self.claim.object)
        own = [one.verdict for one in self.standing if one.discipline == heavier and one.verdict in VERDICTS]
        return own[0] if own else worst_verdict(one.verdict for one in self.standing)

    @property
    def impact(self) -> str:
        """The gravest of those who see it as the panel does."""
        return worst_impact(one.impact for one in self.standing if one.verdict == self.verdict)

    @property
    def ours(self) -> Bitext:
        """What is to stand in its place, in the words of the first who says so and sees it as the panel does."""
        words = (one.ours for one in self.standing if one.verdict == self.verdict and one.ours)
        return next(words, Bitext())


def ledger(
    forms: Sequence[Discipline],
    answers: Mapping[str, Mapping[str, Any]],
    outside: Mapping[str, Any],
    asked_again: Mapping[str, Collection[str]] | None = None,
) -> list[Entry]:
    """One entry for each claim any of the forms can judge, object by object, unjudged ones too.

    `answers` by discipline are those that may be read; `asked_again` the claims whose verdict was given on words
    that are gone.
    """
    claims: dict[str, Claim] = {}
    for form in forms:
        for claim in claims_for(form, outside):
            claims.setdefault(claim.key, claim)
    known = [form for form in forms if form.key in answers]
    for judged, (name, label) in WHOLE.items():
        if any(answers[form.key].get(f"agree_{judged}") for form in known):
            claims.setdefault(f"{OUTSIDE}{name}", Claim(f"{OUTSIDE}{name}", label, IN_THEIR_RECORD, judged))
    entries = [
        Entry(
            claim,
            tuple(
                judgement
                for form in known
                if (
                    judgement := _judgement(
                        form, answers[form.key], claim, (asked_again or {}).get(form.key, ())
                    )
                )
            ),
        )
        for claim in claims.values()
    ]
    order = list(WHOLE)
    return sorted(entries, key=lambda entry: order.index(entry.claim.object))


def _judgement(
    form: Discipline, answers: Mapping[str, Any], claim: Claim, asked_again: Collection[str]
) -> Judgement | None:
    rows = answers.get("claims")
    row = next(
        (
            row
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, Mapping) and row.get("claim") == claim.key and row.get("verdict")
        ),
        None,
    )
    if row is not None:
        return Judgement(
            form.key,
            str(row["verdict"]),
            _ours(form, answers, claim, row.get("ours")),
            str(row.get("impact") or ""),
            _text(row.get("why")),
            f"claims.{claim.key}",
            claim.key in asked_again,
        )
    return _direct(form, answers, claim, asked_again) if claim.whole else None


def _direct(
    form: Discipline, answers: Mapping[str, Any], claim: Claim, asked_again: Collection[str]
) -> Judgement | None:
    """A verdict given on the object itself stands for the claim on its whole."""
    verdict = answers.get(f"agree_{claim.object}")
    if not isinstance(verdict, str) or not verdict:
        return None
    return Judgement(
        form.key,
        verdict,
        Bitext(),
        str(answers.get(f"impact_{claim.object}") or ""),
        _text(answers.get(f"comment_{claim.object}")),
        f"agree_{claim.object}",
        claim.key in asked_again,
    )


def _ours(form: Discipline, answers: Mapping[str, Any], claim: Claim, written: Any) -> Bitext:
    """What the author wrote in place of theirs, else the author's own answer to the same question."""
    key = claim.key.removeprefix(OUTSIDE)
    field = form.field(key) if form.has(key) else None
    if is_filled(written):
        if isinstance(written, Mapping):
            return Bitext.of(written)
        is_code = field is not None and field.choices is not None and written in form.choices[field.choices]
        return (
            shown(form, field, written)
            if field is not None and is_code
            else Bitext(str(written), str(written))
        )
    return shown(form, field, answers.get(key)) if field is not None else Bitext()


def _text(value: Any) -> Bitext:
    return Bitext.of(value) if isinstance(value, Mapping | str) else Bitext()
