"""Compiling expressions: one handler for each kind of node; a node without one is refused by name."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlglot import exp

from core.counts import counted
from core.errors import BadInput
from core.sql_ai.dialect import coercion
from core.sql_ai.dialect.coercion import aligned, boolean, numeric, text, unified, variant
from core.sql_ai.dialect.compilation import Table, View, refuse, unknown
from core.sql_ai.dialect.pieces import Piece, Relation, Scope, Stop, expression, quote, text_literal
from core.sql_ai.kinds import (
    AI_OBJECT,
    ARRAY,
    BOOLEAN,
    DATE,
    FLOAT,
    INTEGER,
    JSON_KINDS,
    JSON_TEXT,
    NULL,
    NUMBER,
    OBJECT,
    TIMESTAMP,
    VARCHAR,
    VARIANT,
    ZONED,
    Kind,
    SqlType,
)
from core.sql_ai.values import dumps, from_python, kept_decimal, kept_exactly
from core.sql_ai.zoned import zoned_text

_COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_WHOLE = {"+": ("sf_whole_sum", 2**61), "-": ("sf_whole_difference", 2**61), "*": ("sf_whole_product", 2**31)}
_SIMPLE = re.compile(r"""\(?(?:"(?:[^"]|"")+"(?:\."(?:[^"]|"")+")?|-?\d{1,18})\)?""")
_MAX_SCALE = 12
_INTERVAL = re.compile(r"([+-]?\d+)\s*([a-z]*)")
_FINE_UNITS = ("h", "mi", "s", "ms", "us", "ns", "n")


def compile_expression(node: exp.Expression, scope: Scope) -> Piece:
    """The piece for ``node``; inside a grouped SELECT only keys and aggregates are allowed."""
    scope.state.tick()
    if scope.grouping is not None and scope.grouping.keys:
        key = _as_group_key(node, scope)
        if key is not None:
            return key
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise refuse(f"{type(node).__name__} ({_excerpt(node)})")
    return handler(node, scope)


def condition(node: exp.Expression, scope: Scope) -> Piece:
    """The piece for ``node`` as a condition: 0, 1 or NULL."""
    return boolean(compile_expression(node, scope))


def conjuncts(node: exp.Expression) -> list[exp.Expression]:
    """The conditions that AND joins, in the order written."""
    if isinstance(node, exp.Paren):
        return conjuncts(node.this) if isinstance(node.this, exp.And | exp.Paren) else [node]
    if isinstance(node, exp.And):
        return [*conjuncts(node.this), *conjuncts(node.expression)]
    return [node]


def python_literal(value: Any) -> Piece:
    """A piece for a Python constant: a parameter, a session variable, an option."""
    plain = from_python(value)
    if isinstance(value, bool):
        return Piece(str(int(value)), BOOLEAN, literal=value)
    if plain is None:
        return Piece("NULL", NULL)
    if isinstance(plain, int):
        return Piece(str(plain), INTEGER, literal=plain)
    if isinstance(plain, float):
        return Piece(repr(plain), FLOAT, literal=plain)
    if isinstance(value, dict | list):
        return Piece(text_literal(dumps(value)), OBJECT if isinstance(value, dict) else ARRAY, literal=value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return Piece(text_literal(zoned_text(value)), ZONED)
    kinds = {"datetime": TIMESTAMP, "Timestamp": TIMESTAMP, "date": DATE}
    return Piece(text_literal(str(plain)), kinds.get(type(value).__name__, VARCHAR), literal=plain)


def _as_group_key(node: exp.Expression, scope: Scope) -> Piece | None:
    if isinstance(node, exp.Literal | exp.Null | exp.Boolean | exp.Star) or scope.grouping is None:
        return None
    try:
        free = compile_expression(node, scope.at(grouping=None))
    except BadInput:
        return None  # the strict compilation that follows reports it
    return scope.grouping.keys.get(free.identity)


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
    return Piece(f"sf_nextval({scope.state.place(node)}, {text_literal(name)})", INTEGER)


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


def _literal(node: exp.Literal, scope: Scope) -> Piece:
    if node.is_string:
        return Piece(text_literal(node.this), VARCHAR, literal=node.this)
    value = node.this.rstrip(".")
    if "e" in value.lower():
        return Piece(repr(float(value)), FLOAT, literal=float(value))
    digits = value.split(".")
    scale = len(digits[1]) if len(digits) == 2 else 0
    if scale:
        return Piece(value, SqlType(Kind.NUMBER, 38, scale), literal=kept_decimal(Decimal(value)))
    return Piece(value, INTEGER, literal=kept_exactly(int(value)))


def _raw_string(node: exp.Expression, scope: Scope) -> Piece:
    return Piece(text_literal(str(node.this)), VARCHAR, literal=str(node.this))


def _null(node: exp.Null, scope: Scope) -> Piece:
    return Piece("NULL", NULL)


def _boolean(node: exp.Boolean, scope: Scope) -> Piece:
    return Piece(str(int(bool(node.this))), BOOLEAN, literal=bool(node.this))


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


def _comparison(node: exp.Binary, scope: Scope) -> Piece:
    if isinstance(node.expression, exp.All | exp.Any):
        return _quantified(node, scope)
    if isinstance(node.this, exp.Tuple) and isinstance(node.expression, exp.Tuple):
        return _row_comparison(node, scope)
    left, right = aligned([compile_expression(node.this, scope), compile_expression(node.expression, scope)])
    return _binary(_COMPARISONS[type(node)], left, right, BOOLEAN)


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


def _binary(operator: str, left: Piece, right: Piece, result: SqlType) -> Piece:
    return Piece(f"({left.sql} {operator} {right.sql})", result, left.sites | right.sites)


def _null_safe(node: exp.Binary, scope: Scope) -> Piece:
    left, right = aligned([compile_expression(node.this, scope), compile_expression(node.expression, scope)])
    return _binary("IS" if isinstance(node, exp.NullSafeEQ) else "IS NOT", left, right, BOOLEAN)


def _and(node: exp.And, scope: Scope) -> Piece:
    """AND; with an AI call on the right it is a CASE, as SQLite would evaluate both sides.

    Cheap conditions go first: they decide for which rows the model is asked at all.
    """
    return _short_circuit(cheap_first(conjuncts(node), scope), scope, "AND")


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
    from core.sql_ai.catalog import is_ai_call

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
    from core.sql_ai.dialect.parse import parse
    from core.sql_ai.dialect.routines import Routine, called, read_body

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
    raise refuse(f"IS {_excerpt(node.expression)}", "Use IS NULL, IS TRUE or IS [NOT] DISTINCT FROM.")


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
        raise refuse(f"IN ({_excerpt(node)})")
    if isinstance(node.this, exp.Tuple):
        either = exp.or_(*(exp.EQ(this=node.this, expression=item) for item in node.expressions))
        return compile_expression(expression(either), scope)
    pieces = aligned([compile_expression(part, scope) for part in (node.this, *node.expressions)])
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
    return Piece(_entered(f"(EXISTS ({relation.sql}))", relation, stop, scope), BOOLEAN, relation.sites)


def _entered(sql: str, relation: Relation, stop: Stop | None, scope: Scope) -> str:
    """The subquery, with word to the engine each time it starts; CASE, as conjuncts may be taken apart."""
    if stop is None or not relation.sites or not scope.state.optimize:
        return sql
    return f"(CASE WHEN ai_enter({stop.number}) THEN {sql} END)"


def _subquery(node: exp.Expression, scope: Scope) -> Piece:
    inner = node.this if isinstance(node, exp.Subquery) else node
    stop = scope.state.stop(0) if inner.args.get("limit") else None  # its LIMIT says how many rows
    relation = scope.state.query(inner, scope, scope.guards, stop=stop)
    if len(relation.columns) != 1:
        raise BadInput(
            f"A subquery used as a value has {len(relation.columns)} columns", "Select exactly one."
        )
    value = f"sf_single(COUNT(*), MIN({quote(relation.columns[0].physical)}))"
    sql = _entered(f"(SELECT {value} FROM ({relation.sql}))", relation, stop, scope)
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


def _json_extract(node: exp.Expression, scope: Scope) -> Piece:
    base = compile_expression(node.this, scope)
    steps: list[str | int] = []
    for part in node.expression.expressions:
        if isinstance(part, exp.JSONPathKey | exp.JSONPathSubscript) and isinstance(part.this, str | int):
            steps.append(part.this)
        elif not isinstance(part, exp.JSONPathRoot):
            raise refuse(f"The path element {_excerpt(part)}")
    return path(base, steps)


def _bracket(node: exp.Bracket, scope: Scope) -> Piece:
    base = compile_expression(node.this, scope)
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
        raise refuse(f"The subscript {_excerpt(node)}", "Use ARRAY_SLICE for ranges.")
    index = compile_expression(node.expressions[0], scope)
    if index.literal is not None and isinstance(index.literal, str | int):
        return path(base, [index.literal])
    plain = 1 if base.type.plain_nulls else 0
    key = coercion.to(index, Kind.VARCHAR) if index.type.kind is Kind.VARIANT else index
    return Piece(f"sf_get({_json(base).sql}, {key.sql}, {plain})", _element(base), base.sites | index.sites)


def path(base: Piece, steps: list[str | int]) -> Piece:
    """The element that a chain of keys and indexes leads to; NULL where it leads nowhere."""
    plain = 1 if base.type.plain_nulls else 0
    return Piece(
        f"sf_path({_json(base).sql}, {text_literal(dumps(steps))}, {plain})", _element(base), base.sites
    )


def _element(base: Piece) -> SqlType:
    return SqlType(Kind.VARIANT, plain_nulls=base.type.plain_nulls)


def _json(base: Piece) -> Piece:
    if base.type.kind in JSON_KINDS or base.type.kind is Kind.NULL or base.type == JSON_TEXT:
        return base
    raise BadInput(
        f"A path needs VARIANT, OBJECT or ARRAY, and {base.type.text} is none", "Wrap text in PARSE_JSON."
    )


def _struct(node: exp.Struct, scope: Scope) -> Piece:
    arguments: list[Piece] = []
    for item in node.expressions:
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            return star_object(item, scope)
        if not isinstance(item, exp.PropertyEQ):
            raise BadInput("An object literal needs 'key': value pairs", "Write {'label': 'delivery'}.")
        key = item.this
        name = key.this if isinstance(key, exp.Identifier | exp.Literal) else key.name
        arguments += [python_literal(str(name)), variant(compile_expression(item.expression, scope))]
    return json_build("sf_object", arguments, OBJECT, keep="1")


def star_object(star: exp.Expression, scope: Scope, keep: str = "0") -> Piece:
    """``{*}`` and OBJECT_CONSTRUCT(*): an object of the columns of the sources, NULLs only with ``keep``."""
    from core.sql_ai.dialect.stars import expand_star

    pieces: list[Piece] = []
    for name, piece in expand_star(star, None, scope):
        pieces += [python_literal(name), variant(piece)]
    return json_build("sf_object", pieces, OBJECT, keep)


def json_build(function: str, pieces: list[Piece], result: SqlType, keep: str | None = None) -> Piece:
    """A call that builds JSON text from VARIANT pieces."""
    leading = [keep] if keep is not None else []
    arguments = ", ".join([*leading, *(piece.sql for piece in pieces)])
    return Piece(f"{function}({arguments})", result, frozenset().union(*(piece.sites for piece in pieces)))


def _array(node: exp.Array, scope: Scope) -> Piece:
    return json_build(
        "sf_array", [variant(compile_expression(item, scope)) for item in node.expressions], ARRAY
    )


def _add(node: exp.Binary, scope: Scope) -> Piece:
    left, right = node.this, node.expression
    sign = "+" if isinstance(node, exp.Add) else "-"
    if isinstance(right, exp.Interval):
        return _add_interval(compile_expression(left, scope), right, sign, scope)
    if isinstance(left, exp.Interval) and sign == "+":
        return _add_interval(compile_expression(right, scope), left, sign, scope)
    a, b = compile_expression(left, scope), compile_expression(right, scope)
    if {Kind.DATE, Kind.TIMESTAMP, Kind.ZONED} & {a.type.kind, b.type.kind}:
        return _date_arithmetic(a, b, sign)
    return _arithmetic(sign, a, b)


def _date_arithmetic(a: Piece, b: Piece, sign: str) -> Piece:
    if a.type.kind is Kind.DATE and b.type.kind is Kind.DATE and sign == "-":
        return Piece(f"sf_datediff('day', {b.sql}, {a.sql})", INTEGER, a.sites | b.sites)
    if a.type.kind is Kind.DATE and b.type.kind in (Kind.NUMBER, Kind.NULL):
        return Piece(f"sf_dateadd('day', {sign}({b.sql}), {a.sql})", a.type, a.sites | b.sites)
    if b.type.kind is Kind.DATE and a.type.kind is Kind.NUMBER and sign == "+":
        return Piece(f"sf_dateadd('day', {a.sql}, {b.sql})", b.type, a.sites | b.sites)
    raise BadInput(
        f"{a.type.kind} {sign} {b.type.kind} is not defined", "Use DATEADD or DATEDIFF with a unit."
    )


def _add_interval(base: Piece, node: exp.Interval, sign: str, scope: Scope) -> Piece:
    if base.type.kind is Kind.ZONED:
        moved = _add_interval(coercion.wall_clock(base), node, sign, scope)
        return Piece(f"sf_at_offset_of({moved.sql}, {base.sql})", ZONED, base.sites)
    when = coercion.to(base, Kind.TIMESTAMP) if base.type.kind not in (Kind.DATE, Kind.TIMESTAMP) else base
    for amount, unit in interval_parts(node):
        result = TIMESTAMP if unit.startswith(_FINE_UNITS) and not unit.startswith("mon") else when.type
        when = Piece(f"sf_dateadd('{unit}', {sign}({amount}), {when.sql})", result, base.sites)
    return when


def interval_parts(node: exp.Interval) -> list[tuple[int, str]]:
    """``INTERVAL '1 year, 2 hours'`` as amounts with their units; a number alone counts seconds."""
    unit, value = node.args.get("unit"), node.this
    if not isinstance(value, exp.Literal):
        raise refuse(_excerpt(node), "Write INTERVAL '1 day'.")
    if unit is not None:
        return [(int(float(value.name)), unit.name.lower())]
    parts = []
    for part in value.name.split(","):
        match = _INTERVAL.fullmatch(part.strip().lower())
        if match is None:
            raise refuse(_excerpt(node), "Write INTERVAL '1 day, 2 hours'.")
        parts.append((int(match[1]), match[2] or "second"))
    return parts


def _arithmetic(operator: str, left: Piece, right: Piece) -> Piece:
    a, b = numeric(left), numeric(right)
    result = _result_type(operator, a.type, b.type)
    if result.kind is Kind.NUMBER and result.scale == 0:
        return _whole_arithmetic(operator, a, b, result)
    if result.kind is Kind.NUMBER and result.scale is None:
        function = _WHOLE[operator][0].replace("sf_whole", "sf_any")
        return Piece(f"{function}({a.sql}, {b.sql})", result, a.sites | b.sites)
    piece = _binary(operator, a, b, result)
    if result.kind is Kind.NUMBER and result.scale:
        return Piece(f"ROUND({piece.sql}, {result.scale})", result, piece.sites)
    return piece


def _whole_arithmetic(operator: str, a: Piece, b: Piece, result: SqlType) -> Piece:
    """Exact arithmetic of whole numbers, or an error: SQLite would go on in floats where 64 bits end.

    Columns and constants, which cost nothing to read twice, are added by SQLite itself while they are small.
    """
    function, most = _WHOLE[operator]
    sql = f"{function}({a.sql}, {b.sql})"
    if all(_SIMPLE.fullmatch(piece.sql) and not piece.sites for piece in (a, b)):
        small = [f"{piece.sql} BETWEEN -{most} AND {most}" for piece in (a, b) if piece.literal is None]
        if all(abs(piece.literal) <= most for piece in (a, b) if piece.literal is not None):
            plain = f"({a.sql} {operator} {b.sql})"
            sql = f"(CASE WHEN {' AND '.join(small)} THEN {plain} ELSE {sql} END)" if small else plain
    return Piece(sql, result, a.sites | b.sites)


def _result_type(operator: str, a: SqlType, b: SqlType) -> SqlType:
    if Kind.FLOAT in (a.kind, b.kind):
        return FLOAT
    if a.scale is None or b.scale is None:
        return NUMBER
    scale = max(a.scale, b.scale)
    if operator == "*":
        scale = min(a.scale + b.scale, max(scale, _MAX_SCALE))
    return SqlType(Kind.NUMBER, 38, scale)


def _mul(node: exp.Mul, scope: Scope) -> Piece:
    return _arithmetic("*", compile_expression(node.this, scope), compile_expression(node.expression, scope))


def _div(node: exp.Div, scope: Scope) -> Piece:
    return divide(compile_expression(node.this, scope), compile_expression(node.expression, scope))


def divide(left: Piece, right: Piece, function: str = "sf_divide") -> Piece:
    """Division: never an integer one, an error for zero, six more decimals for fixed-point numbers."""
    a, b = numeric(left), numeric(right)
    scale = None
    if (
        a.type.kind is Kind.NUMBER
        and b.type.kind is Kind.NUMBER
        and a.type.scale is not None
        and b.type.scale is not None
    ):
        scale = max(a.type.scale, min(a.type.scale + 6, _MAX_SCALE))
    result = SqlType(Kind.NUMBER, 38, scale) if scale is not None else FLOAT
    return Piece(
        f"{function}({a.sql}, {b.sql}, {scale if scale is not None else 'NULL'})", result, a.sites | b.sites
    )


def _mod(node: exp.Mod, scope: Scope) -> Piece:
    a, b = numeric(compile_expression(node.this, scope)), numeric(compile_expression(node.expression, scope))
    return Piece(f"sf_mod({a.sql}, {b.sql})", _result_type("%", a.type, b.type), a.sites | b.sites)


def _neg(node: exp.Neg, scope: Scope) -> Piece:
    piece = numeric(compile_expression(node.this, scope))
    literal = -piece.literal if isinstance(piece.literal, int | float) else None
    return Piece(f"(-{piece.sql})", piece.type, piece.sites, literal)


def _concat(node: exp.Expression, scope: Scope) -> Piece:
    parts = [node.this, node.expression] if isinstance(node, exp.DPipe) else node.expressions
    pieces = [text(compile_expression(part, scope)) for part in parts]
    literals = [piece.literal for piece in pieces]
    joined = "".join(literals) if all(isinstance(item, str) for item in literals) else None
    sites = frozenset().union(*(piece.sites for piece in pieces))
    return Piece("(" + " || ".join(piece.sql for piece in pieces) + ")", VARCHAR, sites, joined)


def _like(node: exp.Expression, scope: Scope) -> Piece:
    escape = None
    if isinstance(node, exp.Escape):
        escape, node = compile_expression(node.expression, scope), node.this
    ignore_case = int(isinstance(node, exp.ILike))
    value = text(compile_expression(node.this, scope))
    patterns, joiner = _patterns(node.expression)
    pieces = [text(compile_expression(pattern, scope)) for pattern in patterns]
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
    return Piece(f"sf_rlike({value.sql}, {pattern.sql}, '')", BOOLEAN, value.sites | pattern.sites)


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
    raise refuse("COLLATE", "Compare UPPER(..) of both sides.")


def _hex(node: exp.HexString, scope: Scope) -> Piece:
    return Piece(f"X'{node.this}'", SqlType(Kind.BINARY))


def _excerpt(node: exp.Expression) -> str:
    written = node.sql("snowflake")
    return written if len(written) <= 60 else written[:57] + "..."


_HANDLERS: dict[type, Callable[[Any, Scope], Piece]] = {
    exp.Column: _column, exp.Identifier: _identifier, exp.Literal: _literal, exp.RawString: _raw_string,
    exp.National: _raw_string, exp.Null: _null, exp.Boolean: _boolean, exp.Placeholder: _placeholder,
    exp.Parameter: _parameter, exp.SessionParameter: _parameter, exp.Paren: _paren, exp.And: _and, exp.Or: _or,
    exp.Not: _not, exp.Is: _is, exp.Between: _between, exp.In: _in, exp.Exists: _exists, exp.Subquery: _subquery,
    exp.Select: _subquery, exp.Union: _subquery, exp.Case: _case, exp.If: _if, exp.Cast: _cast, exp.TryCast: _cast,
    exp.ToBoolean: _to_boolean,
    exp.JSONExtract: _json_extract, exp.Bracket: _bracket, exp.Struct: _struct, exp.Array: _array, exp.Add: _add,
    exp.Sub: _add, exp.Mul: _mul, exp.Div: _div, exp.Mod: _mod, exp.Neg: _neg, exp.DPipe: _concat,
    exp.Concat: _concat, exp.Like: _like, exp.ILike: _like, exp.Escape: _like, exp.RegexpLike: _regexp_like,
    exp.Extract: _extract, exp.StrPosition: _position, exp.Trim: _trim, exp.Anonymous: _call, exp.Dot: _dot,
    exp.ModelAttribute: _call, exp.Window: _window, exp.WithinGroup: _aggregate, exp.Alias: _alias_node,
    exp.Star: _star, exp.Collate: _collate, exp.HexString: _hex, exp.NullSafeEQ: _null_safe,
    exp.NullSafeNEQ: _null_safe, exp.CurrentDate: _bare_call("CURRENT_DATE"),
    exp.CurrentTimestamp: _bare_call("CURRENT_TIMESTAMP"), exp.CurrentTime: _bare_call("CURRENT_TIME"),
    exp.CurrentUser: _bare_call("CURRENT_USER"), exp.Localtimestamp: _bare_call("CURRENT_TIMESTAMP"),
    **dict.fromkeys(_COMPARISONS, _comparison),
}  # fmt: skip
__all__ = ["AI_OBJECT", "VARIANT", "case", "compile_expression", "condition", "conjuncts"]
