"""Running a block: its variables, its control flow, and each statement through the session's ordinary path."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.errors import BadInput, HubError, LimitReached
from core.sql_ai.dialect.compilation import unknown
from core.sql_ai.dialect.parse import parse, replace_identifiers
from core.sql_ai.kinds import INTEGER, VARCHAR, SqlType
from core.sql_ai.sandbox import Cancelled
from core.sql_ai.scripting.nodes import (
    Assign,
    Block,
    Count,
    Cursor,
    Declare,
    Handler,
    If,
    Jump,
    Loop,
    Node,
    Raise,
    Return,
    Rows,
    Sql,
)
from core.sql_ai.scripting.reading import GIVEN_NAMES, read_block
from core.sql_ai.scripting.tokens import Token, is_block, tokens_of
from core.sql_ai.statements import Outcome, compile_top, run_statement

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_MAX_BLOCKS = 10  # blocks that run inside EXECUTE IMMEDIATE or CALL of another block
_EXECUTE = re.compile(r"\s*EXECUTE\s+IMMEDIATE\b", re.IGNORECASE)
_STATEMENT_ERROR, _EXPRESSION_ERROR = "STATEMENT_ERROR", "EXPRESSION_ERROR"
_ROW = "_ROW_"  # what a row's column is called as a parameter


class Raised(BadInput):
    """An exception of a block: one that RAISE raised, or a statement's error with its line."""

    def __init__(self, name: str, number: int, text: str, line: int, cause: HubError | None = None) -> None:
        message = text if cause is not None else f"Uncaught exception {name} ({number}): {text}"
        hint = cause.hint if cause is not None else "Catch it with EXCEPTION WHEN .. THEN."
        super().__init__(f"{message} (line {line} of the block)", hint)
        self.name, self.number, self.text = name, number, text


@dataclass
class Variable:
    """What a name of the block stands for.

    ``value`` is a plain value, a row's columns, or the query of a cursor; ``rows`` are what a RESULTSET or an
    open cursor has, ``place`` how far FETCH has read them.
    """

    role: str
    value: Any = None
    kind: str = ""
    type: SqlType = VARCHAR
    rows: Outcome | None = None
    place: int = 0


@dataclass(frozen=True)
class Signal:
    """Why a body ended early: break, continue or return, with the loop's label or the answer."""

    kind: str
    label: str = ""
    outcome: Outcome | None = None


