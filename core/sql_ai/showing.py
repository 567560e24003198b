"""SHOW and DESCRIBE: what the session holds, in the columns that Snowflake documents.

What the sandbox has not (roles, storage, comments) is empty, NULL or the documented word for "not so".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.sql_ai.dialect.compilation import Table, View, refuse, unknown
from core.sql_ai.dialect.pieces import Column
from core.sql_ai.kinds import INTEGER, TIMESTAMP, VARCHAR, Kind, SqlType
from core.sql_ai.outcomes import Outcome, compile_top
from core.sql_ai.udfs.text import like
from core.sql_ai.values import dumps, from_python

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
_DATABASE, _SCHEMA, _OWNER = "SANDBOX", "PUBLIC", "VISITOR"
_PLACE = {"database_name": _DATABASE, "schema_name": _SCHEMA}
_TEXT_LENGTH, _BINARY_LENGTH = 16_777_216, 8_388_608
_TYPES = {
    **dict.fromkeys(("created_on", "updated_on"), TIMESTAMP),
    **dict.fromkeys(
        ("rows", "bytes", "search_optimization_progress", "search_optimization_bytes", "next_value", "interval",
         "min_num_arguments", "max_num_arguments"),
        INTEGER,
    ),
}  # fmt: skip
_TERSE = ("created_on", "name", "kind", "database_name", "schema_name")
_TABLE = (
    "created_on", "name", "database_name", "schema_name", "kind", "comment", "cluster_by", "rows", "bytes", "owner",
    "retention_time", "automatic_clustering", "change_tracking", "search_optimization", "search_optimization_progress",
    "search_optimization_bytes", "is_external", "enable_schema_evolution", "owner_role_type", "is_event", "budget",
    "is_hybrid", "is_iceberg", "is_dynamic", "is_immutable",
)  # fmt: skip
_VIEW = (
    "created_on", "name", "reserved", "database_name", "schema_name", "owner", "comment", "text", "is_secure",
    "is_materialized", "owner_role_type", "change_tracking",
)  # fmt: skip
_OBJECT = (
    "created_on", "name", "database_name", "schema_name", "kind", "comment", "cluster_by", "rows", "bytes", "owner",
    "retention_time", "owner_role_type", "budget",
)  # fmt: skip
_COLUMN = (
    "table_name", "schema_name", "column_name", "data_type", "null?", "default", "kind", "expression", "comment",
    "database_name", "autoincrement", "schema_evolution_record",
)  # fmt: skip
_SEQUENCE = (
    "name", "database_name", "schema_name", "next_value", "interval", "created_on", "owner", "comment",
    "owner_role_type", "ordered",
)  # fmt: skip
_DESCRIBED = (
    "name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment",
    "policy name", "privacy domain",
)  # fmt: skip
_DATABASES = (
    "created_on", "name", "is_default", "is_current", "origin", "owner", "comment", "options", "retention_time",
    "kind", "budget", "owner_role_type",
)  # fmt: skip
_SCHEMAS = (
    "created_on", "name", "is_default", "is_current", "database_name", "owner", "comment", "options",
    "retention_time", "owner_role_type",
)  # fmt: skip
FUNCTION_TITLES = (
    "created_on", "name", "schema_name", "is_builtin", "is_aggregate", "is_ansi", "min_num_arguments",
    "max_num_arguments", "arguments", "description", "catalog_name", "is_table_function", "valid_for_clustering",
    "is_secure", "is_external_function", "language", "is_memoizable",
)  # fmt: skip
PROCEDURE_TITLES = (
    *FUNCTION_TITLES[:14],
    "secrets",
    "external_access_integrations",
)
_USUAL: dict[str, Any] = {
    "comment": "", "cluster_by": "", "owner": _OWNER, "owner_role_type": "ROLE", "retention_time": "1", "options": "",
    "origin": "", "reserved": "", "is_aggregate": "N", "is_ansi": "N",
    **dict.fromkeys(("automatic_clustering", "change_tracking", "search_optimization"), "OFF"),
    **dict.fromkeys(
        ("is_external", "enable_schema_evolution", "is_event", "is_hybrid", "is_iceberg", "is_dynamic", "is_immutable",
         "is_table_function", "valid_for_clustering", "is_secure", "is_external_function", "is_memoizable"),
        "N",
    ),
}  # fmt: skip


def show(session: "Session", tree: exp.Show) -> Outcome:
    """SHOW [TERSE] TABLES, VIEWS, OBJECTS, COLUMNS or SEQUENCES, with LIKE, STARTS WITH and LIMIT."""
    what = str(tree.name or tree.this).upper()
    if what in ("TABLES", "VIEWS", "OBJECTS"):
        titles = {"TABLES": _TABLE, "VIEWS": _VIEW, "OBJECTS": _OBJECT}[what]
        rows = [
            row
            for row in _relations(session)
            if what == "OBJECTS" or (row["kind"] == "VIEW") == (what == "VIEWS")
        ]
        return outcome_of(_TERSE if tree.args.get("terse") else titles, _chosen(tree, rows, "name"))
    if what == "COLUMNS":
        return outcome_of(_COLUMN, _chosen(tree, _columns(session, _named(session, tree)), "column_name"))
    if what == "SEQUENCES":
        return outcome_of(_SEQUENCE, _chosen(tree, _sequences(session), "name"))
    raise refuse(
        f"SHOW {what}",
        "Use SHOW TABLES, VIEWS, COLUMNS, SEQUENCES, VARIABLES, PARAMETERS, FUNCTIONS or SNOWFLAKE.ML.<kind>.",
    )


def show_session(session: "Session", what: str, text: str) -> Outcome:
    """SHOW VARIABLES, PARAMETERS, FUNCTIONS, DATABASES or SCHEMAS, with LIKE."""
    outcome = _session_rows(session, what)
    pattern = re.search(r"\bLIKE\s+'([^']*)'", text, re.IGNORECASE)
    place = next(outcome.columns.index(title) for title in ("name", "key") if title in outcome.columns)
    kept = [row for row in outcome.rows if pattern is None or like(row[place], pattern[1], None, 1)]
    return replace(outcome, rows=kept)


def describe(session: "Session", tree: exp.Describe) -> Outcome:
    """DESCRIBE of a table, a view, a sequence or the result of a query."""
    target = tree.this
    if isinstance(target, _QUERIES):
        relation, _state = compile_top(session, target)
        return outcome_of(_DESCRIBED, [_described(column, None, "") for column in relation.columns])
    if str(tree.args.get("kind") or "").upper() == "SEQUENCE":
        name = session.sequences.get(target.name).name
        return outcome_of(_SEQUENCE, [row for row in _sequences(session) if row["name"] == name])
    table = _relation(session, target.name)
    return outcome_of(
        _DESCRIBED,
        [
            _described(column, table, session.store.comments.get(table.name, column.name))
            for column in session.store.columns_of(table.name)
        ],
    )


def outcome_of(titles: Sequence[str], rows: list[Mapping[str, Any]]) -> Outcome:
    """The rows as a result of these columns; what a row does not say is what is usual in the sandbox."""
    cells = [tuple(row.get(title, _USUAL.get(title)) for title in titles) for row in rows]
    return Outcome(list(titles), [_TYPES.get(title, VARCHAR) for title in titles], cells)


def _relations(session: "Session") -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for info in session.tables(0):
        found = session.relation(info.name)
        view = f"CREATE VIEW {info.name} AS {found.text}" if isinstance(found, View) else None
        row = {
            "created_on": session.store.created(info.name),
            "name": info.name,
            "kind": found.durability if isinstance(found, Table) else info.kind,
            "text": view,
            "comment": session.store.comments.get(info.name),
        }
        if isinstance(found, View):
            row |= {"is_secure": "false", "is_materialized": "false", "retention_time": None}
        rows.append({**row, "rows": info.row_count, **_PLACE})
    return rows


def _relation(session: "Session", name: str) -> Table | View:
    found = session.relation(name)
    if found is None:
        raise unknown("Table or view", name, session.names())
    return found


def _named(session: "Session", tree: exp.Show) -> list[str]:
    place = tree.args.get("scope")
    if isinstance(place, exp.Table) and tree.args.get("scope_kind") in ("TABLE", "VIEW"):
        return [_relation(session, place.name).name]
    return session.names()


def _columns(session: "Session", names: list[str]) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for name in names:
        found = _relation(session, name)
        for column in session.store.columns_of(name):
            shown = _described(column, found, session.store.comments.get(name, column.name))
            nullable = shown["null?"] == "Y"
            rows.append(
                {**shown, **_PLACE, "table_name": name, "column_name": column.name, "null?": str(nullable).lower(),
                 "data_type": dumps({**_json_type(column.type), "nullable": nullable}),
                 "autoincrement": _counter(column, found)}
            )  # fmt: skip
    return rows


def _described(column: Column, found: Table | View | None, comment: str) -> Mapping[str, Any]:
    row = {
        "name": column.name,
        "type": full_type(column.type),
        "kind": "COLUMN",
        "comment": comment or None,
    }
    table = found if isinstance(found, Table) else None
    default = table.defaults.get(column.name) if table is not None else None
    return {
        **row,
        "null?": "N" if table is not None and column.name in table.required else "Y",
        "default": default.sql("snowflake", identify=False)
        if default is not None
        else _counter(column, found),
        "primary key": "Y" if table is not None and column.name in table.primary else "N",
        "unique key": "Y" if table is not None and column.name in table.unique else "N",
    }


def _counter(column: Column, found: Table | View | None) -> str | None:
    if not isinstance(found, Table) or column.name not in found.counters:
        return None
    counter = found.counters[column.name]
    return f"IDENTITY START {counter.start} INCREMENT {counter.step} NOORDER"


def plain_name(name: str) -> str:
    """A name as SQL must write it: in quotes unless it is upper case and of ordinary letters."""
    return name if re.fullmatch(r"[A-Z_][A-Z0-9_$]*", name) else f'"{name.replace(chr(34), chr(34) * 2)}"'


def full_type(kind: SqlType) -> str:
    """The type as DESCRIBE writes it, with the longest length or the most decimals where none is written."""
    if kind.kind in (Kind.TIMESTAMP, Kind.TIME, Kind.ZONED) and kind.scale is None:
        return f"{kind.text}(9)"
    lengths = {"VARCHAR": f"VARCHAR({_TEXT_LENGTH})", "BINARY": f"BINARY({_BINARY_LENGTH})"}
    plain = replace(kind, collation=None).text
    return lengths.get(plain, plain) + kind.collate


def _json_type(kind: SqlType) -> dict[str, Any]:
    """The type as SHOW COLUMNS writes it, without ``nullable``."""
    if kind.kind is Kind.NUMBER:
        return {"type": "FIXED", "precision": kind.precision or 38, "scale": kind.scale or 0}
    if kind.kind in (Kind.VARCHAR, Kind.NULL):
        length = kind.size or _TEXT_LENGTH
        return {"type": "TEXT", "length": length, "byteLength": min(4 * length, _TEXT_LENGTH), "fixed": False}
    if kind.kind is Kind.BINARY:
        return {"type": "BINARY", "length": _BINARY_LENGTH, "byteLength": _BINARY_LENGTH, "fixed": False}
    if kind.kind in (Kind.TIMESTAMP, Kind.TIME, Kind.ZONED):
        return {"type": kind.kind.value, "precision": 0, "scale": 9 if kind.scale is None else kind.scale}
    if kind.kind is Kind.VECTOR:
        return {
            "type": "VECTOR",
            "dimension": kind.size,
            "vectorElementType": {"type": "FIXED" if kind.scale == 0 else "REAL"},
        }
    return {"type": "REAL" if kind.kind is Kind.FLOAT else kind.kind.value}


def _sequences(session: "Session") -> list[Mapping[str, Any]]:
    return [
        {**_PLACE, "name": one.name, "next_value": one.next, "interval": one.step, "created_on": one.created,
         "ordered": "Y"}
        for one in session.sequences.all()
    ]  # fmt: skip


def _session_rows(session: "Session", what: str) -> Outcome:
    from core.sql_ai.routine_lists import listed

    if what == "DATABASES":
        current = {"name": _DATABASE, "is_default": "N", "is_current": "Y", "kind": "STANDARD"}
        return outcome_of(_DATABASES, [{"created_on": session.now, **current}])
    if what == "SCHEMAS":
        return outcome_of(
            _SCHEMAS,
            [
                {"created_on": session.now, "name": name, "is_default": "N", **_PLACE,
                 "is_current": "NY"[name == _SCHEMA]}
                for name in ("INFORMATION_SCHEMA", _SCHEMA)
            ],
        )  # fmt: skip
    if what == "VARIABLES":
        return outcome_of(
            ("session_id", "created_on", "updated_on", "name", "value", "type", "comment"),
            [
                {"session_id": _DATABASE, "name": name, "value": _shown(value), "type": _variable_type(value)}
                for name, value in session.variables.items()
            ],
        )
    if what == "PARAMETERS":
        return outcome_of(
            ("key", "value", "default", "level", "description", "type"),
            [
                {
                    "key": name,
                    "value": _shown(value),
                    "level": "SESSION",
                    "type": "BOOLEAN",
                    "description": "",
                }
                for name, value in session.parameters.items()
            ],
        )
    return outcome_of(FUNCTION_TITLES, [*_built_in(), *listed(session, "FUNCTION")])


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(from_python(value))


def _variable_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "fixed" if isinstance(value, int) else "real" if isinstance(value, float) else "text"


def _built_in() -> list[Mapping[str, Any]]:
    from core.sql_ai import catalog

    return [
        {"name": spec.sql_name, "is_builtin": "Y", "is_aggregate": "NY"[spec.aggregate], "description": spec.summary,
         "min_num_arguments": sum(one.required for one in spec.parameters), "max_num_arguments": len(spec.parameters),
         "arguments": spec.signatures[0], "catalog_name": "SNOWFLAKE", "language": "SQL"}
        for spec in catalog.all_functions()
    ]  # fmt: skip


def _chosen(tree: exp.Expression, rows: list[Mapping[str, Any]], title: str) -> list[Mapping[str, Any]]:
    """The rows that LIKE, STARTS WITH and LIMIT of a SHOW leave, by the column ``title``."""
    pattern, start, limit = (tree.args.get(key) for key in ("like", "starts_with", "limit"))
    if tree.args.get("from_") is not None or tree.args.get("history"):
        raise refuse("SHOW with FROM or HISTORY", "Use LIKE, STARTS WITH or LIMIT.")
    if isinstance(pattern, exp.Expression):
        rows = [row for row in rows if like(row[title], pattern.name, None, 1)]
    if isinstance(start, exp.Expression):
        rows = [row for row in rows if row[title].startswith(start.name)]
    return rows[: int(limit.expression.name)] if isinstance(limit, exp.Limit) else rows
