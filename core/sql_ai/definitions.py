"""CREATE and DROP of tables and views."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai import comments, sequences
from core.sql_ai.changes import insert_rows, named_with_columns
from core.sql_ai.dialect import coercion
from core.sql_ai.dialect.compilation import Table, View, refuse, unknown
from core.sql_ai.kinds import VARCHAR, Kind, SqlType
from core.sql_ai.outcomes import Outcome, compile_top, status
from core.sql_ai.sequences import Sequence

if TYPE_CHECKING:
    from core.sql_ai.session import Session

STORAGE_PROPERTIES = frozenset(
    {
        "DATA_RETENTION_TIME_IN_DAYS",
        "MAX_DATA_EXTENSION_TIME_IN_DAYS",
        "CHANGE_TRACKING",
        "ENABLE_SCHEMA_EVOLUTION",
    }
)


def create(session: "Session", tree: exp.Create) -> Outcome:
    """CREATE TABLE, VIEW or SEQUENCE; raises NotAvailable for what Snowflake can create besides."""
    kind = str(tree.args.get("kind") or "").upper()
    if kind == "SEQUENCE":
        return sequences.create(session, tree)
    if kind not in ("TABLE", "VIEW"):
        raise refuse(f"CREATE {kind}", "Tables, views, sequences and SNOWFLAKE.ML models can be created.")
    _check_properties(tree)
    name, schema = named_with_columns(tree.this)
    existing = session.relation(name)
    if existing is not None and tree.args.get("exists"):
        return status(f"{name} already exists, statement succeeded.")
    if existing is not None and not tree.args.get("replace"):
        raise BadInput(f"Object '{name}' already exists.", "Write CREATE OR REPLACE.")
    if kind == "VIEW":
        return _create_view(session, tree, name, schema)
    table = replace(_new_table(session, tree, name, schema), durability=_durability(tree))
    session.store.publish(table)
    if tree.args.get("clone") is not None:
        session.store.comments.copy(tree.args["clone"].this.name, name)
    comments.write_created(session, name, tree, schema)
    return status(f"Table {name} successfully created.")


def drop(session: "Session", tree: exp.Drop) -> Outcome:
    """DROP TABLE, VIEW or SEQUENCE [IF EXISTS]."""
    kind = str(tree.args.get("kind") or "").upper()
    if kind == "SEQUENCE":
        return sequences.drop(session, tree)
    if kind not in ("TABLE", "VIEW"):
        raise refuse(f"DROP {kind}")
    tables = tree.args.get("tables") or ([tree.this] if tree.this is not None else [])
    name = tables[0].name
    found = session.relation(name)
    if found is None and tree.args.get("exists"):
        return status(f"Drop statement executed successfully ({name} already dropped).")
    if found is None or isinstance(found, View) != (kind == "VIEW"):
        raise unknown(kind.title(), name, session.names())
    session.store.drop(name)
    return status(f"{name} successfully dropped.")


def filled(session: "Session", name: str, query: exp.Expression, schema: list[exp.Expression]) -> Table:
    """CREATE TABLE AS: the query's types, or those of the column list."""
    relation, state = compile_top(session, query)
    titles = [item.name for item in schema] or [column.name for column in relation.columns]
    if len(titles) != len(relation.columns):
        raise BadInput(
            f"{len(titles)} column names for {len(relation.columns)} columns",
            "Give one name for each column.",
        )
    types = [column.type if column.type.kind is not Kind.NULL else VARCHAR for column in relation.columns]
    for index, item in enumerate(schema):
        if isinstance(item, exp.ColumnDef) and item.args.get("kind") is not None:
            types[index] = _column_type(session, item)
    table = session.store.create(name, list(zip(titles, types, strict=True)))
    try:
        insert_rows(session, table, relation, state, list(range(len(titles))))
    except BaseException:
        session.store.discard(table)
        raise
    return table


def _check_properties(tree: exp.Create) -> None:
    properties = tree.args.get("properties")
    for item in properties.expressions if properties is not None else []:
        # What arranges the storage, keeps history or guards a definition changes no result.
        if isinstance(item, exp.Property) and item.name.upper() in STORAGE_PROPERTIES:
            continue
        fine = (
            exp.TemporaryProperty
            | exp.LikeProperty
            | exp.SchemaCommentProperty
            | exp.TransientProperty
            | exp.ClusterProperty
            | exp.CopyGrantsProperty
            | exp.SecureProperty
        )
        if not isinstance(item, fine):
            hint = (
                "Write CREATE VIEW or CREATE TABLE AS." if isinstance(item, exp.MaterializedProperty) else ""
            )
            raise refuse(f"CREATE with {item.sql('snowflake')[:40]}", hint)


def _durability(tree: exp.Create) -> str:
    properties = tree.args.get("properties")
    for kind, word in ((exp.TemporaryProperty, "TEMPORARY"), (exp.TransientProperty, "TRANSIENT")):
        if properties is not None and properties.find(kind) is not None:
            return word
    return "TABLE"


def _new_table(session: "Session", tree: exp.Create, name: str, schema: list[exp.Expression]) -> Table:
    clone, properties = tree.args.get("clone"), tree.args.get("properties")
    like = properties.find(exp.LikeProperty) if properties is not None else None
    if like is not None:
        source = session.store.table(like.this.name)
        table = session.store.create(
            name,
            [(c.name, c.type) for c in source.columns],
            source.defaults,
            source.required,
            {
                name: Sequence(name, counter.start, counter.step, session.now)
                for name, counter in source.counters.items()
            },
        )
        return replace(table, primary=source.primary, unique=source.unique)
    if clone is not None:
        return _cloned(session, name, clone.this)
    if tree.expression is not None:
        return filled(session, name, tree.expression, schema)
    if not schema:
        raise BadInput(
            f"CREATE TABLE {name} names no columns", "Write CREATE TABLE t (id NUMBER, body VARCHAR)."
        )
    return _declared(session, name, schema)