@dataclass
class Runner:
    """One run of one block."""

    session: "Session"
    outer: Mapping[str, Any]
    scopes: list[dict[str, Variable]] = field(default_factory=list)
    handled: list[Raised] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(GIVEN_NAMES))

    # -- blocks and bodies -------------------------------------------------------------------------------

    def block(self, block: Block) -> Signal | None:
        """Run a block with its own names; an exception goes to its handlers first."""
        self.scopes.append({})
        try:
            for item in block.declarations:
                self.declare(item)
            return self.body(block.body)
        except Raised as error:
            handler = next((one for one in block.handlers if _catches(one, error)), None)
            if handler is None:
                raise
            return self.handle(handler, error)
        finally:
            self.scopes.pop()

    def handle(self, handler: Handler, error: Raised) -> Signal | None:
        """Run the body of a handler, in which SQLERRM and SQLCODE describe the exception."""
        self.handled.append(error)
        self.last |= {"SQLERRM": error.text, "SQLCODE": error.number, "SQLSTATE": "P0001"}
        try:
            return self.body(handler.body)
        finally:
            self.handled.pop()

    def body(self, nodes: tuple[Node, ...]) -> Signal | None:
        """Run statements in order until one ends the body."""
        for node in nodes:
            self.session.check_time()
            signal = self.node(node)
            if signal is not None:
                return signal
        return None

    def node(self, node: Node) -> Signal | None:
        """Run one statement of the language."""
        match node:
            case Block():
                return self.block(node)
            case Declare():
                self.declare(node)
            case Assign():
                self.assign(node)
            case Sql():
                self.sql(node)
            case If():
                return self.choose(node)
            case Count():
                return self.count(node)
            case Rows():
                return self.rows(node)
            case Loop():
                return self.loop(node)
            case Jump():
                return Signal(node.kind, node.label)
            case Return():
                return Signal("return", outcome=self.answer(node))
            case Raise():
                self.throw(node)
            case Cursor():
                self.cursor(node)
        return None

    # -- variables ---------------------------------------------------------------------------------------

    def declare(self, node: Declare) -> None:
        """Make a name; one of an outer block is hidden by it."""
        made = Variable(node.role, kind=node.kind)
        if node.role == "exception":
            made.value = _exception(node)
        elif node.role == "cursor":
            made.value = node.text
        elif node.role == "resultset":
            made.rows = self.query(node.text, node.line) if node.text is not None else None
        elif node.text is not None or node.kind:
            made.value, made.type = self.value(node.text or "NULL", node.line, node.kind)
        self.scopes[-1][node.name] = made

    def find(self, name: str, *roles: str) -> Variable:
        """The innermost name; raises BadInput when there is none or it is something else."""
        for scope in reversed(self.scopes):
            if name in scope:
                if scope[name].role in roles:
                    return scope[name]
                break
        names = [key for scope in self.scopes for key, one in scope.items() if one.role in roles]
        raise unknown(" or ".join(role.title() for role in roles), name, names)

    def assign(self, node: Assign) -> None:
        """``name := ..``: a value cast to the variable's type, or the rows of a RESULTSET."""
        target = self.find(node.name, "value", "resultset")
        if target.role == "resultset":
            target.rows = self.query(node.text, node.line)
            return
        target.value, target.type = self.value(node.text, node.line, target.kind)

    def names(self) -> dict[str, Any]:
        """Every plain value in sight under its name, columns of rows under ``_ROW_name__column``."""
        found: dict[str, Any] = {**self.outer, **self.last}
        for scope in self.scopes:
            for name, one in scope.items():
                if one.role == "value":
                    found[name] = one.value
                elif one.role == "row":
                    found |= {f"{_ROW}{name}__{column}": value for column, value in one.value.items()}
        return found

    # -- expressions and statements ----------------------------------------------------------------------

    def value(self, text: str, line: int, kind: str = "") -> tuple[Any, SqlType]:
        """The value and type of an expression, cast to ``kind`` when there is one."""
        with self.bound(line, _EXPRESSION_ERROR):
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
            raise Raised(_STATEMENT_ERROR, 100183, text, node.line)
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
        text = _unwrapped(text)
        if _EXECUTE.match(text):
            outcome = self.immediate(text, line)
        else:
            with self.bound(line, _STATEMENT_ERROR):
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
        with self.bound(line, _STATEMENT_ERROR):
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

    def with_rows(self, text: str) -> str:
        """``:r.column`` and ``r.column`` of rows as parameters, which a statement may hold."""
        rows = {name for scope in self.scopes for name, one in scope.items() if one.role == "row"}
        if not rows:
            return text
        pieces, place, tokens = [], 0, tokens_of(text)
        for index in range(len(tokens) - 2):
            first, dot, column = tokens[index : index + 3]
            named = first.key in rows and dot.text == "." and column.kind in ("word", "name")
            if not named or _is_path(tokens, index):
                continue
            colon = index > 0 and tokens[index - 1].text == ":"
            start = tokens[index - 1].start if colon else first.start
            name = column.text.strip('"') if column.kind == "name" else column.key
            pieces += [text[place:start], f":{self.cell(first.key, name)}"]
            place = column.end
        return "".join([*pieces, text[place:]])

    def cell(self, row: str, column: str) -> str:
        """The parameter that a row's column has become; raises BadInput for a column the row has not."""
        known = self.find(row, "row").value
        if column not in known:
            raise unknown("Column", f"{row}.{column}", list(known))
        return f"{_ROW}{row}__{column}"

    def with_names(self, node: exp.Expression) -> exp.Expression:
        """An expression whose bare names are the block's variables; subqueries keep theirs."""
        known = self.names()

        def swap(one: exp.Expression) -> exp.Expression:
            if isinstance(one, exp.Column) and not one.table and one.name in known:
                return exp.Placeholder(this=one.name)
            if isinstance(one, exp.Query):
                return one
            for key, value in list(one.args.items()):
                if isinstance(value, exp.Expression):
                    one.set(key, swap(value))
                elif isinstance(value, list):
                    one.set(key, [swap(item) if isinstance(item, exp.Expression) else item for item in value])
            return one

        return swap(node)

    # -- control flow ------------------------------------------------------------------------------------

    def choose(self, node: If) -> Signal | None:
        """The first branch whose condition is true."""
        for condition, body in node.branches:
            if self.true(condition, node.line):
                return self.body(body)
        if node.required:
            raise Raised(
                "CASE_NOT_FOUND",
                100183,
                "No WHEN of the CASE statement is true, and it has no ELSE.",
                node.line,
            )
        return self.body(node.otherwise)

    def count(self, node: Count) -> Signal | None:
        """FOR i IN a TO b: the bounds are evaluated once; the counter lives in the loop."""
        first, last = (self.value(text, node.line, "INT")[0] for text in (node.first, node.last))
        if first is None or last is None:
            raise Raised(_EXPRESSION_ERROR, 100183, "A bound of FOR is NULL", node.line)
        numbers = range(int(first), int(last) + 1)
        for number in reversed(numbers) if node.backwards else numbers:
            signal = self.turn(node, {node.name: Variable("value", number, type=INTEGER)})
            if signal is not None:
                return None if signal.kind == "done" else signal
        return None

    def rows(self, node: Rows) -> Signal | None:
        """FOR r IN cursor: r has the row's columns."""
        outcome = self.outcome_of(node.source.strip().upper(), node.line)
        for row in outcome.rows:
            cells = dict(zip(outcome.columns, row, strict=True))
            signal = self.turn(node, {node.name: Variable("row", cells)})
            if signal is not None:
                return None if signal.kind == "done" else signal
        return None

    def loop(self, node: Loop) -> Signal | None:
        """LOOP, WHILE and REPEAT; one that never ends meets the time limit."""
        while node.before is None or self.true(node.before, node.line):
            signal = self.turn(node, {})
            if signal is not None:
                return None if signal.kind == "done" else signal
            if node.until is not None and self.true(node.until, node.line):
                return None
        return None

    def turn(self, node: Count | Rows | Loop, names: dict[str, Variable]) -> Signal | None:
        """One pass through a loop's body; the signal that ends the loop is "done" for its own BREAK."""
        self.session.check_time()
        self.scopes.append(names)
        try:
            signal = self.body(node.body)
        finally:
            self.scopes.pop()
        if signal is None or signal.kind == "return":
            return signal
        mine = signal.label in ("", node.label)
        if mine and signal.kind == "continue":
            return None
        return Signal("done") if mine else signal

    def throw(self, node: Raise) -> None:
        """RAISE: the exception of that name, or the one being handled."""
        if node.name:
            number, text = self.find(node.name, "exception").value
            raise Raised(node.name, number, text, node.line)
        if not self.handled:
            raise BadInput("RAISE without a name stands outside a handler", "Name an exception.")
        raise self.handled[-1]

    # -- cursors and answers -----------------------------------------------------------------------------

    def outcome_of(self, name: str, line: int) -> Outcome:
        """The rows of a RESULTSET or a cursor, which is run now unless it is open."""
        found = self.find(name, "cursor", "resultset")
        rows = found.rows
        if rows is None and found.role == "cursor":
            source = str(found.value).strip()
            known = source.upper() in {key for scope in self.scopes for key in scope}
            rows = self.outcome_of(source.upper(), line) if known else self.query(source, line)
        if rows is None:
            raise BadInput(f"The RESULTSET {name} has no query yet", f"Write {name} := (SELECT ..);")
        if rows.truncated:
            raise LimitReached(
                f"The rows of {name} were cut at the limit max_rows = {self.session.limits.max_rows:,}",
                "Narrow the query with WHERE or LIMIT.",
            )
        return rows

    def cursor(self, node: Cursor) -> None:
        """OPEN runs the query, FETCH reads the next row (NULLs after the last), CLOSE forgets the rows."""
        found = self.find(node.name, "cursor")
        if node.verb == "open":
            found.rows, found.place = self.outcome_of(node.name, node.line), 0
        elif found.rows is None:
            raise BadInput(f"The cursor {node.name} is not open", f"OPEN {node.name}; comes first.")
        elif node.verb == "close":
            found.rows = None
        else:
            columns = len(found.rows.columns)
            rows = found.rows.rows
            row = rows[found.place] if found.place < len(rows) else (None,) * columns
            found.place += 1
            self.fill(node.targets, row, found.rows.types)

    def answer(self, node: Return) -> Outcome:
        """What RETURN gives: a value in the column "anonymous block", or the rows of TABLE(..)."""
        if node.table:
            inner = _unwrapped(node.text[len("TABLE") :])
            if re.fullmatch(r'[^\W\d][\w$]*|"[^"]+"', inner):
                return self.outcome_of(inner.upper(), node.line)
            is_query = re.match(r"(?:SELECT|WITH)\b", inner, re.IGNORECASE)
            return self.query(inner if is_query else f"SELECT * FROM {node.text}", node.line)  # noqa: S608
        value, kind = self.value(node.text, node.line) if node.text else (None, VARCHAR)
        return Outcome(["anonymous block"], [kind], [(value,)])


