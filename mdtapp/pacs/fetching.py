"""Bringing one study here: ask what there is, ask for what is missing, count again.

Nothing a PACS claims about success is believed: a fetch is done when every image that C-FIND lists is here.
Resuming is therefore no case of its own; each try begins by counting.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from mdtapp.clinical.bitext import Bitext
from mdtapp.clock import Clock
from mdtapp.config import Settings
from mdtapp.gateway import query, retrieve
from mdtapp.gateway.scu import Peer, PeerFailed
from mdtapp.gateway.storage_classes import classes_of_modality
from mdtapp.materials.spool import Spool
from mdtapp.materials.status import Source
from mdtapp.pacs import operations, queries
from mdtapp.pacs.holding import Held, Lost, Pulse, holding
from mdtapp.pacs.identity_keys import patient_key
from mdtapp.pacs.models import PacsFetch, PacsNode
from mdtapp.pacs.status import Retrieve
from mdtapp.store.db import unit_of_work

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

FILING_SECONDS = 600.0
LOOK_AGAIN = 1.0


@dataclass(slots=True)
class Plan:
    """What the PACS holds of a study: SOP Instance UIDs by series, in order, and the classes it named."""

    series: dict[str, list[str]] = field(default_factory=dict)
    classes: dict[str, set[str]] = field(default_factory=dict)

    @property
    def images(self) -> set[str]:
        return {uid for images in self.series.values() for uid in images}

    def missing(self, here: set[str]) -> list[retrieve.Wanted]:
        """Whole series where nothing of them is here, single images elsewhere."""
        wanted = []
        for uid, images in self.series.items():
            left = tuple(image for image in images if image not in here)
            if left:
                wanted.append(retrieve.Wanted(uid, () if len(left) == len(images) else left))
        return wanted


@dataclass(frozen=True, slots=True)
class Job:
    """What a fetch needs of its row, read once."""

    case_no: str
    study_instance_uid: str
    batch: str
    asked_by: str
    peer: Peer
    by_move: bool


class Fetcher:
    """Takes fetches from the queue, one at a time, and runs them."""

    def __init__(self, app: Flask, settings: Settings, spool: Spool, clock: Clock) -> None:
        self.app = app
        self.settings = settings
        self.spool = spool
        self.clock = clock

    def turn(self, stop: threading.Event | None = None) -> bool:
        """Runs the next fetch that is due to its end or its next pause; False when none is."""
        taken = self._take()
        if taken is None:
            return False
        held, job = taken
        with holding(self.app, self.clock, held, _note_received) as pulse:
            watch = _Stop(stop or threading.Event(), pulse)
            with watch:
                self._run(held, job, pulse)
        return True

    def _take(self) -> tuple[Held, Job] | None:
        with unit_of_work():
            fetch = queries.next_fetch(self.clock.now())
            if fetch is None:
                return None
            token = operations.take(at=self.clock.now(), transfer=fetch)
            job = Job(
                case_no=fetch.case.case_no,
                study_instance_uid=fetch.study_instance_uid,
                batch=fetch.batch,
                asked_by=fetch.asked_by,
                peer=peer_of(fetch.node, self.settings),
                by_move=fetch.node.retrieve is Retrieve.MOVE,
            )
            return Held(PacsFetch, fetch.id, token), job

    def _run(self, held: Held, job: Job, pulse: Pulse) -> None:
        before = -1
        plan = Plan()
        try:
            plan = self._plan(held, job, pulse)
            here = self._here(held, plan)
            before = pulse.count = len(here)
            missing = plan.missing(here)
            if missing:
                self._retrieve(job, plan, missing, pulse)
            self._end(held, job, plan, before, pulse, MISSING_STILL)
        except Lost:
            log.info("fetch %d was cancelled or taken over", held.id)
        except PeerFailed as failure:
            self._after_failure(held, job, plan, before, pulse, failure.sentence)
        except Exception:
            log.exception("fetch %d failed", held.id)
            self._after_failure(held, job, plan, before, pulse, UNEXPECTED)

    def _plan(self, held: Held, job: Job, pulse: Pulse) -> Plan:
        plan, rows = Plan(), []
        with query.querying(job.peer) as association:
            pulse.watch(association)
            found = query.studies(association, {"StudyInstanceUID": job.study_instance_uid})
            study = next((row for row in found if row.study_instance_uid == job.study_instance_uid), None)
            if study is not None:
                for series in query.series_of(association, job.study_instance_uid):
                    pulse.check()
                    uid = series.series_instance_uid
                    images = query.images_of(association, job.study_instance_uid, uid)
                    plan.series[uid] = [image.sop_instance_uid for image in images]
                    named = {image.sop_class_uid for image in images} - {""}
                    plan.classes[uid] = named or set(classes_of_modality(series.modality))
                    rows.append(_row(series, len(images)))
        with unit_of_work():
            fetch = held.find()
            if study is None or not rows:
                operations.give_up(at=self.clock.now(), transfer=fetch, failure=NO_SUCH_STUDY)
                raise_lost = True
            else:
                operations.note_plan(fetch=fetch, series=rows, patient_key=patient_key(study.patient_id))
                raise_lost = False
        if raise_lost:
            raise Lost
        return plan

    def _here(self, held: Held, plan: Plan) -> set[str]:
        """Images that are filed in the case, came for this fetch, or lie safe in the spool."""
        with unit_of_work(writing=False):
            fetch = held.find()
            here = queries.images_here(fetch.case, fetch.study_instance_uid) | queries.taken_by(fetch)
        return plan.images & (here | self._spooled())

    def _spooled(self) -> set[str]:
        return {PurePath(one.name).stem for one in self.spool.ready() if one.source is Source.DICOM}

    def _retrieve(self, job: Job, plan: Plan, missing: list[retrieve.Wanted], pulse: Pulse) -> None:
        if job.by_move:
            self._move(job, missing, pulse)
        else:
            self._get(job, plan, missing, pulse)

    def _get(self, job: Job, plan: Plan, missing: list[retrieve.Wanted], pulse: Pulse) -> None:
        def take(path: Path, uid: str) -> None:
            with path.open("rb") as stream:
                self.spool.receive(
                    stream,
                    name=f"{uid}.dcm",
                    source=Source.DICOM,
                    actor=job.asked_by,
                    at=self.clock.now(),
                    case_no=job.case_no,
                    batch=job.batch,
                    peer=f"{job.peer.ae_title}@{job.peer.host}",
                )
            pulse.count += 1

        classes = _in_order(plan.classes[one.series_instance_uid] for one in missing)
        with retrieve.getting(job.peer, classes, take, opened=pulse.watch) as association:
            for wanted in missing:
                pulse.check()
                retrieve.get(association, job.study_instance_uid, wanted)

    def _move(self, job: Job, missing: list[retrieve.Wanted], pulse: Pulse) -> None:
        begun = pulse.count
        with retrieve.moving(job.peer, opened=pulse.watch) as association:
            for wanted in missing:
                pulse.check()
                start = max(begun, pulse.count)

                def progress(sent: int, start: int = start) -> None:
                    pulse.count = start + sent

                retrieve.move(
                    association, job.study_instance_uid, wanted, self.settings.dicom_ae_title, progress
                )

    def _after_failure(
        self, held: Held, job: Job, plan: Plan, before: int, pulse: Pulse, sentence: Bitext
    ) -> None:
        try:
            self._end(held, job, plan, before, pulse, sentence)
        except Lost:
            log.info("fetch %d was cancelled or taken over", held.id)

    def _end(self, held: Held, job: Job, plan: Plan, before: int, pulse: Pulse, sentence: Bitext) -> None:
        """Waits until what came is filed, counts, and decides: done, or again later."""
        self._wait_until_filed(plan, pulse)
        here = self._here(held, plan)
        with unit_of_work():
            fetch = held.find()
            if plan.images:  # without a plan nothing was counted, and the last figure stands
                fetch.received = len(here)
            if plan.images and here >= plan.images:
                operations.finish(at=self.clock.now(), transfer=fetch)
            else:
                progress = 0 <= before < len(here)
                operations.set_back(at=self.clock.now(), transfer=fetch, failure=sentence, progress=progress)

    def _wait_until_filed(self, plan: Plan, pulse: Pulse) -> None:
        """The worker's main thread files what the spool holds; the figures of a fetch that ended are final."""
        waited = 0.0
        while waited < FILING_SECONDS and plan.images & self._spooled():
            if pulse.lost.wait(LOOK_AGAIN):
                raise Lost
            waited += LOOK_AGAIN


