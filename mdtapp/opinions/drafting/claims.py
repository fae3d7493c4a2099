"""What the home hospital said, claim by claim, beside what the panel makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mdtapp.clinical.agreement import claim_object, names_whole_object
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.conditions import is_filled
from mdtapp.disciplines.definitions import Catalogue, Field
from mdtapp.opinions.drafting.findings import distinct
from mdtapp.opinions.drafting.inputs import Input, Signed
from mdtapp.opinions.drafting.statement import Mark, Said, Statement
from mdtapp.opinions.drafting.translation import missing
from mdtapp.opinions.drafting.words import by, fixed, has_fixed, in_a_row, listed, lowered, unstopped

CONFIRMED = "agree"
_REMARK = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")


def claim_rows(one: Input, assessed: str) -> list[tuple[int, Mapping[str, Any]]]:
    """The judged claims of an input about one object (diagnosis, stage, report, plan), with their place."""
    rows = [(place, row) for place, row in one.rows("claims") if is_filled(row.get("verdict"))]
    return [(place, row) for place, row in rows if claim_object(str(row.get("claim") or "")) == assessed]


def claim_by_claim(
    one: Input, signed: Signed, assessed: str, marks: Mapping[str, Mark]
) -> Iterator[Statement]:
    """What is confirmed in one sentence, then each claim that is judged otherwise.

    Agreement with the whole of the object is not repeated: the verdict on it has said so already.
    """
    rows = claim_rows(one, assessed)
    confirmed = [(place, row) for place, row in rows if row["verdict"] == CONFIRMED]
    verdict = one.find(f"agree_{assessed}")
    if verdict is not None and verdict.feeds and one.code(verdict.key) == CONFIRMED:
        confirmed = [(place, row) for place, row in confirmed if not names_whole_object(str(row["claim"]))]
    if confirmed:
        what = listed([lowered(_label(one, signed.catalogue, row)) for _, row in confirmed])
        sources = distinct(one.source("claims", place) for place, _ in confirmed)
        text = by(one.label, fixed("claims.confirmed", what=what))
        yield Statement(Said(text, sources), "verdict", marks[CONFIRMED])
    for place, row in rows:
        mark = marks.get(row["verdict"])
        if mark is not None and row["verdict"] != CONFIRMED:
            yield Statement(_judged(one, signed, place, row), "verdict", mark)


def _judged(one: Input, signed: Signed, place: int, row: Mapping[str, Any]) -> Said:
    field = _field(one, signed.catalogue, row)
    label = _label(one, signed.catalogue, row)
    home = _readable(_at(signed.facts.outside, _path(row)), field, signed.catalogue)
    ours = _readable(row.get("ours"), field, signed.catalogue)
    why = Bitext.of(row.get("why"))
    values = {"label": label, "home": unstopped(home), "ours": unstopped(ours)}
    if row["verdict"] == "not_assessable":
        first = fixed("claims.not_assessable", **values)
    else:
        pattern = {(True, True): "both", (True, False): "home", (False, True): "ours"}.get(
            (bool(home), bool(ours))
        )
        first = fixed(f"claims.{pattern or 'differs'}", **values)
    languages = missing(why, *(text for text in (ours,) if isinstance(row.get("ours"), Mapping)))
    return Said(
        by(one.label, in_a_row((first, why, _impact(signed.catalogue, row)))),
        (one.source("claims", place),),
        languages,
    )


def _impact(catalogue: Catalogue, row: Mapping[str, Any]) -> Bitext:
    """What the forms say of this impact on this object."""
    field = _asked(catalogue, f"impact_{claim_object(str(row['claim']))}")
    said = (field.says_when or {}) if field is not None else {}
    return said.get(str(row.get("impact") or "")) or Bitext()


def _path(row: Mapping[str, Any]) -> list[str]:
    return str(row.get("claim") or "").removeprefix("outside.").split(".")


def _at(known: Any, path: list[str]) -> Any:
    for key in path:
        if isinstance(known, Mapping):
            known = known.get(key)
        elif isinstance(known, list | tuple) and key.isdecimal() and int(key) < len(known):
            known = known[int(key)]
        else:
            return None
    return known


def _field(one: Input, catalogue: Catalogue, row: Mapping[str, Any]) -> Field | None:
    """The question the claim answers, as this discipline or else the first one asks it."""
    key = next((part for part in reversed(_path(row)) if not part.isdecimal()), "")
    own = one.find(key)
    if own is not None:
        return own
    return _asked(catalogue, key)


def _asked(catalogue: Catalogue, key: str) -> Field | None:
    fields = (field for form in catalogue.disciplines.values() for field in form.fields())
    return next((field for field in fields if field.key == key), None)


def _label(one: Input, catalogue: Catalogue, row: Mapping[str, Any]) -> Bitext:
    key = next((part for part in _path(row) if not part.isdecimal()), "")
    if has_fixed(f"claimed.{key}"):
        return fixed(f"claimed.{key}")
    field = _field(one, catalogue, row)
    if field is None:
        return Bitext(key.replace("_", " "), key.replace("_", " "))
    return Bitext(_REMARK.sub("", field.label.en), _REMARK.sub("", field.label.zh))


def _readable(value: Any, field: Field | None, catalogue: Catalogue) -> Bitext:
    """A value of the claim in words; empty for what cannot be put into a sentence."""
    if isinstance(value, bool) or not is_filled(value):
        return Bitext()
    if isinstance(value, Mapping):
        return Bitext.of(value)
    if isinstance(value, int | float):
        return Bitext(f"{value:g}", f"{value:g}")
    if not isinstance(value, str):
        return Bitext()
    if field is not None and field.choices is not None and value in catalogue.choices[field.choices]:
        return catalogue.label(field.choices, value)
    return Bitext(value, value)
