"""The case that benchmarks fill with images: its patient is nobody."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask import Flask

from mdtapp.audit.trail import SystemActor
from mdtapp.cases import operations as cases
from mdtapp.cases.models import Sex, Situation
from mdtapp.clinical.bitext import Bitext
from mdtapp.materials.status import Source
from mdtapp.operate.processes import intake_of
from mdtapp.people.models import User

ACTOR = SystemActor("bench")
PATIENT: dict[str, Any] = {"name": "Bench Mark", "birth_date": "1970-01-01", "patient_ids": ["B-1"]}


def register(app: Flask, user: User, at: datetime) -> str:
    """Registers the case within the running transaction, its identity sealed; its number."""
    case = cases.register(
        actor=user,
        at=at,
        patient=cases.PatientFacts("BENCH-1", Sex.MALE, 1970, "KZ", "ru"),
        case=cases.CaseRecord(Bitext("Bench", "测试"), Situation.CONFLICTING_OPINIONS, "lung", "left"),
        received_on=date(2026, 3, 1),
    )
    key = app.extensions["mdtapp.identity_key"]
    cases.seal_identity(actor=user, at=at, case=case, identity=PATIENT, key=key)
    return str(case.case_no)


def take_in(app: Flask, case_no: str, series: Path) -> None:
    """The images of a folder, filed in the case."""
    intake_of(app).import_path(
        [series], case_no=case_no, actor=ACTOR, vouch="bench", source=Source.COMMAND_LINE
    )
