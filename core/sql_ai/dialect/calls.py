"""Compiling function calls: rules from the table, forms with their own evaluation order, AI functions."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai import catalog
from core.sql_ai.collations import effective
from core.sql_ai.dialect import aggregates, ai_calls, coercion, conversions, groupings, lambdas, windows
from core.sql_ai.dialect.arithmetic import divide
from core.sql_ai.dialect.coercion import aligned, boolean, numeric, text, unified, variant
from core.sql_ai.dialect.collated import (
    KEEPING,
    SEARCHING,
    check_collated,
    found_by_collation,
    greatest_by_collation,
)
from core.sql_ai.dialect.compilation import check_count, refuse, unknown
from core.sql_ai.dialect.conditions import condition
from core.sql_ai.dialect.dispatch import compile_expression
from core.sql_ai.dialect.expressions import case, with_collation
from core.sql_ai.dialect.foreign import ABSENT, FOREIGN
from core.sql_ai.dialect.literals import python_literal
from core.sql_ai.dialect.pieces import Piece, Scope, collation_of, text_literal
from core.sql_ai.dialect.routines import called, compile_routine
from core.sql_ai.dialect.rules import RULES, Rule
from core.sql_ai.dialect.stars import is_spread, is_star, spread, values_of
from core.sql_ai.dialect.structures import json_build, star_object
from core.sql_ai.kinds import (
    ARRAY,
    DATE,
    INTEGER,
    NULL,
    OBJECT,
    TIME,
    TIMESTAMP,
    VARCHAR,
    ZONED,
    Kind,
)
from core.sql_ai.udfs.dates import in_calendar
from core.sql_ai.values import loads, timestamp_text

_SYSTEM = {"CURRENT_USER": "VISITOR", "CURRENT_ROLE": "PUBLIC", "CURRENT_DATABASE": "SANDBOX",
           "CURRENT_SCHEMA": "PUBLIC", "CURRENT_WAREHOUSE": "LOCAL",
           "CURRENT_ACCOUNT": "LOCAL", "CURRENT_VERSION": "demo-hub", "CURRENT_REGION": "LOCAL",
           "CURRENT_CLIENT": "demo-hub", "CURRENT_SESSION": "SANDBOX", "CURRENT_ORGANIZATION_NAME": "LOCAL",
           "CURRENT_ACCOUNT_NAME": "LOCAL", "CURRENT_AVAILABLE_ROLES": "[]"}  # fmt: skip
# What SQLite, DuckDB and Snowflake offer to reach files, code and services: refused by name.
_OUTSIDE = (
    "LOAD_EXTENSION", "READFILE", "WRITEFILE", "EDIT", "FSDIR", "RANDOMBLOB", "ZEROBLOB", "PRINTF", "SQLITE_VERSION",
    "READ_CSV", "READ_CSV_AUTO", "READ_PARQUET", "READ_JSON", "READ_TEXT", "GETENV",
    "ENCRYPT", "DECRYPT", "SYSTEM$WAIT", "BUILD_SCOPED_FILE_URL",
    "GET_PRESIGNED_URL", "GET_STAGE_LOCATION", "INFER_SCHEMA", "TO_GEOGRAPHY", "TO_GEOMETRY",
    "ST_MAKEPOINT", "ST_DISTANCE",
)  # fmt: skip


def compile_call(node: exp.Expression, scope: Scope) -> Piece:
    """The piece for a call; an unknown name is an error that suggests the nearest known one."""
    if isinstance(node, exp.ModelAttribute):
        return ai_calls.compile_model_method(node, scope)
    name, call = call_name(node)
    if any(is_spread(argument) for argument in call.expressions):
        call = call.copy()
        call.set("expressions", spread(call.expressions, scope))
    spec = catalog.find(name)
    if spec is not None:
        return ai_calls.compile_ai_call(spec, call, scope)
    if not is_known(name):
        routine = scope.state.catalogue.routine("FUNCTION", called(call), len(call.expressions))
        if routine is not None:
            return compile_routine(routine, call, scope)
    if any(isinstance(argument, exp.Kwarg) for argument in call.expressions):
        raise refuse(f"Named arguments of {name}")
    if name in aggregates.NAMES:
        return aggregates.compile_aggregate(call, scope)
    if name in windows.NAMES:
        raise BadInput(f"{name} needs an OVER clause", f"Write {name}(..) OVER (ORDER BY ..).")
    if name in _FORMS:
        return _FORMS[name](call.expressions, scope)
    if name in conversions.NAMES:
        return conversions.compile_conversion(name, call.expressions, scope)
    if name in RULES:
        rule = RULES[name]
        return _drawn(rule, call, scope) if rule.draws else apply(rule, call.expressions, scope)
    if f"CORTEX.{name}" in catalog.names():
        raise BadInput(f"Function {name} does not exist", f"Write SNOWFLAKE.CORTEX.{name}(..).")
    if name in ABSENT:
        raise refuse(f"The function {name}", f"Use {ABSENT[name]}.")
    if name in FOREIGN:
        raise BadInput(f"Function {name} does not exist", f"In Snowflake write {FOREIGN[name]}.")
    raise unknown("Function", name, [*_names(), *catalog.names()])


def is_known(name: str) -> bool:
    """Whether this engine has a function of that name, in upper case."""
    return name in _names() or catalog.find(name) is not None


@cache
def _names() -> frozenset[str]:
    return frozenset([*RULES, *_FORMS, *aggregates.NAMES, *windows.NAMES, *conversions.NAMES])


def call_name(node: exp.Expression) -> tuple[str, exp.Anonymous]:
    """The function's name in upper case, legacy ones as ``CORTEX.NAME``, and the call itself."""
    if isinstance(node, exp.Dot):
        call = node.expression
        prefix = [part.name.upper() for part in node.this.find_all(exp.Identifier)]
        name = str(call.this).upper()
        if "CORTEX" in prefix:
            return (f"CORTEX.{name}" if not name.startswith("AI_") else name), call
        return name, call
    return str(node.this).upper(), node  # type: ignore[return-value]


