"""ALTER SESSION, ALTER TABLE and ALTER VIEW."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai import comments
from core.sql_ai.changes import check_table
from core.sql_ai.definitions import STORAGE_PROPERTIES, filled, keys
from core.sql_ai.dialect import coercion
from core.sql_ai.dialect.compilation import Table, refuse, unknown
from core.sql_ai.dialect.nodes import aliased
from core.sql_ai.dialect.pieces import Column, Scope
from core.sql_ai.kinds import Kind, SqlType
from core.sql_ai.outcomes import Outcome, status

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_CLUSTERING = re.compile(r"(?:DROP\s+CLUSTERING\s+KEY|(?:SUSPEND|RESUME)\s+RECLUSTER)\s*$", re.IGNORECASE)
_SWITCHES = frozenset({"AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR"})
_NUMBERS = {"WEEK_START": 7, "WEEK_OF_YEAR_POLICY": 1}  # from 0 to this
# What changes no result here.
_IGNORED = frozenset(
    {
        "QUERY_TAG",
        "STATEMENT_TIMEOUT_IN_SECONDS",
        "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS",
        "LOCK_TIMEOUT",
        "USE_CACHED_RESULT",
        "ROWS_PER_RESULTSET",
        "MULTI_STATEMENT_COUNT",
        "JSON_INDENT",
        "LOG_LEVEL",
        "TRACE_LEVEL",
        "SEARCH_PATH",  # SNOWFLAKE.ML is always searched
    }
)
# Parameters that have one value here, and what to do instead of another one.
_FIXED = {
    "TIMEZONE": (("UTC", "ETC/UTC"), "Use CONVERT_TIMEZONE."),
    "TIMESTAMP_TYPE_MAPPING": (("TIMESTAMP_NTZ",), "Write the type, TIMESTAMP_TZ or TIMESTAMP_LTZ."),
    "AUTOCOMMIT": (("TRUE",), "Write BEGIN and COMMIT."),
    "DATE_OUTPUT_FORMAT": (("YYYY-MM-DD",), "Use TO_CHAR with a format."),
    "TIME_OUTPUT_FORMAT": (("HH24:MI:SS",), "Use TO_CHAR with a format."),
    "TIMESTAMP_OUTPUT_FORMAT": (("YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM",), "Use TO_CHAR with a format."),
    **{
        f"{kind}_INPUT_FORMAT": (("AUTO",), f"Use TO_{kind} with a format.")
        for kind in ("DATE", "TIME", "TIMESTAMP")
    },
}


def alter(session: "Session", tree: exp.Alter) -> Outcome:
    """ALTER SESSION, TABLE or VIEW, whose actions are done one after the other."""
    kind = str(tree.args.get("kind") or "").upper()
    if kind == "SESSION":
        for action in tree.args.get("actions") or []:
            _alter_session(session, action)
        return status("Statement executed successfully.")
    if kind not in ("TABLE", "VIEW"):
        raise refuse(f"ALTER {kind}")
    change = _alter_table if kind == "TABLE" else _alter_view
    if tree.args.get("exists") and session.relation(tree.this.name) is None:
        return status("Statement executed successfully.")
    for action in tree.args.get("actions") or []:
        change(session, tree.this.name, action)
    return status("Statement executed successfully.")


def _alter_session(session: "Session", action: exp.Expression) -> None:
    for item in action.expressions:
        pair = item.this
        if not isinstance(pair, exp.Expression):
            raise BadInput("ALTER SESSION names no parameter", "Write ALTER SESSION SET name = value.")
        name = (pair.this if isinstance(pair, exp.EQ) else pair).name.upper()
        if name not in _SWITCHES | _IGNORED | _NUMBERS.keys() | _FIXED.keys():
            known = sorted(_SWITCHES | _NUMBERS.keys())
            raise refuse(f"The session parameter {name}", f"Known: {', '.join(known)}.")
        if action.args.get("unset"):
            session.parameters.pop(name, None)
            continue
        state = session.compilation()
        word = isinstance(pair.expression, exp.Var)
        value = pair.expression.name if word else state.expression(pair.expression, Scope(state)).literal
        session.parameters[name] = _setting(name, value)


def _setting(name: str, value: Any) -> Any:
    """The value that a session parameter is given; raises BadInput, or NotAvailable for one it cannot have here."""
    if name in _NUMBERS:
        if not isinstance(value, int) or not 0 <= value <= _NUMBERS[name]:
            raise BadInput(f"{name} is a whole number from 0 to {_NUMBERS[name]}", f"Write SET {name} = 1.")
        return value
    if name in _FIXED and str(value).upper() not in _FIXED[name][0]:
        raise refuse(f"A {name} other than {_FIXED[name][0][0]}", _FIXED[name][1])
    if name in _SWITCHES and not isinstance(value, str):
        return bool(value)
    return {"true": True, "false": False}.get(str(value).lower(), value)


def _alter_table(session: "Session", name: str, action: exp.Expression) -> None:
    store, table = session.store, session.store.table(name)
    if isinstance(action, exp.AlterRename):
        store.rename(name, action.this.name)
    elif isinstance(action, exp.AlterColumn):
        store.replace(_with_altered_column(session, table, action))
    elif isinstance(action, exp.SwapTable):
        store.swap(name, action.this.name)
    elif isinstance(action, exp.ClusterProperty) or _CLUSTERING.match(action.sql("snowflake")):
        pass  # the order of the storage changes no result
    elif isinstance(action, exp.AlterSet | exp.Set):
        _check_settings(action, "TABLE")
        comments.write_set(session, name, action)
    elif isinstance(action, exp.RenameColumn):
        store.replace(_with_renamed_column(table, action.this.name, action.args["to"].name))
        store.comments.rename_column(name, action.this.name, action.args["to"].name)
    elif isinstance(action, exp.ColumnDef) and action.args.get("kind") is None:
        raise BadInput("ADD COLUMN names no column with a type", "Write ADD COLUMN name type.")
    elif isinstance(action, exp.ColumnDef):
        if not (action.args.get("exists") and action.name in [c.name for c in table.columns]):
            defaults = dict(table.defaults)
            value: exp.Expression = exp.Cast(this=_added_value(action, defaults), to=action.args["kind"])
            for collate in action.find_all(exp.CollateColumnConstraint):
                value = exp.Collate(this=value, expression=collate.this)
            new = aliased(value, action.name)
            _refill(session, name, replace(table, defaults=defaults), new)
            comments.write_of_column(session, name, action)
    elif isinstance(action, exp.AddConstraint):
        store.replace(_with_constraints(session, table, action))
    elif isinstance(action, exp.Drop) and action.args.get("kind") == "COLUMN":
        gone = {item.name for item in (action.args.get("tables") or [action.this])}
        if action.args.get("exists"):
            gone &= {column.name for column in table.columns}
        _refill(session, name, _without(table, gone))
        for title in gone:
            store.comments.rename_column(name, title, None)
    else:
        raise refuse(f"ALTER TABLE {action.sql('snowflake')[:40]}")


def _with_constraints(session: "Session", table: Table, action: exp.AddConstraint) -> Table:
    """The table with further keys, of which Snowflake enforces only that a primary one is not NULL."""
    for item in action.find_all(exp.CheckColumnConstraint):
        raise refuse(f"ALTER TABLE ADD {item.sql('snowflake')[:40]}")
    primary, unique = keys(action.expressions, [column.name for column in table.columns])
    if primary and table.primary:
        raise BadInput(f"A primary key already exists for table {table.name}", "Create the table again.")
    changed = replace(
        table,
        primary=table.primary | primary,
        unique=table.unique | unique,
        required=table.required | primary,
    )
    check_table(session, changed)
    return changed


def _alter_view(session: "Session", name: str, action: exp.Expression) -> None:
    view = session.store.view(name)
    if isinstance(action, exp.AlterRename):
        session.store.rename(view.name, action.this.name)
    elif isinstance(action, exp.AlterSet | exp.Set):
        _check_settings(action, "VIEW")
        comments.write_set(session, name, action)
    else:
        raise refuse(f"ALTER VIEW {action.sql('snowflake')[:40]}", "Write CREATE OR REPLACE VIEW.")


def _check_settings(action: exp.Expression, kind: str) -> None:
    """Take SET and UNSET of what arranges the storage or describes the object; refuse the rest by name."""
    for part in action.expressions:
        for item in part.expressions if isinstance(part, exp.Properties) else [part]:
            described = isinstance(item, exp.SchemaCommentProperty) or item.name.upper() == "COMMENT"
            if not described and item.name.upper() not in STORAGE_PROPERTIES:
                raise refuse(f"ALTER {kind} {action.sql('snowflake')[:40]}")


def _refill(session: "Session", name: str, table: Table, *added: exp.Expression) -> None:
    """Make the table anew from the columns that ``table`` has, and from ``added`` ones; its rules stay."""
    query = exp.Select(
        expressions=[*(exp.column(c.name, quoted=True) for c in table.columns), *added],
        from_=exp.From(this=exp.to_table(f'"{name}"', dialect="snowflake")),
    )
    new = filled(session, name, query, [])
    session.store.publish(
        replace(table, physical=new.physical, columns=new.columns), session.store.created(name)
    )


def _with_renamed_column(table: Table, old: str, new: str) -> Table:
    """The table with a column's name changed wherever the table speaks of it; raises BadInput without it."""
    names = {column.name: new if column.name == old else column.name for column in table.columns}
    if old not in names:
        raise unknown("Column", old, list(names))
    if len(set(names.values())) < len(names):
        raise BadInput(f"Column {new} already exists", "Choose another name.")
    return replace(
        table,
        columns=tuple(replace(column, name=names[column.name]) for column in table.columns),
        defaults={names[name]: value for name, value in table.defaults.items()},
        counters={names[name]: value for name, value in table.counters.items()},
        required=frozenset(map(names.__getitem__, table.required)),
        primary=frozenset(map(names.__getitem__, table.primary)),
        unique=frozenset(map(names.__getitem__, table.unique)),
    )


