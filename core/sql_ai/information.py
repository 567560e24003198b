"""INFORMATION_SCHEMA: what the sandbox holds, as tables."""
# ruff: noqa: S608
# Names are quoted by `quote`; nothing the user writes gets into the text.

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.sql_ai.dialect.compilation import Table, View, refuse, unknown
from core.sql_ai.dialect.pieces import Column, quote
from core.sql_ai.kinds import BOOLEAN, INTEGER, VARCHAR, Kind, SqlType

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_PLACE = ("SANDBOX", "PUBLIC")
_TEXT_LENGTH = 16_777_216
_TYPE_NAMES = {Kind.VARCHAR: "TEXT"}
Row = tuple[Any, ...]


def information(session: "Session", schema: str, name: str) -> Table:
    """INFORMATION_SCHEMA.<name> as a table of this statement; raises NotAvailable for what the sandbox has not."""
    if schema != "INFORMATION_SCHEMA":
        raise refuse(f"SNOWFLAKE.{schema}", "The sandbox keeps no account history; use INFORMATION_SCHEMA.")
    if name not in _VIEWS:
        raise unknown("INFORMATION_SCHEMA view", name, list(_VIEWS))
    columns, rows = _VIEWS[name]
    titles = [title for title, _type in columns]
    return session.store.temporary(titles, [kind for _title, kind in columns], rows(session))


def _tables(session: "Session") -> list[Row]:
    rows: list[Row] = []
    for name in session.store.names():
        found = session.store.find(name)
        comment = session.store.comments.get(name) or None
        if isinstance(found, Table):
            count = session.sandbox.run(f"SELECT COUNT(*) FROM {quote(found.physical)}").fetchone()[0]
            kind = "LOCAL TEMPORARY" if found.durability == "TEMPORARY" else "BASE TABLE"
            transient = "YES" if found.durability == "TRANSIENT" else "NO"
            rows.append((*_PLACE, name, "VISITOR", kind, transient, int(count), comment))
        else:
            rows.append((*_PLACE, name, "VISITOR", "VIEW", "NO", None, comment))
    return rows


def _columns(session: "Session") -> list[Row]:
    return [row for name in session.store.names() for row in _columns_of(session, name)]


def _columns_of(session: "Session", name: str) -> list[Row]:
    found = session.store.find(name)
    return [
        (*_column(name, place, column, found), session.store.comments.get(name, column.name) or None)
        for place, column in enumerate(session.store.columns_of(name), 1)
    ]


def _column(name: str, place: int, column: Column, found: Table | View | None) -> Row:
    kind = column.type
    default, nullable = None, "YES"
    if isinstance(found, Table):
        value = found.defaults.get(column.name)
        default = value.sql("snowflake") if value is not None else None
        nullable = "NO" if column.name in found.required else "YES"
    length = (kind.size or _TEXT_LENGTH) if kind.kind is Kind.VARCHAR else None
    fixed = kind.kind is Kind.NUMBER
    return (
        *_PLACE, name, column.name, place, default, nullable, _TYPE_NAMES.get(kind.kind, kind.kind.value), length,
        (kind.precision or 38) if fixed else None, (kind.scale or 0) if fixed else None,
        "YES" if isinstance(found, Table) and column.name in found.counters else "NO",
    )  # fmt: skip


def _views(session: "Session") -> list[Row]:
    found = [session.store.find(name) for name in session.store.names()]
    return [(*_PLACE, view.name, "VISITOR", view.text) for view in found if isinstance(view, View)]


def _texts(*titles: str) -> list[tuple[str, SqlType]]:
    return [(title, VARCHAR) for title in titles]


_VIEWS: dict[str, tuple[list[tuple[str, SqlType]], Callable[["Session"], list[Row]]]] = {
    "TABLES": (
        [*_texts("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_OWNER", "TABLE_TYPE", "IS_TRANSIENT"),
         ("ROW_COUNT", INTEGER), ("COMMENT", VARCHAR)],
        _tables,
    ),
    "COLUMNS": (
        [*_texts("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME"), ("ORDINAL_POSITION", INTEGER),
         *_texts("COLUMN_DEFAULT", "IS_NULLABLE", "DATA_TYPE"), ("CHARACTER_MAXIMUM_LENGTH", INTEGER),
         ("NUMERIC_PRECISION", INTEGER), ("NUMERIC_SCALE", INTEGER), *_texts("IS_IDENTITY", "COMMENT")],
        _columns,
    ),
    "VIEWS": (
        _texts("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_OWNER", "VIEW_DEFINITION"), _views
    ),
    "SCHEMATA": (
        _texts("CATALOG_NAME", "SCHEMA_NAME", "SCHEMA_OWNER"),
        lambda session: [("SANDBOX", "INFORMATION_SCHEMA", "VISITOR"), ("SANDBOX", "PUBLIC", "VISITOR")],
    ),
    "DATABASES": (
        [*_texts("DATABASE_NAME", "DATABASE_OWNER"), ("IS_TRANSIENT", BOOLEAN)],
        lambda session: [("SANDBOX", "VISITOR", False)],
    ),
}  # fmt: skip