def apply(rule: Rule, arguments: list[exp.Expression], scope: Scope) -> Piece:
    """The call of an ordinary function."""
    check_count(rule.name, len(arguments), rule.least, rule.most)
    if rule.most is None:
        pieces = values_of(arguments, scope)
    else:
        pieces = [
            unit(node, scope) if rule.letter(i) == "u" else compile_expression(node, scope)
            for i, node in enumerate(arguments)
        ]
    if rule.name == "CONVERT_TIMEZONE" and len(pieces) == 2:
        return _at_zone(*pieces)
    if any(piece.type.kind is Kind.ZONED for piece in pieces) and rule.name in _OF_ZONED:
        return _of_zoned(rule, pieces)
    return _applied(rule, pieces)


def _of_zoned(rule: Rule, pieces: list[Piece]) -> Piece:
    """A call with a TIMESTAMP_TZ: differences count moments, shifted and truncated values keep their offset."""
    if rule.name == "CONVERT_TIMEZONE":
        raise BadInput(
            "CONVERT_TIMEZONE takes no source zone for a TIMESTAMP_TZ", "Leave it out: the value has one."
        )
    if rule.name == "DATE_PART":
        return _part_of_zoned(str(pieces[0].literal), pieces[1])
    if rule.name in _BY_MOMENT:
        moments = [coercion.instant(coercion.to(piece, Kind.ZONED)) for piece in pieces[1:]]
        return _applied(rule, [pieces[0], *moments])
    zoned = next(piece for piece in pieces if piece.type.kind is Kind.ZONED)
    made = _applied(rule, pieces)
    return Piece(f"sf_at_offset_of({made.sql}, {zoned.sql})", ZONED, made.sites)


