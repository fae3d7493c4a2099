"""What a conflict rule is, and the register the rules enter themselves in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.facts import CaseFacts

ANY_INPUT = "*"
STEPS_OF_ANY = f"{ANY_INPUT}.recommendation_steps"

Condition = Callable[[CaseFacts], bool]


class Severity(StrEnum):
    """How much an open conflict holds up."""

    CRITICAL = "critical"
    """Blocks the opinion; settled by the chair, and where named by a discipline as well."""
    MAJOR = "major"
    """Blocks the opinion until the chair has settled it."""
    MINOR = "minor"
    """Shown; the chair can accept it."""


class Resolution(StrEnum):
    """How a conflict can be settled."""

    CHOOSE_INPUT = "choose_input"
    REWORD = "reword"
    RECORD_DISSENT = "record_dissent"
    REQUEST_MATERIAL = "request_material"
    ACCEPT_WITH_REASON = "accept_with_reason"
    BLOCK_UNTIL_FIXED = "block_until_fixed"


@dataclass(frozen=True, slots=True)
class Rule:
    """One named contradiction: when it exists, where it shows and how it can be settled."""

    id: str
    severity: Severity
    title: Bitext
    section: str
    resolutions: tuple[Resolution, ...]
    inputs: tuple[str, ...]
    """Paths of the values behind it; `*.stage_group` means that field of every input and of the outside opinion."""
    holds: Condition
    confirmed_by: tuple[str, ...] = ()
    """Disciplines that confirm a settlement beside the chair."""
    also_confirmed_by: Mapping[str, Condition] = field(default_factory=dict)
    """Further disciplines that confirm where the condition holds."""
    only_by_data: bool = False
    """Goes away by a changed input only; no word of the chair settles it."""

    @property
    def explanation(self) -> str:
        """What the rule looks at, in one paragraph of English for whoever maintains it."""
        return (self.holds.__doc__ or "").strip()

    def confirmers(self, facts: CaseFacts) -> tuple[str, ...]:
        """The disciplines that have to confirm a settlement in this case."""
        further = (discipline for discipline, holds in self.also_confirmed_by.items() if holds(facts))
        return (*self.confirmed_by, *further)

    @property
    def looks_at_steps(self) -> bool:
        return STEPS_OF_ANY in self.inputs


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that holds for a case, with the values seen at its paths at that moment."""

    rule: str
    severity: Severity
    section: str
    title: Bitext
    resolutions: tuple[Resolution, ...]
    inputs: tuple[str, ...]
    values: Mapping[str, Any]
    confirmed_by: tuple[str, ...]
    only_by_data: bool


REGISTER: dict[str, Rule] = {}


def rule(
    rule_id: str,
    severity: Severity,
    *,
    title: Bitext,
    section: str,
    resolutions: tuple[Resolution, ...],
    inputs: tuple[str, ...],
    confirmed_by: tuple[str, ...] = (),
    also_confirmed_by: Mapping[str, Condition] | None = None,
    only_by_data: bool = False,
) -> Callable[[Condition], Condition]:
    """Enter the decorated condition in the register under `rule_id`."""

    def enter(condition: Condition) -> Condition:
        if rule_id in REGISTER:
            raise ValueError(f"Two conflict rules are called {rule_id}")
        REGISTER[rule_id] = Rule(
            id=rule_id,
            severity=severity,
            title=title,
            section=section,
            resolutions=resolutions,
            inputs=inputs,
            holds=condition,
            confirmed_by=confirmed_by,
            also_confirmed_by=also_confirmed_by or {},
            only_by_data=only_by_data,
        )
        return condition

    return enter
