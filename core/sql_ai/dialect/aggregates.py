"""Compiling aggregates, with DISTINCT and WITHIN GROUP."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.collations import effective
from core.sql_ai.dialect.coercion import boolean, comparable, distinguished, numeric, text, to, variant
from core.sql_ai.dialect.compilation import check_count, refuse
from core.sql_ai.dialect.pieces import Piece, Scope
from core.sql_ai.dialect.stars import values_of
from core.sql_ai.kinds import (
    ARRAY,
    BINARY,
    BOOLEAN,
    FLOAT,
    INTEGER,
    NUMBER,
    OBJECT,
    VARCHAR,
    VARIANT,
    Kind,
    SqlType,
)

# sqlite3 gives NULL for an aggregate of Python's over no rows, without asking it.
_OF_NO_ROWS = {
    "sf_count": "0", "sf_regr_count": "0", "sf_hash_agg": "0", "sf_listagg": "''", "sf_array": "'[]'",
    "sf_object_agg": "'{}'",
}  # fmt: skip


# Aggregates that tell texts apart by their code points, always or behind DISTINCT.
_COMPARING = frozenset({"MODE", "APPROX_TOP_K", "ARRAY_UNIQUE_AGG"})
_COLLECTING = frozenset({"LISTAGG", "STRING_AGG", "ARRAY_AGG"})


@dataclass(frozen=True)
class Call:
    """An aggregate taken apart: name, argument nodes, DISTINCT, WITHIN GROUP's keys, whether rows may leave again."""

    name: str
    arguments: list[exp.Expression]
    distinct: bool
    order: list[exp.Ordered]
    over_frame: bool = False


@dataclass(frozen=True)
class Rule:
    """What compiles an aggregate, how many arguments it takes (``most`` None: any number), and whether WITHIN GROUP
    goes with it.
    """

    build: Callable[[Call, list[Piece], Scope], Piece]
    least: int = 1
    most: int | None = 1
    ordered: bool = False


def compile_aggregate(node: exp.Expression, scope: Scope) -> Piece:
    """The aggregate; raises BadInput where aggregates are not allowed."""
    call = take_apart(node)
    if not scope.aggregates:
        raise BadInput(
            f"The aggregate {call.name} is not allowed in {scope.clause}", "Use HAVING, or a subquery."
        )
    inner = scope.at(grouping=None, aggregates=False, windows=False)
    if any(
        isinstance(part, exp.Window) for argument in call.arguments for part in argument.find_all(exp.Window)
    ):
        raise BadInput(f"A window function is inside {call.name}", "Compute it in a subquery.")
    piece = _build(call, inner)
    if call.name == "SUM" and piece.type.kind is Kind.NUMBER and piece.type.scale == 0:
        piece = Piece(f"sf_whole_total({piece.sql})", piece.type, piece.sites)
    return Piece(of_no_rows(piece.sql, piece.sql), piece.type, piece.sites)


def of_no_rows(function: str, whole: str) -> str:
    """``whole``, which contains the call ``function``, with the value that this aggregate has over no rows."""
    empty = next((value for name, value in _OF_NO_ROWS.items() if function.startswith(name)), None)
    return whole if empty is None else f"COALESCE({whole}, {empty})"


def take_apart(node: exp.Expression) -> Call:
    """Name, arguments, DISTINCT and order of an aggregate call."""
    order: list[exp.Ordered] = []
    if isinstance(node, exp.WithinGroup):
        order = list(node.expression.expressions)
        node = node.this
    if not isinstance(node, exp.Anonymous):
        raise refuse(f"WITHIN GROUP behind {type(node).__name__}")
    arguments = list(node.expressions)
    distinct = bool(arguments) and isinstance(arguments[0], exp.Distinct)
    if distinct:
        arguments = [*arguments[0].expressions, *arguments[1:]]
    name = str(node.this).upper()
    if name not in NAMES:
        raise refuse(f"WITHIN GROUP behind {name}")
    return Call(name, arguments, distinct, order)