NO_SUCH_STUDY = Bitext(
    "The PACS does not hold this study any more, or holds no image of it. Search again.",
    "PACS 中已无该检查，或该检查无影像。请重新查询。",
)
MISSING_STILL = Bitext(
    "The PACS ended the transfer before every image had come. The rest is asked for again by itself; if it stays so, tell the administrator of the PACS which series are short.",
    "PACS 在全部影像到达前结束了传输，系统将自动继续取回其余部分。如仍不全，请将不全的序列告知 PACS 管理员。",
)
UNEXPECTED = Bitext(
    "Something unexpected stopped the transfer. It is tried again by itself; if it stays so, tell the administrator, who finds the reason in the log.",
    "传输因意外情况中断，系统将自动重试。如仍失败，请告知管理员，原因见日志。",
)


class _Stop:
    """Ends what is open when the worker is asked to end: the lease then runs out, and the next worker goes on."""

    def __init__(self, stop: threading.Event, pulse: Pulse) -> None:
        self.stop, self.pulse, self.over = stop, pulse, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.over.wait(0.2):
            if self.stop.is_set():
                self.pulse.lost.set()
                self.pulse.abort()
                return


def peer_of(node: PacsNode, settings: Settings) -> Peer:
    """The node as the network code knows it; our own title where none is set for it."""
    return Peer(node.ae_title, node.host, node.port, node.calling_ae or settings.dicom_ae_title)


def _note_received(fetch: PacsFetch, count: int) -> None:
    if count >= 0:
        fetch.received = count


def _row(series: query.FoundSeries, images: int) -> dict[str, object]:
    return {
        "uid": series.series_instance_uid,
        "number": series.number,
        "modality": series.modality,
        "description": series.description,
        "instances": images,
    }


def _in_order(groups: Iterable[set[str]]) -> list[str]:
    """Every class once, the one that most series need first."""
    counted = Counter(uid for group in groups for uid in sorted(group))
    return [uid for uid, _ in counted.most_common()]
