"""``TYPE OBJECT(score FLOAT, tags ARRAY(STRING))``, as AI_COMPLETE takes it, read as a JSON schema."""

from typing import Any

from sqlglot.tokenizer_core import Token, TokenType

from core.errors import BadInput
from core.sql_ai.dialect import brackets
from core.sql_ai.values import dumps

_JSON_TYPES = {
    "FLOAT": "number", "DOUBLE": "number", "REAL": "number", "NUMBER": "number", "DECIMAL": "number",
    "NUMERIC": "number", "INT": "integer", "INTEGER": "integer", "BIGINT": "integer", "SMALLINT": "integer",
    "STRING": "string", "VARCHAR": "string", "TEXT": "string", "CHAR": "string", "BOOLEAN": "boolean",
    "DATE": "string", "TIMESTAMP": "string", "OBJECT": "object", "ARRAY": "array",
}  # fmt: skip


def replace_types(sql: str, tokens: list[Token]) -> str:
    """``sql``, whose tokens these are, with each type literal as a call that carries its schema.

    sqlglot cannot parse the literals. Raises BadInput for one that cannot be read.
    """
    pieces, position, index = [], 0, 1
    while index < len(tokens) - 1:
        if _begins_literal(*tokens[index - 1 : index + 2]):
            last = _type_end(tokens, index + 1)
            schema = dumps(_json_schema(sql, tokens[index + 1 : last + 1]))
            escaped = schema.replace("\\", "\\\\").replace("'", "''")
            pieces += [sql[position : tokens[index].start], f"SF_TYPE('{escaped}')"]
            position, index = tokens[last].end + 1, last
        index += 1
    return "".join([*pieces, sql[position:]])


def _begins_literal(before: Token, word: Token, after: Token) -> bool:
    return (
        word.text.upper() == "TYPE"
        and before.token_type in (TokenType.FARROW, TokenType.COMMA)
        and after.text.upper() in _JSON_TYPES
    )


def _type_end(tokens: list[Token], index: int) -> int:
    if index + 1 >= len(tokens) or tokens[index + 1].token_type is not TokenType.L_PAREN:
        return index
    depth = 0
    for position in range(index + 1, len(tokens)):
        depth += brackets.step(tokens[position])
        if depth == 0:
            return position
    return len(tokens) - 1


def _json_schema(sql: str, tokens: list[Token]) -> dict[str, Any]:
    schema, rest = _schema(tokens)
    if rest:
        written = sql[tokens[0].start : tokens[-1].end + 1]
        raise BadInput(f"Cannot read the type {written}", "Write TYPE OBJECT(name VARCHAR, score FLOAT).")
    return schema


def _schema(tokens: list[Token]) -> tuple[dict[str, Any], list[Token]]:
    if not tokens or tokens[0].text.upper() not in _JSON_TYPES:
        found = tokens[0].text if tokens else "nothing"
        raise BadInput(
            f"TYPE expects a data type, found {found}", "Write TYPE OBJECT(name VARCHAR, score FLOAT)."
        )
    kind, rest = _JSON_TYPES[tokens[0].text.upper()], tokens[1:]
    if not rest or rest[0].token_type is not TokenType.L_PAREN:
        return {"type": kind}, rest
    if kind == "object":
        return _object_schema(rest[1:])
    if kind == "array":
        items, rest = _schema(rest[1:])
        rest = _drop_not_null(rest)
        return {"type": "array", "items": items}, rest[1:]
    closing = next((i for i, token in enumerate(rest) if token.token_type is TokenType.R_PAREN), len(rest))
    return {"type": kind}, rest[closing + 1 :]


def _object_schema(tokens: list[Token]) -> tuple[dict[str, Any], list[Token]]:
    properties: dict[str, Any] = {}
    rest = tokens
    while rest and rest[0].token_type is not TokenType.R_PAREN:
        name = rest[0].text
        properties[name], rest = _schema(rest[1:])
        rest = _drop_not_null(rest)
        if rest and rest[0].token_type is TokenType.COMMA:
            rest = rest[1:]
    return {"type": "object", "properties": properties, "required": list(properties)}, rest[1:]


def _drop_not_null(tokens: list[Token]) -> list[Token]:
    words = [token.text.upper() for token in tokens[:2]]
    return tokens[2:] if words == ["NOT", "NULL"] else tokens
