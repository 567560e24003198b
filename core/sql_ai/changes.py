"""INSERT, UPDATE, DELETE and TRUNCATE, and how values get into the columns of a table."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from core.counts import counted
from core.errors import BadInput
from core.sql_ai.dialect import coercion
from core.sql_ai.dialect.compilation import Compilation, Table, excerpt, refuse
from core.sql_ai.dialect.conditions import condition_of_change
from core.sql_ai.dialect.pieces import Column, Piece, Relation, Scope, Source, quote
from core.sql_ai.kinds import INTEGER, JSON_KINDS, VARCHAR, Kind, SqlType
from core.sql_ai.outcomes import Outcome, compile_top, status

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_UNREAD = {
    "returning": "RETURNING", "order": "ORDER BY", "limit": "LIMIT", "conflict": "ON CONFLICT", "alternative": "OR",
    "ignore": "IGNORE", "tables": "A list of tables", "by_name": "BY NAME", "partition": "PARTITION",
}  # fmt: skip


def insert(session: "Session", tree: exp.Insert) -> Outcome:
    """INSERT INTO and INSERT OVERWRITE; raises BadInput when the rows do not fit the columns."""
    _check_parts(tree)
    if not isinstance(tree.this, exp.Table | exp.Schema) or tree.expression is None:
        raise refuse("This form of INSERT", "Write INSERT INTO t (columns) SELECT or VALUES.")
    table, titles, places = insert_target(session, tree.this)
    if isinstance(tree.expression, exp.Values) and tree.expression.args.get("alias") is not None:
        raise BadInput("Something stands behind the VALUES of INSERT", "Put a comma between the rows.")
    query = with_defaults(session, tree.expression, table, titles)
    if tree.args.get("with_") is not None:
        query.set("with_", tree.args["with_"])
    relation, state = compile_top(session, query)
    if len(relation.columns) != len(titles):
        raise BadInput(
            f"INSERT gives {counted(len(relation.columns), 'value')} for {counted(len(titles), 'column')}",
            "Name the columns: INSERT INTO t (a, b).",
        )
    if tree.args.get("overwrite"):
        with session.sandbox.writing():
            kept = session.sandbox.run(f"SELECT COUNT(*) FROM {quote(table.physical)}").fetchone()
            count = insert_rows(session, table, relation, state, places)
            session.sandbox.run(
                f"DELETE FROM {quote(table.physical)} WHERE rowid IN "
                f"(SELECT rowid FROM {quote(table.physical)} ORDER BY rowid LIMIT {kept[0]})"
            )
    else:
        count = insert_rows(session, table, relation, state, places)
    return Outcome(["number of rows inserted"], [INTEGER], [(count,)])


def update(session: "Session", tree: exp.Update) -> Outcome:
    """UPDATE, also FROM other tables."""
    _check_parts(tree)
    source = tree.args.get("from_")
    table, scope, physical, others = _changed_scope(
        session, tree, [source.this] if source is not None else []
    )
    state = scope.state
    where = _filter(tree, scope)
    pairs = [assigned(item, table, scope.at(clause="SET")) for item in tree.expressions]
    check_named_once([column.name for column, _value in pairs], "UPDATE")
    assignments = [f"{quote(column.physical)} = {value.sql}" for column, value in pairs]
    sql = f"UPDATE {quote(table.physical)} AS {physical} SET {', '.join(assignments)}"
    # Without FROM, SQLite computes and changes row by row: a subquery would read rows that are changed already.
    others = others or ("(SELECT 1)" if any("SELECT " in text for text in (*assignments, where)) else "")
    sql += (f" FROM {others}" if others else "") + where
    matched_often = _matched_often(session, state, table, physical, others, where) if source else 0
    count = session.change(sql, state, lambda: check_table(session, table))
    return Outcome(
        ["number of rows updated", "number of multi-joined rows updated"],
        [INTEGER, INTEGER],
        [(count, matched_often)],
    )


def _matched_often(
    session: "Session", state: Compilation, table: Table, physical: str, others: str, where: str
) -> int:
    """How many rows of the table several rows of FROM match, of which the update takes any."""
    sql = (
        f"SELECT COUNT(*) AS n FROM (SELECT 1 FROM {quote(table.physical)} AS {physical}, {others}{where} "
        f"GROUP BY {physical}.rowid HAVING COUNT(*) > 1)"
    )
    rows, _cut = session.select(Relation(sql, (Column("n", INTEGER, "n"),)), state)
    return int(rows[0][0])


def delete(session: "Session", tree: exp.Delete) -> Outcome:
    """DELETE, also USING other tables."""
    _check_parts(tree)
    table, scope, physical, others = _changed_scope(session, tree, tree.args.get("using") or [])
    where = _filter(tree, scope)
    if others:
        where = f" WHERE rowid IN (SELECT {physical}.rowid FROM {quote(table.physical)} AS {physical}, {others}{where})"
        sql = f"DELETE FROM {quote(table.physical)}{where}"
    else:
        sql = f"DELETE FROM {quote(table.physical)} AS {physical}{where}"
    return Outcome(["number of rows deleted"], [INTEGER], [(session.change(sql, scope.state),)])


def truncate(session: "Session", tree: exp.TruncateTable) -> Outcome:
    """TRUNCATE TABLE [IF EXISTS]."""
    name = tree.expressions[0].name
    if tree.args.get("exists") and session.relation(name) is None:
        return status("Statement executed successfully.")
    table = session.store.table(name)
    session.change(f"DELETE FROM {quote(table.physical)} WHERE 1", session.compilation())
    return status("Statement executed successfully.")


def insert_target(session: "Session", node: exp.Expression) -> tuple[Table, list[str], list[int]]:
    """The table of ``INTO t`` or ``INTO t (..)``, the columns to fill, and their places in it.

    Raises BadInput for a table or a column that does not exist.
    """
    name, schema = named_with_columns(node)
    table = session.store.table(name)
    titles = [item.name for item in schema] or [column.name for column in table.columns]
    check_named_once(titles, "INSERT")
    return table, titles, [table.place(title) for title in titles]


def check_named_once(names: Sequence[str], statement: str) -> None:
    """Raise BadInput when a statement gives two values to one column."""
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"{statement} names the column {name} twice", "Give each column one value.")


def named_with_columns(node: exp.Expression) -> tuple[str, list[exp.Expression]]:
    """The name and the column definitions of ``t`` or ``t (..)``."""
    if isinstance(node, exp.Schema):
        return node.this.name, node.expressions
    return node.name, []


def insert_rows(
    session: "Session", table: Table, relation: Relation, state: Compilation, places: list[int]
) -> int:
    """Insert the rows of ``relation`` as columns ``places``, each value cast; defaults for the other columns."""
    scope = Scope(state)
    values: list[str] = []
    for index, column in enumerate(table.columns):
        if index in places:
            source = relation.columns[places.index(index)]
            values.append(stored_value(Piece(f'"s".{quote(source.physical)}', source.type), column.type).sql)
        else:
            default = state.expression(default_of(session, table, column.name), scope)
            values.append(stored_value(default, column.type).sql)
    sql = f'INSERT INTO {quote(table.physical)} SELECT {", ".join(values)} FROM ({relation.sql}) AS "s"'
    return session.change(sql, state, lambda: check_table(session, table))


def assigned(item: exp.Expression, table: Table, scope: Scope) -> tuple[Column, Piece]:
    """The column that an item of SET names, and the value for it. Raises BadInput for what is no assignment."""
    if not (isinstance(item, exp.EQ) and isinstance(item.this, exp.Column)):
        raise BadInput(f"{excerpt(item)} in SET is no assignment", "Write SET column = value.")
    column = table.columns[table.place(item.this.name)]
    return column, stored_value(scope.state.expression(item.expression, scope), column.type)


def stored_value(piece: Piece, target: SqlType) -> Piece:
    """A value as its column keeps it; a text that is too long is an error, not cut."""
    source = piece.type
    if source.kind is Kind.NULL:
        return piece
    if target.kind is Kind.VARCHAR and target.size:
        text = coercion.cast(piece, VARCHAR) if source.kind is not Kind.VARCHAR else piece
        return Piece(f"sf_fits({text.sql}, {target.size})", target, piece.sites)
    same = source.kind is target.kind and target.kind not in (Kind.NUMBER, Kind.VECTOR)
    same = same and source.scale == target.scale
    if same or (
        target.kind is Kind.NUMBER
        and source.kind is Kind.NUMBER
        and source.scale is not None
        and source.scale <= (target.scale or 0)
        and (target.precision or 38) >= 38
    ):
        return piece
    if target.kind is Kind.VARIANT and source.kind in JSON_KINDS:
        return piece
    return coercion.cast(piece, target)


def check_table(session: "Session", table: Table) -> None:
    """Raise LimitReached for too many rows, BadInput for a NULL in a NOT NULL column."""
    session.store.check_rows(table)
    for column in table.columns:
        if column.name in table.required:
            found = session.sandbox.run(
                f"SELECT 1 FROM {quote(table.physical)} WHERE {quote(column.physical)} IS NULL LIMIT 1"
            )
            if found.fetchone() is not None:
                raise BadInput(
                    f"NULL result in a non-nullable column {column.name}", "Give a value, or a DEFAULT."
                )


def default_of(session: "Session", table: Table, title: str) -> exp.Expression:
    """What DEFAULT stands for in a column: its default, the next number of AUTOINCREMENT, or NULL."""
    if title in table.counters:
        return exp.column("NEXTVAL", table=session.sequences.lend(table.counters[title]), quoted=True)
    return table.defaults.get(title, exp.Null()).copy()


def with_defaults(
    session: "Session", query: exp.Expression, table: Table, titles: list[str]
) -> exp.Expression:
    """``VALUES (1, DEFAULT)``: the words DEFAULT replaced by the columns' defaults."""
    if not isinstance(query, exp.Values):
        return query
    for row in query.expressions:
        for index, item in enumerate(row.expressions if isinstance(row, exp.Tuple) else []):
            is_default = isinstance(item, exp.Var | exp.Column) and item.name.upper() == "DEFAULT"
            if is_default and index < len(titles):
                item.replace(default_of(session, table, titles[index]))
    return query


