"""Reading nodes, fetches and sendings, and counting what of a study is here."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.imaging.header import InstanceHeader
from mdtapp.imaging.intake import Asker
from mdtapp.imaging.key_object import SERIES_DESCRIPTION as KEY_IMAGE_SERIES
from mdtapp.imaging.models import ArrivingIdentity, ImagingInstance, ImagingSeries, ImagingStudy, StudyLink
from mdtapp.imaging.status import LinkGround, LinkState
from mdtapp.materials.models import IntakeBatch, IntakeFile
from mdtapp.opinions.key_images import queries as key_images
from mdtapp.pacs.identity_keys import patient_key
from mdtapp.pacs.models import PacsFetch, PacsNode, PacsSending
from mdtapp.pacs.status import ACTIVE, TransferState
from mdtapp.people.models import User
from mdtapp.store.db import foresee, once, session

NO_SUCH_NODE = Bitext("There is no such PACS. Go back to the list.", "无此 PACS，请返回列表。")
NO_SUCH_TRANSFER = Bitext(
    "There is no such transfer in this case. Reload the page.", "本病例中无此传输记录，请刷新页面。"
)
SHOWN = 50


# --- nodes --------------------------------------------------------------------------------------


def all_nodes() -> Sequence[PacsNode]:
    return session.scalars(select(PacsNode).order_by(PacsNode.name)).all()


def active_nodes() -> Sequence[PacsNode]:
    """The PACS that pages offer."""
    return session.scalars(select(PacsNode).where(PacsNode.active).order_by(PacsNode.name)).all()


def get_node(node_id: int) -> PacsNode:
    node = session.get(PacsNode, node_id)
    if node is None:
        raise NotFound(NO_SUCH_NODE)
    return node


def get_active_node(node_id: int) -> PacsNode:
    node = get_node(node_id)
    if not node.active:
        raise NotFound(NO_SUCH_NODE)
    return node


def find_node_named(name: str) -> PacsNode | None:
    return session.scalars(select(PacsNode).where(PacsNode.name == name)).one_or_none()


# --- transfers of a case ------------------------------------------------------------------------


def fetches_of(case: Case) -> Sequence[PacsFetch]:
    """Newest first."""
    query = select(PacsFetch).where(PacsFetch.case_id == case.id).order_by(PacsFetch.id.desc())
    return session.scalars(query.limit(SHOWN)).all()


def get_fetch(case: Case, fetch_id: int) -> PacsFetch:
    found = session.get(PacsFetch, fetch_id)
    if found is None or found.case_id != case.id:
        raise NotFound(NO_SUCH_TRANSFER)
    return found


def find_fetch(case: Case, study_instance_uid: str) -> PacsFetch | None:
    query = select(PacsFetch).where(
        PacsFetch.case_id == case.id, PacsFetch.study_instance_uid == study_instance_uid
    )
    return session.scalars(query).one_or_none()


def sendings_of(case: Case) -> Sequence[PacsSending]:
    """Newest first."""
    query = select(PacsSending).where(PacsSending.case_id == case.id).order_by(PacsSending.id.desc())
    return session.scalars(query.limit(SHOWN)).all()


def get_sending(case: Case, sending_id: int) -> PacsSending:
    found = session.get(PacsSending, sending_id)
    if found is None or found.case_id != case.id:
        raise NotFound(NO_SUCH_TRANSFER)
    return found


def find_sending_of(case: Case, node: PacsNode, sop_instance_uid: str) -> PacsSending | None:
    """The sending of this very instance to this PACS, when there is one."""
    query = select(PacsSending).where(PacsSending.case_id == case.id, PacsSending.node_id == node.id)
    return next(
        (row for row in session.scalars(query) if row.objects[0]["sop_instance_uid"] == sop_instance_uid),
        None,
    )


# --- what is here -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeriesCount:
    """One series of a fetch: what the PACS holds and what is here."""

    number: int | None
    modality: str
    description: str
    expected: int
    here: int

    @property
    def short(self) -> int:
        return max(0, self.expected - self.here)


def images_here(case: Case, study_instance_uid: str) -> set[str]:
    """SOP Instance UIDs of the study that the case holds, or that wait in it for a decision."""
    return set(session.scalars(_held(case, study_instance_uid, ImagingInstance.sop_instance_uid)))


def count_here(case: Case, study_instance_uid: str) -> int:
    return session.scalar(_held(case, study_instance_uid, func.count(ImagingInstance.id))) or 0


def taken_by(fetch: PacsFetch) -> set[str]:
    """Images that came for this fetch, whatever became of them: one that was set aside is not asked for again."""
    query = (
        select(IntakeFile.sop_instance_uid, IntakeFile.path)
        .join(IntakeBatch, IntakeBatch.id == IntakeFile.batch_id)
        .where(IntakeBatch.token == fetch.batch)
    )
    return {uid or PurePath(path).stem for uid, path in session.execute(query)}


def series_counts(fetch: PacsFetch) -> list[SeriesCount]:
    """Which series are short, in the order of their number."""
    query = (
        _held(fetch.case, fetch.study_instance_uid, ImagingSeries.series_instance_uid)
        .add_columns(func.count(ImagingInstance.id))
        .group_by(ImagingSeries.series_instance_uid)
    )
    here = {row[0]: row[1] for row in session.execute(query)}
    rows = [
        SeriesCount(
            row["number"], row["modality"], row["description"], row["instances"], here.get(row["uid"], 0)
        )
        for row in fetch.series
    ]
    return sorted(rows, key=lambda row: (row.number is None, row.number or 0))


def _held(case: Case, study_instance_uid: str, what: Any) -> Any:
    return (
        select(what)
        .select_from(ImagingInstance)
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .join(ImagingStudy, ImagingStudy.id == ImagingSeries.study_id)
        .where(
            ImagingStudy.study_instance_uid == study_instance_uid,
            exists().where(
                StudyLink.case_id == case.id,
                StudyLink.study_id == ImagingSeries.study_id,
                StudyLink.identity_id == ImagingInstance.identity_id,
            ),
        )
    )


def who_asked(header: InstanceHeader) -> Asker | None:
    """The case that asked for this image by C-MOVE: same study, same patient number as the PACS named."""
    key = "fetch", header.study_instance_uid, header.patient_id
    fetch = once(
        key,
        lambda: session.scalars(
            select(PacsFetch)
            .where(
                PacsFetch.study_instance_uid == header.study_instance_uid,
                PacsFetch.state.in_(ACTIVE),
                PacsFetch.patient_key == patient_key(header.patient_id),
            )
            .order_by(PacsFetch.state, PacsFetch.id)  # the one that runs before the one that waits
            .limit(1)
        ).first(),
    )
    foresee({key: fetch})
    return Asker(fetch.case.case_no, fetch.batch) if fetch else None


# --- for the worker -----------------------------------------------------------------------------


def _free(kind: type[PacsFetch] | type[PacsSending], at: datetime) -> ColumnElement[bool]:
    """Due, or held by a worker that gives no sign of life any more."""
    return or_(
        and_(kind.state == TransferState.WAITING, kind.next_try_at <= at),
        and_(kind.state == TransferState.RUNNING, kind.lease_until < at),
    )


def next_fetch(at: datetime) -> PacsFetch | None:
    query = select(PacsFetch).where(_free(PacsFetch, at)).order_by(PacsFetch.next_try_at, PacsFetch.id)
    return session.scalars(query.limit(1).with_for_update(of=PacsFetch)).first()


def next_sending(at: datetime) -> PacsSending | None:
    """The next one whose PACS nobody is sending to: one association for each."""
    busy = select(PacsSending.node_id).where(
        PacsSending.state == TransferState.RUNNING, PacsSending.lease_until >= at
    )
    query = (
        select(PacsSending)
        .where(_free(PacsSending, at), PacsSending.node_id.not_in(busy))
        .order_by(PacsSending.next_try_at, PacsSending.id)
    )
    return session.scalars(query.limit(1).with_for_update(of=PacsSending)).first()


def find_held(kind: type[PacsFetch] | type[PacsSending], transfer_id: int, token: str) -> Any:
    """The transfer, while it runs under this token; None when somebody cancelled it or took it over."""
    query = select(kind).where(
        kind.id == transfer_id, kind.lease_token == token, kind.state == TransferState.RUNNING
    )
    return session.scalars(query.with_for_update(of=kind)).one_or_none()


# --- what was made here -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MadeSeries:
    """A series that somebody made here of the case's images: who, when, and into which study it goes back."""

    series: ImagingSeries
    instances: tuple[ImagingInstance, ...]
    made_by: User | None
    into: LinkedStudy

    @property
    def made_at(self) -> datetime:
        return max(instance.received_at for instance in self.instances)


