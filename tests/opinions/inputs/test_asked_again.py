"""A verdict is about words. When the home hospital's record is corrected afterwards, it is asked again, and kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.opinions.inputs.bench import DEMO, NOW, PANEL, Bench
from tests.situations import events, rows_of

if TYPE_CHECKING:
    from mdtapp.cases.models import Case

CLAIM = "outside.n_category"
AGREE_T = {"claim": "outside.t_category", "verdict": "agree"}
RADIOLOGY = {key: value for key, value in DEMO["inputs"]["radiology"].items() if "_stage" not in key}
WHY = {"en": "A node on ultrasound.", "zh": "超声见肿大淋巴结。"}


def judged(verdict: str = "major") -> dict[str, Any]:
    """The radiologist's input with the stage judged claim by claim."""
    row = {"claim": CLAIM, "verdict": verdict}
    if verdict == "major":
        row |= {"ours": "N1", "impact": "treatment_definite", "why": WHY}  # type: ignore[dict-item]
    whole = {"claim": "outside.stage_text", "verdict": "minor", "impact": "prognosis", "why": WHY}
    return {**RADIOLOGY, "claims": [AGREE_T, row, whole]}


@contextmanager
def case_of(bench: Bench, *, writing: bool = False) -> Iterator[Case]:
    from mdtapp.store.db import unit_of_work

    with bench.app.app_context(), unit_of_work(writing=writing):
        yield bench.case()


def correct(bench: Bench, **changed: Any) -> None:
    """The coordinator writes the home hospital's record anew."""
    from mdtapp.cases import operations

    with case_of(bench, writing=True) as case:
        opinion = case.outside_opinions[0]
        wanted = operations.OutsideRecord(
            opinion.diagnosis_text, opinion.plan, {**opinion.fields, **changed}, opinion.steps
        )
        operations.transcribe_outside(
            actor=bench.user("coordinator"),
            at=NOW,
            case=case,
            label="A",
            wanted=wanted,
            row_version=opinion.row_version,
        )


def sign_radiology(bench: Bench, data: dict[str, Any]) -> None:
    bench.open_materials("radiologist")
    assert bench.save("radiologist", data).status_code == 302
    answer = bench.sign("radiologist")
    assert answer.status_code == 302, answer.text


def asked_again(bench: Bench) -> set[str]:
    from mdtapp.opinions.inputs.judged import outdated_in
    from mdtapp.opinions.inputs.queries import signed_inputs

    with case_of(bench) as case:
        return set(outdated_in(case, signed_inputs(case.id)).get("radiology", {}))


def seen_on_page(page: str) -> dict[str, Any]:
    """What the form tells the server that it showed."""
    return dict(re.findall(r'name="(seen\.[^"]+)" value="([^"]+)"', page))


@pytest.mark.both_databases
def test_a_corrected_value_asks_again_and_what_was_given_is_kept(bench: Bench) -> None:
    from mdtapp.opinions import queries

    sign_radiology(bench, judged())
    assert asked_again(bench) == set()
    with case_of(bench) as case:
        assert queries.case_facts(case).text("radiology.agree_stage") == "major"
    correct(bench, n_category="N1")
    assert asked_again(bench) == {CLAIM, "outside.stage_text"}
    assert bench.stored("radiologist")["agree_stage"] == "major"
    with case_of(bench) as case:
        facts = queries.case_facts(case)
    assert facts.text("radiology.agree_stage") == "agree"  # what is left: T, which nobody touched
    assert [row.get("verdict") for row in facts.rows("radiology.claims")] == ["agree", None, None]
    correct(bench, n_category="N0")
    assert asked_again(bench) == set()


def test_the_draft_says_nothing_on_words_that_are_gone(bench: Bench) -> None:
    from mdtapp.opinions import queries
    from mdtapp.opinions.draft import build_draft
    from mdtapp.opinions.panel import draft_sources

    sign_radiology(bench, judged("agree"))
    correct(bench, n_category="N2")
    with case_of(bench) as case:
        draft = build_draft(queries.case_facts(case), **draft_sources(case))
    verdicts = [
        statement for statement in draft.section("staging_verification") if statement.kind == "verdict"
    ]
    cited = [
        source["value"]["claim"]
        for said in verdicts
        for source in said.provenance
        if source["field"] == "claims"
    ]
    assert set(cited) == {"outside.t_category"}


def test_the_author_says_that_the_verdict_stands(bench: Bench) -> None:
    sign_radiology(bench, judged())
    correct(bench, n_category="N1mi")
    radiologist, address = bench.browser("radiologist"), f"/cases/{bench.case_no}/inputs"
    page = radiologist.get(address).text
    assert "Asked again" in page
    assert "it said “N0” when you judged, it says “N1mi” now" in page.replace("&#34;", '"') or "N1mi" in page
    token = radiologist.csrf_token(address)
    for claim in (CLAIM, "outside.stage_text"):
        sent = {"claim": claim, "csrf_token": token}
        assert radiologist.post(f"{address}/radiology/uphold", data=sent).status_code == 302
    assert asked_again(bench) == set()
    assert "My verdict stands" not in radiologist.get(address).text
    assert [event.detail["claim"] for event in events(bench.app, "input:verdict_upheld")] == [
        CLAIM,
        "outside.stage_text",
    ]
    again = radiologist.post(f"{address}/radiology/uphold", data={"claim": CLAIM, "csrf_token": token})
    assert again.status_code == 409
    kept = rows_of(bench.app, "SELECT verdict, words FROM judged_claim WHERE claim = ? ORDER BY id", CLAIM)
    assert [verdict for verdict, _words in kept] == ["major", "major"]
    assert "N0" in kept[0][1]
    assert "N1mi" in kept[1][1]


