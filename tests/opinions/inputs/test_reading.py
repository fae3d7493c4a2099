"""A revision is read with the form it was written with, whatever the form asks today."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.opinions.inputs.bench import DEMO, Bench

Transaction = Callable[[], AbstractContextManager[None]]


def test_an_old_form_keeps_its_labels_and_choices(bench: Bench, transaction: Transaction) -> None:
    from mdtapp.disciplines import catalogue
    from mdtapp.opinions.inputs.models import FormDefinition
    from mdtapp.opinions.inputs.queries import get_input
    from mdtapp.opinions.inputs.reading import answered_sections
    from mdtapp.store.db import session

    bench.signed("radiologist")
    with transaction():
        row = get_input(bench.case().id, "radiology")
        definition = catalogue().disciplines["radiology"].as_json()
        old = {**definition, "version": "0123456789ab"}
        for section in old["sections"]:
            for field in section["fields"]:
                if field["key"] == "primary_size_mm":
                    field["label"] = {"en": "Longest side", "zh": "最长边"}
        old["choices"]["confidence"]["choices"][0]["label"] = {"en": "Quite sure", "zh": "很有把握"}
        session.add(FormDefinition(version="0123456789ab", discipline="radiology", definition=old))
        session.flush()
        row.form_version = "0123456789ab"
    with transaction():
        row = get_input(bench.case().id, "radiology")
        answers = {answer.key: answer for section in answered_sections(row) for answer in section.answers}
        assert answers["primary_size_mm"].label.en == "Longest side"
        assert answers["primary_size_mm"].value.en == "31 mm"
        assert answers["confidence"].value.en == "Quite sure"


def test_a_discipline_that_is_gone_speaks_for_itself(bench: Bench, transaction: Transaction) -> None:
    from mdtapp.opinions.inputs.models import DisciplineInput, FormDefinition
    from mdtapp.opinions.inputs.reading import answered_sections
    from mdtapp.opinions.inputs.status import InputStatus
    from mdtapp.store.db import session
    from tests.opinions.inputs.bench import NOW

    with transaction():
        session.add(FormDefinition(version="f" * 12, discipline="astrology", definition={}))
        session.add(
            DisciplineInput(
                case=bench.case(),
                discipline="astrology",
                author=bench.user("surgeon"),
                form_version="e" * 12,
                data={"stars": "aligned", "summary": {"en": "Well.", "zh": "好。"}, "none": None},
                status=InputStatus.SUBMITTED,
                created_at=NOW,
                signed_at=NOW,
            )
        )
    bench.signed("radiologist")
    page = bench.browser("radiologist").get(f"/cases/{bench.case_no}/inputs/astrology/1")
    assert page.status_code == 200
    assert "Asked by an earlier form" in page.text
    assert "aligned" in page.text
    assert "好。" in page.text
    with transaction():
        from mdtapp.opinions.inputs.queries import get_input

        (section,) = answered_sections(get_input(bench.case().id, "astrology"))
        assert [answer.key for answer in section.answers] == ["stars", "summary"]


def test_differences_name_only_what_differs_in_both_languages() -> None:
    from mdtapp.disciplines import catalogue
    from mdtapp.opinions.inputs.reading import differences

    radiology = catalogue().disciplines["radiology"]
    saved = DEMO["inputs"]["radiology"]
    typed = {**saved, "primary_size_mm": 40, "summary": {"en": "New.", "zh": "新。"}, "studies": []}
    found = {difference.label.en: difference for difference in differences(radiology, saved, typed, {})}
    assert set(found) == {"Largest diameter", "Discipline summary (2-5 sentences)", "Studies"}
    assert (found["Largest diameter"].saved, found["Largest diameter"].typed) == ("31 mm", "40 mm")
    assert found["Discipline summary (2-5 sentences)"].typed == "New.\n新。"
    assert found["Studies"].typed == ""
    assert "2026-10-05" in found["Studies"].saved


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        ([], {"a": 1, "b": 2, "cited": {"a": ["M1"]}, "claims": [{"claim": "x", "verdict": "agree"}]}),
        (["a"], {"a": 9, "b": 2, "entered": {"a": "0.9"}, "claims": [{"claim": "x", "verdict": "agree"}]}),
        (
            ["b", "c"],
            {"a": 1, "c": 3, "cited": {"a": ["M1"]}, "claims": [{"claim": "x", "verdict": "agree"}]},
        ),
        (
            ["claims.x"],
            {"a": 1, "b": 2, "cited": {"a": ["M1"]}, "claims": [{"claim": "x", "verdict": "major"}]},
        ),
    ],
)
def test_two_texts_merge_question_by_question(take: list[str], expected: dict[str, Any]) -> None:
    saved = {"a": 9, "c": 3, "entered": {"a": "0.9"}, "claims": [{"claim": "x", "verdict": "major"}]}
    typed = {"a": 1, "b": 2, "cited": {"a": ["M1"]}, "claims": [{"claim": "x", "verdict": "agree"}]}
    from mdtapp.opinions.inputs.reading import merged

    assert merged(saved, typed, take) == expected
