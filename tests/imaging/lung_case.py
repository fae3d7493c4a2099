"""One case of a lung tumour, as the tests of images register it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def register(
    app: Flask,
    at: datetime,
    *,
    pseudonym: str = "CEDAR-208",
    identity: dict[str, Any] | None = None,
    coordinator: int | None = None,
    radiologist: int = 0,
) -> str:
    """Its number; the case is the coordinator's, its identity sealed where one is given, the radiologist on its panel."""
    from mdtapp.audit.trail import SystemActor
    from mdtapp.cases import operations
    from mdtapp.cases.models import MemberRole, Sex, Situation
    from mdtapp.clinical.bitext import Bitext
    from mdtapp.people.queries import get_person
    from mdtapp.store.db import unit_of_work

    with app.app_context(), unit_of_work():
        actor = get_person(coordinator) if coordinator else SystemActor("tests")
        case = operations.register(
            actor=actor,
            at=at,
            patient=operations.PatientFacts(pseudonym, Sex.MALE, 1967, "KZ", "ru"),
            case=operations.CaseRecord(
                title=Bitext("Lung tumour", "肺肿瘤"),
                situation=Situation.CONFLICTING_OPINIONS,
                primary_site="lung",
                laterality="left",
            ),
            received_on=date(2026, 3, 2),
        )
        if identity:
            key = app.extensions["mdtapp.identity_key"]
            operations.seal_identity(actor=actor, at=at, case=case, identity=identity, key=key)
        if radiologist:
            operations.add_member(
                actor=actor,
                at=at,
                case=case,
                user=get_person(radiologist),
                role=MemberRole.AUTHOR,
                discipline="radiology",
            )
        return case.case_no
