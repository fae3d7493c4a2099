"""Taking what is sent through STOW-RS, and recording what is retrieved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import record
from mdtapp.dicomweb import queries, stow
from mdtapp.dicomweb.queries import Scope, ServedStudy
from mdtapp.dicomweb.stow import Stored
from mdtapp.imaging.header import InstanceHeader
from mdtapp.imaging.intake import Intake
from mdtapp.materials.queries import find_file
from mdtapp.materials.spool import Spool
from mdtapp.materials.status import Outcome, Source
from mdtapp.people.access import may
from mdtapp.people.models import User
from mdtapp.people.roles import Permission
from mdtapp.store.db import unit_of_work


@dataclass(frozen=True, slots=True)
class Desk:
    """Takes the parts of one STOW request for one person."""

    actor: User
    at: datetime
    spool: Spool
    intake: Intake
    root: str
    batch: str

    def take(self, path: Path, part: IO[bytes], study_instance_uid: str) -> Stored:
        """One part at `path`: kept durably and filed, or the status why not.

        A specialist stores what was made from a case of theirs (its pseudonym, its number); a coordinator
        stores anything, and what belongs to no case of theirs waits in the tray.
        """
        header = self.intake.reader.header(path)
        if not isinstance(header, InstanceHeader):
            return Stored(None, stow.CANNOT_UNDERSTAND)
        if study_instance_uid and header.study_instance_uid != study_instance_uid:
            return Stored(header, stow.STUDY_MISMATCH)
        case_no = self._case_no(header)
        if case_no is None:
            return Stored(header, stow.NOT_AUTHORIZED)
        spooled = self.spool.receive(
            part,  # type: ignore[arg-type]
            name=f"{header.sop_instance_uid}.dcm",
            source=Source.STOW,
            actor=self.actor.actor_ref,
            at=self.at,
            case_no=case_no or None,
            batch=self.batch,
        )
        self.intake.process(self.spool, spooled, wait=True)
        if case_no and self._is_held(spooled.id):
            return Stored(header, stow.PROCESSING_FAILURE)
        return Stored(header, address=self._address(header))

    def _is_held(self, arrival: str) -> bool:
        """Whether it waits for a person or was set aside, whoever took it in: the worker may have been first."""
        with unit_of_work(writing=False):
            file = find_file(arrival, 0)
            return file is None or file.outcome in {Outcome.FLAGGED, Outcome.CONTAINED}

    def _case_no(self, header: InstanceHeader) -> str | None:
        """The case it goes to; empty for the tray, None when this person may not store it."""
        with unit_of_work(writing=False):
            case = queries.find_case(Scope(self.actor), header.study_instance_uid)
            if case is not None and header.patient_id == case.case_no:
                return case.case_no if header.patient_name == case.patient.pseudonym else None
            if not may(self.actor, Permission.TRAY_USE):
                return None
            return case.case_no if case is not None else ""

    def _address(self, header: InstanceHeader) -> str:
        series = f"{self.root}/studies/{header.study_instance_uid}/series/{header.series_instance_uid}"
        return f"{series}/instances/{header.sop_instance_uid}"


def new_batch() -> str:
    """What one request brings is one arrival."""
    return uuid4().hex


def note_retrieved(*, actor: User, at: datetime, study: ServedStudy, count: int) -> None:
    """Files that leave through DICOMweb are recorded, as downloads of documents are."""
    record(
        EventType.IMAGES_RETRIEVED,
        actor=actor,
        at=at,
        subject=f"study:{study.study.id}",
        case_id=study.case_id,
        instances=count,
    )
