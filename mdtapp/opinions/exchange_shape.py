"""The shape of one case in the exchange format, checked before anything is stored.

Keys nobody knows pass. The first value of a wrong type is refused, named by its path.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from mdtapp.cases.operations import MOST_QUESTIONS
from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.plain_text import forbidden_characters
from mdtapp.errors import Invalid

DEEPEST = 40
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value must be, in words, and how that is seen."""

    words: Bitext
    fits: Callable[[Any], bool]


def text(longest: int) -> Kind:
    words = Bitext(f"a text of at most {longest} characters", f"不超过{longest}个字符的文本")
    return Kind(words, lambda value: isinstance(value, str) and len(value) <= longest)


def whole(lowest: int, highest: int) -> Kind:
    words = Bitext(f"a whole number from {lowest} to {highest}", f"{lowest}至{highest}之间的整数")
    return Kind(words, lambda value: type(value) is int and lowest <= value <= highest)


def _is_words(value: Any) -> bool:
    if isinstance(value, str):
        return True
    return isinstance(value, Mapping) and all(
        isinstance(value.get(language), str | None) for language in ("en", "zh")
    )


def _is_day(value: Any) -> bool:
    if value == "":
        return True
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


FLAG = Kind(Bitext("true or false", "true或false"), lambda value: isinstance(value, bool))
OBJECT = Kind(Bitext("an object", "对象"), lambda value: isinstance(value, Mapping))
TEXTS = Kind(
    Bitext("a list of texts", "文本列表"),
    lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
)
ROWS = Kind(
    Bitext("a list of objects", "对象列表"),
    lambda value: isinstance(value, list) and all(isinstance(each, Mapping) for each in value),
)
WORDS = Kind(Bitext("a text, or an object with the texts en and zh", "文本，或含en与zh文本的对象"), _is_words)
DAY = Kind(Bitext("a date such as 2026-03-02", "形如2026-03-02的日期"), _is_day)
COUNTRY = Kind(
    Bitext("the two letters of a country, such as KE", "两个字母的国家代码，例如KE"),
    lambda value: isinstance(value, str) and re.fullmatch("[A-Za-z]{2}", value, re.ASCII) is not None,
)

Shape = Mapping[str, "Kind | Shape | list[Shape]"]
"""By key: a kind, the shape of an object, or (in a list) the shape of each row."""

WHO = {"discipline": text(60), "name": text(120), "name_zh": text(120), "title": text(120)}
CASE: Shape = {
    "id": text(200),
    "title": WORDS,
    "wishes": WORDS,
    "patient": {
        "pseudonym": text(40),
        "sex": text(20),
        "birth_year": whole(1900, 2100),
        "age": whole(0, 130),
        "home_country": COUNTRY,
        "home_language": text(20),
        "other_languages": TEXTS,
        "interpreter": FLAG,
        "menopausal": text(20),
        "home_physician": OBJECT,
        "identity": {
            "name": text(200),
            "other_names": TEXTS,
            "birth_date": DAY,
            "sex": text(20),
            "patient_ids": TEXTS,
        },
    },
    "case": {
        "primary_site": text(40),
        "laterality": text(20),
        "site_family": text(40),
        "situation": text(40),
        "faq": TEXTS,
        "reasons": TEXTS,
        "inviting_party": text(40),
        "setting": text(40),
        "urgency": text(20),
        "received_on": DAY,
        "meeting_on": DAY,
        "diagnosed_on": DAY,
        "due_on": DAY,
        "next_home_treatment_on": DAY,
    },
    "outside": {
        "institution": text(200),
        "country": COUNTRY,
        "given_on": DAY,
        "diagnosis_text": WORDS,
        "plan": WORDS,
        "steps": ROWS,
    },
    "questions": [{"id": text(10), "text": WORDS, "original": text(4000)}],
    "history": [{"text": WORDS}],
    "labs": [{"date": text(40), "values": OBJECT}],
    "materials": [
        {
            "id": text(40),
            "kind": text(40),
            "title": text(300),
            "date": DAY,
            "language": text(35),
            "status": text(40),
        }
    ],
    "inputs": OBJECT,
    "panel": [{**WHO, "licence_no": text(60), "chair": FLAG, "attended": FLAG, "mode": text(20)}],
}
COMPLETION: Shape = {
    "meeting": {"minutes": whole(0, 600)},
    "consensus": {
        "result_class": text(40),
        "also": TEXTS,
        "summary": WORDS,
        "vote": {"for": whole(0, 99), "against": whole(0, 99), "abstain": whole(0, 99)},
        "dissent": [{"discipline": text(60), "text": WORDS}],
    },
    "resolutions": [{"rule": text(10), "decision": text(40), "chosen": text(60), "reason": WORDS}],
    "opinion_seed": {"sections": OBJECT},
}
SEED_ROWS: Shape = {"text": WORDS, "question_id": text(10), "provenance": ROWS}


