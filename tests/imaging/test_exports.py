"""Images on their way out: who may take what, what is in the zip, and what waits for a look."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.fileset import FileSet

from mdtapp.imaging.deidentify.keys import CaseKey
from mdtapp.imaging.exports.dicomdir import Directory
from tests.imaging import dicom, planted
from tests.situations import events, rows_of

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from mdtapp.clock import FixedClock
    from mdtapp.imaging.intake import Intake
    from tests.conftest import Person

NewCase = Callable[..., str]
STUDY = "1.2.826.77.4471.1"


@pytest.fixture
def case_no(new_case: NewCase, coordinator: Person, radiologist: Person) -> str:
    return new_case(dicom.ZHANG_RECORD, coordinator=coordinator.user_id, radiologist=radiologist.user_id)


@pytest.fixture
def take(app: Flask, pipeline: Intake, case_no: str, tmp_path: Path) -> Callable[..., None]:
    """`take(bytes, …)` imports files into the case, vouched for."""
    from mdtapp.audit.trail import SystemActor
    from mdtapp.materials.status import Source

    def import_files(*contents: bytes) -> None:
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        for number, content in enumerate(contents):
            (folder / f"{number}.dcm").write_bytes(content)
        with app.app_context():
            report = pipeline.import_path(
                [folder],
                case_no=case_no,
                actor=SystemActor("tests"),
                vouch="test",
                source=Source.COMMAND_LINE,
            )
        assert [file.outcome for file in report.files] == ["accepted"] * len(contents)

    return import_files


def images(count: int = 3, **values: Any) -> list[bytes]:
    """Images of one study: series 1 holds all but the last, which is alone in series 2."""
    made = []
    for number in range(1, count + 1):
        series = 2 if number == count and count > 1 else 1
        made.append(
            dicom.encoded(
                dicom.image(
                    StudyInstanceUID=STUDY,
                    SeriesInstanceUID=f"{STUDY}.{series}",
                    SOPInstanceUID=f"{STUDY}.{series}.{number}",
                    StudyDate="20260211",
                    StudyTime="101112",
                    StudyID="7",
                    StudyDescription="Chest of Zhang",
                    SeriesNumber=series,
                    InstanceNumber=number,
                    **values,
                )
            )
        )
    return made


def study_id(app: Flask) -> int:
    return int(rows_of(app, "SELECT id FROM imaging_study WHERE study_instance_uid = ?", STUDY)[0][0])


def series_ids(app: Flask) -> list[int]:
    return [row[0] for row in rows_of(app, "SELECT id FROM imaging_series ORDER BY number")]


def page(app: Flask, case_no: str, what: str = "export") -> str:
    return f"/cases/{case_no}/imaging/studies/{study_id(app)}/{what}"


def export(
    app: Flask, person: Person, case_no: str, kind: str, *, series: Sequence[int] = (), reason: str = ""
) -> TestResponse:
    address = page(app, case_no)
    token = person.csrf_token("/account")
    chosen = list(series) or series_ids(app)
    return person.post(address, data={"csrf_token": token, "kind": kind, "series": chosen, "reason": reason})


def unpacked(answer: TestResponse, folder: Path) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    archive.extractall(folder)
    return archive


def report_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(archive.read("REPORT.JSON"))
    return told


@contextmanager
def disc(folder: Path) -> Iterator[FileSet]:
    """What a DICOMDIR lists, read by the library; its stage is put away at once and not when memory is collected."""
    found = FileSet(folder / "DICOMDIR")
    try:
        yield found
    finally:
        found._stage["t"].cleanup()


# What is in the zip


def test_a_de_identified_zip_reads_as_a_patient_cd(
    app: Flask, coordinator: Person, case_no: str, take: Callable[..., None], tmp_path: Path
) -> None:
    take(*images())
    archive = unpacked(export(app, coordinator, case_no, "deidentified"), tmp_path / "out")
    assert archive.namelist() == [
        "DICOM/SE0001/IM00001",
        "DICOM/SE0001/IM00002",
        "DICOM/SE0002/IM00001",
        "DICOMDIR",
        "REPORT.TXT",
        "REPORT.JSON",
    ]
    key = CaseKey.of(app.extensions["mdtapp.identity_key"], case_no)
    with disc(tmp_path / "out") as listed:
        assert len(listed) == 3
        assert {instance.PatientID for instance in listed} == {key.subject}
        assert {instance.StudyInstanceUID for instance in listed} == {key.uid(STUDY)}
        loaded = [instance.load() for instance in listed]
    assert {ds.SOPInstanceUID for ds in loaded} == {
        key.uid(f"{STUDY}.{end}") for end in ("1.1", "1.2", "2.3")
    }
    assert all(ds.PixelData == bytes(range(32)) for ds in loaded)
    for word in (b"Zhang", "张".encode(), b"H-4471", STUDY.encode(), case_no.encode(), b"CEDAR"):
        assert word not in answer_bytes(archive)


def answer_bytes(archive: zipfile.ZipFile) -> bytes:
    return b"".join(archive.read(name) for name in archive.namelist())


def test_the_report_counts_what_was_done(
    app: Flask, coordinator: Person, case_no: str, take: Callable[..., None], tmp_path: Path
) -> None:
    take(*images())
    archive = unpacked(export(app, coordinator, case_no, "deidentified"), tmp_path / "out")
    told = report_of(archive)
    assert (told["form"], told["included"], told["left_out"], told["not_in_dicomdir"]) == (
        "deidentified",
        3,
        [],
        0,
    )
    rows = {row["keyword"]: (row["action"], row["count"]) for row in told["attributes"]}
    assert rows["StudyDescription"] == ("X", 3)
    assert rows["SOPInstanceUID"] == ("U", 3)
    assert rows["StudyDate"] == ("C", 3)
    assert told["actions"]["X"] == sum(row["count"] for row in told["attributes"] if row["action"] == "X")
    text = archive.read("REPORT.TXT").decode("utf-8-sig")
    assert "StudyDescription  3" in text
    assert told["warning"]["zh"] in text


def test_nothing_planted_is_left_in_the_zip(
    app: Flask, coordinator: Person, case_no: str, take: Callable[..., None], tmp_path: Path
) -> None:
    made = planted.study()
    take(planted.encoded(made))
    archive = unpacked(export(app, coordinator, case_no, "deidentified"), tmp_path / "out")
    assert report_of(archive)["included"] == 1
    assert made.left_in(archive.read("DICOM/SE0001/IM00001") + archive.read("DICOMDIR")) == {}


def test_as_served_the_panel_gets_the_pseudonym(
    app: Flask, radiologist: Person, case_no: str, take: Callable[..., None], tmp_path: Path
) -> None:
    take(*images())
    unpacked(export(app, radiologist, case_no, "served"), tmp_path / "out")
    (pseudonym,) = rows_of(app, "SELECT pseudonym FROM patient")[0]
    with disc(tmp_path / "out") as listed:
        loaded = [instance.load() for instance in listed]
    assert len(loaded) == 3
    for ds in loaded:
        assert (str(ds.PatientName), ds.PatientID, ds.PatientBirthDate) == (pseudonym, case_no, "19670101")
        assert (ds.StudyInstanceUID, ds.StudyDate) == (STUDY, "20260211")


def test_as_received_every_byte_is_the_same(
    app: Flask, coordinator: Person, case_no: str, take: Callable[..., None], tmp_path: Path
) -> None:
    sent = images()
    take(*sent)
    archive = unpacked(export(app, coordinator, case_no, "received", reason="asked for"), tmp_path / "out")
    assert [archive.read(name) for name in archive.namelist()[:3]] == sent
    with disc(tmp_path / "out") as listed:
        assert {str(instance.PatientName) for instance in listed} == {"Zhang^Wei=张^伟"}


def test_chosen_series_only(
    app: Flask, coordinator: Person, case_no: str, take: Callable[..., None], tmp_path: Path
) -> None:
    take(*images())
    second = series_ids(app)[1:]
    archive = unpacked(export(app, coordinator, case_no, "served", series=second), tmp_path / "out")
    assert archive.namelist()[:2] == ["DICOM/SE0001/IM00001", "DICOMDIR"]
    (exported,) = events(app, "images:exported")
    assert exported.detail["series"] == second


def test_two_exports_of_a_case_fit_together(
    app: Flask, coordinator: Person, case_no: str, take: Callable[..., None], tmp_path: Path
) -> None:
    take(*images())
    first = unpacked(export(app, coordinator, case_no, "deidentified"), tmp_path / "a")
    second = unpacked(export(app, coordinator, case_no, "deidentified"), tmp_path / "b")
    name = "DICOM/SE0001/IM00001"
    assert first.read(name) == second.read(name)


# Who may


def test_the_panel_takes_neither_names_nor_de_identified_copies(
    app: Flask, radiologist: Person, case_no: str, take: Callable[..., None]
) -> None:
    take(*images())
    for kind in ("received", "deidentified"):
        assert export(app, radiologist, case_no, kind, reason="please").status_code == 403
    assert events(app, "images:exported") == []
    shown = radiologist.get(page(app, case_no)).text
    assert "de-identified" not in shown.lower()


def test_names_leave_only_for_a_reason_and_every_export_is_recorded(
    app: Flask, coordinator: Person, case_no: str, take: Callable[..., None]
) -> None:
    take(*images())
    refused = export(app, coordinator, case_no, "received")
    assert refused.status_code == 422
    assert "Write one sentence that says why." in refused.text
    export(app, coordinator, case_no, "received", reason="for the home hospital")
    (event,) = events(app, "images:exported")
    assert (event.detail["form"], event.detail["instances"]) == ("received", 3)
    assert "home hospital" not in json.dumps(event.detail)
    assert rows_of(app, "SELECT form, instances, reason FROM image_export") == [
        ("received", 3, "for the home hospital")
    ]
    assert "for the home hospital" in coordinator.get(page(app, case_no)).text


@pytest.mark.parametrize(
    "values",
    [
        {"kind": ""},
        {"kind": "raw"},
        {"series": ["99999"]},
        {"series": ["x"]},
        {"series": []},
        {"reason": "\u202e"},
    ],
)
def test_a_wrong_choice_is_refused_with_words(
    app: Flask, coordinator: Person, case_no: str, take: Callable[..., None], values: dict[str, Any]
) -> None:
    take(*images())
    form = {"kind": "served", "series": series_ids(app), "csrf_token": coordinator.csrf_token("/account")}
    answer = coordinator.post(page(app, case_no), data={**form, **values})
    assert answer.status_code == 422
    assert 'class="error' in answer.text or "error-summary" in answer.text
    assert events(app, "images:exported") == []


def test_without_a_token_nothing_leaves(
    app: Flask, coordinator: Person, case_no: str, take: Callable[..., None]
) -> None:
    take(*images())
    assert coordinator.post(page(app, case_no), data={"kind": "served"}).status_code == 400


# Pixels


@pytest.fixture
def ultrasound(take: Callable[..., None]) -> None:
    take(*images(3, Modality="US"))


def instance_ids(app: Flask) -> list[int]:
    return [row[0] for row in rows_of(app, "SELECT id FROM imaging_instance ORDER BY id")]


def say(app: Flask, person: Person, case_no: str, action: str = "clearance", **values: Any) -> TestResponse:
    token = person.csrf_token("/account")
    return person.post(page(app, case_no, action), data={"csrf_token": token, **values})


def test_pictures_at_risk_stay_out_until_somebody_has_looked(
    app: Flask, coordinator: Person, case_no: str, ultrasound: None, tmp_path: Path
) -> None:
    told = report_of(unpacked(export(app, coordinator, case_no, "deidentified"), tmp_path / "a"))
    assert told["included"] == 0
    assert [row["reason"] for row in told["left_out"]] == ["modality"] * 3
    assert STUDY not in json.dumps(told)
    assert "Pictures that may show a name: 3." in coordinator.get(page(app, case_no)).text
    shown = coordinator.get(page(app, case_no, "clearance")).text
    assert all(f"/imaging/instances/{number}/1.png" in shown for number in instance_ids(app))
    first, second, _third = instance_ids(app)
    assert say(app, coordinator, case_no, instance=[first, second], reason="looked").status_code == 302
    told = report_of(unpacked(export(app, coordinator, case_no, "deidentified"), tmp_path / "b"))
    assert (told["included"], len(told["left_out"])) == (2, 1)
    (event,) = events(app, "pixels:cleared")
    assert event.detail["instances"] == [first, second]
    assert say(app, coordinator, case_no, "clearance/withdraw", instance=[first]).status_code == 302
    told = report_of(unpacked(export(app, coordinator, case_no, "deidentified"), tmp_path / "c"))
    assert told["included"] == 1
    (event,) = events(app, "pixels:clearance_withdrawn")
    assert event.detail["instances"] == [first]


def test_all_pictures_of_the_page_at_once(
    app: Flask, coordinator: Person, case_no: str, ultrasound: None
) -> None:
    address = page(app, case_no, "clearance")
    sent = say(app, coordinator, case_no, shown=instance_ids(app), all="1", reason="looked")
    assert sent.status_code == 302
    assert "No picture waits to be looked at" in coordinator.get(address).text


@pytest.mark.parametrize(
    ("values", "words"),
    [({"reason": "looked"}, "Tick the pictures"), ({"reason": ""}, "Write one sentence")],
)
def test_clearing_needs_pictures_and_words(
    app: Flask, coordinator: Person, case_no: str, ultrasound: None, values: dict[str, Any], words: str
) -> None:
    chosen = [] if "Tick" in words else instance_ids(app)
    answer = say(app, coordinator, case_no, instance=chosen, **values)
    assert answer.status_code == 422
    assert words in answer.text
    assert rows_of(app, "SELECT id FROM pixel_clearance") == []


def test_another_case_s_pictures_cannot_be_cleared_here(
    app: Flask,
    coordinator: Person,
    case_no: str,
    ultrasound: None,
) -> None:
    assert say(app, coordinator, case_no, instance=[4711], reason="looked").status_code == 404


def test_labels_of_slides_cannot_be_cleared(
    app: Flask, coordinator: Person, case_no: str, take: Callable[..., None]
) -> None:
    slide = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.6", "Modality": "SM"}
    take(*images(1, ImageType=["ORIGINAL", "PRIMARY", "LABEL", "NONE"], **slide))
    answer = say(app, coordinator, case_no, instance=instance_ids(app), reason="looked")
    assert answer.status_code == 422
    assert "never leave" in answer.text


@pytest.mark.both_databases
def test_clearing_and_exporting_on_both_databases(
    app: Flask, coordinator: Person, case_no: str, ultrasound: None, clock: FixedClock
) -> None:
    from mdtapp.cases.queries import find_case
    from mdtapp.imaging.copy_order import Form
    from mdtapp.imaging.exports import operations, queries
    from mdtapp.people.queries import get_person
    from mdtapp.store.db import unit_of_work

    with app.app_context(), unit_of_work():
        case = find_case(case_no)
        assert case is not None
        who: dict[str, Any] = {"actor": get_person(coordinator.user_id), "at": clock.now(), "case": case}
        who["study"] = study = queries.find_study(case, STUDY)
        ids = [instance.id for instance in queries.instances_of(case, study)]
        assert operations.clear_pixels(**who, instance_ids=ids[:2], reason="looked") == 2
        assert operations.clear_pixels(**who, instance_ids=ids, reason="looked again") == 1
        assert operations.withdraw_clearance(**who, instance_ids=ids[:1]) == 1
        plan = operations.start_export(
            **who, form=Form.DEIDENTIFIED, key=app.extensions["mdtapp.identity_key"]
        )
        assert [parcel.cleared for parcel in plan.parcels] == [False, True, True]
        assert {"Zhang Wei", "张伟", NAME_AS_SENT} <= plan.order.known.names
        assert "H-4471" in plan.order.known.numbers
        assert [row.instances for row in queries.exports_of(case, study)] == [3]


NAME_AS_SENT = dicom.ZHANG.name


# Bad input


def test_a_file_that_breaks_is_named_and_the_rest_goes_on(
    app: Flask, coordinator: Person, case_no: str, take: Callable[..., None], tmp_path: Path
) -> None:
    take(*images())
    objects = app.extensions["mdtapp.objects"]
    broken, missing = [
        row[0] for row in rows_of(app, "SELECT sha256 FROM imaging_instance ORDER BY id LIMIT 2")
    ]
    objects.path(broken).write_bytes(b"no longer an image")
    objects.path(missing).unlink()
    archive = unpacked(export(app, coordinator, case_no, "deidentified"), tmp_path / "out")
    told = report_of(archive)
    assert told["included"] == 1
    assert [(row["reason"], row["series_number"], row["instance_number"]) for row in told["left_out"]] == [
        ("unreadable", 1, 1),
        ("unreadable", 1, 2),
    ]
    assert all(row["sentence"]["zh"] for row in told["left_out"])
    with disc(tmp_path / "out") as listed:
        assert len(listed) == 1


# The index of the disc


def test_directory_records_of_every_kind_read_back(tmp_path: Path) -> None:
    base = {
        "PatientID": "P",
        "PatientName": "张^伟",
        "StudyInstanceUID": "1.2",
        "StudyDate": "20260101",
        "StudyTime": "1200",
        "StudyID": "1",
        "SeriesInstanceUID": "1.2.3",
        "SeriesNumber": "1",
        "Modality": "OT",
        "InstanceNumber": "1",
        "ContentDate": "20260101",
        "ContentTime": "1200",
        "ContentLabel": "L",
        "CompletionFlag": "COMPLETE",
        "VerificationFlag": "UNVERIFIED",
        "ConceptName": "121071\\DCM\\Finding",
        "StructureSetLabel": "S",
        "RTPlanLabel": "P",
        "DoseSummationType": "PLAN",
        "PresentationCreationDate": "20260101",
        "PresentationCreationTime": "1200",
        "MIMETypeOfEncapsulatedDocument": "application/pdf",
    }
    kinds = {
        "2": "IMAGE",
        "66.4": "IMAGE",
        "481.2": "RT DOSE",
        "481.3": "RT STRUCTURE SET",
        "481.5": "RT PLAN",
        "88.33": "SR DOCUMENT",
        "88.59": "KEY OBJECT DOC",
        "11.1": "PRESENTATION",
        "9.1.1": "WAVEFORM",
        "66.1": "REGISTRATION",
        "66": "RAW DATA",
        "67": "VALUE MAP",
        "104.1": "ENCAP DOC",
    }
    directory = Directory()
    for number, rest in enumerate(kinds):
        values = {
            **base,
            "SOPClassUID": f"1.2.840.10008.5.1.4.1.1.{rest}",
            "SOPInstanceUID": f"1.2.3.{number}",
        }
        assert directory.add(values, ("DICOM", "SE0001", f"IM{number:05d}"), "1.2.840.10008.1.2.1")
        (tmp_path / "DICOM" / "SE0001").mkdir(parents=True, exist_ok=True)
        (tmp_path / "DICOM" / "SE0001" / f"IM{number:05d}").touch()  # a reader looks whether it is there
    (tmp_path / "DICOMDIR").write_bytes(directory.content())
    read = pydicom.dcmread(tmp_path / "DICOMDIR")
    assert [record.DirectoryRecordType for record in read.DirectoryRecordSequence] == [
        *("PATIENT", "STUDY", "SERIES"),
        *kinds.values(),
    ]
    assert str(read.DirectoryRecordSequence[0].PatientName) == "张^伟"
    with disc(tmp_path) as listed:
        assert len(listed) == len(kinds)


def test_what_lacks_the_keys_of_its_record_is_not_listed() -> None:
    values = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33",
        "SOPInstanceUID": "1.2.3",
        "InstanceNumber": "1",
    }
    directory = Directory()
    assert not directory.add(values, ("DICOM", "SE0001", "IM00001"), "1.2.840.10008.1.2.1")


# The command


def test_export_study_writes_the_same_zip(
    app: Flask, environ: dict[str, str], case_no: str, take: Callable[..., None], tmp_path: Path
) -> None:
    from tests.cli.conftest import Command

    take(*images())
    mdtapp, out = Command(environ, tmp_path), tmp_path / "out.zip"
    told = mdtapp.fine("export-study", case_no, STUDY, "--out", out, "--form", "deidentified", "--json").json
    with zipfile.ZipFile(out) as archive:
        assert report_of(archive) == told
    assert told["included"] == 3
    (event,) = events(app, "images:exported")
    assert event.actor.startswith("system:cli")
    said = mdtapp.refused("export-study", case_no, STUDY, "--out", out, "--form", "received")
    assert said == "Write one sentence that says why."
    said = mdtapp.refused("export-study", case_no, "9.9.9", "--out", out, "--form", "served")
    assert said == "There are no images with this study UID in the case."
