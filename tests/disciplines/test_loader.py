"""Data files that are wrong are named by file, line and reason; a site's files replace by key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mdtapp.disciplines import FaultyDefinition, catalogue, loader, use_site_files
from mdtapp.disciplines.loader import read_catalogue
from mdtapp.disciplines.staging_tables import read_tables

HEAD = """\
key: speech_therapy
short: SP
label: {en: Speech therapy, zh: 言语治疗}
core: false
position: 20
sections:
  - key: voice
    label: {en: Voice, zh: 嗓音}
    fields:
"""


def field(*lines: str) -> str:
    """One field of the form above; each line is a further key."""
    body = [
        "- key: pitch",
        "  label: {en: Pitch, zh: 音高}",
        "  tier: core",
        *(f"  {line}" for line in lines),
    ]
    return HEAD + "".join(f"      {line}\n" for line in body)


def read(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return catalogue(folder)


def test_a_site_adds_a_discipline(tmp_path):
    text = field(
        "type: int", "min: 1", "max: 9", "shown_if: {question: case.setting, operator: exists, answer: true}"
    )
    known = read(tmp_path, "speech.yaml", text)
    assert list(known.disciplines)[-1] == "speech_therapy"
    assert known.disciplines["speech_therapy"].field("pitch").max == 9
    assert "speech_therapy" not in catalogue().disciplines


def test_a_site_replaces_a_discipline_and_keeps_its_place(tmp_path):
    text = field("type: int").replace("speech_therapy", "pathology").replace("position: 20", "position: 1")
    known = read(tmp_path, "our_pathology.yaml", text)
    assert [one.key for one in known.disciplines["pathology"].fields()] == ["pitch"]
    assert next(iter(known.disciplines)) == "pathology"
    assert known.disciplines["radiology"].version == catalogue().disciplines["radiology"].version


def test_a_site_replaces_a_choice_set_and_the_version_tells(tmp_path):
    known = read(tmp_path, "choices.yaml", "quality:\n  - {code: fine, en: Fine, zh: 好}\n")
    assert [choice.code for choice in known.choices["quality"]] == ["fine"]
    assert known.disciplines["radiology"].version != catalogue().disciplines["radiology"].version
    assert known.disciplines["pathology"].version == catalogue().disciplines["pathology"].version


def test_a_site_replaces_sections_results_and_checklists(tmp_path):
    text = """\
sections:
  - {key: dissent, label: {en: Other views, zh: 其他意见}, audience: both}
result_classes:
  - {code: confirmed, label: {en: Agreed, zh: 同意}, patient_line: {en: We agree., zh: 同意。}}
