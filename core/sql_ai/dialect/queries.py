"""Compiling WITH, UNION and VALUES, and handing each SELECT to its own module."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

from dataclasses import replace

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect import hierarchies, matching
from core.sql_ai.dialect.coercion import distinguished, to, unified
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.dialect.pieces import (
    Column,
    Piece,
    Relation,
    Scope,
    Source,
    evaluated_once,
    quote,
    sites_in,
    unique_names,
)
from core.sql_ai.dialect.selects import compile_select, limit_text, own_stop, stream
from core.sql_ai.dialect.windows import order_key
from core.sql_ai.kinds import NULL

_OPERATORS = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}
_DISTINGUISHING = frozenset(_OPERATORS.values())  # without ALL


def compile_query(node: exp.Expression, scope: Scope) -> Relation:
    """The relation of a SELECT, UNION or VALUES; ``scope`` is new and may have a parent."""
    if isinstance(node, exp.Subquery):
        return _subquery(node, scope)
    if isinstance(node, exp.Select) and node.args.get("connect"):
        node = hierarchies.expanded(node)
    if isinstance(node, exp.Select) and node.args.get("match"):
        node = matching.expanded(node)
    prefix = _with(node, scope)
    if isinstance(node, exp.Select):
        relation = compile_select(node, scope)
    elif isinstance(node, exp.SetOperation):
        relation = _set_operation(node, scope)
    elif isinstance(node, exp.Values):
        if any(node.args.get(key) for key in ("order", "limit", "offset")):
            raise refuse("ORDER BY or LIMIT behind VALUES", "Write SELECT * FROM VALUES ..")
        relation = compile_values(node, scope)
    else:
        raise refuse(f"{type(node).__name__} as a query")
    if not prefix:
        return relation
    sql = prefix + relation.sql
    return Relation(sql, relation.columns, sites_in(sql))


def compile_values(node: exp.Values, scope: Scope) -> Relation:
    """VALUES as a relation with columns COLUMN1, COLUMN2, .."""
    rows = [
        [
            scope.state.expression(item, scope)
            for item in (row.expressions if isinstance(row, exp.Tuple) else [row])
        ]
        for row in node.expressions
    ]
    if len({len(row) for row in rows}) != 1:
        raise BadInput("The rows of VALUES differ in length", "Give each row as many values.")
    columns = [unified(list(column)) for column in zip(*rows, strict=True)]
    values = zip(*(pieces for pieces, _type in columns), strict=True)
    body = ", ".join("(" + ", ".join(piece.sql for piece in row) + ")" for row in values)
    outs = tuple(Column(f"COLUMN{i}", kind, f"column{i}") for i, (_pieces, kind) in enumerate(columns, 1))
    names = ", ".join(quote(column.physical) for column in outs)
    sql = f"SELECT {names} FROM (VALUES {body})"
    return Relation(sql, outs, sites_in(sql))


def renamed(relation: Relation, names: list[str]) -> Relation:
    """The relation under other column names, from ``AS t(a, b)``."""
    if not names:
        return relation
    if len(names) != len(relation.columns):
        raise BadInput(
            f"{len(names)} column names for {len(relation.columns)} columns", "Give one name for each column."
        )
    pairs = zip(names, relation.columns, strict=True)
    columns = tuple(Column(name, column.type, column.physical, column.sites) for name, column in pairs)
    return Relation(relation.sql, columns, relation.sites)


def _subquery(node: exp.Subquery, scope: Scope) -> Relation:
    extras = [key for key in ("order", "limit", "offset") if node.args.get(key)]
    if not extras:
        return compile_query(node.this, scope)
    outer = exp.Select(
        expressions=[exp.Star()],
        from_=exp.From(
            this=exp.Subquery(this=node.this, alias=exp.TableAlias(this=exp.to_identifier("Q", quoted=True)))
        ),
    )
    for key in extras:
        outer.set(key, node.args[key])
    return compile_query(outer, scope)


def _with(node: exp.Expression, scope: Scope) -> str:
    clause = node.args.get("with_")
    if clause is None:
        return ""
    if clause.args.get("search"):
        raise refuse("SEARCH in WITH", "Sort the result of the query with ORDER BY.")
    texts, recursive = [], False
    for item in clause.expressions:
        name = item.alias
        names = [column.name for column in item.args["alias"].args.get("columns") or []]
        physical = quote(scope.state.fresh(f"{name}_"))
        uses_itself = any(table.name == name and not table.db for table in item.this.find_all(exp.Table))
        if uses_itself and isinstance(item.this, exp.Union):
            text, relation = _recursive(item.this, name, names, physical, scope)
            recursive = True
        else:
            relation = renamed(scope.state.query(item.this, scope, scope.guards), names)
            text = f"{physical} AS ({evaluated_once(relation.sql)})"
        texts.append(text)
        scope.ctes[name] = Relation(physical, relation.columns, relation.sites)
    return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(texts)} "


def _recursive(
    node: exp.Union, name: str, names: list[str], physical: str, scope: Scope
) -> tuple[str, Relation]:
    """A recursive CTE: its types are those of the anchor."""
    anchor = renamed(scope.state.query(node.this, scope, scope.guards), names)
    inner = Scope(scope.state, scope, guards=scope.guards)
    inner.ctes[name] = Relation(physical, anchor.columns, anchor.sites)
    step = scope.state.query(node.expression, inner, scope.guards)
    if len(step.columns) != len(anchor.columns):
        raise BadInput(f"The parts of {name} differ in their number of columns", "Select as many in both.")
    casts = [
        to(Piece(quote(column.physical), column.type), wanted.type.kind).sql
        for column, wanted in zip(step.columns, anchor.columns, strict=True)
    ]
    heads = ", ".join(quote(column.physical) for column in anchor.columns)
    operator = "UNION" if node.args.get("distinct") else "UNION ALL"
    plain = all(cast == quote(column.physical) for cast, column in zip(casts, step.columns, strict=True))
    tail = step.sql if plain else f"SELECT {', '.join(casts)} FROM ({step.sql})"
    text = f"{physical}({heads}) AS ({anchor.sql} {operator} {tail})"
    return text, Relation(physical, anchor.columns, sites_in(text))


def _set_operation(node: exp.SetOperation, scope: Scope) -> Relation:
    chain = _chain(node)
    streams = (
        scope.parent is None
        and scope.titled
        and node.args.get("order") is None
        and all(operator in ("", "UNION ALL") for operator, _part in chain)
    )
    if not streams:
        scope.stop = scope.stop if scope.stop and scope.stop.rows else own_stop(node, scope)
    relations = [
        scope.state.query(part, scope, scope.guards, scope.titled and index == 0)
        for index, (_operator, part) in enumerate(chain)
    ]
    if node.args.get("by_name"):
        relations = _by_name(relations)
    columns, texts = _aligned(relations, any(operator in _DISTINGUISHING for operator, _part in chain))
    sql = texts[0] + "".join(f" {chain[i][0]} {text}" for i, text in enumerate(texts) if i)
    limits = limit_text(node, scope)
    return _sorted(
        node, sql, columns, scope, stream(node, scope, sites_in(sql), limits) if streams else limits
    )


def _aligned(relations: list[Relation], distinct: bool) -> tuple[list[Column], list[str]]:
    """The columns of all sides, named as on the first and of one type each; for each side a query that gives them.

    With ``distinct`` rows are told apart.
    """
    first = relations[0]
    for other in relations[1:]:
        if len(first.columns) != len(other.columns):
            raise BadInput(
                f"The two sides have {len(first.columns)} and {len(other.columns)} columns",
                "Select as many on both sides.",
            )
    physical = unique_names([column.name for column in first.columns])
    columns: list[Column] = []
    sides: list[list[str]] = [[] for _relation in relations]
    for index, group in enumerate(zip(*(relation.columns for relation in relations), strict=True)):
        pieces, kind = unified([Piece(quote(column.physical), column.type, column.sites) for column in group])
        sites = frozenset().union(*(piece.sites for piece in pieces))
        columns.append(Column(group[0].name, kind, physical[index], sites))
        for side, piece in zip(sides, pieces, strict=True):
            value = distinguished(replace(piece, type=kind)) if distinct else piece.sql
            side.append(f"{value} AS {quote(physical[index])}")
    pairs = zip(sides, relations, strict=True)
    return columns, [f"SELECT {', '.join(side)} FROM ({part.sql})" for side, part in pairs]


def _by_name(relations: list[Relation]) -> list[Relation]:
    """UNION BY NAME: every relation with all columns, in the order of their first mention, NULL where it has none."""
    names = list(dict.fromkeys(column.name for relation in relations for column in relation.columns))
    found = []
    for relation in relations:
        own = {column.name: column for column in relation.columns}
        columns, texts = [], []
        for index, name in enumerate(names):
            column = own.get(name)
            columns.append(
                Column(
                    name,
                    column.type if column else NULL,
                    f"n{index}",
                    column.sites if column else frozenset(),
                )
            )
            texts.append(f"{quote(column.physical) if column else 'NULL'} AS n{index}")
        sql = f"SELECT {', '.join(texts)} FROM ({relation.sql})"
        found.append(Relation(sql, tuple(columns), relation.sites))
    return found


def _chain(node: exp.SetOperation) -> list[tuple[str, exp.Expression]]:
    """``a UNION b EXCEPT c`` as a list: SQLite's parser holds few nested queries, but long chains."""
    _check_operation(node)
    operator = _OPERATORS[type(node)] + ("" if node.args.get("distinct") else " ALL")
    left = node.this
    plain = (
        isinstance(left, exp.SetOperation)
        and bool(left.args.get("by_name")) == bool(node.args.get("by_name"))
        and not any(left.args.get(key) for key in ("order", "limit", "offset", "with_"))
    )
    start = _chain(left) if plain else [("", left)]
    return [*start, (operator, node.expression)]


