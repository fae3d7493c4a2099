"""Seeds the invented cases through the operations the pages call, each left in another state.

The people are marked as demonstration accounts, so the installation serves this machine only.
The cases themselves are ordinary ones: they can be walked to the end, delivery included. Marking
them as demonstrations, as `import-case --complete` does, would forbid just that.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from mdtapp.audit.trail import SystemActor
from mdtapp.cases.models import Patient
from mdtapp.config import Settings
from mdtapp.demo.intake_steps import receive_materials, receive_misspelt, receive_stray
from mdtapp.demo.opinion_steps import (
    begin_addendum,
    finish_opinion,
    hold_meeting,
    plan_meeting,
    release_and_send,
    write_opinion,
)
from mdtapp.demo.people import SignIn, add_players, sign_ins
from mdtapp.demo.review_steps import open_case, seat_panel, sign_inputs
from mdtapp.demo.stage import Stage
from mdtapp.demo.story import Story, stories
from mdtapp.store.db import session, unit_of_work

log = logging.getLogger(__name__)

Step = Callable[[Stage, Story], None]
IN_REVIEW: tuple[Step, ...] = (open_case, receive_materials, seat_panel, sign_inputs)
WITH_DRAFT: tuple[Step, ...] = (*IN_REVIEW, plan_meeting, hold_meeting, write_opinion)
TELLING: dict[str, tuple[Step, ...]] = {
    "incomplete": (open_case, receive_materials, receive_misspelt),
    "in_review": IN_REVIEW,
    "scheduled": (*IN_REVIEW, plan_meeting),
    "drafting": WITH_DRAFT,
    "signing": (*WITH_DRAFT, finish_opinion),
    "released": (*WITH_DRAFT, finish_opinion, release_and_send, begin_addendum),
}


def seed(app: Flask, *, at: datetime) -> list[SignIn]:
    """Adds what is missing and returns the sign-ins; a case that is there already is left alone."""
    settings: Settings = app.config["MDTAPP"]
    today = at.astimezone(settings.timezone).date()
    with app.app_context(), tempfile.TemporaryDirectory() as folder:
        with unit_of_work():
            add_players(actor=SystemActor("seed-demo"), at=at - timedelta(days=60))
        stage = Stage(app=app, today=today, at=at, folder=Path(folder))
        told = [_tell(stage, story) for story in stories(today)]
        if any(told):
            receive_stray(stage)
        else:
            log.warning("The demonstration is here already; nothing was added.")
    return sign_ins()


def _tell(stage: Stage, story: Story) -> bool:
    """One case from its first step to the state it is left in; False when it is there already."""
    with unit_of_work(writing=False):
        known = session.scalar(
            select(Patient.id).where(Patient.pseudonym == story.data["patient"]["pseudonym"])
        )
    if known:
        return False
    for step in TELLING[story.state]:
        step(stage, story)
    return True
