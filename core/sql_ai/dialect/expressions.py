"""Compiling names, subqueries, CASE, casts, and the calls that sqlglot has nodes of their own for."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlglot import exp

from core.counts import counted
from core.errors import BadInput
from core.sql_ai.collations import explicit
from core.sql_ai.dialect import coercion
from core.sql_ai.dialect.coercion import text, unified
from core.sql_ai.dialect.compilation import refuse, unknown
from core.sql_ai.dialect.conditions import condition, entered
from core.sql_ai.dialect.dispatch import compile_expression
from core.sql_ai.dialect.literals import python_literal
from core.sql_ai.dialect.pieces import DRAWING, Handler, Piece, Scope, collation_of, quote, text_literal
from core.sql_ai.dialect.structures import path
from core.sql_ai.kinds import FLOAT, INTEGER, NULL, VARCHAR, Kind


def _column(node: exp.Column, scope: Scope) -> Piece:
    if isinstance(node.this, exp.Star):
        raise BadInput("* is used where one value is expected", "Name a column, or write {*} for an object.")
    if isinstance(node.this, exp.Parameter):
        return _positional_column(node, scope)
    if node.name == "NEXTVAL" and node.table and scope.column(node.name, node.table) is None:
        return _next_value(node, scope)
    return resolve(node.name, node.table or None, scope)


def _next_value(node: exp.Column, scope: Scope) -> Piece:
    """``s.NEXTVAL``; each place where it stands takes a value of its own."""
    name = node.table
    if not scope.state.catalogue.has_sequence(name):
        raise BadInput(f"Sequence {name} does not exist", "Write CREATE SEQUENCE, or name a table's column.")
    return Piece(f"{DRAWING}nextval({scope.state.place(node)}, {text_literal(name)})", INTEGER)


def resolve(name: str, table: str | None, scope: Scope) -> Piece:
    """The column, select alias or lambda parameter called ``name``; Snowflake prefers columns to aliases."""
    if table is None and name in scope.lambdas:
        return scope.lambdas[name]
    if table is None and scope.aliases_first and name in scope.aliases and name not in scope.open_aliases:
        return _alias(name, scope)
    found = scope.column(name, table)
    own = found is not None and found[1].sources is scope.sources
    if table is None and not own and name in scope.aliases and name not in scope.open_aliases:
        return _alias(name, scope)
    if found is None:
        raise _no_column(name, table, scope)
    piece, owner = found
    if scope.grouping is not None and owner.sources is scope.sources:
        raise BadInput(f"{name} is not a valid group by expression", "Put it into GROUP BY or an aggregate.")
    return piece


def _alias(name: str, scope: Scope) -> Piece:
    inner = scope.at(open_aliases=scope.open_aliases | {name}, aliases_first=False)
    piece = compile_expression(scope.aliases[name], inner)
    return Piece(f"({piece.sql})", piece.type, piece.sites, piece.literal)


def _no_column(name: str, table: str | None, scope: Scope) -> BadInput:
    if table and not any(table == source.alias for source in scope.sources):
        return unknown("Table or alias", table, [source.alias for source in scope.sources])
    return unknown("Column", f"{table}.{name}" if table else name, scope.names())


def _positional_column(node: exp.Column, scope: Scope) -> Piece:
    position = int(node.this.this.name)
    columns = [
        piece
        for source in scope.sources
        if not node.table or source.alias == node.table
        for _n, piece in source.columns
    ]
    if not 1 <= position <= len(columns):
        raise BadInput(
            f"${position} is not a column of the source", f"It has {counted(len(columns), 'column')}."
        )
    return columns[position - 1]


def _identifier(node: exp.Identifier, scope: Scope) -> Piece:
    return resolve(node.name, None, scope)


def _placeholder(node: exp.Placeholder, scope: Scope) -> Piece:
    name = node.this
    if not name:
        raise refuse("The parameter ?", "Write a named one, :name.")
    values = {key.upper(): value for key, value in scope.state.values.items()}
    if name.upper() not in values:
        raise BadInput(f"The parameter :{name} has no value", "Fill in the form field, or pass values={...}.")
    return python_literal(values[name.upper()])


def _parameter(node: exp.Parameter, scope: Scope) -> Piece:
    name = node.name
    if name.isdigit():
        return _positional_column(exp.Column(this=node), scope)
    if name.upper() not in scope.state.catalogue.variables:
        raise unknown("Session variable $", name, list(scope.state.catalogue.variables))
    return python_literal(scope.state.catalogue.variables[name.upper()])


def _paren(node: exp.Paren, scope: Scope) -> Piece:
    piece = compile_expression(node.this, scope)
    return Piece(f"({piece.sql})", piece.type, piece.sites, piece.literal)


def _subquery(node: exp.Expression, scope: Scope) -> Piece:
    inner = node.this if isinstance(node, exp.Subquery) else node
    stop = scope.state.stop(0) if inner.args.get("limit") else None  # its LIMIT says how many rows
    relation = scope.state.query(inner, scope, scope.guards, stop=stop)
    if len(relation.columns) != 1:
        raise BadInput(
            f"A subquery used as a value has {len(relation.columns)} columns", "Select exactly one."
        )
    value = f"sf_single(COUNT(*), MIN({quote(relation.columns[0].physical)}))"
    sql = entered(f"(SELECT {value} FROM ({relation.sql}))", relation, stop, scope)
    return Piece(sql, relation.columns[0].type, relation.sites)


def _case(node: exp.Case, scope: Scope) -> Piece:
    """CASE; each branch waits for the conditions above it, so a guarded AI call is never made early."""
    conditions: list[Piece] = []
    results: list[Piece] = []
    subject = node.this
    here = scope
    for branch in node.args["ifs"]:
        test = exp.EQ(this=subject.copy(), expression=branch.this) if subject is not None else branch.this
        decided = condition(test, here)
        here = here.guarded(decided)
        conditions.append(decided)
        results.append(compile_expression(branch.args["true"], here))
    default = node.args.get("default")
    results.append(compile_expression(default, here) if default is not None else Piece("NULL", NULL))
    return case(conditions, results)


def case(conditions: list[Piece], results: list[Piece]) -> Piece:
    """CASE from compiled parts; ``results`` has one more: the ELSE branch."""
    branches, result_type = unified(results)
    body = " ".join(f"WHEN {c.sql} THEN {r.sql}" for c, r in zip(conditions, branches, strict=False))
    sites = frozenset().union(*(piece.sites for piece in (*conditions, *results)))
    return Piece(f"(CASE {body} ELSE {branches[-1].sql} END)", result_type, sites)


def _if(node: exp.If, scope: Scope) -> Piece:
    decided = condition(node.this, scope)
    inner = scope.guarded(decided)
    results = [
        compile_expression(part, inner) if part is not None else Piece("NULL", NULL)
        for part in (node.args.get("true"), node.args.get("false"))
    ]
    return case([decided], results)


def _cast(node: exp.Cast, scope: Scope) -> Piece:
    function = "sf_try_cast" if isinstance(node, exp.TryCast) else "sf_cast"
    if node.args.get("format"):
        raise refuse("CAST .. FORMAT", "Use TO_DATE or TO_TIMESTAMP with a format.")
    wanted = node.args["to"]
    moved = _after_interval(node)
    if moved is not None:
        return compile_expression(moved, scope)
    number = node.this
    if (
        isinstance(number, exp.Literal)
        and not number.is_string
        and coercion.data_type(wanted).kind is Kind.FLOAT
    ):
        return Piece(repr(float(number.this)), FLOAT, literal=float(number.this))  # it may have any digits
    piece = compile_expression(node.this, scope)
    if wanted.args.get("collate") is not None:
        plain = wanted.copy()
        plain.set("collate", None)
        piece = coercion.cast(piece, coercion.data_type(plain), function)
        return with_collation(piece, wanted.args["collate"], scope)
    if wanted.this is exp.DType.TIMESTAMPLTZ:
        return coercion.local_time(piece, function)
    return coercion.structured(coercion.cast(piece, coercion.data_type(wanted), function), wanted)


def _after_interval(node: exp.Cast) -> exp.Expression | None:
    """``INTERVAL '1 day' + '2024-01-01'::DATE``, whose date sqlglot reads as another interval and casts the sum."""
    added = node.this
    if not isinstance(added, exp.Add) or not isinstance(added.this, exp.Interval):
        return None
    when = added.expression
    if not isinstance(when, exp.Interval) or when.args.get("unit") is not None:
        return None
    return exp.Add(this=added.this, expression=exp.Cast(this=when.this, to=node.args["to"]))


def _to_boolean(node: exp.Expression, scope: Scope) -> Piece:
    """sqlglot reads ``TRY_CAST(x AS BOOLEAN)`` as a function of its own."""
    name = "TRY_TO_BOOLEAN" if node.args.get("safe") else "TO_BOOLEAN"
    return compile_expression(exp.Anonymous(this=name, expressions=[node.this]), scope)


def _concat(node: exp.Expression, scope: Scope) -> Piece:
    parts = [node.this, node.expression] if isinstance(node, exp.DPipe) else node.expressions
    pieces = [text(compile_expression(part, scope)) for part in parts]
    literals = [piece.literal for piece in pieces]
    joined = "".join(literals) if all(isinstance(item, str) for item in literals) else None
    sites = frozenset().union(*(piece.sites for piece in pieces))
    result = replace(VARCHAR, collation=collation_of(pieces))
    return Piece("(" + " || ".join(piece.sql for piece in pieces) + ")", result, sites, joined)


def _extract(node: exp.Extract, scope: Scope) -> Piece:
    call = exp.Anonymous(this="DATE_PART", expressions=[exp.Literal.string(node.this.name), node.expression])
    return compile_expression(call, scope)


def _position(node: exp.StrPosition, scope: Scope) -> Piece:
    start = [node.args["position"]] if node.args.get("position") is not None else []
    call = exp.Anonymous(this="POSITION", expressions=[node.args["substr"], node.this, *start])
    return compile_expression(call, scope)


def _trim(node: exp.Trim, scope: Scope) -> Piece:
    name = {"LEADING": "LTRIM", "TRAILING": "RTRIM"}.get(str(node.args.get("position") or "").upper(), "TRIM")
    return compile_expression(
        exp.Anonymous(this=name, expressions=[x for x in (node.this, node.expression) if x]), scope
    )


def _bare_call(name: str) -> Callable[[Any, Scope], Piece]:
    def handler(node: exp.Expression, scope: Scope) -> Piece:
        return compile_expression(exp.Anonymous(this=name, expressions=[]), scope)

    return handler


def _call(node: exp.Expression, scope: Scope) -> Piece:
    from core.sql_ai.dialect.calls import compile_call

    return compile_call(node, scope)


def _dot(node: exp.Dot, scope: Scope) -> Piece:
    """``SNOWFLAKE.CORTEX.F(..)`` or a path behind a call."""
    if isinstance(node.expression, exp.Anonymous):
        return _call(node, scope)
    return path(compile_expression(node.this, scope), [node.expression.name])


def _window(node: exp.Window, scope: Scope) -> Piece:
    from core.sql_ai.dialect.windows import compile_window

    return compile_window(node, scope)


def _aggregate(node: exp.Expression, scope: Scope) -> Piece:
    from core.sql_ai.dialect.aggregates import compile_aggregate

    return compile_aggregate(node, scope)


def _alias_node(node: exp.Alias, scope: Scope) -> Piece:
    return compile_expression(node.this, scope)


def _star(node: exp.Star, scope: Scope) -> Piece:
    raise BadInput("* is used where one value is expected", "Name a column, or write {*} for an object.")


def _collate(node: exp.Collate, scope: Scope) -> Piece:
    return with_collation(compile_expression(node.this, scope), node.expression, scope)


def with_collation(piece: Piece, written: exp.Expression, scope: Scope) -> Piece:
    """The same text with the collation that COLLATE gives it; raises BadInput for other than texts."""
    if not (isinstance(written, exp.Literal) and written.is_string):
        raise BadInput("COLLATE needs its collation as a constant text", "Write COLLATE(name, 'en-ci').")
    if piece.type.kind not in (Kind.VARCHAR, Kind.NULL):
        raise BadInput(f"COLLATE of a {piece.type.text}, which is no text", "Cast it first: value::VARCHAR.")
    collation = explicit(scope.state.catalogue.collation(written.name))
    return replace(piece, type=replace(piece.type, kind=Kind.VARCHAR, collation=collation))


HANDLERS: dict[type, Handler] = {
    exp.Column: _column, exp.Identifier: _identifier, exp.Placeholder: _placeholder, exp.Parameter: _parameter,
    exp.SessionParameter: _parameter, exp.Paren: _paren, exp.Subquery: _subquery, exp.Select: _subquery,
    exp.Union: _subquery, exp.Case: _case, exp.If: _if, exp.Cast: _cast, exp.TryCast: _cast, exp.ToBoolean: _to_boolean,
    exp.DPipe: _concat, exp.Concat: _concat, exp.Extract: _extract, exp.StrPosition: _position, exp.Trim: _trim,
    exp.Anonymous: _call, exp.Dot: _dot, exp.ModelAttribute: _call, exp.Window: _window, exp.WithinGroup: _aggregate,
    exp.Alias: _alias_node, exp.Star: _star, exp.Collate: _collate, exp.CurrentDate: _bare_call("CURRENT_DATE"),
    exp.CurrentTimestamp: _bare_call("CURRENT_TIMESTAMP"), exp.CurrentTime: _bare_call("CURRENT_TIME"),
    exp.Localtime: _bare_call("CURRENT_TIME"),
    exp.CurrentUser: _bare_call("CURRENT_USER"), exp.Localtimestamp: _bare_call("CURRENT_TIMESTAMP"),
}  # fmt: skip
