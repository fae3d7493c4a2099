"""Recording arrivals, filing documents, describing and opening materials: check, change, record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath

from sqlalchemy import func, select

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, append, lock_head, record
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid
from mdtapp.materials import access, queries
from mdtapp.materials.identity import Identity, names_person
from mdtapp.materials.models import IntakeBatch, IntakeFile, Material, Opening
from mdtapp.materials.reasons import CUT_SHORT, SLIDE_INCOMPLETE, Reason
from mdtapp.materials.status import (
    FILE_KIND_LABELS,
    Decision,
    FileKind,
    MaterialKind,
    MaterialStatus,
    Outcome,
    Source,
)
from mdtapp.people.models import User
from mdtapp.store.db import foresee, session

_EVENTS = {
    Outcome.ACCEPTED: EventType.INTAKE_ACCEPTED,
    Outcome.DUPLICATE: EventType.INTAKE_DUPLICATE,
    Outcome.FLAGGED: EventType.INTAKE_FLAGGED,
    Outcome.CONTAINED: EventType.INTAKE_CONTAINED,
}
_FIRST_KIND = {FileKind.PICTURE: MaterialKind.PHOTO, FileKind.SLIDE: MaterialKind.SLIDES}
_POOR = {CUT_SHORT.code, SLIDE_INCOMPLETE.code}


@dataclass(frozen=True, slots=True)
class NamedActor:
    """Somebody whose reference was kept in the spool: `user:3`, `system:gateway`."""

    actor_ref: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """One file as it came: its place in the arrival, its shown path, its bytes' hash, size and kind."""

    arrival: str
    position: int
    path: str
    sha256: str | None
    size: int
    kind: FileKind
    media_type: str = ""


def open_batch(
    *,
    actor: Actor,
    at: datetime,
    token: str,
    source: Source,
    case: Case | None,
    peer: str = "",
    vouch: str = "",
) -> IntakeBatch:
    """The batch of this token, made when it is the first of its files. A token belongs to one case."""
    batch = queries.find_batch(token)
    case_id = case.id if case else None
    if batch is None:
        batch = IntakeBatch(
            token=token,
            source=source,
            case_id=case_id,
            actor=actor.actor_ref,
            peer=peer,
            vouch=vouch,
            started_at=at,
        )
        session.add(batch)
        session.flush()
        foresee({("batch", token): batch})
    elif batch.case_id != case_id:
        raise Invalid(
            Bitext(
                "This upload was begun for another case. Reload the page and send the files again.",
                "该上传属于其他病例，请刷新页面后重新上传。",
            )
        )
    return batch


def note_file(
    *,
    actor: Actor,
    at: datetime,
    batch: IntakeBatch,
    arrived: Arrived,
    outcome: Outcome,
    reason: Reason | None = None,
    material: Material | None = None,
    sop_instance_uid: str | None = None,
) -> IntakeFile:
    """Records what became of one file, with its one intake event; files of one transaction are written together."""
    row = IntakeFile(
        batch_id=batch.id,
        case_id=batch.case_id,
        arrival=arrived.arrival,
        position=arrived.position,
        path=arrived.path,
        sha256=arrived.sha256,
        size=arrived.size,
        kind=arrived.kind,
        outcome=outcome,
        reason_code=reason.code if reason else "",
        reason=reason.text if reason else Bitext(),
        material_id=material.id if material else None,
        sop_instance_uid=sop_instance_uid,
        received_at=at,
    )
    session.add(row)
    queries.foresee_file(row)
    append(
        _EVENTS[outcome],
        actor=actor,
        at=at,
        subject=row.reference,
        case_id=batch.case_id,
        sha256=arrived.sha256,
        kind=str(arrived.kind),
        reason=row.reason_code,
        batch=batch.id,
    )
    return row


def file_document(
    *,
    actor: Actor,
    at: datetime,
    batch: IntakeBatch,
    case: Case,
    arrived: Arrived,
    note: Reason | None,
    known: Identity | None,
) -> IntakeFile:
    """A document becomes a material of the case, or is found to be here already.

    Its first title is the file's name, unless that tells the patient's, which specialists do not see.
    """
    assert arrived.sha256 is not None
    same = queries.find_same_document(case, arrived.sha256)
    material = same or _new_material(
        case,
        kind=_FIRST_KIND.get(arrived.kind, MaterialKind.OTHER),
        title=first_title(arrived.path, arrived.kind, known),
        status=MaterialStatus.RECEIVED_POOR if note and note.code in _POOR else MaterialStatus.RECEIVED,
        at=at,
    )
    if same is None:
        material.sha256, material.size = arrived.sha256, arrived.size
        material.file_kind, material.media_type = arrived.kind, arrived.media_type
        material.file_name = PurePosixPath(arrived.path).name[-255:]
        session.flush()
    return note_file(
        actor=actor,
        at=at,
        batch=batch,
        arrived=arrived,
        outcome=Outcome.ACCEPTED if same is None else Outcome.DUPLICATE,
        reason=note,
        material=material,
    )


def add_material(
    *,
    actor: Actor,
    at: datetime,
    case: Case,
    kind: MaterialKind,
    title: str,
    dated_on: date | None = None,
    language: str = "",
    status: MaterialStatus = MaterialStatus.REQUESTED,
    number: int | None = None,
) -> Material:
    """A material without a file: asked for, not available, or listed by an import."""
    if isinstance(actor, User):
        access.check_can_add(actor, case)
    material = _new_material(
        case, kind=kind, title=_checked_title(title), status=status, at=at, number=number
    )
    material.dated_on, material.language = dated_on, language[:35]
    session.flush()
    _record_status(actor, at, material)
    return material