def made_here(case: Case, closed: Container[int]) -> list[MadeSeries]:
    """Key objects, measurements, segmentations … of the case, newest first.

    Without those in `closed` series, and without key objects of key images that were taken back.
    """
    query = (
        select(ImagingInstance)
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .join(
            StudyLink,
            (StudyLink.study_id == ImagingSeries.study_id)
            & (StudyLink.identity_id == ImagingInstance.identity_id),
        )
        .where(
            StudyLink.case_id == case.id,
            StudyLink.state == LinkState.LINKED,
            StudyLink.ground == LinkGround.SERVED,
        )
        .order_by(ImagingInstance.id.desc())
    )
    into = {row.study.id: row for row in linked_studies(case)}
    standing = {image.key_object_uid for image in key_images.standing(case)}
    found: dict[int, list[ImagingInstance]] = {}
    for one in session.scalars(query):
        taken_back = one.series.description == KEY_IMAGE_SERIES and one.sop_instance_uid not in standing
        if one.series_id not in closed and one.series.study_id in into and not taken_back:
            found.setdefault(one.series_id, []).append(one)
    makers = _makers(case, [one.sop_instance_uid for ones in found.values() for one in ones])
    return [
        MadeSeries(
            ones[0].series,
            tuple(reversed(ones)),
            makers.get(ones[-1].sop_instance_uid),
            into[ones[0].series.study_id],
        )
        for ones in found.values()
    ]


