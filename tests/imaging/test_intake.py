"""The pipeline: every file accounted for, held against the case, once."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
import pytest
from sqlalchemy import func, select

from tests.imaging import dicom

if TYPE_CHECKING:
    from mdtapp.clock import FixedClock
    from mdtapp.imaging.intake import Intake, Report
    from mdtapp.materials.spool import Spool, SpooledFile

NewCase = Callable[..., str]
FOLDERS = [
    "cd-dicomdir",
    "charset",
    "charset-chinese-derived",
    "compressed",
    "encapsulated-pdf",
    "enhanced-multiframe",
    "malformed",
    "mr-brain-t1",
    "mr-multiseries",
    "petct-lung",
    "rt",
    "seg",
    "sr",
    "transfer-syntax-basics",
    "ultrasound-colour",
    "waveform",
    "wsi",
    "xray-mammo",
]
UID = re.compile(r"[0-9.]{1,64}")
# What a device wrote as GBK bytes under no label or the wrong one; pydicom shows it as Latin letters.
MEANT = {"Íõ^Ð¡Ã÷": "王^小明"}


def on_disk(folder: Path) -> tuple[dict[str, tuple[int, int]], set[str]]:
    """Studies with their series and instances, and the names, as pydicom alone reads them."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    names = set()
    for path in folder.rglob("*"):
        if not path.is_file() or path.name == "SOURCE.md":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            uids = [str(ds.get(f"{level}InstanceUID", "")) for level in ("Study", "Series", "SOP")]
            name = str(ds.get("PatientName", ""))
        if all(map(UID.fullmatch, uids)):
            series, instances = found.setdefault(uids[0], (set(), set()))
            series.add(uids[1])
            instances.add(uids[2])
            names.add(MEANT.get(name, name))
    return {uid: (len(series), len(instances)) for uid, (series, instances) in found.items()}, names


def counts(report: Report) -> dict[str, tuple[int, int]]:
    return {
        row["study_instance_uid"]: (row["series"], row["instances"]) for row in report.as_json()["studies"]
    }


def take(intake: Intake, case_no: str, *paths: Path, vouch: str | None = None) -> Report:
    from mdtapp.audit.trail import SystemActor
    from mdtapp.materials.status import Source

    return intake.import_path(
        paths, case_no=case_no, actor=SystemActor("tests"), vouch=vouch, source=Source.COMMAND_LINE
    )


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """An empty folder, beside the instance and not around it."""
    folder = tmp_path / "disc"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", FOLDERS)
def test_a_shared_folder(intake: Intake, new_case: NewCase, name: str) -> None:
    """Every file in the report once, with its hash; studies and names as they stand on the disk."""
    from mdtapp.imaging.models import ArrivingIdentity
    from mdtapp.materials.models import IntakeFile
    from mdtapp.store.db import session, unit_of_work

    folder = dicom.shared_folder(f"dicom/{name}")
    report = take(intake, new_case(), folder, vouch="test data")
    files = {str(path): path for path in folder.rglob("*") if path.is_file()}
    assert sorted(row["path"] for row in report.as_json()["files"]) == sorted(files)
    for row in report.as_json()["files"]:
        assert row["sha256"] == hashlib.sha256(files[row["path"]].read_bytes()).hexdigest()
        assert row["outcome"] in {"accepted", "duplicate", "flagged", "contained"}
        assert row["reason"] or row["outcome"] in {"accepted", "duplicate"}
    studies, names = on_disk(folder)
    assert counts(report) == studies
    with unit_of_work(writing=False):
        stored = set(session.scalars(select(ArrivingIdentity.patient_name)))
        assert session.scalar(select(func.count(IntakeFile.id))) == len(files)
    # Variants of one instance share its UID: the first is kept, so not every name need be stored.
    read = {taken.header.patient_name for taken in report.files if taken.header}
    assert read == names
    assert stored <= names


def test_a_case_without_identity_flags_every_image(intake: Intake, new_case: NewCase, disc: Path) -> None:
    from mdtapp.demo.synthetic_dicom import ct_chest, write

    write(ct_chest(dicom.chest(), slices=3, size=16), disc)
    case_no = new_case()
    for _ in range(2):
        report = take(intake, case_no, disc)
        assert [(row["outcome"], row["kind"]) for row in report.as_json()["files"]] == [
            ("flagged", "dicom")
        ] * 3
        assert list(counts(report).values()) == [(1, 3)]


