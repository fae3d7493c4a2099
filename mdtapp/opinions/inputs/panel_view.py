"""The panel side by side, for one person: who says what on each point, the ledger, what is asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mdtapp.cases.models import Case
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.definitions import Discipline
from mdtapp.opinions.case_facts import hospital_part, outside_part
from mdtapp.opinions.inputs.concordance import Axis, Hospital, axes
from mdtapp.opinions.inputs.judged import Outdated, outdated_in, standing_answers
from mdtapp.opinions.inputs.ledger import Entry, ledger
from mdtapp.opinions.inputs.models import DisciplineInput


@dataclass(frozen=True, slots=True)
class Panel:
    """What the signed inputs this person may read say, point by point and claim by claim."""

    hospitals: Sequence[Hospital]
    columns: Sequence[Discipline]
    axes: Sequence[Axis]
    ledger: Sequence[Entry]
    asked_again: Mapping[str, Sequence[Outdated]]
    """By discipline the verdicts that were given on words the record does not hold any more."""
    address: Callable[[str, str], str]
    """Where an answer of a discipline is read."""


def panel_of_inputs(
    case: Case, readable: Mapping[str, DisciplineInput], address: Callable[[str, str], str]
) -> Panel:
    """`readable` are the signed inputs by discipline that this person may read."""
    known = catalogue().disciplines
    rows = {key: row for key, row in readable.items() if key in known}
    columns = [known[key] for key in rows]
    outside = outside_part(case)
    asked_again = outdated_in(case, rows, outside)
    hospitals = [Hospital(opinion.label, hospital_part(opinion)) for opinion in case.outside_opinions]
    return Panel(
        hospitals=hospitals,
        columns=columns,
        axes=axes(columns, standing_answers(case, rows, outside), hospitals),
        ledger=ledger(
            list(known.values()), {key: row.data for key, row in rows.items()}, outside, asked_again
        ),
        asked_again={key: list(claims.values()) for key, claims in asked_again.items()},
        address=address,
    )
