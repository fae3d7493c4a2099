"""Column types: enumerations as text, UTC times, canonical JSON, bilingual text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import DateTime, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect

from mdtapp.clinical.bitext import Bitext

E = TypeVar("E", bound=StrEnum)


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, Unicode as it is. Hashes rest on it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


class EnumText(TypeDecorator[E]):
    """A `StrEnum` kept as its text, so that a person can read the table."""

    impl = String(40)
    cache_ok = True

    def __init__(self, enumeration: type[E]) -> None:
        super().__init__()
        self.enumeration = enumeration

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(self.enumeration(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self.enumeration(value)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in UTC; a naive datetime is refused, SQLite's naive answer is made aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JSONText(TypeDecorator[Any]):
    """JSON as canonical text, the same on SQLite and PostgreSQL; values are replaced, never mutated."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class BitextType(TypeDecorator[Bitext]):
    """`Bitext` as JSON text; never NULL in Python, an empty text is `Bitext()`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Bitext | None, dialect: Dialect) -> str:
        return canonical_json((value or Bitext()).as_json())

    def process_result_value(self, value: str | None, dialect: Dialect) -> Bitext:
        return Bitext.of(json.loads(value) if value else None)
