"""Compiling one table expression: table, view, CTE, subquery, VALUES, FLATTEN, GENERATOR, PIVOT, SAMPLE."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

from dataclasses import replace

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect import pivots
from core.sql_ai.dialect.coercion import boolean, text, variant
from core.sql_ai.dialect.collated import check_collated
from core.sql_ai.dialect.compilation import Table, View, refuse, unknown
from core.sql_ai.dialect.pieces import (
    NOTHING,
    Piece,
    Relation,
    Scope,
    Source,
    evaluated_once,
    quote,
    text_literal,
)
from core.sql_ai.dialect.routines import Routine, called, table_query
from core.sql_ai.kinds import INTEGER, JSON_KINDS, VARCHAR, VARIANT, Kind, SqlType

Found = tuple[str, Source, frozenset[int]]
_FLATTEN_COLUMNS = (
    ("SEQ", INTEGER),
    ("KEY", VARCHAR),
    ("PATH", VARCHAR),
    ("INDEX", INTEGER),
    ("VALUE", VARIANT),
    ("THIS", VARIANT),
)
_FLATTEN_ARGUMENTS = ("INPUT", "PATH", "OUTER", "RECURSIVE", "MODE")
_PAST = "The sandbox keeps no past states: before a change, write CREATE TABLE copy CLONE t."
_SYSTEM_SCHEMAS = ("INFORMATION_SCHEMA", "ACCOUNT_USAGE", "ORGANIZATION_USAGE")
_TABLE_FUNCTIONS = frozenset(
    {"FLATTEN", "GENERATOR", "RESULT_SCAN", "SPLIT_TO_TABLE", "STRTOK_SPLIT_TO_TABLE"}
)


def compile_source(node: exp.Expression, scope: Scope) -> Found:
    """The FROM text, the names it offers, and the call sites inside."""
    if node.args.get("pivots"):
        return pivots.compile_pivot(node, scope)
    if isinstance(node, exp.Lateral):
        return _lateral(node, scope)
    if isinstance(node, exp.Subquery):
        return derived(scope.state.query(node.this, _outer(scope), scope.guards), node, scope)
    if isinstance(node, exp.Values):
        return derived(scope.state.query(node, _outer(scope), scope.guards), node, scope)
    if isinstance(node, exp.Table):
        return _table(node, scope)
    raise refuse(f"{type(node).__name__} in FROM")


def derived(relation: Relation, node: exp.Expression, scope: Scope) -> Found:
    """A relation in FROM, under the alias and the column names given there."""
    from core.sql_ai.dialect.queries import renamed

    alias, names = _alias(node)
    relation = renamed(_sampled_rows(relation, node.args.get("sample"), scope), names)
    physical = scope.state.fresh(alias or "q")
    columns = tuple(
        (column.name, Piece(f"{quote(physical)}.{quote(column.physical)}", column.type, column.sites))
        for column in relation.columns
    )
    inner = relation.sql if relation.sql.startswith('"') else f"({evaluated_once(relation.sql)})"
    return f"{inner} AS {quote(physical)}", Source(alias or "", columns), relation.sites


def stored(
    table: Table, alias: str, names: list[str], scope: Scope, sample: exp.Expression | None = None
) -> Found:
    """A table of the session."""
    physical = scope.state.fresh(alias)
    shown = names or [column.name for column in table.columns]
    if len(shown) != len(table.columns):
        raise BadInput(
            f"{len(shown)} column names for {len(table.columns)} columns", "Give one name for each column."
        )
    columns = tuple(
        (name, Piece(f"{quote(physical)}.{quote(column.physical)}", column.type))
        for name, column in zip(shown, table.columns, strict=True)
    )
    body = quote(table.physical) if sample is None else _sampled(table, sample)
    rowid = f"{quote(physical)}.rowid" if sample is None else None
    return f"{body} AS {quote(physical)}", Source(alias, columns, rowid=rowid), NOTHING


def _outer(scope: Scope) -> Scope | None:
    """What a subquery in FROM sees: CTEs and outer queries, but not its neighbours."""
    return Scope(scope.state, scope.parent, ctes=scope.ctes, guards=scope.guards)


def _alias(node: exp.Expression) -> tuple[str, list[str]]:
    alias = node.args.get("alias")
    if alias is None:
        return "", []
    return alias.name, [column.name for column in alias.args.get("columns") or []]


def _table(node: exp.Table, scope: Scope) -> Found:
    if any(node.args.get(key) for key in ("when", "version", "changes")):
        raise refuse("Time travel (AT, BEFORE, CHANGES)", _PAST)
    for key in ("ordinality", "only", "partition"):
        if node.args.get(key):
            raise refuse(key.upper())
    if isinstance(node.this, exp.Anonymous):
        return _table_function(node.this, node, scope)
    alias, names = _alias(node)
    name = node.name
    if name.startswith("@"):
        raise refuse("A stage in FROM", "Upload the file as a table.")
    cte = scope.cte(name) if not node.db else None
    if cte is not None:
        return derived(cte, _named(node, name), scope)
    if node.db in _SYSTEM_SCHEMAS:
        return stored(scope.state.catalogue.table_function(node, scope), alias or name, names, scope)
    found = scope.state.catalogue.relation(name)
    if found is None and name == "DUAL" and not node.db:
        return "(SELECT 1)", Source(alias or name, ()), NOTHING
    if found is None:
        raise unknown("Table or view", name, scope.state.catalogue.names())
    if isinstance(found, View):
        return _view(found, _named(node, name), scope)
    return stored(found, alias or name, names, scope, node.args.get("sample"))


def _named(node: exp.Expression, name: str) -> exp.Expression:
    if node.args.get("alias") is not None:
        return node
    copy = node.copy()
    copy.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
    return copy


def _view(view: View, node: exp.Expression, scope: Scope) -> Found:
    from core.sql_ai.dialect.parse import parse
    from core.sql_ai.dialect.queries import renamed

    state = scope.state
    if view.name in state.open_views:
        raise BadInput(f"The view {view.name} refers to itself", "Drop it and create it again.")
    state.open_views = (*state.open_views, view.name)
    try:
        relation = state.query(parse(view.text, state.max_depth), None, scope.guards)
    finally:
        state.open_views = state.open_views[:-1]
    return derived(renamed(relation, list(view.names)), node, scope)


def _sampled(table: Table, node: exp.Expression) -> str:
    """SAMPLE of a table: a repeatable choice by the row's id, so that each pass sees the same rows."""
    columns = ", ".join(quote(column.physical) for column in table.columns)
    return f"(SELECT {columns} FROM {quote(table.physical)} {_choice(node, 'rowid')})"