"""
    read(tmp_path, "opinion.yaml", text)
    (tmp_path / "checklists.yaml").write_text(
        "breast:\n  - {code: photo, label: {en: Photo, zh: 照片}, criticality: optional}\n", encoding="utf-8"
    )
    read_catalogue.cache_clear()
    known = catalogue(tmp_path)
    assert len(known.sections) == 18
    assert {section.key: section.label.en for section in known.sections}["dissent"] == "Other views"
    assert known.result_classes["confirmed"].label.en == "Agreed"
    assert [item.code for item in known.checklists["breast"]] == ["photo"]
    assert known.checklists["lung"] == catalogue().checklists["lung"]


def test_a_site_block_changes_every_form_that_uses_it(tmp_path):
    text = (
        "confidence:\n"
        "  - {key: confidence, type: choice, choices: confidence, label: {en: How sure, zh: 把握}, tier: detail}\n"
    )
    known = read(tmp_path, "blocks.yaml", text)
    assert known.disciplines["radiology"].field("confidence").label.en == "How sure"
    assert known.disciplines["pathology"].field("confidence").tier == "detail"


def test_a_missing_site_folder_changes_nothing(tmp_path):
    assert list(catalogue(tmp_path / "none").disciplines) == list(catalogue().disciplines)


def test_site_files_in_use_count_everywhere(tmp_path, monkeypatch):
    monkeypatch.setattr(loader, "_site_folder", None)
    (tmp_path / "speech.yaml").write_text(field("type: int"), encoding="utf-8")
    use_site_files(tmp_path)
    assert "speech_therapy" in catalogue().disciplines


def test_faulty_site_files_are_not_taken_into_use(tmp_path, monkeypatch):
    monkeypatch.setattr(loader, "_site_folder", None)
    (tmp_path / "speech.yaml").write_text(field("type: magic"), encoding="utf-8")
    with pytest.raises(FaultyDefinition):
        use_site_files(tmp_path)
    assert "speech_therapy" not in catalogue().disciplines


def test_read_once():
    assert catalogue() is catalogue()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (field("type: int", "minimum: 1"), 14, "minimum"),
        (field("type: number"), 13, "number"),
        (field("type: int", "tier: core"), 14, "stands twice"),
        (field("type: int", "min: low"), 14, "must be a number"),
        (field("type: int", "min: true"), 14, "must be a number"),
        (field("type: int", "min: 5", "max: 1"), 14, "above"),
        (field("type: int", "usual_min: 5", "max: 1"), 14, "above"),
        (field("type: int", "min: 5", "usual_max: 1"), 14, "above"),
        (field("type: text", "usual_max: 5"), 14, "has no limits"),
        (field("type: text", "step: 5"), 14, "has no limits"),
        (field("type: int", "step: 0"), 14, "above 0"),
        (field("type: int", "unit: mm", "units: [{code: cm, factor: 10}]"), 15, "only a decimal"),
        (field("type: decimal", "units: [{code: cm, factor: 10}]"), 14, "only a decimal"),
        (field("type: decimal", "unit: mm", "units: [{code: cm, factor: 0}]"), 15, "above 0"),
        (field("type: decimal", "unit: mm", "units: [{code: cm}]"), 15, "above 0"),
        (field("type: decimal", "unit: mm", "units: [{code: cm, factor: .inf}]"), 15, "above 0"),
        (field("type: decimal", "unit: mm", "units: [{code: mm, factor: 1}]"), 15, "stands twice"),
        (field("type: decimal", "unit: mm", "units: [{code: cm, times: 10}]"), 15, "times"),
        (field("type: int", "new_row: next"), 14, "only a column"),
        (
            field("type: table", "columns: [{key: entered, type: int, label: {en: A, zh: 甲}, tier: core}]"),
            14,
            "is taken",
        ),
        (
            field(
                "type: table",
                "columns: [{key: a, type: int, new_row: other, label: {en: A, zh: 甲}, tier: core}]",
            ),
            14,
            "not possible",
        ),
        (
            field("type: int") + "  - {key: voice, label: {en: V, zh: 嗓}, fields: []}\n",
            14,
            "section “voice” stands twice",
        ),
        (
            field("type: text").replace("speech_therapy", "medical_oncology").replace("pitch", "ecog"),
            13,
            "delivered with another type",
        ),
        (
            field("type: decimal", "unit: mg/dL")
            .replace("speech_therapy", "medical_oncology")
            .replace("pitch", "creatinine_umol_l"),
            14,
            "delivered with another unit",
        ),
        (field("type: text", "max_length: 1.5"), 14, "whole number"),
        (field("type: text", "required: 'yes'"), 14, "true or false"),
        (field("type: text", "pattern: '(['"), 14, "pattern"),
        (field("type: text", "help: {en: Only English}"), 14, "zh"),
        (field("type: text", "help: words"), 14, "keys and values"),
        (field("type: choice"), 10, "choices"),
        (field("type: choice", "choices: nowhere"), 14, "no choice set"),
        (field("type: int", "choices: yn3"), 14, "has no choices"),
        (field("type: ref"), 10, "ref"),
        (field("type: ref", "ref: pocket"), 14, "not possible"),
        (field("type: int", "ref: material"), 14, "refers to nothing"),
        (field("type: table"), 10, "columns"),
        (field("type: table", "columns: []"), 14, "needs columns"),
        (field("type: int", "columns: []"), 14, "only a table"),
        (
            field("type: table", "columns: [{key: a, type: table, label: {en: A, zh: 甲}, tier: core}]"),
            14,
            "columns",
        ),
        (
            field(
                "type: table",
                "columns: [{key: a, type: multiref, ref: material, label: {en: A, zh: 甲}, tier: core}]",
            ),
            14,
            "cannot be of type",
        ),
        (
            field(
                "type: table",
                "columns:",
                "  - {key: a, type: int, label: {en: A, zh: 甲}, tier: core}",
                "  - {key: a, type: int, label: {en: A, zh: 甲}, tier: core}",
            ),
            16,
            "stands twice",
        ),
        (field("type: int", "prefill: {source: elsewhere, mode: start}"), 14, "no source"),
        (field("type: int", "prefill: {source: previous, mode: copy}"), 14, "not possible"),
        (field("type: int", "computed: magic"), 14, "not possible"),
        (field("type: int", "feeds: nowhere"), 14, "not possible"),
        (field("type: int", "agreement: weather"), 14, "not possible"),
        (field("type: int", "says: {en: 'It is {height}.', zh: '{value}'}"), 14, "height"),
        (field("type: int", "says_when: {high: {en: High., zh: 高。}}"), 14, "single answers"),
        (field("type: choice", "choices: yn3", "says_when: {maybe: {en: M., zh: 也许。}}"), 15, "no answer"),
        (field("type: int", "shown_if: {question: height, operator: exists, answer: true}"), 14, "height"),
        (field("type: int", "shown_if: {question: pitch.x, operator: exists, answer: true}"), 14, "pitch.x"),
        (field("type: int", "shown_if: {question: case.x, operator: like, answer: a}"), 14, "like"),
        (
            field("type: int", "shown_if: {question: case.x, operator: exists, answer: 1}"),
            14,
            "cannot compare",
        ),
        (field("type: int", "shown_if: {question: case.x, operator: in, answer: a}"), 14, "cannot compare"),
        (
            field("type: int", "shown_if: {question: case.x, operator: '>', answer: true}"),
            14,
            "cannot compare",
        ),
        (
            field("type: int", "shown_if: {question: case.x, operator: starts-with, answer: 1}"),
            14,
            "cannot compare",
        ),
        (field("type: int", "shown_if: {behaviour: all, when: []}"), 14, "at least one"),
        (field("type: int", "shown_if: {behaviour: some, when: []}"), 14, "some"),
        (field("type: int", "shown_if: always"), 14, "keys and values"),
        (field("type: int").replace("pitch", "Pitch"), 10, "small letters"),
        (field("type: int").replace("key: pitch", "key: claims"), 10, "is taken"),
        (field("type: int").replace("key: pitch", "key: cited"), 10, "is taken"),
        (field("type: int") + "      - block: nothing\n", 14, "no block"),
        (
            field("type: int") + "      - block: confidence\n        with: {certainty: {tier: core}}\n",
            15,
            "certainty",
        ),
        (field("type: int") + "      - block: confidence\n      - block: confidence\n", None, "stands twice"),
        (field("type: int").replace("core: false", "core: perhaps"), 4, "true or false"),
        (field("type: int").replace("  - key: voice", "  - voice"), None, ""),
        (field("type: int").replace("sections:", "parts:"), 6, "parts"),
        ("just words", 1, "keys and values"),
        ("", 1, "keys and values"),
        ("key: [unclosed", 2, ""),
        ("yes: 1\n", 1, "quotes"),
    ],
)
def test_a_fault_is_named_by_its_place(tmp_path, text, line, reason):
    with pytest.raises(FaultyDefinition) as caught:
        read(tmp_path, "speech.yaml", text)
    if line is not None:
        assert (caught.value.file, caught.value.line) == ("speech.yaml", line)
    assert reason in caught.value.reason
    assert f"line {caught.value.line}" in caught.value.sentence.en
    assert not caught.value.sentence.missing()


@pytest.mark.parametrize(
    ("name", "text", "line", "reason"),
    [
        ("choices.yaml", "speed:\n  - {code: yes, en: 'Yes', zh: 是}\n", 2, "quotes"),
        ("choices.yaml", "speed:\n  - {code: a, en: A, zh: 甲}\n  - {code: a, en: B, zh: 乙}\n", 3, "twice"),
        ("choices.yaml", "speed:\n  - {code: a, en: A}\n", 2, "zh"),
        ("choices.yaml", "speed: fast\n", 1, "list"),
        ("choices.yaml", "speed:\n  change: []\n", 1, "no choice set"),
        ("choices.yaml", "yn3:\n  add: []\n", 2, "unknown key"),
        ("choices.yaml", "yn3:\n  change:\n    - {code: never, remove: true}\n", 3, "no code “never”"),
        ("choices.yaml", "yn3:\n  change:\n    - {code: perhaps, en: Perhaps}\n", 3, "zh"),
        (
            "choices.yaml",
            "yn3:\n  change:\n    - {code: perhaps, en: P, zh: 也许, after: never}\n",
            3,
            "no code “never”",
        ),
        ("choices.yaml", "speed:\n  - fast\n", 1, "each item"),
        (
            "checklists.yaml",
            "breast:\n  - {code: a, label: {en: A, zh: 甲}, criticality: vital}\n",
            2,
            "vital",
        ),
        ("opinion.yaml", "chapters: []\n", 1, "chapters"),
        (
            "opinion.yaml",
            "sections:\n  - {key: a, label: {en: A, zh: 甲}, audience: nobody}\n",
            2,
            "nobody",
        ),
    ],
)
def test_faults_of_shared_files(tmp_path, name, text, line, reason):
    with pytest.raises(FaultyDefinition) as caught:
        read(tmp_path, name, text)
    assert (caught.value.file, caught.value.line) == (name, line)
    assert reason in caught.value.reason


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "speech.yaml").write_bytes(b"key: \xff\xfe")
    with pytest.raises(FaultyDefinition, match="UTF-8"):
        catalogue(tmp_path)


CHANGES = """\
changes: radiology
sections:
  - {key: ours, label: {en: Our questions, zh: 本院问题}, after: response}
