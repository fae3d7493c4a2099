"""Keys of origins: short, stable within a document, each explained."""

from __future__ import annotations

from typing import Any

import pytest

from mdtapp.documents.letter import arrange
from mdtapp.documents.origins import Origins
from mdtapp.documents.wording import wording
from tests.documents.conftest import frozen_opinion

FIELD = {"discipline": "pathology", "revision": 2, "field": "er_pct", "row": None, "value": 80}


def origins() -> Origins:
    return Origins(wording())


def test_each_discipline_counts_for_itself() -> None:
    found = origins()
    other = FIELD | {"field": "pr_pct"}
    assert found.keys([FIELD, {"discipline": "radiology", "field": "summary"}, other]) == (
        "PA-1",
        "RA-1",
        "PA-2",
    )


def test_the_same_origin_keeps_its_key() -> None:
    found = origins()
    assert found.keys([FIELD]) == found.keys([dict(FIELD)]) == ("PA-1",)


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ({"material": "M2", "page": 3}, "M2:3"),
        ({"material": "M2", "page": None}, "M2"),
        ({"rule": "X14"}, "X14"),
        ({"chair": "statement"}, "CH"),
        ({"template": "disclaimer"}, "TX"),
        ({"discipline": "sleep_medicine", "field": "summary"}, "SM-1"),
    ],
)
def test_key_of_each_kind(entry: dict[str, Any], key: str) -> None:
    assert origins().keys([entry]) == (key,)


def test_detail_names_field_row_value_and_revision() -> None:
    found = origins()
    found.keys(
        [FIELD, {"discipline": "radiology", "field": "lesions", "row": 0, "revision": 1, "value": {"mm": 3}}]
    )
    assert [one.detail for group in found.groups() for one in group.origins] == [
        "er_pct = 80 · r2",
        "lesions[1] · r1",
    ]


@pytest.mark.parametrize("name", ["breast", "lung"])
def test_every_key_that_is_printed_is_explained(name: str) -> None:
    letter = arrange(frozen_opinion(name))
    listed = [origin.key for group in letter.origins for origin in group.origins]
    sections = [*letter.doctor_sections, *letter.patient_sections]
    used = {key for one in sections for line in one.lines for key in line.keys}
    assert used <= set(listed)
    assert len(listed) == len(set(listed))
