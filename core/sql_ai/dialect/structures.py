"""Compiling semi-structured data: paths into VARIANTs, objects and arrays."""

import re

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai import values
from core.sql_ai.dialect import coercion
from core.sql_ai.dialect.coercion import variant
from core.sql_ai.dialect.compilation import excerpt, refuse
from core.sql_ai.dialect.dispatch import compile_expression
from core.sql_ai.dialect.literals import python_literal
from core.sql_ai.dialect.pieces import Handler, Piece, Scope, text_literal
from core.sql_ai.dialect.stars import expand_star, is_star
from core.sql_ai.kinds import ARRAY, JSON_KINDS, JSON_TEXT, OBJECT, Kind, SqlType
from core.sql_ai.udfs import semi
from core.sql_ai.values import dumps

_CONSTANT = re.compile(  # numbers as far as SQLite reads them the way Python does
    r"'([^']*(?:''[^']*)*)'|"
    r"sf_variant\((?:'([^']*(?:''[^']*)*)'|(-?\d{1,18}|-?\d{1,9}\.\d{1,6})), '(VARCHAR|NUMBER|FLOAT|BOOLEAN)'\)"
)


def path(base: Piece, steps: list[str | int]) -> Piece:
    """The element that a chain of keys and indexes leads to; NULL where it leads nowhere."""
    plain = 1 if base.type.plain_nulls else 0
    return Piece(
        f"sf_path({_json(base).sql}, {text_literal(dumps(steps))}, {plain})", _element(base), base.sites
    )


def star_object(star: exp.Expression, scope: Scope, keep: str = "0") -> Piece:
    """``{*}`` and OBJECT_CONSTRUCT(*): an object of the columns of the sources, NULLs only with ``keep``."""
    pieces: list[Piece] = []
    for name, piece in expand_star(star, None, scope):
        pieces += [python_literal(name), variant(piece)]
    return json_build("sf_object", pieces, OBJECT, keep)


def json_build(function: str, pieces: list[Piece], result: SqlType, keep: str | None = None) -> Piece:
    """A call that builds JSON text from VARIANT pieces; of constants the text itself.

    A response format nests deeper than SQLite's parser can hold calls.
    """
    leading = [keep] if keep is not None else []
    constants = [_constant(piece.sql) for piece in pieces]
    if None not in constants:
        built = semi.array(*constants) if keep is None else semi.object(int(keep), *constants)
        return Piece(text_literal(built), result)
    arguments = ", ".join([*leading, *(piece.sql for piece in pieces)])
    return Piece(f"{function}({arguments})", result, frozenset().union(*(piece.sites for piece in pieces)))


def _constant(sql: str) -> str | None:
    """The text of a compiled string, or the JSON text of a compiled constant VARIANT; None for anything else."""
    match = _CONSTANT.fullmatch(sql)
    if match is None:
        return None
    plain, string, number, kind = match.groups()
    if plain is not None:
        return plain.replace("''", "'")
    value = string.replace("''", "'") if number is None else float(number) if "." in number else int(number)
    return values.variant(value, kind)


def _json_extract(node: exp.Expression, scope: Scope) -> Piece:
    base = compile_expression(node.this, scope)
    steps: list[str | int] = []
    for part in node.expression.expressions:
        if isinstance(part, exp.JSONPathKey | exp.JSONPathSubscript) and isinstance(part.this, str | int):
            steps.append(part.this)
        elif not isinstance(part, exp.JSONPathRoot):
            # sqlglot cannot write every part that it reads, a fraction for one
            raise refuse(f"The path element {part.this}", "Write :name or [0].")
    return path(base, steps)


def _bracket(node: exp.Bracket, scope: Scope) -> Piece:
    base = compile_expression(node.this, scope)
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
        raise refuse(f"The subscript {excerpt(node)}", "Use ARRAY_SLICE for ranges.")
    index = compile_expression(node.expressions[0], scope)
    if index.literal is not None and isinstance(index.literal, str | int):
        return path(base, [index.literal])
    plain = 1 if base.type.plain_nulls else 0
    key = coercion.to(index, Kind.VARCHAR) if index.type.kind is Kind.VARIANT else index
    return Piece(f"sf_get({_json(base).sql}, {key.sql}, {plain})", _element(base), base.sites | index.sites)


def _element(base: Piece) -> SqlType:
    return SqlType(Kind.VARIANT, plain_nulls=base.type.plain_nulls)


def _json(base: Piece) -> Piece:
    if base.type.kind in JSON_KINDS or base.type.kind is Kind.NULL or base.type == JSON_TEXT:
        return base
    raise BadInput(
        f"A path needs VARIANT, OBJECT or ARRAY, and {base.type.text} is none", "Wrap text in PARSE_JSON."
    )


def _struct(node: exp.Struct, scope: Scope) -> Piece:
    arguments: list[Piece] = []
    for item in node.expressions:
        if is_star(item):
            return star_object(item, scope)
        if not isinstance(item, exp.PropertyEQ):
            raise BadInput("An object literal needs 'key': value pairs", "Write {'label': 'delivery'}.")
        key = item.this
        name = key.this if isinstance(key, exp.Identifier | exp.Literal) else key.name
        arguments += [python_literal(str(name)), variant(compile_expression(item.expression, scope))]
    return json_build("sf_object", arguments, OBJECT, keep="1")


def _array(node: exp.Array, scope: Scope) -> Piece:
    return json_build(
        "sf_array", [variant(compile_expression(item, scope)) for item in node.expressions], ARRAY
    )


HANDLERS: dict[type, Handler] = {
    exp.JSONExtract: _json_extract, exp.Bracket: _bracket, exp.Struct: _struct, exp.Array: _array,
}  # fmt: skip
