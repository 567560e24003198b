"""Compiling calls of AI functions: arguments under their names, and one call site each."""
# ruff: noqa: E501
# Its tables read best with one entry a line.
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

from collections.abc import Callable

from sqlglot import exp

from core.errors import BadInput, NotAvailable
from core.sql_ai.catalog import FunctionSpec, Parameter
from core.sql_ai.dialect import coercion
from core.sql_ai.dialect.compilation import refuse, unknown
from core.sql_ai.dialect.pieces import Piece, Scope, text_literal
from core.sql_ai.functions.embedding import DIMENSIONS
from core.sql_ai.kinds import (
    AI_OBJECT,
    ARRAY,
    BOOLEAN,
    FLOAT,
    INTEGER,
    JSON_TEXT,
    OBJECT,
    VARCHAR,
    Kind,
    SqlType,
)

_ALIASES = {
    "TEXT": ("INPUT", "CONTENT", "TEXT_TO_SPLIT"), "INPUT": ("TEXT", "CONTENT", "PREDICATE"), "CATEGORIES": ("LIST_OF_CATEGORIES",),
    "LIST_OF_CATEGORIES": ("CATEGORIES",), "CONFIG_OBJECT": ("CONFIG", "OPTIONS"), "EXPR": ("INPUT", "TEXT"), "INSTRUCTION": ("TASK_DESCRIPTION",),
    "RESPONSEFORMAT": ("RESPONSE_FORMAT",), "SOURCE_LANGUAGE": ("FROM_LANGUAGE",), "TARGET_LANGUAGE": ("TO_LANGUAGE",),
}  # fmt: skip
_FORMS = {  # what takes the argument that people expect behind the predicate
    "AI_FILTER": "A second argument is a file in Snowflake. Write AI_FILTER(PROMPT('Is it ..? {0}', column))."
}
_CONSTANTS = frozenset({"RETURN_ERROR_DETAILS", "SHOW_DETAILS", "MODE"})
_ACCEPTED = {
    Kind.VARCHAR: "text", Kind.BOOLEAN: "boolean", Kind.NUMBER: "number", Kind.FLOAT: "number", Kind.OBJECT: "object", Kind.ARRAY: "array",
    Kind.VECTOR: "vector",
}  # fmt: skip


def compile_ai_call(spec: FunctionSpec, call: exp.Anonymous, scope: Scope) -> Piece:
    """A call of a catalogue function as a call site that the engine fills in batches."""
    if spec.family == "not emulated":
        raise NotAvailable(
            f"{spec.sql_name} is not emulated here",
            f"It needs media files or a service of Snowflake; see {spec.url}.",
        )
    if spec.aggregate and not scope.aggregates:
        raise BadInput(
            f"The aggregate {spec.name} is not allowed in {scope.clause}", "Use it in the select list."
        )
    if call.expressions and isinstance(call.expressions[0], exp.Distinct):
        raise refuse(f"{spec.sql_name}(DISTINCT ..)", "Aggregate over SELECT DISTINCT.")
    inner = scope.at(grouping=None, aggregates=False, windows=False) if spec.aggregate else scope
    pieces = bind(spec, call, inner)
    result = _result_type(spec, pieces)
    site = scope.state.site(spec.name, pieces, inner, call.sql("snowflake"))
    function = "ai_gather" if spec.aggregate else "ai_call"
    arguments = "".join(f", {piece.sql}" for piece in pieces.values())
    sites = frozenset({site.number}).union(*(piece.sites for piece in pieces.values()))
    return Piece(f"{function}({site.number}, {text_literal(spec.name)}{arguments})", result, sites)


def compile_model_method(node: exp.ModelAttribute, scope: Scope) -> Piece:
    """``m!PREDICT(INPUT_DATA => {*})`` as a call site."""
    method = str(node.expression.this).upper()
    name = node.this.name
    if method != "PREDICT":
        raise refuse(
            f"{name}!{method} as a value",
            f"Write CALL {name}!{method}(..) or SELECT .. FROM TABLE({name}!{method}(..)).",
        )
    scope.state.catalogue.model(name)
    arguments = [
        item.expression if isinstance(item, exp.Kwarg) else item for item in node.expression.expressions
    ]
    if not arguments:
        raise BadInput("PREDICT needs INPUT_DATA", f"Write {name}!PREDICT(INPUT_DATA => {{*}}).")
    data = coercion.variant(scope.state.expression(arguments[0], scope))
    site = scope.state.site("PREDICT", {"INPUT_DATA": data}, scope, node.sql("snowflake"), model=name)
    sql = f"ai_call({site.number}, {text_literal('PREDICT ' + name)}, {data.sql})"
    return Piece(sql, AI_OBJECT, data.sites | {site.number})


def bind(spec: FunctionSpec, call: exp.Anonymous, scope: Scope) -> dict[str, Piece]:
    """The arguments under the names of their parameters, positional ones dispatched by type."""
    bound: dict[str, Piece] = {}
    place, named = 0, False
    for item in call.expressions:
        if isinstance(item, exp.Kwarg):
            named = True
            parameter = _by_name(spec, item.this.name.upper())
            piece = scope.state.expression(item.expression, scope)
        elif named:
            raise BadInput(
                f"{spec.name}: a positional argument follows a named one", "Name all of them, or none."
            )
        else:
            piece = scope.state.expression(item, scope)
            place = _place(spec, piece, place, bound)
            parameter = spec.parameters[place]
            place += 1
        if parameter.name in bound:
            raise BadInput(f"{spec.name}: {parameter.name} is given twice", "Give it once.")
        _check(spec, parameter, piece, named)
        if piece.type.kind is Kind.NULL and not parameter.required and spec.name != "PROMPT":
            continue
        bound[parameter.name] = piece
    missing = [
        parameter.name for parameter in spec.parameters if parameter.required and parameter.name not in bound
    ]
    if missing:
        raise BadInput(f"{spec.name} needs {', '.join(missing)}", f"Write {spec.signatures[0]}.")
    return bound