def test_an_amendment_opens_without_the_verdict_and_cannot_be_signed_before_it_is_given(bench: Bench) -> None:
    sign_radiology(bench, judged())
    correct(bench, n_category="N1")
    radiologist = bench.browser("radiologist")
    read = bench.url("radiologist", "/1")
    assert (
        radiologist.submit(
            read, {"reason": "Corrected"}, action=bench.url("radiologist", "/amend")
        ).status_code
        == 302
    )
    page = radiologist.get(bench.url("radiologist")).text
    row = page[page.index(f'value="{CLAIM}"') :]
    row = row[: row.index("</tbody>")]
    assert "Asked again" in row
    assert "checked" not in row
    review = radiologist.get(bench.url("radiologist", "/review")).text
    assert "was corrected after you judged it" in review
    assert "/radiology/sign" not in review
    answers = {**judged("agree"), "attest": True}
    answers["claims"][2]["verdict"] = "agree"
    assert bench.save("radiologist", answers, **seen_on_page(page)).status_code == 302
    assert bench.sign("radiologist").status_code == 302
    assert asked_again(bench) == set()


def test_a_page_opened_before_the_correction_gives_no_new_verdict(bench: Bench) -> None:
    bench.save("radiologist", judged())
    old = seen_on_page(bench.browser("radiologist").get(bench.url("radiologist")).text)
    correct(bench, n_category="N1")
    bench.save("radiologist", {**judged(), "primary_size_mm": 30}, **old)
    page = bench.browser("radiologist").get(bench.url("radiologist")).text
    assert "Asked again: it said “N0”" in page
    bench.save("radiologist", judged("agree"), **old)  # another mark, still on the old words
    assert "Asked again" in bench.browser("radiologist").get(bench.url("radiologist")).text
    bench.save("radiologist", judged("agree"), **seen_on_page(page))
    left = bench.browser("radiologist").get(bench.url("radiologist")).text
    assert "Asked again" not in left[left.index(f'value="{CLAIM}"') :].partition("</tbody>")[0]


def test_only_the_author_answers_the_panel_waits_and_the_ledger_shows_who_said_what(bench: Bench) -> None:
    from mdtapp.opinions.operations import asked_again as gaps

    sign_radiology(bench, judged())
    with case_of(bench) as case:
        assert gaps(case) == []
    correct(bench, n_category="N1")
    with case_of(bench) as case:
        assert [gap.en.partition(" judges")[0] for gap in gaps(case)] == ["Radiology"]
    address = f"/cases/{bench.case_no}/inputs"
    for who in ("surgeon", "chair"):
        sent = {"claim": CLAIM, "csrf_token": bench.browser(who).csrf_token("/account")}
        assert bench.browser(who).post(f"{address}/radiology/uphold", data=sent).status_code == 403
    assert asked_again(bench) == {CLAIM, "outside.stage_text"}
    page = bench.browser("radiologist").get(address).text
    ledger = page[page.index('aria-labelledby="ledger"') :]
    assert f'href="{bench.url("radiologist", "/1")}#answer-claims.{CLAIM}"' in ledger
    assert "A node on ultrasound." in ledger
    matrix = page[page.index('aria-labelledby="concordance"') : page.index('aria-labelledby="ledger"')]
    assert f'href="{bench.url("radiologist", "/1")}#answer-n_category"' in matrix
    assert f'href="/cases/{bench.case_no}#hospital-A"' in matrix
    other = bench.browser("surgeon").get(address).text
    assert "A node on ultrasound." not in other
    assert PANEL["radiologist"] not in re.findall(r"/inputs/(\w+)/\d+#", other)


def test_a_verdict_on_the_object_itself_is_asked_again_too(bench: Bench) -> None:
    from mdtapp.opinions import queries

    bench.signed("medical_oncologist")
    assert DEMO["inputs"]["medical_oncology"]["agree_plan"]
    from mdtapp.cases import operations
    from mdtapp.clinical.bitext import Bitext

    with case_of(bench, writing=True) as case:
        opinion = case.outside_opinions[0]
        wanted = operations.OutsideRecord(
            opinion.diagnosis_text, Bitext("Another plan.", "另一方案。"), opinion.fields, opinion.steps
        )
        operations.transcribe_outside(
            actor=bench.user("coordinator"),
            at=NOW,
            case=case,
            label="A",
            wanted=wanted,
            row_version=opinion.row_version,
        )
    with case_of(bench) as case:
        facts = queries.case_facts(case)
    assert facts.text("medical_oncology.agree_plan") == ""
    assert bench.stored("medical_oncologist")["agree_plan"]
