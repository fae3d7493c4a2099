"""My inputs: what is due first, how far it is, what came back, what is signed."""

from __future__ import annotations

from tests.conftest import add_person, sign_in
from tests.opinions.inputs.bench import DEMO, NOW, Bench


def test_what_is_to_be_written_with_its_question_and_how_far_it_is(bench: Bench) -> None:
    page = bench.browser("radiologist").get("/inputs").text
    assert "1 to write." in page
    assert "AMBER-417" in page
    assert "Must I lose my breast?" in page
    assert "tomorrow" in page
    assert "Not started" in page
    assert "Start" in page
    assert "theirs: T2 N0 M0 · IIA" in page
    assert "5 not opened yet" in page
    bench.save("radiologist", {"primary_size_mm": 31, "confidence": "high"})
    page = bench.browser("radiologist").get("/inputs").text
    assert "1 of " in page
    assert "Continue" in page
    assert '<span aria-hidden="true">1</span>' in page


def test_what_is_signed_moves_aside(bench: Bench) -> None:
    bench.signed("radiologist")
    page = bench.browser("radiologist").get("/inputs").text
    assert "Nothing to write" in page
    assert "Signed, may still be amended" in page
    assert bench.url("radiologist", "/1") in page


def test_nobody_else_sees_the_case(bench: Bench) -> None:
    stranger = sign_in(bench.app, "other_coordinator", add_person(bench.app, "other_coordinator", at=NOW))
    assert stranger.get(f"/cases/{bench.case_no}/inputs").status_code == 404
    assert stranger.get("/inputs").status_code == 403


def test_the_state_of_everybody_stands_on_the_page_of_the_case(bench: Bench) -> None:
    bench.signed("radiologist")
    bench.save("surgeon", DEMO["inputs"]["surgical_oncology"])
    page = bench.browser("coordinator").get(f"/cases/{bench.case_no}/inputs").text
    assert "Dr Tang Wei" in page
    assert "Signed" in page
    assert "Draft" in page
    assert "Not started" in page
    assert bench.url("radiologist", "/1") not in page