def run_block(
    session: "Session",
    text: str,
    values: Mapping[str, Any] | None = None,
    arguments: dict[str, Variable] | None = None,
) -> Outcome:
    """Run a block; ``values`` are parameters from outside, ``arguments`` a procedure's own variables.

    Raises HubError with the line of the block.
    """
    if session.open_blocks >= _MAX_BLOCKS:
        raise LimitReached(f"Blocks run inside each other deeper than {_MAX_BLOCKS} levels", "Unfold them.")
    session.open_blocks += 1
    try:
        given = session.values if values is None else values
        outer = {name.upper(): value for name, value in given.items()}
        runner = Runner(session, outer, [arguments] if arguments else [])
        signal = runner.block(read_block(text))
    finally:
        session.open_blocks -= 1
    if signal is not None and signal.outcome is not None:
        return signal.outcome
    if signal is not None:
        raise BadInput(f"{signal.kind.upper()} stands outside a loop", "Use it inside LOOP, FOR or WHILE.")
    return Outcome(["anonymous block"], [VARCHAR], [(None,)])


def run_text(session: "Session", text: str, values: Mapping[str, Any]) -> Outcome:
    """Run the statement or block that EXECUTE IMMEDIATE was given; each ``?`` is the next of ``values``."""
    from core.sql_ai.dialect.compilation import refuse
    from core.sql_ai.dialect.parse import split_statements, without_comments

    statements = split_statements(text)
    if len(statements) != 1:
        raise refuse("EXECUTE IMMEDIATE of several statements", "Write them into a block, BEGIN .. END.")
    marks = [token for token in tokens_of(statements[0]) if token.text == "?"]
    if len(marks) != len(values):
        raise BadInput(
            f"The statement has {len(marks)} ? for {len(values)} values", "Give USING one value for each ?."
        )
    if is_block(statements[0]):
        return run_block(session, statements[0])
    if _EXECUTE.match(statements[0]):
        raise refuse("EXECUTE IMMEDIATE inside EXECUTE IMMEDIATE", "Run the inner text.")
    bound = _with_marks(without_comments(statements[0]), list(values))
    before, session.values = session.values, {**session.values, **values}
    try:
        return run_statement(session, bound)
    finally:
        session.values = before