def _without(table: Table, gone: set[str]) -> Table:
    """The table without columns; raises BadInput for one that is not there."""
    for title in gone - {column.name for column in table.columns}:
        raise unknown("Column", title, [column.name for column in table.columns])
    return replace(
        table,
        columns=tuple(column for column in table.columns if column.name not in gone),
        defaults={name: value for name, value in table.defaults.items() if name not in gone},
        counters={name: value for name, value in table.counters.items() if name not in gone},
        required=table.required - gone,
        primary=table.primary - gone,
        unique=table.unique - gone,
    )


def _with_altered_column(session: "Session", table: Table, action: exp.AlterColumn) -> Table:
    """The table after SET or DROP NOT NULL, SET DATA TYPE, DROP DEFAULT or COMMENT of a column."""
    name = action.this.name
    column = next((one for one in table.columns if one.name == name), None)
    if column is None:
        raise unknown("Column", name, [one.name for one in table.columns])
    if action.args.get("comment") is not None:
        comments.write(session, table.name, name, action.args["comment"].name)
        return table
    if action.args.get("dtype") is not None:
        wider = replace(column, type=_widened(column, coercion.data_type(action.args["dtype"])))
        return replace(table, columns=tuple(wider if one is column else one for one in table.columns))
    if action.args.get("allow_null") is True:
        if name in table.primary:
            raise BadInput(
                f"{name} is part of the primary key, which takes no NULL", "Create the table again."
            )
        return replace(table, required=table.required - {name})
    if action.args.get("allow_null") is False:
        stricter = replace(table, required=table.required | {name})
        check_table(session, stricter)
        return stricter
    if action.args.get("drop") and action.args.get("default") is None:
        return replace(table, defaults={key: value for key, value in table.defaults.items() if key != name})
    raise refuse(
        f"ALTER TABLE {action.sql('snowflake')[:40]}", "Give the DEFAULT in CREATE TABLE or ADD COLUMN."
    )


