"""Compiling one SELECT: clauses in the order in which they are evaluated, then SQLite's text.

The call sites of each clause guard those of the next, so that a model is asked only for rows that are
certain to get there (see batching.py).
"""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

import re
from dataclasses import dataclass, field, replace

from sqlglot import exp

from core.counts import counted
from core.errors import BadInput
from core.sql_ai.dialect import aggregates, groupings, joins
from core.sql_ai.dialect.coercion import comparable, distinguished
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.dialect.conditions import cheap_first, condition, conjuncts, mentions_ai
from core.sql_ai.dialect.parse import WRITTEN
from core.sql_ai.dialect.pieces import (
    Column,
    Grouping,
    Piece,
    Relation,
    Scope,
    Source,
    Stop,
    draws,
    quote,
    reads,
    sites_in,
    unique_names,
)
from core.sql_ai.dialect.stars import expand_star, is_star
from core.sql_ai.dialect.windows import order_key
from core.sql_ai.kinds import INTEGER, Kind

_KNOWN = frozenset(
    [
        "expressions",
        "from_",
        "joins",
        "where",
        "group",
        "having",
        "qualify",
        "order",
        "limit",
        "offset",
        "distinct",
        "with_",
        "laterals",
        "kind",
        "hint",
        "operation_modifiers",
    ]
)


@dataclass
class Parts:
    """The compiled clauses of a SELECT."""

    source: str = ""
    where: list[Piece] = field(default_factory=list)
    keys: list[Piece] = field(default_factory=list)
    having: Piece | None = None
    outputs: list[tuple[str, Piece]] = field(default_factory=list)
    qualify: Piece | None = None
    order: list[Piece] = field(default_factory=list)
    limits: str = ""
    groups: Grouping = field(default_factory=lambda: Grouping({}))
    grouped: bool = False
    distinct: bool = False


def compile_select(node: exp.Select, scope: Scope) -> Relation:
    """The relation of one SELECT."""
    _check_clauses(node)
    top = scope.parent is None and scope.titled
    if scope.stop is None or scope.stop.rows != 1:
        scope.stop = None if top and not node.args.get("distinct") else own_stop(node, scope)
    parts = Parts(limits=limit_text(node, scope), distinct=_distinct(node))
    where_nodes = joins.compile_from(node, scope, parts)
    scope.aliases = {item.alias: item.this for item in node.expressions if isinstance(item, exp.Alias)}
    _where(where_nodes, node, scope, parts)
    _grouping(node, scope, parts)
    late = _late_scope(node, scope, parts)
    _projections(node, late.scope if late else scope, scope, parts, late)
    _after(node, scope, parts)
    if top and not (parts.order or parts.grouped or parts.distinct or parts.qualify):
        deciding = sites_in(parts.source).union(*(piece.sites for piece in parts.where))
        parts.limits = stream(node, scope, deciding, parts.limits)
    return _assemble(parts, late, scope)


def own_stop(node: exp.Select | exp.SetOperation, scope: Scope) -> Stop | None:
    """The LIMIT of a query whose rows come one by one; the engine counts those of the outermost SELECT itself."""
    sorting = any(node.args.get(key) for key in ("order", "group", "having", "qualify"))
    if sorting or not node.args.get("limit"):
        return None
    rows = _row_limit(node, scope)
    if rows is None:
        return None
    return replace(scope.stop, rows=rows) if scope.stop else scope.state.stop(rows)


def limit_text(node: exp.Expression, scope: Scope) -> str:
    """LIMIT and OFFSET; TOP and FETCH FIRST arrive as LIMIT."""
    limit, offset = node.args.get("limit"), node.args.get("offset")
    count = None
    if limit is not None:
        if limit.args.get("expressions"):
            raise refuse("LIMIT .. BY", "Use QUALIFY ROW_NUMBER() OVER (PARTITION BY ..) <= 10.")
        options = limit.args.get("limit_options")
        if options is not None and (options.args.get("percent") or options.args.get("with_ties")):
            raise refuse("TOP or FETCH with PERCENT or TIES", "Use LIMIT, or QUALIFY RANK() OVER (..) <= 10.")
        count = limit.args.get("count") if isinstance(limit, exp.Fetch) else limit.expression
    numbers = [_constant(item, scope) for item in (count, offset.expression if offset is not None else None)]
    if numbers[0] is None and numbers[1] is None:
        return ""
    text = f" LIMIT {numbers[0] if numbers[0] is not None else -1}"
    return text + (f" OFFSET {numbers[1]}" if numbers[1] else "")


