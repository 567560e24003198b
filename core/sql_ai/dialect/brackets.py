"""How deep in brackets a token stands."""

from sqlglot.tokenizer_core import Token, TokenType

_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})


def step(token: Token) -> int:
    """1 for an opening bracket of any kind, -1 for a closing one, else 0."""
    return (token.token_type in _OPENING) - (token.token_type in _CLOSING)
