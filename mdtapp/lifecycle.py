"""One generic state machine: a table of transitions, what may follow, and its diagram."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import InvalidTransition

State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Transition(Generic[State]):
    """`action` moves `source` to `target`; `who` and `guard` are the words of the diagram."""

    action: str
    source: State
    target: State
    who: str
    guard: str = ""


class Lifecycle(Generic[State]):
    """A lawful path of states. `(source, action)` is unique; the first state is the start."""

    def __init__(self, name: str, states: type[State], transitions: Iterable[Transition[State]]) -> None:
        self.name = name
        self.states = states
        self.transitions = tuple(transitions)
        self._targets = {(t.source, t.action): t for t in self.transitions}
        if len(self._targets) != len(self.transitions):
            raise ValueError(f"{name}: two transitions share a source and an action")

    def transition(self, state: State, action: str) -> Transition[State]:
        """The transition `action` makes from `state`; InvalidTransition when there is none."""
        found = self._targets.get((state, action))
        if found is None:
            raise InvalidTransition(
                Bitext(
                    f"This {self.name} is '{state.replace('_', ' ')}' now, so '{action.replace('_', ' ')}' is not possible. "
                    "Reload the page to see what can be done.",
                    f"当前状态（{state}）不允许此操作（{action}）。请刷新页面查看可执行的操作。",
                ),
                state=str(state),
                action=action,
            )
        return found

    def target(self, state: State, action: str) -> State:
        return self.transition(state, action).target

    def actions_from(self, state: State) -> list[str]:
        return [t.action for t in self.transitions if t.source == state]

    def as_mermaid(self) -> str:
        """A Mermaid state diagram; the same table always gives the same text."""
        start = next(iter(self.states))
        lines = ["stateDiagram-v2", f"    [*] --> {start}"]
        lines += [f"    {t.source} --> {t.target} : {t.action} ({t.who})" for t in self.transitions]
        return "\n".join(lines) + "\n"
