"""Every state machine is whole."""

from __future__ import annotations

from typing import Any

import pytest

from mdtapp.lifecycle import Lifecycle
from tools.lifecycles import lifecycles

# States in which a thing may also begin. A returned or amended input opens as a new revision.
OTHER_STARTS = {"input": {"returned"}}
ALL = [pytest.param(lifecycle, id=f"{path}:{lifecycle.name}") for path, lifecycle in lifecycles()]


@pytest.mark.parametrize("lifecycle", ALL)
def test_every_state_can_be_reached(lifecycle: Lifecycle[Any]) -> None:
    reached: set[str] = set()
    waiting: list[str] = [
        str(next(iter(lifecycle.states.__members__.values()))),
        *OTHER_STARTS.get(lifecycle.name, set()),
    ]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += [t.target for t in lifecycle.transitions if t.source == state]
    assert {str(state) for state in lifecycle.states} - reached == set()


@pytest.mark.parametrize("lifecycle", ALL)
def test_every_transition_says_who(lifecycle: Lifecycle[Any]) -> None:
    assert [transition.action for transition in lifecycle.transitions if not transition.who.strip()] == []
