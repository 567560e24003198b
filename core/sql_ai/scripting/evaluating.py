"""Expressions and statements of a running block, each through the session's ordinary path."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.errors import BadInput, Cancelled, HubError, LimitReached
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.dialect.parse import parse, replace_identifiers, without_comments
from core.sql_ai.dialect.splitting import split_statements
from core.sql_ai.kinds import SqlType
from core.sql_ai.outcomes import Outcome, compile_top
from core.sql_ai.scripting.names import Names, Raised, Variable
from core.sql_ai.scripting.nodes import Sql
from core.sql_ai.scripting.tokens import is_block, tokens_of
from core.sql_ai.statements import run_statement

if TYPE_CHECKING:
    from core.sql_ai.session import Session

STATEMENT_ERROR, EXPRESSION_ERROR = "STATEMENT_ERROR", "EXPRESSION_ERROR"
_EXECUTE = re.compile(r"\s*EXECUTE\s+IMMEDIATE\b", re.IGNORECASE)


class Evaluator(Names):
    """Runs the SQL of a block with the block's variables as its parameters."""

    def value(self, text: str, line: int, kind: str = "") -> tuple[Any, SqlType]:
        """The value and type of an expression, cast to ``kind`` when there is one."""
        with self.bound(line, EXPRESSION_ERROR):
            written = f"CAST(({text}) AS {kind})" if kind else text
            named = replace_identifiers(self.with_rows(written), self.session.variables, self.session.values)
            tree = parse(f"SELECT {named}", self.session.limits.max_expression_depth)
            if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or not text.strip():
                raise BadInput(f"Cannot read the expression {text[:60]}", "Write one value.")
            tree.set("expressions", [self.with_names(tree.expressions[0])])
            relation, state = compile_top(self.session, tree)
            rows, _cut = self.session.select(relation, state)
            self.session.store.drop_temporary()
            return (rows[0][0] if rows else None), relation.columns[0].type

    def true(self, text: str, line: int) -> bool:
        """Whether a condition holds; NULL counts as false."""
        return self.value(text, line, "BOOLEAN")[0] is True

    def sql(self, node: Sql) -> None:
        """Run an SQL statement and keep what SQLID, SQLROWCOUNT and INTO ask for."""
        outcome = self.query(node.text, node.line)
        if not node.targets:
            return
        if len(outcome.rows) != 1:
            text = f"A SELECT INTO statement expects exactly 1 returned row, but got {len(outcome.rows)}."
            raise Raised(STATEMENT_ERROR, 100183, text, node.line)
        self.fill(node.targets, outcome.rows[0], outcome.types)

    def fill(self, targets: tuple[str, ...], row: tuple[Any, ...], types: list[SqlType]) -> None:
        """Put the cells of a row into variables."""
        if len(targets) != len(row):
            raise BadInput(
                f"INTO names {len(targets)} variables for {len(row)} columns", "Name one for each."
            )
        for name, cell, kind in zip(targets, row, types, strict=True):
            target = self.find(name, "value")
            target.value, target.type = cell, kind
            if target.kind:
                self.scopes[-1]["_CELL"] = Variable("value", cell)
                target.value, target.type = self.value("_CELL", 0, target.kind)
                del self.scopes[-1]["_CELL"]

    def query(self, text: str, line: int) -> Outcome:
        """The outcome of a statement, which may stand in brackets; kept under its query id."""
        text = unwrapped(text)
        if _EXECUTE.match(text):
            outcome = self.immediate(text, line)
        else:
            with self.bound(line, STATEMENT_ERROR):
                outcome = run_statement(self.session, self.with_rows(text))
        self.last["SQLID"] = self.session.keep(text, outcome)
        if outcome.columns and outcome.columns[0].startswith("number of rows"):
            changed = sum(
                cell
                for name, cell in zip(outcome.columns, outcome.rows[0], strict=True)
                if "multi" not in name
            )
            self.last |= {"SQLROWCOUNT": changed, "SQLFOUND": changed > 0, "SQLNOTFOUND": changed == 0}
        return outcome

    def immediate(self, text: str, line: int) -> Outcome:
        """EXECUTE IMMEDIATE: the text's expression and the values after USING see the block's variables."""
        written, using = split_using(text)
        values = {f"BIND_{index}": self.value(item, line)[0] for index, item in enumerate(using, 1)}
        inner = str(self.value(written, line)[0] or "")
        with self.bound(line, STATEMENT_ERROR):
            return run_text(self.session, inner, values)

    @contextmanager
    def bound(self, line: int, name: str) -> Iterator[None]:
        """Run a statement with the block's variables as its ``:name`` parameters; errors get the block's line."""
        before, self.session.values = self.session.values, self.names()
        try:
            yield
        except (LimitReached, Cancelled, Raised):
            raise
        except HubError as error:
            raise Raised(name, 100183, error.message, line, error) from error
        finally:
            self.session.values = before


def run_text(session: "Session", text: str, values: Mapping[str, Any]) -> Outcome:
    """Run the statement or block that EXECUTE IMMEDIATE was given; each ``?`` is the next of ``values``."""
    from core.sql_ai.scripting.running import run_block

    statements = split_statements(text)
    if len(statements) != 1:
        raise refuse("EXECUTE IMMEDIATE of several statements", "Write them into a block, BEGIN .. END.")
    bound = with_marks(statements[0], list(values))
    if is_block(statements[0]):
        return run_block(session, statements[0])
    if _EXECUTE.match(statements[0]):
        raise refuse("EXECUTE IMMEDIATE inside EXECUTE IMMEDIATE", "Run the inner text.")
    before, session.values = session.values, {**session.values, **values}
    try:
        return run_statement(session, without_comments(bound))
    finally:
        session.values = before


def split_using(text: str) -> tuple[str, list[str]]:
    """The expression of EXECUTE IMMEDIATE and the expressions after USING."""
    written = _EXECUTE.sub("", text, count=1)
    tokens = tokens_of(written)
    place = next((i for i, token in enumerate(tokens) if token.key == "USING"), None)
    if place is None:
        return written.strip(), []
    return written[: tokens[place].start].strip(), listed(written[tokens[place].end :])


def listed(written: str) -> list[str]:
    """The expressions of a list in brackets; none for an empty text."""
    inside = unwrapped(written)
    if not inside:
        return []
    items, depth, start = [], 0, 0
    for token in tokens_of(inside):
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            items.append(inside[start : token.start])
            start = token.end
    return [*items, inside[start:]]


def with_marks(text: str, names: list[str]) -> str:
    """A statement with a parameter of the given name for each ``?``; raises BadInput when their numbers differ."""
    pieces, place = [], 0
    marks = [token for token in tokens_of(text) if token.text == "?"]
    if len(marks) != len(names):
        raise BadInput(
            f"The statement has {len(marks)} ? for {len(names)} values", "Give USING one value for each ?."
        )
    for token, name in zip(marks, names, strict=True):
        pieces += [text[place : token.start], f":{name}"]
        place = token.end
    return "".join([*pieces, text[place:]])


def unwrapped(text: str) -> str:
    """``text`` without brackets around the whole of it."""
    text = text.strip()
    while text.startswith("("):
        depth, tokens = 0, tokens_of(text)
        for token in tokens:
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0:
                break
        if depth or token is not tokens[-1]:
            break
        text = text[1:-1].strip()
    return text
