"""Handing images out and clearing pixels: check, change, record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, record
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid
from mdtapp.imaging.copy_order import CopyOrder, Form
from mdtapp.imaging.deidentify.keys import CaseKey
from mdtapp.imaging.deidentify.known_identifiers import KnownIdentifiers
from mdtapp.imaging.exports import access, queries
from mdtapp.imaging.exports.models import ImageExport, PixelClearance
from mdtapp.imaging.models import ImagingInstance, ImagingStudy
from mdtapp.imaging.served_patient import ServedPatient
from mdtapp.materials.operations import required_reason
from mdtapp.people.models import User
from mdtapp.store.db import session

NOTHING_CHOSEN = Bitext("Choose at least one series with images.", "请至少选择一个含影像的序列。")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One instance on its way: its bytes, where it stands, and whether its pixels were cleared."""

    sha256: str
    sop_instance_uid: str
    series: int
    series_number: int | None
    instance_number: int | None
    cleared: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything needed to write the zip without the database. `name` is what the file is called."""

    order: CopyOrder
    parcels: tuple[Parcel, ...]
    name: str
    at: datetime


def start_export(
    *,
    actor: Actor,
    at: datetime,
    case: Case,
    study: ImagingStudy,
    form: Form,
    series: Collection[int] = (),
    reason: str = "",
    key: str,
) -> Plan:
    """Records that these images leave in this form, and says how the zip is to be made.

    `series` empty means all of them. The form with the patient's name needs a reason.
    """
    if isinstance(actor, User):
        access.check_can_export(actor, case, form)
    words = required_reason(reason) if form is Form.RECEIVED or reason.strip() else ""
    instances = queries.instances_of(case, study, series)
    if not instances:
        raise Invalid(NOTHING_CHOSEN, fields={"series": NOTHING_CHOSEN})
    case_key = CaseKey.of(key, case.case_no)
    cleared = {row.instance_id for row in queries.clearances_of([instance.id for instance in instances])}
    row = ImageExport(
        case_id=case.id,
        study=study,
        form=form,
        series=sorted(set(series)),
        instances=len(instances),
        reason=words,
        made_by=actor.actor_ref,
        made_at=at,
    )
    session.add(row)
    session.flush()
    record(
        EventType.IMAGES_EXPORTED,
        actor=actor,
        at=at,
        subject=f"study:{study.id}",
        case_id=case.id,
        export=row.id,
        form=str(form),
        series=row.series,
        instances=row.instances,
    )
    return Plan(
        order=CopyOrder(
            form,
            _served(case),
            case_key.secret if form is Form.DEIDENTIFIED else b"",
            queries.known_identifiers(case, study, key) if form is Form.DEIDENTIFIED else KnownIdentifiers(),
        ),
        parcels=_parcels(instances, cleared),
        name=f"{case_key.subject if form is Form.DEIDENTIFIED else case.case_no}-{row.id}-{form}",
        at=at,
    )


def _served(case: Case) -> ServedPatient:
    return ServedPatient(case.patient.pseudonym, case.case_no, case.patient.birth_year or 0)


def _parcels(instances: Sequence[ImagingInstance], cleared: set[int]) -> tuple[Parcel, ...]:
    places: dict[int, int] = {}
    return tuple(
        Parcel(
            sha256=instance.sha256,
            sop_instance_uid=instance.sop_instance_uid,
            series=places.setdefault(instance.series_id, len(places) + 1),
            series_number=instance.series.number,
            instance_number=instance.instance_number,
            cleared=instance.id in cleared,
        )
        for instance in instances
    )


# Pixels


def clear_pixels(
    *,
    actor: User,
    at: datetime,
    case: Case,
    study: ImagingStudy,
    instance_ids: Collection[int],
    reason: str,
) -> int:
    """A coordinator has looked at these pictures: nothing in them names the patient. Returns how many are new.

    What a look cannot decide (a slide's label, a document) is refused.
    """
    access.check_can_clear(actor, case)
    if not instance_ids:
        nothing = Bitext("Tick the pictures you have looked at.", "请勾选您已查看的图像。")
        raise Invalid(nothing)
    words = required_reason(reason)
    risks = queries.at_risk(queries.get_instances(case, study, instance_ids))
    if any(not risk.clearable for risk in risks):
        raise Invalid(
            Bitext(
                "Labels of slides and documents never leave in this form.", "切片标签与文档不能以此形式导出。"
            )
        )
    new = [risk.instance for risk in risks if risk.clearance is None]
    for instance in new:
        session.add(
            PixelClearance(
                instance=instance,
                case_id=case.id,
                reason=words,
                cleared_by=actor.actor_ref,
                cleared_at=at,
            )
        )
    session.flush()
    if new:
        _record(EventType.PIXELS_CLEARED, actor, at, case, study, new)
    return len(new)


def withdraw_clearance(
    *, actor: User, at: datetime, case: Case, study: ImagingStudy, instance_ids: Collection[int]
) -> int:
    """Takes clearances back; what has left has left. Returns how many there were."""
    access.check_can_clear(actor, case)
    instances = queries.get_instances(case, study, instance_ids)
    rows = queries.clearances_of([instance.id for instance in instances])
    for row in rows:
        session.delete(row)
    session.flush()
    if rows:
        _record(EventType.PIXELS_CLEARANCE_WITHDRAWN, actor, at, case, study, [row.instance for row in rows])
    return len(rows)


def _record(
    event: EventType,
    actor: User,
    at: datetime,
    case: Case,
    study: ImagingStudy,
    instances: Sequence[ImagingInstance],
) -> None:
    record(
        event,
        actor=actor,
        at=at,
        subject=f"study:{study.id}",
        case_id=case.id,
        instances=sorted(instance.id for instance in instances),
    )
