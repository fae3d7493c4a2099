"""From bytes to rows: every arriving file is kept, recognised, read and recorded, once.

One file is one transaction; its bytes lie in the object store before it. Doing an arrival
again (after a crash) finds what is recorded and goes on behind it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast
from uuid import uuid4

from mdtapp.audit.trail import Actor, lock_head
from mdtapp.cases.models import Case
from mdtapp.cases.queries import find_case
from mdtapp.clinical.bitext import Bitext
from mdtapp.clock import Clock
from mdtapp.errors import Invalid, NotFound
from mdtapp.imaging import previews, queries
from mdtapp.imaging.derived import DerivedStore, Indexed
from mdtapp.imaging.header import DiscIndex, InstanceHeader, PictureSize, Refusal
from mdtapp.imaging.limited import LimitedReader
from mdtapp.imaging.operations import file_instance
from mdtapp.imaging.slide_intake import Slide, read_mirax, read_slide
from mdtapp.imaging.slide_reader import shared_slides
from mdtapp.materials.archive import BROKEN_MEMBER, Budget, Entry, file_entry, walk_folder, walk_zip
from mdtapp.materials.models import IntakeFile
from mdtapp.materials.operations import (
    Arrived,
    NamedActor,
    file_document,
    note_file,
    open_batch,
    required_reason,
)
from mdtapp.materials.queries import find_batch, find_file, foresee_files, foresee_kept, slide_folder
from mdtapp.materials.reasons import (
    ARCHIVE_ENTRY_BROKEN,
    CUT_SHORT,
    MISLABELLED,
    SLIDE_INCOMPLETE,
    UNREADABLE,
    Reason,
)
from mdtapp.materials.recognition import TIFF, Recognised, recognise
from mdtapp.materials.spool import Spool, SpooledFile
from mdtapp.materials.status import FileKind, Outcome, Source
from mdtapp.store.db import once, unit_of_work
from mdtapp.store.objects import NotAsNamed, ObjectStore, StoredObject

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file, as reports and pages show it."""

    path: str
    sha256: str | None
    outcome: Outcome
    kind: FileKind
    reason: Bitext
    header: InstanceHeader | None = None

    def as_json(self) -> dict[str, Any]:
        """The row of the materials report; `reason` is an English sentence or null."""
        return {
            "path": self.path,
            "sha256": self.sha256,
            "outcome": str(self.outcome),
            "kind": str(self.kind),
            "reason": self.reason.en or None,
        }


@dataclass(slots=True)
class Report:
    """Everything one import met."""

    files: list[Taken] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """`{"files": […], "studies": […]}`; flagged images count, contained ones do not."""
        return {"files": [taken.as_json() for taken in self.files], "studies": self.studies()}

    def studies(self) -> list[dict[str, Any]]:
        """Series and distinct instances of every study recognised, in order of appearance."""
        found: dict[str, tuple[set[str], set[str]]] = {}
        for taken in self.files:
            if taken.header is not None:
                series, instances = found.setdefault(taken.header.study_instance_uid, (set(), set()))
                series.add(taken.header.series_instance_uid)
                instances.add(taken.header.sop_instance_uid)
        return [
            {"study_instance_uid": uid, "series": len(series), "instances": len(instances)}
            for uid, (series, instances) in found.items()
        ]


@dataclass(frozen=True, slots=True)
class Asker:
    """A case that has asked for an image which came without one, and the batch it belongs to."""

    case_no: str
    batch: str


WhoAsked = Callable[[InstanceHeader], Asker | None]


@dataclass(slots=True)
class _Arrival:
    """What the files of one arrival share, and how far it has come."""

    id: str
    batch: str
    source: Source
    actor: Actor
    case_no: str | None
    peer: str = ""
    vouch: str = ""
    position: int = 0
    depth: int = 0
    budget: Budget = field(default_factory=Budget)


_Read = InstanceHeader | DiscIndex | PictureSize | Slide | Refusal | None


@dataclass(frozen=True, slots=True)
class _Looked:
    """One file, and everything that is known of it before it is recorded."""

    arrival: _Arrival
    arrived: Arrived
    read: _Read
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An arrival whose bytes are in the object store; `looked` is None for what is taken by itself."""

    spooled: SpooledFile
    entry: Entry
    arrival: _Arrival
    stored: StoredObject
    looked: _Looked | None


@dataclass(slots=True)
class Together:
    """Arrivals that were looked at and are recorded together."""

    _claims: ExitStack
    files: list[_Waiting] = field(default_factory=list)

    def close(self) -> None:
        self._claims.close()


class _SourceFailed(Exception):
    """The place a file comes from could not be read to its end."""


class _Source:
    """Tells a failing source apart from a failing store: both raise OSError while copying."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (*BROKEN_MEMBER, OSError) as error:
            raise _SourceFailed from error