fields:
  - key: primary_size_mm
    label: {en: Longest side, zh: 最长径}
    usual_max: 120
  - key: our_score
    section: ours
    type: int
    label: {en: Our score, zh: 本院评分}
    tier: core
    shown_if: {question: primary_size_mm, operator: exists, answer: true}
  - key: our_remark
    after: primary_size_mm
    type: text
    label: {en: Our remark, zh: 本院备注}
    tier: detail
  - {key: incidental, remove: true}
  - key: lesions
    columns:
      - {key: note, remove: true}
      - {key: organ, label: {en: Where, zh: 部位}}
      - {key: our_mark, after: organ, type: text, label: {en: Mark, zh: 标记}, tier: core}
"""


def test_a_site_changes_single_fields_of_a_form(tmp_path):
    delivered = catalogue().disciplines["radiology"]
    known = read(tmp_path, "our_radiology.yaml", CHANGES).disciplines["radiology"]
    assert known.version != delivered.version
    size = known.field("primary_size_mm")
    assert (size.label.en, size.usual_max, size.max, size.unit) == ("Longest side", 120, 500, "mm")
    keys = [one.key for one in known.fields()]
    assert keys[keys.index("primary_size_mm") + 1] == "our_remark"
    assert not known.has("incidental")
    sections = [section.key for section in known.sections]
    assert sections[sections.index("response") + 1] == "ours"
    columns = [column.key for column in known.field("lesions").columns]
    assert columns[columns.index("organ") + 1] == "our_mark"
    assert "note" not in columns
    assert known.field("lesions").column("organ").label.en == "Where"
    assert [one.key for one in catalogue().disciplines["radiology"].fields()] == [
        one.key for one in delivered.fields()
    ]


def test_a_site_changes_single_codes_of_a_choice_set(tmp_path):
    text = """\
