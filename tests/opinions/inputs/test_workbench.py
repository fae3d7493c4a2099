"""The page: materials, what is asked, theirs beside ours, rows without scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.opinions.inputs.bench import DEMO, Bench

RADIOLOGY = DEMO["inputs"]["radiology"]


def test_it_shows_materials_questions_and_what_is_not_in_the_record(bench: Bench) -> None:
    page = bench.browser("radiologist").get(bench.url("radiologist")).text
    for reference in ("M1", "M2", "M3", "M4", "M5"):
        assert f"{reference} ·" in page or f">{reference}" in page
    assert "Not in the record" in page
    assert "MRI of both breasts" in page
    assert "Must I lose my breast?" in page
    assert "我必须切除乳房吗？" in page
    assert "colleagues" in page
    assert "hidden until you sign yours" in page


def test_the_material_asked_for_stands_in_the_middle_and_counts_as_opened(bench: Bench) -> None:
    radiologist = bench.browser("radiologist")
    page = radiologist.get(bench.url("radiologist", "?material=4")).text
    address = f"/cases/{bench.case_no}/materials/4?bare=1"
    assert f'src="{address}"' in page
    assert "0</span>&nbsp;/&nbsp;5" in page
    assert radiologist.get(address).status_code == 200
    assert "1</span>&nbsp;/&nbsp;5" in radiologist.get(bench.url("radiologist")).text


def test_theirs_stands_beside_the_empty_field_and_is_never_copied(bench: Bench) -> None:
    page = bench.browser("radiologist").get(bench.url("radiologist")).text
    field = page.split('id="question-t_category"')[1].split('id="question-n_category"')[0]
    assert "T2" in field
    assert "lock" in field
    assert 'name="t_category" type="text" value=""' in field


def test_known_facts_are_taken_over_and_say_so(bench: Bench) -> None:
    bench.open_materials("radiologist")
    page = bench.browser("radiologist").get(bench.url("radiologist")).text
    reviewed = re.search(r'id="question-materials_reviewed".*?</fieldset>.*?</div>', page, re.DOTALL)
    assert reviewed is not None
    assert re.findall(r'value="(M\d)" checked', reviewed[0]) == ["M3", "M4"]
    assert "taken over" in reviewed[0]


def test_an_interest_is_never_denied_for_anyone(bench: Bench) -> None:
    page = bench.browser("radiologist").get(bench.url("radiologist")).text
    assert not re.search(r'name="coi" value="(true|false)" checked', page)


def test_each_claim_of_the_home_hospital_has_its_own_row(bench: Bench) -> None:
    page = bench.browser("radiologist").get(bench.url("radiologist", "?part=theirs")).text
    claims = re.findall(r'name="claims-\d+-claim" value="([^"]+)"', page)
    stage = {"outside.t_category", "outside.n_category", "outside.m_category", "outside.stage_group"}
    assert stage <= set(claims)
    assert not re.search(r'name="claims-\d+-verdict" value="\w+" checked', page)
    assert 'name="agree_stage"' not in page, "asked by its claims"
    assert 'name="agree_report"' in page, "their record holds no imaging report, so it is asked directly"


def test_a_claim_on_the_record_outlives_its_correction(bench: Bench) -> None:
    claim = {"claim": "outside.gone", "verdict": "minor", "why": {"en": "Was so.", "zh": "曾如此。"}}
    assert bench.save("radiologist", {"claims": [claim]}).status_code == 302
    page = bench.browser("radiologist").get(bench.url("radiologist")).text
    assert 'value="outside.gone"' in page
    assert "not in their record" in page


def test_a_direct_verdict_becomes_the_row_of_its_claim(bench: Bench) -> None:
    assert bench.save("radiologist", RADIOLOGY).status_code == 302
    page = bench.browser("radiologist").get(bench.url("radiologist")).text
    assert re.search(r'name="claims-\d+-verdict" value="major" checked', page)
    assert "One abnormal left axillary node" in page


def test_rare_questions_are_folded_until_they_hold_something(bench: Bench) -> None:
    def folded(page: str) -> bool:
        inside = re.search(
            r'<details class="detail-fields"([^>]*)><summary>More \(\d+\)</summary><div class="asked-grid">(?:(?!</details>).)*id="question-incidental"',
            page,
            re.DOTALL,
        )
        assert inside or 'id="question-incidental"' in page
        return inside is not None

    radiologist, address = bench.browser("radiologist"), bench.url("radiologist")
    assert folded(radiologist.get(address).text)
    bench.save("radiologist", {"incidental": {"en": "Cyst.", "zh": "囊肿。"}})
    assert not folded(radiologist.get(address).text)


def test_hidden_questions_carry_their_condition_and_are_never_needed(bench: Bench) -> None:
    page = bench.browser("radiologist").get(bench.url("radiologist")).text
    assert re.search(r'data-question="mrf_distance_mm" data-shown-if="[^"]*case.primary_site', page)
    assert "data-facts=" in page
    assert "case.site_family" in page
    bench.open_materials("radiologist")
    bench.save("radiologist", RADIOLOGY)
    review = bench.browser("radiologist").get(bench.url("radiologist", "/review")).text
    assert "mesorectal" not in review


def test_what_contradicts_is_said_beside_the_answers(bench: Bench) -> None:
    bench.save("radiologist", {**RADIOLOGY, "sufficiency": "insufficient"})
    page = bench.browser("radiologist").get(bench.url("radiologist")).text
    assert "Confidence cannot be high when the materials are insufficient" in page


def test_each_question_of_the_patient_has_its_place(bench: Bench) -> None:
    surgeon = bench.browser("surgeon")
    page = surgeon.get(bench.url("surgeon")).text
    assert re.findall(r'name="answers-\d-question_id" value="(Q\d)"', page) == ["Q1", "Q2", "Q3"]
    answer = {"en": "Probably not.", "zh": "多半不必。"}
    bench.save("surgeon", {"answers": [{"question_id": "Q1"}, {"question_id": "Q2", "answer": answer}]})
    assert bench.stored("surgeon")["answers"] == [{"question_id": "Q2", "answer": answer}]
    page = surgeon.get(bench.url("surgeon")).text
    assert sorted(re.findall(r'name="answers-\d-question_id" value="(Q\d)"', page)) == ["Q1", "Q2", "Q3"]


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ({"add_row": "further_imaging"}, ["one", "two", ""]),
        ({"remove_row": "further_imaging-0"}, ["two"]),
        ({"move_up": "further_imaging-1"}, ["two", "one"]),
        ({"move_down": "further_imaging-0"}, ["two", "one"]),
    ],
)
def test_rows_change_without_scripts_and_nothing_typed_is_lost(
    bench: Bench, button: dict[str, Any], expected: list[str]
) -> None:
    data = {"further_imaging": [{"test": "one"}, {"test": "two"}], "primary_size_mm": 31}
    answer = bench.save("radiologist", data, version=0, **button)
    assert answer.status_code == 200
    assert re.findall(r'name="further_imaging-\d-test"[^>]* value="([^"]*)"', answer.text) == expected
    assert 'name="primary_size_mm"' in answer.text
    assert 'value="31"' in answer.text
    assert bench.version("radiologist") == 0, "nothing is saved by moving rows"


def test_a_material_is_cited_and_taken_away_without_scripts(bench: Bench) -> None:
    claim = {"claim": "outside.n_category", "verdict": "major", "ours": "N1", "anchors": ""}
    cited = bench.save("radiologist", {"claims": [claim]}, version=0, cite="claims-0", view_material="4")
    assert cited.status_code == 200
    assert "M4</span>" in cited.text
    assert "&#34;material&#34;: &#34;M4&#34;" in cited.text
    places = '[{"material": "M4"}, {"material": "M3"}]'
    left = bench.save(
        "radiologist",
        {"claims": [{**claim, "anchors": places}]},
        version=0,
        remove_citation="claims-0-anchors.0",
    )
    assert "M4" not in re.findall(r'name="claims-0-anchors"[^>]*value="([^"]*)"', left.text)[0]
    assert bench.save("radiologist", {"claims": [{**claim, "anchors": places}]}, version=0).status_code == 302
    assert bench.stored("radiologist")["claims"][0]["anchors"] == [{"material": "M4"}, {"material": "M3"}]


def test_both_languages(bench: Bench) -> None:
    radiologist = bench.browser("radiologist")
    radiologist.post("/language", data={"language": "zh", "csrf_token": radiologist.csrf_token("/account")})
    page = radiologist.get(bench.url("radiologist")).text
    assert "放射影像科" in page
    assert "与外院对照" in page
    assert "左侧" not in page
    assert radiologist.get("/inputs").status_code == 200


def test_a_stranger_to_the_discipline_has_no_workbench(bench: Bench) -> None:
    surgeon = bench.browser("surgeon")
    assert surgeon.get(bench.url("radiologist")).status_code == 403
    assert bench.browser("coordinator").get(bench.url("radiologist")).status_code == 403
    assert surgeon.get(f"/cases/{bench.case_no}/inputs/astrology").status_code == 404
