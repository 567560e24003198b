"""Running a block: its control flow, exceptions and cursors."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, LimitReached
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.kinds import INTEGER, VARCHAR
from core.sql_ai.outcomes import Outcome
from core.sql_ai.scripting.evaluating import (
    EXPRESSION_ERROR,
    Evaluator,
    listed,
    unwrapped,
    with_marks,
)
from core.sql_ai.scripting.names import Raised, Variable
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
from core.sql_ai.scripting.reading import read_block

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_FROM_CURSOR = re.compile(r"RESULTSET_FROM_CURSOR\s*\(\s*(\w+)\s*\)", re.IGNORECASE)
_MAX_BLOCKS = 10  # blocks that run inside EXECUTE IMMEDIATE or CALL of another block


@dataclass(frozen=True)
class Signal:
    """Why a body ended early: break, continue or return, with the loop's label or the answer."""

    kind: str
    label: str = ""
    outcome: Outcome | None = None


class Runner(Evaluator):
    """One run of one block: its control flow."""

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
        if "COLLATE" in node.kind.upper().split():
            raise refuse(
                f"COLLATE of the variable {node.name}", "Write COLLATE(x, 'en-ci') where x is compared."
            )
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

    def assign(self, node: Assign) -> None:
        """``name := ..``: a value cast to the variable's type, or the rows of a RESULTSET."""
        target = self.find(node.name, "value", "resultset")
        if target.role == "resultset":
            target.rows = self.query(node.text, node.line)
            return
        target.value, target.type = self.value(node.text, node.line, target.kind)

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
            raise Raised(EXPRESSION_ERROR, 100183, "A bound of FOR is NULL", node.line)
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
            raise BadInput("RAISE without a name is outside a handler", "Name an exception.")
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
            with self.binding(found, node):
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

    @contextmanager
    def binding(self, found: Variable, node: Cursor) -> Iterator[None]:
        """While the cursor's query runs, each ``?`` in it is the next of the values after USING."""
        written = str(found.value)
        values = [self.value(item, node.line) for item in listed(node.using)]
        bound = {
            f"BIND_{i}": Variable("value", value, type=kind) for i, (value, kind) in enumerate(values, 1)
        }
        found.value = with_marks(written, list(bound))
        self.scopes.append(bound)
        try:
            yield
        finally:
            found.value = written
            self.scopes.pop()

    def left_in(self, name: str, line: int) -> Outcome:
        """The rows of an open cursor that FETCH has not read yet."""
        found = self.find(name, "cursor")
        if found.rows is None:
            raise BadInput(f"The cursor {name} is not open", f"OPEN {name}; comes first.")
        rows = self.outcome_of(name, line)
        return replace(rows, rows=rows.rows[found.place :])

    def answer(self, node: Return) -> Outcome:
        """What RETURN gives: a value in the column "anonymous block", or the rows of TABLE(..)."""
        if node.table:
            inner = unwrapped(node.text[len("TABLE") :])
            if re.fullmatch(r'[^\W\d][\w$]*|"[^"]+"', inner):
                return self.outcome_of(inner.upper(), node.line)
            if (cursor := _FROM_CURSOR.fullmatch(inner)) is not None:
                return self.left_in(cursor[1].upper(), node.line)
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
        raise LimitReached(f"Blocks are nested more than {_MAX_BLOCKS} levels deep", "Nest them less.")
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
        raise BadInput(f"{signal.kind.upper()} is outside a loop", "Use it inside LOOP, FOR or WHILE.")
    return Outcome(["anonymous block"], [VARCHAR], [(None,)])


def _exception(node: Declare) -> tuple[int, str]:
    """The number and message of ``EXCEPTION (-20002, 'text')``; Snowflake's defaults without them."""
    found = re.fullmatch(r"\(\s*(-?\d+)\s*(?:,\s*'((?:[^']|'')*)'\s*)?\)", (node.text or "").strip())
    if found is None and (node.text or "").strip():
        raise BadInput(f"Cannot read the exception {node.name}", "Write EXCEPTION (-20001, 'message').")
    return (int(found[1]), (found[2] or "").replace("''", "'")) if found else (-20000, "")


def _catches(handler: Handler, error: Raised) -> bool:
    return "OTHER" in handler.names or error.name in handler.names