def _sampled_rows(relation: Relation, node: exp.Expression | None, scope: Scope) -> Relation:
    """SAMPLE of a subquery, view or CTE: as of a table, by the number of the row."""
    if node is None:
        return relation
    columns = ", ".join(quote(column.physical) for column in relation.columns)
    number = quote(scope.state.fresh("row"))
    body = relation.sql if relation.sql.startswith('"') else f"({relation.sql})"
    numbered = f"(SELECT {columns}, ROW_NUMBER() OVER () AS {number} FROM {body})"
    return replace(relation, sql=f"SELECT {columns} FROM {numbered} {_choice(node, number)}")


def _choice(node: exp.Expression, row: str) -> str:
    """The clause that keeps the sampled rows, drawn by the hash of ``row`` and the seed."""
    seed, size, percent = (node.args.get(key) for key in ("seed", "size", "percent"))
    draw = f"sf_draw({row}, {int(seed.name) if seed is not None else 0})"
    if size is not None:
        if not size.name.isdecimal():
            raise BadInput(f"SAMPLE ({size.name} ROWS) is no number of rows", "Write a whole number.")
        return f"ORDER BY {draw} LIMIT {int(size.name)}"
    if percent is None or node.args.get("bucket_numerator"):
        raise refuse("This form of SAMPLE", "Write SAMPLE (10) or SAMPLE (10 ROWS).")
    share = float(percent.name)
    if not 0 <= share <= 100:
        raise BadInput(f"SAMPLE ({percent.name}) is not a percentage", "Write 0 to 100, or SAMPLE (n ROWS).")
    return f"WHERE {draw} < {share / 100}"


def _lateral(node: exp.Lateral, scope: Scope) -> Found:
    call = node.this
    written = {
        "APPLY": node.args.get("cross_apply") is not None,  # False is OUTER APPLY
        "WITH ORDINALITY": node.args.get("ordinality"),
        "LATERAL VIEW": node.args.get("view"),
    }
    for word, is_there in written.items():
        if is_there:
            raise refuse(word, "Write LATERAL (SELECT ..), or LATERAL FLATTEN(INPUT => ..).")
    if isinstance(call, exp.Anonymous):
        return _table_function(call, node, scope)
    if isinstance(call, exp.Subquery):
        return _lateral_query(scope.state.query(call.this, scope, scope.guards), node, scope)
    raise refuse(f"LATERAL with {type(call).__name__}", "Use a subquery or LATERAL FLATTEN.")


