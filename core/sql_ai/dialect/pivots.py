"""PIVOT as a GROUP BY of CASEs, UNPIVOT as a UNION ALL."""

from sqlglot import exp

from core.errors import BadInput, LimitReached
from core.sql_ai.dialect.compilation import refuse, unknown
from core.sql_ai.dialect.nodes import aliased
from core.sql_ai.dialect.pieces import Scope, Source

Found = tuple[str, Source, frozenset[int]]
_BASE = "PIVOT_SOURCE"
_MOST_COLUMNS = 200


def compile_pivot(node: exp.Expression, scope: Scope) -> Found:
    """The FROM text of ``t PIVOT(..)`` or ``t UNPIVOT(..)``."""
    from core.sql_ai.dialect.sources import derived

    clauses = node.args["pivots"]
    if len(clauses) != 1:
        raise refuse("More than one PIVOT", "Use a subquery for each.")
    pivot = clauses[0]
    base = node.copy()
    base.set("pivots", None)
    base.set("alias", exp.TableAlias(this=exp.to_identifier(_BASE, quoted=True)))
    columns = _columns(base, scope)
    query = (
        _unpivot(pivot, base, columns) if pivot.args.get("unpivot") else _pivot(pivot, base, columns, scope)
    )
    outer = exp.Subquery(this=query, alias=pivot.args.get("alias") or node.args.get("alias"))
    inner = Scope(scope.state, scope.parent, ctes=scope.ctes, guards=scope.guards)
    return derived(scope.state.query(query, inner, scope.guards), outer, scope)


def _columns(base: exp.Expression, scope: Scope) -> list[str]:
    from core.sql_ai.dialect.sources import compile_source

    _text, source, _sites = compile_source(base, scope)
    return [name for name, _piece in source.columns]


def _pivot(pivot: exp.Expression, base: exp.Expression, columns: list[str], scope: Scope) -> exp.Select:
    if len(pivot.expressions) != 1 or len(pivot.args["fields"]) != 1:
        raise refuse("PIVOT with several aggregates or columns", "Use CASE inside the aggregates.")
    field, aggregate = pivot.args["fields"][0], pivot.expressions[0]
    if not isinstance(field, exp.In):
        raise refuse("This form of PIVOT", "Write PIVOT(SUM(amount) FOR month IN (1, 2)).")
    default = pivot.args.get("default_on_null")
    call = aggregate.this if isinstance(aggregate, exp.Alias) else aggregate
    ending = f"_{aggregate.alias}" if isinstance(aggregate, exp.Alias) else ""
    if not isinstance(call, exp.Anonymous) or not call.expressions:
        raise BadInput(
            "PIVOT needs an aggregate of a column", "Write PIVOT(SUM(amount) FOR month IN (1, 2))."
        )
    value = call.expressions[0]
    used = {value.name, field.this.name}
    for name in used:
        if name not in columns:
            raise unknown("Column", name, columns)
    keys = [exp.column(name, quoted=True) for name in columns if name not in used]
    items: list[exp.Expression] = list(keys)
    for item in _pivoted(field, base, scope):
        literal = item.this if isinstance(item, exp.PivotAlias | exp.Alias) else item
        alias = item.args["alias"].name if isinstance(item, exp.PivotAlias | exp.Alias) else _title(literal)
        test = exp.NullSafeEQ(this=field.this.copy(), expression=literal.copy())
        case = exp.Case(ifs=[exp.If(this=test, true=value.copy())])
        changed: exp.Expression = call.copy()
        changed.set("expressions", [case])
        if isinstance(default, exp.Expression):
            changed = exp.Anonymous(this="COALESCE", expressions=[changed, default.copy()])
        items.append(aliased(changed, alias + ending))
    query = exp.Select(expressions=items, from_=exp.From(this=base))
    if keys:
        query.set("group", exp.Group(expressions=[key.copy() for key in keys]))
    return query


