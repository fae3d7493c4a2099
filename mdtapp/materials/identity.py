"""Whether arriving material names the same person as the case does: field by field, never by guess.

Names are compared after normalising what devices and typists change (capitals, full-width
letters, `^` and spaces, order of the parts). Two names that then still differ in one letter
are different names, and a person decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Match(StrEnum):
    """Result for one field. `absent`: one side does not say, or says it in another script."""

    SAME = "same"
    DIFFERS = "differs"
    ABSENT = "absent"


class Verdict(StrEnum):
    """Result for the whole identity."""

    FITS = "fits"
    DIFFERS = "differs"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is said to be. Birth dates are ISO or DICOM DA text, ids are as written."""

    names: tuple[str, ...] = ()
    birth_date: str = ""
    sex: str = ""
    patient_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, record: Mapping[str, Any] | None) -> Identity | None:
        """From a sealed record `{name, other_names, birth_date, sex, patient_ids}`; None stays None."""
        if not record:
            return None
        names = [record.get("name"), *_listed(record.get("other_names"))]
        return cls(
            names=tuple(str(name) for name in names if name),
            birth_date=str(record.get("birth_date") or ""),
            sex=str(record.get("sex") or ""),
            patient_ids=tuple(str(value) for value in _listed(record.get("patient_ids")) if value),
        )