def check_shape(entry: Mapping[str, Any], *, complete: bool = False) -> None:
    """Invalid, with the path, at the first thing that cannot be taken; `complete` looks at the later parts too."""
    check_plain(entry)
    _check(entry, CASE, "")
    _check_questions(entry.get("questions") or [])
    if complete:
        _check(entry, COMPLETION, "")
        for section, rows in ((entry.get("opinion_seed") or {}).get("sections") or {}).items():
            _check({section: rows}, {section: [SEED_ROWS]}, "opinion_seed.sections.")


def check_plain(value: object) -> None:
    """Invalid for what no page would take either: hidden characters, half characters, numbers without end, depth."""
    waiting: list[tuple[object, str, int]] = [(value, "", 0)]
    while waiting:
        each, path, depth = waiting.pop()
        if depth > DEEPEST:
            raise Invalid(Bitext(f"{path[:80]}… is nested too deeply.", f"{path[:80]}…的嵌套层次过深。"))
        if isinstance(each, str):
            _check_text(each, path)
        elif isinstance(each, float) and not math.isfinite(each):
            raise Invalid(Bitext(f"{path} is not a number.", f"{path}不是数字。"))
        elif isinstance(each, Mapping):
            waiting += ((key, path, depth) for key in each)
            waiting += ((part, f"{path}.{key}".lstrip("."), depth + 1) for key, part in each.items())
        elif isinstance(each, list):
            waiting += ((part, f"{path}[{place}]", depth + 1) for place, part in enumerate(each))


def _check_text(words: str, path: str) -> None:
    hidden = forbidden_characters(words) or [f"U+{ord(half):04X}" for half in _SURROGATE.findall(words)]
    if hidden:
        raise Invalid(
            Bitext(
                f"{path} holds the invisible character {hidden[0]}. Write it as plain text.",
                f"{path}含不可见字符{hidden[0]}，请改为纯文本。",
            )
        )


def _check(values: Mapping[str, Any], shape: Shape, prefix: str) -> None:
    for key, wanted in shape.items():
        value, path = values.get(key), f"{prefix}{key}"
        if value is None:
            continue
        kind = wanted if isinstance(wanted, Kind) else ROWS if isinstance(wanted, list) else OBJECT
        if not kind.fits(value):
            raise Invalid(Bitext(f"{path} must be {kind.words.en}.", f"{path}必须是{kind.words.zh}。"))
        if isinstance(wanted, list):
            for place, row in enumerate(value):
                _check(row, wanted[0], f"{path}[{place}].")
        elif not isinstance(wanted, Kind):
            _check(value, wanted, f"{path}.")


def _check_questions(questions: Iterable[Mapping[str, Any]]) -> None:
    keys = question_keys(questions)
    if len(keys) > MOST_QUESTIONS:
        raise Invalid(
            Bitext(
                f"There are {len(keys)} questions; at most ten fit one opinion.",
                f"共有{len(keys)}个问题；一份意见最多回答十个。",
            )
        )
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise Invalid(Bitext(f"Two questions are called {twice}.", f"有两个问题的编号均为{twice}。"))


def question_keys(questions: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids of the questions; one without an id is called by its place."""
    return [str(row.get("id") or f"Q{place}") for place, row in enumerate(questions, start=1)]
