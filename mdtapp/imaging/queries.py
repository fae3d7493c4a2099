"""Reading studies: what a case holds, what waits for a decision, what lies in the tray."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, distinct, exists, func, or_, select, type_coerce
from sqlalchemy.orm import aliased, joinedload

from mdtapp.cases.identity import unseal
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.imaging.models import ArrivingIdentity, ImagingInstance, ImagingSeries, ImagingStudy, StudyLink
from mdtapp.imaging.order import ImageFacts
from mdtapp.imaging.status import LinkGround, LinkState, PreviewState
from mdtapp.materials.identity import Identity
from mdtapp.materials.models import IntakeBatch, IntakeFile, Material
from mdtapp.people.models import User
from mdtapp.store.db import foresee, once, session

PAGE = 100
WHOLE_SLIDE_MICROSCOPY = "1.2.840.10008.5.1.4.1.1.77.1.6"  # VL Whole Slide Microscopy Image Storage
NO_SUCH_STUDY = Bitext(
    "There are no such images in this case. Go back to the list of materials.",
    "本病例无此影像，请返回资料列表。",
)
NO_SUCH_ARRIVAL = Bitext(
    "These images no longer wait in the tray. Reload the page.", "待分配列表中已无该影像，请刷新页面。"
)


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study of a case as pages list it: counts cover the images that belong to the case."""

    study: ImagingStudy
    material_id: int | None
    modalities: tuple[str, ...]
    series: int
    instances: int
    last_arrival: datetime


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series of a study of a case, with the images that belong to the case."""

    series: ImagingSeries
    instances: int
    frames: int


@dataclass(frozen=True, slots=True)
class TrayRow:
    """Images of one study and one patient that belong to no case yet."""

    study: ImagingStudy
    identity: ArrivingIdentity
    modalities: tuple[str, ...]
    series: int
    instances: int
    last_arrival: datetime


def known_identity(case: Case, key: str) -> Identity | None:
    """The sealed identity of the case's patient, opened for the comparison; None when none was entered."""
    sealed = case.patient.identity
    return Identity.of(unseal(sealed.sealed, key)) if sealed else None


def identity_of(row: ArrivingIdentity) -> Identity:
    """An arriving identity as the comparison takes it."""
    return Identity(
        names=(row.patient_name,) if row.patient_name else (),
        birth_date=row.birth_date,
        sex=row.sex,
        patient_ids=tuple(value for value in (row.patient_id, *row.other_patient_ids) if value),
    )


def in_case(case: Case) -> ColumnElement[bool]:
    """Condition on an instance (joined to its series): its study and identity are linked to the case."""
    return exists().where(
        StudyLink.case_id == case.id,
        StudyLink.state == LinkState.LINKED,
        StudyLink.study_id == ImagingSeries.study_id,
        StudyLink.identity_id == ImagingInstance.identity_id,
    )


def shows_glass() -> ColumnElement[bool]:
    """Condition on an instance: the label of a slide or the overview of its glass, which often name the patient.

    Image Type says so (PS3.3 C.8.12.4.1.1). Only the slide page shows them, and only to a coordinator of the case.
    """
    written = type_coerce(ImagingInstance.attributes, Text)
    return (ImagingInstance.sop_class_uid == WHOLE_SLIDE_MICROSCOPY) & or_(
        written.like('%"LABEL"%'), written.like('%"OVERVIEW"%')
    )


def studies_of_case(case: Case) -> list[StudyRow]:
    """Linked studies, newest examination first."""
    query = (
        select(
            ImagingStudy,
            func.count(distinct(ImagingSeries.id)),
            func.count(ImagingInstance.id),
            func.max(ImagingInstance.received_at),
        )
        .join(ImagingSeries, ImagingSeries.study_id == ImagingStudy.id)
        .join(ImagingInstance, ImagingInstance.series_id == ImagingSeries.id)
        .where(in_case(case))
        .group_by(ImagingStudy.id)
    )
    rows = session.execute(query).all()
    modalities = _modalities([study.id for study, *_ in rows])
    links = session.scalars(
        select(StudyLink).where(StudyLink.case_id == case.id, StudyLink.state == LinkState.LINKED)
    )
    materials = {link.study_id: link.material_id for link in links}
    found = [
        StudyRow(study, materials.get(study.id), modalities.get(study.id, ()), series, instances, last)
        for study, series, instances, last in rows
    ]
    return sorted(found, key=lambda row: (row.study.study_date or date.min, row.study.id), reverse=True)


