"""Review, signature, amendment, question back, refusal, and who may read what."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.opinions.inputs.bench import DEMO, Bench
from tests.situations import events

RADIOLOGY = DEMO["inputs"]["radiology"]


def test_the_review_names_everything_that_is_missing_and_leads_there(bench: Bench) -> None:
    bench.save("radiologist", {"primary_size_mm": 31})
    page = bench.browser("radiologist").get(bench.url("radiologist", "/review")).text
    assert "Before you can sign" in page
    assert "Your password" not in page
    assert f"{bench.url('radiologist')}?part=studies#question-studies" in page
    assert "31 mm" in page


def test_what_is_ticked_must_have_been_opened_by_the_author(bench: Bench) -> None:
    bench.save("radiologist", RADIOLOGY)
    radiologist = bench.browser("radiologist")
    page = radiologist.get(bench.url("radiologist", "/review")).text
    assert "You ticked M3, M4 as reviewed but did not open it here" in page
    assert f'href="/cases/{bench.case_no}/materials/3"' in page
    sent = {
        "right_patient": "y",
        "password": radiologist.password,
        "row_version": str(bench.version("radiologist")),
    }
    sent["csrf_token"] = radiologist.csrf_token("/account")
    assert radiologist.post(bench.url("radiologist", "/sign"), data=sent).status_code == 422
    bench.open_materials("radiologist")
    assert bench.sign("radiologist").status_code == 302


def test_the_operation_itself_asks_whether_materials_were_opened(bench: Bench) -> None:
    import pytest

    from mdtapp.errors import Invalid
    from mdtapp.opinions.inputs import operations
    from mdtapp.opinions.inputs.surroundings import context_of
    from mdtapp.store.db import unit_of_work
    from tests.opinions.inputs.bench import NOW

    bench.save("radiologist", RADIOLOGY)
    version = bench.version("radiologist")
    with bench.app.app_context(), unit_of_work():
        author, case = bench.user("radiologist"), bench.case()
        context = context_of(case, author, NOW.date())
        with pytest.raises(Invalid, match="M3, M4"):
            operations.sign(
                actor=author,
                at=NOW,
                case=case,
                discipline="radiology",
                row_version=version,
                password=bench.browser("radiologist").password,
                context=context,
            )


def test_signing_shows_patient_side_and_interest_and_asks_for_the_password(bench: Bench) -> None:
    bench.open_materials("radiologist")
    bench.save("radiologist", RADIOLOGY)
    page = bench.browser("radiologist").get(bench.url("radiologist", "/review")).text
    assert "AMBER-417 ·" in page
    assert "Left" in page
    assert "You declared none" in page
    assert "right patient" in page
    assert 'type="password"' in page
    wrong = bench.sign("radiologist", password="not the password")
    assert wrong.status_code == 422
    assert "The password is wrong" in wrong.text
    unconfirmed = bench.sign("radiologist", right_patient="")
    assert unconfirmed.status_code == 422
    assert "Confirm patient and side" in unconfirmed.text
    signed = bench.sign("radiologist")
    assert signed.status_code == 302
    assert signed.location.endswith(f"/cases/{bench.case_no}/inputs")
    assert [event.detail["discipline"] for event in events(bench.app, "input:signed")] == ["radiology"]


def test_warnings_are_confirmed_one_by_one(bench: Bench) -> None:
    data = {
        **RADIOLOGY,
        "metastases": [{"site": "bone", "certainty": "probable", "number": "1", "in_outside_report": "no"}],
    }
    bench.open_materials("radiologist")
    bench.save("radiologist", data)
    page = bench.browser("radiologist").get(bench.url("radiologist", "/review")).text
    assert 'name="warnings"' in page
    refused = bench.sign("radiologist", warnings=[])
    assert refused.status_code == 422
    assert 'value="y" checked' in refused.text
    assert bench.sign("radiologist").status_code == 302
    assert events(bench.app, "input:signed")[0].detail["confirmed"]


def test_what_was_saved_after_the_review_has_to_be_read_first(bench: Bench) -> None:
    bench.open_materials("radiologist")
    bench.save("radiologist", RADIOLOGY)
    old = str(bench.version("radiologist"))
    bench.save("radiologist", {**RADIOLOGY, "primary_size_mm": 33})
    answer = bench.sign("radiologist", row_version=old)
    assert answer.status_code == 409
    assert "33 mm" in answer.text
    assert f'value="{bench.version("radiologist")}"' in answer.text
    assert events(bench.app, "input:signed") == []


def test_conflicts_are_found_as_soon_as_inputs_are_signed(bench: Bench) -> None:
    bench.signed("radiologist", "medical_oncologist", "surgeon")
    assert {event.subject for event in events(bench.app, "conflict:found")}


def test_a_signed_input_is_read_and_not_written(bench: Bench) -> None:
    bench.signed("radiologist")
    radiologist = bench.browser("radiologist")
    for page in ("", "/review"):
        answer = radiologist.get(bench.url("radiologist", page))
        assert answer.status_code == 302
        assert answer.location.endswith("/radiology/1")
    refused = bench.browser("radiologist").post(
        bench.url("radiologist"), data={"row_version": "3", "csrf_token": radiologist.csrf_token("/account")}
    )
    assert refused.status_code == 409
    assert bench.stored("radiologist")["primary_size_mm"] == 31


def test_others_stay_hidden_until_ones_own_is_signed(bench: Bench) -> None:
    bench.signed("radiologist")
    pathologist, reading = bench.browser("pathologist"), bench.url("radiologist", "/1")
    page = pathologist.get(f"/cases/{bench.case_no}/inputs").text
    assert "What others wrote is hidden" in page
    assert "Side by side" not in page
    assert reading not in page
    for address in (reading, bench.url("radiologist", "/7")):
        assert pathologist.get(address).status_code == 403
    assert bench.browser("chair").get(reading).status_code == 403
    assert bench.browser("radiologist").get(reading).status_code == 200
    bench.signed("pathologist")
    assert pathologist.get(reading).status_code == 200
    page = pathologist.get(f"/cases/{bench.case_no}/inputs").text
    assert "Side by side" in page
    assert "Different" in page


def test_the_chair_reads_when_the_core_has_signed(bench: Bench) -> None:
    bench.signed("radiologist", "pathologist", "medical_oncologist", "surgeon")
    assert bench.browser("chair").get(bench.url("radiologist", "/1")).status_code == 403
    bench.signed("radiation_oncologist")
    assert bench.browser("chair").get(bench.url("radiologist", "/1")).status_code == 200


def test_nobody_reads_anothers_draft(bench: Bench) -> None:
    bench.signed("radiologist")
    bench.save("surgeon", {"asa_class": "2"})
    assert bench.browser("radiologist").get(bench.url("surgeon", "/1")).status_code == 404
    assert bench.browser("surgeon").get(bench.url("surgeon", "/1")).status_code == 200


def test_an_amendment_is_a_new_revision_with_its_reason_and_the_old_one_stays(bench: Bench) -> None:
    bench.signed("radiologist")
    radiologist, reading = bench.browser("radiologist"), bench.url("radiologist", "/1")
    nothing = radiologist.submit(reading, {"reason": " "}, action=bench.url("radiologist", "/amend"))
    assert nothing.status_code == 422
    assert "Say why in one sentence" in nothing.text
    assert "open" in nothing.text
    opened = radiologist.submit(reading, {"reason": "New images."}, action=bench.url("radiologist", "/amend"))
    assert opened.status_code == 302
    page = radiologist.get(bench.url("radiologist")).text
    assert "New images." in page
    bench.save("radiologist", {**RADIOLOGY, "primary_size_mm": 35})
    assert "31 mm" in radiologist.get(reading).text, "what was signed stays"
    assert bench.sign("radiologist").status_code == 302
    newer = radiologist.get(bench.url("radiologist", "/2")).text
    assert "35 mm" in newer
    assert "Why this revision" in newer
    assert "New images." in newer
    assert "There is a later revision" in radiologist.get(reading).text
    assert "amended after signing" in radiologist.get(f"/cases/{bench.case_no}/inputs").text


def test_the_attestation_is_given_anew(bench: Bench) -> None:
    bench.signed("radiologist")
    radiologist = bench.browser("radiologist")
    radiologist.submit(
        bench.url("radiologist", "/1"), {"reason": "More."}, action=bench.url("radiologist", "/amend")
    )
    assert "attest" not in bench.stored("radiologist")


def test_the_chair_asks_back_and_the_author_sees_the_question(bench: Bench) -> None:
    bench.signed("pathologist", "radiologist", "medical_oncologist", "surgeon", "radiation_oncologist")
    chair, reading = bench.browser("chair"), bench.url("radiologist", "/1")
    action = bench.url("radiologist", "/return")
    assert chair.submit(reading, {"reason": ""}, action=action).status_code == 422
    assert chair.submit(reading, {"reason": "Is N1 certain?"}, action=action).status_code == 302
    mine = bench.browser("radiologist").get("/inputs").text
    assert "Came back to you" in mine
    assert "Is N1 certain?" in mine
    assert "Is N1 certain?" in bench.browser("radiologist").get(bench.url("radiologist")).text
    assert (
        bench.browser("surgeon")
        .post(action, data={"reason": "I ask", "csrf_token": bench.browser("surgeon").csrf_token("/account")})
        .status_code
        == 403
    )


def test_an_author_declines_with_a_reason_and_may_still_think_again(bench: Bench) -> None:
    radiologist, page = bench.browser("radiologist"), bench.url("radiologist", "/decline")
    assert page in radiologist.get(bench.url("radiologist")).text
    assert radiologist.submit(page, {"reason": ""}).status_code == 422
    assert radiologist.submit(page, {"reason": "I know the patient."}).status_code == 302
    seen = bench.browser("coordinator").get(f"/cases/{bench.case_no}/inputs").text
    assert "Declined" in seen
    assert "I know the patient." in seen
    assert len(events(bench.app, "input:declined")) == 1
    assert bench.save("radiologist", {"primary_size_mm": 31}, version=0).status_code == 302
    assert "Draft" in bench.browser("coordinator").get(f"/cases/{bench.case_no}/inputs").text


def test_who_has_begun_writes_on_and_does_not_decline(bench: Bench) -> None:
    bench.save("radiologist", {"primary_size_mm": 31})
    radiologist = bench.browser("radiologist")
    assert bench.url("radiologist", "/decline") not in radiologist.get(bench.url("radiologist")).text
    answer = radiologist.submit(bench.url("radiologist", "/decline"), {"reason": "No time."})
    assert answer.status_code == 409


def test_verdicts_on_claims_are_read_with_their_reason(bench: Bench) -> None:
    claim = {
        "claim": "outside.n_category",
        "verdict": "major",
        "impact": "treatment_definite",
        "ours": "N1",
        "why": {"en": "A node with a thick cortex.", "zh": "一枚皮质增厚的淋巴结。"},
        "anchors": '[{"material": "M4"}]',
    }
    direct = {key: value for key, value in RADIOLOGY.items() if not key.endswith("_stage")}
    bench.open_materials("radiologist")
    bench.save("radiologist", {**direct, "claims": [claim]})
    assert bench.stored("radiologist")["agree_stage"] == "major"
    assert bench.sign("radiologist").status_code == 302
    page = bench.browser("radiologist").get(bench.url("radiologist", "/1")).text
    assert "Against their record" in page
    assert "A node with a thick cortex." in page
    assert "N0" in page
    assert "M4" in page


TABLE = """\
system: tnm8
site: breast
edition_label: invented
source: {title: Invented, licence: none needed}
prefixes: [c]
rows:
  - {T: any, N: any, M: any, group: GROUP}
"""


@pytest.mark.parametrize(("same", "confirmed"), [(True, []), (False, ["STG-4"])])
def test_a_signature_names_the_staging_table_it_was_compared_with(
    bench: Bench, tmp_path: Path, same: bool, confirmed: list[str]
) -> None:
    from mdtapp.disciplines import use_staging_tables

    own = RADIOLOGY["stage_group"]
    path = tmp_path / "tnm8.yaml"
    path.write_text(TABLE.replace("GROUP", own if same else "IV"), encoding="utf-8")
    use_staging_tables(tmp_path)
    try:
        bench.signed("radiologist")
    finally:
        use_staging_tables(tmp_path / "none")
    (event,) = events(bench.app, "input:signed")
    assert event.detail["staging_table"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [one for one in event.detail["confirmed"] if one.startswith("STG")] == confirmed