def _by_name(spec: FunctionSpec, name: str) -> Parameter:
    for parameter in spec.parameters:
        if name == parameter.name or name in _ALIASES.get(parameter.name, ()):
            return parameter
    if name == "FILE":
        raise refuse(f"{spec.name} of a FILE", "Pass text.")
    raise unknown(f"{spec.name} argument", name, [parameter.name for parameter in spec.parameters])


def _place(spec: FunctionSpec, piece: Piece, start: int, bound: dict[str, Piece]) -> int:
    """Where a positional argument belongs: the first free parameter that takes its type."""
    kind = _ACCEPTED.get(piece.type.kind)
    for index in range(start, len(spec.parameters)):
        parameter = spec.parameters[index]
        fits = kind is None or kind in parameter.accepts or "any" in parameter.accepts or parameter.required
        if fits and parameter.name not in bound:
            return index
    raise BadInput(
        f"{spec.name} has no place for argument {start + 1} of type {piece.type.text}",
        _FORMS.get(spec.name, f"Write {spec.signatures[0]}."),
    )


def _check(spec: FunctionSpec, parameter: Parameter, piece: Piece, named: bool) -> None:
    kind = piece.type.kind
    if kind is Kind.NULL and not parameter.required and spec.strict_placeholders and not named:
        raise BadInput(
            f"{spec.name} rejects NULL for the argument {parameter.name}",
            f"Leave it out, or name the others: {spec.signatures[0]}.",
        )
    if parameter.name in _CONSTANTS and kind is not Kind.NULL and piece.literal is None:
        raise BadInput(
            f"{spec.name}: {parameter.name} decides the type of the result and must be a constant",
            f"Write {parameter.name.lower()} => TRUE." if kind is Kind.BOOLEAN else "Write mode => 'detect'.",
        )
    if spec.name == "AI_EXTRACT" and parameter.name in ("SCORES", "CONFIG") and not named:
        raise BadInput(f"AI_EXTRACT takes {parameter.name.lower()} only by name", "Write scores => TRUE.")
    accepted = _ACCEPTED.get(kind)
    if accepted is None or "any" in parameter.accepts or accepted in parameter.accepts:
        return
    if accepted in ("number", "boolean") and "text" in parameter.accepts and accepted == "number":
        return
    raise BadInput(
        f"{spec.name}: {parameter.name} cannot be {piece.type.text}; it takes {parameter.accepts.replace(' ', ' or ')}",
        f"Write {spec.signatures[0]}.",
    )


def _result_type(spec: FunctionSpec, pieces: dict[str, Piece]) -> SqlType:
    details = pieces.get("RETURN_ERROR_DETAILS")
    if details is not None and details.literal is not False:
        return AI_OBJECT
    result = _RESULTS.get(spec.name, VARCHAR)
    return result(pieces) if callable(result) else result


def _complete_type(pieces: dict[str, Piece]) -> SqlType:
    details = pieces.get("SHOW_DETAILS")
    wants_object = "RESPONSE_FORMAT" in pieces or (details is not None and details.literal is not False)
    return AI_OBJECT if wants_object else VARCHAR


def _embed_type(pieces: dict[str, Piece]) -> SqlType:
    return SqlType(Kind.VECTOR, size=DIMENSIONS.get(str(pieces["MODEL"].literal).lower()))


def _redact_type(pieces: dict[str, Piece]) -> SqlType:
    mode = pieces.get("MODE")
    return AI_OBJECT if mode is not None and str(mode.literal).lower() == "detect" else VARCHAR


def _legacy_complete_type(pieces: dict[str, Piece]) -> SqlType:
    return JSON_TEXT if "OPTIONS" in pieces else VARCHAR


_RESULTS: dict[str, SqlType | Callable[[dict[str, Piece]], SqlType]] = {
    "AI_SENTIMENT": AI_OBJECT, "CORTEX.ENTITY_SENTIMENT": AI_OBJECT, "AI_CLASSIFY": AI_OBJECT, "CORTEX.CLASSIFY_TEXT": AI_OBJECT,
    "AI_FILTER": BOOLEAN, "AI_SIMILARITY": FLOAT, "AI_EMBED": _embed_type, "AI_EXTRACT": AI_OBJECT, "AI_COMPLETE": _complete_type,
    "AI_REDACT": _redact_type, "AI_COUNT_TOKENS": INTEGER, "PROMPT": OBJECT, "CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER": ARRAY,
    "CORTEX.SPLIT_TEXT_MARKDOWN_HEADER": ARRAY, "CORTEX.SENTIMENT": FLOAT, "CORTEX.COMPLETE": _legacy_complete_type,
    "CORTEX.TRY_COMPLETE": _legacy_complete_type, "CORTEX.EMBED_TEXT_768": SqlType(Kind.VECTOR, size=768),
    "CORTEX.EMBED_TEXT_1024": SqlType(Kind.VECTOR, size=1024), "CORTEX.COUNT_TOKENS": INTEGER,
}  # fmt: skip
