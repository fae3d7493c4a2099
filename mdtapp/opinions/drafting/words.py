"""Putting texts together in both languages: lists of names, sentences in a row, fixed sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import yaml

from mdtapp.clinical.bitext import Bitext

ENDS = (".", "!", "?", "。", "！", "？")
_STOPS = ".。;；,，"


@cache
def _fixed() -> Mapping[str, Bitext]:
    source = (files("mdtapp.opinions.drafting") / "sentences.yaml").read_text(encoding="utf-8")
    groups: dict[str, dict[str, list[str]]] = yaml.safe_load(source)
    return {
        f"{group}.{key}": Bitext(*texts)
        for group, entries in groups.items()
        for key, texts in entries.items()
    }


def fixed(key: str, **values: Bitext) -> Bitext:
    """A fixed sentence (`group.key` of sentences.yaml) with its gaps filled in each language."""
    pattern = _fixed()[key]
    return Bitext(
        en=pattern.en.format_map({name: value.in_language("en") for name, value in values.items()}),
        zh=pattern.zh.format_map({name: value.in_language("zh") for name, value in values.items()}),
    )


def has_fixed(key: str) -> bool:
    return key in _fixed()


def listed(labels: Sequence[Bitext]) -> Bitext:
    """ "Radiology, surgical oncology and medical oncology"; 放射影像科、肿瘤外科和肿瘤内科."""
    english = [label.in_language("en") for label in labels]
    english[1:] = [inside_a_sentence(name) for name in english[1:]]
    chinese = [label.in_language("zh") for label in labels]
    last_en = ", and " if any(" and " in name for name in english) else " and "
    last_zh = "以及" if any("和" in name or "与" in name for name in chinese) else "和"
    return Bitext(en=_enumerated(english, ", ", last_en), zh=_enumerated(chinese, "、", last_zh))


def _enumerated(names: list[str], comma: str, last: str) -> str:
    return last.join([comma.join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def inside_a_sentence(label: str) -> str:
    """With a small first letter, unless it begins with an abbreviation."""
    return label[0].lower() + label[1:] if label[1:2].islower() else label


def lowered(label: Bitext) -> Bitext:
    """A label as it stands inside a sentence."""
    return Bitext(inside_a_sentence(label.en) if label.en else "", label.zh)


def in_a_row(texts: Iterable[Bitext]) -> Bitext:
    """Sentences one behind the other."""
    present = [sentence(text) for text in texts if text]
    return Bitext(" ".join(text.en for text in present), "".join(text.zh for text in present))


def parted(texts: Iterable[Bitext]) -> Bitext:
    """Parts of one sentence, parted by semicolons."""
    present = [unstopped(text) for text in texts if text]
    return Bitext("; ".join(text.en for text in present), "；".join(text.zh for text in present))


def by(who: Bitext, text: Bitext) -> Bitext:
    """Who says it, then what is said."""
    return fixed("voice.by", who=who, text=text)


def sentence(text: Bitext) -> Bitext:
    """The text in both languages (a missing one repeats the other), each closed by a full stop."""
    english, chinese = text.in_language("en").strip(), text.in_language("zh").strip()
    stop = "." if text.en.strip() else "。"
    return Bitext(
        en=english if english.endswith(ENDS) else english + stop,
        zh=chinese if chinese.endswith(ENDS) else f"{chinese}。",
    )


def unstopped(text: Bitext) -> Bitext:
    """The text in both languages without a stop at the end, to be built into a longer sentence."""
    return Bitext(
        text.in_language("en").strip().rstrip(_STOPS), text.in_language("zh").strip().rstrip(_STOPS)
    )
