"""Filing instances, deciding whose they are, and making previews: check, change, record."""

from __future__ import annotations

from datetime import date, datetime

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, record
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid
from mdtapp.imaging import queries
from mdtapp.imaging.header import InstanceHeader, Picture, Refusal
from mdtapp.imaging.models import ArrivingIdentity, ImagingInstance, ImagingSeries, ImagingStudy, StudyLink
from mdtapp.imaging.status import LinkGround, LinkState, PreviewState
from mdtapp.materials import access
from mdtapp.materials.identity import Comparison, Identity, Verdict, compare
from mdtapp.materials.models import IntakeBatch, IntakeFile, Material
from mdtapp.materials.operations import Arrived, file_images, note_file, required_reason
from mdtapp.materials.queries import came_before
from mdtapp.materials.reasons import (
    IDENTITY_DIFFERS,
    IDENTITY_REJECTED,
    IDENTITY_UNKNOWN,
    IDENTITY_UNSURE,
    NO_CASE,
    OTHER_CONTENT,
    Reason,
)
from mdtapp.materials.status import Outcome
from mdtapp.people.access import check_permission
from mdtapp.people.models import User
from mdtapp.people.roles import Permission
from mdtapp.store.db import foresee, session

MADE_HERE = Bitext("Made from this case's own images.", "由本病例自身影像生成。")
_DATASET_HASH = "dataset_sha256"
DECIDED_ALREADY = Bitext(
    "Somebody decided about these images in between. Reload the page to see how.",
    "期间他人已作出决定，请刷新页面查看。",
)


def file_instance(
    *,
    actor: Actor,
    at: datetime,
    batch: IntakeBatch,
    case: Case | None,
    arrived: Arrived,
    header: InstanceHeader,
    known: Identity | None,
    note: Reason | None = None,
) -> IntakeFile:
    """Keeps an instance once, and holds its patient against the case it came for.

    The same SOP Instance UID with other bytes is flagged and changes nothing. Without a case
    the images wait in the tray.
    """
    assert arrived.sha256 is not None
    seen = case is not None and came_before(case, header.sop_instance_uid)
    instance = queries.find_instance(header.sop_instance_uid)
    reason: Reason | None
    material: Material | None = None
    if instance is not None and not _same_content(instance, arrived, header):
        outcome, reason = Outcome.FLAGGED, OTHER_CONTENT
    elif case is None:
        outcome = Outcome.ACCEPTED if instance is None else Outcome.DUPLICATE
        kept = _keep(instance, header, arrived, at)
        reason = note or (None if queries.is_linked(kept.series.study, kept.identity) else NO_CASE)
    else:
        kept = _keep(instance, header, arrived, at)
        link = _link(case, kept, known, batch, actor, at)
        outcome, reason = _outcome(link, known, seen=seen, note=note)
        material = session.get(Material, link.material_id) if link.material_id else None
    return note_file(
        actor=actor,
        at=at,
        batch=batch,
        arrived=arrived,
        outcome=outcome,
        reason=reason,
        material=material,
        sop_instance_uid=header.sop_instance_uid,
    )


def _same_content(instance: ImagingInstance, arrived: Arrived, header: InstanceHeader) -> bool:
    """The same file, or the same data set behind another file meta (as C-STORE writes its own)."""
    if instance.sha256 == arrived.sha256:
        return True
    return header.dataset_sha256 != "" and instance.attributes.get(_DATASET_HASH) == header.dataset_sha256


def _outcome(
    link: StudyLink, known: Identity | None, *, seen: bool, note: Reason | None
) -> tuple[Outcome, Reason | None]:
    if link.state is LinkState.LINKED:
        return (Outcome.DUPLICATE if seen else Outcome.ACCEPTED), note
    if link.state is LinkState.REJECTED:
        return Outcome.CONTAINED, IDENTITY_REJECTED
    if known is None:
        return Outcome.FLAGGED, IDENTITY_UNKNOWN
    return Outcome.FLAGGED, IDENTITY_DIFFERS if link.verdict is Verdict.DIFFERS else IDENTITY_UNSURE


def _keep(
    instance: ImagingInstance | None, header: InstanceHeader, arrived: Arrived, at: datetime
) -> ImagingInstance:
    if instance is not None:
        return instance
    assert arrived.sha256 is not None
    series = _series(_study(header, at), header)
    instance = ImagingInstance(
        series=series,
        identity=_identity(header),
        sop_instance_uid=header.sop_instance_uid,
        sop_class_uid=header.sop_class_uid,
        transfer_syntax_uid=header.transfer_syntax_uid,
        instance_number=header.instance_number,
        rows=header.rows,
        columns=header.columns,
        frames=header.frames,
        has_pixels=header.has_pixels,
        sha256=arrived.sha256,
        size=arrived.size,
        attributes={**header.attributes, _DATASET_HASH: header.dataset_sha256},
        received_at=at,
    )
    session.add(instance)
    foresee({("instance", instance.sop_instance_uid): instance})
    series.preview_state, series.preview_sha256, series.preview_reason = PreviewState.PENDING, None, Bitext()
    return instance


