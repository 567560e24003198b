"""Compiling what is true or false: comparisons, AND and OR, IN, EXISTS, LIKE; cheap conditions go before AI ones."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.catalog import is_ai_call
from core.sql_ai.dialect.coercion import aligned, boolean, text
from core.sql_ai.dialect.collated import folded_for_like
from core.sql_ai.dialect.compilation import Table, View, excerpt, refuse
from core.sql_ai.dialect.dispatch import compile_expression
from core.sql_ai.dialect.parse import parse
from core.sql_ai.dialect.pieces import Handler, Piece, Relation, Scope, Stop, binary, expression, quote
from core.sql_ai.dialect.routines import Routine, called, read_body
from core.sql_ai.dialect.stars import spread
from core.sql_ai.kinds import BOOLEAN

_COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}


def condition(node: exp.Expression, scope: Scope) -> Piece:
    """The piece for ``node`` as a condition: 0, 1 or NULL."""
    return boolean(compile_expression(node, scope))


def condition_of_change(node: exp.Expression, scope: Scope) -> Piece:
    """As `condition`, for a statement that changes rows; as in a query, the mistake written first is told."""
    return scope.state.first_mistake_first(lambda: condition(node, scope))


def conjuncts(node: exp.Expression) -> list[exp.Expression]:
    """The conditions that AND joins, in the order written."""
    if isinstance(node, exp.Paren):
        return conjuncts(node.this) if isinstance(node.this, exp.And | exp.Paren) else [node]
    if isinstance(node, exp.And):
        return [*conjuncts(node.this), *conjuncts(node.expression)]
    return [node]


def cheap_first(parts: list[exp.Expression], scope: Scope) -> list[exp.Expression]:
    """Conditions that need no model before those that do, each group in the order written."""
    if not scope.state.optimize:
        return parts
    ordered = sorted(parts, key=lambda part: mentions_ai(part, scope))
    if any(a is not b for a, b in zip(ordered, parts, strict=True)):
        scope.state.note("cheap conditions before AI conditions")
    return ordered


def mentions_ai(node: exp.Expression, scope: Scope) -> bool:
    """Whether evaluating ``node`` may ask a model, through a call, an alias or a derived column."""
    for item in node.find_all(exp.Anonymous, exp.ModelAttribute, exp.Column, exp.Table):
        if isinstance(item, exp.ModelAttribute):
            return True
        if isinstance(item, exp.Anonymous) and is_ai_call(item.name):
            return True
        if isinstance(item, exp.Anonymous | exp.Table) and _definition_mentions_ai(item, scope):
            return True
        if isinstance(item, exp.Column) and not isinstance(item.this, exp.Star | exp.Parameter):
            alias = scope.aliases.get(item.name) if not item.table else None
            if alias is not None and item.name not in scope.open_aliases:
                inner = scope.at(open_aliases=scope.open_aliases | {item.name})
                if mentions_ai(alias, inner):
                    return True
            if any(
                piece.sites for source in scope.sources for name, piece in source.columns if name == item.name
            ):
                return True
    return False


def _definition_mentions_ai(node: exp.Anonymous | exp.Table, scope: Scope) -> bool:
    """Whether ``node`` names a user's function or view whose text may ask a model."""
    state = scope.state
    found: Routine | Table | View | None
    if isinstance(node, exp.Table):
        found = state.catalogue.relation(node.name)
    else:
        found = state.catalogue.routine("FUNCTION", called(node), len(node.expressions))
    if found is None or isinstance(found, Table):
        return False
    text = found.text if isinstance(found, View) else found.body
    if text not in state.asking:
        state.asking[text] = False  # while it is read: a function may call itself
        body = parse(text, state.max_depth) if isinstance(found, View) else read_body(found, state.max_depth)
        state.asking[text] = mentions_ai(body, scope)
    return state.asking[text]


def _comparison(node: exp.Binary, scope: Scope) -> Piece:
    if isinstance(node.expression, exp.All | exp.Any):
        return _quantified(node, scope)
    if isinstance(node.this, exp.Tuple) and isinstance(node.expression, exp.Tuple):
        return _row_comparison(node, scope)
    left, right = aligned([compile_expression(node.this, scope), compile_expression(node.expression, scope)])
    return binary(_COMPARISONS[type(node)], left, right, BOOLEAN)


def _row_comparison(node: exp.Binary, scope: Scope) -> Piece:
    if not isinstance(node, exp.EQ):
        raise refuse(f"A comparison of row values with {_COMPARISONS[type(node)]}")
    left, right = node.this.expressions, node.expression.expressions
    if len(left) != len(right):
        raise BadInput(
            f"A row of {len(left)} values is compared with one of {len(right)}", "Give both as many values."
        )
    equal = [exp.EQ(this=a, expression=b) for a, b in zip(left, right, strict=True)]
    return compile_expression(expression(exp.and_(*equal)), scope)


