"""GET_DDL: the statement that makes an object anew, as Snowflake lays it out."""

from typing import TYPE_CHECKING

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect.compilation import Table, View, unknown
from core.sql_ai.dialect.parse import folded
from core.sql_ai.dialect.pieces import Column
from core.sql_ai.dialect.routines import Routine
from core.sql_ai.routine_lists import named
from core.sql_ai.showing import full_type, plain_name

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_KINDS = ("TABLE", "VIEW", "FUNCTION", "PROCEDURE", "SEQUENCE")


def ddl(session: "Session", kind: str, written: str) -> str:
    """CREATE OR REPLACE for the object that ``written`` names; raises BadInput when there is none of that kind."""
    kind = kind.upper()
    if kind in ("FUNCTION", "PROCEDURE"):
        return _routine(named(session, kind, written))
    if kind not in _KINDS:
        raise BadInput(f"GET_DDL knows no object type {kind}", f"Write one of {', '.join(_KINDS)}.")
    name = folded(written.strip().split(".")[-1])
    if kind == "SEQUENCE":
        one = session.sequences.get(name)
        return (
            f"create or replace sequence {plain_name(one.name)} start with {one.start} "
            f"increment by {one.step} order;"
        )
    found = session.relation(name)
    if found is None or isinstance(found, View) != (kind == "VIEW"):
        raise unknown(kind.title(), name, session.names())
    return _view(session, found) if isinstance(found, View) else _table(session, found)


def _table(session: "Session", table: Table) -> str:
    comments = session.store.comments
    lines = [
        _column(table, column) + _comment(comments.get(table.name, column.name), " COMMENT ")
        for column in table.columns
    ]
    for word, names in (("primary key", table.primary), ("unique", table.unique)):
        keys = [plain_name(column.name) for column in table.columns if column.name in names]
        if keys:
            lines.append(f"{word} ({', '.join(keys)})")
    kind = "TABLE" if table.durability == "TABLE" else f"{table.durability} TABLE"
    body = ",\n\t".join(lines)
    whole = _comment(comments.get(table.name), "COMMENT=")
    return f"create or replace {kind} {plain_name(table.name)} (\n\t{body}\n){whole};"


def _comment(text: str, word: str) -> str:
    return f"{word}{exp.Literal.string(text).sql('snowflake')}" if text else ""


def _column(table: Table, column: Column) -> str:
    line = f"{plain_name(column.name)} {full_type(column.type)}"
    if column.name in table.required:
        line += " NOT NULL"
    default, counter = table.defaults.get(column.name), table.counters.get(column.name)
    if default is not None:
        line += f" DEFAULT {default.sql('snowflake', identify=False)}"
    if counter is not None:
        line += f" autoincrement start {counter.start} increment {counter.step} noorder"
    return line


def _view(session: "Session", view: View) -> str:
    comments = session.store.comments
    names = ",\n\t".join(
        plain_name(column.name) + _comment(comments.get(view.name, column.name), " COMMENT ")
        for column in session.store.columns_of(view.name)
    )
    whole = _comment(comments.get(view.name), " COMMENT=")
    return f"create or replace view {plain_name(view.name)}(\n\t{names}\n){whole} as {view.text};"


def _routine(routine: Routine) -> str:
    given = ", ".join(
        f"{plain_name(one.name)} {one.type.sql('snowflake')}"
        + (f" DEFAULT {one.default.sql('snowflake')}" if one.default is not None else "")
        for one in routine.parameters
    )
    if routine.returns is not None:
        returned = routine.returns.sql("snowflake")
    else:
        inside = ", ".join(f"{plain_name(name)} {kind.sql('snowflake')}" for name, kind in routine.columns)
        returned = f"TABLE ({inside})"
    return (
        f"CREATE OR REPLACE {routine.kind} {plain_name(routine.name)}({given})\nRETURNS {returned}\n"
        f"LANGUAGE SQL\nAS '{routine.body.replace(chr(92), chr(92) * 2).replace(chr(39), chr(39) * 2)}';"
    )
