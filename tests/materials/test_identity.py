"""The identity comparison as a table: what counts as the same person, and what never does."""

from __future__ import annotations

import pytest

from mdtapp.materials.identity import Identity, Match, Verdict, compare

KNOWN = Identity.of(
    {
        "name": "Zhang Wei",
        "other_names": ["张伟", "Чжан Вэй"],
        "birth_date": "1967-03-14",
        "sex": "male",
        "patient_ids": ["H-4471", "99001"],
    }
)


@pytest.mark.parametrize(
    ("arriving", "match"),
    [
        ("Zhang^Wei", Match.SAME),
        ("ZHANG^WEI", Match.SAME),
        ("Wei^Zhang", Match.SAME),
        ("Zhang Wei", Match.SAME),
        ("ＺＨＡＮＧ＾ＷＥＩ", Match.SAME),
        ("Zhang^Wei=张^伟", Match.SAME),
        ("=张^伟", Match.SAME),
        ("张伟", Match.SAME),
        ("ZHANG^WEI^^DR", Match.SAME),
        ("ЧЖАН^ВЭЙ", Match.SAME),
        ("Zhang^Wei=张^薇", Match.DIFFERS),
        ("Zhang^Wen", Match.DIFFERS),
        ("Zhang^W", Match.DIFFERS),
        ("Zhang^Wei^^^JR", Match.DIFFERS),
        ("Zhang^Wei^Li", Match.DIFFERS),
        ("Chang^Wei", Match.DIFFERS),
        ("张^炜", Match.DIFFERS),
        ("", Match.ABSENT),
        ("^^", Match.ABSENT),
        ("장^위", Match.ABSENT),
    ],
)
def test_name(arriving: str, match: Match) -> None:
    found = compare(Identity(names=(arriving,)), KNOWN)
    assert found.results[0].match is match


@pytest.mark.parametrize(
    ("arriving", "known", "match"),
    [
        ("OUYANG^XIAO MING", "Ouyang Xiaoming", Match.SAME),
        ("OUYANG^XIAOMING", "Xiao Ming Ouyang", Match.SAME),
        ("Van Der Berg^Jan", "Jan van der Berg", Match.SAME),
        ("王^小明", "Wang Xiaoming (王小明)", Match.SAME),
        ("王^小明", "Wang Xiaoming 王小明", Match.SAME),
        ("𠮷^喆", "𠮷喆", Match.SAME),
        ("Smith^Ann-Marie", "Smith Ann Marie", Match.DIFFERS),
        ("Müller^Eva", "Muller Eva", Match.DIFFERS),
    ],
)
def test_spellings(arriving: str, known: str, match: Match) -> None:
    assert compare(Identity(names=(arriving,)), Identity(names=(known,))).results[0].match is match


@pytest.mark.parametrize(
    ("field", "arriving", "match"),
    [
        ("birth_date", "19670314", Match.SAME),
        ("birth_date", "1967.03.14", Match.SAME),
        ("birth_date", "19670413", Match.DIFFERS),
        ("birth_date", "1967", Match.DIFFERS),
        ("birth_date", "", Match.ABSENT),
        ("sex", "M", Match.SAME),
        ("sex", "F", Match.DIFFERS),
        ("sex", "O", Match.ABSENT),
        ("sex", "", Match.ABSENT),
    ],
)
def test_birth_date_and_sex(field: str, arriving: str, match: Match) -> None:
    found = compare(Identity(**{field: arriving}), KNOWN)  # type: ignore[arg-type]
    assert next(result for result in found.results if result.field == field).match is match


@pytest.mark.parametrize(
    ("ids", "match"),
    [
        (("h-4471 ",), Match.SAME),
        (("other", "99001"), Match.SAME),
        (("4471",), Match.DIFFERS),
        ((), Match.ABSENT),
        (("", " "), Match.ABSENT),
    ],
)
def test_patient_id(ids: tuple[str, ...], match: Match) -> None:
    assert compare(Identity(patient_ids=ids), KNOWN).results[3].match is match


FITTING = {"names": ("ZHANG^WEI",), "birth_date": "19670314", "sex": "M", "patient_ids": ("H-4471",)}


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, Verdict.FITS),
        ({"birth_date": ""}, Verdict.FITS),
        ({"patient_ids": ()}, Verdict.FITS),
        ({"sex": ""}, Verdict.FITS),
        ({"birth_date": "", "patient_ids": ()}, Verdict.CANNOT_TELL),
        ({"names": ()}, Verdict.CANNOT_TELL),
        ({"names": ("장^위",)}, Verdict.CANNOT_TELL),
        ({"names": ("ZHANG^WEN",)}, Verdict.DIFFERS),
        ({"sex": "F"}, Verdict.DIFFERS),
        ({"birth_date": "19670315"}, Verdict.DIFFERS),
        ({"patient_ids": ("X",)}, Verdict.DIFFERS),
    ],
)
def test_verdict(change: dict[str, object], verdict: Verdict) -> None:
    assert compare(Identity(**{**FITTING, **change}), KNOWN).verdict is verdict  # type: ignore[arg-type]


def test_without_a_sealed_identity_nothing_can_be_told() -> None:
    found = compare(Identity(**FITTING), None)  # type: ignore[arg-type]
    assert found.verdict is Verdict.CANNOT_TELL
    assert {result.match for result in found.results} == {Match.ABSENT}


def test_what_is_recorded_holds_no_value() -> None:
    codes = compare(Identity(**FITTING), KNOWN).codes()  # type: ignore[arg-type]
    assert codes == [
        {"field": field, "match": "same"} for field in ("name", "birth_date", "sex", "patient_id")
    ]


@pytest.mark.parametrize("record", [None, {}])
def test_no_record_is_no_identity(record: dict[str, object] | None) -> None:
    assert Identity.of(record) is None
