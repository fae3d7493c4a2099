"""Reading what can leave: instances of a study in order, what waits for a look, what was handed out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from mdtapp.cases.identity import unseal
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.imaging import queries
from mdtapp.imaging.deidentify.known_identifiers import KnownIdentifiers
from mdtapp.imaging.deidentify.pixel_risk import CLEARABLE, Held, why_held
from mdtapp.imaging.exports.models import ImageExport, PixelClearance
from mdtapp.imaging.models import ArrivingIdentity, ImagingInstance, ImagingSeries, ImagingStudy, StudyLink
from mdtapp.imaging.status import LinkState
from mdtapp.store.db import session

LATEST = 10


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A picture that does not leave by itself: why, and who has cleared it (None when nobody has)."""

    instance: ImagingInstance
    why: Held
    clearance: PixelClearance | None

    @property
    def clearable(self) -> bool:
        return self.why in CLEARABLE


def instances_of(case: Case, study: ImagingStudy, series: Collection[int] = ()) -> list[ImagingInstance]:
    """Images of the case's study in reading order, series by series; all series when none are named.

    NotFound when a named series is not one of the study's.
    """
    rows = queries.series_of_study(case, study)
    known = {row.series.id for row in rows}
    if not set(series) <= known:
        raise NotFound(queries.NO_SUCH_STUDY)
    chosen = [row.series for row in rows if not series or row.series.id in series]
    return [instance for one in chosen for instance in queries.instances_of_series(case, one)]


def find_study(case: Case, study_instance_uid: str) -> ImagingStudy:
    """A study linked to the case by its UID; NotFound for an unknown and a foreign one alike."""
    study = queries.find_study(study_instance_uid)
    if study is None:
        raise NotFound(
            Bitext("There are no images with this study UID in the case.", "本病例无此检查 UID 的影像。")
        )
    return queries.get_study(case, study.id)


def at_risk(instances: Sequence[ImagingInstance]) -> list[AtRisk]:
    """Those whose pixels may name the patient, and those that never leave."""
    found = [(instance, why) for instance in instances if (why := why_held_back(instance)) is not None]
    cleared = {row.instance_id: row for row in clearances_of([instance.id for instance, _ in found])}
    return [AtRisk(instance, why, cleared.get(instance.id)) for instance, why in found]


def why_held_back(instance: ImagingInstance) -> Held | None:
    """By what is known of the header (`mdtapp.imaging.deidentify.pixel_risk`)."""
    kind = instance.attributes.get("ImageType")
    return why_held(
        modality=instance.series.modality,
        sop_class_uid=instance.sop_class_uid,
        image_type=[str(value) for value in kind] if isinstance(kind, list) else [str(kind or "")],
        burned_in=str(instance.attributes.get("BurnedInAnnotation") or ""),
        has_pixels=instance.has_pixels,
    )


def clearances_of(instance_ids: Sequence[int]) -> list[PixelClearance]:
    found: list[PixelClearance] = []
    for first in range(0, len(instance_ids), 500):
        part = instance_ids[first : first + 500]
        found += session.scalars(select(PixelClearance).where(PixelClearance.instance_id.in_(part)))
    return found


def exports_of(case: Case, study: ImagingStudy) -> Sequence[ImageExport]:
    """The latest exports of a study of the case, newest first."""
    query = select(ImageExport).where(ImageExport.case_id == case.id, ImageExport.study_id == study.id)
    return session.scalars(query.order_by(ImageExport.id.desc()).limit(LATEST)).all()


def known_identifiers(case: Case, study: ImagingStudy, key: str) -> KnownIdentifiers:
    """Everything the case knows of its patient: the sealed identity and how the study's images name them."""
    identities = _identities(case, study)
    sealed = case.patient.identity
    record = unseal(sealed.sealed, key) if sealed else {}
    names = [record.get("name"), *_listed(record.get("other_names"))]
    names += [name for row in identities for name in (row.patient_name, *row.other_names)]
    numbers = [*_listed(record.get("patient_ids")), study.accession_number]
    numbers += [number for row in identities for number in (row.patient_id, *row.other_patient_ids)]
    dates = [record.get("birth_date"), *(row.birth_date for row in identities)]
    return KnownIdentifiers(
        _texts(names), _texts(numbers), _texts(dates), _texts(_listed(record.get("contact")))
    )


def _identities(case: Case, study: ImagingStudy) -> Sequence[ArrivingIdentity]:
    query = (
        select(ArrivingIdentity)
        .join(StudyLink, StudyLink.identity_id == ArrivingIdentity.id)
        .where(
            StudyLink.case_id == case.id,
            StudyLink.study_id == study.id,
            StudyLink.state == LinkState.LINKED,
        )
    )
    return session.scalars(query).all()


def get_instances(case: Case, study: ImagingStudy, ids: Collection[int]) -> list[ImagingInstance]:
    """Instances of the case's study by their ids; NotFound when one is not of it."""
    query = (
        select(ImagingInstance)
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .where(ImagingSeries.study_id == study.id, queries.in_case(case), ImagingInstance.id.in_(ids))
    )
    found = list(session.scalars(query))
    if len(found) != len(set(ids)):
        raise NotFound(queries.NO_SUCH_STUDY)
    return found


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _texts(values: Iterable[object]) -> frozenset[str]:
    return frozenset(str(value).strip() for value in values if isinstance(value, str) and value.strip())
