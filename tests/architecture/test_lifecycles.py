"""Every state machine is whole."""

from __future__ import annotations

from typing import Any

import pytest

from mdtapp.lifecycle import Lifecycle
from tools.lifecycles import lifecycles

ALL = [pytest.param(lifecycle, id=f"{path}:{lifecycle.name}") for path, lifecycle in lifecycles()]


@pytest.mark.parametrize("lifecycle", ALL)
def test_every_state_can_be_reached(lifecycle: Lifecycle[Any]) -> None:
    entered = {transition.target for transition in lifecycle.transitions}
    reached, waiting = set(), [next(iter(lifecycle.states))]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += [t.target for t in lifecycle.transitions if t.source == state]
    assert set(lifecycle.states) - reached == set(), f"never reached; states that are entered: {entered}"


@pytest.mark.parametrize("lifecycle", ALL)
def test_every_transition_says_who(lifecycle: Lifecycle[Any]) -> None:
    assert [transition.action for transition in lifecycle.transitions if not transition.who.strip()] == []