quality:
  change:
    - {code: fair, en: Fair, zh: 尚可, after: diagnostic}
    - {code: diagnostic, en: Good}
yn3:
  change:
    - {code: unknown, remove: true}
"""
    known = read(tmp_path, "choices.yaml", text)
    labels = {choice.code: choice.label for choice in known.choices["quality"]}
    assert list(labels)[:2] == ["diagnostic", "fair"]
    assert labels["diagnostic"].en == "Good"
    assert labels["diagnostic"].zh == catalogue().label("quality", "diagnostic").zh
    assert [choice.code for choice in known.choices["yn3"]] == ["yes", "no"]
    assert known.disciplines["radiology"].version != catalogue().disciplines["radiology"].version


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("changes: astrology\nfields: []\n", 1, "no discipline “astrology”"),
        ("changes: radiology\nkey: radiology\n", 2, "unknown key “key”"),
        ("changes: radiology\nfields: none\n", 2, "list"),
        ("changes: radiology\nfields:\n  - {key: criteria, type: text}\n", 3, "“type” of a field there is"),
        ("changes: radiology\nfields:\n  - {key: primary_size_mm, unit: cm}\n", 3, "“unit” of a field there"),
        ("changes: radiology\nfields:\n  - {key: criteria, choices: yn3}\n", 3, "“choices” of a field there"),
        ("changes: radiology\nfields:\n  - {key: criteria, after: lesions}\n", 3, "is for new fields"),
        ("changes: radiology\nfields:\n  - {key: criteria, colour: red}\n", 3, "unknown key “colour”"),
        ("changes: radiology\nfields:\n  - {key: horoscope, remove: true}\n", 3, "no field “horoscope”"),
        ("changes: radiology\nfields:\n  - {key: horoscope, after: stars}\n", 3, "no field “stars”"),
        ("changes: radiology\nfields:\n  - {key: horoscope, section: stars}\n", 3, "no section “stars”"),
        ("changes: radiology\nfields:\n  - {key: horoscope, type: int}\n", 3, "“section” must be text"),
        (
            "changes: radiology\nfields:\n  - {key: criteria, remove: true, tier: core}\n",
            3,
            "unknown key “tier”",
        ),
        ("changes: radiology\nfields:\n  - {key: criteria, remove: true}\n", 3, "after this change"),
        ("changes: radiology\nfields:\n  - {key: criteria, columns: []}\n", 3, "only a table"),
        (
            "changes: radiology\nfields:\n  - {key: lesions, columns: [{key: stars, remove: true}]}\n",
            3,
            "no column “stars”",
        ),
        (
            "changes: radiology\nfields:\n  - {key: lesions, columns: [{key: organ, type: text}]}\n",
            3,
            "“type” of a field there is",
        ),
        (
            "changes: radiology\nsections:\n  - {key: ours, label: {en: O, zh: 我}, after: stars}\n",
            3,
            "no section “stars”",
        ),
        (
            "changes: radiology\nsections:\n  - {key: primary, label: {en: P, zh: 原}}\n",
            3,
            "stands twice",
        ),
    ],
)
def test_faults_of_changes_are_named_by_their_place(tmp_path, text, line, reason):
    with pytest.raises(FaultyDefinition) as caught:
        read(tmp_path, "ours.yaml", text)
    assert reason in caught.value.reason
    assert (caught.value.file, caught.value.line) == ("ours.yaml", line)


def test_two_files_for_one_form_are_refused(tmp_path):
    (tmp_path / "a.yaml").write_text(field("type: int"), encoding="utf-8")
    with pytest.raises(FaultyDefinition, match=r"a\.yaml is a file for “speech_therapy” already"):
        read(tmp_path, "b.yaml", field("type: int"))


@pytest.mark.parametrize("name", ["speech.yml", "speech.YAML", "choices.json"])
def test_a_file_that_would_not_be_read_is_refused(tmp_path, name):
    with pytest.raises(FaultyDefinition, match="must end in"):
        read(tmp_path, name, "anything")


def test_the_examples_of_the_manual_work(tmp_path):
    manual = Path(__file__).parents[2] / "docs" / "forms.md"
    examples = re.findall(r"```yaml\n(.*?)```", manual.read_text(encoding="utf-8"), re.DOTALL)
    names = ("disciplines/ours.yaml", "disciplines/choices.yaml", "staging/table.yaml")
    for name, text in zip(names, examples, strict=True):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    known = catalogue(tmp_path / "disciplines")
    assert known.disciplines["radiology"].has("our_score")
    assert known.choices["our_scale"].label("low").en == "Low"
    assert "eye" in known.choices["site"]
    assert read_tables(tmp_path / "staging").group_of("colon", "tnm8", "c", "T1b", "N0", "M0") == "I"
