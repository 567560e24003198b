"""Compiling window functions."""

import re

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai import catalog
from core.sql_ai.dialect import aggregates
from core.sql_ai.dialect.coercion import boolean, comparable, unified
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.dialect.expressions import divide
from core.sql_ai.dialect.pieces import Piece, Scope
from core.sql_ai.kinds import FLOAT, INTEGER, Kind, SqlType

_RANKS = {
    "ROW_NUMBER": INTEGER,
    "RANK": INTEGER,
    "DENSE_RANK": INTEGER,
    "NTILE": INTEGER,
    "PERCENT_RANK": FLOAT,
    "CUME_DIST": FLOAT,
}
_NEIGHBOURS = frozenset({"LAG", "LEAD"})
_POSITIONS = frozenset({"FIRST_VALUE", "LAST_VALUE", "NTH_VALUE"})
NAMES = (
    frozenset(_RANKS)
    | _NEIGHBOURS
    | _POSITIONS
    | {"RATIO_TO_REPORT", "CONDITIONAL_TRUE_EVENT", "CONDITIONAL_CHANGE_EVENT"}
)
_EVENTS = frozenset({"CONDITIONAL_TRUE_EVENT", "CONDITIONAL_CHANGE_EVENT"})
_WHOLE = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
_ROUNDED = re.compile(r"ROUND\((.*), (\d+)\)", re.DOTALL)


def compile_window(node: exp.Window, scope: Scope) -> Piece:
    """``f(..) OVER (..)``; raises BadInput where window functions are not allowed."""
    if not scope.windows:
        raise BadInput(f"A window function is not allowed in {scope.clause}", "Use QUALIFY, or a subquery.")
    call, ignore_nulls = _inner(node)
    if node.args.get("alias"):
        raise refuse("A named window", "Write the window inside OVER (..).")
    name = str((call.this if isinstance(call, exp.WithinGroup) else call).this).upper()
    if catalog.is_aggregate(name):
        raise refuse(f"{name} as a window function", "Use GROUP BY, and join the groups to the rows.")
    inner = scope.at(windows=False)
    parts, sites = _parts(node, inner)
    if name == "RATIO_TO_REPORT":
        return _ratio(call, parts, sites, inner)
    if name in _EVENTS:
        return _event(name, call, parts, sites, inner)
    if name in _RANKS:
        return _rank(name, call, parts, sites, inner)
    if name in _NEIGHBOURS:
        return _neighbour(name, call, ignore_nulls, parts, sites, inner)
    if name in _POSITIONS:
        return _position(name, call, ignore_nulls, parts, sites, inner, node)
    if ignore_nulls:
        raise refuse(f"{name} IGNORE NULLS")
    return _aggregate(call, parts, _frame(node), sites, inner)


def _inner(node: exp.Window) -> tuple[exp.Expression, bool]:
    call, ignore = node.this, False
    if isinstance(call, exp.IgnoreNulls | exp.RespectNulls):
        ignore, call = isinstance(call, exp.IgnoreNulls), call.this
    if (
        isinstance(call, exp.Anonymous)
        and call.expressions
        and isinstance(call.expressions[0], exp.IgnoreNulls)
    ):
        call = call.copy()
        call.set("expressions", [call.expressions[0].this, *call.expressions[1:]])
        ignore = True
    if not isinstance(call, exp.Anonymous | exp.WithinGroup):
        raise refuse(f"OVER behind {type(call).__name__}")
    return call, ignore


def _parts(node: exp.Window, scope: Scope) -> tuple[str, frozenset[int]]:
    pieces = [comparable(scope.state.expression(part, scope)) for part in node.args.get("partition_by") or []]
    text = "PARTITION BY " + ", ".join(piece.sql for piece in pieces) if pieces else ""
    order = node.args.get("order")
    if order is not None:
        keys = [order_key(item, scope) for item in order.expressions]
        pieces += keys
        text += " ORDER BY " + ", ".join(key.sql for key in keys)
    return text.strip(), frozenset().union(*(piece.sites for piece in pieces)) if pieces else frozenset()


def order_key(node: exp.Expression, scope: Scope) -> Piece:
    """One sort key with its direction; NULLs last when ascending, first when descending, as in Snowflake."""
    ordered = node if isinstance(node, exp.Ordered) else exp.Ordered(this=node, nulls_first=False)
    piece = comparable(scope.state.expression(ordered.this, scope))
    direction = "DESC" if ordered.args.get("desc") else "ASC"
    nulls = "FIRST" if ordered.args.get("nulls_first") else "LAST"
    return Piece(f"{piece.sql} {direction} NULLS {nulls}", piece.type, piece.sites)


def _frame(node: exp.Window) -> str:
    spec = node.args.get("spec")
    if spec is None:
        return ""
    if spec.args.get("exclude"):
        raise refuse("EXCLUDE in a window frame")
    start = f"{_bound(spec.args['start'])} {spec.args.get('start_side') or ''}".strip()
    end = (
        f"{_bound(spec.args['end'])} {spec.args.get('end_side') or ''}".strip()
        if spec.args.get("end")
        else "CURRENT ROW"
    )
    return f"{spec.args.get('kind') or 'ROWS'} BETWEEN {start} AND {end}"