class Intake:
    """The pipeline: object store, limited reader, the key of sealed identities, a clock.

    `who_asked` knows which case asked for an image that came over the network; without one it waits in the tray.
    Needs an application context; each file is a transaction of its own.
    """

    def __init__(
        self,
        objects: ObjectStore,
        reader: LimitedReader,
        identity_key: str,
        clock: Clock,
        who_asked: WhoAsked = lambda _header: None,
    ) -> None:
        self.who_asked = who_asked
        self.objects = objects
        self.reader = reader
        self.derived = DerivedStore.beside(objects, reader)
        self.identity_key = identity_key
        self.clock = clock
        self.slides = shared_slides()

    def process(self, spool: Spool, spooled: SpooledFile, *, wait: bool = False) -> list[Taken]:
        """Takes one arrival out of the spool, and what an archive holds with it.

        Empty when another process has it or had it; `wait` waits for that one first.
        """
        with spool.claim(spooled, wait=wait) as mine:
            if not mine:
                return []
            (stored,) = self.objects.adopt([(spool.path(spooled), spooled.sha256)])
            if isinstance(stored, NotAsNamed):
                _set_aside(spool, spooled)
                return []
            taken = list(self._take(_entry(spooled), _arrival(spooled), stored))
            spool.discard(spooled)
        return taken

    def look(self, spool: Spool, waiting: Sequence[SpooledFile]) -> Together:
        """Claims arrivals, keeps their bytes and reads them; nothing is recorded yet, so no database is needed.

        Close the result whether or not it was recorded: another process may then have what is left.
        """
        claims = ExitStack()
        try:
            mine = [one for one in waiting if claims.enter_context(spool.claim(one))]
            stored = self.objects.adopt([(spool.path(one), one.sha256) for one in mine])
            together = Together(claims)
            for spooled, kept in zip(mine, stored, strict=True):
                if isinstance(kept, NotAsNamed):
                    _set_aside(spool, spooled)
                else:
                    entry, arrival = _entry(spooled), _arrival(spooled)
                    together.files.append(
                        _Waiting(spooled, entry, arrival, kept, self._look(entry, arrival, kept))
                    )
        except BaseException:
            claims.close()
            raise
        return together

    def record(self, spool: Spool, together: Together) -> None:
        """Takes arrivals out of the spool: single files in one transaction, then what is taken by itself.

        When one of them cannot be recorded none is, and the caller takes them one by one.
        """
        self._record_together([one.looked for one in together.files if one.looked is not None])
        for one in together.files:
            if one.looked is None:
                list(self._take_alone(one.stored, one.entry, one.arrival))
        for one in together.files:
            spool.discard(one.spooled)

    def import_path(
        self, paths: Sequence[Path], *, case_no: str, actor: Actor, vouch: str | None = None, source: Source
    ) -> Report:
        """Takes files, folders, zips or a disc into a case, and makes the previews.

        `vouch` is the reason for which images that do not fit the case's identity are taken
        all the same. Invalid when a path does not exist, before anything is taken.
        """
        missing = [path for path in paths if not path.exists() and not path.is_symlink()]
        if missing:
            raise Invalid(
                Bitext(f"There is no file or folder {missing[0]}.", f"文件或文件夹不存在：{missing[0]}")
            )
        self._check_case(case_no)
        token = uuid4().hex
        arrival = _Arrival(
            id=token,
            batch=token,
            source=source,
            actor=actor,
            case_no=case_no,
            vouch=required_reason(vouch) if vouch is not None else "",
        )
        report = Report()
        for path in paths:
            report.files.extend(self._take_path(path, arrival))
        self.make_previews()
        return report

    def make_previews(self) -> None:
        """Makes every preview that is still to be made."""
        while previews.make_pending(self.objects, self.reader):
            pass

    def _check_case(self, case_no: str) -> None:
        with unit_of_work(writing=False):
            _case(case_no)

    def _take_path(self, path: Path, arrival: _Arrival) -> Iterator[Taken]:
        """Everything at one path. What is stored begins with the name of the path, a report with the path as given."""
        name = path.resolve().name
        if path.is_dir() and not path.is_symlink():
            entries: Iterable[Entry] = walk_folder(path, name)
        else:
            entries = [file_entry(path, name)]
        for entry in entries:
            for taken in self._take(entry, arrival):
                yield replace(taken, path=f"{path}{taken.path[len(name) :]}")

    def _take(self, entry: Entry, arrival: _Arrival, stored: StoredObject | None = None) -> Iterator[Taken]:
        """One file, and if it is an archive, each of its files behind it."""
        kept = stored or self._store(entry)
        looked = self._look(entry, arrival, kept)
        if looked is not None:
            yield from self._record_together([looked])
        elif isinstance(kept, StoredObject):
            yield from self._take_alone(kept, entry, arrival)

    def _take_alone(self, stored: StoredObject, entry: Entry, arrival: _Arrival) -> Iterator[Taken]:
        """An archive, or the head of a slide of several files, which is opened with the pieces recorded before it."""
        path = self.objects.path(stored.sha256)
        found = recognise(path, PurePath(entry.path).name)
        if found.kind is FileKind.ARCHIVE:
            yield from self._take_archive(stored, entry, arrival)
            return
        read = self._read_mirax(path, entry, arrival)
        yield from self._record_together(
            [_Looked(arrival, _arrived(arrival, entry, stored, found), read, _reason(found, read))]
        )

    def _look(self, entry: Entry, arrival: _Arrival, stored: StoredObject | Reason) -> _Looked | None:
        """What is known of one file before anything is recorded; None for what is taken by itself."""
        if isinstance(stored, Reason):
            return _Looked(arrival, _arrived(arrival, entry, None), None, stored)
        path = self.objects.path(stored.sha256)
        found = recognise(path, PurePath(entry.path).name)
        if found.kind in _ALONE and found.contained is None:
            return None
        read = self._read(path, found, PurePath(entry.path).name)
        if isinstance(read, InstanceHeader):
            self.derived.make(_indexed(stored.sha256, read))
        if isinstance(read, DiscIndex):
            found = Recognised(FileKind.DICOMDIR, found.media_type)
        elif isinstance(read, Slide):
            found = Recognised(FileKind.SLIDE, found.media_type, note=found.note)
        return _Looked(arrival, _arrived(arrival, entry, stored, found), read, _reason(found, read))

    def _take_archive(self, stored: StoredObject, entry: Entry, arrival: _Arrival) -> Iterator[Taken]:
        path = self.objects.path(stored.sha256)
        found = recognise(path, PurePath(entry.path).name)
        arrived = _arrived(arrival, entry, stored, found)
        refused: Reason | None = None
        if arrival.depth == 0:
            arrival.budget = Budget()
        arrival.depth += 1
        for member in walk_zip(path, entry.path, arrival.budget, depth=arrival.depth):
            if member.path == entry.path:  # the archive as a whole is refused
                refused = member.refusal
            else:
                yield from self._take(member, arrival)
        arrival.depth -= 1
        yield from self._record_together([_Looked(arrival, arrived, None, refused or found.note)])

    def _store(self, entry: Entry) -> StoredObject | Reason:
        """The bytes into the object store, or why they cannot be read."""
        if entry.open is None:
            return entry.refusal or UNREADABLE
        broken = UNREADABLE if entry.on_disk else ARCHIVE_ENTRY_BROKEN
        try:
            stream = entry.open()
        except (*BROKEN_MEMBER, OSError):
            return broken
        try:
            with stream:
                return self.objects.put_stream(cast(BinaryIO, _Source(stream)))
        except _SourceFailed:
            return broken

    def _read(self, path: Path, found: Recognised, name: str) -> _Read:
        """What the limited child says about a file that it is asked about."""
        if found.contained is not None:
            return None
        if found.kind is FileKind.DICOM:
            return self.reader.header(path)
        if found.media_type == TIFF:
            slide = read_slide(self.slides, path, name)
            if slide is not None:
                return slide
        if found.kind is FileKind.PICTURE:
            return self.reader.measure(path)
        return None

    def _read_mirax(self, path: Path, entry: Entry, arrival: _Arrival) -> Slide | Refusal:
        with unit_of_work(writing=False):
            batch = find_batch(arrival.batch)
            pieces = slide_folder(batch.id, entry.path) if batch else {}
        return read_mirax(self.slides, self.objects, path.name, pieces)

    def _record_together(self, files: Sequence[_Looked]) -> list[Taken]:
        """One transaction for these files; a file recorded before is only looked up."""
        at = self.clock.now()
        with unit_of_work():
            lock_head()
            _foresee(files)
            return [self._record(one, at) for one in files]

    def _record(self, one: _Looked, at: datetime) -> Taken:
        header = one.read if isinstance(one.read, InstanceHeader) else None
        row = find_file(one.arrived.arrival, one.arrived.position)
        if row is None:
            row = self._file(one.arrival, one.arrived, header, one.reason, at)
        return Taken(row.path, row.sha256, row.outcome, row.kind, row.reason, header)

    def _file(
        self,
        arrival: _Arrival,
        arrived: Arrived,
        header: InstanceHeader | None,
        reason: Reason | None,
        at: datetime,
    ) -> IntakeFile:
        asker = self._asker(arrival, header)
        case = _case(asker.case_no) if asker else None
        batch = open_batch(
            actor=arrival.actor,
            at=at,
            token=asker.batch if asker else arrival.batch,
            source=arrival.source,
            case=case,
            peer=arrival.peer,
            vouch=arrival.vouch,
        )
        known = queries.known_identity(case, self.identity_key) if case else None
        if header is not None:
            return file_instance(
                actor=arrival.actor,
                at=at,
                batch=batch,
                case=case,
                arrived=arrived,
                header=header,
                known=known,
                note=reason,
            )
        if _is_document(arrived.kind) and case is not None and not _contains(reason):
            return file_document(
                actor=arrival.actor, at=at, batch=batch, case=case, arrived=arrived, note=reason, known=known
            )
        outcome = Outcome.CONTAINED if _contains(reason) else Outcome.ACCEPTED
        return note_file(
            actor=arrival.actor, at=at, batch=batch, arrived=arrived, outcome=outcome, reason=reason
        )

    def _asker(self, arrival: _Arrival, header: InstanceHeader | None) -> Asker | None:
        """The case a file was sent to, or the one that asked for it; which of them says nothing of whose it is."""
        if arrival.case_no:
            return Asker(arrival.case_no, arrival.batch)
        if header is None or arrival.source is not Source.DICOM:
            return None
        return self.who_asked(header)