def _study(header: InstanceHeader, at: datetime) -> ImagingStudy:
    study = queries.find_study(header.study_instance_uid)
    if study is None:
        study = ImagingStudy(
            study_instance_uid=header.study_instance_uid,
            study_date=as_date(header.study_date),
            study_time=header.study_time,
            description=header.study_description,
            accession_number=header.accession_number,
            received_at=at,
        )
        session.add(study)
        session.flush()
    return study


def _series(study: ImagingStudy, header: InstanceHeader) -> ImagingSeries:
    series = queries.find_series(study, header.series_instance_uid)
    if series is None:
        series = ImagingSeries(
            study=study,
            series_instance_uid=header.series_instance_uid,
            modality=header.modality,
            number=header.series_number,
            description=header.series_description,
            body_part=header.body_part,
            laterality=header.laterality,
            frame_of_reference_uid=header.frame_of_reference_uid,
        )
        session.add(series)
        session.flush()
    return series


def _identity(header: InstanceHeader) -> ArrivingIdentity:
    identity = queries.find_identity(header.identity_fingerprint)
    if identity is None:
        identity = ArrivingIdentity(
            fingerprint=header.identity_fingerprint,
            patient_name=header.patient_name,
            patient_id=header.patient_id,
            birth_date=header.birth_date,
            sex=header.sex,
            other_names=list(header.other_names),
            other_patient_ids=list(header.other_patient_ids),
        )
        session.add(identity)
        session.flush()
    return identity


def as_date(text: str) -> date | None:
    """A DICOM DA (`20260301`, or the retired `2026.03.01`) as a date; None for anything else."""
    digits = text.replace(".", "").strip()
    if len(digits) != 8 or not digits.isascii() or not digits.isdigit():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _link(
    case: Case, kept: ImagingInstance, known: Identity | None, batch: IntakeBatch, actor: Actor, at: datetime
) -> StudyLink:
    """The link of these images to the case, made when missing; a vouching or a fit settles a waiting one."""
    study, identity, modality = kept.series.study, kept.identity, kept.series.modality
    link = queries.find_link(case, study, identity)
    if link is None:
        link = _new_link(case, study, identity, compare(queries.identity_of(identity), known), at)
    if link.state is LinkState.WAITING and link.verdict is Verdict.FITS:
        _settle(link, case, LinkState.LINKED, LinkGround.IDENTITY, "", actor, at)
    elif link.state is LinkState.WAITING and batch.vouch:
        _settle(link, case, LinkState.LINKED, LinkGround.VOUCHED, batch.vouch, actor, at)
        _record_decision(link, actor, at)
    elif link.state is LinkState.WAITING and _was_served(case, study, identity):
        _settle(link, case, LinkState.LINKED, LinkGround.SERVED, MADE_HERE.en, actor, at)
    elif link.state is LinkState.LINKED:
        _follow_modalities(link, modality)
    return link


def _was_served(case: Case, study: ImagingStudy, identity: ArrivingIdentity) -> bool:
    """Made from images of this case as this site serves them: its pseudonym, its number, one of its studies."""
    named = (identity.patient_name, identity.patient_id) == (case.patient.pseudonym, case.case_no)
    return named and queries.is_in_case(case, study)


def _new_link(
    case: Case, study: ImagingStudy, identity: ArrivingIdentity, comparison: Comparison, at: datetime
) -> StudyLink:
    link = StudyLink(
        study=study,
        case_id=case.id,
        identity=identity,
        state=LinkState.WAITING,
        verdict=comparison.verdict,
        comparison=comparison.codes(),
        created_at=at,
    )
    session.add(link)
    session.flush()
    foresee({queries.link_key(case, study, identity): link})
    return link


def _settle(
    link: StudyLink, case: Case, state: LinkState, ground: LinkGround, reason: str, actor: Actor, at: datetime
) -> None:
    link.state, link.ground, link.reason = state, ground, reason
    link.decided_by, link.decided_at = actor.actor_ref, at
    if state is LinkState.LINKED and link.material_id is None:
        link.material_id = _material_of(case, link.study, at).id
    session.flush()
    if state is LinkState.LINKED:
        foresee({queries.linked_key(link.study, link.identity): link})


def _material_of(case: Case, study: ImagingStudy, at: datetime) -> Material:
    """One material for a study of a case, however many links lead to it."""
    material_id = queries.find_material_id(case, study)
    found = session.get(Material, material_id) if material_id else None
    return found or file_images(at=at, case=case, title=study_title(study), dated_on=study.study_date)


def study_title(study: ImagingStudy) -> str:
    """Modalities and what the device called the examination: `CT + PT · Chest`."""
    modalities = " + ".join(queries.modalities_of(study)) or "DICOM"
    return f"{modalities} · {study.description}" if study.description else modalities


