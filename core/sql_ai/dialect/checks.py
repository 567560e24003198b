"""What the tokens of a statement tell of mistakes that sqlglot reads over."""

from collections.abc import Iterator

from sqlglot.tokenizer_core import Token, TokenType

from core.errors import BadInput, LimitReached
from core.sql_ai.dialect import brackets

_PATH_SIGNS = (TokenType.COLON, TokenType.DOT)  # behind these a word is a name
_FOREIGN_OPERATORS = {"==": "=", "<=>": "IS NOT DISTINCT FROM"}


def check_tokens(sql: str, tokens: list[Token], max_depth: int) -> None:
    """Raise BadInput for what no statement may have, LimitReached for brackets nested deeper than ``max_depth``."""
    _check_depth(tokens, max_depth)
    for index, token in enumerate(tokens):
        _check_literal(sql, token, tokens[index - 1] if index else None)
        if (
            token.token_type is TokenType.WHEN
            and not _is_part(tokens, index)
            and not _has_then(tokens, index + 1)
        ):
            raise _syntax_error("WHEN has no THEN", token, "Write WHEN a = 1 THEN ..")
    first = tokens[0].token_type if tokens else None
    if first is TokenType.MERGE:
        _check_merge(tokens)
    if first is TokenType.CREATE:
        _check_create(tokens)


def too_deep(max_depth: int) -> LimitReached:
    """The error for nesting beyond max_expression_depth."""
    return LimitReached(
        f"The expression is nested deeper than the limit max_expression_depth = {max_depth}",
        "Split it with WITH.",
    )


def _check_depth(tokens: list[Token], max_depth: int) -> None:
    depth = 0
    for token in tokens:
        depth += brackets.step(token)
        if depth > max_depth:
            raise too_deep(max_depth)
    if depth > 0:
        raise BadInput("Syntax error: a bracket is not closed", "Check the brackets.")


def _check_literal(sql: str, token: Token, before: Token | None) -> None:
    """Refuse what other databases write: ``'a' 'b'`` for one text, ``0x1F`` for a number, ``==`` for equality."""
    if token.token_type is TokenType.STRING and before is not None and before.token_type is TokenType.STRING:
        raise _syntax_error("Two texts stand side by side", token, "Join them with ||, or write a comma.")
    written = sql[token.start : token.end + 1]
    if token.token_type is TokenType.HEX_STRING and written[:2].lower() == "0x":
        raise _syntax_error(f"{written} is not a number", token, f"Write TO_NUMBER('{written[2:]}', 'XXXX').")
    if written in _FOREIGN_OPERATORS and token.token_type is not TokenType.STRING:
        raise _syntax_error(f"{written} is not an operator", token, f"Write {_FOREIGN_OPERATORS[written]}.")


def _has_then(tokens: list[Token], start: int) -> bool:
    for _index, kind in _at_this_level(tokens, start):
        if kind in (TokenType.THEN, TokenType.WHEN, TokenType.ELSE):
            return kind is TokenType.THEN
    return False


def _is_part(tokens: list[Token], index: int) -> bool:
    """Whether a token is a part of a name: ``t.when``, ``v:case``."""
    return index > 0 and tokens[index - 1].token_type in _PATH_SIGNS


def _at_this_level(tokens: list[Token], start: int) -> Iterator[tuple[int, TokenType]]:
    """Places and kinds of the tokens from ``start`` on, without those in brackets and in a CASE that begins there."""
    depth = nested = 0
    for index in range(start, len(tokens)):
        kind = tokens[index].token_type
        depth += brackets.step(tokens[index])
        if depth < 0:
            return
        if depth or _is_part(tokens, index):
            continue
        nested += (kind is TokenType.CASE) - (kind is TokenType.END and nested > 0)
        if not nested:
            yield index, kind


def _check_merge(tokens: list[Token]) -> None:
    """Refuse a branch of MERGE that does not say when it is taken: sqlglot takes it for WHEN MATCHED."""
    for index, kind in _at_this_level(tokens, 0):
        if kind is TokenType.WHEN:
            following = [item.text.upper() for item in tokens[index + 1 : index + 3]]
            if "MATCHED" not in (following[:1] if following[:1] != ["NOT"] else following[1:]):
                hint = "Write WHEN [NOT] MATCHED [AND ..] THEN .."
                raise _syntax_error("WHEN has no MATCHED", tokens[index], hint)


def _check_create(tokens: list[Token]) -> None:
    """Refuse CREATE .. SELECT without AS."""
    for _index, kind in _at_this_level(tokens, 0):
        if kind is TokenType.ALIAS:
            return
        if kind is TokenType.SELECT:
            raise _syntax_error("CREATE has no AS", tokens[0], "Write CREATE .. AS SELECT ..")


def _syntax_error(what: str, token: Token, hint: str) -> BadInput:
    return BadInput(f"Syntax error: {what}. Line {token.line}, Col: {token.col}", hint)
