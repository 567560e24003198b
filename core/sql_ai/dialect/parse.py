"""From text to sqlglot's tree of Snowflake SQL, with every function under the name the user wrote."""

import logging
import re
from collections.abc import Mapping
from itertools import count
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import SqlglotError
from sqlglot.parsers.snowflake import SnowflakeParser
from sqlglot.tokenizer_core import Token, TokenType

from core.errors import BadInput, LimitReached
from core.sql_ai.dialect import hierarchies
from core.sql_ai.dialect.pieces import expression
from core.sql_ai.values import dumps

_QUALIFIED = re.compile(r'(?:"[^"]+"|[A-Za-z_][\w$]*)(?:\.(?:"[^"]+"|[A-Za-z_][\w$]*)){0,3}')
_BLOCK = re.compile(r"(DECLARE\b|BEGIN\b(?!\s*(?:TRANSACTION\b|WORK\b|NAME\b|;|$)))", re.IGNORECASE)
_PROCEDURE = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:TEMP|TEMPORARY|SECURE)\s+)*PROCEDURE\b", re.IGNORECASE
)
_TRANSACTION = re.compile(r"\s*(?:TRANSACTION\b|WORK\b|NAME\b|;|$)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d][\w$]*")
_NO_BLOCK_END = re.compile(r"\s*(?:IF|FOR|WHILE|LOOP|REPEAT)\b", re.IGNORECASE)
_CASE_END = re.compile(r"\s*CASE\b", re.IGNORECASE)
_KEPT_PARSERS = ("CAST", "TRY_CAST", "EXTRACT", "POSITION", "TRIM")
_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_LIST_ENDS = frozenset(
    {
        TokenType.FROM,
        TokenType.WHERE,
        TokenType.GROUP_BY,
        TokenType.HAVING,
        TokenType.QUALIFY,
        TokenType.ORDER_BY,
    }
    | {
        TokenType.LIMIT,
        TokenType.UNION,
        TokenType.EXCEPT,
        TokenType.INTERSECT,
        TokenType.FETCH,
        TokenType.SEMICOLON,
    }
)
_JSON_TYPES = {
    "FLOAT": "number", "DOUBLE": "number", "REAL": "number", "NUMBER": "number", "DECIMAL": "number",
    "NUMERIC": "number", "INT": "integer", "INTEGER": "integer", "BIGINT": "integer", "SMALLINT": "integer",
    "STRING": "string", "VARCHAR": "string", "TEXT": "string", "CHAR": "string", "BOOLEAN": "boolean",
    "DATE": "string", "TIMESTAMP": "string", "OBJECT": "object", "ARRAY": "array",
}  # fmt: skip


WRITTEN = "written"  # the key under which an item of a SELECT list keeps its text


