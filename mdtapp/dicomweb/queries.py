"""What the cases of one person hold, by UID. An unknown and a forbidden UID give the same nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, distinct, exists, func, select
from sqlalchemy.orm import contains_eager

from mdtapp.cases.models import Case, Patient
from mdtapp.cases.queries import visible_to
from mdtapp.errors import NotFound
from mdtapp.imaging.models import ImagingInstance, ImagingSeries, ImagingStudy, StudyLink
from mdtapp.imaging.queries import NO_SUCH_STUDY, shows_glass
from mdtapp.imaging.served_patient import ServedPatient
from mdtapp.imaging.status import LinkState
from mdtapp.people.models import User
from mdtapp.people.roles import Role
from mdtapp.store.db import session

SEX = {"male": "M", "female": "F"}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose cases are looked through, and where it is given, the one case (a viewer names it as PatientID).

    `closed_series` hold what colleagues made of the images, while this person may not see their inputs yet.
    """

    user: User
    case_no: str = ""
    closed_series: frozenset[int] = frozenset()

    def cases(self) -> ColumnElement[bool]:
        """Condition on a case."""
        visible = visible_to(self.user)
        return visible & (Case.case_no == self.case_no) if self.case_no else visible

    def links(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        """The study of each link that leads into these cases."""
        return (
            select(StudyLink.study_id)
            .join(Case, Case.id == StudyLink.case_id)
            .where(StudyLink.state == LinkState.LINKED, self.cases(), *conditions)
        )

    def holds_study(self) -> ColumnElement[bool]:
        """Condition on a study.

        A coordinator reaches most studies, so the newest hundred are found by walking down from the newest;
        anybody else reaches few, so theirs are collected first.
        """
        if self.user.role == Role.COORDINATOR and not self.case_no:
            return exists(self.links(StudyLink.study_id == ImagingStudy.id))
        return ImagingStudy.id.in_(self.links())

    def holds_instance(self) -> ColumnElement[bool]:
        """Condition on an instance joined to its series: its study and identity are linked to one of the cases.

        Labels of slides are there for coordinators only.
        """
        linked: ColumnElement[bool] = exists(
            self.links(
                StudyLink.study_id == ImagingSeries.study_id,
                StudyLink.identity_id == ImagingInstance.identity_id,
            )
        )
        if self.closed_series:
            linked = linked & ImagingSeries.id.not_in(self.closed_series)
        return linked if self.user.role == Role.COORDINATOR else linked & ~shows_glass()


@dataclass(frozen=True, slots=True)
class Match:
    """What a search asks for, beside the UIDs; texts may hold `*` and `?`, dates are a closed range."""

    study_instance_uid: str = ""
    series_instance_uid: str = ""
    sop_instance_uid: str = ""
    sop_class_uid: str = ""
    patient_name: str = ""
    accession_number: str = ""
    study_description: str = ""
    series_description: str = ""
    modality: str = ""
    series_number: int | None = None
    instance_number: int | None = None
    study_dates: tuple[date | None, date | None] = (None, None)
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ServedStudy:
    """A study with the patient it is served under."""

    study: ImagingStudy
    case_id: int
    patient: ServedPatient
    sex: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What a person may see of a study."""

    modalities: tuple[str, ...] = ()
    series: int = 0
    instances: int = 0


@dataclass(frozen=True, slots=True)
class ServedSeries:
    """A series and how many of its instances this person may see."""

    series: ImagingSeries
    instances: int


def studies(scope: Scope, match: Match) -> list[ServedStudy]:
    """Newest arrivals first."""
    query = select(ImagingStudy).where(scope.holds_study())
    if match.study_instance_uid:
        query = query.where(ImagingStudy.study_instance_uid == match.study_instance_uid)
    if match.accession_number:
        query = query.where(_like(ImagingStudy.accession_number, match.accession_number))
    if match.study_description:
        query = query.where(_like(ImagingStudy.description, match.study_description))
    if match.modality:
        of_modality = ImagingSeries.study_id == ImagingStudy.id, ImagingSeries.modality == match.modality
        query = query.where(exists().where(*of_modality))
    if match.patient_name:
        named = select(Patient.id).where(_like(Patient.pseudonym, match.patient_name))
        query = query.where(ImagingStudy.id.in_(scope.links(Case.patient_id.in_(named))))
    first, last = match.study_dates
    if first is not None:
        query = query.where(ImagingStudy.study_date >= first)
    if last is not None:
        query = query.where(ImagingStudy.study_date <= last)
    query = query.order_by(ImagingStudy.id.desc()).limit(match.limit).offset(match.offset)
    return _served(scope, session.scalars(query).all())


def get_study(scope: Scope, study_instance_uid: str) -> ServedStudy:
    """NotFound for an unknown and a forbidden study alike."""
    found = studies(scope, Match(study_instance_uid=study_instance_uid, limit=1))
    if not found:
        raise NotFound(NO_SUCH_STUDY)
    return found[0]


def series(scope: Scope, study: ServedStudy, match: Match) -> list[ServedSeries]:
    """The series of a study in the order of their number."""
    count = func.count(ImagingInstance.id)
    query = (
        select(ImagingSeries, count)
        .join(ImagingInstance, ImagingInstance.series_id == ImagingSeries.id)
        .where(ImagingSeries.study_id == study.study.id, scope.holds_instance())
        .group_by(ImagingSeries.id)
        .order_by(ImagingSeries.number.is_(None), ImagingSeries.number, ImagingSeries.id)
        .limit(match.limit)
        .offset(match.offset)
    )
    if match.series_instance_uid:
        query = query.where(ImagingSeries.series_instance_uid == match.series_instance_uid)
    if match.modality:
        query = query.where(ImagingSeries.modality == match.modality)
    if match.series_number is not None:
        query = query.where(ImagingSeries.number == match.series_number)
    if match.series_description:
        query = query.where(_like(ImagingSeries.description, match.series_description))
    return [ServedSeries(row, instances) for row, instances in session.execute(query)]


def get_series(scope: Scope, study: ServedStudy, series_instance_uid: str) -> ServedSeries:
    found = series(scope, study, Match(series_instance_uid=series_instance_uid, limit=1))
    if not found:
        raise NotFound(NO_SUCH_STUDY)
    return found[0]


def instances(scope: Scope, study: ServedStudy, match: Match) -> Sequence[ImagingInstance]:
    """Instances of a study or of one of its series, by series and number; each with its series loaded."""
    query = (
        select(ImagingInstance)
        .join(ImagingInstance.series)
        .options(contains_eager(ImagingInstance.series))
        .where(ImagingSeries.study_id == study.study.id, scope.holds_instance())
        .order_by(ImagingSeries.id, ImagingInstance.instance_number, ImagingInstance.id)
        .limit(match.limit)
        .offset(match.offset)
    )
    if match.series_instance_uid:
        query = query.where(ImagingSeries.series_instance_uid == match.series_instance_uid)
    if match.sop_instance_uid:
        query = query.where(ImagingInstance.sop_instance_uid == match.sop_instance_uid)
    if match.sop_class_uid:
        query = query.where(ImagingInstance.sop_class_uid == match.sop_class_uid)
    if match.instance_number is not None:
        query = query.where(ImagingInstance.instance_number == match.instance_number)
    return session.scalars(query).all()


def newest_instance(scope: Scope, found: ServedSeries) -> int:
    """The id of the newest instance of a series: with the count it tells whether a composed answer still holds."""
    query = (
        select(func.max(ImagingInstance.id))
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .where(ImagingInstance.series_id == found.series.id, scope.holds_instance())
    )
    return session.scalar(query) or 0


def get_instance(
    scope: Scope, study_instance_uid: str, series_instance_uid: str, sop_instance_uid: str
) -> ImagingInstance:
    """One instance by its three UIDs in one indexed read; NotFound for an unknown and a forbidden one alike."""
    query = (
        select(ImagingInstance)
        .join(ImagingInstance.series)
        .join(ImagingSeries.study)
        .options(contains_eager(ImagingInstance.series).contains_eager(ImagingSeries.study))
        .where(
            ImagingInstance.sop_instance_uid == sop_instance_uid,
            ImagingSeries.series_instance_uid == series_instance_uid,
            ImagingStudy.study_instance_uid == study_instance_uid,
            scope.holds_instance(),
        )
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(NO_SUCH_STUDY)
    return found


def find_case(scope: Scope, study_instance_uid: str) -> Case | None:
    """The newest case through which this person sees the study."""
    query = (
        select(Case)
        .join(StudyLink, StudyLink.case_id == Case.id)
        .join(ImagingStudy, ImagingStudy.id == StudyLink.study_id)
        .where(
            ImagingStudy.study_instance_uid == study_instance_uid,
            StudyLink.state == LinkState.LINKED,
            scope.cases(),
        )
        .order_by(Case.id.desc())
        .limit(1)
    )
    return session.scalars(query).unique().first()


def counts(scope: Scope, found: Iterable[ServedStudy]) -> dict[int, Counted]:
    """By the id of the study; one of which nothing may be seen is not there."""
    query = (
        select(
            ImagingSeries.study_id,
            ImagingSeries.modality,
            func.count(distinct(ImagingSeries.id)),
            func.count(ImagingInstance.id),
        )
        .join(ImagingInstance, ImagingInstance.series_id == ImagingSeries.id)
        .where(ImagingSeries.study_id.in_([one.study.id for one in found]), scope.holds_instance())
        .group_by(ImagingSeries.study_id, ImagingSeries.modality)
        .order_by(ImagingSeries.study_id, ImagingSeries.modality)
    )
    counted: dict[int, Counted] = {}
    for study_id, modality, of_series, of_instances in session.execute(query):
        known = counted.get(study_id, Counted())
        modalities = (*known.modalities, modality) if modality else known.modalities
        counted[study_id] = Counted(modalities, known.series + of_series, known.instances + of_instances)
    return counted


def _served(scope: Scope, found: Sequence[ImagingStudy]) -> list[ServedStudy]:
    cases = _cases_of(scope, [study.id for study in found])
    return [
        ServedStudy(
            study,
            case.id,
            ServedPatient(case.patient.pseudonym, case.case_no, case.patient.birth_year or 0),
            SEX.get(str(case.patient.sex), "O"),
        )
        for study in found
        if (case := cases.get(study.id)) is not None
    ]


def _cases_of(scope: Scope, study_ids: Sequence[int]) -> dict[int, Case]:
    """For each study the newest case through which it is seen."""
    newest = (
        select(StudyLink.study_id, func.max(StudyLink.case_id))
        .join(Case, Case.id == StudyLink.case_id)
        .where(StudyLink.study_id.in_(study_ids), StudyLink.state == LinkState.LINKED, scope.cases())
        .group_by(StudyLink.study_id)
    )
    by_study: dict[int, int] = dict(session.execute(newest).all())
    found = session.scalars(select(Case).where(Case.id.in_(set(by_study.values())))).unique()
    cases = {case.id: case for case in found}
    return {study_id: cases[case_id] for study_id, case_id in by_study.items()}


def _like(column: Any, pattern: str) -> ColumnElement[bool]:
    """DICOM wild cards (PS3.4 C.2.2.2.4): `*` any characters, `?` one; without them the whole value."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found: ColumnElement[bool] = column.ilike(escaped.replace("*", "%").replace("?", "_"), escape="\\")
    return found