def _cloned(session: "Session", name: str, node: exp.Expression) -> Table:
    """A table with the rows and the rules of another; its counters go on where those of the other stand."""
    source = session.store.table(node.name)
    query = exp.Select(expressions=[exp.Star()], from_=exp.From(this=node))
    return replace(
        filled(session, name, query, []),
        defaults=source.defaults,
        required=source.required,
        counters={
            title: Sequence(title, counter.next, counter.step, session.now)
            for title, counter in source.counters.items()
        },
        primary=source.primary,
        unique=source.unique,
    )


def _declared(session: "Session", name: str, schema: list[exp.Expression]) -> Table:
    columns, defaults, counters = [], {}, {}
    primary, unique = keys(schema, [item.name for item in schema if isinstance(item, exp.ColumnDef)])
    required = set(primary)
    for item in schema:
        if not isinstance(item, exp.ColumnDef):
            if isinstance(
                item, exp.Constraint | exp.PrimaryKey | exp.ForeignKey | exp.UniqueColumnConstraint
            ):
                continue  # Snowflake enforces only that a primary key is not NULL
            raise refuse(f"{item.sql('snowflake')[:40]} in CREATE TABLE")
        if item.args.get("kind") is None:
            raise BadInput(f"The column {item.name} has no type", "Write id NUMBER, body VARCHAR.")
        columns.append((item.name, _column_type(session, item)))
        for constraint in item.args.get("constraints") or []:
            kind = constraint.args.get("kind")
            if isinstance(kind, exp.NotNullColumnConstraint) and not kind.args.get("allow_null"):
                required.add(item.name)
            elif isinstance(kind, exp.DefaultColumnConstraint):
                defaults[item.name] = kind.this
            elif isinstance(
                kind, exp.AutoIncrementColumnConstraint | exp.GeneratedAsIdentityColumnConstraint
            ):
                counters[item.name] = Sequence(item.name, *_counting(kind), session.now)
            elif isinstance(kind, exp.CheckColumnConstraint | exp.ComputedColumnConstraint):
                raise refuse(f"{kind.sql('snowflake')[:40]} in CREATE TABLE")
    table = session.store.create(name, columns, defaults, frozenset(required), counters)
    return replace(table, primary=primary, unique=unique)


def _column_type(session: "Session", column: exp.ColumnDef) -> SqlType:
    """The type of a column as CREATE TABLE writes it, with its collation."""
    kind = coercion.data_type(column.args["kind"])
    for constraint in column.args.get("constraints") or []:
        if isinstance(constraint.args.get("kind"), exp.CollateColumnConstraint):
            kind = _collated_type(session, kind, constraint.args["kind"])
    return kind


def _collated_type(session: "Session", kind: SqlType, constraint: exp.CollateColumnConstraint) -> SqlType:
    """The type of a column with COLLATE; raises BadInput when it is no text."""
    written = constraint.this
    if kind.kind is not Kind.VARCHAR or not (isinstance(written, exp.Literal) and written.is_string):
        raise BadInput(
            f"COLLATE {written.sql('snowflake')[:40]} of a {kind.text} column",
            "Write VARCHAR COLLATE 'en-ci'.",
        )
    return replace(kind, collation=session.collation(written.name))


def keys(schema: list[exp.Expression], names: list[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The columns of PRIMARY KEY and of UNIQUE, written at the column or behind the columns.

    Raises BadInput for one that is none of ``names``.
    """
    primary: set[str] = set()
    unique: set[str] = set()
    for item in schema:
        kinds = [part.args.get("kind") for part in item.args.get("constraints") or []]
        if isinstance(item, exp.ColumnDef):
            primary |= {item.name for kind in kinds if isinstance(kind, exp.PrimaryKeyColumnConstraint)}
            unique |= {item.name for kind in kinds if isinstance(kind, exp.UniqueColumnConstraint)}
            continue
        for kind, found in ((exp.PrimaryKey, primary), (exp.UniqueColumnConstraint, unique)):
            for key in item.find_all(kind):
                found |= {part.name for part in key.find_all(exp.Identifier)}
    for name in sorted((primary | unique) - set(names)):
        raise unknown("Column", name, names)
    return frozenset(primary), frozenset(unique)


def _counting(kind: exp.Expression) -> tuple[int, int]:
    """Start and step of AUTOINCREMENT, which are 1 when they are not written."""
    numbers = [kind.args[key].sql() if kind.args.get(key) else "1" for key in ("start", "increment")]
    if not all(re.fullmatch(r"-?\d{1,15}", number) for number in numbers) or int(numbers[1]) == 0:
        raise BadInput("AUTOINCREMENT needs whole numbers", "Write AUTOINCREMENT START 1 INCREMENT 1.")
    return int(numbers[0]), int(numbers[1])


def _create_view(session: "Session", tree: exp.Create, name: str, schema: list[exp.Expression]) -> Outcome:
    query = tree.expression
    if query is None:
        raise BadInput(f"CREATE VIEW {name} has no query", "Write CREATE VIEW v AS SELECT ..")
    relation, _state = compile_top(session, query)
    names = tuple(item.name for item in schema)
    columns = relation.columns
    if names:
        if len(names) != len(columns):
            raise BadInput(
                f"{len(names)} column names for {len(columns)} columns", "Give one name for each column."
            )
        columns = tuple(replace(column, name=title) for column, title in zip(columns, names, strict=True))
    session.store.create_view(View(name, query.sql("snowflake"), names), columns)
    comments.write_created(session, name, tree, schema)
    return status(f"View {name} successfully created.")
