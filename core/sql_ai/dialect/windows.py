"""Compiling window functions."""

import re
from decimal import Decimal

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai import catalog
from core.sql_ai.dialect import aggregates
from core.sql_ai.dialect.arithmetic import divide, interval_parts
from core.sql_ai.dialect.coercion import boolean, comparable, unified
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.dialect.pieces import Piece, Scope, draws, text_literal
from core.sql_ai.kinds import FLOAT, INTEGER, VARCHAR, Kind, SqlType
from core.sql_ai.udfs.dates import has_fixed_length, microseconds
from core.sql_ai.udfs.frames import UNBOUNDED

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
_EVENTS = frozenset({"CONDITIONAL_TRUE_EVENT", "CONDITIONAL_CHANGE_EVENT"})
_Bounds = tuple[str, str, str]
NAMES = frozenset(_RANKS) | _NEIGHBOURS | _POSITIONS | _EVENTS | {"RATIO_TO_REPORT"}
_COUNTS: dict[str, tuple[int, int | None]] = {
    "LAG": (1, 3), "LEAD": (1, 3), "FIRST_VALUE": (1, 1), "LAST_VALUE": (1, 1), "NTH_VALUE": (2, 2), "NTILE": (1, 1),
}  # fmt: skip
_WHOLE = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
_WITH_WINDOWS = ("SELECT", "QUALIFY", "ORDER BY")
_TO_THE_END = "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"
MATCHED = "MATCH!ROWS"  # the window function that MATCH_RECOGNIZE becomes
_MOST_ROWS = 1_000_000
_MOST_DIGITS = 15  # behind the point of a distance
_LEAST, _MOST = 1e-15, 1e15  # of a distance that RANGE measures
_AN_INTERVAL = "INTERVAL '1 month' PRECEDING"
_ROUNDED = re.compile(r"ROUND\((.*), (\d+)\)", re.DOTALL)


def compile_window(node: exp.Window, scope: Scope) -> Piece:
    """``f(..) OVER (..)``; raises BadInput where window functions are not allowed."""
    if not scope.windows and scope.clause in _WITH_WINDOWS:
        raise BadInput("A window function is inside another one", "Compute the inner one in a subquery.")
    if not scope.windows:
        raise BadInput(f"A window function is not allowed in {scope.clause}", "Use QUALIFY, or a subquery.")
    call, ignore_nulls = _inner(node)
    if node.args.get("alias"):
        raise refuse("A named window", "Write the window inside OVER (..).")
    name = str((call.this if isinstance(call, exp.WithinGroup) else call).this).upper()
    if catalog.is_aggregate(name):
        raise refuse(f"{name} as a window function", "Use GROUP BY, and join the groups to the rows.")
    _check_count(name, call)
    inner = scope.at(windows=False)
    parts, sites = _parts(node, inner)
    if name == MATCHED:
        return _matched(call, parts, sites, inner)
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
    return _aggregate(call, parts, node, sites, inner)


def _check_count(name: str, call: exp.Expression) -> None:
    least, most = _COUNTS.get(name, (0, 0) if name in _RANKS else (0, None))
    given = len(call.expressions)
    if given < least or (most is not None and given > most):
        wanted = str(least) if least == most else f"{least} to {most}"
        raise BadInput(
            f"{name} takes {wanted} argument(s), {given} given", f"Write {name}(x) OVER (ORDER BY ..)."
        )


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
    if order is None and _measures(node):
        raise BadInput("RANGE with a distance needs one sort key", "Write ORDER BY in the window, or ROWS.")
    if order is not None:
        keys = [order_key(item, scope) for item in order.expressions]
        if _measures(node):
            keys = [_measured(node, order.expressions, scope)]
        pieces += keys
        text += " ORDER BY " + ", ".join(key.sql for key in keys)
    return text.strip(), frozenset().union(*(piece.sites for piece in pieces)) if pieces else frozenset()


def order_key(node: exp.Expression, scope: Scope) -> Piece:
    """One sort key with its direction; NULLs last when ascending, first when descending, as in Snowflake."""
    ordered = node if isinstance(node, exp.Ordered) else exp.Ordered(this=node, nulls_first=False)
    if ordered.args.get("with_fill"):
        raise refuse("WITH FILL", "Join a GENERATOR that has every value.")
    piece = comparable(scope.state.expression(ordered.this, scope))
    direction = "DESC" if ordered.args.get("desc") else "ASC"
    nulls = "FIRST" if ordered.args.get("nulls_first") else "LAST"
    return Piece(f"{piece.sql} {direction} NULLS {nulls}", piece.type, piece.sites)


