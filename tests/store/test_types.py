"""How values are kept: canonical JSON, moments in UTC, enumerations as words, two languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from mdtapp.clinical.bitext import Bitext
from mdtapp.store.types import BitextType, EnumText, JSONText, UTCDateTime, canonical_json

DIALECTS: list[Any] = [sqlite.dialect(), postgresql.dialect()]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


@given(value=values)
def test_canonical_json_reads_back_and_is_the_same_for_the_same_value(value: Any):
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


def test_canonical_json_does_not_depend_on_the_order_of_keys():
    assert canonical_json({"b": 1, "a": {"d": "肺", "c": None}}) == '{"a":{"c":null,"d":"肺"},"b":1}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"x": {1, 2}}, b"bytes"])
def test_what_has_no_json_is_refused(value: Any):
    with pytest.raises((ValueError, TypeError)):
        canonical_json(value)


@pytest.mark.parametrize("dialect", DIALECTS, ids=["sqlite", "postgresql"])
class TestColumns:
    def test_a_moment_comes_back_in_utc(self, dialect: Any):
        column = UTCDateTime()
        shanghai = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=8)))
        stored = column.process_bind_param(shanghai, dialect)
        assert stored == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
        assert column.process_result_value(datetime(2026, 3, 2, 1, 30), dialect) == shanghai
        assert column.process_result_value(None, dialect) is None

    def test_a_moment_without_a_zone_is_refused(self, dialect: Any):
        with pytest.raises(ValueError, match="without a time zone"):
            UTCDateTime().process_bind_param(datetime(2026, 3, 2, 1, 30), dialect)

    def test_an_enumeration_is_kept_as_its_word(self, dialect: Any):
        column = EnumText(Side)
        assert column.process_bind_param(Side.LEFT, dialect) == "left"
        assert column.process_result_value("right", dialect) is Side.RIGHT
        assert column.process_bind_param(None, dialect) is None
        with pytest.raises(ValueError, match="up"):
            column.process_bind_param("up", dialect)

    def test_json_is_kept_as_text(self, dialect: Any):
        column = JSONText()
        written = column.process_bind_param({"b": [1, "二"], "a": None}, dialect)
        assert written == '{"a":null,"b":[1,"二"]}'
        assert column.process_result_value(written, dialect) == {"a": None, "b": [1, "二"]}

    def test_two_languages_are_never_null(self, dialect: Any):
        column = BitextType()
        assert column.process_result_value(None, dialect) == Bitext()
        written = column.process_bind_param(Bitext("left", "左"), dialect)
        assert column.process_result_value(written, dialect) == Bitext("left", "左")
        assert column.process_result_value(column.process_bind_param(None, dialect), dialect) == Bitext()
