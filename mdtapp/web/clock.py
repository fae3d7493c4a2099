"""The clock of the running application."""

from __future__ import annotations

from datetime import date, datetime

from flask import current_app

from mdtapp.clock import Clock
from mdtapp.config import Settings


def now() -> datetime:
    """The present moment in UTC, from the clock the application was made with."""
    clock: Clock = current_app.extensions["mdtapp.clock"]
    return clock.now()


def settings() -> Settings:
    found: Settings = current_app.config["MDTAPP"]
    return found


def today() -> date:
    """The date at the centre."""
    return now().astimezone(settings().timezone).date()
