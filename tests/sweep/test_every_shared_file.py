"""Every file of the shared data by every way in; every first frame that can be decoded, through /frames/.

`make test` walks the folders one by one (tests/imaging/test_intake.py), the wire byte by byte
(tests/gateway/test_gateway.py) and the frames of five folders (tests/dicomweb/test_wado.py).
"""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from sqlalchemy import select

from tests.dicomweb.conftest import Archive, archive
from tests.dicomweb.first_frames import compare
from tests.dicomweb.test_stow import TYPE, multipart
from tests.gateway.conftest import dcmtk, listen, run
from tests.imaging import dicom
from tests.imaging.conftest import new_case, pipeline, reader
from tests.imaging.test_intake import UID, on_disk

if TYPE_CHECKING:
    from mdtapp.imaging.intake import Report
    from mdtapp.materials.spool import Spool
    from tests.gateway.conftest import Listening

__all__ = ["archive", "listen", "new_case", "pipeline", "reader"]

pytestmark = [pytest.mark.whole_data, pytest.mark.filterwarnings("ignore")]
ROUNDS = 8  # so many files of the shared data share one SOP Instance UID at most


def files_of(*names: str) -> list[Path]:
    return sorted(path for name in names for path in dicom.shared_folder(name).rglob("*") if path.is_file())


def stored(archive: Archive) -> tuple[set[str], set[str], dict[str, set[str]]]:
    """SOP Instance UIDs, patients' names, and the instances of each study, as they stand in the database."""
    from mdtapp.imaging.models import ArrivingIdentity, ImagingInstance, ImagingSeries, ImagingStudy
    from mdtapp.store.db import session, unit_of_work

    studies: dict[str, set[str]] = {}
    with archive.app.app_context(), unit_of_work(writing=False):
        rows = session.execute(
            select(
                ImagingStudy.study_instance_uid,
                ImagingInstance.sop_instance_uid,
                ArrivingIdentity.patient_name,
            )
            .join(ImagingSeries, ImagingSeries.study_id == ImagingStudy.id)
            .join(ImagingInstance, ImagingInstance.series_id == ImagingSeries.id)
            .join(ArrivingIdentity, ArrivingIdentity.id == ImagingInstance.identity_id)
        )
        names = set()
        for study, instance, name in rows:
            studies.setdefault(study, set()).add(instance)
            names.add(name)
    return {uid for uids in studies.values() for uid in uids}, names, studies


