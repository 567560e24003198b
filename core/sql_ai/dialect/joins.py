"""Compiling FROM: tables, subqueries, table functions and the joins between them."""

from typing import TYPE_CHECKING

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect.coercion import aligned
from core.sql_ai.dialect.compilation import refuse, unknown
from core.sql_ai.dialect.expressions import cheap_first, condition, conjuncts, mentions_ai
from core.sql_ai.dialect.pieces import Piece, Scope, Source

if TYPE_CHECKING:
    from core.sql_ai.dialect.selects import Parts

_SWAPPED = ("RIGHT", "FULL")


def compile_from(node: exp.Select, scope: Scope, parts: "Parts") -> list[exp.Expression]:
    """Fill ``scope`` and ``parts.source``; returns the AI conditions of inner joins, to be tested in WHERE."""
    start = node.args.get("from_")
    if start is None:
        return []
    text, source, sites = scope.state.source(start.this, scope)
    scope.sources.append(source)
    scope.guards |= sites
    moved: list[exp.Expression] = []
    all_joins = [*(node.args.get("joins") or []), *(start.this.args.get("joins") or [])]
    movable = not any((join.side or "").upper() in _SWAPPED for join in all_joins)
    text = " FROM " + text
    for lateral in node.args.get("laterals") or []:
        all_joins.append(exp.Join(this=lateral))
    for join in all_joins:
        text += _join(join, scope, moved if movable else None)
    parts.source = text
    return moved


def _join(join: exp.Join, scope: Scope, moved: list[exp.Expression] | None) -> str:
    method, side = (join.method or "").upper(), (join.side or "").upper()
    kind = (join.kind or "").upper()
    if method not in ("", "NATURAL"):
        raise refuse(f"{method} JOIN")
    if kind not in ("", "INNER", "OUTER", "CROSS") or join.args.get("match_condition"):
        raise refuse(f"{kind or 'This'} JOIN", "Use EXISTS or IN for semi and anti joins.")
    text, source, sites = scope.state.source(join.this, scope)
    if any(source.alias == other.alias for other in scope.sources if source.alias):
        raise BadInput(f"The alias {source.alias} stands twice in FROM", "Give each table its own alias.")
    before = list(scope.sources)
    using = [item.name for item in join.args.get("using") or []]
    if method == "NATURAL":
        using = [name for name, _p in source.columns if any(other.find(name) for other in before)]
    scope.sources.append(source)
    scope.guards |= sites
    keyword = {"LEFT": "LEFT JOIN", "RIGHT": "RIGHT JOIN", "FULL": "FULL JOIN"}.get(side, "JOIN")
    if keyword in ("RIGHT JOIN", "FULL JOIN"):
        _check_version(keyword)
    if using:
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
        pieces.append(condition(item, here))
        here = here.guarded(pieces[-1])
    scope.guards |= here.guards
    return " ON " + " AND ".join(piece.sql for piece in pieces) if pieces else ""


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
