"""A draft moves on to a changed form and nothing is lost; what was signed keeps its own form for ever."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.definitions import Choice, ChoiceSet, Discipline, Field, FieldType, OtherUnit, Section
from mdtapp.opinions.inputs.form_change import move_on
from tests.opinions.inputs.bench import DEMO, Bench

Transaction = Callable[[], AbstractContextManager[None]]


def label(words: str) -> Bitext:
    return Bitext(words, words)


def form(version: str, *fields: Field, **codes: tuple[str, ...]) -> Discipline:
    """An invented form; `codes` are its choice sets."""
    return Discipline(
        key="astrology",
        short="AS",
        label=label("Astrology"),
        core=False,
        position=99,
        version=version,
        sections=(Section("sky", label("Sky"), fields),),
        choices={
            key: ChoiceSet(key, tuple(Choice(code, label(code.title())) for code in listed))
            for key, listed in codes.items()
        },
    )


SIGN = Field("sign", FieldType.CHOICE, label("Sign"), choices="signs")
PLANETS = Field("planets", FieldType.MULTICHOICE, label("Planets"), choices="planets")
ANGLE = Field("angle", FieldType.DECIMAL, label("Angle"), unit="deg", units=(OtherUnit("rad", 57.2958),))
REMARK = Field("remark", FieldType.TEXT, label("Remark"))
NAME = Field("name", FieldType.TEXT, label("Name"))
SIZE = Field("size", FieldType.INT, label("Size"))
STARS = Field("stars", FieldType.TABLE, label("Stars"), columns=(NAME, SIZE))
OLD = form(
    "old", SIGN, PLANETS, ANGLE, REMARK, STARS, signs=("ram", "bull"), planets=("mars", "venus", "pluto")
)
DATA: dict[str, Any] = {
    "sign": "bull",
    "planets": ["mars", "pluto"],
    "angle": 114.6,
    "entered": {"angle": {"value": 2, "unit": "rad"}},
    "remark": "Bright.",
    "stars": [{"name": "Vega", "size": 3}, {"name": "Deneb"}],
    "claims": [{"claim": "outside.stage", "verdict": "agree"}],
}


def new(*fields: Field, signs: tuple[str, ...] = ("ram", "bull")) -> Discipline:
    return form("new", *fields, signs=signs, planets=("mars", "venus"))


def test_an_unchanged_form_takes_everything() -> None:
    moved = move_on(OLD, replace(OLD, version="new"), DATA)
    assert moved.data == DATA
    assert moved.aside == []


def test_a_question_that_is_gone_is_set_aside_in_its_old_words() -> None:
    moved = move_on(OLD, new(SIGN, ANGLE, STARS), DATA)
    assert moved.data == {key: DATA[key] for key in ("sign", "angle", "entered", "stars", "claims")}
    assert [(one.key, one.label.en, one.words.en, one.form) for one in moved.aside] == [
        ("planets", "Planets", "Mars, Pluto", "old"),
        ("remark", "Remark", "Bright.", "old"),
    ]


def test_a_code_that_is_gone_is_set_aside_and_the_others_stay() -> None:
    moved = move_on(OLD, new(SIGN, PLANETS, ANGLE, REMARK, STARS, signs=("ram",)), DATA)
    assert "sign" not in moved.data
    assert moved.data["planets"] == ["mars"]
    assert [(one.key, one.words.en) for one in moved.aside] == [("sign", "Bull"), ("planets", "Pluto")]


def test_a_column_that_is_gone_is_set_aside_row_by_row() -> None:
    moved = move_on(OLD, new(SIGN, replace(STARS, columns=(NAME,))), DATA)
    assert moved.data["stars"] == [{"name": "Vega"}, {"name": "Deneb"}]
    assert ("stars.0.size", "Stars 1 · Size", "3") in [
        (one.key, one.label.en, one.words.en) for one in moved.aside
    ]


def test_a_table_that_is_gone_keeps_its_rows_as_words() -> None:
    moved = move_on(OLD, new(SIGN), DATA)
    assert {one.key: one.words.en for one in moved.aside}["stars"] == "Vega · 3; Deneb"


@pytest.mark.parametrize(
    ("before", "after", "value", "stays"),
    [
        (FieldType.INT, FieldType.DECIMAL, 3, True),
        (FieldType.TEXT, FieldType.LONGTEXT, "words", True),
        (FieldType.DECIMAL, FieldType.INT, 3.5, False),
        (FieldType.TEXT, FieldType.INT, "three", False),
        (FieldType.BITEXT, FieldType.TEXT, {"en": "a", "zh": "甲"}, False),
    ],
)
def test_an_answer_stays_where_the_new_type_can_hold_it(
    before: FieldType, after: FieldType, value: Any, stays: bool
) -> None:
    old, now = replace(REMARK, type=before), replace(REMARK, type=after)
    moved = move_on(form("old", old), form("new", now), {"remark": value})
    assert (moved.data == {"remark": value}) is stays
    assert (len(moved.aside) == 0) is stays


def test_a_number_in_another_unit_does_not_move_on() -> None:
    moved = move_on(OLD, new(replace(ANGLE, unit="rad", units=())), DATA)
    assert "angle" not in moved.data
    assert "entered" not in moved.data
    assert ("angle", "114.6 deg") in [(one.key, one.words.en) for one in moved.aside]


def test_what_no_form_knows_is_kept_as_it_stands() -> None:
    moved = move_on(OLD, new(SIGN), {"sign": "ram", "comet": "Halley"})
    assert [(one.key, one.words.en) for one in moved.aside] == [("comet", "Halley")]


CHANGES = """\
changes: radiology
fields:
  - {key: primary_size_mm, label: {en: Longest side, zh: 最长边}}
  - key: our_score
    after: primary_size_mm
    type: int
    label: {en: Our score, zh: 本院评分}
    tier: core