def _pivoted(field: exp.In, base: exp.Expression, scope: Scope) -> list[exp.Expression]:
    """The values that become columns: those listed, those of a subquery, or all that the column has (ANY)."""
    query = field.args.get("query")
    listed: list[exp.Expression] = list(field.expressions)
    if listed and isinstance(listed[0], exp.Select | exp.Subquery):
        query = listed[0]
    if query is None and not (listed and isinstance(listed[0], exp.PivotAny)):
        if not listed:
            raise BadInput("PIVOT lists no values", "Write IN (1, 2) or IN (ANY).")
        return listed
    if query is None:
        column = exp.column(field.this.name, quoted=True)
        order = listed[0].this if isinstance(listed[0].this, exp.Order) else None
        query = exp.Select(expressions=[column], from_=exp.From(this=base.copy()), distinct=exp.Distinct())
        query.set(
            "order", order or exp.Order(expressions=[exp.Ordered(this=column.copy(), nulls_first=False)])
        )
    query = query.this if isinstance(query, exp.Subquery) else query
    if any(not table.db and scope.cte(table.name) for table in query.find_all(exp.Table)):
        raise refuse("PIVOT with ANY over a WITH query", "List the values, or store the query as a table.")
    inner = Scope(scope.state, scope.parent, guards=scope.guards)
    relation = scope.state.query(query, inner, scope.guards)
    if relation.sites:
        raise refuse("PIVOT over the answers of a model", "Store the answers as a table first.")
    values = scope.state.catalogue.column_values(relation, scope.state)
    if len(values) > _MOST_COLUMNS:
        raise LimitReached(
            f"PIVOT makes {len(values)} columns, more than {_MOST_COLUMNS}", "List the values."
        )
    return [_constant(value) for value in values]


def _constant(value: object) -> exp.Expression:
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int | float):
        return exp.Literal(this=repr(value), is_string=False)
    return exp.Literal.string(str(value))


def _title(literal: exp.Expression) -> str:
    """Snowflake's name of a pivoted column: the value as written, quotes included."""
    if isinstance(literal, exp.Null):
        return "NULL"
    if isinstance(literal, exp.Boolean):
        return str(literal.this).upper()
    if isinstance(literal, exp.Neg) and isinstance(literal.this, exp.Literal):
        return f"-{literal.this.name}"
    if not isinstance(literal, exp.Literal):
        raise refuse("PIVOT over values that are not constants", "List constants.")
    return f"'{literal.this}'" if literal.is_string else literal.name


def _unpivot(pivot: exp.Expression, base: exp.Expression, columns: list[str]) -> exp.Expression:
    field = pivot.args["fields"][0]
    if len(pivot.args["fields"]) != 1 or len(pivot.expressions) != 1:
        raise refuse("This form of UNPIVOT", "Write UNPIVOT(value FOR name IN (a, b)).")
    chosen = [
        item.this.name if isinstance(item, exp.PivotAlias | exp.Alias) else item.name
        for item in field.expressions
    ]
    titles = [
        item.args["alias"].name if isinstance(item, exp.PivotAlias | exp.Alias) else item.name
        for item in field.expressions
    ]
    for name in chosen:
        if name not in columns:
            raise unknown("Column", name, columns)
    if not chosen:
        raise BadInput("UNPIVOT lists no columns", "Write IN (a, b).")
    value, label = pivot.expressions[0].name, field.this.name
    rest = [name for name in columns if name not in chosen]
    selects = []
    for name, title in zip(chosen, titles, strict=True):
        items: list[exp.Expression] = [exp.column(other, quoted=True) for other in rest]
        items.append(aliased(exp.Literal.string(title), label))
        items.append(aliased(exp.column(name, quoted=True), value))
        is_null = exp.Is(this=exp.column(name, quoted=True), expression=exp.Null())
        kept = exp.Where(this=exp.Not(this=is_null)) if not pivot.args.get("include_nulls") else None
        selects.append(exp.Select(expressions=items, from_=exp.From(this=base.copy()), where=kept))
    query: exp.Expression = selects[0]
    for other in selects[1:]:
        query = exp.Union(this=query, expression=other, distinct=False)
    return query