def _widened(column: Column, wanted: SqlType) -> SqlType:
    """The wanted type, when every value of the column fits it as it is."""
    old = column.type
    fits = old.kind is wanted.kind and (old.scale or 0) == (wanted.scale or 0)
    if wanted.kind is Kind.VARCHAR:
        fits = fits and (wanted.size is None or (old.size is not None and old.size <= wanted.size))
    elif wanted.kind is Kind.NUMBER:
        fits = fits and (old.precision or 38) <= (wanted.precision or 38)
    if not fits or (wanted.kind is Kind.VECTOR and old.size != wanted.size):
        raise BadInput(
            f"Cannot change column {column.name} from type {old.text} to {wanted.text}",
            "A text can become longer and a number can get more digits; CREATE TABLE AS can change anything.",
        )
    return replace(wanted, collation=old.collation)


def _added_value(column: exp.ColumnDef, defaults: dict[str, exp.Expression]) -> exp.Expression:
    """What an added column holds in the rows that exist: its DEFAULT, which joins ``defaults``, or NULL."""
    for constraint in column.args.get("constraints") or []:
        kind = constraint.args.get("kind")
        if isinstance(kind, exp.DefaultColumnConstraint):
            defaults[column.name] = kind.this
        elif not isinstance(kind, exp.CommentColumnConstraint | exp.CollateColumnConstraint):
            raise refuse(
                f"ADD COLUMN with {kind.sql('snowflake')[:40]}", "Create the table again with CREATE TABLE."
            )
    return defaults[column.name].copy() if column.name in defaults else exp.Null()