def _check_parts(tree: exp.Expression) -> None:
    """Refuse what sqlglot reads in a changing statement and nothing here looks at, such as LIMIT."""
    for key, name in _UNREAD.items():
        if tree.args.get(key):
            raise refuse(f"{name} in {tree.key.upper()}", "Leave it out, or choose the rows in WHERE.")
    if isinstance(tree.this, exp.Table) and tree.this.args.get("partition"):
        raise refuse(f"PARTITION in {tree.key.upper()}", "Leave it out.")


def _changed_scope(
    session: "Session", tree: exp.Expression, others: list[exp.Expression]
) -> tuple[Table, Scope, str, str]:
    """The table to change, the names in sight, SQLite's alias, and the FROM text of the other tables."""
    node = tree.this
    if not isinstance(node, exp.Table):
        raise BadInput("The statement names no table", "Write DELETE FROM t WHERE .. or UPDATE t SET ..")
    table = session.store.table(node.name)
    state = session.compilation()
    alias = node.alias or node.name
    physical = quote(state.fresh(alias))
    columns = tuple((c.name, Piece(f"{physical}.{quote(c.physical)}", c.type)) for c in table.columns)
    scope = Scope(state, None, [Source(alias, columns, rowid=f"{physical}.rowid")])
    texts = []
    for other in others:
        for item in [other, *(join.this for join in other.args.get("joins") or [])]:
            text, source, sites = state.source(item, scope)
            scope.sources.append(source)
            scope.guards |= sites
            texts.append(text)
        _move_conditions(tree, other.args.get("joins") or [])
    return table, scope, physical, ", ".join(texts)


def _move_conditions(tree: exp.Expression, joins: list[exp.Join]) -> None:
    """Put the conditions of inner joins behind FROM or USING into WHERE; refuse joins that keep unmatched rows."""
    for join in joins:
        if join.side or join.method or join.args.get("using"):
            raise refuse(
                f"{join.side or join.method or 'USING'} JOIN in the FROM of UPDATE or DELETE",
                "Write it in a subquery: FROM (SELECT .. LEFT JOIN ..) s.",
            )
        on, where = join.args.get("on"), tree.args.get("where")
        if on is not None:
            both = exp.and_(where.this, on) if where is not None else on
            tree.set("where", exp.Where(this=both))


def _filter(tree: exp.Expression, scope: Scope) -> str:
    clause = tree.args.get("where")
    if clause is None:
        return ""
    piece = condition_of_change(clause.this, scope.at(clause="WHERE"))
    scope.guards |= piece.sites
    return f" WHERE {piece.sql}"