def _quantified(node: exp.Binary, scope: Scope) -> Piece:
    """sqlglot reads ``x NOT IN (SELECT ..)`` as ``x <> ALL (SELECT ..)``."""
    inner = node.expression.this
    query = inner.this if isinstance(inner, exp.Subquery) else inner
    if isinstance(query, exp.Select | exp.SetOperation) and not isinstance(node, exp.EQ | exp.NEQ):
        return _compared_with_each(node, query, scope)
    negated = isinstance(node, exp.NEQ) and isinstance(node.expression, exp.All)
    equal = isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any)
    if not (negated or equal):
        raise refuse(
            f"A comparison with {type(node.expression).__name__.upper()}", "Compare with MIN or MAX."
        )
    result = _in_query(node.this, query, scope)
    return Piece(f"(NOT {result.sql})", BOOLEAN, result.sites) if negated else result


def _compared_with_each(node: exp.Binary, query: exp.Expression, scope: Scope) -> Piece:
    """``x >= ALL (SELECT ..)``: the smallest answer of the comparisons, for ANY the largest; NULL counts as unknown."""
    relation = scope.state.query(query, scope, scope.guards)
    if len(relation.columns) != 1:
        raise BadInput("ALL and ANY need a query of one column", "Select exactly one.")
    column = relation.columns[0]
    every = isinstance(node.expression, exp.All)
    left, right = aligned(
        [compile_expression(node.this, scope), Piece(f'"q".{quote(column.physical)}', column.type)]
    )
    test = f"{left.sql} {_COMPARISONS[type(node)]} {right.sql}"
    decided, otherwise = (0, 1) if every else (1, 0)
    sql = (
        f"(SELECT CASE WHEN COUNT(*) = 0 THEN {otherwise} WHEN MAX(({test}) = {decided}) THEN {decided} "
        f'WHEN COUNT(*) > COUNT({test}) THEN NULL ELSE {otherwise} END FROM ({relation.sql}) AS "q")'
    )
    return Piece(sql, BOOLEAN, left.sites | relation.sites)


def _null_safe(node: exp.Binary, scope: Scope) -> Piece:
    left, right = aligned([compile_expression(node.this, scope), compile_expression(node.expression, scope)])
    return binary("IS" if isinstance(node, exp.NullSafeEQ) else "IS NOT", left, right, BOOLEAN)


def _and(node: exp.And, scope: Scope) -> Piece:
    """AND; with an AI call on the right it is a CASE, as SQLite would evaluate both sides.

    Cheap conditions go first: they decide for which rows the model is asked at all.
    """
    return _short_circuit(cheap_first(conjuncts(node), scope), scope, "AND")


def _or(node: exp.Or, scope: Scope) -> Piece:
    return _short_circuit(cheap_first([expression(part) for part in node.flatten()], scope), scope, "OR")


def _short_circuit(parts: list[exp.Expression], scope: Scope, operator: str) -> Piece:
    result = condition(parts[0], scope)
    ends = 0 if operator == "AND" else 1
    for part in parts[1:]:
        right = condition(part, scope.guarded(result))
        if right.sites:
            sql = (
                f"(CASE {result.sql} WHEN {ends} THEN {ends} WHEN {1 - ends} THEN {right.sql} "
                f"ELSE (NULL {operator} {right.sql}) END)"
            )
        else:
            sql = f"({result.sql} {operator} {right.sql})"
        result = Piece(sql, BOOLEAN, result.sites | right.sites)
    return result


def _not(node: exp.Not, scope: Scope) -> Piece:
    piece = condition(node.this, scope)
    return Piece(f"(NOT {piece.sql})", BOOLEAN, piece.sites)


def _is(node: exp.Is, scope: Scope) -> Piece:
    piece = compile_expression(node.this, scope)
    if isinstance(node.expression, exp.Null):
        return Piece(f"({piece.sql} IS NULL)", BOOLEAN, piece.sites)
    if isinstance(node.expression, exp.Boolean):
        return Piece(f"({boolean(piece).sql} IS {int(bool(node.expression.this))})", BOOLEAN, piece.sites)
    raise refuse(f"IS {excerpt(node.expression)}", "Use IS NULL, IS TRUE or IS [NOT] DISTINCT FROM.")


def _between(node: exp.Between, scope: Scope) -> Piece:
    parts = [compile_expression(part, scope) for part in (node.this, node.args["low"], node.args["high"])]
    value, low, high = aligned(parts)
    return Piece(
        f"({value.sql} BETWEEN {low.sql} AND {high.sql})", BOOLEAN, value.sites | low.sites | high.sites
    )