_ALONE = {FileKind.ARCHIVE, FileKind.SLIDE}
_DOCUMENTS = {
    FileKind.PDF,
    FileKind.PICTURE,
    FileKind.SLIDE,
    FileKind.TEXT,
    FileKind.MARKUP,
    FileKind.OFFICE,
}
_NOTES = {MISLABELLED.code, CUT_SHORT.code, SLIDE_INCOMPLETE.code}


def _is_document(kind: FileKind) -> bool:
    return kind in _DOCUMENTS


def _contains(reason: Reason | None) -> bool:
    """Whether the reason keeps a file aside, or is only a note on an accepted one."""
    return reason is not None and reason.code not in _NOTES


def _reason(found: Recognised, read: _Read) -> Reason | None:
    if isinstance(read, Refusal):
        return read.reason
    if isinstance(read, Slide):
        return read.note or found.note
    if isinstance(read, InstanceHeader | PictureSize) and read.cut_short:
        return CUT_SHORT
    return found.contained or found.note


def _entry(spooled: SpooledFile) -> Entry:
    """An arrival as an entry that lies in the object store already."""
    return Entry(spooled.name, spooled.size, open=None)


def _arrival(spooled: SpooledFile) -> _Arrival:
    return _Arrival(
        id=spooled.id,
        batch=spooled.batch,
        source=spooled.source,
        actor=NamedActor(spooled.actor),
        case_no=spooled.case_no,
        peer=spooled.peer,
    )


