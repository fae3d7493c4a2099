"""Points to check in the home hospital's plan: the rules run on its steps. Advice to the panel; it never blocks."""

from __future__ import annotations

from mdtapp.cases.models import Case
from mdtapp.opinions.case_facts import facts_of
from mdtapp.opinions.conflicts import Firing, evaluate_outside
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.inputs.judged import standing_answers
from mdtapp.opinions.inputs.queries import current_inputs
from mdtapp.opinions.visibility import own_disciplines
from mdtapp.people.models import User

RECORD = frozenset({"case", "history", "outside", "patient", "questions"})


def points_to_check(case: Case, user: User, facts: CaseFacts | None) -> list[Firing]:
    """What the rules say of the home plan, from the inputs this person may read: `facts` where that is all of them.

    While the others' inputs are closed, these are the own ones as saved, and a point that would also look at
    another discipline's answer is left out: it would call missing what is only hidden.
    """
    if facts is not None:
        return evaluate_outside(facts)
    own = own_disciplines(case, user)
    rows = {key: row for key, row in current_inputs(case.id).items() if key in own}
    readable = RECORD.union(own)
    return [
        point
        for point in evaluate_outside(facts_of(case, standing_answers(case, rows)))
        if readable.issuperset(path.partition(".")[0] for path in point.inputs)
    ]
