"""The pipe of statements, ``SHOW TABLES ->> SELECT "name" FROM $1``: each may read the results of those before it."""

import re
from typing import TYPE_CHECKING

from sqlglot.tokenizer_core import TokenType

from core.errors import BadInput
from core.sql_ai.dialect import brackets
from core.sql_ai.dialect.parse import tokenize
from core.sql_ai.dialect.pieces import text_literal
from core.sql_ai.outcomes import Outcome

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_SOURCES = (TokenType.FROM, TokenType.JOIN, TokenType.USING)


def steps(text: str) -> list[str]:
    """The statements between the pipes; the text alone when there are none."""
    if "->>" not in text:
        return [text]
    # sqlglot makes one token of all that follows the word CALL at the start.
    behind = re.match(r"\s*\w*", text)
    skipped = behind.end() if behind is not None else 0
    depth, start, found = 0, 0, []
    for token in tokenize(text[skipped:]):
        depth += brackets.step(token)
        if token.token_type is TokenType.DARROW and depth == 0:
            found.append(text[start : skipped + token.start].strip())
            start = skipped + token.end + 1
    return [*found, text[start:].strip()]


def run(session: "Session", statements: list[str]) -> Outcome:
    """The outcome of the last statement; nothing after one that fails is run."""
    from core.sql_ai.statements import run_statement

    ids: list[str] = []
    for statement in statements[:-1]:
        text = _with_results(statement, ids)
        ids.append(session.keep(text, run_statement(session, text)))
    return run_statement(session, _with_results(statements[-1], ids))


def _with_results(statement: str, ids: list[str]) -> str:
    """``FROM $1`` reads the result before this statement, ``$2`` the one before that."""
    pieces, position = [], 0
    tokens = tokenize(statement)
    for before, mark, number in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if before.token_type not in _SOURCES or mark.token_type is not TokenType.PARAMETER:
            continue
        back = int(number.text) if number.text.isdigit() else 0
        if not 1 <= back <= len(ids):
            raise BadInput(
                f"${number.text} is not the result of a statement before this one",
                f"$1 is the one before ->>; there are {len(ids)}.",
            )
        pieces += [statement[position : mark.start], f"TABLE(RESULT_SCAN({text_literal(ids[-back])}))"]
        position = number.end + 1
    return "".join([*pieces, statement[position:]])