def _measures(node: exp.Window) -> bool:
    """Whether the frame is a distance on the sort key: RANGE BETWEEN INTERVAL '1 day' PRECEDING AND .."""
    spec = node.args.get("spec")
    is_range = spec is not None and str(spec.args.get("kind")).upper() == "RANGE"
    return is_range and any(isinstance(bound, exp.Expression) for bound in _frame_ends(node))


def _frame_ends(node: exp.Window) -> tuple[object, ...]:
    """Where the frame starts and ends, as it is written; nothing when there is no frame."""
    spec = node.args.get("spec")
    return (spec.args.get("start"), spec.args.get("end")) if spec is not None else ()


def _measured(node: exp.Window, order: list[exp.Expression], scope: Scope) -> Piece:
    """The sort key as a number, which is all that SQLite can measure distances on."""
    if len(order) != 1:
        raise BadInput("RANGE with a distance needs one sort key", "Use ROWS, or ORDER BY one column.")
    ordered = order[0] if isinstance(order[0], exp.Ordered) else exp.Ordered(this=order[0], nulls_first=False)
    piece = scope.state.expression(ordered.this, scope)
    piece = comparable(piece) if piece.type.kind is Kind.ZONED else piece
    by_time = _by_time(node)
    mixed = by_time and any(isinstance(bound, exp.Literal) for bound in _frame_ends(node))
    if (
        mixed
        or by_time is not (piece.type.kind in (Kind.DATE, Kind.TIMESTAMP))
        or not (by_time or piece.type.kind in (Kind.NUMBER, Kind.FLOAT))
    ):
        raise BadInput(
            f"The distances of RANGE do not fit the sort key, which is {piece.type.text}",
            "Dates need INTERVAL '1 day', numbers a number.",
        )
    sql = _as_number(piece.sql, node, _shift(node, scope))
    direction = "DESC NULLS" if ordered.args.get("desc") else "ASC NULLS"
    return Piece(
        f"{sql} {direction} {'FIRST' if ordered.args.get('nulls_first') else 'LAST'}", INTEGER, piece.sites
    )


def _shift(node: exp.Window, scope: Scope) -> int:
    """The power of ten by which decimals are multiplied to be measured: to SQLite 0.8 - 0.1 is not 0.7."""
    if not _measures(node) or _by_time(node):
        return 0
    ordered = node.args["order"].expressions[0]
    kind = scope.state.expression(ordered.this if isinstance(ordered, exp.Ordered) else ordered, scope).type
    digits = [_digits(bound) for bound in _frame_ends(node) if isinstance(bound, exp.Literal)]
    return min(max([kind.scale or 0, *digits]), _MOST_DIGITS) if kind.kind is Kind.NUMBER else 0


def _digits(distance: exp.Literal) -> int:
    """How many digits of a written number are behind its point."""
    if distance.is_string:
        return 0
    size = float(distance.name)
    digits = -int(Decimal(distance.name).as_tuple().exponent) if _LEAST <= size <= _MOST else 0
    if digits > _MOST_DIGITS or (size and not _LEAST <= size <= _MOST):
        raise BadInput(
            f"The frame bound {distance.name[:20]} is too large, or has over {_MOST_DIGITS} digits behind its point",
            "Write UNBOUNDED, or round it.",
        )
    return digits


def _as_number(sql: str, node: exp.Window, shift: int) -> str:
    """A value of the sort key as the number on which distances are measured."""
    if _by_time(node):
        return f"sf_date_part('epoch_microsecond', {sql})"
    return f"ROUND({sql} * {10**shift})" if shift else sql


def _by_time(node: exp.Window) -> bool:
    return any(isinstance(bound, exp.Interval) for bound in _frame_ends(node))


def _by_calendar(node: exp.Window) -> bool:
    """Whether a bound of the frame is so many months or years away, which SQLite cannot measure."""
    return any(
        not has_fixed_length(unit)
        for bound in _frame_ends(node)
        if isinstance(bound, exp.Interval)
        for _amount, unit in interval_parts(bound)
    )