class Dialect(Snowflake):
    """Snowflake, but with functions left as the user wrote them.

    sqlglot's own function builders reorder arguments and merge functions that differ in detail; the
    compiler needs the name and the arguments as they stand.
    """

    class Parser(SnowflakeParser):
        """Snowflake's grammar without its function rewriting."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in SnowflakeParser.FUNCTION_PARSERS.items() if name in _KEPT_PARSERS
        }

        def _parse_projections(self) -> tuple[list[exp.Expr], list[exp.Expr] | None]:
            return self._parse_csv(self._parse_projection), None

        def _parse_projection(self) -> exp.Expr | None:
            """An item of a SELECT list that knows its text, which names the column without an alias."""
            start = self._curr
            item = self._parse_expression()
            if item is not None and start is not None:
                item.meta[WRITTEN] = self._find_sql(start, self._prev).upper()
            return item


DRAWN_MARK = "drawn"
_marks = count()
DRAWN = frozenset(
    {"RANDOM", "UNIFORM", "UUID_STRING", "RANDSTR", "NORMAL", "NEXTVAL", "SEQ1", "SEQ2", "SEQ4", "SEQ8"}
)


def parse(sql: str, max_depth: int) -> exp.Expression:
    """The tree of exactly one statement, identifiers in the case Snowflake gives them.

    Raises BadInput for text that is no statement or more than one, LimitReached for deep nesting.
    """
    tokens = tokenize(sql)
    _check_depth(tokens, max_depth)
    _silence_fallback_warnings()
    try:
        written = hierarchies.as_calls(sql, tokens)
        tokens = tokens if written is sql else tokenize(written)
        trees = [tree for tree in Dialect().parse(_replace_types(written, tokens)) if tree is not None]
    except SqlglotError as error:
        raise BadInput(_syntax_message(error), "Check the statement near that place.") from None
    except RecursionError:
        raise too_deep(max_depth) from None
    except (AttributeError, TypeError, LookupError, ValueError, AssertionError):
        # sqlglot's parser trips over some malformed statements instead of reporting them.
        raise BadInput(
            "Syntax error: the statement cannot be read", "Check brackets, commas and quotes."
        ) from None
    if len(trees) != 1:
        raise BadInput(
            f"Expected one statement, found {len(trees)}",
            "run_script takes several, separated by semicolons.",
        )
    return _mark_drawn(_fold_names(expression(trees[0])))


def _mark_drawn(tree: exp.Expression) -> exp.Expression:
    """Give what draws numbers a mark that its copies share: an alias or a CASE's subject is drawn once a row.

    A call of any name may be one of a user's function that draws.
    """
    for node in tree.find_all(exp.Anonymous, exp.Column):
        if isinstance(node, exp.Anonymous) or node.name == "NEXTVAL":
            node.meta[DRAWN_MARK] = next(_marks)
    return tree


def tokenize(sql: str) -> list[Token]:
    """The tokens of ``sql``; raises BadInput for an unfinished string or comment."""
    if "\0" in sql:
        raise BadInput("The statement contains a NUL character", "Remove it.")
    try:
        return Dialect().tokenize(sql)
    except (SqlglotError, ValueError) as error:
        raise BadInput(_syntax_message(error), "Look for an unfinished string or comment.") from None


def split_statements(script: str) -> list[str]:
    """The statements of ``script``, without their semicolons; strings, $$ blocks and comments are respected."""
    statements, start, has_code, position, procedure = [], 0, False, 0, False
    while position < len(script):
        end = _skip_quoted(script, position)
        if end is not None:
            has_code = has_code or script[position] not in "-/"
            position = end
            continue
        procedure = _PROCEDURE.match(script, position) is not None if not has_code else procedure
        inside_word = script[position - 1 : position].isidentifier()
        if not inside_word and (procedure or not has_code) and (block := _BLOCK.match(script, position)):
            has_code, position = True, _block_end(script, block.end(), block[1].upper() == "BEGIN")
            continue
        if script[position] == ";":
            if has_code:
                statements.append(script[start:position].strip())
            start, has_code = position + 1, False
        elif not script[position].isspace():
            has_code = True
        position += 1
    if has_code:
        statements.append(script[start:].strip())
    return statements


def creates_procedure(statement: str) -> bool:
    """Whether the statement is CREATE PROCEDURE, whose body may be a block without quotes."""
    return _PROCEDURE.match(statement) is not None


def _block_end(script: str, position: int, begun: bool) -> int:
    """Where the block that starts before ``position`` ends: behind the END of its BEGIN, or at the script's end."""
    depth = int(begun)
    while position < len(script):
        end = _skip_quoted(script, position)
        word = _WORD.match(script, position) if end is None else None
        if word is None:
            position = end if end is not None else position + 1
            continue
        position, key = word.end(), word[0].upper()
        if script[word.start() - 1 : word.start()] in (":", "."):
            continue  # a path such as span:end
        begun = begun or key == "BEGIN"
        depth += key == "CASE" or (key == "BEGIN" and not _TRANSACTION.match(script, position))
        if key == "END" and not _NO_BLOCK_END.match(script, position):
            depth -= 1
            if depth == 0 and begun:
                return position
            case = _CASE_END.match(script, position)
            position = case.end() if case else position
    return len(script)


def projection_texts(sql: str) -> list[str]:
    """The text of each item in the outermost SELECT list, upper case: the names Snowflake gives them."""
    tokens = tokenize(sql)
    start = _first_select(tokens)
    if start is None:
        return []
    items: list[str] = []
    depth, first = 0, start
    for index in range(start, len(tokens) + 1):
        token = tokens[index] if index < len(tokens) else None
        ended = token is None or (
            depth == 0 and (token.token_type in _LIST_ENDS or token.token_type in _CLOSING)
        )
        if ended or (token is not None and depth == 0 and token.token_type is TokenType.COMMA):
            if first < index:
                items.append(sql[tokens[first].start : tokens[index - 1].end + 1].upper())
            first = index + 1
        if ended or token is None:
            break
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
    return items