def sop_uid(path: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        return str(ds.get("SOPInstanceUID", ""))


@pytest.mark.parametrize("way", ["file", "folder", "zip"])
def test_by_file_folder_and_zip(archive: Archive, tmp_path: Path, way: str) -> None:
    files = files_of("dicom", "slides")
    report = brought(archive, way, files, tmp_path)
    rows = [row for row in report.as_json()["files"] if not row["path"].endswith(".zip")]
    assert sorted(row["sha256"] for row in rows) == sorted(map(digest, files))
    for row in rows:
        assert row["outcome"] in {"accepted", "duplicate", "flagged", "contained"}
        assert row["reason"] or row["outcome"] in {"accepted", "duplicate"}
    folder = dicom.shared_folder("dicom")
    studies, names = on_disk(folder)
    assert {
        row["study_instance_uid"]: (row["series"], row["instances"]) for row in report.studies()
    } == studies
    assert {taken.header.patient_name for taken in report.files if taken.header} == names
    assert sum(row["kind"] == "slide" for row in rows) == 2
    check_stored(archive)


def brought(archive: Archive, way: str, files: list[Path], folder: Path) -> Report:
    from mdtapp.audit.trail import SystemActor
    from mdtapp.materials.status import Source

    paths = files
    if way == "folder":
        paths = [dicom.shared_folder(name) for name in ("dicom", "slides")]
    elif way == "zip":
        paths = [folder / "all.zip"]
        with zipfile.ZipFile(paths[0], "w") as packed:
            for number, path in enumerate(files):
                packed.write(path, f"{number:03}/{path.name}")
    with archive.app.app_context():
        return archive.intake.import_path(
            paths,
            case_no=archive.mine,
            actor=SystemActor("tests"),
            vouch="test data",
            source=Source.COMMAND_LINE,
        )


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_stored(archive: Archive, without: Iterable[str] = ()) -> None:
    """Every instance that stands on the disk, under names as they stand there, in the studies they belong to."""
    studies, names = on_disk(dicom.shared_folder("dicom"))
    found, stored_names, stored_studies = stored(archive)
    assert stored_names <= names
    wanted = {sop_uid(path) for path in files_of("dicom")} - {""} - set(without)
    assert len(found - wanted) == 0
    lacking = wanted - found
    assert {uid for uid in lacking if uid in readable()} == set()
    if not without:
        assert {uid: len(uids) for uid, uids in stored_studies.items()} == {
            uid: instances for uid, (_series, instances) in studies.items()
        }


def readable() -> set[str]:
    """SOP Instance UIDs of the files that name study and series too: the others are no instances."""
    found = set()
    for path in files_of("dicom"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        if all(UID.fullmatch(str(ds.get(f"{level}InstanceUID", ""))) for level in ("Study", "Series", "SOP")):
            found.add(str(ds.SOPInstanceUID))
    return found


def test_through_stow(archive: Archive) -> None:
    """One request of everything: each part is answered, and what is stored is what stands on the disk."""
    files = files_of("dicom")
    answer: Any = archive.people["coordinator"].post(
        "/dicomweb/studies", data=multipart(*(path.read_bytes() for path in files)), content_type=TYPE
    )
    assert answer.status_code == 202
    taken, refused = answer.json["00081199"]["Value"], answer.json["00081198"]["Value"]
    assert len(taken) + len(refused) == len(files)
    known = set(readable())
    assert {one["00081155"]["Value"][0] for one in taken} == known
    for one in refused:
        reason = one["00081197"]["Value"][0]
        named = one.get("00081155", {}).get("Value", [""])[0]
        assert (reason == 0xC000) == (named == ""), one
    check_stored(archive)


def test_by_c_store_from_dcmtk(archive: Archive, listen: Callable[..., Listening]) -> None:
    """What dcmsend can read arrives; it says itself what it cannot read."""
    from mdtapp.imaging.worker import Worker

    listening = listen()
    send = [dcmtk("dcmsend"), "-v", "-aec", "MDTAPP", "-nh", "-dn", "-nuc", "+sd", "+r"]
    done = run(*send, "127.0.0.1", str(listening.port), dicom.shared_folder("dicom"))
    spooled = listening.spool.ready()
    assert len(spooled) > 400, done.stderr[-2000:]
    sent = sent_uids(listening.spool)
    with archive.app.app_context():
        worker = Worker(archive.intake, listening.spool)
        while worker.turn():
            pass
    assert listening.spool.ready() == []
    check_stored(archive, without={sop_uid(path) for path in files_of("dicom")} - sent)


def sent_uids(spool: Spool) -> set[str]:
    return {sop_uid(spool.path(one)) for one in spool.ready()}


def test_first_frames(archive: Archive) -> None:
    """Variants of one instance share its UID: round after round, each is the first in a study nobody has yet."""
    compared = 0
    for files in rounds():
        report = archive.take(archive.mine, *(path.read_bytes() for path in files), vouch="test data")
        compared += sum(compare(archive, taken, "coordinator") for taken in report.files)
        forget(archive)
    assert compared > 300
    print(f"{compared} first frames compared")  # noqa: T201


def rounds() -> list[list[Path]]:
    found: list[list[Path]] = [[] for _ in range(ROUNDS)]
    seen: dict[str, int] = {}
    for path in files_of("dicom"):
        uid = sop_uid(path)
        if not uid or path.name == "SOURCE.md":
            continue
        found[seen.get(uid, 0)].append(path)
        seen[uid] = seen.get(uid, 0) + 1
    return found


def forget(archive: Archive) -> None:
    """Gives every instance another UID, so that the next variant of it is the first again."""
    from sqlalchemy import String, cast, update

    from mdtapp.imaging.models import ImagingInstance
    from mdtapp.store.db import session, unit_of_work

    with archive.app.app_context(), unit_of_work():
        changed = ImagingInstance.sop_instance_uid + "." + cast(ImagingInstance.id, String)
        session.execute(update(ImagingInstance).values(sop_instance_uid=changed))