def _set_aside(spool: Spool, spooled: SpooledFile) -> None:
    """A power cut left a name without its content, which was never acknowledged; or the disk is failing."""
    log.error("arrival %s is not what was received and is set aside", spooled.id)
    spool.set_aside(spooled)


def _arrived(
    arrival: _Arrival, entry: Entry, stored: StoredObject | None, found: Recognised | None = None
) -> Arrived:
    """The next file of the arrival, at the position behind the last."""
    position, arrival.position = arrival.position, arrival.position + 1
    return Arrived(
        arrival=arrival.id,
        position=position,
        path=entry.path,
        sha256=stored.sha256 if stored else None,
        size=stored.size if stored else entry.size,
        kind=found.kind if found else FileKind.UNKNOWN,
        media_type=found.media_type if found else "",
    )


def _indexed(sha256: str, header: InstanceHeader) -> Indexed:
    return Indexed.of(sha256, header.study_instance_uid, header.series_instance_uid, header.sop_instance_uid)


def _foresee(files: Sequence[_Looked]) -> None:
    """Asks for all of them at a time what would be asked for each: which were recorded, which instances are here."""
    foresee_files([(one.arrived.arrival, one.arrived.position) for one in files])
    headers = [(one.arrival, one.read) for one in files if isinstance(one.read, InstanceHeader)]
    queries.foresee_instances([header.sop_instance_uid for _, header in headers])
    for case_no in {arrival.case_no for arrival, _ in headers if arrival.case_no}:
        foresee_kept(
            _case(case_no),
            [header.sop_instance_uid for arrival, header in headers if arrival.case_no == case_no],
        )


def _case(case_no: str) -> Case:
    case = once(("case", case_no), lambda: find_case(case_no))
    if case is None:
        raise NotFound(Bitext(f"There is no case {case_no}.", f"无此病例：{case_no}"))
    return case