def _follow_modalities(link: StudyLink, modality: str) -> None:
    """The title names the modalities as they arrive, unless somebody has written another one."""
    material = session.get(Material, link.material_id) if link.material_id else None
    if material is None:
        return
    named, _, rest = material.title.partition(" · ")
    if modality in named.split(" + "):
        return
    if rest == link.study.description and set(named.split(" + ")) < set(queries.modalities_of(link.study)):
        material.title = study_title(link.study)[:300]
        session.flush()


# What a person decides


def decide(
    *,
    actor: User,
    at: datetime,
    case: Case,
    link: StudyLink,
    accept: bool,
    reason: str,
    known: Identity | None,
    row_version: int | None = None,
) -> StudyLink:
    """A coordinator says whether flagged images belong to the case, and why."""
    access.check_can_add(actor, case)
    if link.state is not LinkState.WAITING or (row_version is not None and row_version != link.row_version):
        raise Conflict(DECIDED_ALREADY)
    comparison = compare(queries.identity_of(link.identity), known)
    link.verdict, link.comparison = comparison.verdict, comparison.codes()
    fits = accept and comparison.verdict is Verdict.FITS
    words = reason.strip() if fits else required_reason(reason)
    state = LinkState.LINKED if accept else LinkState.REJECTED
    _settle(link, case, state, LinkGround.IDENTITY if fits else LinkGround.DECIDED, words, actor, at)
    _record_decision(link, actor, at)
    return link


def reconsider(*, actor: Actor, at: datetime, case: Case, known: Identity | None) -> int:
    """Holds the images that wait against an identity that was sealed or changed since; how many fit now.

    What fits is linked as it would have been on arrival; what does not keeps waiting for a person, with the
    fields compared anew. What a person has decided stays.
    """
    fitting = 0
    for link in queries.waiting_links(case):
        comparison = compare(queries.identity_of(link.identity), known)
        link.verdict, link.comparison = comparison.verdict, comparison.codes()
        if comparison.verdict is Verdict.FITS:
            _settle(link, case, LinkState.LINKED, LinkGround.IDENTITY, "", actor, at)
            _record_decision(link, actor, at)
            fitting += 1
    session.flush()
    return fitting


def assign(
    *,
    actor: User,
    at: datetime,
    case: Case,
    study: ImagingStudy,
    identity: ArrivingIdentity,
    reason: str,
    known: Identity | None,
    confirmed: bool,
) -> StudyLink:
    """A coordinator puts images from the tray into a case.

    Where the identity fits, the coordinator confirms having looked; where it does not, a reason
    is required.
    """
    check_permission(actor, Permission.TRAY_USE)
    access.check_can_add(actor, case)
    comparison = compare(queries.identity_of(identity), known)
    fits = comparison.verdict is Verdict.FITS
    if fits and not confirmed:
        raise Invalid(
            Bitext(
                "Compare the fields and tick that they belong to this patient.",
                "请逐项核对并勾选确认属于该患者。",
            )
        )
    words = reason.strip() if fits else required_reason(reason)
    link = queries.find_link(case, study, identity)
    if link is not None and link.state is LinkState.LINKED:
        raise Conflict(DECIDED_ALREADY)
    if link is None:
        link = _new_link(case, study, identity, comparison, at)
    link.verdict, link.comparison = comparison.verdict, comparison.codes()
    ground = LinkGround.IDENTITY if fits else LinkGround.ASSIGNED
    _settle(link, case, LinkState.LINKED, ground, words, actor, at)
    record(
        EventType.STUDY_ASSIGNED,
        actor=actor,
        at=at,
        subject=f"study:{study.id}",
        case_id=case.id,
        link=link.id,
        verdict=str(link.verdict),
        ground=str(ground),
        other_cases=queries.other_cases(study, case),
    )
    return link


def _record_decision(link: StudyLink, actor: Actor, at: datetime) -> None:
    record(
        EventType.INTAKE_DECIDED,
        actor=actor,
        at=at,
        subject=f"study:{link.study_id}",
        case_id=link.case_id,
        link=link.id,
        state=str(link.state),
        ground=str(link.ground),
        verdict=str(link.verdict),
    )


def note_names_shown(*, actor: User, at: datetime, case: Case | None) -> None:
    """Looking at the original names of arrivals is recorded."""
    access.check_can_see_names(actor, case)
    record(
        EventType.IDENTITY_SHOWN,
        actor=actor,
        at=at,
        subject=f"case:{case.id}" if case else "tray",
        case_id=case.id if case else None,
        part="arrivals",
    )


# Previews


def set_preview(*, series: ImagingSeries, made: Picture | Refusal, sha256: str | None) -> None:
    """Keeps the outcome of rendering; `sha256` names the stored PNG."""
    if isinstance(made, Picture):
        series.preview_state, series.preview_sha256 = PreviewState.MADE, sha256
        series.preview_reason = Bitext()
    else:
        series.preview_state, series.preview_sha256 = PreviewState.IMPOSSIBLE, None
        series.preview_reason = made.reason.text
    session.flush()
