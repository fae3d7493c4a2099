"""Two versions of a text: what a reader is told differs."""

from __future__ import annotations

from typing import Any

from mdtapp.opinions.desk.comparison import compare, word_by_word

ORDER = ["summary_patient", "recommendation"]
DETAILS: dict[str, Any] = {
    "original": {},
    "provenance": [],
    "kind": "",
    "mark": "",
    "question": "",
    "step": None,
    "needs_translation": [],
    "audience": "",
    "frame": None,
}


def said(en: str, position: int, section: str = "summary_patient", **more: Any) -> dict[str, Any]:
    row = {"text": {"en": en, "zh": ""}, "section": section, "position": position, "dropped_reason": ""}
    return DETAILS | row | more


def state(**rows: dict[str, Any]) -> dict[str, Any]:
    return {key.removeprefix("n"): row for key, row in rows.items()} | {"result": {}}


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.change, str(one.after or one.before)) for one in compare(before, after, ORDER)]


def test_nothing_differs():
    same = state(n1=said("One.", 0), n2=said("Two.", 1))
    assert changes(same, same) == []


def test_an_added_sentence_moves_nobody():
    before = state(n1=said("One.", 0), n2=said("Two.", 1))
    after = state(n1=said("One.", 0), n2=said("Two.", 2), n3=said("New.", 1))
    assert changes(before, after) == [("added", "New.")]


def test_a_dropped_sentence_says_why_and_one_brought_back_is_added():
    kept, dropped = state(n1=said("One.", 0)), state(n1=said("One.", 0, dropped_reason="twice"))
    (gone,) = compare(kept, dropped, ORDER)
    assert (gone.change, gone.reason) == ("dropped", "twice")
    assert changes(dropped, kept) == [("added", "One.")]


def test_only_the_moved_sentence_has_moved():
    before = state(n1=said("One.", 0), n2=said("Two.", 1), n3=said("Three.", 2))
    after = state(n1=said("One.", 2), n2=said("Two.", 0), n3=said("Three.", 1))
    assert changes(before, after) == [("moved", "One.")]
    elsewhere = state(n1=said("One.", 0, "recommendation"), n2=said("Two.", 1), n3=said("Three.", 2))
    assert changes(before, elsewhere) == [("moved", "One.")]


def test_new_words_are_shown_word_by_word():
    before, after = state(n1=said("Take a tablet.", 0)), state(n1=said("Take one tablet.", 0))
    (one,) = compare(before, after, ORDER)
    assert one.change == "reworded"
    assert one.pieces["en"] == [("same", "Take "), ("old", "a"), ("new", "one"), ("same", " tablet.")]


def test_guidelines_readers_and_the_rest_are_other_details():
    before = state(n1=said("One.", 0))
    assert changes(before, state(n1=said("One.", 0, audience="record"))) == [("other", "One.")]


def test_sections_come_in_their_order():
    after = state(n1=said("Later.", 0, "recommendation"), n2=said("First.", 0))
    assert [text for _change, text in changes(state(), after)] == ["First.", "Later."]


def test_chinese_is_compared_character_by_character():
    assert word_by_word("首选靶向药。", "首选化疗药。") == [
        ("same", "首选"),
        ("old", "靶向"),
        ("new", "化疗"),
        ("same", "药。"),
    ]
