"""SHOW and DESCRIBE of the user's functions and procedures, in the columns that Snowflake documents."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.tokenizer_core import Token

from core.sql_ai.dialect import brackets, coercion
from core.sql_ai.dialect.compilation import unknown
from core.sql_ai.dialect.parse import folded_token, tokenize
from core.sql_ai.dialect.routines import Routine
from core.sql_ai.kinds import VARCHAR
from core.sql_ai.outcomes import Outcome
from core.sql_ai.showing import FUNCTION_TITLES, PROCEDURE_TITLES, outcome_of
from core.sql_ai.udfs.text import like

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_PLACE = {"schema_name": "PUBLIC", "catalog_name": "SANDBOX"}


def show(session: "Session", kind: str, text: str) -> Outcome:
    """SHOW USER FUNCTIONS or SHOW PROCEDURES, with LIKE; ``kind`` is FUNCTION or PROCEDURE."""
    pattern = re.search(r"\bLIKE\s+'([^']*)'", text, re.IGNORECASE)
    rows = [row for row in listed(session, kind) if pattern is None or like(row["name"], pattern[1], None, 1)]
    return outcome_of(FUNCTION_TITLES if kind == "FUNCTION" else PROCEDURE_TITLES, rows)


def listed(session: "Session", kind: str) -> list[Mapping[str, Any]]:
    """The user's functions or procedures by name, each with the cells of its row."""
    chosen = sorted(
        (one for one in session.routines.values() if one.kind == kind), key=lambda one: one.signature
    )
    return [_row(session, one) for one in chosen]


def describe(session: "Session", kind: str, text: str) -> Outcome:
    """DESCRIBE FUNCTION f(types): its properties, a row each; raises BadInput when there is none like it."""
    routine = named(session, kind, text)
    rows = [
        ("signature", f"({', '.join(f'{one.name} {_short(one.type)}' for one in routine.parameters)})"),
        ("returns", _returned(routine)),
        ("language", "SQL"),
        ("body", routine.body),
    ]
    return Outcome(["property", "value"], [VARCHAR, VARCHAR], rows)


def named(session: "Session", kind: str, text: str) -> Routine:
    """The routine that ``f(types)`` names, told from others by the number of its parameters."""
    return find(session, kind, *name_and_count(tokenize(text)))


def find(session: "Session", kind: str, name: str, count: int) -> Routine:
    """The routine with so many parameters; raises BadInput when there is none."""
    found = session.routines.get((kind, name, count))
    if found is None:
        known = [one.signature for one in session.routines.values() if one.kind == kind]
        raise unknown(kind.title(), f"{name} with {count} arguments", known)
    return found


def name_and_count(tokens: list[Token]) -> tuple[str, int]:
    """The name before the bracket of ``f(INT, VARCHAR)`` and how many types stand in it."""
    opening = next((place for place, token in enumerate(tokens) if token.text == "("), len(tokens))
    name = folded_token(tokens[opening - 1]) if opening else ""
    depth, commas, inside = 0, 0, 0
    for token in tokens[opening:]:
        depth += brackets.step(token)
        if depth == 0:
            break
        inside += 1
        commas += depth == 1 and token.text == ","
    return name, commas + 1 if inside > 1 else 0


def _row(session: "Session", routine: Routine) -> Mapping[str, Any]:
    required = sum(one.default is None for one in routine.parameters)
    types = ", ".join(
        f"{'DEFAULT ' if one.default is not None else ''}{_short(one.type)}" for one in routine.parameters
    )
    return {
        **_PLACE,
        "created_on": session.now,
        "name": routine.name,
        "is_builtin": "N",
        "min_num_arguments": required,
        "max_num_arguments": len(routine.parameters),
        "arguments": f"{routine.name}({types}) RETURN {_returned(routine)}",
        "description": "user-defined " + ("function" if routine.kind == "FUNCTION" else "procedure"),
        "is_table_function": "NY"[routine.is_table],
        "language": "SQL",
    }


def _returned(routine: Routine) -> str:
    if routine.returns is not None:
        return _short(routine.returns)
    return f"TABLE ({', '.join(f'{name} {_short(kind)}' for name, kind in routine.columns)})"


def _short(kind: exp.DataType) -> str:
    """A type without its length, as Snowflake tells functions apart."""
    return coercion.data_type(kind).kind.value