def replace_identifiers(sql: str, variables: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """``sql`` with each ``IDENTIFIER('a.b')``, ``IDENTIFIER($x)`` and ``IDENTIFIER(:x)`` replaced by the name."""
    if "identifier" not in sql.lower():
        return sql
    tokens = tokenize(sql)
    given = {key.upper(): value for key, value in values.items()}
    pieces, position = [], 0
    for index, token in enumerate(tokens):
        if token.text.upper() != "IDENTIFIER" or token.token_type is TokenType.IDENTIFIER:
            continue
        close = next(
            (i for i in range(index, len(tokens)) if tokens[i].token_type is TokenType.R_PAREN), None
        )
        if close is None or close < index + 3 or tokens[index + 1].token_type is not TokenType.L_PAREN:
            continue
        inside = sql[tokens[index + 2].start : tokens[close - 1].end + 1].strip()
        if tokens[index + 2].token_type is TokenType.STRING and close == index + 3:
            name = tokens[index + 2].text
        elif inside[:1] in "$:" and inside[1:].isidentifier():
            name = _named_value(inside, variables if inside[0] == "$" else given)
        else:
            continue
        if not _QUALIFIED.fullmatch(name):
            raise BadInput(
                f"IDENTIFIER('{name[:60]}') is not a name", "Write a name such as db.schema.table."
            )
        pieces += [sql[position : token.start], name]
        position = tokens[close].end + 1
    return "".join([*pieces, sql[position:]])


def _named_value(written: str, known: Mapping[str, Any]) -> str:
    if written[1:].upper() not in known:
        raise BadInput(f"{written} has no value", "SET the session variable, or fill in the parameter.")
    return str(known[written[1:].upper()])


def without_comments(sql: str) -> str:
    """``sql`` from its first token to its last."""
    tokens = tokenize(sql)
    return sql[tokens[0].start : tokens[-1].end + 1] if tokens else ""


def json_schema(type_text: str) -> dict[str, Any]:
    """The JSON schema of a type literal such as ``OBJECT(score FLOAT, tags ARRAY(STRING))``."""
    tokens = list(tokenize(type_text))
    schema, rest = _schema(tokens)
    if rest:
        raise BadInput(f"Cannot read the type {type_text}", "Write TYPE OBJECT(name VARCHAR, score FLOAT).")
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


def _replace_types(sql: str, tokens: list[Token]) -> str:
    """Turn ``TYPE OBJECT(..)``, which sqlglot cannot parse, into a call that carries its schema."""
    pieces, position, index = [], 0, 1
    while index < len(tokens) - 1:
        if (
            tokens[index].text.upper() == "TYPE"
            and tokens[index - 1].token_type
            in (
                TokenType.FARROW,
                TokenType.COMMA,
            )
            and tokens[index + 1].text.upper() in _JSON_TYPES
        ):
            last = _type_end(tokens, index + 1)
            text = sql[tokens[index + 1].start : tokens[last].end + 1]
            schema = dumps(json_schema(text)).replace("\\", "\\\\").replace("'", "''")
            pieces += [sql[position : tokens[index].start], f"SF_TYPE('{schema}')"]
            position, index = tokens[last].end + 1, last
        index += 1
    return "".join([*pieces, sql[position:]])


def _type_end(tokens: list[Token], index: int) -> int:
    if index + 1 >= len(tokens) or tokens[index + 1].token_type is not TokenType.L_PAREN:
        return index
    depth = 0
    for position in range(index + 1, len(tokens)):
        depth += (tokens[position].token_type in _OPENING) - (tokens[position].token_type in _CLOSING)
        if depth == 0:
            return position
    return len(tokens) - 1


def _fold_names(tree: exp.Expression) -> exp.Expression:
    """Unquoted identifiers in upper case, as Snowflake stores them."""
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.args.get("quoted"):
            identifier.set(
                "this", identifier.this.upper() if not _is_object_key(identifier) else identifier.this
            )
            identifier.set("quoted", True)
    return tree


def _is_object_key(identifier: exp.Identifier) -> bool:
    """``{'a': 1}``: sqlglot keeps the key 'a' as an identifier, but its case matters."""
    return isinstance(identifier.parent, exp.PropertyEQ) and identifier.arg_key == "this"


def _first_select(tokens: list[Token]) -> int | None:
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if depth == 0 and token.token_type is TokenType.SELECT:
            following = index + 1
            if following < len(tokens) and tokens[following].token_type in (
                TokenType.DISTINCT,
                TokenType.ALL,
            ):
                following += 1
            if following < len(tokens) and tokens[following].text.upper() == "TOP":
                following += 2
            return following
    return None


def _skip_quoted(text: str, position: int) -> int | None:
    """The end of the string, quoted name, $$ block or comment that starts at ``position``, if one does."""
    two = text[position : position + 2]
    if two == "$$":
        return _after(text, "$$", position + 2)
    if two == "--" or (
        two == "//" and text[position - 1 : position] not in (":", "/")
    ):  # PUT file://.. is no comment
        return _after(text, "\n", position + 2)
    if two == "/*":
        return _after(text, "*/", position + 2)
    if text[position] == '"':
        return _after(text, '"', position + 1)
    if text[position] == "'":
        match = re.compile(r"(?:[^'\\]|\\.|'')*(?:'|$)", re.DOTALL).match(text, position + 1)
        return match.end() if match else len(text)
    return None


def _after(text: str, mark: str, start: int) -> int:
    found = text.find(mark, start)
    return len(text) if found < 0 else found + len(mark)


def _check_depth(tokens: list[Token], max_depth: int) -> None:
    depth = 0
    for token in tokens:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if depth > max_depth:
            raise too_deep(max_depth)


def too_deep(max_depth: int) -> LimitReached:
    """The error for nesting beyond max_expression_depth."""
    return LimitReached(
        f"The expression is nested deeper than the limit max_expression_depth = {max_depth}",
        "Split it with WITH.",
    )


def _silence_fallback_warnings() -> None:
    logging.getLogger("sqlglot").setLevel(logging.ERROR)


def _syntax_message(error: Exception) -> str:
    text = re.sub(r"\x1b\[\d*m", "", str(error)).strip()
    first = text.splitlines()[0] if text else "unreadable"
    return f"Syntax error: {first.rstrip('.')[:200]}"
