"""Choosing a key image and taking it back: check, change, record."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import record
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid
from mdtapp.imaging.header import Refusal
from mdtapp.imaging.intake import Intake
from mdtapp.imaging.key_object import NamedImage, key_object
from mdtapp.imaging.models import ImagingInstance
from mdtapp.imaging.served_patient import ServedPatient
from mdtapp.materials.spool import Spool
from mdtapp.materials.status import Source
from mdtapp.opinions.key_images import access, queries
from mdtapp.opinions.key_images.models import KeyImage
from mdtapp.people.models import User
from mdtapp.store.db import let_go, session

MOST = 12
BOTH_OR_NONE = Bitext(
    "Write the note in both languages, since it is printed, or leave both empty.",
    "说明会印在意见书中，请中英文均填写，或均留空。",
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The picture and the key object of an image, made before the database is held."""

    rendered_sha256: str
    key_object_uid: str


def prepare(
    *,
    actor: User,
    at: datetime,
    case: Case,
    instance: ImagingInstance,
    frame: int,
    note: Bitext,
    intake: Intake,
    spool: Spool,
) -> Prepared:
    """Draws the picture and files the Key Object in the case. Ends the running transaction.

    Invalid when the note has one language only, when there are enough, or when the image cannot be drawn.
    """
    access.check_can_choose(actor, case)
    if bool(note.en) != bool(note.zh):
        raise Invalid(BOTH_OR_NONE, fields={"note_zh" if note.en else "note_en": BOTH_OR_NONE})
    if len(queries.standing(case)) >= MOST:
        raise Invalid(
            Bitext(
                f"A case holds at most {MOST} key images. Take one back first.",
                f"每个病例最多{MOST}张关键图像，请先撤回一张。",
            ),
            fields={},
        )
    path, series = intake.objects.path(instance.sha256), instance.series
    image = NamedImage(
        series.study.study_instance_uid,
        series.series_instance_uid,
        instance.sop_instance_uid,
        instance.sop_class_uid,
        frame if instance.frames > 1 else None,
    )
    patient = ServedPatient(case.patient.pseudonym, case.case_no, case.patient.birth_year or 0)
    uid, content = key_object(image, patient, note.en, at)
    case_no, actor_ref = case.case_no, actor.actor_ref
    let_go()  # the intake has transactions of its own
    picture = intake.reader.key_picture(path, frame - 1)
    if isinstance(picture, Refusal):
        raise Invalid(picture.reason.text, fields={})
    spooled = spool.receive(
        io.BytesIO(content), name=f"{uid}.dcm", source=Source.STOW, actor=actor_ref, at=at, case_no=case_no
    )
    intake.process(spool, spooled, wait=True)
    return Prepared(intake.objects.put_bytes(picture.png).sha256, uid)


def choose(
    *,
    actor: User,
    at: datetime,
    case: Case,
    instance: ImagingInstance,
    frame: int,
    note: Bitext,
    prepared: Prepared,
) -> KeyImage:
    """Points at a frame; pointing at it again replaces what the same person said of it."""
    access.check_can_choose(actor, case)
    image = queries.find_own(case, actor, instance.id, frame)
    if image is None:
        image = KeyImage(case_id=case.id, instance=instance, frame=frame, chosen_by=actor)
        session.add(image)
    image.note, image.chosen_at, image.withdrawn_at = note, at, None
    image.rendered_sha256, image.key_object_uid = prepared.rendered_sha256, prepared.key_object_uid
    session.flush()
    record(
        EventType.KEY_IMAGE_CHOSEN,
        actor=actor,
        at=at,
        subject=f"key_image:{image.id}",
        case_id=case.id,
        instance=instance.id,
        frame=frame,
        picture=image.rendered_sha256,
    )
    return image


def withdraw(*, actor: User, at: datetime, case: Case, image: KeyImage) -> None:
    """Takes it back: it is no longer shown, and not printed in what is frozen from now on."""
    access.check_can_withdraw(actor, case, image)
    image.withdrawn_at = at
    session.flush()
    record(
        EventType.KEY_IMAGE_WITHDRAWN,
        actor=actor,
        at=at,
        subject=f"key_image:{image.id}",
        case_id=case.id,
    )