"""
CODES = "quality:\n  change:\n    - {code: diagnostic, en: Good enough, zh: 合格}\n"


def restarted(bench: Bench) -> Bench:
    """The program after its start with what now lies in the folder of the site."""
    from mdtapp.app import create_app
    from mdtapp.disciplines.loader import read_catalogue

    read_catalogue.cache_clear()
    app = create_app(bench.app.config["MDTAPP"], bench.app.extensions["mdtapp.clock"])
    app.config.update({key: bench.app.config[key] for key in ("TESTING",) if key in bench.app.config})
    return Bench(app, bench.case_no, dict(bench.ids))


def test_what_was_signed_keeps_its_form_and_a_draft_moves_on(bench: Bench) -> None:
    bench.signed("radiologist")
    draft = {**DEMO["inputs"]["pathology"], "diagnosis_text": {"en": "Carcinoma.", "zh": "癌。"}}
    assert bench.save("pathologist", draft).status_code == 302
    folder = Path(bench.app.instance_path) / "disciplines"
    folder.mkdir()
    (folder / "our_radiology.yaml").write_text(CHANGES, encoding="utf-8")
    (folder / "choices.yaml").write_text(CODES, encoding="utf-8")
    (folder / "our_pathology.yaml").write_text(
        "changes: pathology\nfields:\n  - {key: slide_format, label: {en: How we saw it, zh: 阅片方式}}\n"
        "  - {key: icdo_morphology, remove: true}\n",
        encoding="utf-8",
    )
    later = restarted(bench)
    try:
        signed = later.browser("radiologist").get(later.url("radiologist", "/1")).text
        assert "Largest diameter" in signed
        assert "Longest side" not in signed
        assert "Good enough" not in signed

        page = later.browser("pathologist").get(later.url("pathologist")).text
        assert "How we saw it" in page
        assert "Carcinoma." in page
        assert "The form has changed since this was written" in page
        gone = DEMO["inputs"]["pathology"]["icdo_morphology"]
        assert page.count(gone) == 1
        refused = later.browser("pathologist").get(later.url("pathologist", "/review")).text
        assert "The form has changed since you saved" in refused

        answers = {key: value for key, value in draft.items() if key != "icdo_morphology"}
        assert later.save("pathologist", answers).status_code == 302
        again = later.browser("pathologist").get(later.url("pathologist", "/review")).text
        assert "The form has changed since you saved" not in again
        assert gone in again, "what is asked no more stays with the input"

        answer = later.browser("radiologist").submit(
            later.url("radiologist", "/1"),
            {"reason": "The site asks more."},
            action=later.url("radiologist", "/amend"),
        )
        assert answer.status_code == 302
        amended = later.browser("radiologist").get(later.url("radiologist")).text
        assert "Longest side" in amended
        assert "Our score" in amended
    finally:
        from mdtapp.disciplines import use_site_files

        use_site_files(folder / "none")
