"""How the sealed identity of a case becomes matching keys of a search, and how answers are held against it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid
from mdtapp.gateway.query import FoundStudy, exact
from mdtapp.materials.identity import Comparison, Identity, compare

NOTHING_TO_SEARCH = Bitext(
    "The sealed identity has neither a patient number nor a name with a birth date, so nothing can be searched. Complete the identity first.",
    "身份信息中既无患者编号，也无姓名加出生日期，无法查询。请先补全身份信息。",
)


def searches(known: Identity) -> list[dict[str, str]]:
    """One search for each patient number, and one by name and birth date.

    Invalid when the identity gives neither: a name alone would list strangers.
    """
    found = [{"PatientID": exact(number.strip())} for number in known.patient_ids if number.strip()]
    day = re.sub(r"[-./]", "", known.birth_date)
    word = _family_word(known.names)
    if word and re.fullmatch(r"\d{8}", day):
        found.append({"PatientName": f"*{exact(word)}*", "PatientBirthDate": day})
    if not found:
        raise Invalid(NOTHING_TO_SEARCH)
    return found


def comparison_of(study: FoundStudy, known: Identity | None) -> Comparison:
    """The patient of a found study beside the case's, field by field."""
    arriving = Identity(
        names=(study.patient_name,) if study.patient_name else (),
        birth_date=study.birth_date,
        sex=study.sex,
        patient_ids=(study.patient_id,) if study.patient_id else (),
    )
    return compare(arriving, known)


def patient_key(patient_id: str) -> str:
    """A hash that tells whether two patient numbers are the same, without keeping them."""
    return hashlib.sha256(unicodedata.normalize("NFKC", patient_id).strip().encode()).hexdigest()


def _family_word(names: tuple[str, ...]) -> str:
    """The longest word of the first name in letters every PACS can match; of the first name otherwise."""
    ordered = sorted(names, key=lambda name: not name.isascii())
    return next((max(words, key=len) for words in map(list, map(_words, ordered)) if words), "")


def _words(name: str) -> Iterator[str]:
    text = unicodedata.normalize("NFKC", name)
    yield from (word for word in re.split(r"[\s^=,.()]+", text) if len(word) > 1)