def _build(call: Call, scope: Scope) -> Piece:
    if call.name == "COUNT":
        return _count(call, scope)
    rule = _RULES[call.name]
    check_count(call.name, len(call.arguments), rule.least, rule.most)
    if call.order and not rule.ordered:
        fitting = sorted(name for name, one in _RULES.items() if one.ordered)
        raise BadInput(f"WITHIN GROUP does not go with {call.name}", f"It goes with {', '.join(fitting)}.")
    if rule.most is None:
        return rule.build(call, values_of(call.arguments, scope), scope)
    pieces = [scope.state.expression(argument, scope) for argument in call.arguments]
    if call.name in _COMPARING or (call.distinct and call.name in _COLLECTING):
        _refuse_collation(call.name, pieces)
    return rule.build(call, pieces, scope)


def _refuse_collation(name: str, pieces: list[Piece]) -> None:
    """Refuse an aggregate that would compare collated texts by their code points."""
    for piece in pieces:
        if collation := effective(piece.type.collation):
            raise refuse(
                f"{name} of texts with the collation '{collation.written}'",
                "Use GROUP BY and COUNT(*), or take the collation off: COLLATE(text, '').",
            )


def _count(call: Call, scope: Scope) -> Piece:
    check_count("COUNT", len(call.arguments), 1, None)
    if call.arguments == [exp.Star()] and not call.distinct:
        return Piece("COUNT(*)", INTEGER)
    # ``t.*`` and ``* EXCLUDE x`` are columns, all of which must be there to count a row.
    pieces = values_of(call.arguments, scope)
    if len(pieces) == 1:
        return _plain(
            "COUNT", [comparable(pieces[0]) if call.distinct else pieces[0]], INTEGER, call.distinct
        )
    if call.distinct:
        return _plain("sf_count_distinct", [comparable(piece) for piece in pieces], INTEGER)
    return _plain("sf_count_rows", pieces, INTEGER)


