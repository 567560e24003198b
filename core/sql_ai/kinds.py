"""Snowflake's data types, as far as a result needs them to come back typed."""

from dataclasses import dataclass
from enum import StrEnum

from core.sql_ai.collations import Collation, agreed

DEFAULT_PRECISION = 38


class Kind(StrEnum):
    """What a column or expression holds; the value itself is SQLite's INTEGER, REAL, TEXT or BLOB."""

    NULL = "NULL"  # the type of the literal NULL: fits everywhere
    BOOLEAN = "BOOLEAN"  # 0 or 1
    NUMBER = "NUMBER"
    FLOAT = "FLOAT"
    VARCHAR = "VARCHAR"
    BINARY = "BINARY"
    DATE = "DATE"  # YYYY-MM-DD
    TIME = "TIME"  # HH:MM:SS[.ffffff]
    TIMESTAMP = "TIMESTAMP_NTZ"  # YYYY-MM-DD HH:MM:SS[.ffffff]
    ZONED = "TIMESTAMP_TZ"  # see zoned.py
    VARIANT = "VARIANT"  # JSON text, scalars included: a string keeps its quotes
    OBJECT = "OBJECT"  # JSON text
    ARRAY = "ARRAY"  # JSON text
    VECTOR = "VECTOR"  # JSON text


NUMERIC = frozenset({Kind.NUMBER, Kind.FLOAT})
JSON_KINDS = frozenset({Kind.VARIANT, Kind.OBJECT, Kind.ARRAY, Kind.VECTOR})
TEMPORAL = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TIME, Kind.ZONED})


@dataclass(frozen=True)
class SqlType:
    """A kind with its parameters.

    ``size`` is VARCHAR's length or VECTOR's dimension, ``scale`` also the decimals of a TIME's
    seconds, and 0 for a VECTOR of whole numbers.
    ``plain_nulls`` marks objects made by AI functions: a null inside them is SQL's NULL, whereas
    PARSE_JSON('{"a":null}'):a is a JSON null. ``collation`` says how texts are compared, None by their code points.
    """

    kind: Kind
    precision: int | None = None
    scale: int | None = None
    size: int | None = None
    plain_nulls: bool = False
    collation: Collation | None = None

    @property
    def text(self) -> str:
        """The type as DESCRIBE TABLE prints it."""
        if self.kind is Kind.NUMBER:
            return f"NUMBER({self.precision or DEFAULT_PRECISION},{self.scale or 0})"
        if self.kind is Kind.VARCHAR:
            return (f"VARCHAR({self.size})" if self.size else "VARCHAR") + self.collate
        if self.kind in (Kind.TIME, Kind.TIMESTAMP, Kind.ZONED) and self.scale is not None:
            return f"{self.kind.value}({self.scale})"
        if self.kind is Kind.VECTOR:
            element = "INT" if self.scale == 0 else "FLOAT"
            return f"VECTOR({element}, {self.size})" if self.size else "VECTOR"
        return self.kind.value

    @property
    def collate(self) -> str:
        """The collation as it is written behind the type, '' without one."""
        return f" COLLATE '{self.collation.written}'" if self.collation is not None else ""


NULL = SqlType(Kind.NULL)
BOOLEAN = SqlType(Kind.BOOLEAN)
INTEGER = SqlType(Kind.NUMBER, DEFAULT_PRECISION, 0)
NUMBER = SqlType(Kind.NUMBER)  # scale unknown: values are kept as they are
FLOAT = SqlType(Kind.FLOAT)
VARCHAR = SqlType(Kind.VARCHAR)
BINARY = SqlType(Kind.BINARY)
DATE = SqlType(Kind.DATE)
TIME = SqlType(Kind.TIME)
TIMESTAMP = SqlType(Kind.TIMESTAMP)
ZONED = SqlType(Kind.ZONED)
VARIANT = SqlType(Kind.VARIANT)
OBJECT = SqlType(Kind.OBJECT)
ARRAY = SqlType(Kind.ARRAY)
VECTOR = SqlType(Kind.VECTOR)
AI_OBJECT = SqlType(Kind.OBJECT, plain_nulls=True)
JSON_TEXT = SqlType(Kind.VARCHAR, plain_nulls=True)  # COMPLETE with options: a string that takes paths


def common(types: list[SqlType]) -> SqlType:
    """The type that values of all ``types`` can be brought to (CASE branches, UNION columns, IN lists).

    Snowflake's order: NULL gives way to all, VARIANT and numbers win over text, timestamps over dates.
    """
    known = [item for item in types if item.kind is not Kind.NULL]
    if not known:
        return NULL
    kinds = {item.kind for item in known}
    if len(kinds) == 1:
        return _same_kind(known)
    if Kind.VARIANT in kinds:
        return VARIANT
    if kinds <= JSON_KINDS:
        return VARIANT
    if kinds & JSON_KINDS:
        return VARIANT
    if kinds <= NUMERIC:
        return FLOAT
    for winner in (Kind.ZONED, Kind.TIMESTAMP, Kind.DATE, Kind.TIME, Kind.BOOLEAN, Kind.FLOAT, Kind.NUMBER):
        if winner in kinds:
            return SqlType(winner)
    return SqlType(Kind.VARCHAR, collation=agreed([item.collation for item in known]))


def _same_kind(types: list[SqlType]) -> SqlType:
    first = types[0]
    if all(item == first for item in types):
        return first
    if first.kind is Kind.NUMBER:
        scales = [item.scale for item in types]
        scale = None if None in scales else max(s or 0 for s in scales)
        return SqlType(Kind.NUMBER, DEFAULT_PRECISION, scale)
    collation = agreed([item.collation for item in types])
    return SqlType(first.kind, plain_nulls=any(item.plain_nulls for item in types), collation=collation)
