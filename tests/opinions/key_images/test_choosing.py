"""A key image is chosen, shown to whom it may be, taken back; and it is a Key Object in the case."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pydicom
import pytest
from PIL import Image

from tests.opinions.inputs.bench import Bench
from tests.opinions.key_images.conftest import NOTE, choose, instance_id
from tests.situations import events


def page(bench: Bench, who: str = "radiologist") -> str:
    return bench.browser(who).get(f"/cases/{bench.case_no}/key-images").text


def test_a_chosen_image_is_shown_with_its_words_and_its_origin(bench: Bench) -> None:
    stack = bench.browser("radiologist").get(f"/cases/{bench.case_no}/materials").text
    assert "imaging" in stack or "DICOM" in stack
    asked = bench.browser("radiologist").get(
        f"/cases/{bench.case_no}/key-images/new?instance={instance_id(bench)}&frame=1"
    )
    assert asked.status_code == 200
    assert choose(bench).status_code == 302
    shown = page(bench)
    assert "The mass." in shown
    assert "CT · 2026-10-20 · series 4, image 27" in shown
    (address,) = re.findall(r'src="(/cases/[^"]+/key-images/\d+\.jpg)"', shown)
    picture = bench.browser("radiologist").get(address)
    assert Image.open(io.BytesIO(picture.data)).format == "JPEG"
    (event,) = events(bench.app, "image:chosen")
    assert event.detail["frame"] == 1


@pytest.mark.both_databases
def test_it_is_a_key_object_of_the_case_for_other_systems(bench: Bench) -> None:
    choose(bench)
    rows: Any = bench.browser("radiologist").get("/dicomweb/studies/1.2.3/series?Modality=KO").json
    (row,) = rows
    series = row["0020000E"]["Value"][0]
    (instance,) = bench.browser("radiologist").get(f"/dicomweb/studies/1.2.3/series/{series}/instances").json  # type: ignore[misc]
    answer = bench.browser("radiologist").get(
        f"/dicomweb/studies/1.2.3/series/{series}/instances/{instance['00080018']['Value'][0]}",
        headers={"Accept": "application/dicom"},
    )
    ds = pydicom.dcmread(io.BytesIO(answer.data))
    assert ds.ConceptNameCodeSequence[0].CodeValue == "113005"
    note, image = ds.ContentSequence
    assert note.TextValue == "The mass."
    assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.2.3.4.1"


def test_others_see_it_when_they_see_its_author_s_input(bench: Bench) -> None:
    choose(bench)
    assert "The mass." not in page(bench, "surgeon")
    (address,) = re.findall(r'src="(/cases/[^"]+/key-images/\d+\.jpg)"', page(bench))
    assert bench.browser("surgeon").get(address).status_code == 403
    bench.signed("surgeon")
    assert "The mass." in page(bench, "surgeon")
    assert bench.browser("surgeon").get(address).status_code == 200


def test_what_colleagues_made_of_the_images_opens_with_their_inputs(bench: Bench) -> None:
    """Key objects, measurements and exports, as pages and as DICOMweb: nothing before one has signed."""
    choose(bench)
    study = "/dicomweb/studies/1.2.3"

    def seen(who: str) -> list[str]:
        rows: Any = bench.browser(who).get(f"{study}/series").json
        return [row["00080060"]["Value"][0] for row in rows]

    assert seen("radiologist") == ["CT", "KO"]
    assert seen("surgeon") == ["CT"]
    rows: Any = bench.browser("radiologist").get(f"{study}/series?Modality=KO").json
    series = f"{study}/series/{rows[0]['0020000E']['Value'][0]}"
    found: Any = bench.browser("radiologist").get(f"{series}/instances").json
    instance = f"{series}/instances/{found[0]['00080018']['Value'][0]}"
    for address in (f"{series}/metadata", f"{series}/instances", instance, f"{instance}/metadata", series):
        assert bench.browser("surgeon").get(address).status_code == 404, address
        assert bench.browser("radiologist").get(address).status_code == 200, address
    assert "The mass." not in bench.browser("surgeon").get(f"{study}/metadata").text
    assert b"The mass." not in bench.browser("surgeon").get(study).data
    pages = f"/cases/{bench.case_no}"
    material = next(
        number
        for number in re.findall(
            rf'{pages}/materials/(\d+)"', bench.browser("surgeon").get(f"{pages}/materials").text
        )
        if "preview.png" in bench.browser("radiologist").get(f"{pages}/materials/{number}").text
    )
    stacked = bench.browser("radiologist").get(f"{pages}/materials/{material}").text
    assert "Key image for the conference" in stacked
    previews = re.findall(r'src="([^"]+preview\.png)"', stacked)
    assert "Key image for" not in bench.browser("surgeon").get(f"{pages}/materials/{material}").text
    told = {"Accept": "application/json"}
    unknown = bench.browser("surgeon").get(f"{pages}/imaging/series/99999/preview.png", headers=told).data
    closed = [bench.browser("surgeon").get(one, headers=told).data == unknown for one in previews]
    assert closed.count(True) == 1  # the pictures of the images are there, the colleague's series is not
    bench.signed("surgeon")
    assert seen("surgeon") == ["CT", "KO"]
    assert bench.browser("surgeon").get(instance).status_code == 200


def test_pointing_again_replaces_the_words(bench: Bench) -> None:
    choose(bench)
    choose(bench, note_en="Another word.", note_zh="另一说法。")
    shown = page(bench)
    assert "Another word." in shown
    assert "The mass." not in shown


def test_whoever_chose_it_takes_it_back(bench: Bench) -> None:
    choose(bench)
    bench.signed("surgeon")
    (number,) = set(re.findall(r"/key-images/(\d+)\.jpg", page(bench)))
    action = f"/cases/{bench.case_no}/key-images/{number}/withdraw"
    refused = bench.browser("surgeon").post(
        action, data={"csrf_token": bench.browser("surgeon").csrf_token("/account")}
    )
    assert refused.status_code == 403
    browser = bench.browser("radiologist")
    assert browser.post(action, data={"csrf_token": browser.csrf_token("/account")}).status_code == 302
    assert "The mass." not in page(bench)
    assert len(events(bench.app, "image:withdrawn")) == 1


REFUSED: list[tuple[dict[str, str], int, str]] = [
    ({"note_zh": ""}, 422, "both languages"),
    ({"note_en": ""}, 422, "both languages"),
    ({"frame": "2"}, 404, ""),
    ({"frame": "²"}, 404, ""),
    ({"instance": "999999"}, 404, ""),
    ({"instance": "x"}, 404, ""),
    ({"note_en": "x" * 500}, 422, ""),
]


def test_what_cannot_be_chosen_is_refused(bench: Bench) -> None:
    for changed, status, words in REFUSED:
        answer = choose(bench, **changed)
        assert answer.status_code == status, changed
        assert words in answer.text, changed
    assert "The mass." not in page(bench)


def test_a_coordinator_chooses_none(bench: Bench) -> None:
    assert choose(bench, "coordinator").status_code == 403


def test_an_image_that_cannot_be_drawn_is_refused_with_a_sentence(bench: Bench, tmp_path: Path) -> None:
    from tests.imaging import dicom
    from tests.opinions.key_images.conftest import CT

    (tmp_path / "again").mkdir()
    broken = dicom.image(**{**CT, "SOPInstanceUID": "1.2.3.4.2", "PixelData": None})
    bench.receive_images(tmp_path / "again", dicom.encoded(broken))
    answer = choose(bench, instance=str(instance_id(bench, "1.2.3.4.2")))
    assert answer.status_code == 422
    assert "no preview" in answer.text


def test_in_the_pane_beside_the_viewer_it_stands_alone(bench: Bench) -> None:
    """From the image the viewer shows to the list of what is chosen, without the rest of the site around it."""
    browser = bench.browser("radiologist")
    shown = {"study": "1.2.3", "series": "1.2.3.4", "instance": "1.2.3.4.1", "frame": "1"}
    form = browser.get("/viewer/key-image", query_string=shown)
    assert form.status_code == 302
    page = browser.get(form.location)
    assert (page.status_code, "CT · 2026-10-20 · series 4, image 27" in page.text) == (200, True)
    assert 'class="rail"' not in page.text
    refused = browser.submit(
        form.location, {"note_en": "Alone."}, action=f"/cases/{bench.case_no}/key-images?bare=1"
    )
    assert (refused.status_code, "both languages" in refused.text) == (422, True)
    assert 'class="rail"' not in refused.text
    done = browser.submit(form.location, NOTE, action=f"/cases/{bench.case_no}/key-images?bare=1")
    listed = browser.get(done.location).text
    assert "The key image is chosen" in listed
    assert "The mass." in listed
    assert 'class="rail"' not in listed
    for changed in ({"frame": "2"}, {"frame": "x"}):
        answer = browser.get("/viewer/key-image", query_string=shown | changed, follow_redirects=True)
        assert answer.status_code == 404, changed
    for changed in ({"instance": "1.2.9"}, {"study": ""}, {"series": "'"}):
        assert browser.get("/viewer/key-image", query_string=shown | changed).status_code == 404, changed