def _check_operation(node: exp.SetOperation) -> None:
    if (
        node.args.get("side")
        or node.args.get("kind")
        or (node.args.get("by_name") and not isinstance(node, exp.Union))
    ):
        raise refuse(
            "A set operation with a join side, or BY NAME for other than UNION", "Use UNION BY NAME."
        )
    if not node.args.get("distinct") and not isinstance(node, exp.Union):
        raise refuse(f"{_OPERATORS[type(node)]} ALL")


def _sorted(node: exp.SetOperation, sql: str, columns: list[Column], scope: Scope, limits: str) -> Relation:
    order = node.args.get("order")
    if order is not None or limits:
        keys = _order_by_columns(order, columns, scope) if order is not None else ""
        sql = f"SELECT * FROM ({sql}){keys}{limits}"
    return Relation(sql, tuple(columns), sites_in(sql))


def _order_by_columns(order: exp.Order, columns: list[Column], scope: Scope) -> str:
    names = tuple(
        (column.name, Piece(quote(column.physical), column.type, column.sites)) for column in columns
    )
    inner = Scope(scope.state, scope.parent, [Source("", names)], clause="ORDER BY")
    keys = []
    for item in order.expressions:
        if isinstance(item.this, exp.Literal) and not item.this.is_string:
            position = int(item.this.name)
            if not 1 <= position <= len(columns):
                raise BadInput(
                    f"ORDER BY position {position} is not in the select list", "Count the columns from 1."
                )
            item = item.copy()
            item.set("this", exp.column(columns[position - 1].name, quoted=True))
        keys.append(order_key(item, inner).sql)
    return f" ORDER BY {', '.join(keys)}"