@dataclass(frozen=True, slots=True)
class FieldResult:
    """One line of the comparison: the field, the result, and both values as they stand."""

    field: str
    match: Match
    arriving: str
    known: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The lines in fixed order (name, birth date, sex, patient id) and what they amount to."""

    results: tuple[FieldResult, ...]
    verdict: Verdict

    def codes(self) -> list[dict[str, str]]:
        """Fields and results without any value, fit to be stored and recorded."""
        return [{"field": result.field, "match": str(result.match)} for result in self.results]


def compare(arriving: Identity, known: Identity | None) -> Comparison:
    """Holds an arriving identity against the sealed one of the case.

    It fits when the name is the same, nothing differs, and the birth date or a patient id
    is the same too. Without a sealed identity nothing can be told.
    """
    other = known or Identity()
    results = (
        _line("name", _match_names(arriving.names, other.names), arriving.names, other.names),
        _line(
            "birth_date",
            _match_values(_day(arriving.birth_date), _day(other.birth_date)),
            [arriving.birth_date],
            [other.birth_date],
        ),
        _line("sex", _match_values(_sex(arriving.sex), _sex(other.sex)), [arriving.sex], [other.sex]),
        _line(
            "patient_id",
            _match_ids(arriving.patient_ids, other.patient_ids),
            arriving.patient_ids,
            other.patient_ids,
        ),
    )
    return Comparison(results, _verdict({result.field: result.match for result in results}))


def _verdict(matches: Mapping[str, Match]) -> Verdict:
    if Match.DIFFERS in matches.values():
        return Verdict.DIFFERS
    second = Match.SAME in (matches["birth_date"], matches["patient_id"])
    return Verdict.FITS if matches["name"] is Match.SAME and second else Verdict.CANNOT_TELL


def _line(field: str, match: Match, arriving: Iterable[str], known: Iterable[str]) -> FieldResult:
    return FieldResult(field, match, " / ".join(arriving), " / ".join(known))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


# Names

_SCRIPTS = ("CJK", "LATIN", "HANGUL", "HIRAGANA", "KATAKANA", "CYRILLIC", "ARABIC", "GREEK", "HEBREW", "THAI")
_SYLLABIC = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL"}
_PREFIX_COMPONENT = 3  # family ^ given ^ middle ^ prefix ^ suffix (DICOM PS3.5 6.2.1)
_PARTS = re.compile(r"[\s,;·・‧]+")


def _match_names(arriving: tuple[str, ...], known: tuple[str, ...]) -> Match:
    """Same in at least one script both sides use, and contradicted in none."""
    ours, theirs = _forms_by_script(known), _forms_by_script(arriving)
    shared = ours.keys() & theirs.keys()
    if not shared:
        return Match.ABSENT
    agreed = [all(forms & ours[script] for forms in _spellings(arriving, script)) for script in shared]
    return Match.SAME if all(agreed) else Match.DIFFERS


def _forms_by_script(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """`{script: every canonical form of every spelling in that script}`."""
    forms: dict[str, set[str]] = {}
    for script, spelling in _groups(names):
        forms.setdefault(script, set()).update(_canonical(spelling, script))
    return {script: frozenset(values) for script, values in forms.items()}


def _spellings(names: Iterable[str], script: str) -> list[frozenset[str]]:
    return [_canonical(spelling, found) for found, spelling in _groups(names) if found == script]


def _groups(names: Iterable[str]) -> list[tuple[str, str]]:
    """`(script, spelling)` of each component group (`alphabetic=ideographic=phonetic`) that says something."""
    found = []
    for name in names:
        text = unicodedata.normalize("NFKC", name).casefold()
        for group in re.split(r"[=()]", text):
            for spelling in _split_mixed(group):
                script = _script(spelling)
                if script:
                    found.append((script, spelling))
    return found


def _split_mixed(group: str) -> list[str]:
    """`Zhang Wei 张伟` holds two spellings; a name in one script stays whole."""
    words = [word for word in re.split(r"(\s+)", group) if word]
    scripts = [_script(word) for word in words]
    if "CJK" not in scripts or len({script for script in scripts if script}) < 2:
        return [group]
    ideographic = "".join(word for word, script in zip(words, scripts, strict=True) if script == "CJK")
    rest = "".join(word for word, script in zip(words, scripts, strict=True) if script != "CJK")
    return [rest, ideographic]


def _script(text: str) -> str:
    """The script of the first letter; empty for text without letters."""
    for character in text:
        if character.isalpha():
            name = unicodedata.name(character, "")
            return next((script for script in _SCRIPTS if name.startswith(script)), "OTHER")
    return ""


def _canonical(spelling: str, script: str) -> frozenset[str]:
    """Forms under which a spelling counts as the same: parts in any order, spaces inside a part dropped."""
    components = [part for place, part in enumerate(spelling.split("^")) if place != _PREFIX_COMPONENT]
    parts = [_PARTS.sub(" ", part).strip() for part in components]
    parts = [part for part in parts if part]
    words = [word for part in parts for word in part.split(" ")]
    joined = [part.replace(" ", "") for part in parts]
    if script in _SYLLABIC:
        return frozenset({"".join(joined), "".join(reversed(joined))})
    forms = {_sorted(words), _sorted(joined)}
    if len(parts) == 1 and len(words) > 1:  # no `^`: the family name may stand first or last
        forms |= {_sorted([words[0], "".join(words[1:])]), _sorted(["".join(words[:-1]), words[-1]])}
    return frozenset(forms)


def _sorted(parts: list[str]) -> str:
    return " ".join(sorted(parts))


def names_person(text: str, known: Identity) -> bool:
    """Whether a text (a file's name) holds a word of the person's names, or one of their numbers.

    Meant to hide, not to recognise: a word too many costs nothing.
    """
    said = unicodedata.normalize("NFKC", text).casefold()
    words = {word for _, spelling in _groups(known.names) for word in re.split(r"[\s^,.]+", spelling)}
    numbers = {_id(value) for value in known.patient_ids}
    return any(len(word) > 1 and word in said for word in words | numbers)


# The other fields


def _match_values(arriving: str, known: str) -> Match:
    if not arriving or not known:
        return Match.ABSENT
    return Match.SAME if arriving == known else Match.DIFFERS


def _match_ids(arriving: tuple[str, ...], known: tuple[str, ...]) -> Match:
    theirs = {_id(value) for value in arriving} - {""}
    ours = {_id(value) for value in known} - {""}
    if not theirs or not ours:
        return Match.ABSENT
    return Match.SAME if theirs & ours else Match.DIFFERS


def _id(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip().casefold()


def _day(value: str) -> str:
    """`1967-03-14`, `19670314` and the retired `1967.03.14` become `19670314`; other text stays as it is."""
    text = unicodedata.normalize("NFKC", value).strip()
    digits = re.sub(r"[-./]", "", text)
    return digits if re.fullmatch(r"\d{8}", digits) else text


_SEXES = {"m": "m", "male": "m", "男": "m", "f": "f", "female": "f", "女": "f"}


def _sex(value: str) -> str:
    """Male and female compare; anything else says nothing about identity."""
    return _SEXES.get(unicodedata.normalize("NFKC", value).strip().casefold(), "")
