"""Writes the zip of an export piece by piece: never a whole study, or a whole picture, in memory."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Generator, Iterator

from mdtapp.imaging.copy_order import Copied, Form, KeptBack
from mdtapp.imaging.deidentify.keys import CaseKey
from mdtapp.imaging.deidentify.pixel_risk import Held
from mdtapp.imaging.exports.dicomdir import Directory
from mdtapp.imaging.exports.operations import Parcel, Plan
from mdtapp.imaging.exports.report import ExportReport
from mdtapp.imaging.header import Refusal
from mdtapp.imaging.limited import LimitedReader
from mdtapp.materials.reasons import UNREADABLE
from mdtapp.store.objects import ObjectStore

_LARGE = 1 << 31
_READABLE = 0o644 << 16


class _Sink:
    """What `zipfile` writes to when it cannot go back: pieces, taken away as they come."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        yield from pieces


class Package:
    """One export. Iterating gives the bytes of the zip, once; afterwards `report` says what is in it.

    Files are `DICOM/SE0001/IM00001` with a DICOMDIR beside them, as on a patient CD, and the report
    as text and JSON.
    """

    def __init__(self, plan: Plan, objects: ObjectStore, reader: LimitedReader) -> None:
        self.plan = plan
        self.report = ExportReport(plan.order.form, plan.at)
        self._objects = objects
        self._reader = reader
        self._directory = Directory()

    def __iter__(self) -> Iterator[bytes]:
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:  # type: ignore[call-overload]
            counts: dict[int, int] = {}
            for parcel in self.plan.parcels:
                number = counts.get(parcel.series, 0) + 1
                if (yield from self._instance(archive, sink, parcel, number)):
                    counts[parcel.series] = number
            for name, content in self._papers():
                archive.writestr(self._entry(name), content)
                yield from sink.taken()
        yield from sink.taken()

    def _instance(
        self, archive: zipfile.ZipFile, sink: _Sink, parcel: Parcel, number: int
    ) -> Generator[bytes, None, bool]:
        """Sends one file; returns whether it is in the zip."""
        file_id = ("DICOM", f"SE{parcel.series:04d}", f"IM{number:05d}")
        made = self._copy(parcel)
        if not isinstance(made, Copied):
            self._hold(parcel, made)
            return False
        with self._objects.open(parcel.sha256) as source:
            large = made.end - made.start + len(made.head) > _LARGE
            with archive.open(self._entry("/".join(file_id)), "w", force_zip64=large) as target:
                for piece in made.pieces(source):
                    target.write(piece)
                    yield from sink.taken()
        yield from sink.taken()
        self.report.included += 1
        self.report.take(made.done)
        needed = {"StudyID": "1", "SeriesNumber": str(parcel.series), "InstanceNumber": str(number)}
        record = {**needed, "Modality": "OT", **made.record}
        if not self._directory.add(record, file_id, record.get("TransferSyntaxUID", "")):
            self.report.not_listed += 1
        return True

    def _copy(self, parcel: Parcel) -> Copied | KeptBack | Refusal:
        if not self._objects.exists(parcel.sha256):
            return Refusal(UNREADABLE)
        return self._reader.copy(self._objects.path(parcel.sha256), self.plan.order, cleared=parcel.cleared)

    def _hold(self, parcel: Parcel, why: KeptBack | Refusal) -> None:
        order = self.plan.order
        uid = parcel.sop_instance_uid
        if order.form is Form.DEIDENTIFIED:
            uid = CaseKey(order.secret).uid(uid)
        held = why.why if isinstance(why, KeptBack) else Held.UNREADABLE
        words = why.reason.text if isinstance(why, Refusal) else None
        self.report.hold(parcel.series_number, parcel.instance_number, uid, held, words)

    def _papers(self) -> Iterator[tuple[str, bytes]]:
        if self.report.included:
            yield "DICOMDIR", self._directory.content()
        yield "REPORT.TXT", self.report.as_text().encode("utf-8-sig")
        yield "REPORT.JSON", json.dumps(self.report.as_json(), ensure_ascii=False, indent=1).encode()

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, self.plan.at.timetuple()[:6])
        entry.external_attr = _READABLE
        return entry