def _at_zone(zone: Piece, value: Piece) -> Piece:
    """CONVERT_TIMEZONE(zone, value): the moment with that zone's offset; without an offset it is the session's, UTC."""
    zone, value = text(zone), coercion.cast(value, ZONED)
    return Piece(f"sf_at_zone({zone.sql}, {value.sql})", ZONED, zone.sites | value.sites)


def _part_of_zoned(part: str, value: Piece) -> Piece:
    """Seconds since 1970 count moments, the parts of the offset are its own, all others those of the clock."""
    if part in ("timezone_hour", "tzh", "timezone_minute", "tzm"):
        divisor = "/ 60" if part in ("timezone_hour", "tzh") else "% 60"
        return Piece(f"(sf_offset_minutes({value.sql}) {divisor})", INTEGER, value.sites)
    plain = coercion.instant(value) if part.startswith("epoch") else coercion.wall_clock(value)
    return _applied(RULES["DATE_PART"], [python_literal(part), plain])


_BY_MOMENT = frozenset({"DATEDIFF", "TIMESTAMPDIFF", "TIMEDIFF"})
_KEEPS_OFFSET = frozenset({"DATEADD", "TIMESTAMPADD", "TIMEADD", "DATE_TRUNC", "ADD_MONTHS", "TIME_SLICE"})
_OF_ZONED = _BY_MOMENT | _KEEPS_OFFSET | {"CONVERT_TIMEZONE", "DATE_PART"}


def _applied(rule: Rule, pieces: list[Piece]) -> Piece:
    pieces = [_converted(rule.letter(i), piece) for i, piece in enumerate(pieces)]
    collation = collation_of(pieces)
    compared = effective(collation)
    if compared is not None and rule.name in SEARCHING:
        return found_by_collation(rule.name, pieces, compared)
    check_collated(rule.name, pieces)
    if rule.arguments.startswith("k"):
        pieces, target = unified(pieces)
        if target.kind is Kind.VARIANT:  # by the scalars inside
            numbers = ", ".join(piece.sql for piece in pieces)
            sites = frozenset().union(*(piece.sites for piece in pieces))
            return Piece(f"{rule.target}_variant({numbers})", target, sites)
        if compared is not None and target.kind is Kind.VARCHAR:
            return greatest_by_collation(rule.target, pieces, compared)
    result = rule.result_of(pieces)
    if result.kind is Kind.VARCHAR and rule.name in KEEPING:
        result = replace(result, collation=collation)
    sites = frozenset().union(*(piece.sites for piece in pieces)) if pieces else frozenset()
    if rule.native:
        return Piece("(" + rule.native.format(*(piece.sql for piece in pieces)) + ")", result, sites)
    return Piece(f"{rule.target}({', '.join(piece.sql for piece in pieces)})", result, sites)


def _converted(letter: str, piece: Piece) -> Piece:
    if letter == "s":
        return text(piece)
    if letter == "n":
        return numeric(piece)
    if letter == "b":
        return boolean(piece)
    if letter == "v":
        return variant(piece)
    if letter == "t":
        return temporal(piece)
    if letter == "d":
        return piece if piece.type.kind is Kind.BINARY else text(piece)
    return piece


def unit(node: exp.Expression, scope: Scope) -> Piece:
    """A unit of time: the bare word ``day`` or the text 'day', in the session's calendar."""
    if isinstance(node, exp.Var) or (isinstance(node, exp.Column) and not node.table):
        name: object = node.name
    else:
        name = compile_expression(node, scope).literal
    if not isinstance(name, str):
        raise BadInput("A unit of time must be a constant", "Write 'day', 'month', 'year', ..")
    settings = scope.state.catalogue.parameters
    week_start, policy = (int(settings.get(key) or 0) for key in ("WEEK_START", "WEEK_OF_YEAR_POLICY"))
    return python_literal(in_calendar(name.lower(), week_start, policy))