def test_images_that_fit_are_accepted_and_the_same_again_are_duplicates(
    intake: Intake, new_case: NewCase, disc: Path
) -> None:
    from mdtapp.cases.queries import find_case
    from mdtapp.demo.synthetic_dicom import ct_chest, pt_chest, write
    from mdtapp.imaging.queries import series_of_study, studies_of_case
    from mdtapp.materials.queries import materials_of
    from mdtapp.store.db import unit_of_work

    folder = disc
    write(ct_chest(dicom.chest(), slices=4, size=16) + pt_chest(dicom.chest(), slices=4, size=16), folder)
    case_no = new_case(dicom.ZHANG_RECORD)
    assert {row.outcome for row in take(intake, case_no, folder).files} == {"accepted"}
    assert {row.outcome for row in take(intake, case_no, folder).files} == {"duplicate"}
    with unit_of_work(writing=False):
        case = find_case(case_no)
        assert case is not None
        (study,) = studies_of_case(case)
        assert (study.series, study.instances, study.modalities) == (2, 8, ("CT", "PT"))
        assert [material.title for material in materials_of(case)] == ["CT + PT · CT chest"]
        rows = series_of_study(case, study.study)
        assert {row.series.preview_state for row in rows} == {"made"}


def test_another_patient_is_flagged_and_can_be_vouched_for(
    intake: Intake, new_case: NewCase, disc: Path
) -> None:
    from mdtapp.cases.queries import find_case
    from mdtapp.demo.synthetic_dicom import ct_chest, write
    from mdtapp.imaging.queries import studies_of_case, waiting_links
    from mdtapp.store.db import unit_of_work

    write(ct_chest(dicom.chest(dicom.AMINA), slices=2, size=16), disc)
    case_no = new_case(dicom.ZHANG_RECORD)
    flagged = take(intake, case_no, disc).as_json()["files"]
    assert {row["outcome"] for row in flagged} == {"flagged"}
    assert "differs" in flagged[0]["reason"]
    with unit_of_work(writing=False):
        case = find_case(case_no)
        assert case is not None
        assert studies_of_case(case) == []
        (link,) = waiting_links(case)
        assert {row["match"] for row in link.comparison} == {"differs"}
        assert dicom.AMINA.patient_id not in str(link.comparison)
    taken = take(intake, case_no, disc, vouch="maiden name, confirmed by the family")
    assert {row.outcome for row in taken.files} == {"duplicate"}
    with unit_of_work(writing=False):
        case = find_case(case_no)
        assert case is not None
        (study,) = studies_of_case(case)
        assert study.instances == 2


def test_a_later_image_of_another_patient_in_the_same_study_is_held(
    intake: Intake, new_case: NewCase, disc: Path
) -> None:
    from mdtapp.cases.queries import find_case
    from mdtapp.imaging.queries import instances_of_series, series_of_study, studies_of_case
    from mdtapp.store.db import unit_of_work

    (disc / "1.dcm").write_bytes(dicom.encoded(dicom.image()))
    (disc / "2.dcm").write_bytes(
        dicom.encoded(dicom.image(SOPInstanceUID="1.2.3.5", PatientName="Wanjiru^Amina"))
    )
    case_no = new_case(dicom.ZHANG_RECORD)
    report = take(intake, case_no, disc)
    assert [row.outcome for row in report.files] == ["accepted", "flagged"]
    with unit_of_work(writing=False):
        case = find_case(case_no)
        assert case is not None
        (row,) = series_of_study(case, studies_of_case(case)[0].study)
        assert row.instances == 1
        assert [one.sop_instance_uid for one in instances_of_series(case, row.series)] == ["1.2.3.4"]
        assert row.series.preview_state == "impossible"


