"""Starting values: facts of the case and the last signed input, never a judgement."""

from __future__ import annotations

from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.definitions import Discipline, Field, FieldType, Prefill, Section
from mdtapp.opinions.inputs.prefill import Known, starting_values

WORD = Bitext("x", "x")
ROWS = (Field("date", FieldType.DATE, WORD), Field("region", FieldType.TEXT, WORD))


def values(field: Field, case: dict[str, Any] | None = None, previous: dict[str, Any] | None = None) -> Any:
    asked = Discipline("any", "AN", WORD, True, 0, "1", (Section("one", WORD, (field,)),), {})
    return starting_values(asked, Known(case or {}, previous or {})).get(field.key)


def asking(source: str, mode: Any = "start", **more: Any) -> Field:
    return Field("size", more.pop("type", FieldType.INT), WORD, prefill=Prefill(source, mode), **more)


def test_a_fact_of_the_case_is_a_starting_value() -> None:
    assert values(asking("case.size"), {"size": 31}) == 31
    assert values(asking("case.size"), {"size": 0}) == 0
    assert values(asking("case.size"), {"size": False}) is False


def test_what_is_not_known_is_not_there() -> None:
    nothings: tuple[Any, ...] = (None, "", [], {})
    for nothing in nothings:
        assert values(asking("case.size"), {"size": nothing}) is None
    assert values(asking("case.size")) is None


def test_a_value_to_compare_with_is_never_copied() -> None:
    assert values(asking("outside.size", "compare"), {"size": 31}) is None
    assert values(asking("outside.size"), {"size": 31}) is None


def test_the_last_signed_answer_is_a_starting_value() -> None:
    assert values(asking("previous"), previous={"size": 31, "other": 1}) == 31


def test_rows_keep_only_what_the_table_asks() -> None:
    table = asking("case.studies", type=FieldType.TABLE, columns=ROWS)
    known = [{"date": "2026-10-05", "region": "Breast", "vendor": "x"}, {"vendor": "y"}, "no row"]
    assert values(table, {"studies": known}) == [{"date": "2026-10-05", "region": "Breast"}]
    assert values(table, {"studies": "no rows"}) is None


def test_no_form_takes_over_a_verdict_a_stage_or_a_side() -> None:
    judged = {"laterality", "t_category", "n_category", "m_category", "stage_group", "procedure_laterality"}
    for discipline in catalogue().disciplines.values():
        for field in discipline.fields():
            copied = field.prefill is not None and field.prefill.mode == "start"
            if field.agreement or field.key in judged:
                assert not copied, f"{discipline.key}.{field.key}"


def test_a_tick_of_the_record_answers_yes_and_no_tick_says_nothing() -> None:
    asked = asking("case.interpreter", type=FieldType.CHOICE, choices="yn3")
    assert values(asked, {"interpreter": True}) == "yes"
    assert values(asked, {"interpreter": False}) is None