def split_using(text: str) -> tuple[str, list[str]]:
    """The expression of EXECUTE IMMEDIATE and the expressions after USING."""
    written = _EXECUTE.sub("", text, count=1)
    tokens = tokens_of(written)
    place = next((i for i, token in enumerate(tokens) if token.key == "USING"), None)
    if place is None:
        return written.strip(), []
    inside = _unwrapped(written[tokens[place].end :])
    items, depth, start = [], 0, 0
    for token in tokens_of(inside):
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            items.append(inside[start : token.start])
            start = token.end
    return written[: tokens[place].start].strip(), [*items, inside[start:]]


def _with_marks(text: str, names: list[str]) -> str:
    pieces, place = [], 0
    marks = (token for token in tokens_of(text) if token.text == "?")
    for token, name in zip(marks, names, strict=True):
        pieces += [text[place : token.start], f":{name}"]
        place = token.end
    return "".join([*pieces, text[place:]])


def _unwrapped(text: str) -> str:
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


def _is_path(tokens: list[Token], index: int) -> bool:
    """Whether the name at ``index`` belongs to something before it: ``column:r.x`` or ``t.r.x``."""
    if index == 0 or tokens[index - 1].text not in (":", "."):
        return False
    if tokens[index - 1].text == ".":
        return True
    before = tokens[index - 2] if index > 1 else None
    return before is not None and before.end == tokens[index - 1].start and before.kind in ("word", "name")


def _exception(node: Declare) -> tuple[int, str]:
    """The number and message of ``EXCEPTION (-20002, 'text')``; Snowflake's defaults without them."""
    found = re.fullmatch(r"\(\s*(-?\d+)\s*(?:,\s*'((?:[^']|'')*)'\s*)?\)", (node.text or "").strip())
    if found is None and (node.text or "").strip():
        raise BadInput(f"Cannot read the exception {node.name}", "Write EXCEPTION (-20001, 'message').")
    return (int(found[1]), (found[2] or "").replace("''", "'")) if found else (-20000, "")


def _catches(handler: Handler, error: Raised) -> bool:
    return "OTHER" in handler.names or error.name in handler.names


__all__ = ["Raised", "run_block", "run_text", "split_using"]