def test_the_same_uid_with_other_bytes_is_flagged_and_the_first_stays(
    intake: Intake, new_case: NewCase, disc: Path
) -> None:
    from mdtapp.imaging.models import ImagingInstance
    from mdtapp.store.db import session, unit_of_work

    first = dicom.encoded(dicom.image())
    (disc / "1.dcm").write_bytes(first)
    (disc / "2.dcm").write_bytes(dicom.encoded(dicom.image(SeriesDescription="changed")))
    report = take(intake, new_case(dicom.ZHANG_RECORD), disc, vouch="even so")
    assert [row.outcome for row in report.files] == ["accepted", "flagged"]
    assert list(counts(report).values()) == [(1, 1)]
    with unit_of_work(writing=False):
        kept = session.scalars(select(ImagingInstance)).one()
        assert kept.sha256 == hashlib.sha256(first).hexdigest()


def test_the_same_image_behind_another_file_meta_is_a_duplicate(
    intake: Intake, new_case: NewCase, disc: Path
) -> None:
    """C-STORE sends data sets; each receiver writes its own file meta."""
    content = dicom.encoded(dicom.image())
    (disc / "1.dcm").write_bytes(content)
    (disc / "2.dcm").write_bytes(content.replace(b"PYDICOM", b"SOMEONE"))
    report = take(intake, new_case(dicom.ZHANG_RECORD), disc)
    assert [row.outcome for row in report.files] == ["accepted", "duplicate"]


def test_linking_to_a_second_case_is_its_own_decision(intake: Intake, new_case: NewCase, disc: Path) -> None:
    from mdtapp.cases.queries import find_case
    from mdtapp.imaging.queries import studies_of_case
    from mdtapp.store.db import unit_of_work

    (disc / "1.dcm").write_bytes(dicom.encoded(dicom.image()))
    first, second = new_case(dicom.ZHANG_RECORD), new_case()
    assert [row.outcome for row in take(intake, first, disc).files] == ["accepted"]
    assert [row.outcome for row in take(intake, second, disc).files] == ["flagged"]
    with unit_of_work(writing=False):
        case = find_case(second)
        assert case is not None
        assert studies_of_case(case) == []


