"""How hard a text is to read: grades of known texts, lengths of Chinese sentences."""

from __future__ import annotations

import pytest

from mdtapp.opinions.desk.readability import reading_grade, sentence_length_zh, syllables_of, together


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("cat", 1), ("table", 2), ("little", 2), ("the", 1), ("make", 1), ("makes", 1), ("cancer", 2)),
        *(("tablet", 2), ("surgery", 3), ("treated", 2), ("advised", 2), ("needed", 2), ("walked", 1)),
        *(("chemotherapy", 5), ("radiotherapy", 6), ("spread", 1), ("EGFR", 4), ("CT", 2), ("don't", 1)),
        *(("size", 1), ("queue", 1), ("rhythm", 1), ("immunotherapy", 6)),
    ],
)
def test_syllables(word: str, count: int):
    assert syllables_of(word) == count


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        # 6 words, 1 sentence, 6 syllables: 0.39 * 6 + 11.8 * 1 - 15.59 = -1.45, and no grade is below 0
        ("The cat sat on the mat.", 0.0),
        # 8 words, 1 sentence, 9 syllables: 3.12 + 13.275 - 15.59 = 0.805
        ("A tablet is the first choice for you.", 0.8),
        # 10 words, 2 sentences, 12 syllables: 1.95 + 14.16 - 15.59 = 0.52
        ("Take the tablet at night. Do not stop it alone.", 0.5),
        # 5 words, 1 sentence, 20 syllables: 1.95 + 47.2 - 15.59 = 33.56
        ("Immunotherapy precedes definitive oncological resection.", 33.6),
        ("", None),
        ("中文没有英文。", None),
        ("12 345.", None),
    ],
)
def test_grades(text: str, grade: float | None):
    assert reading_grade(text) == grade


def test_longer_words_and_longer_sentences_are_harder():
    plain = reading_grade("You have a lung cancer. A tablet acts on it.")
    long = reading_grade("You have a lung cancer on which a tablet that we can give you acts.")
    heavy = reading_grade("You have an adenocarcinoma. A tyrosine kinase inhibitor is advisable.")
    assert plain is not None
    assert long is not None
    assert heavy is not None
    assert plain < long
    assert plain < heavy


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("首选靶向药。", 5),
        ("首选靶向药。不建议先用免疫治疗。", 7),
        ("建议EGFR靶向药80毫克。", 9),
        ("一。一二。一二三。", 2),
        ("", None),
        ("English only", 2),
    ],
)
def test_lengths_of_chinese_sentences(text: str, length: int | None):
    assert sentence_length_zh(text) == length


def test_each_sentence_of_the_opinion_is_one_at_least():
    assert reading_grade(together(["Two words", "Three more words"])) == reading_grade(
        "Two words. Three more words."
    )
