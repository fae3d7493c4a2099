"""WADO-RS: metadata, frames, files and pictures, as the viewer and other programs ask for them."""

from __future__ import annotations

import gzip
import io
import json

import pydicom
import pytest
from PIL import Image
from pydicom.uid import RLELossless

from tests.dicomweb.conftest import Archive, slices
from tests.dicomweb.first_frames import STORED, body, compare, parts
from tests.imaging import dicom

SERIES = "/studies/1.2.3/series/1.2.3.1"
INSTANCE = f"{SERIES}/instances/1.2.3.1.1"
NATIVE = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1'


@pytest.fixture
def filled(archive: Archive) -> Archive:
    archive.take(archive.mine, *slices(3))
    return archive


@pytest.mark.both_databases
def test_metadata_is_whole_and_of_the_case_s_patient(filled: Archive) -> None:
    for _ in range(2):  # composed, then kept
        answer = filled.get(f"{SERIES}/metadata", **{"Accept-Encoding": "gzip"})
        assert (answer.mimetype, answer.headers["Content-Encoding"]) == ("application/dicom+json", "gzip")
        rows = json.loads(gzip.decompress(answer.data))
        assert [row["00200013"]["Value"] for row in rows] == [[1], [2], [3]]
        assert {row["00100020"]["Value"][0] for row in rows} == {filled.mine}
        assert "Zhang" not in json.dumps(rows)
    plain = filled.get(f"{SERIES}/metadata")
    assert plain.json == rows
    assert filled.get("/studies/1.2.3/metadata").json == rows
    assert filled.get(f"{INSTANCE}/metadata").json == rows[:1]


def test_metadata_follows_what_arrives_and_what_the_patient_is_called(filled: Archive) -> None:
    assert len(filled.get(f"{SERIES}/metadata").json) == 3
    filled.take(filled.mine, *slices(5)[3:])
    assert len(filled.get(f"{SERIES}/metadata").json) == 5


def test_a_lost_or_damaged_index_is_made_again(filled: Archive) -> None:
    derived = filled.app.extensions["mdtapp.intake"].derived
    files = [path for path in derived.root.rglob("*") if path.is_file()]
    assert files
    for damage in (
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda p: p.write_bytes(b"x"),
    ):
        for path in derived.root.rglob("*"):
            if path.is_file():
                damage(path)
        assert len(filled.get(f"{SERIES}/metadata").json) == 3
        assert body(filled.get(f"{INSTANCE}/frames/1", Accept=STORED)) == bytes(range(32))


def test_frames_are_sent_as_stored(filled: Archive) -> None:
    answer = filled.get(f"{INSTANCE}/frames/1", Accept=STORED)
    ((media, _),) = parts(answer)
    assert media == "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
    assert body(answer) == bytes(range(32))
    single = filled.get(f"{INSTANCE}/frames/1", Accept="application/octet-stream; transfer-syntax=*")
    assert single.data == bytes(range(32))
    for path in ("/frames/2", "/frames/0", "/frames/x", "/frames/1,2", "/frames/" + "1" * 30):
        assert filled.get(INSTANCE + path, Accept=STORED).status_code == 404


def test_compressed_frames_are_decoded_only_when_asked(filled: Archive) -> None:
    ds = dicom.image(StudyInstanceUID="1.2.9", SeriesInstanceUID="1.2.9.1", SOPInstanceUID="1.2.9.1.1")
    native = ds.PixelData
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    ds.compress(RLELossless, generate_instance_uid=False)
    content = dicom.encoded(ds, RLELossless)
    filled.take(filled.mine, content)
    address = "/studies/1.2.9/series/1.2.9.1/instances/1.2.9.1.1/frames/1"
    stored = filled.get(address, Accept=STORED)
    assert parts(stored)[0][0].endswith("transfer-syntax=1.2.840.10008.1.2.5")
    assert body(stored) in content
    assert body(filled.get(address, Accept=NATIVE)) == native
    refused = filled.get(
        address, Accept='multipart/related; type="application/octet-stream"; transfer-syntax=1.2.3'
    )
    assert refused.status_code == 406
    assert "transfer-syntax=*" in refused.json["error"]


def test_a_file_is_the_same_image_of_the_case_s_patient(filled: Archive) -> None:
    answer = filled.get(INSTANCE, Accept="application/dicom")
    ds = pydicom.dcmread(io.BytesIO(answer.data))
    assert (ds.PatientName, ds.PatientID, ds.PatientBirthDate) == ("CEDAR-1", filled.mine, "19670101")
    assert ds.PixelData == bytes(range(32))
    assert b"Zhang" not in answer.data
    answer = filled.get("/studies/1.2.3", Accept='multipart/related; type="application/dicom"')
    assert answer.data.count(b"DICM") == 3
    assert b"Zhang" not in answer.data
    assert filled.get(INSTANCE, Accept="text/html").status_code == 406


def test_retrieved_files_are_recorded(filled: Archive) -> None:
    from tests.situations import events

    filled.get(SERIES)
    assert [event.detail["instances"] for event in events(filled.app, "images:retrieved")] == [3]


PICTURES = [
    ("/studies/1.2.3/thumbnail", 256),
    (f"{SERIES}/thumbnail", 256),
    (f"{INSTANCE}/thumbnail", 256),
    (f"{INSTANCE}/rendered", 4096),
    (f"{INSTANCE}/frames/1/rendered", 4096),
    (f"{INSTANCE}/rendered?window=16,32,linear", 4096),
    (f"{INSTANCE}/rendered?window=nonsense", 4096),
]


def test_pictures_are_drawn(filled: Archive) -> None:
    for path, largest in PICTURES:
        answer = filled.get(path)
        assert answer.mimetype == "image/png", path
        assert max(Image.open(io.BytesIO(answer.data)).size) <= largest, path


def test_a_window_changes_the_picture(filled: Archive) -> None:
    wide, narrow = (
        filled.get(f"{INSTANCE}/rendered?window={window}").data for window in ("4000,9000", "100,10")
    )
    assert wide != narrow


def test_long_values_are_bulk_data_and_documents_run_nowhere(filled: Archive) -> None:
    document = b"%PDF-1.7" + b"x" * 70_000
    ds = dicom.image(
        StudyInstanceUID="1.2.8", SeriesInstanceUID="1.2.8.1", SOPInstanceUID="1.2.8.1.1", PixelData=None,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1", EncapsulatedDocument=document, Modality="DOC",
    )  # fmt: skip
    filled.take(filled.mine, dicom.encoded(ds))
    address = "/studies/1.2.8/series/1.2.8.1/instances/1.2.8.1.1"
    (row,) = filled.get(f"{address}/metadata").json
    answer = filled.get(row["00420011"]["BulkDataURI"].removeprefix("/dicomweb"))
    assert (answer.data, answer.mimetype) == (document, "application/pdf")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert filled.get(f"{address}/rendered").data == document
    assert filled.get(f"{address}/bulkdata/00100010").status_code == 404
    assert filled.get(f"{address}/bulkdata/../../x").status_code == 404


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", ["petct-lung", "compressed", "xray-mammo", "ultrasound-colour", "enhanced-multiframe"]
)
def test_first_frames_of_real_images_are_those_of_the_file(archive: Archive, name: str) -> None:
    """Taken through /frames/ and decoded, they equal what is read from the file directly."""
    files = [path for path in sorted(dicom.shared_folder(f"dicom/{name}").rglob("*")) if path.is_file()]
    report = archive.take(archive.mine, *(path.read_bytes() for path in files), vouch="test data")
    assert sum(compare(archive, taken) for taken in report.files)
