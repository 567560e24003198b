"""PIVOT as a GROUP BY of CASEs, UNPIVOT as a UNION ALL."""

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect.compilation import refuse, unknown
from core.sql_ai.dialect.pieces import Scope, Source

Found = tuple[str, Source, frozenset[int]]
_BASE = "PIVOT_SOURCE"


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
    query = _unpivot(pivot, base, columns) if pivot.args.get("unpivot") else _pivot(pivot, base, columns)
    outer = exp.Subquery(this=query, alias=pivot.args.get("alias") or node.args.get("alias"))
    inner = Scope(scope.state, scope.parent, ctes=scope.ctes, guards=scope.guards)
    return derived(scope.state.query(query, inner, scope.guards), outer, scope)


def _columns(base: exp.Expression, scope: Scope) -> list[str]:
    from core.sql_ai.dialect.sources import compile_source

    _text, source, _sites = compile_source(base, scope)
    return [name for name, _piece in source.columns]


def _pivot(pivot: exp.Expression, base: exp.Expression, columns: list[str]) -> exp.Select:
    if len(pivot.expressions) != 1 or len(pivot.args["fields"]) != 1:
        raise refuse("PIVOT with several aggregates or columns", "Use CASE inside the aggregates.")
    field, aggregate = pivot.args["fields"][0], pivot.expressions[0]
    if not isinstance(field, exp.In) or not field.expressions or field.args.get("query"):
        raise refuse("PIVOT with ANY or a subquery", "List the values.")
    if pivot.args.get("default_on_null"):
        raise refuse("PIVOT .. DEFAULT ON NULL", "Wrap the columns in NVL.")
    call = aggregate.this if isinstance(aggregate, exp.Alias) else aggregate
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
    for item in field.expressions:
        literal = item.this if isinstance(item, exp.PivotAlias | exp.Alias) else item
        alias = item.args["alias"].name if isinstance(item, exp.PivotAlias | exp.Alias) else _title(literal)
        test = exp.EQ(this=field.this.copy(), expression=literal.copy())
        case = exp.Case(ifs=[exp.If(this=test, true=value.copy())])
        changed = call.copy()
        changed.set("expressions", [case])
        items.append(_aliased(changed, exp.to_identifier(alias, quoted=True)))
    query = exp.Select(expressions=items, from_=exp.From(this=base))
    if keys:
        query.set("group", exp.Group(expressions=[key.copy() for key in keys]))
    return query


def _aliased(value: exp.Expression, name: exp.Identifier) -> exp.Expression:
    return exp.Alias(this=value, alias=name)


def _title(literal: exp.Expression) -> str:
    """Snowflake's name of a pivoted column: the value as written, quotes included."""
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
        items.append(_aliased(exp.Literal.string(title), exp.to_identifier(label, quoted=True)))
        items.append(_aliased(exp.column(name, quoted=True), exp.to_identifier(value, quoted=True)))
        is_null = exp.Is(this=exp.column(name, quoted=True), expression=exp.Null())
        kept = exp.Where(this=exp.Not(this=is_null)) if not pivot.args.get("include_nulls") else None
        selects.append(exp.Select(expressions=items, from_=exp.From(this=base.copy()), where=kept))
    query: exp.Expression = selects[0]
    for other in selects[1:]:
        query = exp.Union(this=query, expression=other, distinct=False)
    return query