def _constant(node: exp.Expression | None, scope: Scope) -> int | None:
    if node is None or isinstance(node, exp.Null):
        return None
    value = scope.state.expression(node, Scope(scope.state)).literal
    if not isinstance(value, int) or value < 0:
        raise BadInput("LIMIT and OFFSET need a whole number", "Write LIMIT 10.")
    return value


def stream(node: exp.Select | exp.SetOperation, scope: Scope, deciding: frozenset[int], limits: str) -> str:
    """Note that the outermost query gives its rows one by one, and that ``deciding`` calls choose them.

    Gives the text of its LIMIT: the session itself leaves out the rows of an OFFSET, so that it can count them.
    """
    state = scope.state
    state.streams, state.ai_decides_rows = True, bool(deciding)
    state.stream_limit = _row_limit(node, scope) if limits else None
    if not (deciding and " OFFSET " in limits):
        return limits
    state.skipped_rows = int(limits.rpartition(" ")[2])
    return "" if state.stream_limit is None else f" LIMIT {state.stream_limit}"


def _row_limit(node: exp.Expression, scope: Scope) -> int | None:
    """How many rows are read, those of OFFSET included; None without a LIMIT."""
    numbers = [int(number) for number in re.findall(r"-?\d+", limit_text(node, scope))]
    return None if numbers[0] < 0 else sum(numbers)


def _check_clauses(node: exp.Select) -> None:
    for key, value in node.args.items():
        if value and key not in _KNOWN:
            raise refuse(f"The clause {key.upper().rstrip('_')}")
    if node.args.get("kind"):
        raise refuse(f"SELECT AS {node.args['kind']}")
    if not node.expressions:
        raise BadInput("The select list is empty", "Name a column, or *.")


def _distinct(node: exp.Select) -> bool:
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        raise refuse("DISTINCT ON", "Use QUALIFY ROW_NUMBER() OVER (PARTITION BY ..) = 1.")
    return distinct is not None


def _where(moved: list[exp.Expression], node: exp.Select, scope: Scope, parts: Parts) -> None:
    """WHERE and the AI conditions of inner joins: cheap ones first, AI ones after the joins."""
    clause = node.args.get("where")
    written = conjuncts(clause.this) if clause is not None else []
    here = scope.at(clause="WHERE")
    for item in cheap_first([*written, *moved], here):
        clause_name = "JOIN ON" if any(item is one for one in moved) else "WHERE"
        piece = condition(item, here.at(clause=clause_name))
        if piece.sites and scope.state.optimize and len(scope.sources) > 1 and not sites_in(parts.source):
            piece = _after_joins(piece, scope)
        parts.where.append(piece)
        here = here.guarded(piece)
    scope.guards = here.guards


def _after_joins(piece: Piece, scope: Scope) -> Piece:
    """Tie an AI condition to every source, so that SQLite evaluates it on joined rows only."""
    readers = [source.rowid or source.columns[0][1].sql for source in scope.sources if source.columns]
    scope.state.note("AI conditions after the joins")
    return Piece(f"(CASE WHEN sf_always({', '.join(readers)}) THEN {piece.sql} END)", piece.type, piece.sites)


def _grouping(node: exp.Select, scope: Scope, parts: Parts) -> None:
    group = node.args.get("group")
    parts.grouped = group is not None or _has_aggregates(node)
    if group is None:
        return
    groupings.check_elements(group)
    items = group.expressions
    if group.args.get("all"):
        items = [_unaliased(item) for item in node.expressions if not _aggregates(item, scope)]
    here = scope.at(clause="GROUP BY")
    if items and not any(map(groupings.key_columns, items)):  # GROUP BY (): one group of all rows, or of none
        items = [exp.GroupingSets(expressions=[exp.Tuple()])]
    if groupings.has_sets(items):
        _grouping_sets(items, node, here, parts)
    elif group.args.get("all"):
        _group_keys(items, here, parts)  # a number among them is a constant, not a position
    else:
        keys = [key for item in items for key in groupings.key_columns(item)]
        _group_keys([_at_position(key, node) for key in keys], here, parts)
    if any(draws(key.sql) for key in parts.keys):  # SQLite would draw once more for each group
        raise refuse("GROUP BY a random number or a sequence", "Draw it in a subquery, and group that.")


def _group_keys(keys: list[exp.Expression], here: Scope, parts: Parts) -> None:
    parts.keys = [here.state.expression(key, here) for key in keys]
    parts.groups = Grouping({key.identity: key for key in parts.keys})


