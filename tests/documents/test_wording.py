"""The printed labels: both languages, and one for every code an input or a case can hold."""

from __future__ import annotations

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.documents.wording import wording
from mdtapp.materials.status import MaterialKind, MaterialStatus

CHOICES = ("preference", "modality", "intent", "availability", "approval", "guideline_relation")


@pytest.mark.parametrize("group", sorted(wording().labels))
def test_every_label_has_both_languages(group: str) -> None:
    assert [code for code, label in wording().labels[group].items() if label.missing()] == []


@pytest.mark.parametrize("choices", CHOICES)
def test_every_choice_of_a_step_has_its_label(choices: str) -> None:
    codes = {choice.code for choice in catalogue().choices[choices].choices}
    assert codes - wording().labels[choices].keys() == set()


def test_every_section_discipline_and_result_has_its_label() -> None:
    known, labels = catalogue(), wording().labels
    assert {section.key for section in known.sections} - labels["sections"].keys() == set()
    assert set(known.disciplines) - labels["disciplines"].keys() == set()
    assert set(known.result_classes) - labels["result_class"].keys() == set()


def test_every_kind_and_state_of_a_material_has_its_label() -> None:
    labels = wording().labels
    assert {str(kind) for kind in MaterialKind} - labels["material_kind"].keys() == set()
    assert {str(status) for status in MaterialStatus} - labels["material_status"].keys() == set()


def test_the_result_is_worded_as_on_the_screen() -> None:
    lines = {code: result.patient_line for code, result in catalogue().result_classes.items()}
    assert {code: wording().label("result_class", code) for code in lines} == lines


def test_an_unknown_code_prints_as_itself() -> None:
    assert wording().label("modality", "music_therapy") == Bitext("music therapy", "music therapy")


def test_labels_of_a_frozen_opinion_come_first() -> None:
    known = wording().with_labels({"modality": {"music": {"en": "Music therapy", "zh": "音乐治疗"}}})
    assert known.label("modality", "music").zh == "音乐治疗"
    assert known.label("modality", "surgery").en == "Surgery"


def test_the_gaps_of_a_phrase_are_filled_in_each_language() -> None:
    assert wording().page("checked_on", date=Bitext("1 May 2026", "2026年5月1日")) == Bitext(
        "checked 1 May 2026", "核对于2026年5月1日"
    )
