"""TO_CHAR, TO_DATE, TO_NUMBER and their TRY_ forms."""

from sqlglot import exp

from core.sql_ai.dialect import coercion
from core.sql_ai.dialect.coercion import text
from core.sql_ai.dialect.compilation import check_count
from core.sql_ai.dialect.pieces import Piece, Scope
from core.sql_ai.kinds import BOOLEAN, DATE, FLOAT, INTEGER, TIME, TIMESTAMP, VARCHAR, ZONED, Kind, SqlType

_TARGETS = {
    "TO_DATE": DATE, "DATE": DATE, "TO_TIMESTAMP": TIMESTAMP, "TO_TIMESTAMP_NTZ": TIMESTAMP,
    "TO_TIMESTAMP_LTZ": TIMESTAMP,
    "TO_TIMESTAMP_TZ": ZONED, "TIMESTAMP": TIMESTAMP, "TO_TIME": TIME, "TIME": TIME, "TO_CHAR": VARCHAR,
    "TO_VARCHAR": VARCHAR, "TO_NUMBER": INTEGER, "TO_DECIMAL": INTEGER, "TO_NUMERIC": INTEGER, "TO_DOUBLE": FLOAT,
    "TO_BOOLEAN": BOOLEAN,
}  # fmt: skip
NAMES = frozenset(_TARGETS) | {f"TRY_{name}" for name in _TARGETS if name.startswith("TO_")}


def compile_conversion(name: str, arguments: list[exp.Expression], scope: Scope) -> Piece:
    """The conversion as a cast, or by format where one is given."""
    tried = name.startswith("TRY_")
    target = _TARGETS[name.removeprefix("TRY_")]
    check_count(name, len(arguments), 1, _most(target))
    pieces = [scope.state.expression(argument, scope) for argument in arguments]
    if target.kind is Kind.NUMBER:
        return _to_number(pieces, tried)
    function = "sf_try_cast" if tried else "sf_cast"
    if len(pieces) == 1 and name.endswith("_LTZ"):
        return coercion.local_time(pieces[0], function)
    if len(pieces) == 1:
        return coercion.cast(pieces[0], target, function)
    if target.kind is Kind.VARCHAR:
        kind = pieces[0].type.kind
        sql = f"sf_to_char({pieces[0].sql}, '{kind}', {text(pieces[1]).sql})"
        return Piece(sql, VARCHAR, pieces[0].sites | pieces[1].sites)
    if pieces[1].type.kind is Kind.NUMBER and target.kind in (Kind.TIMESTAMP, Kind.ZONED):
        return coercion.to(
            Piece(f"sf_from_epoch({pieces[0].sql}, {pieces[1].sql})", TIMESTAMP, pieces[0].sites), target.kind
        )
    sql = f"sf_parse_date({text(pieces[0]).sql}, {text(pieces[1]).sql}, '{target.kind}', {int(tried)})"
    return Piece(sql, target, pieces[0].sites | pieces[1].sites)


def _most(target: SqlType) -> int:
    """A format, and for numbers a precision and a scale, may follow; BOOLEAN and FLOAT take none."""
    return {Kind.NUMBER: 4, Kind.BOOLEAN: 1, Kind.FLOAT: 1}.get(target.kind, 2)


def _to_number(pieces: list[Piece], tried: bool) -> Piece:
    """TO_NUMBER(x [, format] [, precision [, scale]])."""
    value, rest = pieces[0], pieces[1:]
    if rest and rest[0].type.kind is Kind.VARCHAR:
        function = "sf_try_parse_number" if tried else "sf_parse_number"
        value = Piece(f"{function}({text(value).sql}, {rest[0].sql})", VARCHAR, value.sites | rest[0].sites)
        rest = rest[1:]
    sizes = [int(piece.literal) for piece in rest if isinstance(piece.literal, int)]
    target = SqlType(Kind.NUMBER, sizes[0] if sizes else 38, sizes[1] if len(sizes) > 1 else 0)
    return coercion.cast(value, target, "sf_try_cast" if tried else "sf_cast")
