"""Compiling arithmetic: of numbers, whose digits are kept or missed by name, and of dates with intervals."""

import re

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect import coercion
from core.sql_ai.dialect.coercion import numeric
from core.sql_ai.dialect.compilation import excerpt, refuse
from core.sql_ai.dialect.dispatch import compile_expression
from core.sql_ai.dialect.pieces import Handler, Piece, Scope, binary
from core.sql_ai.kinds import FLOAT, INTEGER, NUMBER, TIMESTAMP, ZONED, Kind, SqlType
from core.sql_ai.udfs.dates import is_shorter_than_a_day

_WHOLE = {"+": ("sf_whole_sum", 2**61), "-": ("sf_whole_difference", 2**61), "*": ("sf_whole_product", 2**31)}
_SIMPLE = re.compile(r"""\(?(?:"(?:[^"]|"")+"(?:\."(?:[^"]|"")+")?|-?\d{1,18})\)?""")
_MAX_SCALE = 12
_INTERVAL = re.compile(r"([+-]?\d+)\s*([a-z]*)")


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


def interval_parts(node: exp.Interval) -> list[tuple[int, str]]:
    """``INTERVAL '1 year, 2 hours'`` as amounts with their units; a number alone counts seconds."""
    unit, value = node.args.get("unit"), node.this
    if not isinstance(value, exp.Literal):
        raise refuse(excerpt(node), "Write INTERVAL '1 day'.")
    if unit is not None:
        return [(int(float(value.name)), unit.name.lower())]
    parts = []
    for part in value.name.split(","):
        match = _INTERVAL.fullmatch(part.strip().lower())
        if match is None:
            raise refuse(excerpt(node), "Write INTERVAL '1 day, 2 hours'.")
        parts.append((int(match[1]), match[2] or "second"))
    return parts


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
    if base.type.kind is Kind.TIME:
        return _add_to_time(base, node, sign)
    when = coercion.to(base, Kind.TIMESTAMP) if base.type.kind not in (Kind.DATE, Kind.TIMESTAMP) else base
    for amount, unit in interval_parts(node):
        result = TIMESTAMP if is_shorter_than_a_day(unit) else when.type
        when = Piece(f"sf_dateadd('{unit}', {sign}({amount}), {when.sql})", result, base.sites)
    return when


def _add_to_time(base: Piece, node: exp.Interval, sign: str) -> Piece:
    when = base
    for amount, unit in interval_parts(node):
        if not is_shorter_than_a_day(unit):
            raise BadInput(f"A TIME is moved by a {unit}", "It takes hours, minutes and seconds.")
        when = Piece(f"sf_dateadd('{unit}', {sign}({amount}), {when.sql})", base.type, base.sites)
    return when


def _arithmetic(operator: str, left: Piece, right: Piece) -> Piece:
    a, b = numeric(left), numeric(right)
    result = _result_type(operator, a.type, b.type)
    if result.kind is Kind.NUMBER and result.scale == 0:
        return _whole_arithmetic(operator, a, b, result)
    if result.kind is Kind.NUMBER and result.scale is None:
        function = _WHOLE[operator][0].replace("sf_whole", "sf_any")
        return Piece(f"{function}({a.sql}, {b.sql})", result, a.sites | b.sites)
    piece = binary(operator, a, b, result)
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


def _mod(node: exp.Mod, scope: Scope) -> Piece:
    a, b = (
        numeric(compile_expression(node.this, scope)),
        numeric(compile_expression(node.expression, scope)),
    )
    return Piece(f"sf_mod({a.sql}, {b.sql})", _result_type("%", a.type, b.type), a.sites | b.sites)


def _neg(node: exp.Neg, scope: Scope) -> Piece:
    piece = numeric(compile_expression(node.this, scope))
    literal = -piece.literal if isinstance(piece.literal, int | float) else None
    return Piece(f"(-{piece.sql})", piece.type, piece.sites, literal)


HANDLERS: dict[type, Handler] = {
    exp.Add: _add, exp.Sub: _add, exp.Mul: _mul, exp.Div: _div, exp.Mod: _mod, exp.Neg: _neg,
}  # fmt: skip