def test_a_zip_and_a_zip_inside(intake: Intake, new_case: NewCase, disc: Path) -> None:
    def packed(members: dict[str, bytes]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return out.getvalue()

    deepest = packed({"never.txt": b"too deep"})
    inner = packed({"image": dicom.encoded(dicom.image()), "deep.zip": deepest})
    outer = packed({"README": b"read me", "inner.zip": inner, "../../evil": b"x"})
    (disc / "cd.zip").write_bytes(outer)
    report = take(intake, new_case(dicom.ZHANG_RECORD), disc / "cd.zip")
    base = str(disc / "cd.zip")
    found = {row.path.removeprefix(base): (row.outcome, row.kind) for row in report.files}
    assert found == {
        "": ("accepted", "archive"),
        "/README": ("accepted", "text"),
        "/inner.zip": ("accepted", "archive"),
        "/inner.zip/image": ("accepted", "dicom"),
        "/inner.zip/deep.zip": ("contained", "archive"),
        "/../../evil": ("contained", "unknown"),
    }
    assert not (disc.parent / "evil").exists()


def test_what_is_stored_does_not_tell_where_it_lay(intake: Intake, new_case: NewCase, disc: Path) -> None:
    from mdtapp.materials.models import IntakeFile
    from mdtapp.store.db import session, unit_of_work

    (disc / "README").write_text("x")
    take(intake, new_case(), disc)
    with unit_of_work(writing=False):
        assert session.scalars(select(IntakeFile.path)).all() == ["disc/README"]


def test_a_path_that_does_not_exist_takes_nothing(intake: Intake, new_case: NewCase, disc: Path) -> None:
    from mdtapp.errors import Invalid
    from mdtapp.materials.models import IntakeFile
    from mdtapp.store.db import session, unit_of_work

    (disc / "a").write_text("x")
    with pytest.raises(Invalid, match="no file or folder"):
        take(intake, new_case(), disc / "a", disc / "nothing")
    with unit_of_work(writing=False):
        assert session.scalar(select(func.count(IntakeFile.id))) == 0


@pytest.mark.both_databases
def test_an_arrival_is_processed_once(
    intake: Intake, new_case: NewCase, spool: Spool, clock: FixedClock
) -> None:
    """The same spooled file twice, as after a crash before it was discarded: one row, one event."""
    from mdtapp.audit.models import Event
    from mdtapp.materials.models import IntakeFile
    from mdtapp.materials.status import Source
    from mdtapp.store.db import session, unit_of_work

    kept = spool.receive(
        io.BytesIO(dicom.encoded(dicom.image())),
        name="a.dcm",
        source=Source.UPLOAD,
        actor="user:1",
        at=clock.now(),
        case_no=new_case(dicom.ZHANG_RECORD),
    )
    held = {path.name: path.read_bytes() for path in spool.root.iterdir()}
    (first,) = intake.process(spool, kept)
    assert spool.ready() == []
    for name, content in held.items():
        (spool.root / name).write_bytes(content)
    (second,) = intake.process(spool, kept)
    assert (first.outcome, second.outcome) == ("accepted", "accepted")
    with unit_of_work(writing=False):
        assert session.scalar(select(func.count(IntakeFile.id))) == 1
        arrivals = select(func.count(Event.seq)).where(Event.event.like("intake:%"))
        assert session.scalar(arrivals) == 1
    assert intake.process(spool, kept) == []


def test_a_worker_goes_on_past_a_file_it_cannot_take(
    intake: Intake, new_case: NewCase, spool: Spool, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    from mdtapp.imaging.worker import Worker
    from mdtapp.materials.status import Source

    def receive(case_no: str) -> None:
        spool.receive(
            io.BytesIO(b"text"),
            name="a",
            source=Source.UPLOAD,
            actor="user:1",
            at=clock.now(),
            case_no=case_no,
        )

    receive("MDT-0000-0000")
    receive(new_case())
    worker = Worker(intake, spool)
    assert worker.turn()
    assert [kept.case_no for kept in spool.ready()] == ["MDT-0000-0000"]
    assert "could not be processed" in caplog.text
    assert not worker.turn()


def test_one_bad_arrival_among_many_spoils_nothing(
    intake: Intake, new_case: NewCase, spool: Spool, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """They are taken in together; what cannot be recorded, or is not what was received, is left behind alone."""
    from mdtapp.audit.trail import verify
    from mdtapp.imaging.worker import Worker
    from mdtapp.materials.models import IntakeFile
    from mdtapp.materials.status import Source
    from mdtapp.store.db import session, unit_of_work

    def receive(content: bytes, case_no: str) -> SpooledFile:
        return spool.receive(
            io.BytesIO(content),
            name="a.dcm",
            source=Source.UPLOAD,
            actor="user:1",
            at=clock.now(),
            case_no=case_no,
        )

    case_no = new_case(dicom.ZHANG_RECORD)
    kept = [receive(dicom.encoded(dicom.image(SOPInstanceUID=f"1.2.{n}")), case_no) for n in range(6)]
    receive(dicom.nested(5000), case_no)
    receive(dicom.encoded(dicom.image()), "MDT-0000-0000")
    spool.path(kept[2]).write_bytes(b"torn by a power cut")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("in.txt", "text")
    receive(archive.getvalue(), case_no)
    worker = Worker(intake, spool)
    while worker.turn():
        pass
    assert [one.case_no for one in spool.ready()] == ["MDT-0000-0000"]
    assert [path.stem for path in spool.root.glob("*.unsound")] == [kept[2].id]
    assert "is set aside" in caplog.text
    with unit_of_work(writing=False):
        outcomes = session.scalars(select(IntakeFile.outcome)).all()
        assert sorted(outcomes) == ["accepted"] * 7 + ["contained"]
        assert verify().whole


def test_events_hold_references_only(intake: Intake, new_case: NewCase, disc: Path) -> None:
    from mdtapp.audit.models import Event
    from mdtapp.store.db import session, unit_of_work

    (disc / "Zhang Wei report.txt").write_text("words")
    (disc / "1.dcm").write_bytes(dicom.encoded(dicom.image(PatientName="Wanjiru^Amina")))
    take(intake, new_case(dicom.ZHANG_RECORD), disc)
    with unit_of_work(writing=False):
        said = " ".join(str(event.detail) for event in session.scalars(select(Event)))
    for word in ("Zhang", "Wanjiru", "张", "H-4471", "report"):
        assert word not in said
