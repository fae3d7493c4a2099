"""Who reads whose input, as a truth table."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mdtapp.cases.status import CaseStatus
from mdtapp.opinions.result_class import CORE_DISCIPLINES
from mdtapp.opinions.visibility import DISCUSSED, may_see_input, may_see_inputs
from mdtapp.people.roles import Role

SURGEON, CHAIR, WRITING_CHAIR, COORDINATOR, NURSE, TRANSLATOR, ADMIN, STRANGER = range(1, 9)
ROLES = {
    SURGEON: Role.SPECIALIST,
    CHAIR: Role.CHAIR,
    WRITING_CHAIR: Role.CHAIR,
    COORDINATOR: Role.COORDINATOR,
    NURSE: Role.COORDINATOR,
    TRANSLATOR: Role.TRANSLATOR,
    ADMIN: Role.ADMIN,
    STRANGER: Role.SPECIALIST,
}


@dataclass(frozen=True)
class Person:
    id: int
    role: Role


@dataclass(frozen=True)
class Place:
    user_id: int
    role: str
    discipline: str | None = None


PANEL = (
    Place(SURGEON, "author", "surgical_oncology"),
    Place(SURGEON, "author", "palliative_supportive"),
    Place(CHAIR, "chair"),
    Place(WRITING_CHAIR, "chair"),
    Place(WRITING_CHAIR, "author", "medical_oncology"),
    Place(NURSE, "author", "coordinator_nursing"),
    Place(TRANSLATOR, "translator"),
)


@dataclass(frozen=True)
class Case:
    status: CaseStatus = CaseStatus.IN_REVIEW
    held_from: CaseStatus | None = None
    independence_lifted: bool = False
    members: tuple[Place, ...] = PANEL


NOBODY: frozenset[str] = frozenset()
ALL_CORE = frozenset(CORE_DISCIPLINES)
BOTH_OF_SURGEON = {"surgical_oncology", "palliative_supportive"}
IN_REVIEW, LIFTED = Case(), Case(independence_lifted=True)
DECIDED = Case(status=CaseStatus.DISCUSSED)
HELD_AFTER = Case(status=CaseStatus.ON_HOLD, held_from=CaseStatus.DRAFTING)
HELD_BEFORE = Case(status=CaseStatus.ON_HOLD, held_from=CaseStatus.SCHEDULED)

# person, case, disciplines that have signed, meeting open, sees what others wrote
TABLE = [
    (SURGEON, IN_REVIEW, NOBODY, False, False),
    (SURGEON, IN_REVIEW, {"palliative_supportive"}, False, False),
    (SURGEON, IN_REVIEW, {"surgical_oncology"}, False, False),
    (SURGEON, IN_REVIEW, BOTH_OF_SURGEON, False, True),
    (SURGEON, IN_REVIEW, NOBODY, True, True),
    (SURGEON, LIFTED, NOBODY, False, True),
    (SURGEON, DECIDED, NOBODY, False, True),
    (SURGEON, HELD_BEFORE, NOBODY, False, False),
    (SURGEON, HELD_AFTER, NOBODY, False, True),
    (CHAIR, IN_REVIEW, NOBODY, False, False),
    (CHAIR, IN_REVIEW, ALL_CORE - {"radiology"}, False, False),
    (CHAIR, IN_REVIEW, ALL_CORE, False, True),
    (CHAIR, IN_REVIEW, NOBODY, True, True),
    (CHAIR, LIFTED, NOBODY, False, True),
    (CHAIR, DECIDED, NOBODY, False, True),
    (WRITING_CHAIR, IN_REVIEW, NOBODY, False, False),
    (WRITING_CHAIR, IN_REVIEW, ALL_CORE - {"medical_oncology"}, False, False),
    (WRITING_CHAIR, IN_REVIEW, {"medical_oncology"}, False, True),
    (COORDINATOR, IN_REVIEW, ALL_CORE, True, False),
    (COORDINATOR, LIFTED, ALL_CORE, False, False),
    (COORDINATOR, DECIDED, ALL_CORE, False, True),
    (NURSE, IN_REVIEW, {"coordinator_nursing"}, True, False),
    (NURSE, DECIDED, ALL_CORE, False, True),
    (TRANSLATOR, LIFTED, ALL_CORE, True, False),
    (TRANSLATOR, DECIDED, ALL_CORE, False, True),
    (ADMIN, LIFTED, ALL_CORE, True, False),
    (STRANGER, LIFTED, ALL_CORE, True, False),
]


@pytest.mark.parametrize(("person", "case", "signed", "meeting_open", "sees"), TABLE)
def test_who_reads_what_others_wrote(person, case, signed, meeting_open, sees):
    viewer = Person(person, ROLES[person])
    assert may_see_inputs(case=case, user=viewer, signed=signed, meeting_open=meeting_open) is sees


@pytest.mark.parametrize("person", [SURGEON, NURSE, WRITING_CHAIR])
def test_everybody_reads_their_own(person):
    viewer = Person(person, ROLES[person])
    own = [place.discipline for place in PANEL if place.user_id == person and place.discipline]
    assert all(may_see_input(key, case=IN_REVIEW, user=viewer, signed=NOBODY) for key in own)
    assert not may_see_input("pathology", case=IN_REVIEW, user=viewer, signed=NOBODY)


@pytest.mark.parametrize("status", sorted(set(CaseStatus) - DISCUSSED))
def test_a_coordinator_waits_for_the_decision(status):
    coordinator = Person(COORDINATOR, Role.COORDINATOR)
    assert not may_see_inputs(case=Case(status=status), user=coordinator, signed=ALL_CORE, meeting_open=True)
