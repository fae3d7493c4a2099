"""Saving: the page's way and the script's way, stale copies, text that cannot be kept, text that is too long."""

from __future__ import annotations

from typing import Any

import pytest

from tests.opinions.inputs.bench import DEMO, PANEL, Bench

RADIOLOGY = DEMO["inputs"]["radiology"]


def test_the_script_gets_version_time_and_what_is_left(bench: Bench) -> None:
    answer = bench.save("radiologist", {"primary_size_mm": 31}, version=0, json=True)
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["version"] == 2
    assert answer.json["saved_at"].startswith("2026-11-12T")
    parts = {part["key"]: part for part in answer.json["parts"]}
    assert parts["primary"]["state"] == "missing"
    assert "31 mm" in parts["primary"]["words"]
    assert answer.json["left"] == sum(part["left"] for part in parts.values()) > 0
    again = bench.save("radiologist", {"primary_size_mm": 32}, version=answer.json["version"], json=True)
    assert again.json is not None
    assert again.json["version"] == 3


def test_computed_values_come_back_and_never_fill_in(bench: Bench) -> None:
    data = {"height_cm": 170, "weight_kg": 65}
    answer = bench.save("medical_oncologist", data, version=0, json=True)
    assert answer.json is not None
    assert answer.json["computed"]["bsa_m2"] == "1.75 m² (Mosteller). Not filled in for you."
    assert "bsa_m2" not in bench.stored("medical_oncologist")


def test_a_plain_form_comes_back_to_its_part(bench: Bench) -> None:
    answer = bench.save("radiologist", RADIOLOGY, view_part="extent", view_material="4")
    assert answer.status_code == 302
    assert answer.location.endswith("/radiology?part=extent&material=4#part-extent")
    onward = bench.save("radiologist", RADIOLOGY, view_part="extent", then="next")
    assert "part=response" in onward.location
    assert bench.save("radiologist", RADIOLOGY, then="review").location.endswith("/radiology/review")


def test_every_answer_of_an_input_survives_the_form(bench: Bench) -> None:
    for who, discipline in PANEL.items():
        data = DEMO["inputs"][discipline]
        assert bench.save(who, data).status_code == 302
        assert bench.stored(who) == data


def test_a_stale_script_gets_both_texts_and_the_refused_one_is_kept(bench: Bench) -> None:
    bench.save("radiologist", {"primary_size_mm": 31}, version=0)
    answer = bench.save("radiologist", {"primary_size_mm": 40}, version=0, json=True)
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["theirs"]["primary_size_mm"] == 31
    assert answer.json["ours"]["primary_size_mm"] == 40
    assert answer.json["version"] == bench.version("radiologist")
    assert bench.stored("radiologist")["primary_size_mm"] == 31
    assert [save["primary_size_mm"] for save in _refused(bench)] == [40]


def test_a_stale_page_shows_both_texts_and_saves_again(bench: Bench) -> None:
    bench.save("radiologist", {"primary_size_mm": 31}, version=0)
    answer = bench.save("radiologist", {"primary_size_mm": 40, "t_category": "T2"}, version=0)
    assert answer.status_code == 409
    assert "Saved from another window in between" in answer.text
    assert "31 mm" in answer.text
    assert "40 mm" in answer.text
    assert 'name="primary_size_mm"' in answer.text
    assert 'value="40"' in answer.text
    assert f'name="row_version" value="{bench.version("radiologist")}"' in answer.text
    assert [save["primary_size_mm"] for save in _refused(bench)] == [40]
    assert bench.save("radiologist", {"primary_size_mm": 40}).status_code == 302
    assert bench.stored("radiologist")["primary_size_mm"] == 40


def test_what_cannot_be_kept_stays_on_the_page_with_its_sentence(bench: Bench) -> None:
    data = {
        "primary_size_mm": "about three",
        "summary": {"en": "One\u202eowt", "zh": "小结"},
        "rads_category": "5",
    }
    answer = bench.save("radiologist", data, version=0)
    assert answer.status_code == 422
    assert 'value="about three"' in answer.text
    assert "小结" in answer.text
    assert 'value="5"' in answer.text
    assert "Largest diameter: enter a number." in answer.text
    assert "direction characters" in answer.text
    assert "U+202E" in answer.text
    assert 'id="part-close" data-section data-part-block="close" data-state="missing" open' in answer.text
    assert bench.version("radiologist") == 0


def test_the_script_is_told_which_fields(bench: Bench) -> None:
    answer = bench.save("radiologist", {"primary_size_mm": "three"}, version=0, json=True)
    assert answer.status_code == 422
    assert answer.json is not None
    assert list(answer.json["fields"]) == ["primary_size_mm"]
    assert answer.json["error"] == "Largest diameter: enter a number."


def test_ten_megabytes_in_one_field(bench: Bench) -> None:
    answer = bench.save("radiologist", {"summary": {"en": "x" * 10_000_000}}, version=0)
    assert answer.status_code == 413
    assert "more than the form takes" in answer.text
    assert bench.version("radiologist") == 0


@pytest.mark.parametrize("version", ["", "-1", "two", "9" * 400, "²"])
def test_a_forged_version_is_a_first_save_or_stale(bench: Bench, version: str) -> None:
    bench.save("radiologist", {"primary_size_mm": 31}, version=0)
    sent = {"row_version": version, "csrf_token": bench.browser("radiologist").csrf_token("/account")}
    assert bench.browser("radiologist").post(bench.url("radiologist"), data=sent).status_code == 409


@pytest.mark.parametrize(
    "names",
    [
        {"claims-999999-claim": "x"},
        {"studies--1-date": "x"},
        {"add_row": "csrf_token"},
        {"remove_row": "studies"},
        {"cite": "claims-7"},
        {"remove_citation": "."},
    ],
)
def test_forged_names_change_nothing(bench: Bench, names: dict[str, Any]) -> None:
    answer = bench.save("radiologist", {"primary_size_mm": 31}, version=0, **names)
    assert answer.status_code in (200, 302)


def test_another_persons_input_is_never_saved(bench: Bench) -> None:
    surgeon = bench.browser("surgeon")
    sent = {"row_version": "0", "csrf_token": surgeon.csrf_token("/account")}
    assert surgeon.post(bench.url("radiologist"), data=sent).status_code == 403


def _refused(bench: Bench) -> list[dict[str, object]]:
    from mdtapp.opinions.inputs.queries import get_input, saves
    from mdtapp.store.db import unit_of_work

    with bench.app.app_context(), unit_of_work(writing=False):
        row = get_input(bench.case().id, "radiology")
        return [dict(save.data) for save in saves(row.id) if not save.accepted]


def test_of_two_texts_each_question_is_chosen(bench: Bench) -> None:
    bench.save("radiologist", {"primary_size_mm": 31}, version=0)
    version = bench.version("radiologist")
    bench.save("radiologist", {"primary_size_mm": 33}, version=version)
    mine = {"primary_size_mm": 35, "summary": {"en": "Mine.", "zh": "我的。"}}
    clash = bench.save("radiologist", mine, version=version)
    assert clash.status_code == 409
    assert 'name="view_take" value="primary_size_mm"' in clash.text
    assert "data-autosave-waits" in clash.text
    assert bench.save("radiologist", mine, view_take="primary_size_mm").status_code == 302
    stored = bench.stored("radiologist")
    assert (stored["primary_size_mm"], stored["summary"]["en"]) == (33, "Mine.")