def temporal(piece: Piece) -> Piece:
    """As date or timestamp; text becomes a timestamp."""
    if piece.type.kind is Kind.ZONED:
        return coercion.wall_clock(piece)
    if piece.type.kind in (Kind.DATE, Kind.TIMESTAMP, Kind.TIME, Kind.NULL):
        return piece
    return coercion.cast(piece, TIMESTAMP)


def _iff(arguments: list[exp.Expression], scope: Scope) -> Piece:
    check_count("IFF", len(arguments), 3, 3)
    decided = condition(arguments[0], scope)
    inner = scope.guarded(decided)
    return case([decided], [compile_expression(arguments[1], inner), compile_expression(arguments[2], inner)])


def _coalesce(arguments: list[exp.Expression], scope: Scope) -> Piece:
    check_count("COALESCE", len(arguments), 1, None)
    pieces: list[Piece] = []
    here = scope
    for argument in arguments:
        pieces.append(compile_expression(argument, here))
        here = here.guarded(pieces[-1])
    pieces, result = unified(pieces)
    sites = frozenset().union(*(piece.sites for piece in pieces))
    if len(pieces) == 1:
        return Piece(pieces[0].sql, result, sites)
    return Piece(f"COALESCE({', '.join(piece.sql for piece in pieces)})", result, sites)


def _nvl(arguments: list[exp.Expression], scope: Scope) -> Piece:
    check_count("NVL", len(arguments), 2, 2)
    return _coalesce(arguments, scope)


def _nvl2(arguments: list[exp.Expression], scope: Scope) -> Piece:
    check_count("NVL2", len(arguments), 3, 3)
    is_set = exp.Not(this=exp.Is(this=arguments[0], expression=exp.Null()))
    return _iff([is_set, arguments[1], arguments[2]], scope)


def _nullif(arguments: list[exp.Expression], scope: Scope) -> Piece:
    check_count("NULLIF", len(arguments), 2, 2)
    pieces = [compile_expression(argument, scope) for argument in arguments]
    left, right = aligned(pieces)
    sites = left.sites | right.sites
    again = compile_expression(arguments[0], scope)  # a use of its own, should it draw a number
    return Piece(f"(CASE WHEN {left.sql} = {right.sql} THEN NULL ELSE {again.sql} END)", again.type, sites)


def _decode(arguments: list[exp.Expression], scope: Scope) -> Piece:
    check_count("DECODE", len(arguments), 3, None)
    subject, rest = arguments[0], arguments[1:]
    conditions, results, here = [], [], scope
    for index in range(0, len(rest) - 1, 2):
        test = exp.NullSafeEQ(this=subject.copy(), expression=rest[index])
        conditions.append(condition(test, here))
        here = here.guarded(conditions[-1])
        results.append(compile_expression(rest[index + 1], here))
    results.append(compile_expression(rest[-1], here) if len(rest) % 2 else Piece("NULL", NULL))
    return case(conditions, results)


def _equal_null(arguments: list[exp.Expression], scope: Scope) -> Piece:
    check_count("EQUAL_NULL", len(arguments), 2, 2)
    return compile_expression(exp.NullSafeEQ(this=arguments[0], expression=arguments[1]), scope)


def _zero_if_null(arguments: list[exp.Expression], scope: Scope) -> Piece:
    check_count("ZEROIFNULL", len(arguments), 1, 1)
    return _coalesce([*arguments, exp.Literal.number(0)], scope)


def _division(name: str) -> Callable[[list[exp.Expression], Scope], Piece]:
    """DIV0 and DIV0NULL: a division that gives 0 where ``/`` would fail."""

    def build(arguments: list[exp.Expression], scope: Scope) -> Piece:
        check_count(name, len(arguments), 2, 2)
        left, right = (compile_expression(argument, scope) for argument in arguments)
        return divide(left, right, f"sf_{name.lower()}")

    return build


