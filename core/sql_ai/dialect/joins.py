"""Compiling FROM: tables, subqueries, table functions and the joins between them."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

from typing import TYPE_CHECKING

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect.coercion import aligned, comparable
from core.sql_ai.dialect.compilation import refuse, unknown
from core.sql_ai.dialect.conditions import cheap_first, condition, conjuncts, mentions_ai
from core.sql_ai.dialect.pieces import Piece, Scope, Source, quote, reads

if TYPE_CHECKING:
    from core.sql_ai.dialect.selects import Parts

_SWAPPED = ("RIGHT", "FULL")


def compile_from(node: exp.Select, scope: Scope, parts: "Parts") -> list[exp.Expression]:
    """Fill ``scope`` and ``parts.source``; returns the AI conditions of inner joins, to be tested in WHERE."""
    start = node.args.get("from_")
    if start is None:
        return []
    first, grouped = _opened(start.this)
    text, source, sites = scope.state.source(first, scope)
    scope.sources.append(source)
    scope.guards |= sites
    moved: list[exp.Expression] = []
    own = [] if grouped else start.this.args.get("joins") or []
    all_joins = [*grouped, *(node.args.get("joins") or []), *own]
    movable = not any((join.side or "").upper() in _SWAPPED for join in all_joins)
    text = " FROM " + text
    for lateral in node.args.get("laterals") or []:
        all_joins.append(exp.Join(this=lateral))
    for join in all_joins:
        text += _join(join, scope, moved if movable else None)
    parts.source = text
    return moved


def _opened(node: exp.Expression) -> tuple[exp.Expression, list[exp.Join]]:
    """The first table of ``(a JOIN b ON ..)`` and the joins behind it; without parentheses around joins, no joins."""
    joins: list[exp.Join] = []
    inner = node
    while isinstance(inner, exp.Subquery) and isinstance(inner.this, exp.Table | exp.Subquery):
        joins = [*(inner.args.get("joins") or []), *joins] if inner is not node else joins
        inner = inner.this
    if inner is node:
        return node, []
    joins = [*(inner.args.get("joins") or []), *joins]
    if joins and node.args.get("alias") is not None:
        raise refuse("An alias for joins in parentheses", "Give an alias to each of the tables.")
    plain = isinstance(inner, exp.Table) and node.args.get("alias") is None
    return (inner, joins) if joins or plain else (node, [])


def _joined(node: exp.Expression, join: exp.Join, scope: Scope) -> tuple[str, Source | None]:
    """The text behind JOIN and its table; joins in parentheses put theirs into ``scope`` themselves."""
    first, grouped = _opened(node)
    text, source, sites = scope.state.source(first, scope)
    _check_alias(source, scope)
    scope.guards |= sites
    if not grouped:
        return text, source
    if join.args.get("using") or join.method:
        raise refuse("USING or NATURAL with joins in parentheses", "Write the condition with ON.")
    scope.sources.append(source)
    return f"({text}{''.join(_join(item, scope, None) for item in grouped)})", None


def _check_alias(source: Source, scope: Scope) -> None:
    if any(source.alias == other.alias for other in scope.sources if source.alias):
        raise BadInput(f"The alias {source.alias} appears twice in FROM", "Give each table its own alias.")


def _join(join: exp.Join, scope: Scope, moved: list[exp.Expression] | None) -> str:
    method, side = (join.method or "").upper(), (join.side or "").upper()
    kind = (join.kind or "").upper()
    if method == "ASOF":
        return _asof(join, scope)
    if method not in ("", "NATURAL"):
        raise refuse(f"{method} JOIN")
    if kind not in ("", "INNER", "OUTER", "CROSS") or join.args.get("match_condition"):
        raise refuse(f"{kind or 'This'} JOIN", "Use EXISTS or IN for semi and anti joins.")
    before = list(scope.sources)
    text, source = _joined(join.this, join, scope)
    using = [item.name for item in join.args.get("using") or []]
    if source is not None and method == "NATURAL":
        using = [name for name, _p in source.columns if any(other.find(name) for other in before)]
    if source is not None:
        scope.sources.append(source)
    keyword = {"LEFT": "LEFT JOIN", "RIGHT": "RIGHT JOIN", "FULL": "FULL JOIN"}.get(side, "JOIN")
    if keyword in ("RIGHT JOIN", "FULL JOIN"):
        _check_version(keyword)
    if using and source is not None:
        return f" {keyword} {text} ON {_using(using, before, source, side, scope)}"
    return f" {keyword} {text}" + _on(join, side, scope, moved)


def _on(join: exp.Join, side: str, scope: Scope, moved: list[exp.Expression] | None) -> str:
    node = join.args.get("on")
    if node is None:
        return " ON 1" if side else ""
    here = scope.at(clause="JOIN ON")
    items = cheap_first(conjuncts(node), here)
    if not side and moved is not None and scope.state.optimize:
        moved += [item for item in items if mentions_ai(item, here)]
        items = [item for item in items if not mentions_ai(item, here)]
    pieces: list[Piece] = []
    for item in items:
        piece = condition(item, here)
        pieces.append(_tied(piece, scope) if moved is None and not side else piece)
        here = here.guarded(piece)
    scope.guards |= here.guards
    return " ON " + " AND ".join(piece.sql for piece in pieces) if pieces else ""


def _tied(piece: Piece, scope: Scope) -> Piece:
    """A condition of an inner join, bound to a row: SQLite takes a constant one for a condition on the whole FROM.

    Before a RIGHT or FULL JOIN that loses the rows which the latter adds.
    """
    if reads(piece, scope):
        return piece
    row = next(
        (source.rowid or source.columns[0][1].sql for source in reversed(scope.sources) if source.columns),
        "1",
    )
    return Piece(f"(CASE WHEN sf_always({row}) THEN {piece.sql} END)", piece.type, piece.sites)


_NEAREST = {exp.GTE: "DESC", exp.GT: "DESC", exp.LTE: "ASC", exp.LT: "ASC"}


def _asof(join: exp.Join, scope: Scope) -> str:
    """ASOF JOIN: for each row on the left the nearest row on the right that meets the condition, or NULLs.

    The right side is read twice with its rows numbered; the second reading finds the number of the nearest.
    """
    test = join.args.get("match_condition")
    test = test.this if isinstance(test, exp.Paren) else test
    if type(test) not in _NEAREST or test is None:
        raise BadInput("ASOF JOIN needs a MATCH_CONDITION with one comparison", "Write (a.at >= b.at).")
    text, source, sites = scope.state.source(join.this, scope)
    if sites:
        raise refuse("ASOF JOIN with AI calls on its right side", "Store that side as a table first.")
    before = list(scope.sources)
    found, chosen = _numbered(text, source, scope)
    _search, candidate = _numbered(text, source, scope)
    conditions = [condition(test, scope.at(sources=[*before, candidate], clause="JOIN ON"))]
    for name in [item.name for item in join.args.get("using") or []]:
        left = [piece for other in before for piece in other.find(name)]
        if not left or not candidate.find(name):
            raise unknown("Column", name, [n for other in (*before, source) for n, _p in other.columns])
        a, b = aligned([left[0], candidate.find(name)[0]])
        conditions.append(Piece(f"{a.sql} = {b.sql}", a.type, a.sites | b.sites))
        scope.merged[name] = left[0]
    if join.args.get("on") is not None:
        conditions.append(
            condition(join.args["on"], scope.at(sources=[*before, candidate], clause="JOIN ON"))
        )
    if any(piece.sites for piece in conditions):
        raise refuse("An AI call in the condition of ASOF JOIN", "Compute it in a subquery first.")
    key = comparable(scope.state.expression(test.expression, scope.at(sources=[candidate])))
    hidden = chosen.hidden | {item.name for item in join.args.get("using") or []}
    scope.sources.append(Source(chosen.alias, chosen.columns, hidden))
    where = " AND ".join(piece.sql for piece in conditions)
    nearest = f"SELECT {candidate.rowid} FROM {_search} WHERE {where} ORDER BY {key.sql} {_NEAREST[type(test)]} LIMIT 1"
    return f" LEFT JOIN {found} ON {chosen.rowid} = ({nearest})"


def _numbered(text: str, source: Source, scope: Scope) -> tuple[str, Source]:
    """The right side of an ASOF JOIN with a number for each row, under names of its own."""
    name = quote(scope.state.fresh("m"))
    cells = ", ".join(f'{piece.sql} AS "c{i}"' for i, (_n, piece) in enumerate(source.columns))
    columns = tuple((n, Piece(f'{name}."c{i}"', piece.type)) for i, (n, piece) in enumerate(source.columns))
    rows = f"(SELECT ROW_NUMBER() OVER () AS n, {cells} FROM {text}) AS {name}"
    return rows, Source(source.alias, columns, source.hidden, rowid=f"{name}.n")


def _using(names: list[str], before: list[Source], source: Source, side: str, scope: Scope) -> str:
    """USING as equalities; ``*`` shows each of the columns once, from the side that is never empty."""
    tests = []
    for name in names:
        right = source.find(name)
        left = (
            [scope.merged[name]]
            if name in scope.merged
            else [p for other in before for p in other.find(name)]
        )
        if not left or not right:
            raise unknown("Column", name, [n for other in (*before, source) for n, _p in other.columns])
        a, b = aligned([left[0], right[0]])
        tests.append(f"{a.sql} = {b.sql}")
        kept = left[0] if side in ("", "LEFT") else right[0]
        if side == "FULL":
            kept = Piece(
                f"COALESCE({left[0].sql}, {right[0].sql})", left[0].type, left[0].sites | right[0].sites
            )
        scope.merged[name] = kept
    scope.sources[-1] = Source(
        source.alias, source.columns, source.hidden | set(names), source.rowid, source.sequence
    )
    return " AND ".join(tests) or "1"


def _check_version(keyword: str) -> None:
    import sqlite3

    if sqlite3.sqlite_version_info < (3, 39):
        raise refuse(f"{keyword} on SQLite {sqlite3.sqlite_version}", "Swap the tables and write LEFT JOIN.")