def _grouping_sets(items: list[exp.Expression], node: exp.Select, here: Scope, parts: Parts) -> None:
    sets = [
        [here.state.expression(_at_position(key, node), here) for key in keys]
        for keys in groupings.grouping_sets(items)
    ]
    text, parts.keys, parts.groups = groupings.expand(sets, here)
    parts.source = (parts.source or " FROM (SELECT 1)") + text


def _aggregates(item: exp.Expression, scope: Scope, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a select item holds an aggregate, also through the alias of another item."""
    if contains_aggregate(item):
        return True
    return any(
        _aggregates(scope.aliases[column.name], scope, seen | {column.name})
        for column in item.find_all(exp.Column)
        if not column.table
        and column.name in scope.aliases
        and column.name not in seen
        and scope.column(column.name, None) is None
    )


def _at_position(item: exp.Expression, node: exp.Select) -> exp.Expression:
    """The select item that ``GROUP BY 1`` or ``ORDER BY 1`` means."""
    if not (isinstance(item, exp.Literal) and not item.is_string and item.name.isdigit()):
        return item
    position = int(item.name)
    if not 1 <= position <= len(node.expressions):
        raise BadInput(
            f"Position {position} is not in the select list", f"It has {len(node.expressions)} items."
        )
    return _unaliased(node.expressions[position - 1])


def _unaliased(item: exp.Expression) -> exp.Expression:
    return item.this if isinstance(item, exp.Alias) else item


def contains_aggregate(node: exp.Expression) -> bool:
    """Whether ``node`` holds an aggregate that is neither a window function nor in a subquery."""
    from core.sql_ai import catalog

    if isinstance(node, exp.Select | exp.Subquery | exp.SetOperation):
        return False
    if isinstance(node, exp.Window):
        inner = node.this.this if isinstance(node.this, exp.IgnoreNulls | exp.WithinGroup) else node.this
        return any(contains_aggregate(item) for item in _children(inner)) or any(
            contains_aggregate(item) for key, item in _pairs(node) if key != "this"
        )
    if isinstance(node, exp.Anonymous):
        name = str(node.this).upper()
        if name in aggregates.NAMES or catalog.is_aggregate(name):
            return True
    return any(contains_aggregate(item) for item in _children(node))


def _children(node: exp.Expression) -> list[exp.Expression]:
    return [item for _key, item in _pairs(node)]


def _pairs(node: exp.Expression) -> list[tuple[str, exp.Expression]]:
    found = []
    for key, value in node.args.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, exp.Expression):
                found.append((key, item))
    return found


def _has_aggregates(node: exp.Select) -> bool:
    places = [
        *node.expressions,
        *(node.args[key] for key in ("having", "qualify", "order") if node.args.get(key)),
    ]
    return any(contains_aggregate(item) for item in places) or node.args.get("having") is not None


def _projections(node: exp.Select, here: Scope, scope: Scope, parts: Parts, late: "Late | None") -> None:
    grouping = parts.groups if parts.grouped else None
    key_sites = frozenset().union(*(key.sites for key in parts.keys)) if parts.keys else frozenset()
    scope.guards |= key_sites
    scope.grouping, scope.aggregates, scope.windows = grouping, True, True
    here.guards, here.grouping, here.aggregates, here.windows = scope.guards, grouping, True, True
    texts = scope.state.texts if scope.titled else []
    for index, item in enumerate(node.expressions):
        if is_star(item):
            if grouping is not None:
                columns = [
                    (n, scope.state.expression(exp.column(n, quoted=True), scope))
                    for n, _p in expand_star(item, None, scope)
                ]
            else:
                columns = expand_star(item, None, scope)
            parts.outputs += columns
            continue
        place = here if late is not None and mentions_ai(item, scope) else scope
        parts.outputs.append((_name(item, texts, index), scope.state.expression(item, _inside(place, item))))


def _inside(scope: Scope, item: exp.Expression) -> Scope:
    """An alias does not see itself: ``SELECT UPPER(name) AS name``."""
    return scope.at(open_aliases=scope.open_aliases | {item.alias}) if isinstance(item, exp.Alias) else scope


def _name(item: exp.Expression, texts: list[str], index: int) -> str:
    """The name Snowflake gives a result column: its alias, its column, or its text in upper case."""
    if isinstance(item, exp.Alias):
        return item.alias
    if isinstance(item, exp.Column) and not isinstance(item.this, exp.Parameter):
        return item.name
    if index < len(texts):
        return texts[index]
    if WRITTEN in item.meta:
        return str(item.meta[WRITTEN])
    copy = item.copy()
    for identifier in copy.find_all(exp.Identifier):
        identifier.set("quoted", False)
    return copy.sql("snowflake").upper()


def _after(node: exp.Select, scope: Scope, parts: Parts) -> None:
    having, qualify, order = (node.args.get(key) for key in ("having", "qualify", "order"))
    if having is not None:
        parts.having = condition(having.this, scope.at(clause="HAVING", windows=False))
        scope.guards |= parts.having.sites
    if qualify is not None:
        parts.qualify = condition(qualify.this, scope.at(clause="QUALIFY"))
        if not any(item.find(exp.Window) for item in (*node.expressions, qualify)):
            raise BadInput("QUALIFY needs a window function", "Write WHERE, or HAVING behind GROUP BY.")
        scope.guards |= parts.qualify.sites
    for item in order.expressions if order is not None else []:
        chosen = _chosen_outputs(item, node, scope, parts)
        if chosen is not None:
            parts.order += [_directed(piece, item) for piece in chosen]
            continue
        moved = item.copy()
        moved.set("this", _at_position(item.this, node))
        _check_distinct_key(moved.this, scope, parts)
        parts.order.append(order_key(moved, scope.at(clause="ORDER BY", aliases_first=True)))


def _check_distinct_key(key: exp.Expression, scope: Scope, parts: Parts) -> None:
    """Refuse to sort different rows by a column that they no longer have."""
    if not parts.distinct or not isinstance(key, exp.Column):
        return
    if not key.table and key.name in {name for name, _piece in parts.outputs}:
        return
    piece = scope.state.expression(key, scope.at(clause="ORDER BY", aliases_first=True))
    if piece.identity not in {shown.identity for _name, shown in parts.outputs}:
        raise BadInput(
            f"{key.name} is not a valid order by expression of SELECT DISTINCT",
            "Put it into the select list.",
        )


def _chosen_outputs(item: exp.Expression, node: exp.Select, scope: Scope, parts: Parts) -> list[Piece] | None:
    """The output columns that ORDER BY ALL, or a position in a list with ``*``, means; None for other keys."""
    outputs = [piece for _name, piece in parts.outputs]
    if _is_all(item.this, scope):
        return outputs
    if not _counts_columns(item.this, node):
        return None
    position = int(item.this.name)
    if not 1 <= position <= len(outputs):
        raise BadInput(
            f"Position {position} is not in the select list", f"It has {counted(len(outputs), 'column')}."
        )
    return [outputs[position - 1]]


def _counts_columns(item: exp.Expression, node: exp.Select) -> bool:
    """Whether ``item`` is a position that must be counted after ``*`` has been expanded."""
    number = isinstance(item, exp.Literal) and not item.is_string and item.name.isdigit()
    return number and any(is_star(one) for one in node.expressions)


def _asks_at(item: exp.Expression, node: exp.Select, scope: Scope) -> bool:
    """Whether a position counted after ``*`` means a column that a model fills; a wrong one is reported later."""
    if not _counts_columns(item, node):
        return False
    asks: list[bool] = []
    for one in node.expressions:
        if is_star(one):
            asks += [bool(piece.sites) for _name, piece in expand_star(one, None, scope)]
        else:
            asks.append(mentions_ai(one, scope))
    return 1 <= int(item.name) <= len(asks) and asks[int(item.name) - 1]


def _directed(piece: Piece, item: exp.Expression) -> Piece:
    direction = "DESC" if item.args.get("desc") else "ASC"
    nulls = "FIRST" if item.args.get("nulls_first") else "LAST"
    key = comparable(piece)
    return Piece(f"{key.sql} {direction} NULLS {nulls}", key.type, key.sites)


def _is_all(item: exp.Expression, scope: Scope) -> bool:
    return (
        isinstance(item, exp.Column)
        and item.name == "ALL"
        and not item.table
        and scope.column("ALL", None) is None
    )


@dataclass
class Late:
    """Late materialisation: AI projections read hidden columns of the limited inner query."""

    scope: Scope
    hidden: dict[str, Piece]


def _late_scope(node: exp.Select, scope: Scope, parts: Parts) -> Late | None:
    """The scope in which AI projections are evaluated after QUALIFY or ORDER BY .. LIMIT; None without these."""
    order, qualify = node.args.get("order"), node.args.get("qualify")
    keys = order.expressions if order is not None else []
    cutting = "QUALIFY" if qualify is not None else "ORDER BY .. LIMIT" if keys and parts.limits else ""
    if not (scope.state.optimize and cutting) or parts.grouped or parts.distinct:
        return None
    if any(_is_all(item.this, scope) or _asks_at(item.this, node, scope) for item in keys):
        return None
    if any(mentions_ai(item, scope) for item in [*keys, *([qualify.this] if qualify is not None else [])]):
        return None
    asking = [
        item for item in node.expressions if not isinstance(item, exp.Star) and mentions_ai(item, scope)
    ]
    if not asking or any(item.find(exp.Window, exp.Select) for item in asking):
        return None
    if any(_at_position(item.this, node) in [_unaliased(one) for one in asking] for item in keys):
        return None
    hidden: dict[str, Piece] = {}

    def hide(piece: Piece) -> Piece:
        name = f"h{len(hidden)}"
        hidden[name] = piece
        return Piece(f'"late".{quote(name)}', piece.type, piece.sites)

    sources = [
        Source(source.alias, tuple((name, hide(piece)) for name, piece in source.columns), source.hidden)
        for source in scope.sources
    ]
    merged = {name: hide(piece) for name, piece in scope.merged.items()}
    scope.state.note(f"AI calls only for the rows that {cutting} keeps")
    return Late(scope.at(sources=sources, merged=merged), hidden)


def _assemble(parts: Parts, late: Late | None, scope: Scope) -> Relation:
    physical = unique_names([name for name, _piece in parts.outputs])
    columns = tuple(
        Column(name, piece.type, alias, piece.sites)
        for (name, piece), alias in zip(parts.outputs, physical, strict=True)
    )
    if late is not None:
        sql = _late_text(parts, physical, late)
    elif _needs_wrapping(parts, scope):
        sql = _wrapped_text(parts, physical, scope)
    else:
        items = [f"{text} AS {name}" for name, text in _shown(parts, physical)]
        sql = _select(parts, items) + _order(parts, _order_keys(parts)) + parts.limits
    return Relation(sql, columns, sites_in(sql))


def _shown(parts: Parts, physical: list[str]) -> list[tuple[str, str]]:
    """The name and the text of each output column."""
    text = distinguished if parts.distinct else lambda piece: piece.sql
    return [(quote(alias), text(piece)) for (_n, piece), alias in zip(parts.outputs, physical, strict=True)]


def _needs_wrapping(parts: Parts, scope: Scope) -> bool:
    """Whether the query needs another one around it: for QUALIFY, a grand total, or a key that SQLite cannot read."""
    if parts.qualify is not None or groupings.has_total(parts.groups):
        return True
    return any(_reads_outer(key, scope) for key in [*parts.order, *parts.keys])


def _reads_outer(key: Piece, scope: Scope) -> bool:
    """Whether a key reads a query further out, whose columns SQLite does not know in ORDER BY and GROUP BY."""
    ancestor = scope.parent
    while ancestor is not None:
        if reads(key, ancestor):
            return True
        ancestor = ancestor.parent
    return False


def _select(parts: Parts, items: list[str]) -> str:
    sql = f"SELECT {'DISTINCT ' if parts.distinct and parts.qualify is None else ''}{', '.join(items)}{parts.source}"
    if parts.where:
        sql += " WHERE " + " AND ".join(piece.sql for piece in parts.where)
    keys = [_group_key(key) for key in parts.keys if key.literal is None]
    if parts.keys:
        sql += " GROUP BY " + (", ".join(keys) or "''")
    if parts.having is not None:
        sql += f" HAVING {parts.having.sql}"
    return sql


def _group_key(key: Piece) -> str:
    if key.type.kind is Kind.VARIANT:
        return key.sql
    return comparable(key).sql  # equal moments, and texts that their collation takes for equal, are one group


def _order_keys(parts: Parts) -> list[str]:
    """Sort keys; one that is also in the select list is named by its position, not computed twice."""
    positions = {piece.identity: index for index, (_n, piece) in enumerate(parts.outputs, 1)}
    keys = []
    for piece in parts.order:
        expression, _space, direction = (
            piece.sql.rpartition(" ASC NULLS ")
            if " ASC NULLS " in piece.sql
            else piece.sql.rpartition(" DESC NULLS ")
        )
        plain = expression[1:-1] if expression.startswith("(") and expression.endswith(")") else expression
        word = "ASC" if " ASC NULLS " in piece.sql else "DESC"
        found = positions.get(Piece(expression, piece.type).identity) or positions.get(
            Piece(plain, piece.type).identity
        )
        keys.append(f"{found} {word} NULLS {direction}" if found else piece.sql)
    return keys


def _order(parts: Parts, keys: list[str]) -> str:
    return f" ORDER BY {', '.join(keys)}" if keys else ""


def _wrapped_text(parts: Parts, physical: list[str], scope: Scope) -> str:
    """QUALIFY as a condition around the query, and totals over no rows.

    Keys travel as hidden columns: those of ORDER BY, and those of GROUP BY that read a query further out.
    """
    items = _shown(parts, physical)
    parts = replace(parts, keys=list(parts.keys))
    for place, grouped in enumerate(parts.keys):
        if _reads_outer(grouped, scope):
            items.append((f'"k{place}!"', _group_key(grouped)))
            parts.keys[place] = Piece(str(len(items)), INTEGER)  # its position in the select list
    if parts.qualify is not None:
        items.append(('"q!"', parts.qualify.sql))
    outer_keys = []
    for index, key in enumerate(_order_keys(parts)):
        if key.split(" ", 1)[0].isdigit():
            outer_keys.append(key)
            continue
        expression, word, nulls = _split_key(key)
        items.append((f'"o{index}!"', expression))
        outer_keys.append(f'"o{index}!" {word} NULLS {nulls}')
    names = ", ".join(quote(alias) for alias in physical)
    inner = _select(parts, [f"{text} AS {name}" for name, text in items]) + _totals(parts, items)
    distinct = "DISTINCT " if parts.distinct else ""
    where = ' WHERE "q!"' if parts.qualify is not None else ""
    return f"SELECT {distinct}{names} FROM ({inner}){where}" + _order(parts, outer_keys) + parts.limits


def _totals(parts: Parts, items: list[tuple[str, str]]) -> str:
    """For each grouping without keys, its one row when no rows are there to be grouped: SQL's grand total.

    It is the same SELECT without GROUP BY, for that grouping alone, kept only where it counted nothing.
    """
    if parts.groups.number is None:
        return ""
    number, texts = parts.groups.number.sql, []
    names = ", ".join(name for name, _text in items)
    for index in groupings.totals(parts.groups):
        alone = replace(parts, keys=[], having=None)
        # CASE keeps a model from being asked about a row that is not kept.
        chosen = [
            f"CASE WHEN COUNT(*) = 0 THEN {text.replace(number, str(index))} END AS {name}"
            for name, text in items
        ]
        having = parts.having.sql.replace(number, str(index)) if parts.having is not None else "1"
        inner = _select(alone, [*chosen, f'COUNT(*) = 0 AND ({having}) AS "e!"'])
        texts.append(f' UNION ALL SELECT {names} FROM ({inner}) WHERE "e!"')
    return "".join(texts)


def _split_key(key: str) -> tuple[str, str, str]:
    match = re.fullmatch(r"(.*) (ASC|DESC) NULLS (FIRST|LAST)", key, re.DOTALL)
    assert match is not None
    return match[1], match[2], match[3]


def _late_text(parts: Parts, physical: list[str], late: Late) -> str:
    inner_items, outer_items = [], []
    used = "".join(piece.sql for _n, piece in parts.outputs)
    for (_n, piece), alias in zip(parts.outputs, physical, strict=True):
        if '"late".' in piece.sql or piece.sites:
            outer_items.append(f"{piece.sql} AS {quote(alias)}")
        else:
            inner_items.append(f"{piece.sql} AS {quote(alias)}")
            outer_items.append(f'"late".{quote(alias)} AS {quote(alias)}')
    for name, piece in late.hidden.items():
        if f'"late".{quote(name)}' in used:
            inner_items.append(f"{piece.sql} AS {quote(name)}")
    keys, outer_keys = [], []
    for index, key in enumerate(parts.order):
        expression, word, nulls = _split_key(key.sql)
        inner_items.append(f'{expression} AS "o{index}!"')
        keys.append(f"{len(inner_items)} {word} NULLS {nulls}")
        outer_keys.append(f'"late"."o{index}!" {word} NULLS {nulls}')
    if parts.qualify is not None:
        inner_items.append(f'{parts.qualify.sql} AS "q!"')
    inner = _select(parts, inner_items)
    if parts.qualify is not None:
        inner = f'SELECT * FROM ({inner}) WHERE "q!"'
    inner += _order(parts, keys) + parts.limits
    return f'SELECT {", ".join(outer_items)} FROM ({inner}) AS "late"' + _order(parts, outer_keys)