def describe(
    *,
    actor: User,
    at: datetime,
    case: Case,
    material: Material,
    row_version: int,
    kind: MaterialKind,
    title: str,
    dated_on: date | None,
    language: str,
    status: MaterialStatus,
) -> Material:
    """Corrects how a material is described, until the panel has opened it; its bytes never change."""
    access.check_can_add(actor, case)
    if material.row_version != row_version:
        raise Conflict(
            Bitext(
                "Somebody described this material in between. Compare both, then save again.",
                "期间他人已修改该资料的描述。请对照后再次保存。",
            ),
            theirs=f"{material.title} ({material.kind}, {material.status})",
            ours=f"{title} ({kind}, {status})",
        )
    wanted = (kind, _checked_title(title), dated_on, language[:35])
    changed = wanted != (material.kind, material.title, material.dated_on, material.language)
    if changed and queries.is_opened_by_panel(material):
        raise Conflict(
            Bitext(
                "A specialist has opened this material, so its description is fixed. Add the new version as a new file.",
                "已有专科医生查看该资料，描述不可再改。请将新版本作为新文件上传。",
            )
        )
    material.kind, material.title, material.dated_on, material.language = wanted
    material.status = status
    session.flush()
    _record_status(actor, at, material)
    return material


def supersede(*, actor: User, at: datetime, case: Case, material: Material, older: Material) -> Material:
    """Says that `material` is the newer version of `older`, which stays as it is."""
    access.check_can_add(actor, case)
    if older.id == material.id or older.case_id != case.id or material.case_id != case.id:
        raise Invalid(Bitext("Choose another material of this case.", "请选择本病例的另一份资料。"))
    material.supersedes_id = older.id
    session.flush()
    _record_status(actor, at, material)
    return material


def note_opened(*, actor: User, at: datetime, case: Case, material: Material) -> Opening:
    """The first time a person opens a material is kept and recorded; later times change nothing."""
    access.check_can_open(actor, case)
    query = select(Opening).where(Opening.material_id == material.id, Opening.user_id == actor.id)
    opening = session.scalars(query).one_or_none()
    if opening is None:
        opening = Opening(material_id=material.id, user_id=actor.id, opened_at=at)
        session.add(opening)
        session.flush()
        record(
            EventType.MATERIAL_OPENED,
            actor=actor,
            at=at,
            subject=f"material:{material.id}",
            case_id=case.id,
            sha256=material.sha256,
        )
    return opening


def settle_file(*, actor: User, at: datetime, case: Case, file: IntakeFile, reason: str) -> IntakeFile:
    """Closes the question of a file with known identifiers but other content: the first one stays."""
    access.check_can_add(actor, case)
    if file.outcome is not Outcome.FLAGGED or file.decision is not None:
        raise Conflict(Bitext("This file is decided already. Reload the page.", "该文件已处理，请刷新页面。"))
    file.decision, file.decision_reason = Decision.REJECTED, required_reason(reason)
    file.decided_by, file.decided_at = actor.actor_ref, at
    session.flush()
    record(
        EventType.INTAKE_DECIDED,
        actor=actor,
        at=at,
        subject=file.reference,
        case_id=case.id,
        decision=str(file.decision),
        sha256=file.sha256,
    )
    return file


def required_reason(text: str) -> str:
    """The reason as written; Invalid when there is none."""
    reason = text.strip()
    if not reason:
        sentence = Bitext("Write one sentence that says why.", "请填写理由。")
        raise Invalid(sentence, fields={"reason": sentence})
    if len(reason) > 2000:
        sentence = Bitext("Shorten the reason to 2,000 characters.", "理由请勿超过 2,000 字。")
        raise Invalid(sentence, fields={"reason": sentence})
    return reason


def file_images(*, at: datetime, case: Case, title: str, dated_on: date | None) -> Material:
    """The material that stands for a study linked to the case; called by imaging, which records the link."""
    material = _new_material(
        case, kind=MaterialKind.IMAGING_DICOM, title=title[:300], status=MaterialStatus.RECEIVED, at=at
    )
    material.dated_on, material.file_kind = dated_on, FileKind.DICOM
    session.flush()
    return material


def _new_material(
    case: Case,
    *,
    kind: MaterialKind,
    title: str,
    status: MaterialStatus,
    at: datetime,
    number: int | None = None,
) -> Material:
    lock_head()  # two at once would take the same number
    last = session.scalar(select(func.max(Material.number)).where(Material.case_id == case.id)) or 0
    material = Material(
        case_id=case.id, number=number or last + 1, kind=kind, title=title, status=status, created_at=at
    )
    session.add(material)
    session.flush()
    return material


def first_title(path: str, kind: FileKind, known: Identity | None) -> str:
    """The file's name without folder and ending; the kind of file where the name tells who the patient is."""
    name = PurePosixPath(path)
    stem = name.stem or name.name or "file"
    told = known is not None and names_person(stem, known)
    return FILE_KIND_LABELS[kind].en if told else stem[:300]


def _checked_title(title: str) -> str:
    text = " ".join(title.split())
    if not text or len(text) > 300:
        sentence = Bitext(
            "Give the material a title of at most 300 characters.", "请填写资料标题（不超过 300 字）。"
        )
        raise Invalid(sentence, fields={"title": sentence})
    return text


def _record_status(actor: Actor, at: datetime, material: Material) -> None:
    record(
        EventType.MATERIAL_STATUS_SET,
        actor=actor,
        at=at,
        subject=f"material:{material.id}",
        case_id=material.case_id,
        status=str(material.status),
        kind=str(material.kind),
    )