def _object_construct(keep: str) -> Callable[[list[exp.Expression], Scope], Piece]:
    def build(arguments: list[exp.Expression], scope: Scope) -> Piece:
        if len(arguments) == 1 and is_star(arguments[0]):
            return star_object(arguments[0], scope, keep)
        if len(arguments) % 2:
            raise BadInput(
                "OBJECT_CONSTRUCT needs keys and values in pairs", "Write OBJECT_CONSTRUCT('a', 1)."
            )
        pieces = []
        for index, argument in enumerate(arguments):
            piece = compile_expression(argument, scope)
            pieces.append(text(piece) if index % 2 == 0 else variant(piece))
        return json_build("sf_object", pieces, OBJECT, keep)

    return build


def _array_construct(compact: bool) -> Callable[[list[exp.Expression], Scope], Piece]:
    def build(arguments: list[exp.Expression], scope: Scope) -> Piece:
        pieces = [variant(compile_expression(argument, scope)) for argument in arguments]
        built = json_build("sf_array", pieces, ARRAY)
        return Piece(f"sf_array_compact({built.sql})", ARRAY, built.sites) if compact else built

    return build


def _date_unit(part: str) -> Callable[[list[exp.Expression], Scope], Piece]:
    def build(arguments: list[exp.Expression], scope: Scope) -> Piece:
        return apply(RULES["DATE_PART"], [exp.Literal.string(part), *arguments], scope)

    return build


def _truncate(arguments: list[exp.Expression], scope: Scope) -> Piece:
    """TRUNC truncates numbers and, with the unit second, dates."""
    check_count("TRUNC", len(arguments), 1, 2)
    first = compile_expression(arguments[0], scope)
    if first.type.kind in (Kind.DATE, Kind.TIMESTAMP, Kind.ZONED) and len(arguments) == 2:
        return apply(RULES["DATE_TRUNC"], [arguments[1], arguments[0]], scope)
    return apply(RULES["TRUNCATE"], arguments, scope)


def _from_parts(arguments: list[exp.Expression], scope: Scope) -> Piece:
    """TIMESTAMP_FROM_PARTS(date, time), or of six or seven numbers."""
    if len(arguments) != 2:
        return apply(RULES["TIMESTAMP_FROM_PARTS"], arguments, scope)
    day, clock = (compile_expression(argument, scope) for argument in arguments)
    day, clock = coercion.cast(day, DATE), coercion.cast(clock, TIME)
    return Piece(f"({day.sql} || ' ' || {clock.sql})", TIMESTAMP, day.sites | clock.sites)


def _zoned_from_parts(arguments: list[exp.Expression], scope: Scope) -> Piece:
    """TIMESTAMP_TZ_FROM_PARTS(year, .., second [, nanosecond [, zone]])."""
    check_count("TIMESTAMP_TZ_FROM_PARTS", len(arguments), 6, 8)
    plain = apply(RULES["TIMESTAMP_FROM_PARTS"], arguments[:7], scope)
    zone = text(compile_expression(arguments[7], scope)) if len(arguments) == 8 else Piece("'UTC'", VARCHAR)
    return Piece(f"sf_in_zone({plain.sql}, {zone.sql})", ZONED, plain.sites | zone.sites)


def _now(part: str) -> Callable[[list[exp.Expression], Scope], Piece]:
    def build(arguments: list[exp.Expression], scope: Scope) -> Piece:
        stamp = timestamp_text(scope.state.catalogue.now)
        texts = {"timestamp": (stamp, TIMESTAMP), "date": (stamp[:10], DATE), "time": (stamp[11:], TIME)}
        value, kind = texts[part]
        return Piece(text_literal(value), kind)

    return build


def _constant(value: str) -> Callable[[list[exp.Expression], Scope], Piece]:
    return lambda arguments, scope: python_literal(value)


def _get_ddl(arguments: list[exp.Expression], scope: Scope) -> Piece:
    """GET_DDL('TABLE', 't'): a constant of the statement."""
    check_count("GET_DDL", len(arguments), 2, 3)
    kind, name = (compile_expression(argument, scope).literal for argument in arguments[:2])
    if not isinstance(kind, str) or not isinstance(name, str):
        raise BadInput("GET_DDL needs constant texts", "Write GET_DDL('TABLE', 'my_table').")
    return Piece(text_literal(scope.state.catalogue.ddl(kind, name)), VARCHAR)