def get_study(case: Case, study_id: int) -> ImagingStudy:
    """A study linked to the case; NotFound for an unknown and a foreign one alike."""
    query = select(ImagingStudy).where(
        ImagingStudy.id == study_id,
        exists().where(
            StudyLink.study_id == ImagingStudy.id,
            StudyLink.case_id == case.id,
            StudyLink.state == LinkState.LINKED,
        ),
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(NO_SUCH_STUDY)
    return found


def study_of_material(case: Case, material_id: int) -> ImagingStudy | None:
    """The study a material stands for."""
    query = (
        select(ImagingStudy)
        .join(StudyLink, StudyLink.study_id == ImagingStudy.id)
        .where(
            StudyLink.case_id == case.id,
            StudyLink.material_id == material_id,
            StudyLink.state == LinkState.LINKED,
        )
    )
    return session.scalars(query.limit(1)).first()


def series_of_study(case: Case, study: ImagingStudy) -> list[SeriesRow]:
    """Series of a study with images of the case, in the order of their number."""
    query = (
        select(ImagingSeries, func.count(ImagingInstance.id), func.sum(ImagingInstance.frames))
        .join(ImagingInstance, ImagingInstance.series_id == ImagingSeries.id)
        .where(ImagingSeries.study_id == study.id, in_case(case))
        .group_by(ImagingSeries.id)
    )
    rows = [SeriesRow(series, count, int(frames)) for series, count, frames in session.execute(query)]
    return sorted(rows, key=lambda row: (row.series.number is None, row.series.number or 0, row.series.id))


def facts_by_series(case: Case, study: ImagingStudy) -> dict[int, list[ImageFacts]]:
    """Number, transfer syntax and header values of the images of a study of the case, by series."""
    query = (
        select(
            ImagingInstance.series_id,
            ImagingInstance.instance_number,
            ImagingInstance.transfer_syntax_uid,
            ImagingInstance.attributes,
        )
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .where(ImagingSeries.study_id == study.id, in_case(case))
    )
    found: dict[int, list[ImageFacts]] = {}
    for series_id, number, syntax, attributes in session.execute(query):
        found.setdefault(series_id, []).append(ImageFacts(number, syntax, attributes))
    return found


def leading_series(case: Case) -> dict[int, ImagingSeries]:
    """For each linked study the series whose preview stands for it: the one with most images."""
    count = func.count(ImagingInstance.id)
    query = (
        select(ImagingSeries, count)
        .join(ImagingInstance, ImagingInstance.series_id == ImagingSeries.id)
        .where(in_case(case), ImagingInstance.has_pixels)
        .group_by(ImagingSeries.id)
        .order_by(count.desc(), ImagingSeries.id)
    )
    found: dict[int, ImagingSeries] = {}
    for series, _ in session.execute(query):
        found.setdefault(series.study_id, series)
    return found


def get_series(case: Case, series_id: int) -> ImagingSeries:
    """A series with images of the case; NotFound for an unknown and a foreign one alike."""
    query = (
        select(ImagingSeries)
        .join(ImagingInstance, ImagingInstance.series_id == ImagingSeries.id)
        .where(ImagingSeries.id == series_id, in_case(case))
        .limit(1)
    )
    found = session.scalars(query).first()
    if found is None:
        raise NotFound(NO_SUCH_STUDY)
    return found


def instances_of_series(case: Case, series: ImagingSeries) -> list[ImagingInstance]:
    """Images of a series that belong to the case, in reading order, without labels of slides."""
    query = (
        select(ImagingInstance)
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .where(ImagingInstance.series_id == series.id, in_case(case), ~shows_glass())
    )
    return sorted(session.scalars(query), key=reading_order)


def get_instance(case: Case, instance_id: int) -> ImagingInstance:
    """An image that belongs to the case; NotFound for an unknown and a foreign one alike."""
    query = (
        select(ImagingInstance)
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .where(ImagingInstance.id == instance_id, in_case(case), ~shows_glass())
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(NO_SUCH_STUDY)
    return found


def made_by_others(case: Case, user: User) -> frozenset[int]:
    """Series that hold only what colleagues made here of the case's images: measurements, key images, segmentations."""
    made = (
        select(ImagingInstance.series_id)
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .join(
            StudyLink,
            (StudyLink.study_id == ImagingSeries.study_id)
            & (StudyLink.identity_id == ImagingInstance.identity_id),
        )
        .join(IntakeFile, IntakeFile.sop_instance_uid == ImagingInstance.sop_instance_uid)
        .join(IntakeBatch, IntakeBatch.id == IntakeFile.batch_id)
        .where(StudyLink.case_id == case.id, StudyLink.ground == LinkGround.SERVED)
    )
    by_others = session.scalars(made.where(IntakeBatch.actor != user.actor_ref))
    return frozenset(by_others) - set(session.scalars(made.where(IntakeBatch.actor == user.actor_ref)))


def reports_of_case(case: Case) -> list[tuple[ImagingInstance, int | None]]:
    """Structured reports of the case, newest first, with the number of the material their study stands as."""
    link = aliased(StudyLink)
    query = (
        select(ImagingInstance, Material.number)
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .outerjoin(
            link,
            (link.study_id == ImagingSeries.study_id)
            & (link.identity_id == ImagingInstance.identity_id)
            & (link.case_id == case.id),
        )
        .outerjoin(Material, Material.id == link.material_id)
        .where(ImagingSeries.modality == "SR", in_case(case))
        .order_by(ImagingInstance.id.desc())
        .limit(PAGE)
    )
    return [(instance, number) for instance, number in session.execute(query)]


def find_in_case(case: Case, sop_instance_uid: str) -> ImagingInstance | None:
    """An image by its UID, when it belongs to the case."""
    query = (
        select(ImagingInstance)
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .where(ImagingInstance.sop_instance_uid == sop_instance_uid, in_case(case))
    )
    return session.scalars(query).one_or_none()


def reading_order(instance: ImagingInstance) -> tuple[float, int, int]:
    """By position along the slice normal where the header gives one, then by number, then by arrival."""
    return (
        _along_normal(instance.attributes),
        instance.instance_number if instance.instance_number is not None else 0,
        instance.id,
    )


def _along_normal(attributes: dict[str, Any]) -> float:
    position = attributes.get("ImagePositionPatient")
    orientation = attributes.get("ImageOrientationPatient")
    if not isinstance(position, list) or not isinstance(orientation, list):
        return 0.0
    if len(position) != 3 or len(orientation) != 6:
        return 0.0
    row, column = orientation[:3], orientation[3:]
    normal = (
        row[1] * column[2] - row[2] * column[1],
        row[2] * column[0] - row[0] * column[2],
        row[0] * column[1] - row[1] * column[0],
    )
    along: float = sum(p * n for p, n in zip(position, normal, strict=True))
    return round(along, 3)


# For a person's decision


def waiting_links(case: Case) -> Sequence[StudyLink]:
    """Links of the case that wait for a decision, oldest first."""
    query = (
        select(StudyLink)
        .where(StudyLink.case_id == case.id, StudyLink.state == LinkState.WAITING)
        .options(joinedload(StudyLink.study), joinedload(StudyLink.identity))
        .order_by(StudyLink.id)
    )
    return session.scalars(query).all()


def get_link(case: Case, link_id: int) -> StudyLink:
    """A link of the case, in any state; NotFound for an unknown and a foreign one alike."""
    query = select(StudyLink).where(StudyLink.id == link_id, StudyLink.case_id == case.id)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(NO_SUCH_STUDY)
    return found


def find_link(case: Case, study: ImagingStudy, identity: ArrivingIdentity) -> StudyLink | None:
    return once(
        link_key(case, study, identity),
        lambda: session.scalars(
            select(StudyLink).where(
                StudyLink.case_id == case.id,
                StudyLink.study_id == study.id,
                StudyLink.identity_id == identity.id,
            )
        ).one_or_none(),
    )


def link_key(case: Case, study: ImagingStudy, identity: ArrivingIdentity) -> tuple[str, int, int, int]:
    return "link", case.id, study.id, identity.id


def is_in_case(case: Case, study: ImagingStudy) -> bool:
    """Whether images of the study belong to the case."""
    query = select(StudyLink.id).where(
        StudyLink.case_id == case.id, StudyLink.study_id == study.id, StudyLink.state == LinkState.LINKED
    )
    return session.scalar(query.limit(1)) is not None


def other_cases(study: ImagingStudy, case: Case) -> int:
    """How many other cases hold images of this study."""
    query = select(func.count(distinct(StudyLink.case_id))).where(
        StudyLink.study_id == study.id, StudyLink.case_id != case.id, StudyLink.state == LinkState.LINKED
    )
    return session.scalar(query) or 0


def find_material_id(case: Case, study: ImagingStudy) -> int | None:
    """The material that already stands for the study in this case."""
    query = select(StudyLink.material_id).where(
        StudyLink.case_id == case.id, StudyLink.study_id == study.id, StudyLink.material_id.is_not(None)
    )
    return session.scalars(query.limit(1)).first()


def find_material(case: Case, study: ImagingStudy) -> Material | None:
    """The material that stands for the study in this case."""
    material_id = find_material_id(case, study)
    return session.get(Material, material_id) if material_id else None


def count_instances(study: ImagingStudy, identity: ArrivingIdentity) -> tuple[int, int]:
    """Series and instances of a study that carry one identity."""
    query = (
        select(func.count(distinct(ImagingInstance.series_id)), func.count(ImagingInstance.id))
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .where(ImagingSeries.study_id == study.id, ImagingInstance.identity_id == identity.id)
    )
    series, instances = session.execute(query).one()
    return series, instances


def tray() -> list[TrayRow]:
    """Images that no case holds or considers, newest first."""
    return _tray_rows(_in_no_case())


def get_tray_row(study_id: int, identity_id: int) -> TrayRow:
    """One line of the tray; NotFound when it is no longer there."""
    rows = _tray_rows(
        _in_no_case(), ImagingSeries.study_id == study_id, ImagingInstance.identity_id == identity_id
    )
    if not rows:
        raise NotFound(NO_SUCH_ARRIVAL)
    return rows[0]


def _in_no_case() -> ColumnElement[bool]:
    return ~exists().where(
        StudyLink.study_id == ImagingSeries.study_id,
        StudyLink.identity_id == ImagingInstance.identity_id,
        StudyLink.state != LinkState.REJECTED,
    )


def _tray_rows(*conditions: ColumnElement[bool]) -> list[TrayRow]:
    last = func.max(ImagingInstance.received_at)
    query = (
        select(
            ImagingSeries.study_id,
            ImagingInstance.identity_id,
            func.count(distinct(ImagingSeries.id)),
            func.count(ImagingInstance.id),
            last,
        )
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .where(*conditions)
        .group_by(ImagingSeries.study_id, ImagingInstance.identity_id)
        .order_by(last.desc())
        .limit(PAGE)
    )
    rows = session.execute(query).all()
    modalities = _modalities([study_id for study_id, *_ in rows])
    found = []
    for study_id, identity_id, series, instances, arrived in rows:
        study, identity = session.get(ImagingStudy, study_id), session.get(ArrivingIdentity, identity_id)
        assert study is not None
        assert identity is not None
        found.append(TrayRow(study, identity, modalities.get(study_id, ()), series, instances, arrived))
    return found


def modalities_of(study: ImagingStudy) -> tuple[str, ...]:
    """The modalities of a study in alphabetical order."""
    return _modalities([study.id]).get(study.id, ())


def _modalities(study_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    query = (
        select(ImagingSeries.study_id, ImagingSeries.modality)
        .where(ImagingSeries.study_id.in_(list(study_ids)), ImagingSeries.modality != "")
        .distinct()
    )
    found: dict[int, set[str]] = {}
    for study_id, modality in session.execute(query):
        found.setdefault(study_id, set()).add(modality)
    return {study_id: tuple(sorted(values)) for study_id, values in found.items()}


def newest_study_date(case_id: int) -> date | None:
    """The date of the newest linked study that says its date."""
    query = (
        select(func.max(ImagingStudy.study_date))
        .join(StudyLink, StudyLink.study_id == ImagingStudy.id)
        .where(StudyLink.case_id == case_id, StudyLink.state == LinkState.LINKED)
    )
    return session.scalar(query)


# For the pipeline


def find_instance(sop_instance_uid: str) -> ImagingInstance | None:
    return once(
        ("instance", sop_instance_uid),
        lambda: session.scalars(
            select(ImagingInstance).where(ImagingInstance.sop_instance_uid == sop_instance_uid)
        ).one_or_none(),
    )


def foresee_instances(uids: Sequence[str]) -> None:
    """Looks up in one query what `find_instance` will be asked for."""
    query = select(ImagingInstance).where(ImagingInstance.sop_instance_uid.in_(uids))
    found = {row.sop_instance_uid: row for row in session.scalars(query)}
    foresee({("instance", uid): found.get(uid) for uid in uids})


def find_study(study_instance_uid: str) -> ImagingStudy | None:
    return once(
        ("study", study_instance_uid),
        lambda: session.scalars(
            select(ImagingStudy).where(ImagingStudy.study_instance_uid == study_instance_uid)
        ).one_or_none(),
    )


def find_series(study: ImagingStudy, series_instance_uid: str) -> ImagingSeries | None:
    return once(
        ("series", study.id, series_instance_uid),
        lambda: session.scalars(
            select(ImagingSeries).where(
                ImagingSeries.study_id == study.id, ImagingSeries.series_instance_uid == series_instance_uid
            )
        ).one_or_none(),
    )


def find_identity(fingerprint: str) -> ArrivingIdentity | None:
    return once(
        ("identity", fingerprint),
        lambda: session.scalars(
            select(ArrivingIdentity).where(ArrivingIdentity.fingerprint == fingerprint)
        ).one_or_none(),
    )


def is_linked(study: ImagingStudy, identity: ArrivingIdentity) -> bool:
    """Whether some case already holds the images of this study and identity."""
    key = linked_key(study, identity)
    link = once(
        key,
        lambda: session.scalars(
            select(StudyLink)
            .where(
                StudyLink.study_id == study.id,
                StudyLink.identity_id == identity.id,
                StudyLink.state == LinkState.LINKED,
            )
            .limit(1)
        ).first(),
    )
    foresee({key: link})
    return link is not None


def linked_key(study: ImagingStudy, identity: ArrivingIdentity) -> tuple[str, int, int]:
    return "linked", study.id, identity.id


def pending_previews(limit: int) -> Sequence[int]:
    """Ids of series whose preview is still to be made."""
    query = select(ImagingSeries.id).where(ImagingSeries.preview_state == PreviewState.PENDING)
    return session.scalars(query.order_by(ImagingSeries.id).limit(limit)).all()


def all_instances(series_id: int) -> Sequence[ImagingInstance]:
    return session.scalars(select(ImagingInstance).where(ImagingInstance.series_id == series_id)).all()
