"""What is served of a slide, to whom, and that it is what the slide holds."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openslide
import pytest
from openslide.deepzoom import DeepZoomGenerator
from PIL import Image, ImageChops, ImageStat

from tests.conftest import Person, add_person, sign_in
from tests.imaging import dicom
from tests.situations import events
from tests.slides import made
from tests.slides.conftest import Take

if TYPE_CHECKING:
    from flask import Flask

NewCase = Callable[..., str]
RECTANGLE = [[10, 10], [200, 10], [200, 120], [10, 120]]


def address(case_no: str, slide_no: str = "1", rest: str = "") -> str:
    return f"/cases/{case_no}/slides/{slide_no}{rest}"


def description(person: Person, case_no: str, slide_no: str = "1") -> dict[str, Any]:
    answer = person.get(address(case_no, slide_no, "/description.json"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def tile_at(person: Person, about: dict[str, Any], level: int, column: int, row: int) -> Image.Image:
    answer = person.get(about["tiles"].format(level=level, column=column, row=row))
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("image/")
    return Image.open(io.BytesIO(answer.data)).convert("RGB")


def as_sent(image: Image.Image) -> Image.Image:
    """The picture after the same compression."""
    stream = io.BytesIO()
    image.info.pop("icc_profile", None)
    image.save(stream, "JPEG", quality=85)
    return Image.open(stream).convert("RGB")


def draw(
    person: Person, case_no: str, name: str = "Front", outline: Any = RECTANGLE, slide_no: str = "1"
) -> Any:
    return person.post(
        address(case_no, slide_no, "/regions"),
        data={
            "csrf_token": person.csrf_token("/account"),
            "name": name,
            "outline": outline if isinstance(outline, str) else json.dumps(outline),
        },
        headers={"Accept": "application/json"},
    )


@pytest.fixture
def pathologist_here(app: Flask, clock: Any, case_no: str) -> Person:
    """A second specialist on the panel of the case."""
    from mdtapp.audit.trail import SystemActor
    from mdtapp.cases import operations
    from mdtapp.cases.models import MemberRole
    from mdtapp.cases.queries import find_case
    from mdtapp.people.queries import get_person
    from mdtapp.store.db import unit_of_work

    user_id = add_person(app, "pathologist", at=clock.now())
    with app.app_context(), unit_of_work():
        case = find_case(case_no)
        assert case is not None
        operations.add_member(
            actor=SystemActor("tests"),
            at=clock.now(),
            case=case,
            user=get_person(user_id),
            role=MemberRole.AUTHOR,
            discipline="pathology",
        )
    return sign_in(app, "pathologist", user_id)


# Pixels


def test_every_tile_of_the_svs_is_what_openslide_reads(
    take: Take, case_no: str, radiologist: Person, svs: Path
) -> None:
    take(case_no, svs)
    about = description(radiologist, case_no)
    assert (about["width"], about["height"]) == (2220, 2967)
    assert (about["mpp_x"], about["objective"]) == (0.499, 20)
    with openslide.OpenSlide(svs) as file:
        peer = DeepZoomGenerator(file, tile_size=256, overlap=0)
        lowest = peer.level_count - len(about["levels"])
        for number, level in enumerate(about["levels"]):
            assert (level["width"], level["height"]) == peer.level_dimensions[lowest + number]
            places = [
                (0, 0),
                (level["columns"] - 1, level["rows"] - 1),
                (level["columns"] // 2, level["rows"] // 2),
            ]
            for column, row in places:
                expected = as_sent(peer.get_tile(lowest + number, (column, row)))
                served = tile_at(radiologist, about, number, column, row)
                assert ImageChops.difference(served, expected).getbbox() is None
        top = len(about["levels"]) - 1
        region = file.read_region((3 * 256, 2 * 256), 0, (256, 256)).convert("RGB")
        assert (
            ImageChops.difference(tile_at(radiologist, about, top, 3, 2), as_sent(region)).getbbox() is None
        )


def test_a_slide_of_several_files_is_shown(
    take: Take, case_no: str, radiologist: Person, tmp_path: Path
) -> None:
    path = made.mirax(tmp_path / "disc")
    take(case_no, tmp_path / "disc")
    about = description(radiologist, case_no)
    assert (about["mpp_x"], about["objective"]) == (0.25, 40)
    with openslide.OpenSlide(path) as file:
        region = file.read_region((256, 256), 0, (256, 256)).convert("RGB")
    served = tile_at(radiologist, about, len(about["levels"]) - 1, 1, 1)
    assert ImageChops.difference(served, as_sent(region)).getbbox() is None


def test_an_ndpi_is_a_slide_whose_glass_is_the_coordinators(
    take: Take, case_no: str, radiologist: Person, tmp_path: Path
) -> None:
    glass = (made.tissue(120, 60), -1.0)
    path = made.ndpi(
        tmp_path / "block.ndpi", [(made.tissue(700, 600), 20), (made.tissue(350, 300), 10), glass]
    )
    (taken,) = take(case_no, path).files
    assert (str(taken.outcome), str(taken.kind)) == ("accepted", "slide")
    about = description(radiologist, case_no)
    assert (about["width"], about["height"], about["mpp_x"], about["objective"]) == (700, 600, 0.5, 20)
    with openslide.OpenSlide(path) as file:
        assert file.properties["openslide.vendor"] == "hamamatsu"
        region = file.read_region((256, 256), 0, (256, 256)).convert("RGB")
    served = tile_at(radiologist, about, len(about["levels"]) - 1, 1, 1)
    assert ImageChops.difference(served, as_sent(region)).getbbox() is None
    assert radiologist.get(address(case_no, rest="/pictures/macro.jpeg")).status_code == 403


def test_pieces_that_come_later_complete_the_slide(
    take: Take, case_no: str, radiologist: Person, tmp_path: Path
) -> None:
    made.mirax(tmp_path / "disc")
    lost = tmp_path / "disc" / "core" / "Data0001.dat"
    content = lost.read_bytes()
    lost.unlink()
    take(case_no, tmp_path / "disc")
    refused = radiologist.get(
        address(case_no, rest="/description.json"), headers={"Accept": "application/json"}
    )
    assert refused.status_code == 404
    assert "Missing: Data0001.dat" in refused.get_json()["error"]
    page = radiologist.get(address(case_no))
    assert page.status_code == 200
    assert "Missing: Data0001.dat" in page.text
    lost.write_bytes(content)
    take(case_no, tmp_path / "disc")
    assert description(radiologist, case_no)["width"] == 512


def test_a_slide_without_spacing_says_none(
    take: Take, case_no: str, radiologist: Person, tmp_path: Path
) -> None:
    made.tiff(tmp_path / "a.tif", [made.tissue(600, 400), made.tissue(300, 200)])
    take(case_no, tmp_path / "a.tif")
    about = description(radiologist, case_no)
    assert (about["mpp_x"], about["mpp_y"], about["objective"]) == (None, None, None)


def test_a_missing_tile_is_a_sentence_and_the_others_are_sent(
    take: Take, case_no: str, radiologist: Person, tmp_path: Path
) -> None:
    take(case_no, made.lacking(tmp_path / "lacking.tif"))
    about = description(radiologist, case_no)
    top = len(about["levels"]) - 1
    lost = radiologist.get(about["tiles"].format(level=top, column=2, row=1))
    assert lost.status_code == 404
    assert "damaged" in lost.text
    assert tile_at(radiologist, about, top, 0, 0).size == (256, 256)
    assert "damaged" in radiologist.get(address(case_no)).text


@pytest.mark.parametrize(
    ("level", "column", "row"), [(99, 0, 0), (0, 99, 0), (0, 0, 99), (10**12, 10**12, 0)]
)
def test_a_tile_outside_the_slide_is_not_there(
    take: Take, case_no: str, radiologist: Person, slide: Path, level: int, column: int, row: int
) -> None:
    take(case_no, slide)
    about = description(radiologist, case_no)
    answer = radiologist.get(about["tiles"].format(level=level, column=column, row=row))
    assert answer.status_code == 404


def test_tiles_may_be_kept_by_the_browser_of_this_person_only(
    take: Take, case_no: str, radiologist: Person, slide: Path
) -> None:
    take(case_no, slide)
    there = description(radiologist, case_no)["tiles"].format(level=0, column=0, row=0)
    first = radiologist.get(there)
    assert first.headers["Cache-Control"] == "private, max-age=3600"
    again = radiologist.get(there, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


# Access


PARTS = ("", "/description.json", "/tiles/0/0_0.jpeg", "/thumbnail.jpeg", "/pictures/label.jpeg")


def test_a_forbidden_slide_is_like_an_unknown_one(
    take: Take, case_no: str, new_case: NewCase, radiologist: Person, coordinator: Person, slide: Path
) -> None:
    other = new_case()
    take(other, slide)
    take(case_no, slide)
    for part in PARTS[:4]:
        forbidden = radiologist.get(address(other, rest=part))
        unknown = radiologist.get(address("MDT-2026-9999", rest=part))
        missing = radiologist.get(address(case_no, "77", part))
        assert (forbidden.status_code, unknown.status_code, missing.status_code) == (404, 404, 404)
        assert forbidden.text.replace(other, "") == unknown.text.replace("MDT-2026-9999", "")
    for odd in ("0", "1.5", "x", "1.", "99999999999", "1.99999999999999999999", "²"):
        assert coordinator.get(address(case_no, odd)).status_code == 404


def test_label_and_glass_are_the_coordinators(
    take: Take, case_no: str, coordinator: Person, radiologist: Person, svs: Path
) -> None:
    take(case_no, svs)
    label = coordinator.get(address(case_no, rest="/pictures/label.jpeg"))
    assert label.status_code == 200
    assert label.headers["Cache-Control"] == "no-store"
    with openslide.OpenSlide(svs) as file:
        shown = as_sent(file.associated_images["label"].convert("RGB"))
    assert ImageChops.difference(Image.open(io.BytesIO(label.data)).convert("RGB"), shown).getbbox() is None
    assert "/pictures/label.jpeg" in coordinator.get(address(case_no)).text
    for name in ("label", "macro"):
        assert radiologist.get(address(case_no, rest=f"/pictures/{name}.jpeg")).status_code == 403
    assert "/pictures/" not in radiologist.get(address(case_no)).text
    assert radiologist.get(f"/cases/{case_no}/materials/1/content?save=1").status_code == 403
    assert coordinator.get(f"/cases/{case_no}/materials/1/content?save=1").data == svs.read_bytes()
    assert coordinator.get(address(case_no, rest="/pictures/thumbnail.jpeg")).status_code == 404


def test_nothing_of_the_label_stands_in_what_a_specialist_gets(
    take: Take, case_no: str, radiologist: Person, svs: Path
) -> None:
    take(case_no, svs)
    assert set(description(radiologist, case_no)) == {
        "width", "height", "levels", "mpp_x", "mpp_y", "objective", "cut_short", "tiles", "regions",
    }  # fmt: skip
    assert "1004486" not in radiologist.get(address(case_no)).text  # the number the scanner gave it


def test_opening_a_slide_is_recorded_once(
    app: Flask, take: Take, case_no: str, radiologist: Person, slide: Path
) -> None:
    take(case_no, slide)
    for _ in range(2):
        assert radiologist.get(address(case_no)).status_code == 200
    assert len(events(app, "material:opened")) == 1


def test_the_material_leads_to_its_slide(
    take: Take, case_no: str, coordinator: Person, radiologist: Person, slide: Path
) -> None:
    take(case_no, slide)
    there = radiologist.get(f"/cases/{case_no}/materials/1?bare=1&region=2")
    assert there.status_code == 302
    assert there.location == address(case_no) + "?bare=1"  # no such region
    about = coordinator.get(f"/cases/{case_no}/materials/1?about=1")
    assert about.status_code == 200
    listed = radiologist.get(f"/cases/{case_no}/materials").text
    assert address(case_no, rest="/thumbnail.jpeg") in listed
    small = Image.open(io.BytesIO(radiologist.get(address(case_no, rest="/thumbnail.jpeg")).data))
    assert max(small.size) == 512


# Regions


def test_a_region_is_kept_numbered_and_found_again(
    app: Flask, take: Take, case_no: str, radiologist: Person, slide: Path
) -> None:
    take(case_no, slide)
    first, second = (
        draw(radiologist, case_no),
        draw(radiologist, case_no, "Necrosis", [[1, 1], [50, 1], [9, 40]]),
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert [answer.get_json()["number"] for answer in (first, second)] == [1, 2]
    regions = description(radiologist, case_no)["regions"]
    assert [(one["name"], one["outline"]) for one in regions] == [
        ("Front", RECTANGLE),
        ("Necrosis", [[1, 1], [50, 1], [9, 40]]),
    ]
    there = radiologist.get(f"/cases/{case_no}/materials/1?region=2")
    assert there.location == address(case_no) + "?region=2"
    drawn = events(app, "region:drawn")
    assert [one.detail["number"] for one in drawn] == [1, 2]
    assert "Necrosis" not in json.dumps([one.detail for one in drawn])


@pytest.mark.parametrize(
    "outline",
    [
        [[10, 10], [20, 10]],
        [[10, 10], [2000, 10], [20, 30]],
        [[-1, 10], [20, 10], [20, 30]],
        [[10, 10], [20, 20], [30, 30]],
        [[10, 10], [20.5, 10], [20, 30]],
        [[10, 10], [True, 10], [20, 30]],
        [[10, 10], [10**30, 10], [20, 30]],
        [[10, 10, 3], [20, 10], [20, 30]],
        [[1, 1]] * 600,
        {"a": 1},
        "not json",
        "[" * 5000,
        "",
    ],
)
def test_an_outline_that_is_none_is_refused_with_a_sentence(
    take: Take, case_no: str, radiologist: Person, slide: Path, outline: Any
) -> None:
    take(case_no, slide)
    refused = draw(radiologist, case_no, outline=outline)
    assert refused.status_code == 422
    assert refused.get_json()["error"]
    assert description(radiologist, case_no)["regions"] == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "bad\u202ename"])
def test_a_region_needs_a_name(take: Take, case_no: str, radiologist: Person, slide: Path, name: str) -> None:
    take(case_no, slide)
    refused = draw(radiologist, case_no, name)
    assert refused.status_code == 422
    assert "name" in refused.get_json()["fields"]


def test_a_region_is_taken_away_by_whoever_drew_it_and_what_cites_it_still_finds_it(
    app: Flask, take: Take, case_no: str, radiologist: Person, pathologist_here: Person, slide: Path
) -> None:
    take(case_no, slide)
    draw(radiologist, case_no)
    away = address(case_no, rest="/regions/1/withdraw")
    sent = {"headers": {"Accept": "application/json"}}
    refused = pathologist_here.post(
        away, data={"csrf_token": pathologist_here.csrf_token("/account")}, **sent
    )
    assert refused.status_code == 403
    for _ in range(2):
        done = radiologist.post(away, data={"csrf_token": radiologist.csrf_token("/account")}, **sent)
        assert done.status_code == 200
    assert description(radiologist, case_no)["regions"] == []
    open_to_all(app, case_no)
    cited = pathologist_here.get(address(case_no, rest="/description.json?region=1")).get_json()["regions"]
    assert [(one["number"], one["withdrawn"]) for one in cited] == [(1, True)]
    assert len(events(app, "region:withdrawn")) == 1
    assert draw(radiologist, case_no).get_json()["number"] == 2
    missing = radiologist.post(
        address(case_no, rest="/regions/99999999999/withdraw"),
        data={"csrf_token": radiologist.csrf_token("/account")},
        **sent,
    )
    assert missing.status_code == 404


def test_a_region_opens_to_colleagues_with_its_author_s_input(
    app: Flask, take: Take, case_no: str, radiologist: Person, pathologist_here: Person, slide: Path
) -> None:
    """What a region is called says what its author sees."""
    take(case_no, slide)
    draw(radiologist, case_no)
    pages = ("", "/description.json", "/description.json?region=1")
    assert "Front" in radiologist.get(address(case_no)).text
    for page in pages:
        assert "Front" not in pathologist_here.get(address(case_no, rest=page)).text, page
    open_to_all(app, case_no)
    for page in pages:
        assert "Front" in pathologist_here.get(address(case_no, rest=page)).text, page


def open_to_all(app: Flask, case_no: str) -> None:
    """As when the chair lifts independence."""
    from mdtapp.cases.queries import find_case
    from mdtapp.store.db import unit_of_work

    with app.app_context(), unit_of_work():
        case = find_case(case_no)
        assert case is not None
        case.independence_lifted = True


def test_who_only_reads_draws_nothing(
    take: Take, case_no: str, coordinator: Person, new_case: NewCase, radiologist: Person, slide: Path
) -> None:
    take(case_no, slide)
    assert draw(coordinator, case_no).status_code == 403
    other = new_case()
    take(other, slide)
    assert draw(radiologist, other).status_code == 404


# DICOM


def test_dicom_tiles_are_the_frames_as_stored(
    take: Take, case_no: str, radiologist: Person, coordinator: Person, wsi: Path
) -> None:
    from pydicom import dcmread
    from pydicom.encaps import generate_frames

    take(case_no, wsi)
    slides = [
        line
        for line in radiologist.get(f"/cases/{case_no}/materials").text.split('"')
        if "/slides/1." in line
    ]
    slide_no = slides[0].split("/")[4]
    about = description(radiologist, case_no, slide_no)
    assert (about["width"], about["height"], about["objective"]) == (2220, 2967, None)
    assert about["mpp_x"] == pytest.approx(0.499)
    assert not about["cut_short"]
    assert [level["width"] for level in about["levels"]] == [139, 278, 555, 1110, 2220]
    for number, level in enumerate(about["levels"]):
        ds = dcmread(wsi / f"volume_{level['width']}x{level['height']}.dcm")
        frames = list(generate_frames(ds.PixelData, number_of_frames=int(ds.NumberOfFrames)))
        for at, frame in enumerate(frames):
            row, column = divmod(at, level["columns"])
            there = about["tiles"].format(level=number, column=column, row=row)
            assert radiologist.get(there).data == frame
    whole = tile_at(radiologist, about, 0, 0, 0).crop((0, 0, 139, 186))
    with openslide.OpenSlide(wsi.parents[2] / "slides" / "CMU-1-Small-Region.svs") as file:
        same = file.get_thumbnail((139, 186)).convert("RGB")  # what the pyramid was made from
    difference = ImageStat.Stat(ImageChops.difference(whole, same.resize(whole.size)))
    assert max(difference.mean) < 12
    assert radiologist.get(address(case_no, slide_no, "/pictures/label.jpeg")).status_code == 403
    label = coordinator.get(address(case_no, slide_no, "/pictures/label.jpeg"))
    assert Image.open(io.BytesIO(label.data)).size == (387, 463)
    small = radiologist.get(address(case_no, slide_no, "/thumbnail.jpeg"))
    assert Image.open(io.BytesIO(small.data)).size == (574, 768)


def test_labels_are_not_served_to_a_specialist_in_any_other_way(
    app: Flask, take: Take, case_no: str, radiologist: Person, coordinator: Person, wsi: Path
) -> None:
    from pydicom import dcmread
    from sqlalchemy import select

    from mdtapp.imaging.models import ImagingInstance
    from mdtapp.store.db import session

    take(case_no, wsi)
    label = dcmread(wsi / "label_387x463.dcm", stop_before_pixels=True)
    study = f"/dicomweb/studies/{label.StudyInstanceUID}"
    own = f"{study}/series/{label.SeriesInstanceUID}/instances/{label.SOPInstanceUID}"
    for there in (own, f"{own}/metadata", f"{own}/frames/1", f"{own}/rendered"):
        assert radiologist.get(there).status_code == 404, there
        assert coordinator.get(there, headers={"Accept": "*/*"}).status_code == 200, there
    listed = [row["00080018"]["Value"][0] for row in radiologist.get(f"{study}/instances").get_json()]
    assert len(listed) == 6  # five levels and the thumbnail
    assert label.SOPInstanceUID not in radiologist.get(f"{study}/metadata").text
    assert label.SOPInstanceUID in coordinator.get(f"{study}/metadata").text
    with app.app_context():
        query = select(ImagingInstance.id).where(ImagingInstance.sop_instance_uid == label.SOPInstanceUID)
        key = session.scalars(query).one()
    assert radiologist.get(f"/cases/{case_no}/imaging/instances/{key}/1.png").status_code == 404


@pytest.mark.parametrize("name", ["sm_image.dcm", "sm_image_grayscale.dcm", "sm_image_jpegls_nobot.dcm"])
def test_what_browsers_do_not_show_is_decoded(
    take: Take, case_no: str, radiologist: Person, name: str
) -> None:
    from pydicom import dcmread
    from pydicom.pixels import pixel_array

    path = dicom.shared_folder("dicom/wsi") / "highdicom" / name
    take(case_no, path)
    text = radiologist.get(f"/cases/{case_no}/materials").text
    slide_no = next(part for part in text.split('"') if "/slides/1." in part).split("/")[4]
    about = description(radiologist, case_no, slide_no)
    tile = tile_at(radiologist, about, 0, 2, 1)
    expected = pixel_array(dcmread(path), index=1 * about["levels"][0]["columns"] + 2)
    if name == "sm_image_grayscale.dcm":
        assert tile.size == expected.shape[::-1]
    else:
        assert (tile.tobytes(), tile.size) == (expected.tobytes(), expected.shape[1::-1])


def test_samples_without_a_mark_are_said_to_be_rgb() -> None:
    from mdtapp.slides.dicom_slide import said_to_be_rgb

    red = Image.new("RGB", (16, 16), (200, 30, 40))
    stream = io.BytesIO()
    red.save(stream, "JPEG", quality=95, keep_rgb=True)
    marked = stream.getvalue()
    at = marked.index(b"\xff\xee")
    bare = marked[:at] + marked[at + 16 :]
    shown = ImageStat.Stat(ImageChops.difference(Image.open(io.BytesIO(said_to_be_rgb(bare))), red))
    assert max(shown.mean) < 4
    assert said_to_be_rgb(marked) == marked
    plain = io.BytesIO()
    red.save(plain, "JPEG")
    assert said_to_be_rgb(plain.getvalue()) == plain.getvalue()


def test_frames_in_any_order_are_put_where_they_say(
    take: Take, case_no: str, radiologist: Person, tmp_path: Path
) -> None:
    """A sparse pyramid (PS3.3 C.8.12.6.1): the same tiles, last first, one left out."""
    from pydicom import Dataset, dcmread
    from pydicom.sequence import Sequence

    ds = dcmread(dicom.shared_folder("dicom/wsi") / "highdicom" / "sm_image.dcm")
    size, columns = ds.Rows * ds.Columns * 3, ds.TotalPixelMatrixColumns // ds.Columns
    tiles = [ds.PixelData[at * size : (at + 1) * size] for at in range(int(ds.NumberOfFrames))]
    order = [at for at in reversed(range(len(tiles))) if at != 6]
    ds.DimensionOrganizationType = "TILED_SPARSE"
    ds.PerFrameFunctionalGroupsSequence = Sequence()
    for at in order:
        position, group = Dataset(), Dataset()
        position.ColumnPositionInTotalImagePixelMatrix = at % columns * ds.Columns + 1
        position.RowPositionInTotalImagePixelMatrix = at // columns * ds.Rows + 1
        group.PlanePositionSlideSequence = Sequence([position])
        ds.PerFrameFunctionalGroupsSequence.append(group)
    ds.NumberOfFrames = len(order)
    pixels = b"".join(tiles[at] for at in order)
    ds.PixelData = pixels + b"\0" * (len(pixels) % 2)
    ds.save_as(tmp_path / "sparse.dcm")
    take(case_no, tmp_path / "sparse.dcm")
    text = radiologist.get(f"/cases/{case_no}/materials").text
    slide_no = next(part for part in text.split('"') if "/slides/1." in part).split("/")[4]
    about = description(radiologist, case_no, slide_no)
    assert tile_at(radiologist, about, 0, 3, 2).tobytes() == tiles[2 * columns + 3]
    assert radiologist.get(about["tiles"].format(level=0, column=1, row=1)).status_code == 404


def test_a_dicom_slide_that_does_not_say_how_its_tiles_lie_names_what_is_missing(
    take: Take, case_no: str, radiologist: Person, tmp_path: Path
) -> None:
    from pydicom import dcmread

    ds = dcmread(dicom.shared_folder("dicom/wsi") / "highdicom" / "sm_image.dcm")
    del ds.TotalPixelMatrixColumns
    ds.save_as(tmp_path / "lacking.dcm")
    take(case_no, tmp_path / "lacking.dcm")
    text = radiologist.get(f"/cases/{case_no}/materials").text
    slide_no = next(part for part in text.split('"') if "/slides/1." in part).split("/")[4]
    page = radiologist.get(address(case_no, slide_no))
    assert page.status_code == 200
    assert "TotalPixelMatrixColumns" in page.text