def _in(node: exp.In, scope: Scope) -> Piece:
    query = node.args.get("query")
    if query is not None:
        return _in_query(node.this, query.this if isinstance(query, exp.Subquery) else query, scope)
    if node.args.get("unnest") or node.args.get("field"):
        raise refuse(f"IN ({excerpt(node)})")
    listed = spread(node.expressions, scope)
    if isinstance(node.this, exp.Tuple):
        either = exp.or_(*(exp.EQ(this=node.this, expression=item) for item in listed))
        return compile_expression(expression(either), scope)
    pieces = aligned([compile_expression(part, scope) for part in (node.this, *listed)])
    items = ", ".join(piece.sql for piece in pieces[1:])
    return Piece(
        f"({pieces[0].sql} IN ({items}))", BOOLEAN, frozenset().union(*(piece.sites for piece in pieces))
    )


def _in_query(value: exp.Expression, query: exp.Expression, scope: Scope) -> Piece:
    relation = scope.state.query(query, scope, scope.guards)
    values = value.expressions if isinstance(value, exp.Tuple) else [value]
    if len(relation.columns) != len(values):
        raise BadInput(
            f"IN compares {len(values)} value(s) with a query of {len(relation.columns)} columns",
            "Select as many.",
        )
    pairs = [
        aligned([compile_expression(item, scope), Piece(f'"q".{quote(column.physical)}', column.type)])
        for item, column in zip(values, relation.columns, strict=True)
    ]
    left = ", ".join(pair[0].sql for pair in pairs)
    right = ", ".join(pair[1].sql for pair in pairs)
    sites = relation.sites.union(*(pair[0].sites for pair in pairs))
    left = f"({left})" if len(pairs) > 1 else left
    return Piece(f'({left} IN (SELECT {right} FROM ({relation.sql}) AS "q"))', BOOLEAN, sites)


def _exists(node: exp.Exists, scope: Scope) -> Piece:
    inner = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    stop = scope.state.stop(1)
    relation = scope.state.query(inner, scope, scope.guards, stop=stop)
    return Piece(entered(f"(EXISTS ({relation.sql}))", relation, stop, scope), BOOLEAN, relation.sites)


def entered(sql: str, relation: Relation, stop: Stop | None, scope: Scope) -> str:
    """The subquery, with word to the engine each time it starts; CASE, as conjuncts may be taken apart."""
    if stop is None or not relation.sites or not scope.state.optimize:
        return sql
    return f"(CASE WHEN ai_enter({stop.number}) THEN {sql} END)"


def _like(node: exp.Expression, scope: Scope) -> Piece:
    escape = None
    if isinstance(node, exp.Escape):
        escape, node = compile_expression(node.expression, scope), node.this
    ignore_case = int(isinstance(node, exp.ILike))
    value = text(compile_expression(node.this, scope))
    patterns, joiner = _patterns(node.expression)
    pieces = [text(compile_expression(pattern, scope)) for pattern in patterns]
    value, *pieces = folded_for_like([value, *pieces], "ILIKE" if ignore_case else "LIKE")
    mark = escape.sql if escape else "NULL"
    tests = [f"sf_like({value.sql}, {pattern.sql}, {mark}, {ignore_case})" for pattern in pieces]
    sites = value.sites.union(*(piece.sites for piece in pieces))
    result = Piece("(" + f" {joiner} ".join(tests) + ")", BOOLEAN, sites)
    return Piece(f"(NOT {result.sql})", BOOLEAN, sites) if node.args.get("negate") else result


def _patterns(node: exp.Expression) -> tuple[list[exp.Expression], str]:
    if not isinstance(node, exp.Any | exp.All):
        return [node], "OR"
    inner = node.this
    if isinstance(inner, exp.Select | exp.Subquery):
        raise refuse("LIKE ANY or ALL with a subquery", "List the patterns.")
    items = (
        inner.expressions
        if isinstance(inner, exp.Tuple)
        else [inner.this if isinstance(inner, exp.Paren) else inner]
    )
    return items, "OR" if isinstance(node, exp.Any) else "AND"


def _regexp_like(node: exp.Expression, scope: Scope) -> Piece:
    value, pattern = (
        text(compile_expression(node.this, scope)),
        text(compile_expression(node.expression, scope)),
    )
    value, pattern = folded_for_like([value, pattern], "RLIKE")
    return Piece(f"sf_rlike({value.sql}, {pattern.sql}, '')", BOOLEAN, value.sites | pattern.sites)


HANDLERS: dict[type, Handler] = {
    **dict.fromkeys(_COMPARISONS, _comparison), exp.NullSafeEQ: _null_safe, exp.NullSafeNEQ: _null_safe, exp.And: _and,
    exp.Or: _or, exp.Not: _not, exp.Is: _is, exp.Between: _between, exp.In: _in, exp.Exists: _exists, exp.Like: _like,
    exp.ILike: _like, exp.Escape: _like, exp.RegexpLike: _regexp_like,
}  # fmt: skip
