"""Compiling constants: those of the text, and Python's own."""

import math
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect.pieces import Handler, Piece, Scope, text_literal
from core.sql_ai.kinds import (
    ARRAY,
    BOOLEAN,
    DATE,
    FLOAT,
    INTEGER,
    NULL,
    OBJECT,
    TIMESTAMP,
    VARCHAR,
    ZONED,
    Kind,
    SqlType,
)
from core.sql_ai.values import dumps, from_python, kept_decimal, kept_exactly
from core.sql_ai.zoned import zoned_text


def python_literal(value: Any) -> Piece:
    """A piece for a Python constant: a parameter, a session variable, an option."""
    plain = from_python(value)
    if isinstance(value, bool):
        return Piece(str(int(value)), BOOLEAN, literal=value)
    if plain is None:
        return Piece("NULL", NULL)
    if isinstance(plain, int):
        return Piece(str(plain), INTEGER, literal=plain)
    if isinstance(plain, float):
        return Piece(repr(plain).replace("inf", "9e999"), FLOAT, literal=plain)  # what SQLite calls infinity
    if isinstance(value, dict | list):
        return Piece(text_literal(dumps(value)), OBJECT if isinstance(value, dict) else ARRAY, literal=value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return Piece(text_literal(zoned_text(value)), ZONED)
    kinds = {"datetime": TIMESTAMP, "Timestamp": TIMESTAMP, "date": DATE}
    return Piece(text_literal(str(plain)), kinds.get(type(value).__name__, VARCHAR), literal=plain)


def _literal(node: exp.Literal, scope: Scope) -> Piece:
    if node.is_string:
        return Piece(text_literal(node.this), VARCHAR, literal=node.this)
    value = node.this.rstrip(".")
    if "e" in value.lower():
        number = float(value)
        if math.isinf(number):
            raise BadInput(f"The number {value[:40]} is out of the range of FLOAT", "It ends at 1.8e308.")
        return Piece(repr(number), FLOAT, literal=number)
    digits = value.split(".")
    scale = len(digits[1]) if len(digits) == 2 else 0
    if scale:
        return Piece(value, SqlType(Kind.NUMBER, 38, scale), literal=kept_decimal(Decimal(value)))
    return Piece(value, INTEGER, literal=kept_exactly(int(value)))


def _raw_string(node: exp.Expression, scope: Scope) -> Piece:
    return Piece(text_literal(str(node.this)), VARCHAR, literal=str(node.this))


def _null(node: exp.Null, scope: Scope) -> Piece:
    return Piece("NULL", NULL)


def _boolean(node: exp.Boolean, scope: Scope) -> Piece:
    return Piece(str(int(bool(node.this))), BOOLEAN, literal=bool(node.this))


def _hex(node: exp.HexString, scope: Scope) -> Piece:
    return Piece(f"X'{node.this}'", SqlType(Kind.BINARY))


HANDLERS: dict[type, Handler] = {
    exp.Literal: _literal, exp.RawString: _raw_string, exp.National: _raw_string, exp.HexString: _hex,
    exp.Null: _null, exp.Boolean: _boolean,
}  # fmt: skip