def _framed(node: exp.Window, scope: Scope) -> _Bounds:
    """The sort key of a RANGE and the keys at which the current row's frame starts and ends, as numbers that grow."""
    ordered = node.args["order"].expressions[0]
    descends = isinstance(ordered, exp.Ordered) and bool(ordered.args.get("desc"))
    key = ordered.this if isinstance(ordered, exp.Ordered) else ordered
    spec, shift = node.args["spec"], _shift(node, scope)

    def number(moment: exp.Expression) -> str:
        piece = comparable(scope.state.expression(moment, scope))
        if draws(piece.sql):
            raise refuse("A RANGE over a random number or a sequence", "Draw it in a subquery.")
        sql = _as_number(piece.sql, node, shift)
        return f"(-{sql})" if descends else sql

    def bound(which: str) -> str:
        value, side = spec.args.get(which), str(spec.args.get(f"{which}_side") or "")
        if isinstance(value, exp.Literal):
            return f"({number(key)} {'-' if side.upper() == 'PRECEDING' else '+'} {_distance(value, shift)})"
        if not isinstance(value, exp.Interval):
            return text_literal(UNBOUNDED) if value == "UNBOUNDED" else number(key)
        if not side or any(amount < 0 for amount, _unit in interval_parts(value)):
            raise BadInput(
                f"The frame bound {value.sql('snowflake')} has no direction", f"Write {_AN_INTERVAL}."
            )
        back = (side.upper() == "PRECEDING") is not descends
        return number((exp.Sub if back else exp.Add)(this=key.copy(), expression=value.copy()))

    return number(key), bound("start"), bound("end")


def _over_frame(call: str, parts: str, node: exp.Window, frame: str, scope: Scope) -> str:
    """The call over its frame, which a function of our own finds where SQLite cannot."""
    beside = "RANGE BETWEEN" in frame and _may_be_empty(frame) and call.startswith("sf_")
    if not _by_calendar(node) and not beside:
        return _over(call, parts, frame)
    if "sf_sortable(" in call:
        raise refuse(
            "MIN or MAX of a collated text over months", "Take the collation off: COLLATE(text, '')."
        )
    name, _opening, rest = call.partition("(")
    arguments = [rest[:-1]] if rest != "*)" else []
    given = ", ".join((text_literal(name), *_framed(node, scope), *arguments))
    return f"sf_framed({given}) OVER ({parts} {_TO_THE_END})"


def _frame(node: exp.Window, scope: Scope) -> str:
    spec = node.args.get("spec")
    if spec is None:
        return ""
    if spec.args.get("exclude"):
        raise refuse("EXCLUDE in a window frame")
    _check_direction(spec)
    if _by_calendar(node) and str(spec.args.get("kind")).upper() == "RANGE":
        return ""
    if str(spec.args.get("kind") or "ROWS").upper() != "RANGE":
        _check_rows(spec)
    shift = _shift(node, scope)
    start = _bound(spec.args["start"], spec.args.get("start_side"), shift)
    end = (
        _bound(spec.args["end"], spec.args.get("end_side"), shift) if spec.args.get("end") else "CURRENT ROW"
    )
    if _backwards(start.split(), end.split()):
        raise BadInput(f"The window frame BETWEEN {start} AND {end} ends before it starts", "Swap them.")
    return f"{spec.args.get('kind') or 'ROWS'} BETWEEN {start} AND {end}"


def _check_direction(spec: exp.Expression) -> None:
    """Raise BadInput when the frame would start behind the current row and end before it."""
    places = ("PRECEDING", "", "FOLLOWING")
    start, end = (
        places.index(str(spec.args.get(f"{bound}_side") or "").upper()) for bound in ("start", "end")
    )
    if start > end:
        raise BadInput("The window frame ends before it starts", "Swap its bounds.")


def _check_rows(spec: exp.Expression) -> None:
    """SQLite counts up to the end of ``1 FOLLOWING AND n FOLLOWING`` row by row, and nothing can stop it there."""
    for bound in (spec.args.get("start"), spec.args.get("end")):
        if isinstance(bound, exp.Interval):
            raise BadInput("A frame of ROWS counts rows, not time", "Write RANGE BETWEEN INTERVAL ..")
        if isinstance(bound, exp.Literal) and not bound.is_string and not float(bound.name) <= _MOST_ROWS:
            raise BadInput(
                f"The frame bound {bound.name[:20]} is larger than {_MOST_ROWS:,} rows", "Write UNBOUNDED."
            )