def _bound(value: object) -> str:
    if isinstance(value, exp.Literal) and not value.is_string:
        return str(value.this)
    if isinstance(value, exp.Expression):
        raise refuse(f"The frame bound {value.sql('snowflake')}", "Write a number of rows.")
    return str(value)


def _over(call: str, *clauses: str) -> str:
    return f"{call} OVER ({' '.join(clause for clause in clauses if clause)})"


def _rank(name: str, call: exp.Expression, parts: str, sites: frozenset[int], scope: Scope) -> Piece:
    if "ORDER BY" not in parts and name != "ROW_NUMBER":
        raise BadInput(f"{name} needs ORDER BY in its window", "Write OVER (ORDER BY ..).")
    arguments = ", ".join(scope.state.expression(item, scope).sql for item in call.expressions)
    return Piece(_over(f"{name}({arguments})", parts), _RANKS[name], sites)


def _neighbour(
    name: str, call: exp.Expression, ignore: bool, parts: str, sites: frozenset[int], scope: Scope
) -> Piece:
    pieces = [scope.state.expression(item, scope) for item in call.expressions]
    offset = pieces[1] if len(pieces) > 1 else Piece("1", INTEGER)
    values, result = unified([pieces[0], *pieces[2:3]])
    default = values[1].sql if len(values) > 1 else "NULL"
    sites = sites.union(*(piece.sites for piece in pieces))
    if not ignore:
        return Piece(_over(f"{name}({values[0].sql}, {offset.sql}, {default})", parts), result, sites)
    rows = "UNBOUNDED PRECEDING AND 1 PRECEDING" if name == "LAG" else "1 FOLLOWING AND UNBOUNDED FOLLOWING"
    found = _over(f"sf_{name.lower()}_known({values[0].sql}, {offset.sql})", parts, f"ROWS BETWEEN {rows}")
    return Piece(f"COALESCE({found}, {default})" if default != "NULL" else found, result, sites)


def _position(
    name: str,
    call: exp.Expression,
    ignore: bool,
    parts: str,
    sites: frozenset[int],
    scope: Scope,
    node: exp.Window,
) -> Piece:
    """FIRST_VALUE and its kin; without a frame Snowflake looks at the whole partition."""
    pieces = [scope.state.expression(item, scope) for item in call.expressions]
    frame = _frame(node) or _WHOLE
    function = f"sf_{name.lower()}_known" if ignore else name
    arguments = ", ".join(piece.sql for piece in pieces)
    return Piece(
        _over(f"{function}({arguments})", parts, frame),
        pieces[0].type,
        sites.union(*(p.sites for p in pieces)),
    )


def _ratio(call: exp.Expression, parts: str, sites: frozenset[int], scope: Scope) -> Piece:
    if len(call.expressions) != 1:
        raise BadInput("RATIO_TO_REPORT takes 1 argument", "Write RATIO_TO_REPORT(amount) OVER ().")
    value = scope.state.expression(call.expressions[0], scope)
    total = Piece(_over(f"SUM({value.sql})", parts), value.type, sites | value.sites)
    return divide(value, total, "sf_div0null")


def _event(name: str, call: exp.Expression, parts: str, sites: frozenset[int], scope: Scope) -> Piece:
    """CONDITIONAL_TRUE_EVENT counts true conditions up to the row, CONDITIONAL_CHANGE_EVENT changed values."""
    if len(call.expressions) != 1 or "ORDER BY" not in parts:
        raise BadInput(
            f"{name} takes 1 argument and an ordered window", f"Write {name}(x) OVER (ORDER BY ..)."
        )
    value = scope.state.expression(call.expressions[0], scope)
    if name == "CONDITIONAL_TRUE_EVENT":
        function = f"COUNT(CASE WHEN {boolean(value).sql} THEN 1 END)"
    else:
        function = f"sf_change_count({comparable(value).sql})"
    running = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    return Piece(_over(function, parts, running), INTEGER, sites | value.sites)


def _aggregate(call: exp.Expression, parts: str, frame: str, sites: frozenset[int], scope: Scope) -> Piece:
    """An aggregate over a window; its arguments may themselves be aggregates of a grouped SELECT."""
    taken = aggregates.take_apart(call)
    function = aggregates.windowed(taken, scope)
    match = _ROUNDED.fullmatch(function.sql)
    inner, digits = (match[1], match[2]) if match else (function.sql, None)
    if "DISTINCT " in inner[:40]:
        raise refuse(f"{taken.name}(DISTINCT ..) OVER", "Aggregate in a subquery and join.")
    if inner.startswith("sf_variant("):
        raise refuse(f"{taken.name} of a VARIANT OVER a window", "Cast it: value::FLOAT.")
    windowed = _over(inner, parts, frame)
    result = SqlType(Kind.NUMBER, 38, int(digits)) if digits else function.type
    sql = f"ROUND({windowed}, {digits})" if digits else windowed
    return Piece(sql, result, sites | function.sites)