def _lateral_query(relation: Relation, node: exp.Expression, scope: Scope) -> Found:
    """A subquery that reads the tables before it: its rows as one JSON array, which json_each may correlate."""
    for column in relation.columns:
        if column.type.kind is Kind.BINARY:
            raise refuse("A BINARY column in LATERAL", "Encode it with HEX_ENCODE.")
    names = ", ".join(quote(column.physical) for column in relation.columns)
    rows = f"(SELECT sf_rows({names}) FROM ({relation.sql}))"
    found = _json_rows(rows, tuple((c.name, c.type) for c in relation.columns), node, scope, [])
    text, source, _sites = found
    columns = tuple(
        (name, Piece(piece.sql, piece.type, column.sites | relation.sites))
        for (name, piece), column in zip(source.columns, relation.columns, strict=True)
    )
    return text, Source(source.alias, columns), relation.sites


def _table_function(call: exp.Anonymous, node: exp.Expression, scope: Scope) -> Found:
    name = str(call.this).upper()
    if name == "TABLE" and len(call.expressions) == 1:
        inner = call.expressions[0]
        if isinstance(inner, exp.Select | exp.Subquery | exp.SetOperation):
            return derived(scope.state.query(inner, _outer(scope), scope.guards), node, scope)
        if isinstance(inner, exp.ModelAttribute):
            return _materialised(inner, node, scope)
        if isinstance(inner, exp.Anonymous):
            return _table_function(inner, node, scope)
        if isinstance(inner, exp.Dot):
            raise refuse(f"The table function {inner.sql('snowflake', identify=False)[:60]}")
        if isinstance(inner, exp.Parameter | exp.Placeholder):
            inner = exp.Literal.string(str(scope.state.expression(inner, scope).literal))
        if isinstance(inner, exp.Column | exp.Literal):
            copy = node.copy()
            copy.set(
                "this",
                exp.to_identifier(
                    inner.name if isinstance(inner, exp.Column) else inner.name.upper(), quoted=True
                ),
            )
            return _table(copy, scope)  # type: ignore[arg-type]
    if name in ("FLATTEN", "SPLIT_TO_TABLE", "STRTOK_SPLIT_TO_TABLE"):
        return _flatten(name, call, node, scope)
    if name == "GENERATOR":
        return _generator(call, node, scope)
    if name == "RESULT_SCAN":
        return _materialised(call, node, scope)
    routine = scope.state.catalogue.routine("FUNCTION", called(call), len(call.expressions))
    if routine is not None and routine.is_table:
        return _rows_of(routine, call, node, scope)
    if scope.state.catalogue.routine("PROCEDURE", called(call), len(call.expressions)) is not None:
        hint = f"Write CALL {called(call)}(..) ->> SELECT .. FROM $1, or RESULT_SCAN(LAST_QUERY_ID()) behind CALL."
        raise refuse(f"The procedure {called(call)} in TABLE(..)", hint)
    if name == "GETNEXTVAL":
        raise refuse("The table function GETNEXTVAL", "Write s.NEXTVAL in the select list.")
    if name == "DIRECTORY":
        raise refuse("DIRECTORY of a stage", "Upload the files' rows as a table.")
    raise unknown("Table function", name, list(_TABLE_FUNCTIONS))


def _rows_of(routine: Routine, call: exp.Anonymous, node: exp.Expression, scope: Scope) -> Found:
    """A user's table function; one whose arguments read the tables before it is a LATERAL query."""
    query = table_query(routine, call, scope)
    if any(argument.find(exp.Column) for argument in call.expressions):
        return _lateral_query(scope.state.query(query, scope, scope.guards), node, scope)
    return derived(scope.state.query(query, _outer(scope), scope.guards), node, scope)


def _materialised(call: exp.Expression, node: exp.Expression, scope: Scope) -> Found:
    alias, names = _alias(node)
    table = scope.state.catalogue.table_function(call, scope)
    return stored(table, alias or scope.state.fresh("f"), names, scope)


