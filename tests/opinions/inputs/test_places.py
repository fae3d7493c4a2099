"""Places in the material beside answers: how they read, where they lead, and what is refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from mdtapp.opinions.inputs.places import place_address, place_words
from tests.opinions.inputs.bench import DEMO

if TYPE_CHECKING:
    from pathlib import Path

    from tests.opinions.inputs.bench import Bench


@pytest.mark.parametrize(
    ("place", "words", "address"),
    [
        ({"material": "M2", "region": 1, "note": "Front"}, "M2 r1 Front", (2, {"region": 1})),
        ({"material": "M5", "page": 3}, "M5 p. 3", (5, {"page": 3})),
        ({"material": "M4"}, "M4", (4, {})),
        (
            {"material": "M3", "series": 4, "instance": 27, "frame": 2},
            "M3 s4 i27 f2",
            (3, {"at_series": 4, "at_instance": 27, "at_frame": 2}),
        ),
        ({"material": "M4", "region": "1"}, "M4 r1", (4, {})),
        ({"material": "M4", "page": True}, "M4 p. True", (4, {})),
        ({"material": "../x"}, "../x", None),
        ("M4", "M4", None),
        (None, "None", None),
    ],
)
def test_a_cited_place_has_words_and_where_it_can_be_an_address(place: Any, words: str, address: Any) -> None:
    assert (place_words(place), place_address(place)) == (words, address)


def test_a_place_beside_an_answer_is_kept_shown_and_taken_away(bench: Bench) -> None:
    cited = {"primary_size_mm": [{"material": "M4", "page": 2}, {"material": "M1"}]}
    sent = {"primary_size_mm": 31, "cited": json.dumps(cited)}
    assert bench.save("radiologist", sent, version=0).status_code == 302
    assert bench.stored("radiologist")["cited"] == cited
    page = bench.browser("radiologist").get(bench.url("radiologist")).text
    assert f'href="/cases/{bench.case_no}/materials/4?page=2"' in page
    review = bench.browser("radiologist").get(bench.url("radiologist", "/review")).text
    assert f'href="/cases/{bench.case_no}/materials/4?page=2"' in review
    left = bench.save("radiologist", sent, remove_citation="cited.primary_size_mm.0").text
    assert "M4 p. 2</span>" not in left
    assert "M1</span>" in left


@pytest.mark.parametrize(
    ("key", "place", "sentence"),
    [
        ("primary_size_mm", {"material": "M77"}, "M77 is not in the material of this case"),
        ("primary_size_mm", {"material": "M1", "region": 3}, "M1 r3 is not in the material"),
        (
            "primary_size_mm",
            {"material": "M1", "series": 1, "instance": 2},
            "M1 s1 i2 is not in the material",
        ),
        ("primary_size_mm", {"material": "M1", "page": 0}, "M1 p. 0 is not in the material"),
        ("primary_size_mm", {"material": "M1", "script": "x"}, "A citation cannot be read"),
        ("no_such_question", {"material": "M1"}, "a question this form does not ask"),
    ],
)
def test_what_the_case_does_not_have_is_refused_with_a_sentence(
    bench: Bench, key: str, place: dict[str, Any], sentence: str
) -> None:
    sent = {"primary_size_mm": 31, "cited": json.dumps({key: [place]})}
    page = bench.save("radiologist", sent, version=0)
    assert page.status_code == 422
    assert sentence in page.text
    assert 'value="31"' in page.text, "what was typed stays"
    answer = bench.save("radiologist", sent, version=0, json=True)
    assert answer.status_code == 422
    assert sentence in answer.get_json()["error"]


def test_a_cited_image_opens_at_that_image(bench: Bench, tmp_path: Path) -> None:
    from tests.imaging import dicom

    study = {"StudyInstanceUID": "1.2.3", "Modality": "CT"}
    images = [
        dicom.image(
            **study,
            SeriesInstanceUID=f"1.2.3.{series}",
            SeriesNumber=series,
            SOPInstanceUID=f"1.2.3.{series}.{number}",
            InstanceNumber=number,
        )
        for series in (4, 5)
        for number in (1, 2, 3)
    ]
    bench.receive_images(tmp_path, *map(dicom.encoded, images))
    radiologist = bench.browser("radiologist")
    number = len(DEMO["materials"]) + 2  # after one that was only asked for
    at = f"/cases/{bench.case_no}/materials/{number}?at_series=5&at_instance=3&bare=1"
    shown = radiologist.get(at).text
    assert re.findall(r'data-place="([^"]*)"', shown) == ["{&#34;instance&#34;: 3, &#34;series&#34;: 5}"]
    place = {"material": f"M{number}", "series": 5, "instance": 3}
    kept = bench.save("radiologist", {"cited": json.dumps({"primary_size_mm": [place]})}, version=0)
    assert kept.status_code == 302
    other = {**place, "instance": 4}
    refused = bench.save("radiologist", {"cited": json.dumps({"primary_size_mm": [other]})})
    assert refused.status_code == 422
