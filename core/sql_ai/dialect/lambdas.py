"""TRANSFORM, FILTER and REDUCE: functions that run an expression, the lambda, over the items of an array."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect import coercion
from core.sql_ai.dialect.coercion import boolean, variant
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.dialect.pieces import Piece, Scope, quote, sites_in
from core.sql_ai.kinds import ARRAY, JSON_KINDS, VARIANT, Kind, SqlType, common

NAMES = frozenset({"TRANSFORM", "FILTER", "REDUCE"})


def compile_higher_order(name: str, arguments: list[exp.Expression], scope: Scope) -> Piece:
    """The call as a subquery over json_each, so that the lambda is ordinary SQL and may ask a model."""
    wanted = 3 if name == "REDUCE" else 2
    function = arguments[-1] if arguments else None
    if len(arguments) != wanted or not isinstance(function, exp.Lambda):
        form = "REDUCE(array, start, (acc, x) -> ..)" if name == "REDUCE" else f"{name}(array, x -> ..)"
        raise BadInput(f"{name} needs an array and a lambda", f"Write {form}.")
    parameters = [item.name for item in function.expressions]
    if len(parameters) != wanted - 1:
        raise BadInput(f"The lambda of {name} takes {wanted - 1} parameter(s)", "Write x -> x + 1.")
    array = scope.state.expression(arguments[0], scope)
    if array.type.kind not in (*JSON_KINDS, Kind.NULL):
        raise BadInput(f"{name} needs an ARRAY, found {array.type.text}", "Wrap text in PARSE_JSON.")
    if name == "REDUCE":
        return _reduce(array, arguments, function, parameters, scope)
    return _each(name, array, function, parameters[0], scope)


def _each(name: str, array: Piece, function: exp.Lambda, parameter: str, scope: Scope) -> Piece:
    rows = quote(scope.state.fresh("l"))
    body = _body(
        function, {parameter: Piece(f"NULLIF({rows}.value, 'null')", VARIANT, array.sites)}, rows, scope
    )
    if name == "TRANSFORM":
        call = f"sf_collect({rows}.type, {variant(body).sql})"
    else:
        call = f"sf_collect_if({rows}.type, {rows}.value, {boolean(body).sql})"
    sql = f"(SELECT {call} FROM json_each(sf_items({array.sql})) AS {rows})"
    return Piece(sql, ARRAY, array.sites | body.sites)


def _body(function: exp.Lambda, parameters: dict[str, Piece], rows: str, scope: Scope) -> Piece:
    """The lambda; the number that stands for an empty array must not reach it, see udfs/lists.py."""
    inner = scope.at(lambdas={**scope.lambdas, **parameters}, aggregates=False, windows=False)
    body = scope.state.expression(function.this, inner)
    return Piece(f"(CASE WHEN {rows}.type = 'text' THEN {body.sql} END)", body.type, body.sites)


def _reduce(
    array: Piece, arguments: list[exp.Expression], function: exp.Lambda, parameters: list[str], scope: Scope
) -> Piece:
    """REDUCE as a recursive query with one step for each item."""
    from core.sql_ai.dialect.selects import contains_aggregate

    if contains_aggregate(arguments[0]):
        raise refuse("REDUCE over an aggregate", "Aggregate in a subquery, and reduce its column.")
    state = scope.state
    first = state.expression(arguments[1], scope)
    step = quote(state.fresh("r"))
    item = Piece(f"sf_get({step}.items, {step}.n, 1)", VARIANT, array.sites)
    target = first.type
    for _attempt in range(2):  # the first pass finds the type that start and steps have in common
        names = {parameters[0]: Piece(f"{step}.acc", target), parameters[1]: item}
        inner = scope.at(lambdas={**scope.lambdas, **names}, aggregates=False, windows=False)
        body = state.expression(function.this, inner)
        found = common([target, body.type])
        if found == target:
            break
        target = found
    if sites_in(body.sql):
        raise refuse("An AI call inside REDUCE", "Call it in TRANSFORM first, and reduce its results.")
    first, body = _as(first, target), _as(body, target)
    sql = (
        f"(WITH RECURSIVE {step}(n, items, acc) AS (SELECT 0, sf_array_only({array.sql}), {first.sql} "
        f"UNION ALL SELECT {step}.n + 1, {step}.items, {body.sql} FROM {step} "
        f"WHERE {step}.n < sf_array_size({step}.items)) "
        f"SELECT {step}.acc FROM {step} WHERE {step}.n = sf_array_size({step}.items))"
    )
    return Piece(sql, target, array.sites | first.sites)


def _as(piece: Piece, target: SqlType) -> Piece:
    return coercion.to(piece, target.kind) if target.kind is not Kind.NULL else piece