def arguments_by_name(call: exp.Anonymous, names: tuple[str, ...]) -> dict[str, exp.Expression]:
    """Positional and named arguments under their names in upper case."""
    given: dict[str, exp.Expression] = {}
    for index, item in enumerate(call.expressions):
        name = (
            item.this.name.upper()
            if isinstance(item, exp.Kwarg)
            else names[index]
            if index < len(names)
            else ""
        )
        if name not in names:
            raise unknown(f"{str(call.this).upper()} argument", name or str(index + 1), list(names))
        given[name] = item.expression if isinstance(item, exp.Kwarg) else item
    return given


def _flatten(name: str, call: exp.Anonymous, node: exp.Expression, scope: Scope) -> Found:
    """FLATTEN as json_each over an array of rows that one function builds."""
    if name != "FLATTEN":
        parts = [text(scope.state.expression(item, scope.at(clause="FROM"))) for item in call.expressions]
        check_collated(name, parts)
        function = "sf_split_rows" if name == "SPLIT_TO_TABLE" else "sf_strtok_rows"
        rows = f"{function}({', '.join([scope.state.fresh(''), *(piece.sql for piece in parts)])})"
        return _json_rows(
            rows, (("SEQ", INTEGER), ("INDEX", INTEGER), ("VALUE", VARCHAR)), node, scope, parts
        )
    given = arguments_by_name(call, _FLATTEN_ARGUMENTS)
    if "INPUT" not in given:
        raise BadInput("FLATTEN needs an input", "Write FLATTEN(INPUT => column).")
    here = scope.at(clause="FROM")
    value = scope.state.expression(given["INPUT"], here)
    if value.type.kind not in JSON_KINDS and value.type.kind is not Kind.NULL:
        raise BadInput(
            f"FLATTEN needs VARIANT, OBJECT or ARRAY, and {value.type.text} is none",
            "Wrap text in PARSE_JSON.",
        )
    value = variant(value)
    options = [
        scope.state.expression(given[key], here) if key in given else None for key in _FLATTEN_ARGUMENTS[1:]
    ]
    path, outer, recursive, mode = options
    arguments = [
        scope.state.fresh(""),
        value.sql,
        text(path).sql if path else "NULL",
        boolean(outer).sql if outer else "0",
        boolean(recursive).sql if recursive else "0",
        text(mode).sql if mode else text_literal("BOTH"),
    ]
    return _json_rows(f"sf_flatten({', '.join(arguments)})", _FLATTEN_COLUMNS, node, scope, [value])


def _json_rows(
    rows: str, shape: tuple[tuple[str, SqlType], ...], node: exp.Expression, scope: Scope, inputs: list[Piece]
) -> Found:
    alias, names = _alias(node)
    physical = scope.state.fresh(alias or "f")
    sites = frozenset().union(*(piece.sites for piece in inputs))
    titles = names or [name for name, _type in shape]
    columns = tuple(
        (title, Piece(_cell(quote(physical), index, name), kind, sites))
        for index, (title, (name, kind)) in enumerate(zip(titles, shape, strict=True))
    )
    return f"json_each({rows}) AS {quote(physical)}", Source(alias or "", columns), sites


def _cell(table: str, index: int, name: str) -> str:
    """Column ``index`` of a row; THIS stands in the row that its own row names (see `semi.flatten`)."""
    cell = f"json_extract({table}.value, '$[{index}]')"
    return f"json_extract({table}.json, '$[' || {cell} || '][{index + 1}]')" if name == "THIS" else cell


def _generator(call: exp.Anonymous, node: exp.Expression, scope: Scope) -> Found:
    given = arguments_by_name(call, ("ROWCOUNT", "TIMELIMIT"))
    if "ROWCOUNT" not in given:
        raise refuse("GENERATOR without ROWCOUNT", "Write GENERATOR(ROWCOUNT => 10).")
    count = scope.state.expression(given["ROWCOUNT"], scope).literal
    if not isinstance(count, int) or count < 0:
        raise BadInput("ROWCOUNT needs a constant whole number", "Write GENERATOR(ROWCOUNT => 10).")
    scope.state.check_generated(count)
    alias, _names = _alias(node)
    physical = scope.state.fresh(alias or "g")
    step = f"SELECT n + 1 FROM g WHERE n + 1 < {count}"
    body = f"(WITH RECURSIVE g(n) AS (SELECT 0 WHERE {count} > 0 UNION ALL {step}) SELECT n FROM g)"
    source = Source(alias or "", (), sequence=f"{quote(physical)}.n")
    return f"{body} AS {quote(physical)}", source, NOTHING