def _backwards(start: list[str], end: list[str]) -> bool:
    """Two distances on one side of the current row, in the wrong order."""
    if start[1] != end[1] or "UNBOUNDED" in (start[0], end[0]) or start[1] == "ROW":
        return False
    distance = float(start[0]) - float(end[0])
    return distance < 0 if start[1] == "PRECEDING" else distance > 0


def _distance(literal: exp.Literal, shift: int) -> str:
    return f"{Decimal(literal.name).scaleb(shift):f}" if shift and float(literal.name) else literal.name


def _bound(value: object, side: str | None, shift: int) -> str:
    number = str(value)
    if isinstance(value, exp.Interval):
        number = str(sum(microseconds(unit, amount) for amount, unit in interval_parts(value)))
    elif isinstance(value, exp.Literal) and not value.is_string:
        number = _distance(value, shift)
    elif isinstance(value, exp.Expression):
        raise refuse(f"The frame bound {value.sql('snowflake')}", "Write a number of rows.")
    if number == "0" or number.upper() == "CURRENT ROW":
        return "CURRENT ROW"
    if not side:
        raise BadInput(f"The frame bound {number} has no side", "Write 1 PRECEDING or 1 FOLLOWING.")
    return f"{number} {side}".upper()


def _over(call: str, *clauses: str) -> str:
    text = " ".join(clause for clause in clauses if clause)
    if call.startswith("sf_") and _may_be_empty(text):
        # The frame may be empty, and sqlite3 crashes the process when it asks an aggregate of Python's for its
        # value before the first row. The frame never holds the current row, so leaving that out changes nothing,
        # but it makes SQLite compute every frame afresh, and that way knows about empty ones.
        text += " EXCLUDE CURRENT ROW"
    return f"{call} OVER ({text})"


def _may_be_empty(frame: str) -> bool:
    """Whether the frame never holds the current row."""
    return frame.endswith("PRECEDING") or " FOLLOWING AND " in frame


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
    # The current row is in the frame, though never the answer: a frame must not be empty, see `_over`.
    rows = "UNBOUNDED PRECEDING AND CURRENT ROW" if name == "LAG" else "CURRENT ROW AND UNBOUNDED FOLLOWING"
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
    frame = _frame(node, scope) or _WHOLE
    function = f"sf_{name.lower()}_known" if ignore else name
    arguments = ", ".join(piece.sql for piece in pieces)
    return Piece(
        _over_frame(f"{function}({arguments})", parts, node, frame, scope),
        pieces[0].type,
        sites.union(*(p.sites for p in pieces)),
    )


def _ratio(call: exp.Expression, parts: str, sites: frozenset[int], scope: Scope) -> Piece:
    if len(call.expressions) != 1:
        raise BadInput("RATIO_TO_REPORT takes 1 argument", "Write RATIO_TO_REPORT(amount) OVER ().")
    value = scope.state.expression(call.expressions[0], scope)
    total = Piece(_over(f"SUM({value.sql})", parts), value.type, sites | value.sites)
    return divide(value, total, "sf_div0null")


def _matched(call: exp.Expression, parts: str, sites: frozenset[int], scope: Scope) -> Piece:
    pieces = [scope.state.expression(item, scope) for item in call.expressions]
    given = ", ".join(piece.sql for piece in pieces)
    sql = f"sf_matched({given}) OVER ({parts} {_TO_THE_END})"
    return Piece(sql, VARCHAR, sites.union(*(piece.sites for piece in pieces)))


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


def _aggregate(
    call: exp.Expression, parts: str, node: exp.Window, sites: frozenset[int], scope: Scope
) -> Piece:
    """An aggregate over a window; its arguments may themselves be aggregates of a grouped SELECT."""
    taken = aggregates.take_apart(call)
    function = aggregates.windowed(taken, scope)
    match = _ROUNDED.fullmatch(function.sql)
    inner, digits = (match[1], match[2]) if match else (function.sql, None)
    if "DISTINCT " in inner[:40]:
        raise refuse(f"{taken.name}(DISTINCT ..) OVER", "Aggregate in a subquery and join.")
    windowed = _over_frame(inner, parts, node, _frame(node, scope), scope)
    windowed = aggregates.of_no_rows(inner, windowed)
    result = SqlType(Kind.NUMBER, 38, int(digits)) if digits else function.type
    sql = f"ROUND({windowed}, {digits})" if digits else windowed
    return Piece(sql, result, sites | function.sites)
