"""When those present may decide."""

from __future__ import annotations

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.meetings.quorum import quorum

CORE = {
    "pathology": Bitext("Pathology", "病理科"),
    "radiology": Bitext("Radiology", "放射影像科"),
    "medical_oncology": Bitext("Medical oncology", "肿瘤内科"),
    "surgical_oncology": Bitext("Surgical oncology", "肿瘤外科"),
    "radiation_oncology": Bitext("Radiation oncology", "放射肿瘤科"),
}
ALL = set(CORE)
NOBODY: set[str] = set()
THREE = {"pathology", "radiology", "surgical_oncology"}

TABLE = [
    # chair, live, written, met, missing, live core disciplines
    pytest.param(True, ALL, NOBODY, True, (), 5, id="everybody is here"),
    pytest.param(True, THREE, ALL - THREE, True, (), 3, id="three live, two in writing"),
    pytest.param(True, THREE, ALL, True, (), 3, id="written inputs of those present change nothing"),
    pytest.param(False, ALL, ALL, False, (), 5, id="no chair"),
    pytest.param(True, ALL - {"pathology"}, NOBODY, False, ("pathology",), 4, id="a discipline is missing"),
    pytest.param(True, ALL - {"pathology"}, {"pathology"}, True, (), 4, id="the missing one has signed"),
    pytest.param(True, {"pathology", "radiology"}, ALL, False, (), 2, id="only two live"),
    pytest.param(True, NOBODY, ALL, False, (), 0, id="all in writing, nobody there"),
    pytest.param(True, THREE, NOBODY, False, ("medical_oncology", "radiation_oncology"), 3, id="two gaps"),
    pytest.param(True, NOBODY, NOBODY, False, tuple(CORE), 0, id="nobody"),
    pytest.param(
        True, {"nuclear_medicine", *THREE}, ALL, True, (), 3, id="others are welcome and do not count"
    ),
    pytest.param(
        True,
        {"nuclear_medicine", "pathology", "radiology"},
        ALL,
        False,
        (),
        2,
        id="another one does not fill",
    ),
]


@pytest.mark.parametrize(("chair", "live", "written", "met", "missing", "count"), TABLE)
def test_quorum(chair, live, written, met, missing, count) -> None:
    found = quorum(chair=chair, live=live, written=written, core=CORE)
    assert (found.met, found.missing, found.live, found.core) == (met, missing, count, 5)
    assert found.chair is chair


def test_sentence_names_who_is_missing_in_both_languages() -> None:
    found = quorum(chair=False, live={"radiology"}, written={"pathology", "medical_oncology"}, core=CORE)
    assert found.sentence.en == (
        "Quorum not met. Missing: the chair, Surgical oncology, Radiation oncology. "
        "1 of at least 3 core disciplines are here live. The case can be discussed and deferred, not concluded."
    )
    assert found.sentence.zh.startswith("未达法定人数。缺：主席、肿瘤外科、放射肿瘤科。")


@pytest.mark.parametrize("live", [ALL, THREE])
def test_sentence_when_met(live: set[str]) -> None:
    found = quorum(chair=True, live=live, written=ALL, core=CORE)
    assert found.sentence.en.startswith("Quorum met")
    assert found.sentence.zh.startswith("已达法定人数")
    assert "Missing" not in found.sentence.en
