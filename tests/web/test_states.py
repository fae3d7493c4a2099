"""Every state has a word in both languages, an icon of the sprite and a tone of the stylesheet."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import pytest

from mdtapp.cases.status import CaseStatus
from mdtapp.delivery.status import DeliveryStatus
from mdtapp.imaging.status import LinkState, PreviewState
from mdtapp.materials.status import MaterialStatus, Outcome
from mdtapp.meetings.status import AgendaStatus, MeetingStatus
from mdtapp.opinions.inputs.status import InputStatus
from mdtapp.opinions.status import FindingStatus, OpinionStatus
from mdtapp.web import navigation
from mdtapp.web.states import LOOKS, badge_state, look

STATIC = Path(navigation.__file__).parents[1] / "static"
TEMPLATES = STATIC.parent / "templates"
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text("utf-8")))
TONES = set(re.findall(r"\.pill-(\w+) \{", (STATIC / "css/app.css").read_text("utf-8")))
ALL = [(kind, state) for kind, states in LOOKS.items() for state in states]


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        ("case", CaseStatus),
        ("input", InputStatus),
        ("meeting", MeetingStatus),
        ("agenda", AgendaStatus),
        ("opinion", OpinionStatus),
        ("conflict", FindingStatus),
        ("delivery", DeliveryStatus),
        ("material", MaterialStatus),
        ("outcome", Outcome),
        ("link", LinkState),
        ("preview", PreviewState),
    ],
)
def test_every_state_of_the_product_has_a_look(kind: str, states: type[StrEnum]) -> None:
    assert set(states) <= set(LOOKS[kind])


@pytest.mark.parametrize(("kind", "state"), ALL)
def test_a_look_is_complete(kind: str, state: str) -> None:
    shown = look(kind, state)
    assert shown.word.missing() == []
    assert shown.tone in TONES
    assert shown.icon in SPRITE or kind == "badge"


def test_an_unknown_state_speaks_for_itself() -> None:
    shown = look("case", "sent_to_archive")
    assert (shown.word.en, shown.tone) == ("Sent to archive", "neutral")


@pytest.mark.parametrize("state", InputStatus)
def test_every_input_state_has_a_badge(state: InputStatus) -> None:
    assert badge_state(state) in LOOKS["badge"]


def test_icons_named_anywhere_are_in_the_sprite() -> None:
    named = {entry.icon for entry in navigation.RAIL}
    for path in TEMPLATES.rglob("*.html"):
        if "documents" not in path.parts:
            named |= set(re.findall(r"\bicon\('([a-z0-9-]+)'", path.read_text("utf-8")))
    scripts = (STATIC / "js/autosave.js").read_text("utf-8")
    table = re.search(r"const ICONS = \{(.*?)\}", scripts, re.DOTALL)
    assert table
    named |= set(re.findall(r': "([a-z-]+)"', table.group(1)))
    assert named - SPRITE == set()