def _by_name(
    prepare: Callable[[Piece], Piece], result: SqlType
) -> Callable[[Call, list[Piece], Scope], Piece]:
    """The user-defined function of the aggregate's own name, over prepared arguments."""

    def build(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
        return _plain(f"sf_{call.name.lower()}", [prepare(piece) for piece in pieces], result)

    return build


def _as_it_is(piece: Piece) -> Piece:
    return piece


def _array_only(piece: Piece) -> Piece:
    return Piece(f"sf_array_only({variant(piece).sql})", ARRAY, piece.sites)


def _extreme(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    piece, function = pieces[0], "MAX" if call.name == "MAX" else "MIN"  # ANY_VALUE may be the least as well
    if piece.type.kind is Kind.VARIANT and call.name != "ANY_VALUE":  # by the scalar inside, and as it is
        name = f"sf_{function.lower()}"
        if call.over_frame:
            return _plain(f"{name}_by", [piece, comparable(piece)], VARIANT)
        return _plain(f"{name}_variant", [piece], VARIANT)
    return _plain(function, [replace(piece, sql=distinguished(piece))], piece.type)


def _count_if(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    return Piece(f"COUNT(CASE WHEN {boolean(pieces[0]).sql} THEN 1 END)", INTEGER, pieces[0].sites)


def _logical(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    return _plain("MIN" if call.name == "BOOLAND_AGG" else "MAX", [boolean(pieces[0])], BOOLEAN)


def _mode(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    return _plain("sf_mode", pieces, pieces[0].type)


def _different(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    return _plain("COUNT", [comparable(pieces[0])], INTEGER, distinct=True)


def _typed(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    """An aggregate of VECTORs, element by element, or of bitmaps; it takes no other type."""
    piece, wanted = pieces[0], Kind.BINARY if call.name == "BITMAP_OR_AGG" else Kind.VECTOR
    if piece.type.kind not in (wanted, Kind.NULL):
        raise BadInput(
            f"{call.name} of {piece.type.text}, which is not of type {wanted}", "Cast it first, with ::."
        )
    _refuse_distinct(call)
    result = SqlType(Kind.VECTOR, size=piece.type.size) if wanted is Kind.VECTOR else piece.type
    return _plain(f"sf_{call.name.lower()}", [piece], result)


def _refuse_distinct(call: Call) -> None:
    if call.distinct:
        raise refuse(f"{call.name}(DISTINCT ..)", "Aggregate over SELECT DISTINCT.")


def _sum(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    """SUM and AVG; fixed-point sums keep their decimals, fixed-point averages get six more."""
    name, value = call.name, numeric(pieces[0])
    if value.type.kind is not Kind.NUMBER or value.type.scale is None:
        result = FLOAT if name == "AVG" or value.type.kind is Kind.FLOAT else NUMBER
        return _plain(name, [value], result, call.distinct)
    scale = value.type.scale if name == "SUM" else min(value.type.scale + 6, 12)
    return _plain(name, [value], SqlType(Kind.NUMBER, 38, scale), call.distinct)


def _median(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    value = numeric(pieces[0])
    _refuse_distinct(call)
    return _plain("sf_median", [value], FLOAT if value.type.kind is Kind.FLOAT else NUMBER)


def _moment(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    value = numeric(pieces[0])
    _refuse_distinct(call)
    return _plain(f"sf_{call.name.lower()}", [value], FLOAT)


def _by_key(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    """MAX_BY and MIN_BY: the value beside the greatest or the least key, or an array of the first few."""
    function = f"sf_{call.name.lower()}"
    if len(pieces) == 3:
        return _plain(f"{function}_n", [variant(pieces[0]), comparable(pieces[1]), pieces[2]], ARRAY)
    return _plain(function, [pieces[0], comparable(pieces[1])], pieces[0].type)


def _object(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    return _plain("sf_object_agg", [text(pieces[0]), variant(pieces[1])], OBJECT)


def _top(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    many = pieces[1] if len(pieces) > 1 else Piece("1", INTEGER)
    return _plain("sf_approx_top_k", [variant(pieces[0]), many], ARRAY)


def _collected(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    """LISTAGG and ARRAY_AGG: the sort keys travel as further arguments, since SQLite 3.40 cannot order."""
    keys: list[Piece] = []
    marks = ""
    for ordered in call.order:
        keys.append(comparable(scope.state.expression(ordered.this, scope)))
        marks += ("d" if ordered.args.get("desc") else "a") + (
            "f" if ordered.args.get("nulls_first") else "l"
        )
    if call.name in ("ARRAY_AGG", "ARRAY_UNIQUE_AGG"):
        value, separator, result, target = variant(pieces[0]), "NULL", ARRAY, "sf_array_agg"
    else:
        value, result, target = text(pieces[0]), VARCHAR, "sf_listagg"
        separator = text(pieces[1]).sql if len(pieces) > 1 else "''"
    distinct = int(call.distinct or call.name == "ARRAY_UNIQUE_AGG")
    tail = "".join(f", {key.sql}" for key in keys)
    sites = value.sites.union(*(key.sites for key in keys)) if keys else value.sites
    return Piece(f"{target}({distinct}, '{marks}', {separator}, {value.sql}{tail})", result, sites)


def _percentile(call: Call, pieces: list[Piece], scope: Scope) -> Piece:
    if call.name == "APPROX_PERCENTILE":
        return _plain("sf_percentile_cont", [numeric(pieces[1]), numeric(pieces[0])], FLOAT)
    if len(call.order) != 1:
        raise BadInput(f"{call.name} needs WITHIN GROUP (ORDER BY one key)", "Name the column to rank.")
    key = scope.state.expression(call.order[0].this, scope)
    key = numeric(key) if key.type.kind is Kind.VARIANT else key
    share = numeric(pieces[0])
    if call.order[0].args.get("desc"):
        share = Piece(f"(1 - {share.sql})", FLOAT, share.sites)
    result = FLOAT if call.name == "PERCENTILE_CONT" else key.type
    return _plain(f"sf_{call.name.lower()}", [share, to(key, key.type.kind)], result)


def _plain(function: str, pieces: list[Piece], result: SqlType, distinct: bool = False) -> Piece:
    inside = ", ".join(piece.sql for piece in pieces)
    sites = frozenset().union(*(piece.sites for piece in pieces))
    sql = f"{function}({'DISTINCT ' if distinct else ''}{inside})"
    return Piece(_round_exact(function, sql, result), result, sites)


def _round_exact(function: str, sql: str, result: SqlType) -> str:
    """Sums of decimals drift in binary; Snowflake's are exact. Windows put OVER between, see windows.py."""
    return f"ROUND({sql}, {result.scale})" if function in ("SUM", "AVG") and result.scale else sql


def windowed(call: Call, scope: Scope) -> Piece:
    """The aggregate of a window: DISTINCT counts by a function that SQLite can run over a frame."""
    if call.distinct and call.name in ("COUNT", "APPROX_COUNT_DISTINCT"):
        pieces = [comparable(scope.state.expression(argument, scope)) for argument in call.arguments]
        return _plain("sf_count_distinct", pieces, INTEGER)
    return _build(replace(call, over_frame=True), scope)


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("MIN", "MAX", "ANY_VALUE"), Rule(_extreme)),
    **dict.fromkeys(("SUM", "AVG"), Rule(_sum)),
    **dict.fromkeys(("APPROX_COUNT_DISTINCT", "HLL"), Rule(_different)),
    "COUNT_IF": Rule(_count_if), "MEDIAN": Rule(_median), "MODE": Rule(_mode),
    **dict.fromkeys(("STDDEV", "STDDEV_SAMP", "STDDEV_POP", "VARIANCE", "VAR_SAMP", "VARIANCE_SAMP", "VAR_POP",
                     "VARIANCE_POP", "SKEW", "KURTOSIS"), Rule(_moment)),
    **dict.fromkeys(("CORR", "COVAR_SAMP", "COVAR_POP", "REGR_SLOPE", "REGR_INTERCEPT", "REGR_R2", "REGR_AVGX",
                     "REGR_AVGY", "REGR_SXX", "REGR_SYY", "REGR_SXY"), Rule(_by_name(numeric, FLOAT), 2, 2)),
    "REGR_COUNT": Rule(_by_name(numeric, INTEGER), 2, 2),
    **dict.fromkeys(("LISTAGG", "STRING_AGG"), Rule(_collected, 1, 2, ordered=True)),
    **dict.fromkeys(("ARRAY_AGG", "ARRAY_UNIQUE_AGG"), Rule(_collected, ordered=True)),
    "ARRAY_UNION_AGG": Rule(_by_name(_array_only, ARRAY)), "OBJECT_AGG": Rule(_object, 2, 2),
    **dict.fromkeys(("MAX_BY", "MIN_BY"), Rule(_by_key, 2, 3)),
    **dict.fromkeys(("PERCENTILE_CONT", "PERCENTILE_DISC"), Rule(_percentile, ordered=True)),
    "APPROX_PERCENTILE": Rule(_percentile, 2, 2), "APPROX_TOP_K": Rule(_top, 1, 3),
    "HASH_AGG": Rule(_by_name(_as_it_is, INTEGER), 1, None),
    **dict.fromkeys(("BOOLAND_AGG", "BOOLOR_AGG"), Rule(_logical)),
    "BOOLXOR_AGG": Rule(_by_name(boolean, BOOLEAN)),
    **dict.fromkeys(("BITAND_AGG", "BITOR_AGG", "BITXOR_AGG"), Rule(_by_name(numeric, INTEGER))),
    "BITMAP_CONSTRUCT_AGG": Rule(_by_name(numeric, BINARY)), "BITMAP_OR_AGG": Rule(_typed),
    **dict.fromkeys(("VECTOR_SUM", "VECTOR_AVG", "VECTOR_MIN", "VECTOR_MAX"), Rule(_typed)),
}  # fmt: skip
NAMES = frozenset({"COUNT", *_RULES})