def _last_query_id(arguments: list[exp.Expression], scope: Scope) -> Piece:
    position = compile_expression(arguments[0], scope).literal if arguments else -1
    if not isinstance(position, int) or not position or len(arguments) > 1:
        raise BadInput("LAST_QUERY_ID takes a whole number", "-1 is the last statement, 1 the first.")
    return python_literal(scope.state.catalogue.last_query_id(position))


def _drawn(rule: Rule, call: exp.Anonymous, scope: Scope) -> Piece:
    """RANDOM and its kin draw from the row and the place in the query, so that each pass repeats them.

    With a seed the place does not count: each RANDOM(1) of a statement gives the same numbers. SEQ4 counts the rows.
    """
    if rule.name.startswith("SEQ"):
        for source in scope.sources:
            if source.sequence:
                return Piece(source.sequence, INTEGER)
        return Piece(f"{rule.target}({scope.state.place(call)})", INTEGER)
    check_count(rule.name, len(call.expressions), rule.least, rule.most)
    pieces = [compile_expression(node, scope) for node in call.expressions if not _is_random(node)]
    given = "".join(f", {piece.sql}" for piece in pieces)
    return Piece(f"{rule.target}({scope.state.place(call)}{given})", rule.result_of(pieces))


def _is_random(node: exp.Expression) -> bool:
    return isinstance(node, exp.Anonymous) and str(node.this).upper() == "RANDOM" and not node.expressions


def _sf_type(arguments: list[exp.Expression], scope: Scope) -> Piece:
    """``TYPE OBJECT(..)``: its schema, as parse left it."""
    return python_literal({"type": "json", "schema": loads(arguments[0].this)})


def _reference(arguments: list[exp.Expression], scope: Scope) -> Piece:
    raise BadInput(
        "A reference can only be used as INPUT_DATA of a SNOWFLAKE.ML call",
        "Use the table itself in a query.",
    )


def _next_value(arguments: list[exp.Expression], scope: Scope) -> Piece:
    raise refuse("The function NEXTVAL", "Write s.NEXTVAL, where s is the sequence.")


def _higher_order(name: str) -> Callable[[list[exp.Expression], Scope], Piece]:
    return lambda arguments, scope: lambdas.compile_higher_order(name, arguments, scope)


def _grouping(arguments: list[exp.Expression], scope: Scope) -> Piece:
    return groupings.grouping_bits(arguments, scope)


def _variable(arguments: list[exp.Expression], scope: Scope) -> Piece:
    """GETVARIABLE('NAME'): the session variable as text, NULL when it is not set."""
    check_count("GETVARIABLE", len(arguments), 1, 1)
    name = compile_expression(arguments[0], scope).literal
    value = scope.state.catalogue.variables.get(str(name).upper())
    return text(python_literal(value)) if value is not None else Piece("NULL", VARCHAR)


def _collate(arguments: list[exp.Expression], scope: Scope) -> Piece:
    check_count("COLLATE", len(arguments), 2, 2)
    return with_collation(compile_expression(arguments[0], scope), arguments[1], scope)


def _collation(arguments: list[exp.Expression], scope: Scope) -> Piece:
    """COLLATION(text): the collation as written, NULL without one."""
    check_count("COLLATION", len(arguments), 1, 1)
    collation = compile_expression(arguments[0], scope).type.collation
    return python_literal(collation.written) if collation is not None else Piece("NULL", VARCHAR)


def _type_name(arguments: list[exp.Expression], scope: Scope) -> Piece:
    check_count("SYSTEM$TYPEOF", len(arguments), 1, 1)
    return python_literal(compile_expression(arguments[0], scope).type.text)


