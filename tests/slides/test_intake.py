"""Slides arriving: told by their content, kept whole, and what is missing named."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from mdtapp.imaging.slide_reader import SlidePool, SlideReader
from mdtapp.materials.recognition import recognise
from mdtapp.materials.status import FileKind, MaterialKind, MaterialStatus
from tests.imaging import dicom
from tests.slides import made
from tests.slides.conftest import Take

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.imaging.intake import Report
    from mdtapp.materials.models import Material

JPEG = b"\xff\xd8\xff\xe0...."


def outcomes(report: Report) -> dict[str, tuple[str, str]]:
    """File name to outcome and kind."""
    return {Path(taken.path).name: (str(taken.outcome), str(taken.kind)) for taken in report.files}


def reason_of(report: Report, name: str) -> str:
    return next(taken.reason.en for taken in report.files if Path(taken.path).name == name)


def materials(app: Flask) -> list[Material]:
    from mdtapp.materials.models import Material
    from mdtapp.store.db import session

    with app.app_context():
        return list(session.scalars(select(Material).order_by(Material.number)))


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (JPEG, "core.mrxs", FileKind.SLIDE),
        (b"\x89PNG\r\n\x1a\n....", "disc/core.MRXS", FileKind.SLIDE),
        (b"just words", "core.mrxs", FileKind.TEXT),
        (JPEG, "core.jpg", FileKind.PICTURE),
        (made.MIRAX_INI.encode(), "core/Slidedat.ini", FileKind.SLIDE_PART),
        (b"\xef\xbb\xbf" + made.MIRAX_INI.encode(), "Slidedat.ini", FileKind.SLIDE_PART),
        (b"[GENERAL]\nname = other\n", "Slidedat.ini", FileKind.TEXT),
        (f"01.02{made.SLIDE_ID}".encode() + b"\0" * 40, "Index.dat", FileKind.SLIDE_PART),
        (b"\x00\x01\x02\xfe\xff", "Index.dat", FileKind.UNKNOWN),
        (b"\x00\x01\x02\xfe\xff", "Data0012.dat", FileKind.SLIDE_PART),
        (b"MZ\x90\0 program", "Data0012.dat", FileKind.PROGRAM),
        (b"\x00\x01\x02\xfe\xff", "Data.dat", FileKind.UNKNOWN),
    ],
)
def test_pieces_are_told_by_name_and_content(
    tmp_path: Path, content: bytes, name: str, kind: FileKind
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert recognise(path, name).kind is kind


def test_a_tiled_pyramid_is_a_slide_and_a_small_picture_stays_one(
    app: Flask, take: Take, case_no: str, slide: Path, tmp_path: Path
) -> None:
    made.tissue(300, 200).save(tmp_path / "photo.tif")
    made.tiff(tmp_path / "tiled photo.tif", [made.tissue(300, 200)])
    report = take(case_no, slide, tmp_path / "photo.tif", tmp_path / "tiled photo.tif")
    assert outcomes(report) == {
        "block A1.tif": ("accepted", "slide"),
        "photo.tif": ("accepted", "picture"),
        "tiled photo.tif": ("accepted", "picture"),
    }
    assert [(one.kind, one.file_kind) for one in materials(app)] == [
        (MaterialKind.SLIDES, FileKind.SLIDE),
        (MaterialKind.PHOTO, FileKind.PICTURE),
        (MaterialKind.PHOTO, FileKind.PICTURE),
    ]


@pytest.mark.parametrize("way", ["file", "folder", "zip"])
def test_the_shared_slides_arrive_by_every_way(take: Take, case_no: str, tmp_path: Path, way: str) -> None:
    folder = dicom.shared_folder("slides")
    files = sorted(path for path in folder.iterdir() if path.suffix in {".svs", ".tiff"})
    paths = {"file": files, "folder": [folder], "zip": [tmp_path / "slides.zip"]}[way]
    if way == "zip":
        with zipfile.ZipFile(paths[0], "w") as packed:
            for path in files:
                packed.write(path, path.name)
    found = outcomes(take(case_no, *paths))
    assert {found[path.name] for path in files} == {("accepted", "slide")}
    assert len(files) == 2


@pytest.mark.parametrize("keep", [0.05, 0.5, 0.98])
def test_a_slide_cut_short_is_kept_aside_with_a_sentence(
    take: Take, case_no: str, svs: Path, tmp_path: Path, keep: float
) -> None:
    content = svs.read_bytes()
    (tmp_path / "cut.svs").write_bytes(content[: int(len(content) * keep)])
    report = take(case_no, tmp_path / "cut.svs")
    assert outcomes(report)["cut.svs"][0] == "contained"
    assert "ends too early" in reason_of(report, "cut.svs")


def test_a_slide_that_lost_its_end_is_kept_as_poor(
    app: Flask, take: Take, case_no: str, tmp_path: Path
) -> None:
    report = take(case_no, made.lacking(tmp_path / "lacking.tif"))
    assert outcomes(report)["lacking.tif"] == ("accepted", "slide")
    assert "ends too early" in reason_of(report, "lacking.tif")
    assert materials(app)[0].status is MaterialStatus.RECEIVED_POOR


@pytest.mark.parametrize("make", [made.huge, made.endless])
def test_a_hostile_slide_ends_in_a_sentence_and_the_next_one_is_read(
    take: Take, case_no: str, slide: Path, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    report = take(case_no, make(tmp_path / "hostile.svs"), slide)
    found = outcomes(report)
    assert found["hostile.svs"][0] == "contained"
    assert reason_of(report, "hostile.svs")
    assert found["block A1.tif"] == ("accepted", "slide")


def test_a_tile_that_ends_the_child_is_a_refusal_and_the_next_answer_comes(
    tmp_path: Path, slide: Path
) -> None:
    with SlideReader() as reader:
        assert reader.describe(slide) is not None
        first = reader.pid
        refused = reader.tile(made.huge(tmp_path / "huge.tif"), 0, 0, 0)
        assert not isinstance(refused, bytes)
        assert refused.reason.text.en
        assert isinstance(reader.tile(slide, 0, 0, 0), bytes)
        assert reader.pid is not None
        assert first != reader.pid or refused.reason.code != "reader_died"


def test_the_child_has_no_secrets_and_cannot_write(slide: Path) -> None:
    os.environ["MDTAPP_PROBE"] = "secret"
    try:
        with SlideReader() as reader:
            reader.describe(slide)
            environment = Path(f"/proc/{reader.pid}/environ").read_bytes()
            limits = Path(f"/proc/{reader.pid}/limits").read_text()
    finally:
        del os.environ["MDTAPP_PROBE"]
    assert b"secret" not in environment
    assert any(line.split()[:4] == ["Max", "file", "size", "0"] for line in limits.splitlines())


# MIRAX


@pytest.mark.parametrize("way", ["folder", "zip"])
def test_a_slide_of_several_files_stays_together(
    app: Flask, take: Take, case_no: str, tmp_path: Path, way: str
) -> None:
    source = tmp_path / "disc"
    made.mirax(source)
    given = source
    if way == "zip":
        given = tmp_path / "disc.zip"
        with zipfile.ZipFile(given, "w") as packed:
            for path in sorted(source.rglob("*"), reverse=True):
                if path.is_file():
                    packed.write(path, path.relative_to(source).as_posix())
    report = take(case_no, given)
    found = outcomes(report)
    assert found["core.mrxs"] == ("accepted", "slide")
    assert {found[name] for name in ("Slidedat.ini", "Index.dat", "Data0000.dat", "Data0001.dat")} == {
        ("accepted", "slide_part")
    }
    assert [(one.title, one.status) for one in materials(app)] == [("core", MaterialStatus.RECEIVED)]
    assert reason_of(report, "core.mrxs") == ""


@pytest.mark.parametrize("lost", ["Slidedat.ini", "Index.dat", "Data0001.dat"])
def test_missing_pieces_are_named(app: Flask, take: Take, case_no: str, tmp_path: Path, lost: str) -> None:
    made.mirax(tmp_path / "disc")
    (tmp_path / "disc" / "core" / lost).unlink()
    report = take(case_no, tmp_path / "disc")
    assert outcomes(report)["core.mrxs"] == ("accepted", "slide")
    assert reason_of(report, "core.mrxs").endswith(f"Missing: {lost}.")
    assert materials(app)[0].status is MaterialStatus.RECEIVED_POOR


def test_an_index_that_names_files_elsewhere_is_not_followed(
    take: Take, case_no: str, tmp_path: Path
) -> None:
    ini = made.MIRAX_INI.replace("FILE_1 = Data0001.dat", "FILE_1 = ../../../objects/secret")
    made.mirax(tmp_path / "disc", ini=ini)
    report = take(case_no, tmp_path / "disc")
    assert outcomes(report)["core.mrxs"][0] == "contained"


def test_readers_are_lent_one_to_each_question(slide: Path) -> None:
    pool = SlidePool(children=2)
    try:
        inside: list[Any] = []
        pool.ask(lambda first: inside.append(pool.ask(lambda second: first is not second)))
        assert inside == [True]
        assert isinstance(pool.ask(lambda reader: reader.thumbnail(slide)), bytes)
    finally:
        pool.close()