def _makers(case: Case, uids: Sequence[str]) -> dict[str, User]:
    """Who brought each instance into the case first."""
    query = (
        select(IntakeFile.sop_instance_uid, IntakeBatch.actor)
        .join(IntakeBatch, IntakeBatch.id == IntakeFile.batch_id)
        .where(IntakeFile.case_id == case.id, IntakeFile.sop_instance_uid.in_(uids))
        .order_by(IntakeFile.id.desc())
    )
    actors = {uid: actor for uid, actor in session.execute(query) if uid}
    people = {member.user.actor_ref: member.user for member in case.members}
    return {uid: people[actor] for uid, actor in actors.items() if actor in people}


def latest_sendings(case: Case) -> dict[int, PacsSending]:
    """The newest sending of each series made here."""
    query = (
        select(PacsSending)
        .where(PacsSending.case_id == case.id, PacsSending.series_id.is_not(None))
        .order_by(PacsSending.asked_at)
    )
    return {row.series_id: row for row in session.scalars(query) if row.series_id is not None}


# --- the study a document goes into -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinkedStudy:
    """A study of the case with the patient as its images name them."""

    study: ImagingStudy
    identity: ArrivingIdentity


def linked_studies(case: Case) -> list[LinkedStudy]:
    """Studies that belong to the case, newest first; what was made here names the patient by the pseudonym."""
    query = (
        select(ImagingStudy, ArrivingIdentity)
        .join(StudyLink, StudyLink.study_id == ImagingStudy.id)
        .join(ArrivingIdentity, ArrivingIdentity.id == StudyLink.identity_id)
        .where(
            StudyLink.case_id == case.id,
            StudyLink.state == LinkState.LINKED,
            StudyLink.ground != LinkGround.SERVED,
        )
        .order_by(ImagingStudy.study_date.desc(), ImagingStudy.id.desc(), StudyLink.id)
    )
    found: dict[int, LinkedStudy] = {}
    for study, identity in session.execute(query):
        found.setdefault(study.id, LinkedStudy(study, identity))
    return list(found.values())


def get_linked_study(case: Case, study_id: int) -> LinkedStudy:
    found = next((row for row in linked_studies(case) if row.study.id == study_id), None)
    if found is None:
        raise NotFound(
            Bitext("There are no such images in this case. Reload the page.", "本病例无此影像，请刷新页面。")
        )
    return found