def _denied(name: str) -> Callable[[list[exp.Expression], Scope], Piece]:
    def build(arguments: list[exp.Expression], scope: Scope) -> Piece:
        raise refuse(
            f"The function {name}", "The sandbox reads no files, loads no code and reaches no service."
        )

    return build


def _typed_variant(name: str) -> Callable[[list[exp.Expression], Scope], Piece]:
    def build(arguments: list[exp.Expression], scope: Scope) -> Piece:
        raise refuse(
            f"The function {name}", "A VARIANT here is JSON, which has no dates: cast with ::, or TRY_CAST."
        )

    return build


# What asks a VARIANT for a type that JSON has not.
_TYPED = tuple(
    f"{verb}_{kind}"
    for verb in ("IS", "AS")
    for kind in ("DATE", "DATE_VALUE", "TIME", "BINARY", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ")
)
_FORMS: dict[str, Callable[[list[exp.Expression], Scope], Piece]] = {
    "IFF": _iff, "IF": _iff, "COALESCE": _coalesce, "NVL": _nvl, "IFNULL": _nvl, "NVL2": _nvl2,
    "NULLIF": _nullif, "DECODE": _decode, "EQUAL_NULL": _equal_null, "ZEROIFNULL": _zero_if_null,
    "DIV0": _division("DIV0"), "DIV0NULL": _division("DIV0NULL"), "TRUNC": _truncate,
    "OBJECT_CONSTRUCT": _object_construct("0"), "OBJECT_CONSTRUCT_KEEP_NULL": _object_construct("1"),
    "ARRAY_CONSTRUCT": _array_construct(False), "ARRAY_CONSTRUCT_COMPACT": _array_construct(True),
    "YEAR": _date_unit("year"), "MONTH": _date_unit("month"), "DAY": _date_unit("day"), "DAYOFMONTH": _date_unit("day"),
    "DAYOFWEEK": _date_unit("dayofweek"), "DAYOFWEEKISO": _date_unit("dayofweekiso"),
    "DAYOFYEAR": _date_unit("dayofyear"),
    "WEEK": _date_unit("week"), "WEEKOFYEAR": _date_unit("week"), "WEEKISO": _date_unit("weekiso"),
    "QUARTER": _date_unit("quarter"), "HOUR": _date_unit("hour"), "MINUTE": _date_unit("minute"),
    "SECOND": _date_unit("second"), "YEAROFWEEK": _date_unit("yearofweek"),
    "YEAROFWEEKISO": _date_unit("yearofweekiso"),
    "CURRENT_TIMESTAMP": _now("timestamp"), "GETDATE": _now("timestamp"), "SYSDATE": _now("timestamp"),
    "TIMESTAMP_FROM_PARTS": _from_parts, "TIMESTAMP_NTZ_FROM_PARTS": _from_parts, "TIMESTAMPFROMPARTS": _from_parts,
    "TIMESTAMP_TZ_FROM_PARTS": _zoned_from_parts,
    "SYSTIMESTAMP": _now("timestamp"), "LOCALTIMESTAMP": _now("timestamp"), "CURRENT_DATE": _now("date"),
    "CURRENT_TIME": _now("time"), "LOCALTIME": _now("time"), "LAST_QUERY_ID": _last_query_id, "GET_DDL": _get_ddl,
    "SF_TYPE": _sf_type, "SYSTEM$REFERENCE": _reference, "SYSTEM$QUERY_REFERENCE": _reference, "NEXTVAL": _next_value,
    "FILTER": _higher_order("FILTER"), "TRANSFORM": _higher_order("TRANSFORM"), "REDUCE": _higher_order("REDUCE"),
    "COLLATE": _collate, "COLLATION": _collation,
    "GROUPING": _grouping, "GROUPING_ID": _grouping, "GETVARIABLE": _variable, "SYSTEM$TYPEOF": _type_name,
    **{name: _denied(name) for name in _OUTSIDE},
    **{name: _typed_variant(name) for name in _TYPED},
    **{name: _constant(value) for name, value in _SYSTEM.items()},
}  # fmt: skip
